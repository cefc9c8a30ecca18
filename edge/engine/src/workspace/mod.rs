//! One workspace and all that is true of it: the routes it answers, the jobs it wakes up for, its log, its letters.
//!
//! Everything is a record before it is an act. `serve` answers people, `wake` does what is due; both are plain Rust
//! over ports, so that days pass in a line of a test.

pub mod audit;
pub mod jobs;
pub mod memory;
pub mod notifications;
pub mod purge;
pub mod records;
pub mod serve;
pub mod session;
#[cfg(test)]
mod tests;
pub mod world;

pub use jobs::{Wake, wake};
pub use serve::{Call, Reply, may_set_jobs, next_wake, serve};
pub use world::{OperatorSettings, World};
