#![doc = include_str!("../README.md")]

mod batch;
pub mod charge;
pub mod csv;
mod delta;
mod dimensions;
mod each;
#[cfg(feature = "write")]
pub mod endless;
pub mod error;
pub mod file;
mod fold;
mod footer;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzzing;
mod gather;
pub mod granularity;
pub mod groups;
mod hybrid;
#[cfg(feature = "inflate")]
mod inflate;
mod keys;
mod kinds;
mod lanes;
mod leaf;
pub mod limits;
#[cfg(test)]
mod limits_tests;
pub mod merge;
mod pages;
pub mod partial;
mod plan;
mod probe;
mod ranges;
pub mod resources;
pub mod roll_up;
#[cfg(feature = "write")]
pub mod sample;
pub mod schema;
pub mod sparse;
mod stored;
mod table;
mod texts;
mod thrift;
mod tree;
#[cfg(feature = "write")]
pub mod write;

pub use charge::{Charge, ChargeBlock, Row};
pub use error::DecodeError;
pub use file::{Opened, ReportFile, first_range};
pub use fold::Survey;
pub use merge::{Merge, Merged};
pub use partial::PartRollUp;
pub use roll_up::{Counts, RollUp};
pub use schema::Dialect;
pub use sparse::Sparse;
