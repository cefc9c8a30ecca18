//! AWS calls: what was asked, why, and what it costs.

use serde::{Deserialize, Serialize};

use crate::{Money, Timestamp};

/// The ledger of AWS calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsView {
    /// Newest first, the last 200.
    pub rows: Vec<CallRow>,
    /// What this calendar month's calls cost so far.
    pub month_cost: Money,
    /// The cap the user set.
    pub cap: Money,
    /// Refreshes left today.
    pub refreshes_left: u8,
}

/// One AWS call, or an answer from cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRow {
    /// When.
    pub at: Timestamp,
    /// `ce:GetCostAndUsage`.
    pub action: String,
    /// Why.
    pub purpose: String,
    /// Whether it was answered from cache.
    pub cached: bool,
    /// What AWS charges.
    pub cost: Money,
    /// AWS's request id, when there was an answer.
    pub request_id: Option<String>,
    /// `ok`, AWS's code, or what went wrong in words.
    pub outcome: String,
    /// Whether AWS let us: yes, refused, or nothing is known because it failed otherwise.
    #[serde(default)]
    pub allowed: Option<bool>,
}

/// A new monthly cap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallsCap {
    /// From 0 to 100 dollars.
    pub cap: Money,
}
