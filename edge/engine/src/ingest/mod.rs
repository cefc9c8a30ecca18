//! From a manifest in the customer's bucket to a committed month.

pub mod protocol;
