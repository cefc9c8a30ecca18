//! The organization's shape: who pays, and the root that reaches every sub-account.

mod describe_organization;
mod list_roots;

pub use describe_organization::{DescribeOrganization, Organization};
pub use list_roots::{ListRoots, Root, Roots};
