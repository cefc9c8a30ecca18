//! The simulated accounts: an operator, an organization of six and one that stands alone.

use std::collections::BTreeMap;

use shared::Timestamp;

use crate::billing::{self, Billing};
use crate::iam::policy::Policy;
use crate::reports::Report;

/// The operator's account.
pub const OPERATOR: &str = "905418203411";
/// An account without an organization.
pub const ALONE: &str = "158037462951";
/// Partition and home region of everything.
pub const HOME: &str = "us-east-1";

/// What Cost Explorer says to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostExplorer {
    /// Opened and ready.
    Open,
    /// Never opened.
    Off,
    /// Opened; ready from this moment on.
    Ingesting(Timestamp),
    /// Opened, but IAM users and roles have no access to billing.
    BillingAccessOff,
}

/// An account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it belongs to the organization.
    pub in_organization: bool,
    /// State of Cost Explorer.
    pub cost_explorer: CostExplorer,
    /// Whether a paid support plan was bought.
    pub support_plan: bool,
    /// What the organization allows; `None`: everything.
    pub service_control_policy: Option<Policy>,
    /// Cost and usage reports by name.
    pub reports: BTreeMap<String, Report>,
    /// Data exports by ARN.
    pub exports: BTreeMap<String, Report>,
}

/// The organization.
#[derive(Clone, Debug)]
pub struct Organization {
    /// `o-…`.
    pub id: String,
    /// `r-…`.
    pub root: String,
    /// The payer.
    pub management: String,
    /// `ALL` or `CONSOLIDATED_BILLING`.
    pub feature_set: String,
    /// Whether CloudFormation may act in the whole organization.
    pub trusted_access: bool,
}

/// Every account of the world.
pub fn all(billing: &Billing) -> BTreeMap<String, Account> {
    let account = |id: &str, name: &str, in_organization: bool| Account {
        id: id.to_owned(),
        name: name.to_owned(),
        in_organization,
        cost_explorer: CostExplorer::Open,
        support_plan: false,
        service_control_policy: None,
        reports: BTreeMap::new(),
        exports: BTreeMap::new(),
    };
    let mut found: BTreeMap<_, _> = billing
        .accounts()
        .iter()
        .map(|member| (member.id.to_owned(), account(member.id, member.name, true)))
        .collect();
    found.insert(ALONE.to_owned(), account(ALONE, "alone", false));
    found.insert(OPERATOR.to_owned(), account(OPERATOR, "cloudthread-operator", false));
    found
}

/// The organization of the billing world.
pub fn organization() -> Organization {
    Organization {
        id: "o-ct5f0k2m9x".to_owned(),
        root: "r-ct42".to_owned(),
        management: billing::MANAGEMENT.to_owned(),
        feature_set: "ALL".to_owned(),
        trusted_access: true,
    }
}
