//! Words that several pages share, so that one thing has one name.

use shared::api::{AccessLevel, ConnectionState, ConnectionView, Grant, Step, StepStatus, WhoActs};
use shared::route::Role;

use crate::format::time;
use crate::widgets::{Icon, Tone};
use shared::date_words::short_day;

/// The label of the one button, and of its page.
pub const CONNECT: &str = "Connect Cloudthread via CF Stack";

/// What AWS charges for the calls, as said before connecting.
pub const COST_NOTE: &str = "AWS charges $0.01 per Cost Explorer request: about $0.12 for first insights, never above $0.20, then about $2.40 a month until the report arrives and $0.90 after; plus S3 storage of the report.";

/// The rule of passwords.
pub const PASSWORD_RULE: &str = "At least 15 characters. Any characters, spaces too.";

/// What each permission set is for.
pub struct Card {
    /// Which set.
    pub grant: Grant,
    /// Its name.
    pub title: &'static str,
    /// What it is for.
    pub why: &'static str,
}

/// The five sets as shown before anyone signs in; Connect reads the same from the template.
pub const CARDS: [Card; 5] = [
    Card {
        grant: Grant::ReportBucket,
        title: "Report bucket",
        why: "AWS delivers the report here; Cloudthread reads it. Changing the bucket's policy is granted so that it can be kept valid when AWS changes its rules; Cloudthread does not use that yet.",
    },
    Card {
        grant: Grant::Organization,
        title: "Organization roots",
        why: "Tells whether this account is in an organization. The root's id is read so that one StackSet can reach all sub-accounts; Cloudthread does not use that yet.",
    },
    Card {
        grant: Grant::Metrics,
        title: "CloudWatch metrics",
        why: "Granted so that unit costs can be computed from metrics; Cloudthread checks that it may list them and does not use it yet.",
    },
    Card {
        grant: Grant::CostExplorer,
        title: "Cost Explorer",
        why: "Figures at once; later forecast and cross-check.",
    },
    Card {
        grant: Grant::Report,
        title: "Report definition",
        why: "Sees whether the report is defined and delivered. Changing its definition is granted so that it can be repaired; Cloudthread does not use that yet.",
    },
];

/// The icon of a permission set.
pub const fn grant_icon(grant: Grant) -> Icon {
    match grant {
        Grant::ReportBucket => Icon::Bucket,
        Grant::Organization => Icon::Organization,
        Grant::Metrics => Icon::Pulse,
        Grant::CostExplorer => Icon::Coins,
        Grant::Report => Icon::Report,
        Grant::SelfRead => Icon::Key,
    }
}

/// The name of a permission set.
pub fn grant(grant: Grant) -> &'static str {
    CARDS.iter().find(|card| card.grant == grant).map_or("Its own stack and role", |card| card.title)
}

/// The name of an access level.
pub const fn access_level(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::ReadOnly => "Read-only",
        AccessLevel::Full => "Full",
    }
}

/// The name of a step.
pub const fn step(step: Step) -> &'static str {
    match step {
        Step::Stack => "Stack",
        Step::Role => "Role",
        Step::Access => "Access verified",
        Step::Insights => "First insights",
        Step::ReportDefined => "Report defined",
        Step::FirstFiles => "First files",
        Step::History => "History",
    }
}

/// How a step stands, in words.
pub const fn status(status: StepStatus) -> &'static str {
    match status {
        StepStatus::NotStarted => "Not started",
        StepStatus::Running => "In progress",
        StepStatus::Waiting => "Waiting for AWS",
        StepStatus::Late => "Later than usual",
        StepStatus::NeedsYou => "Needs you",
        StepStatus::Done => "Done",
        StepStatus::Skipped => "Not used",
    }
}

/// The name of a state.
pub const fn state(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::NotConnected => "Not connected",
        ConnectionState::AwaitingStack
        | ConnectionState::VerifyingRole
        | ConnectionState::FirstInsights
        | ConnectionState::AwaitingReport => "Connecting",
        ConnectionState::Live => "Connected",
        ConnectionState::Broken => "Needs attention",
        ConnectionState::Disconnecting => "Disconnecting",
        ConnectionState::Disconnected => "Disconnected",
    }
}

/// How a check went, in a word.
pub const fn passed(passed: Option<bool>) -> &'static str {
    match passed {
        Some(true) => "passed",
        Some(false) => "refused",
        None => "not yet known",
    }
}

/// Who acts next.
pub const fn who(who: WhoActs) -> &'static str {
    match who {
        WhoActs::You => "You",
        WhoActs::YourAdministrator => "Your organization's administrator",
        WhoActs::Aws => "AWS",
        WhoActs::Operator => "The operator of this instance",
    }
}

/// The name of a role.
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Member => "Member",
        Role::Admin => "Admin",
        Role::Owner => "Owner",
    }
}

/// Why a role may not; none when it may.
pub fn refusal(own: Role, needed: Role) -> Option<String> {
    let who = match needed {
        _ if own >= needed => return None,
        Role::Viewer | Role::Member => "Members, admins and owners",
        Role::Admin => "Admins and owners",
        Role::Owner => "Owners",
    };
    Some(format!("{who} may do this; you are a {}.", role(own).to_lowercase()))
}

/// The frame's health line: tone, state, detail.
pub fn health(view: &ConnectionView) -> (Tone, &'static str, String) {
    let title = state(view.state);
    match view.state {
        ConnectionState::NotConnected => (Tone::Plain, title, "Other pages open after step 4".to_owned()),
        ConnectionState::AwaitingStack => (Tone::Accent, title, "Waiting for the stack".to_owned()),
        ConnectionState::VerifyingRole => (Tone::Accent, title, "Verifying the role".to_owned()),
        ConnectionState::FirstInsights => (Tone::Accent, title, "First insights on their way".to_owned()),
        ConnectionState::AwaitingReport => (Tone::Accent, title, expected(view)),
        ConnectionState::Live => (Tone::Good, title, through(view)),
        ConnectionState::Broken => {
            let remedy = view.remedy.as_ref().map(|remedy| remedy.title.clone());
            (Tone::Warn, title, remedy.unwrap_or_else(|| "See the timeline".to_owned()))
        }
        ConnectionState::Disconnecting => (Tone::Warn, title, "Waiting for AWS to refuse".to_owned()),
        ConnectionState::Disconnected => (Tone::Plain, title, "No call reaches AWS".to_owned()),
    }
}

/// How far the figures reach: `Data through 22 Nov`.
fn through(view: &ConnectionView) -> String {
    let day = view.through.as_deref().and_then(|day| day.parse().ok());
    day.map(|day| format!("Data through {}", short_day(day))).unwrap_or_default()
}

fn expected(view: &ConnectionView) -> String {
    view.report_expected_by.map_or_else(
        || "Waiting for the report".to_owned(),
        |by| format!("Report by {}", time::day_clock(by)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_who_may() {
        assert_eq!(refusal(Role::Admin, Role::Admin), None);
        assert_eq!(
            refusal(Role::Viewer, Role::Admin).as_deref(),
            Some("Admins and owners may do this; you are a viewer.")
        );
    }

    #[test]
    fn every_set_has_its_own_name() {
        let names: std::collections::BTreeSet<_> = Grant::ALL.into_iter().map(grant).collect();
        assert_eq!(names.len(), Grant::ALL.len());
    }
}
