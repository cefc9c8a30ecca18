//! The published template, explained: its actions are read from the text itself, statement by statement, so that what a
//! person is told is what AWS will be given.

use serde::Serialize;
use sha2::{Digest, Sha256};
use shared::api::{AccessLevel, Grant, SetView, StatementView, TemplateView};

use crate::connection::view::title_of;

/// The template of this build.
pub const CUSTOMER: &str = include_str!("../../../template/customer.yaml");

/// What no template says: in which level a statement is installed, what its resources are and what it is for.
struct Explained {
    sid: &'static str,
    grant: Grant,
    levels: &'static [AccessLevel],
    resources: &'static str,
    purpose: &'static str,
}

const BOTH: &[AccessLevel] = &[AccessLevel::ReadOnly, AccessLevel::Full];
const READ_ONLY: &[AccessLevel] = &[AccessLevel::ReadOnly];
const FULL: &[AccessLevel] = &[AccessLevel::Full];

macro_rules! explained {
    ($($sid:ident $grant:ident $levels:ident $resources:literal $purpose:literal;)*) => {
        &[$(Explained { sid: stringify!($sid), grant: Grant::$grant, levels: $levels, resources: $resources, purpose: $purpose },)*]
    };
}

const EXPLAINED: &[Explained] = explained! {
    OwnReportBucket ReportBucket FULL "the report bucket of this stack" "Reads the report and keeps its bucket in order.";
    KeepReportBucket ReportBucket READ_ONLY "the report bucket of this stack" "Finds new files, and keeps the bucket policy valid when AWS changes its rules.";
    ReadReport ReportBucket READ_ONLY "files in the report bucket of this stack" "Reads the report.";
    ListExistingReport ReportBucket BOTH "your report's prefix in its bucket (existing report only)" "Finds new files.";
    LocateExistingBucket ReportBucket BOTH "your report's bucket (existing report only)" "Asks in which region it lies.";
    ReadExistingReport ReportBucket BOTH "files below your report's prefix (existing report only)" "Reads the report.";
    ReadOrganization Organization BOTH "your organization" "Finds its root, and whether this account pays for it.";
    FindMembers Organization BOTH "our StackSet (only when you set the root id)" "Finds the sub-accounts that have a role.";
    ReadMetrics Metrics BOTH "all metrics of this account" "Lists and reads metrics for unit costs.";
    ReadCostExplorer CostExplorer READ_ONLY "Cost Explorer" "First figures at once; later forecast, anomalies and cross-check.";
    UseCostExplorer CostExplorer FULL "Cost Explorer" "The same, and everything else Cost Explorer offers.";
    ReadTrustedAdvisor CostExplorer BOTH "Trusted Advisor" "Reads its cost checks, where a support plan has them.";
    ReadReportDefinitions Report BOTH "reports and exports of this account" "Sees whether the report is defined and delivered.";
    OwnReportDefinition Report FULL "the report of this stack" "Keeps the report's definition in order.";
    KeepReportDefinition Report READ_ONLY "the report of this stack" "Repairs the report's definition.";
    ReadOwnStack SelfRead BOTH "this stack" "Compares what is installed with what is published.";
    ReadOwnRole SelfRead BOTH "the role of this stack" "Shows you the policies as they are installed.";
};

/// Why Cloudthread wants a set, and what is lost without it.
const fn reasons(grant: Grant) -> (&'static str, &'static str) {
    match grant {
        Grant::ReportBucket => (
            "AWS delivers the report here; Cloudthread reads it and keeps the bucket policy valid when AWS changes its rules.",
            "Cost Explorer figures only, no resource detail.",
        ),
        Grant::Organization => (
            "One StackSet reaches all sub-accounts.",
            "The root id is typed by hand; unit costs of this account only.",
        ),
        Grant::Metrics => ("Lists and reads metrics for unit costs.", "Denominators come from CSV only."),
        Grant::CostExplorer => (
            "Figures at once; later forecast and cross-check.",
            "Nothing until the report arrives, and no reconciliation.",
        ),
        Grant::Report => (
            "Creates the report, checks deliveries.",
            "Readiness is seen by looking into the bucket; no repair.",
        ),
        Grant::SelfRead => (
            "Reads its own stack and role, so that you see what is installed.",
            "The published template is shown instead of the installed one.",
        ),
    }
}

/// A statement as it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Written {
    sid: String,
    allow: bool,
    actions: Vec<String>,
}

/// The template with everything a person wants to know of it.
pub fn view(published: bool) -> TemplateView {
    let written = statements(CUSTOMER);
    let sets: Vec<SetView> = Grant::ALL.into_iter().map(|grant| set(grant, &written)).collect();
    let summary = (summary(&sets, AccessLevel::ReadOnly), summary(&sets, AccessLevel::Full));
    TemplateView {
        version: version(CUSTOMER).unwrap_or_default().to_owned(),
        sha256: hex::encode(Sha256::digest(CUSTOMER.as_bytes())),
        text: CUSTOMER.to_owned(),
        published,
        sets,
        summary,
    }
}

