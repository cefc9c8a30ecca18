//! The published template, explained: its actions are read from the text itself, statement by statement, so that what a
//! person is told is what AWS will be given.

use serde::Serialize;
use sha2::{Digest, Sha256};
use shared::api::{AccessLevel, Grant, SetView, StatementView, TemplateView};

use crate::connection::title_of;

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
    OwnReportBucket ReportBucket FULL "the report bucket of this stack" "Reads the report. The rest is granted so that its bucket can be kept in order; Cloudthread does not use it yet.";
    KeepReportBucket ReportBucket READ_ONLY "the report bucket of this stack" "Finds new files, and reads the bucket's policy. PutBucketPolicy is granted so that the policy can be kept valid when AWS changes its rules; Cloudthread does not use it yet, nor GetBucketLocation.";
    ReadReport ReportBucket READ_ONLY "files in the report bucket of this stack" "Reads the report.";
    ListExistingReport ReportBucket BOTH "your report's prefix in its bucket (existing report only)" "Finds new files.";
    LocateExistingBucket ReportBucket BOTH "your report's bucket (existing report only)" "Granted so that it can be asked in which region the bucket lies; Cloudthread does not use it yet.";
    ReadExistingReport ReportBucket BOTH "files below your report's prefix (existing report only)" "Reads the report.";
    ReadOrganization Organization BOTH "your organization" "Finds its root, and whether this account pays for it.";
    FindMembers Organization BOTH "our StackSet (only when you set the root id)" "Granted so that the sub-accounts that have a role can be found; Cloudthread does not use it yet.";
    ReadMetrics Metrics BOTH "all metrics of this account" "Lists metrics, to see that it may. GetMetricData is granted so that unit costs can be computed; Cloudthread does not use it yet.";
    ReadCostExplorer CostExplorer READ_ONLY "Cost Explorer" "First figures at once; later forecast, anomalies and cross-check.";
    UseCostExplorer CostExplorer FULL "Cost Explorer" "The same. What else Cost Explorer offers is granted too; Cloudthread does not use it yet.";
    ReadTrustedAdvisor CostExplorer BOTH "Trusted Advisor" "Granted so that its cost checks can be read, where a support plan has them; Cloudthread does not use it yet.";
    ReadReportDefinitions Report BOTH "reports and exports of this account" "Sees whether the report is defined and delivered, and which others there are. ListExecutions is not used yet.";
    OwnReportDefinition Report FULL "the report of this stack" "Granted so that the report's definition can be kept in order; Cloudthread does not use it yet.";
    KeepReportDefinition Report READ_ONLY "the report of this stack" "Granted so that the report's definition can be repaired; Cloudthread does not use it yet.";
    ReadOwnStack SelfRead BOTH "this stack" "Compares what is installed with what is published. The stack's events and resources are not read yet.";
    ReadOwnRole SelfRead BOTH "the role of this stack" "Reads the policies as they are installed. GetRole and ListAttachedRolePolicies are not used yet.";
};

/// Why Cloudthread wants a set, and what is lost without it.
const fn reasons(grant: Grant) -> (&'static str, &'static str) {
    match grant {
        Grant::ReportBucket => (
            "AWS delivers the report here; Cloudthread reads it. Changing the bucket's policy is granted so that it can be kept valid when AWS changes its rules; Cloudthread does not use that yet.",
            "Cost Explorer figures only, no resource detail.",
        ),
        Grant::Organization => (
            "Tells whether this account is in an organization. The root's id is read so that one StackSet can reach all sub-accounts; Cloudthread does not use that yet.",
            "It is not known whether this account is in an organization.",
        ),
        Grant::Metrics => (
            "Granted so that unit costs can be computed from metrics; Cloudthread checks that it may list them and does not use it yet.",
            "Nothing is lost today.",
        ),
        Grant::CostExplorer => (
            "Figures at once; later forecast and cross-check.",
            "Nothing until the report arrives, and no reconciliation.",
        ),
        Grant::Report => (
            "Sees whether the report is defined and delivered. Changing its definition is granted so that it can be repaired; Cloudthread does not use that yet.",
            "Readiness is seen by looking into the bucket.",
        ),
        Grant::SelfRead => (
            "Reads its own stack and role, so that you see what is installed.",
            "It is not seen whether the installed template is the published one.",
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

    /// The block below a line, without the indent of its first line, as YAML reads it.
    fn block(head: &str) -> String {
        let (_, rest) = CUSTOMER.split_once(head).unwrap();
        let indent = rest.len() - rest.trim_start_matches(' ').len();
        let is_inside =
            |line: &&str| line.trim().is_empty() || line.len() - line.trim_start().len() >= indent;
        let lines = rest.lines().take_while(is_inside);
        let text: Vec<&str> = lines.map(|line| line.get(indent..).unwrap_or_default()).collect();
        format!("{}\n", text.join("\n").trim_end())
    }

    #[test]
    fn the_member_template_stands_in_the_customer_s_word_for_word() {
        const MEMBER: &str = include_str!("../../../template/member.yaml");
        assert_eq!(block("      TemplateBody: |\n"), MEMBER);
    }

    // Uploading it by hand and --template-body take no more.
    #[test]
    fn the_template_can_be_uploaded_by_hand() {
        assert!(CUSTOMER.len() <= 51_200, "{} bytes", CUSTOMER.len());
    }

    #[test]
    fn parameters_are_labelled_as_the_template_labels_them() {
        let labels = block("    ParameterLabels:\n");
        let read: Vec<(String, String)> = labels
            .lines()
            .map(|line| {
                let (name, label) = line.split_once(": { default: ").unwrap();
                let label = label.trim_end_matches(" }").trim_matches('"');
                (name.to_owned(), label.to_owned())
            })
            .collect();
        let known = shared::parameters::LABELS;
        let known: Vec<(String, String)> =
            known.iter().map(|(name, label)| ((*name).to_owned(), (*label).to_owned())).collect();
        assert_eq!(read, known);
        for (name, _) in known {
            assert!(CUSTOMER.contains(&format!("\n  {name}:\n    Type: String\n")), "{name}");
        }
    }

    // What the engine never calls is not told as if it did.
    #[test]
    fn what_is_granted_for_later_says_so() {
        for known in EXPLAINED {
            let is_for_later = [
                "OwnReportBucket",
                "KeepReportBucket",
                "LocateExistingBucket",
                "FindMembers",
                "ReadMetrics",
                "UseCostExplorer",
                "ReadTrustedAdvisor",
                "ReadReportDefinitions",
                "OwnReportDefinition",
                "KeepReportDefinition",
                "ReadOwnStack",
                "ReadOwnRole",
            ]
            .contains(&known.sid);
            let says_so = known.purpose.contains(" yet");
            assert_eq!(says_so, is_for_later, "{}: {}", known.sid, known.purpose);
        }
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
