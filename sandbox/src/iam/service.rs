//! IAM's reads of a role.

use std::collections::BTreeMap;

use super::{Caller, Role, authorize, policy::Ask};
use crate::clock::iso_seconds;
use crate::state::State;
use crate::wire::{Answer, Refusal, element, encode};

/// Answers an action with the inner XML of its result.
pub fn handle(
    state: &State,
    caller: &Caller,
    action: &str,
    form: &BTreeMap<String, String>,
) -> Answer<String> {
    if !matches!(action, "GetRole" | "ListRolePolicies" | "GetRolePolicy" | "ListAttachedRolePolicies") {
        return Err(Refusal::bad(
            "InvalidAction",
            format!("Could not find operation {action} for version 2010-05-08"),
        ));
    }
    let name = form
        .get("RoleName")
        .ok_or_else(|| Refusal::bad("ValidationError", "1 validation error detected: Value at 'roleName' failed to satisfy constraint: Member must not be null"))?;
    let role = state.role_named(&caller.account, name);
    let arn = role.map_or_else(|| format!("arn:aws:iam::{}:role/{name}", caller.account), Role::arn);
    authorize(state, caller, &Ask::new(&format!("iam:{action}"), &arn), None)?;
    let role = role.ok_or_else(|| {
        Refusal::new(404, "NoSuchEntity", format!("The role with name {name} cannot be found."))
    })?;
    match action {
        "GetRole" => Ok(format!("<Role>{}</Role>", describe(role))),
        "GetRolePolicy" => {
            let wanted = form.get("PolicyName").map(String::as_str).unwrap_or_default();
            let document = role.policies.get(wanted).ok_or_else(|| {
                Refusal::new(
                    404,
                    "NoSuchEntity",
                    format!("The role policy with name {wanted} cannot be found."),
                )
            })?;
            Ok([
                element("RoleName", name),
                element("PolicyName", wanted),
                element("PolicyDocument", &encode(&document.to_string())),
            ]
            .concat())
        }
        "ListRolePolicies" => {
            // Two names a page, to make clients page.
            let start = match form.get("Marker") {
                None => 0,
                Some(marker) => marker
                    .strip_prefix("m-")
                    .and_then(|rest| rest.parse().ok())
                    .ok_or_else(|| Refusal::bad("ValidationError", "Invalid Marker."))?,
            };
            let names: String =
                role.policies.keys().skip(start).take(2).map(|name| element("member", name)).collect();
            let more = start + 2 < role.policies.len();
            let marker = if more { element("Marker", &format!("m-{}", start + 2)) } else { String::new() };
            Ok(format!("<PolicyNames>{names}</PolicyNames><IsTruncated>{more}</IsTruncated>{marker}"))
        }
        _ => Ok("<AttachedPolicies/><IsTruncated>false</IsTruncated>".to_owned()),
    }
}

fn describe(role: &Role) -> String {
    [
        element("Path", &role.path),
        element("RoleName", &role.name),
        element("RoleId", &role.id),
        element("Arn", &role.arn()),
        element("CreateDate", &iso_seconds(role.created)),
        element("AssumeRolePolicyDocument", &encode(&role.trust.to_string())),
        element("MaxSessionDuration", &role.max_session.to_string()),
    ]
    .concat()
}
