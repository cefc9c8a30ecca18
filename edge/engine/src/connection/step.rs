//! The connection as a pure state machine: what happened and when, in; where it stands and what to do, out.

use std::collections::BTreeMap;

use shared::api::{AccessLevel, ConnectionState as State, Grant, LinkChoice, Topic};
use shared::{AccountId, RoleArn, Timestamp};

use super::record::{Connection, Ending, Held, Proof, RefusedStack, ReportRef, Stack};
use crate::workspace::jobs::{self, Job};
use crate::workspace::notifications::News;

/// What can happen to a connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A link was made for this choice.
    LinkMade(LinkChoice),
    /// The link was opened.
    LinkOpened,
    /// The stack called, or someone pasted the role.
    Announced(Box<Announcement>),
    /// A stack called and was answered FAILED, with these words.
    StackRefused(&'static str),
    /// The stack was deleted, or rolled back.
    StackDeleted,
    /// All four proofs hold.
    Proven(Proof),
    /// A proof fails for good.
    NotProven(Held),
    /// First figures of Cost Explorer are there.
    FiguresArrived,
    /// Cost Explorer gives none for now.
    FiguresHeld(Held),
    /// The report's definition was found.
    ReportFound(ReportRef),
    /// The report is held up.
    ReportHeld(Held),
    /// A month of the report was committed.
    MonthCommitted,
    /// Someone asked to look again.
    CheckAsked,
    /// Someone asked to disconnect.
    DisconnectAsked {
        /// Whether stored figures stay.
        keeps_figures: bool,
        /// Sub-accounts that are known.
        members: Vec<AccountId>,
    },
    /// AWS refused us twice: access has ended.
    AccessEnded,
}

/// What a stack says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// The role.
    pub role: RoleArn,
    /// The stack; none when the role was pasted.
    pub stack: Option<Stack>,
    /// Access level as installed.
    pub access_level: AccessLevel,
    /// Sets as installed.
    pub grants: BTreeMap<Grant, bool>,
    /// The report, if the stack has one.
    pub report: Option<ReportRef>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Do this job at that moment.
    Due(Job, Timestamp),
    /// Do not do this job.
    Cancel(Job),
    /// Tell the user, once.
    Tell(Box<News>),
    /// Write to the audit log.
    Log(&'static str, String),
    /// Drop session credentials.
    ForgetSessions,
}

