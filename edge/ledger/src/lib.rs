#![doc = include_str!("../README.md")]

#[cfg(feature = "write")]
pub mod write;
