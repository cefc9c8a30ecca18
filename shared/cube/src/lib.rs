#![doc = include_str!("../README.md")]

pub mod answer;
pub mod cells;
pub mod dimension;
pub mod query;

pub use answer::{Answer, Bin, Group, Unanswerable};
pub use cells::{Cube, CubeBuilder};
pub use dimension::Dimension;
pub use query::{BinBy, Filter, Metric, Query};
