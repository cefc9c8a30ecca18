//! Permissions: the published template explained, and what is installed beside it.

use serde::{Deserialize, Serialize};

use super::connection::{AccessLevel, Grant};
use crate::Timestamp;

/// The published template, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateView {
    /// Semantic version.
    pub version: String,
    /// SHA-256 of the text, hexadecimal.
    pub sha256: String,
    /// The whole text.
    pub text: String,
    /// Whether the operator has published it to S3.
    pub published: bool,
    /// Its permission sets, read from the text.
    pub sets: Vec<SetView>,
    /// "Read-only, except: …" for each access level, computed from the statements: (`ReadOnly`, `Full`).
    pub summary: (String, String),
}

/// One permission set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetView {
    /// Which.
    pub grant: Grant,
    /// "Report bucket".
    pub title: String,
    /// Why Cloudthread wants it.
    pub why: String,
    /// What is lost without it.
    pub without: String,
    /// Its statements when `ReadOnly`.
    pub read_only: Vec<StatementView>,
    /// Its statements when `Full`.
    pub full: Vec<StatementView>,
}

/// One statement in plain words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementView {
    /// `Sid`.
    pub sid: String,
    /// Allow or deny.
    pub allow: bool,
    /// Actions, as written.
    pub actions: Vec<String>,
    /// Resources in words.
    pub resources: String,
    /// What it is for.
    pub purpose: String,
    /// Whether any of its actions can change something.
    pub writes: bool,
}

/// What is installed, beside what is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoliciesView {
    /// Version of the installed stack, if known.
    pub installed_version: Option<String>,
    /// Whether the installed template is the published text; none when it could not be read.
    pub matches: Option<bool>,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// As installed.
    pub access_level: AccessLevel,
    /// Per statement: last use and last probe.
    pub ledger: Vec<PermissionRow>,
    /// The stack in the AWS console.
    pub stack_url: Option<String>,
}

/// A row of the permission ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionRow {
    /// Its set.
    pub grant: Grant,
    /// Whether the installed stack grants it.
    pub granted: bool,
    /// Actions, as installed (else as published).
    pub actions: Vec<String>,
    /// Resources in words.
    pub resources: String,
    /// What it is for.
    pub purpose: String,
    /// Last use and how many uses.
    pub last_used_at: Option<Timestamp>,
    /// How many calls used it.
    pub uses: u32,
    /// Last probe: allowed, refused, or never probed (it would write or cost).
    pub probe: Option<bool>,
    /// When.
    pub probed_at: Option<Timestamp>,
}
