//! Our own role at the customer's: who may use it and what it may do, to show the truth instead of the plan.

mod get_role;
mod get_role_policy;
mod list_attached_role_policies;
mod list_role_policies;

pub use get_role::{GetRole, Role};
pub use get_role_policy::GetRolePolicy;
pub use list_attached_role_policies::{AttachedPolicies, AttachedPolicy, ListAttachedRolePolicies};
pub use list_role_policies::{ListRolePolicies, PolicyNames};

use crate::xml::{Element, XmlError};

/// A policy document: IAM percent-encodes the JSON.
fn document(element: Element<'_, '_>, name: &'static str) -> Result<String, XmlError> {
    let encoded = element.text(name)?;
    let text =
        percent_encoding::percent_decode_str(&encoded).decode_utf8().map_err(|_| XmlError::Missing(name))?;
    let is_object = serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|value| value.is_object());
    if is_object { Ok(text.into_owned()) } else { Err(XmlError::Missing(name)) }
}

/// The token of the next page: IAM says whether there is one.
fn next_page(result: Element<'_, '_>) -> Result<Option<String>, XmlError> {
    let is_truncated = result.find_text("IsTruncated").is_some_and(|text| text == "true");
    if is_truncated { Ok(Some(result.text("Marker")?)) } else { Ok(None) }
}
