//! What an error looks like on the wire: RFC 9457 problem details.

use serde::{Deserialize, Serialize};

/// One problem, with a stable code and the next step. Never holds causes, secrets or input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:cloudthread:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status, again.
    pub status: u16,
    /// Stable, snake_case; what code decides by.
    pub code: String,
    /// What happened, for a person.
    pub title: String,
    /// What still works and who does what next.
    pub hint: String,
    /// The field that is at fault, for form errors.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// Seconds to wait before trying again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_after: Option<u32>,
    /// Quote this when asking for help.
    pub request_id: String,
}