fn set(grant: Grant, written: &[Written]) -> SetView {
    let at = |level: AccessLevel| {
        let of_level = EXPLAINED.iter().filter(|known| known.grant == grant && known.levels.contains(&level));
        of_level
            .filter_map(|known| {
                let found = written.iter().find(|found| found.sid == known.sid)?;
                Some(StatementView {
                    sid: found.sid.clone(),
                    allow: found.allow,
                    actions: found.actions.clone(),
                    resources: known.resources.to_owned(),
                    purpose: known.purpose.to_owned(),
                    writes: found.actions.iter().any(|action| writes(action)),
                })
            })
            .collect()
    };
    let (why, without) = reasons(grant);
    SetView {
        grant,
        title: title_of(grant).to_owned(),
        why: why.to_owned(),
        without: without.to_owned(),
        read_only: at(AccessLevel::ReadOnly),
        full: at(AccessLevel::Full),
    }
}

/// Whether an action can change something: anything but reading verbs.
fn writes(action: &str) -> bool {
    let verb = action.split_once(':').map_or(action, |(_, verb)| verb);
    !["Get", "List", "Describe"].iter().any(|reads| verb.starts_with(reads))
}

/// "Read-only, except: …", computed.
fn summary(sets: &[SetView], level: AccessLevel) -> String {
    let statements = sets.iter().flat_map(|set| match level {
        AccessLevel::ReadOnly => &set.read_only,
        AccessLevel::Full => &set.full,
    });
    let exceptions: Vec<String> = statements
        .filter(|statement| statement.allow && statement.writes)
        .map(|statement| {
            let actions: Vec<&str> =
                statement.actions.iter().filter(|action| writes(action)).map(String::as_str).collect();
            format!("{} on {}", actions.join(", "), statement.resources)
        })
        .collect();
    if exceptions.is_empty() {
        "Read-only.".to_owned()
    } else {
        format!("Read-only, except: {}.", exceptions.join("; "))
    }
}

/// The version the template stamps on stacks.
fn version(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("Version: { Number: ")?;
    rest.split_once(' ').map(|(version, _)| version)
}

/// Every statement that has a `Sid`, with its effect and actions. The template is ours: one member a line, lists one
/// item a line.
fn statements(text: &str) -> Vec<Written> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found: Vec<Written> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let Some((before, sid)) = line.split_once("Sid: ") else { continue };
        let indent = before.len();
        let mut statement = Written { sid: sid.trim().to_owned(), allow: false, actions: Vec::new() };
        let mut in_actions = false;
        for line in lines.iter().skip(place + 1) {
            let own = line.len() - line.trim_start().len();
            let text = line.trim();
            if own < indent {
                break;
            }
            if own == indent {
                in_actions = text == "Action:";
                statement.allow |= text == "Effect: Allow";
                statement.actions.extend(text.strip_prefix("Action: ").map(str::to_owned));
            } else if in_actions {
                statement.actions.extend(text.strip_prefix("- ").map(str::to_owned));
            }
        }
        if !found.contains(&statement) {
            found.push(statement);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_statement_of_the_role_is_explained_and_no_other() {
        let roles = CUSTOMER.split_once("  Role:\n").unwrap().1;
        let role = roles.split_once("  ReportBucket:\n").map_or(roles, |(role, _)| role);
        let written: BTreeSet<String> = statements(role)
            .into_iter()
            .filter(|found| found.allow && found.sid != "OnlyCloudthread")
            .map(|found| found.sid)
            .collect();
        let explained: BTreeSet<String> = EXPLAINED.iter().map(|known| known.sid.to_owned()).collect();
        assert_eq!(written, explained);
    }

    #[test]
    fn actions_are_read_from_the_text() {
        let find = |sid: &str| statements(CUSTOMER).into_iter().find(|found| found.sid == sid).unwrap();
        assert_eq!(find("ReadReport").actions, ["s3:GetObject"]);
        assert_eq!(find("ReadCostExplorer").actions, ["ce:Get*", "ce:Describe*", "ce:List*"]);
        assert!(!find("NeverReadObjects").allow);
    }

    // product.md M24
    #[test]
    fn what_is_not_read_only_is_computed() {
        let (read_only, full) = view(true).summary;
        assert_eq!(
            read_only,
            "Read-only, except: s3:PutBucketPolicy on the report bucket of this stack; \
             cur:PutReportDefinition, cur:ModifyReportDefinition on the report of this stack."
        );
        assert!(
            full.contains("s3:* on the report bucket of this stack")
                && full.contains("ce:* on Cost Explorer")
        );
        assert_eq!(view(false).version, "1.0.0");
    }
}
