//! The report: its definition, its months, the files that were not read.

use serde::{Deserialize, Serialize};

use crate::{BillingPeriod, Currency, Money, Timestamp};

/// How the report stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportView {
    /// Name, bucket, prefix, when known.
    pub name: Option<String>,
    /// See `name`.
    pub bucket: Option<String>,
    /// See `name`.
    pub prefix: Option<String>,
    /// Settings in words: "Hourly", "with resource ids".
    pub settings: Vec<String>,
    /// What AWS says of the last delivery.
    pub last_delivery_at: Option<Timestamp>,
    /// `SUCCESS`, `ERROR_PERMISSIONS`, `ERROR_NO_BUCKET`.
    pub last_status: Option<String>,
    /// Months held, newest first.
    pub months: Vec<MonthRow>,
    /// Refused files with the reason.
    pub refused: Vec<RefusedFile>,
    /// What of the rows of each month does not count as it stands: "October 2026: 3 rows set aside: …".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The text of a backfill request to AWS Support.
    pub backfill_text: Option<String>,
    /// Reports the account has, while none is read: one of them can be named in the stack.
    pub found: Vec<FoundReport>,
    /// The stack in the AWS console, where one of them is named.
    pub stack_url: Option<String>,
}

/// A report or export of the customer, as AWS defines it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundReport {
    /// Name.
    pub name: String,
    /// Bucket.
    pub bucket: String,
    /// Prefix without outer slashes, may be empty.
    pub prefix: String,
    /// Region of the bucket.
    pub region: String,
    /// Settings in words: "Hourly", "with resource ids".
    pub settings: Vec<String>,
    /// Why Cloudthread cannot read it.
    pub refused: Option<String>,
    /// `aws cloudformation update-stack …` that names it; none when it cannot be read, or without a stack.
    pub update_cli: Option<String>,
}

/// A month of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthRow {
    /// Which.
    pub period: BillingPeriod,
    /// When its current state was committed.
    pub committed_at: Timestamp,
    /// Files.
    pub files: u32,
    /// Rows.
    pub rows: u64,
    /// Sum of billed cost.
    pub billed_cost: Money,
    /// What changed with the last commit, when it was committed before.
    pub delta: Option<Money>,
    /// The same by currency, with both sums; empty when it was not committed before.
    #[serde(default)]
    pub changes: Vec<MonthChange>,
    /// Whether the bill is issued.
    pub is_final: bool,
}

/// How the sum of one currency of a month changed with its last commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthChange {
    /// Which currency.
    pub currency: Currency,
    /// Billed cost before.
    pub before: Money,
    /// Billed cost now.
    pub after: Money,
}

impl MonthChange {
    /// The difference.
    pub fn delta(&self) -> Money {
        self.after - self.before
    }
}

/// A file that was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedFile {
    /// Its key.
    pub key: String,
    /// Why, and what to do.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}
