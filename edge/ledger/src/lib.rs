#![doc = include_str!("../README.md")]

mod batch;
pub mod charge;
mod delta;
mod dimensions;
mod each;
pub mod error;
pub mod file;
mod fold;
mod footer;
pub mod groups;
mod hybrid;
mod keys;
mod kinds;
mod lanes;
mod leaf;
pub mod limits;
mod pages;
pub mod partial;
pub mod roll_up;
pub mod schema;
pub mod sparse;
mod stored;
mod texts;
mod thrift;
mod tree;
#[cfg(feature = "write")]
pub mod write;

pub use charge::{Charge, ChargeBlock, Row};
pub use error::DecodeError;
pub use file::{Opened, ReportFile, first_range};
pub use partial::{Merge, Merged, PartRollUp};
pub use roll_up::{Counts, RollUp};
pub use schema::Dialect;
pub use sparse::Sparse;
