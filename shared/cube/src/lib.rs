#![doc = include_str!("../README.md")]

pub mod answer;
mod bins;
pub mod blob;
pub mod builder;
pub mod cells;
mod compile;
pub mod dimension;
mod filter_text;
mod places;
pub mod query;
pub mod resources;
mod select;
pub mod set;
mod sorted;

pub use answer::{Answer, Bin, Group, Unanswerable};
pub use builder::{CubeBuilder, NO_TUPLE};
pub use cells::{Cube, Header};
pub use compile::not_understood;
pub use dimension::Dimension;
pub use filter_text::InvalidFilter;
pub use query::{BinBy, Filter, Metric, Operator, Query, Token};
pub use select::admitted;
pub use set::CubeSet;
