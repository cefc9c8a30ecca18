//! The report against Cost Explorer, month by month.

use serde::{Deserialize, Serialize};

use super::Remedy;
use crate::Timestamp;
use crate::{BillingPeriod, ChargeCategory, Currency, Money};

/// The report against Cost Explorer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconcileView {
    /// Every month of the report, the newest first, by currency.
    pub months: Vec<ReconciledMonth>,
    /// When AWS was asked what Cost Explorer says, if ever.
    pub asked_at: Option<Timestamp>,
    /// Why there is no (newer) answer of Cost Explorer, and who acts.
    pub remedy: Option<Remedy>,
}

/// A month in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconciledMonth {
    /// Which.
    pub period: BillingPeriod,
    /// In which currency.
    pub currency: Currency,
    /// How they compare.
    pub verdict: Verdict,
    /// Billed cost of the report: credits, refunds and tax are in it.
    pub report: Money,
    /// Unblended cost of Cost Explorer, where it is known.
    pub cost_explorer: Option<Money>,
    /// By how much the report is more, where both are known.
    pub difference: Option<Money>,
    /// The same by charge category; empty where Cost Explorer is not known.
    pub categories: Vec<ReconciledCategory>,
    /// When AWS delivered the report.
    pub report_as_of: Timestamp,
    /// When Cost Explorer was asked.
    pub cost_explorer_as_of: Option<Timestamp>,
}

/// A charge category of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconciledCategory {
    /// Which.
    pub charge_category: ChargeCategory,
    /// Billed cost of the report.
    pub report: Money,
    /// Unblended cost of Cost Explorer.
    pub cost_explorer: Money,
    /// By how much the report is more.
    pub difference: Money,
}

/// How the report and Cost Explorer compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Within a cent.
    Agrees,
    /// By more than a cent.
    Differs,
    /// AWS still changes the month: for information only.
    Open,
    /// Cost Explorer was not asked yet, or its answer does not hold the month.
    NotKnown,
    /// Cost Explorer does not reach back that far.
    TooOld,
}
