//! What a person sees of a connection: the timeline, its health, its receipt. Computed, never stored.

use shared::Timestamp;
use shared::api::{AccessLevel, ConnectionState as State, ConnectionView, Remedy, ReportChoice};

use super::link::stack_address;
use super::record::{self, Connection};
use super::timeline::{self, Facts};
use super::{receipt, remedy};
use crate::error::Result;
use crate::insights;
use crate::ports::Clock;
use crate::workspace::notifications;
use crate::workspace::session::{self, CallTotals};
use crate::workspace::world::{OperatorSettings, World};

/// The connection as the pages show it.
pub fn make<W: World>(world: &W, email: &str) -> Result<ConnectionView> {
    let now = world.clock().now();
    let totals = session::totals(world)?;
    let unread = notifications::list(world)?.unread;
    let settings = world.settings();
    let Some(connection) = record::find(world)? else { return Ok(nothing(now, email, unread, &totals)) };
    let facts = Facts::gather(world, now, &totals)?;
    let stack_id = connection.stack.as_ref().map(|stack| stack.id.as_str());
    let steps = timeline::steps(&connection, &facts, &totals, settings);
    let remedy = connection_remedy(&connection, now, settings);
    Ok(ConnectionView {
        state: connection.state,
        since: connection.since,
        remedy,
        account: connection.role.as_ref().map(shared::RoleArn::account),
        role_arn: connection.role.clone(),
        external_id: Some(connection.external_id.clone()),
        access_level: connection.access_level,
        grants: connection.grants.clone(),
        template_version: connection.stack.as_ref().map(|stack| stack.template_version.clone()),
        stack_url: stack_id.map(|id| stack_address(&settings.console_base, id)),
        delete_cli: stack_id
            .map(|id| format!("aws cloudformation delete-stack --region us-east-1 --stack-name {id}")),
        report_expected_by: connection
            .report
            .as_ref()
            .and_then(|_| timeline::report_expected_by(&connection)),
        steps,
        has_figures: facts.has_figures || facts.has_report,
        has_report: facts.has_report,
        through: insights::through(world)?,
        last_check_at: totals.uses.values().map(|(at, _)| *at).max(),
        next_check_at: facts.next,
        calls: totals.calls,
        calls_cost: totals.cost,
        notify_email: connection.notify_email.clone(),
        unread,
        receipt: receipt::of(&connection),
        earlier_report: earlier_report(&connection),
        now,
    })
}

fn nothing(now: Timestamp, email: &str, unread: u32, totals: &CallTotals) -> ConnectionView {
    ConnectionView {
        state: State::NotConnected,
        since: now,
        remedy: None,
        account: None,
        role_arn: None,
        external_id: None,
        access_level: AccessLevel::ReadOnly,
        grants: Default::default(),
        template_version: None,
        stack_url: None,
        delete_cli: None,
        steps: Vec::new(),
        has_figures: false,
        has_report: false,
        report_expected_by: None,
        through: None,
        last_check_at: None,
        next_check_at: None,
        calls: totals.calls,
        calls_cost: totals.cost,
        notify_email: email.to_owned(),
        unread,
        receipt: None,
        earlier_report: None,
        now,
    }
}

fn connection_remedy(connection: &Connection, now: Timestamp, settings: &OperatorSettings) -> Option<Remedy> {
    if connection.state == State::Disconnecting {
        let asked = connection.ending.as_ref()?.asked_at;
        let is_live =
            connection.ending.as_ref().is_some_and(|ending| ending.tries > 1 && ending.refused_at.is_empty());
        let refuses = connection.ending.as_ref().is_some_and(|ending| ending.refused_at.len() >= 2);
        if refuses {
            let held = record::Held::new("member_role_live", asked);
            return Some(remedy::of(&held, connection, settings));
        }
        let held = record::Held::new("role_live", asked);
        return (is_live && now.duration_since(asked).as_secs() > 60)
            .then(|| remedy::of(&held, connection, settings));
    }
    let held =
        connection.broken.as_ref().or(connection.insights_held.as_ref()).or(connection.report_held.as_ref());
    held.map(|held| remedy::of(held, connection, settings))
}

/// What an earlier connection left at AWS, while another may still choose it.
fn earlier_report(connection: &Connection) -> Option<ReportChoice> {
    let is_open = connection.role.is_none() || connection.state == shared::api::ConnectionState::Disconnected;
    let report = connection.report_left().filter(|_| is_open)?;
    Some(ReportChoice::Existing { name: report.name, bucket: report.bucket, prefix: report.prefix })
}
