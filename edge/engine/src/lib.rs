#![doc = include_str!("../README.md")]

pub mod error;
pub mod identity;
pub mod ingest;
pub mod ports;
pub mod secret;
pub mod ses;

pub use error::{Error, Kind};
pub use secret::Secret;
