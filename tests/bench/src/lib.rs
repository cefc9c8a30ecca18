#![doc = include_str!("../README.md")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark may fail loudly")]

mod cube_of;
#[cfg(target_arch = "wasm32")]
mod exports;
#[cfg(feature = "report")]
pub mod report;

pub use cube_of::{DIMENSIONS, METRICS, Roller, lines, open};
