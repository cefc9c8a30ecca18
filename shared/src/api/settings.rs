//! Notifications and audit.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The inbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notifications {
    /// Newest first, the last 200.
    pub rows: Vec<Notification>,
    /// How many are unread.
    pub unread: u32,
}

/// One notification. Sent once, however often its cause is seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Its key; also keeps it from being sent twice.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// What it is about.
    pub topic: Topic,
    /// One line.
    pub title: String,
    /// One or two sentences.
    pub text: String,
    /// Where it leads, within the workspace: `resources`.
    pub page: Option<String>,
    /// Whether someone must act.
    pub needs_action: bool,
    /// Whether it was read.
    pub read: bool,
}

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Topic {
    Connection,
    Report,
    CostChange,
    Budget,
}

/// Marks notifications as read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkRead {
    /// Which; empty means all.
    pub ids: Vec<String>,
}

/// Figures were saved as a file. The browser makes the file; this is for the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// From which page.
    pub page: ExportedPage,
    /// Lines of the file, its head not counted.
    pub rows: u64,
    /// The page's query: range, groups, filter.
    pub query: String,
}

/// A page whose figures can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are those of the pages")]
pub enum ExportedPage {
    Costs,
    Resources,
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// When.
    pub at: Timestamp,
    /// Who: an address, or "Cloudthread".
    pub actor: String,
    /// What: `signed_in`, `role_proven`, `exported`.
    pub event: String,
    /// More, without secrets.
    pub detail: String,
    /// SHA-256 over the row and the hash before it.
    pub hash: String,
}
