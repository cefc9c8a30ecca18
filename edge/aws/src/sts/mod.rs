//! Security Token Service: who we are, and becoming a customer's role.

mod assume_role;
mod get_caller_identity;

pub use assume_role::{AssumeRole, AssumedRole, SessionName};
pub use get_caller_identity::{CallerIdentity, GetCallerIdentity};