impl PartialEq for News {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

/// Decides. Events that make no sense in a state change nothing: messages come late and twice.
pub fn step(before: Connection, event: Event, now: Timestamp) -> (Connection, Vec<Effect>) {
    let mut after = before.clone();
    let mut effects = Vec::new();
    match event {
        Event::LinkMade(choice) => {
            after.choice = choice;
            after.refused = None;
        }
        Event::LinkOpened => {
            after.opened_at = Some(now);
            if matches!(before.state, State::NotConnected | State::Broken) && before.role.is_none() {
                after.state = State::AwaitingStack;
                after.broken = None;
                // A role that was announced before and refused is no answer to this link.
                after.role_at = None;
            }
        }
        Event::Announced(announcement) => announced(&mut after, *announcement, now, &mut effects),
        Event::StackRefused(why) => {
            // Another stack beside the one that was taken is no news for the timeline.
            if before.awaits_stack() {
                after.refused = Some(RefusedStack { at: now, why: why.to_owned() });
            }
            effects.push(Effect::Log("stack_refused", why.to_owned()));
        }
        Event::StackDeleted => stack_deleted(&mut after, now, &mut effects),
        Event::Proven(proof) => proven(&mut after, proof, now, &mut effects),
        Event::NotProven(held) => not_proven(&mut after, held, &mut effects),
        Event::FiguresArrived => {
            if before.may_read() {
                after.insights_at = before.insights_at.or(Some(now));
                after.insights_held = None;
                after.state = after.settled();
                if before.insights_at.is_none() {
                    let title = "First insights are here";
                    let text =
                        "Month to date, trends and movers, from Cost Explorer until the report arrives.";
                    effects.push(tell(&after, "first-insights", title, text, "overview", false));
                }
            }
        }
        Event::FiguresHeld(held) => {
            if before.may_read() {
                let since = before
                    .insights_held
                    .as_ref()
                    .filter(|old| old.reason == held.reason)
                    .map_or(now, |old| old.since);
                after.insights_held = Some(Held { since, ..held });
                after.state = after.settled();
            }
        }
        Event::ReportFound(report) => {
            if before.may_read() {
                after.report = Some(report);
                after.report_at = before.report_at.or(Some(now));
                after.report_held = None;
            }
        }
        Event::ReportHeld(held) => {
            if before.may_read() {
                let since = before
                    .report_held
                    .as_ref()
                    .filter(|old| old.reason == held.reason)
                    .map_or(now, |old| old.since);
                after.report_held = Some(Held { since, ..held });
            }
        }
        Event::MonthCommitted => {
            if before.may_read() {
                after.first_period_at = before.first_period_at.or(Some(now));
                after.report_held = None;
                after.state = after.settled();
            }
        }
        Event::CheckAsked => check_asked(&before, now, &mut effects),
        Event::DisconnectAsked { keeps_figures, members } => {
            disconnect_asked(&mut after, keeps_figures, members, now, &mut effects)
        }
        Event::AccessEnded => {
            if before.state == State::Disconnecting {
                after.state = State::Disconnected;
                effects.push(Effect::Cancel(Job::Disconnect));
                effects.push(Effect::Log("disconnected", "AWS refused Cloudthread twice.".to_owned()));
                let text = "AWS refused Cloudthread twice, a minute apart. The receipt is in Settings.";
                effects.push(tell(
                    &after,
                    "disconnected",
                    "Access to AWS has ended",
                    text,
                    "settings/danger",
                    false,
                ));
            }
        }
    }
    if after.state != before.state {
        after.since = now;
    }
    (after, effects)
}

fn announced(after: &mut Connection, announcement: Announcement, now: Timestamp, effects: &mut Vec<Effect>) {
    if matches!(after.state, State::Disconnecting | State::Disconnected) {
        return;
    }
    if after.figures_of.as_ref().is_some_and(|account| *account != announcement.role.account()) {
        after.role = None;
        after.broken = Some(Held::new("other_account", now));
        after.state = State::Broken;
        effects.push(Effect::Log("role_refused", "other_account".to_owned()));
        return;
    }
    after.refused = None;
    let is_new = after.role.as_ref() != Some(&announcement.role);
    after.role = Some(announcement.role);
    after.role_at = Some(now);
    after.stack = announcement.stack.or(after.stack.take());
    after.access_level = announcement.access_level;
    after.grants = announcement.grants;
    after.report = announcement.report.or(after.report.take());
    after.opened_at = after.opened_at.or(Some(now));
    after.broken = None;
    after.proof = Proof::default();
    if is_new {
        after.insights_at = None;
        after.insights_held = None;
        after.report_at = None;
        after.first_period_at = None;
    }
    after.state = State::VerifyingRole;
    effects.push(Effect::ForgetSessions);
    effects.push(Effect::Due(Job::Prove, now));
    effects.push(Effect::Log(
        "role_announced",
        after.role.as_ref().map(ToString::to_string).unwrap_or_default(),
    ));
}

/// A rollback before acceptance returns to the stack step; afterwards only proofs tell whether access has ended.
fn stack_deleted(after: &mut Connection, now: Timestamp, effects: &mut Vec<Effect>) {
    effects.push(Effect::Log("stack_deleted", String::new()));
    match after.state {
        State::VerifyingRole if after.proof.proven_at.is_none() => {
            after.state = State::AwaitingStack;
            after.role = None;
            after.role_at = None;
            after.stack = None;
            after.opened_at = None;
            effects.push(Effect::Cancel(Job::Prove));
        }
        State::FirstInsights | State::AwaitingReport | State::Live | State::Broken => {
            effects.push(Effect::Due(Job::Inspect, jobs::after_minutes(now, 2)));
        }
        State::Disconnecting => effects.push(Effect::Due(Job::Disconnect, now)),
        _ => {}
    }
}

fn proven(after: &mut Connection, proof: Proof, now: Timestamp, effects: &mut Vec<Effect>) {
    let is_first = after.proof.proven_at.is_none();
    let is_waiting = matches!(after.state, State::VerifyingRole | State::Broken);
    if !is_waiting && !after.may_read() {
        return;
    }
    let first_proven_at = after.proof.first_proven_at.or(after.proof.proven_at).or(proof.proven_at);
    after.proof = Proof { first_proven_at, ..proof };
    after.broken = None;
    if is_waiting {
        after.state = after.settled();
        effects.push(Effect::Due(Job::Insights, now));
        effects.push(Effect::Due(Job::Report, now));
        effects.push(Effect::Cancel(Job::Prove));
    }
    if is_first {
        effects.push(Effect::Log(
            "role_proven",
            "Assumed with our external id; refused without and with a wrong one.".to_owned(),
        ));
    }
    effects.push(Effect::Due(Job::Inspect, if is_first { now } else { jobs::after_hours(now, 24) }));
}

fn not_proven(after: &mut Connection, held: Held, effects: &mut Vec<Effect>) {
    if matches!(after.state, State::Disconnecting | State::Disconnected | State::NotConnected) {
        return;
    }
    // The same again, as after a crash: it was told, and has held since then.
    if let Some(known) = after.broken.as_mut().filter(|known| known.reason == held.reason)
        && after.state == State::Broken
    {
        known.aws = held.aws;
        for job in [Job::Prove, Job::Insights, Job::Report] {
            effects.push(Effect::Cancel(job));
        }
        return;
    }
    // A role that never was proven is not kept: nothing may be done with it later by accident.
    if after.proof.proven_at.is_none() && held.reason != "trust_refused" {
        after.role = None;
    }
    effects.push(Effect::Log("role_refused", held.reason.clone()));
    for job in [Job::Prove, Job::Insights, Job::Report] {
        effects.push(Effect::Cancel(job));
    }
    effects.push(Effect::ForgetSessions);
    if after.proof.proven_at.is_some() {
        let title = "The connection to AWS is broken";
        let text = "Stored figures stay. The Connect page says what to do.";
        effects.push(tell(
            after,
            &format!("broken-{}-{}", held.reason, held.since),
            title,
            text,
            "connect",
            true,
        ));
    }
    after.broken = Some(held);
    after.state = State::Broken;
}

fn check_asked(before: &Connection, now: Timestamp, effects: &mut Vec<Effect>) {
    match before.state {
        State::VerifyingRole => effects.push(Effect::Due(Job::Prove, now)),
        State::Broken if before.role.is_some() => effects.push(Effect::Due(Job::Inspect, now)),
        State::FirstInsights | State::AwaitingReport | State::Live => {
            if before.insights_held.is_some() {
                effects.push(Effect::Due(Job::Insights, now));
            }
            effects.push(Effect::Due(Job::Report, now));
            effects.push(Effect::Due(Job::Inspect, now));
        }
        State::Disconnecting => effects.push(Effect::Due(Job::Disconnect, now)),
        _ => {}
    }
}

fn disconnect_asked(
    after: &mut Connection,
    keeps_figures: bool,
    members: Vec<AccountId>,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) {
    if matches!(after.state, State::Disconnecting | State::Disconnected) {
        return;
    }
    after.epoch = after.epoch.saturating_add(1);
    after.ending = Some(Ending {
        asked_at: now,
        keeps_figures,
        refused_at: Vec::new(),
        tries: 0,
        members,
        members_refused: Vec::new(),
    });
    for job in [Job::Prove, Job::Insights, Job::Report, Job::Inspect] {
        effects.push(Effect::Cancel(job));
    }
    if !keeps_figures {
        effects.push(Effect::Due(Job::Erase, now));
    }
    effects.push(Effect::ForgetSessions);
    effects.push(Effect::Log(
        "disconnect_asked",
        if keeps_figures { "Figures stay." } else { "Figures are erased." }.to_owned(),
    ));
    if after.role.is_none() {
        after.state = State::Disconnected;
    } else {
        after.state = State::Disconnecting;
        effects.push(Effect::Due(Job::Disconnect, jobs::after_minutes(now, 1)));
    }
}

fn tell(
    connection: &Connection,
    key: &str,
    title: &str,
    text: &str,
    page: &'static str,
    needs_action: bool,
) -> Effect {
    Effect::Tell(Box::new(News {
        key: format!("{}/{key}", connection.id),
        topic: Topic::Connection,
        title: title.to_owned(),
        text: text.to_owned(),
        page: Some(page),
        needs_action,
    }))
}

#[cfg(test)]
mod tests {
    use shared::api::{AccountKind, ReportChoice};

