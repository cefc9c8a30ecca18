//! Organizations: its description and its root. Lists begin with an empty page that has a token, as AWS's may.

use serde_json::{Value, json};

use crate::iam::policy::Ask;
use crate::iam::{Caller, authorize};
use crate::state::State;
use crate::wire::{Answer, Refusal};

/// Answers the service.
pub fn handle(state: &State, caller: &Caller, action: &str, input: &Value) -> Answer<Value> {
    if !matches!(action, "DescribeOrganization" | "ListRoots") {
        return Err(Refusal::bad("UnknownOperationException", format!("{action} is not simulated")));
    }
    authorize(state, caller, &Ask::new(&format!("organizations:{action}"), "*"), None)?;
    if !state.account(&caller.account)?.in_organization {
        return Err(Refusal::bad(
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        ));
    }
    let organization = &state.organization;
    let management = &organization.management;
    if action == "DescribeOrganization" {
        return Ok(json!({ "Organization": {
            "Id": organization.id, "Arn": format!("arn:aws:organizations::{management}:organization/{}", organization.id),
            "FeatureSet": organization.feature_set, "MasterAccountId": management,
            "MasterAccountArn": format!("arn:aws:organizations::{management}:account/{}/{management}", organization.id),
            "MasterAccountEmail": "aws@acme.example",
        } }));
    }
    if caller.account != *management {
        return Err(Refusal::bad(
            "AccessDeniedException",
            "You don't have permissions to access this resource.",
        ));
    }
    match input.get("NextToken").and_then(Value::as_str) {
        None => Ok(json!({ "Roots": [], "NextToken": "roots-1" })),
        Some("roots-1") => Ok(json!({ "Roots": [{
            "Id": organization.root, "Name": "Root", "PolicyTypes": [],
            "Arn": format!("arn:aws:organizations::{management}:root/{}/{}", organization.id, organization.root),
        }] })),
        Some(_) => Err(Refusal::bad("InvalidInputException", "NextToken is not valid")),
    }
}
