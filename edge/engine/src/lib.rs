#![doc = include_str!("../README.md")]

pub mod error;
pub mod identity;
pub mod ports;
pub mod secret;

pub use error::{Error, Kind};
pub use secret::Secret;