    use super::*;

    fn announcement(account: &str) -> Event {
        Event::Announced(Box::new(Announcement {
            role: format!("arn:aws:iam::{account}:role/cloudthread/access-Role-1").parse().unwrap(),
            stack: None,
            access_level: AccessLevel::ReadOnly,
            grants: BTreeMap::new(),
            report: None,
        }))
    }

    /// A connection after an earlier one of account 1 that had first figures and ended.
    fn connected_again(keeps_figures: bool) -> Connection {
        let now = Timestamp::UNIX_EPOCH;
        let choice = LinkChoice {
            account: AccountKind::Management,
            report: ReportChoice::Create,
            access_level: AccessLevel::ReadOnly,
            grants: BTreeMap::new(),
        };
        let id = "00000000-0000-4000-8000-000000000000";
        let fresh =
            || Connection::fresh(id.to_owned(), id.parse().unwrap(), 0, choice.clone(), "a@b.example", now);
        let mut connection = fresh();
        for event in [
            announcement("111111111111"),
            Event::Proven(Proof { proven_at: Some(now), ..Proof::default() }),
            Event::FiguresArrived,
            Event::DisconnectAsked { keeps_figures, members: Vec::new() },
            Event::AccessEnded,
        ] {
            connection = step(connection, event, now).0;
        }
        assert_eq!(connection.state, State::Disconnected);
        Connection { figures_of: connection.account_of_kept_figures(), ..fresh() }
    }

    #[test]
    fn figures_of_two_accounts_never_mix() {
        for (keeps_figures, account, expect) in [
            (true, "111111111111", State::VerifyingRole),
            (true, "222222222222", State::Broken),
            (false, "222222222222", State::VerifyingRole),
        ] {
            let (after, effects) =
                step(connected_again(keeps_figures), announcement(account), Timestamp::UNIX_EPOCH);
            assert_eq!(after.state, expect, "{account}, kept: {keeps_figures}");
            let is_asked = effects.iter().any(|effect| matches!(effect, Effect::Due(Job::Prove, _)));
            assert_eq!((is_asked, after.role.is_some()), (expect != State::Broken, expect != State::Broken));
        }
    }
}
