//! The permission sets of a connection: what each is called, and whether it works.

use shared::Timestamp;
use shared::api::{Check, Grant};

use super::record::Connection;
use crate::workspace::session::CallTotals;

/// The action that tells whether a set works.
const fn probe_of(grant: Grant) -> &'static str {
    match grant {
        Grant::ReportBucket => "s3:ListObjectsV2",
        Grant::Organization => "organizations:DescribeOrganization",
        Grant::Metrics => "cloudwatch:ListMetrics",
        Grant::CostExplorer => "ce:GetCostAndUsage",
        Grant::Report => "cur:DescribeReportDefinitions",
        Grant::SelfRead => "iam:ListRolePolicies",
    }
}

/// What a set is called.
pub const fn title_of(grant: Grant) -> &'static str {
    match grant {
        Grant::ReportBucket => "Report bucket",
        Grant::Organization => "Organization roots",
        Grant::Metrics => "CloudWatch metrics",
        Grant::CostExplorer => "Cost Explorer",
        Grant::Report => "Report definition",
        Grant::SelfRead => "Its own stack and role",
    }
}

/// Whether a set works, as far as its probe tells.
pub fn check(connection: &Connection, totals: &CallTotals, grant: Grant) -> Check {
    let label = title_of(grant).to_owned();
    if !connection.grants(grant) {
        return Check { label, passed: None, note: Some("Switched off in the stack.".to_owned()) };
    }
    if grant == Grant::ReportBucket && connection.report.is_none() {
        return Check { label, passed: None, note: Some("No report is chosen yet.".to_owned()) };
    }
    let is_current = |at: Timestamp| connection.role_at.is_none_or(|since| at >= since);
    let probe =
        totals.probes.get(probe_of(grant)).filter(|(_, at)| is_current(*at)).map(|(allowed, _)| *allowed);
    let no_organization =
        grant == Grant::Organization && connection.organization.as_ref().is_some_and(|facts| !facts.exists);
    let note = match probe {
        _ if no_organization => Some("This account is in no organization.".to_owned()),
        Some(false) => Some("AWS refused it. See Policies.".to_owned()),
        _ => None,
    };
    Check { label, passed: if no_organization { Some(true) } else { probe }, note }
}
