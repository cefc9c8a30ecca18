#![doc = include_str!("../README.md")]

pub mod connection;
pub mod error;
pub mod identity;
pub mod ingest;
pub mod insights;
pub mod ports;
pub mod secret;
pub mod ses;
pub mod sns;
pub mod template;
pub mod workspace;

pub use error::{Error, Kind};
pub use secret::Secret;
