//! A month's cost by resource, too much to be held at once: rows in the order of their keys, cut into blocks that are
//! read one at a time, and a directory that says where what stands.
//!
//! Keys are in one order everywhere, so the parts of a month, and months among each other, are matched row by row as
//! they stream by. The dearest rows stand once more, by size, so that a page of them needs no more than a block or two.

mod block;
mod directory;
mod row;
mod weave;

pub use block::{Block, BlockBuilder, Cut};
pub use directory::{At, Directory, Group};
pub use row::{Cell, Part, Row, knows};
pub use weave::{Next, Weave};

/// What stands in the place of what was folded.
pub const OTHER: &str = "Other";

#[cfg(test)]
mod tests;
