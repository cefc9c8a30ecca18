//! The resources of a month: sorted runs of each part, woven into one shelf that is read block by block. Nothing here
//! holds a month, and nothing fetches: who drives it does.

mod meeting;
mod ranking;
mod run;
mod shelf;

pub use meeting::{Broken, Meeting, Step};
pub use ranking::{Keep, Limits, Ranking};
pub use run::{Run, RunBuilder, dimensions};
pub use shelf::Shelf;

/// Parts of one resource: usage types become Other beyond, then tags.
const MOST_PARTS: usize = 1_024;

#[cfg(test)]
mod tests;
