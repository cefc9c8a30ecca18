//! From a manifest in the customer's bucket to a committed month: looked for, pinned, handed out in parts, merged,
//! checked and committed as a whole. What is committed stays until something newer is whole.

mod begin;
mod commit;
mod definition;
mod discovery;
mod garbage;
mod layout;
mod listing;
pub mod look;
mod manifest;
mod month;
mod parts;
pub mod protocol;
pub mod resources;
mod serve;
mod tags;
#[cfg(test)]
mod tests;
pub mod view;

pub use discovery::forgotten as forget_found;
pub use month::{Month, all as periods, has_months, months, parts, progress};
pub use serve::serve;
