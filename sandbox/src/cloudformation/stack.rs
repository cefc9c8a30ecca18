//! A stack's record: what DescribeStacks and the console show.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::Timestamp;

use super::resolve::Physical;

/// A stack.
#[derive(Clone, Debug)]
pub struct Stack {
    /// ARN.
    pub id: String,
    /// Name.
    pub name: String,
    /// Account it lives in.
    pub account: String,
    /// Region it lives in.
    pub region: String,
    /// `CREATE_IN_PROGRESS` …
    pub status: String,
    /// Why, if something failed.
    pub reason: Option<String>,
    /// The template's text.
    pub template: String,
    /// Where it came from.
    pub template_url: String,
    /// Parameters as given or by default.
    pub parameters: BTreeMap<String, String>,
    /// Acknowledged capabilities.
    pub capabilities: Vec<String>,
    /// Outputs: name, value, description.
    pub outputs: Vec<(String, String, String)>,
    /// Resources in the order of their creation.
    pub resources: Vec<StackResource>,
    /// Events, oldest first.
    pub events: Vec<Event>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last updated.
    pub updated: Option<Timestamp>,
    /// When it was deleted.
    pub deleted: Option<Timestamp>,
}

/// A resource of a stack.
#[derive(Clone, Debug)]
pub struct StackResource {
    /// Logical id.
    pub logical: String,
    /// Type.
    pub kind: String,
    /// What it answers to; the id is empty until it is made.
    pub physical: Physical,
    /// Properties, resolved.
    pub properties: Value,
    /// `CREATE_COMPLETE` …
    pub status: String,
    /// Why.
    pub reason: Option<String>,
    /// Whether deletion leaves it.
    pub retain: bool,
    /// Whether replacement leaves it.
    pub retain_replaced: bool,
    /// When its status changed.
    pub changed: Timestamp,
}

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Logical id; the stack's name for the stack itself.
    pub logical: String,
    /// Physical id.
    pub physical: String,
    /// Type.
    pub kind: String,
    /// Status.
    pub status: String,
    /// Why.
    pub reason: Option<String>,
}

impl Stack {
    /// Whether the name is free again.
    pub fn is_deleted(&self) -> bool {
        self.status == "DELETE_COMPLETE"
    }

    /// Whether something is being done to it.
    pub fn is_busy(&self) -> bool {
        self.status.ends_with("IN_PROGRESS")
    }

    /// A resource by logical id.
    pub fn resource(&self, logical: &str) -> Option<&StackResource> {
        self.resources.iter().find(|resource| resource.logical == logical)
    }

    /// What every resource answers to.
    pub fn physical(&self) -> BTreeMap<String, Physical> {
        self.resources
            .iter()
            .filter(|resource| !resource.physical.id.is_empty())
            .map(|resource| (resource.logical.clone(), resource.physical.clone()))
            .collect()
    }

    /// `AWS::Region` and its kin.
    pub fn pseudo(&self) -> BTreeMap<String, String> {
        pseudo(&self.account, &self.region, &self.id, &self.name)
    }
}

/// The pseudo parameters of a stack.
pub fn pseudo(account: &str, region: &str, id: &str, name: &str) -> BTreeMap<String, String> {
    [
        ("AWS::AccountId", account),
        ("AWS::Region", region),
        ("AWS::StackId", id),
        ("AWS::StackName", name),
        ("AWS::Partition", "aws"),
        ("AWS::URLSuffix", "amazonaws.com"),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect()
}
