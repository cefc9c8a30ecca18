//! Simulated AWS accounts.
pub mod billing;
