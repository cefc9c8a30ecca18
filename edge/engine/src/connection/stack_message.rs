//! What CloudFormation says through the topic: parsed once, trusted never. Anyone may publish to the topic; what counts
//! is checked against what the workspace itself gave out.

use std::collections::BTreeMap;

use serde::Deserialize;
use shared::api::{AccessLevel, Grant};
use shared::{AccountId, RoleArn};

use super::link;

/// A request of a stack's custom resource.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StackMessage {
    /// Create, Update or Delete.
    pub request_type: RequestType,
    /// Its id; an answer repeats it.
    pub request_id: String,
    /// ARN of the stack.
    pub stack_id: String,
    /// Where to answer.
    #[serde(rename = "ResponseURL")]
    pub response_url: String,
    /// The resource's name in the template.
    pub logical_resource_id: String,
    /// Our name of it, once we gave one.
    #[serde(default)]
    pub physical_resource_id: Option<String>,
    /// What the template passes on.
    pub resource_properties: Properties,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[allow(missing_docs, reason = "the names are CloudFormation's")]
pub enum RequestType {
    Create,
    Update,
    Delete,
}

/// The properties of `Custom::CloudthreadConnection`. CloudFormation makes every value a text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Properties {
    /// Secret of one link.
    pub stack_token: String,
    /// Of the connection.
    #[serde(default)]
    pub external_id: String,
    /// The account the stack runs in.
    #[serde(default)]
    pub account_id: String,
    /// The role it made.
    #[serde(default)]
    pub role_arn: String,
    /// `ReadOnly` or `Full`.
    #[serde(default)]
    pub access_level: String,
    /// `{"ReportBucket": "true", …}`.
    #[serde(default)]
    pub grants: BTreeMap<String, String>,
    /// `Create`, `Existing` or `None`.
    #[serde(default)]
    pub report_mode: String,
    /// Report.
    #[serde(default)]
    pub report_name: String,
    /// Its bucket.
    #[serde(default)]
    pub report_bucket: String,
    /// Its prefix.
    #[serde(default)]
    pub report_prefix: String,
    /// Version of the template.
    #[serde(default)]
    pub template_version: String,
}

/// A message that cannot be read, even to answer it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a message of a custom resource")]
pub struct Unreadable;

impl StackMessage {
    /// Reads the `Message` of a notification.
    pub fn parse(json: &str) -> Result<Self, Unreadable> {
        let message: Self = serde_json::from_str(json).map_err(|_| Unreadable)?;
        let is_short = |text: &str| text.len() <= 2_048 && !text.chars().any(char::is_control);
        let fields = [&message.request_id, &message.stack_id, &message.logical_resource_id];
        let properties = &message.resource_properties;
        let texts = [
            &properties.stack_token,
            &properties.report_name,
            &properties.report_bucket,
            &properties.report_prefix,
        ];
        let is_fine = fields.into_iter().chain(texts).all(|text| is_short(text))
            && message.physical_resource_id.as_deref().is_none_or(is_short)
            && is_short(&properties.template_version);
        is_fine.then_some(message).ok_or(Unreadable)
    }

    /// SHA-256 of the stack token, hexadecimal: what it is looked up by.
    pub fn token_hash(&self) -> String {
        link::hash(&self.resource_properties.stack_token)
    }

    /// The role, when stack, role and account agree and the stack is where reports can be defined. Else the words for
    /// the person who reads the stack's events.
    pub fn role(&self) -> Result<RoleArn, &'static str> {
        let mut parts = self.stack_id.splitn(6, ':');
        let is_stack = parts.next() == Some("arn")
            && parts.next() == Some("aws")
            && parts.next() == Some("cloudformation");
        if !is_stack {
            return Err("The stack's ARN is not one of AWS's standard partition.");
        }
        if parts.next() != Some("us-east-1") {
            return Err(
                "The stack is in the wrong region. Delete it and create it in us-east-1 (N. Virginia).",
            );
        }
        let account: AccountId =
            parts.next().and_then(|text| text.parse().ok()).ok_or("The stack's ARN names no account.")?;
        let properties = &self.resource_properties;
        let role: RoleArn =
            properties.role_arn.parse().map_err(|_| "The role's ARN is not one the template makes.")?;
        if role.account() != account || properties.account_id != account.as_str() {
            return Err("Role and stack are of different accounts. Use the template unchanged.");
        }
        Ok(role)
    }

    /// Sets as installed; one that is not named is on.
    pub fn grants(&self) -> BTreeMap<Grant, bool> {
        let is_on = |grant: Grant| {
            let name = grant.parameter().trim_start_matches("Grant");
            self.resource_properties.grants.get(name).is_none_or(|value| value != "false")
        };
        Grant::ALL.into_iter().map(|grant| (grant, is_on(grant))).collect()
    }

    /// Access level as installed.
    pub fn access_level(&self) -> AccessLevel {
        if self.resource_properties.access_level == "Full" {
            AccessLevel::Full
        } else {
            AccessLevel::ReadOnly
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn a_message(kind: &str, stack: &str, token: &str, external_id: &str, role: &str) -> String {
        serde_json::json!({
            "RequestType": kind, "RequestId": format!("request-{kind}"), "StackId": stack,
            "ResponseURL": "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/r?X=1",
            "LogicalResourceId": "Connection", "ResourceType": "Custom::CloudthreadConnection",
            "ResourceProperties": {
                "ServiceToken": "arn:aws:sns:us-east-1:999999999999:cloudthread", "ServiceTimeout": "300", "Protocol": "1",
                "TemplateVersion": "1.0.0", "StackToken": token, "ExternalId": external_id, "AccountId": "123456789012",
                "RoleArn": role, "AccessLevel": "ReadOnly",
                "Grants": {"ReportBucket": "true", "Metrics": "false"},
                "ReportMode": "Create", "ReportName": "cloudthread-1", "ReportBucket": "acme-reports", "ReportPrefix": "report"
            }
        })
        .to_string()
    }

    const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/cloudthread-access/1";
    const ROLE: &str = "arn:aws:iam::123456789012:role/cloudthread/access";

    // security.md row 6
    #[test]
    fn stack_role_and_account_must_agree() {
        let check = |stack: &str, role: &str, holds: bool| {
            let message = StackMessage::parse(&a_message("Create", stack, "t", "e", role)).unwrap();
            assert_eq!(message.role().is_ok(), holds, "{stack} {role}");
        };
        check(STACK, ROLE, true);
        check(STACK, "arn:aws:iam::210987654321:role/cloudthread/access", false);
        check(STACK, "arn:aws:iam::123456789012:role/admin", false);
        check(STACK, "", false);
        check("arn:aws:cloudformation:eu-west-1:123456789012:stack/a/1", ROLE, false);
        check("arn:aws-cn:cloudformation:us-east-1:123456789012:stack/a/1", ROLE, false);
        check("arn:aws:cloudformation:us-east-1:210987654321:stack/a/1", ROLE, false);
        check("x", ROLE, false);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for text in ["", "{}", "[]", "{\"RequestType\":\"Create\"}"] {
            assert_eq!(StackMessage::parse(text), Err(Unreadable), "{text}");
        }
        let long = a_message("Create", &"a".repeat(4_000), "t", "e", ROLE);
        assert_eq!(StackMessage::parse(&long), Err(Unreadable));
    }

    #[test]
    fn sets_are_as_installed() {
        let message = StackMessage::parse(&a_message("Update", STACK, "t", "e", ROLE)).unwrap();
        let grants = message.grants();
        assert!(grants[&Grant::ReportBucket] && !grants[&Grant::Metrics] && grants[&Grant::SelfRead]);
    }
}
