//! What a person sees of a connection: the timeline, its health, its receipt. Computed, never stored.

use shared::Timestamp;
use shared::api::{
    AccessLevel, Check, ConnectionState as State, ConnectionView, Grant, Receipt, Remedy, ReportChoice, Step,
    StepStatus, StepView,
};

use super::link::{STACK_NAME, stack_address};
use super::record::{self, Connection};
use super::{otherwise, remedy};
use crate::error::Result;
use crate::ingest;
use crate::insights;
use crate::ports::Clock;
use crate::workspace::jobs::{self, Job};
use crate::workspace::notifications;
use crate::workspace::session::{self, CallTotals};
use crate::workspace::world::{OperatorSettings, World};

/// Minutes a stack takes at most.
const STACK_MINUTES: i64 = 60;
/// Hours AWS takes for a first report.
pub const REPORT_HOURS: i64 = 48;
/// Hours after which causes are listed.
const REPORT_LATE_HOURS: i64 = 72;

/// The connection as the pages show it.
pub fn make<W: World>(world: &W, email: &str) -> Result<ConnectionView> {
    let now = world.clock().now();
    let totals = session::totals(world)?;
    let unread = notifications::list(world)?.unread;
    let settings = world.settings();
    let Some(connection) = record::find(world)? else { return Ok(nothing(now, email, unread, &totals)) };
    let facts = Facts {
        now,
        has_figures: insights::has_figures(world)?,
        has_report: ingest::has_months(world)?,
        figures: insights::checks(world)?,
        months: u32::try_from(ingest::months(world)?.len()).unwrap_or(u32::MAX),
        progress: ingest::progress(world)?,
        report_due: jobs::find_due(world, Job::Report)?,
        prove_due: jobs::find_due(world, Job::Prove)?,
        insights_due: jobs::find_due(world, Job::Insights)?,
        next: jobs::next_due(world)?,
        last_report_look: totals.uses.get("s3:ListObjectsV2").map(|(at, _)| *at),
    };
    let stack_id = connection.stack.as_ref().map(|stack| stack.id.as_str());
    let steps = steps(&connection, &facts, &totals, settings);
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
        report_expected_by: connection.report.as_ref().and_then(|_| report_expected_by(&connection)),
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
        receipt: receipt(&connection),
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

/// What the timeline needs besides the connection.
struct Facts {
    now: Timestamp,
    has_figures: bool,
    has_report: bool,
    figures: Vec<Check>,
    months: u32,
    progress: Option<(u32, u32)>,
    report_due: Option<Timestamp>,
    prove_due: Option<Timestamp>,
    insights_due: Option<Timestamp>,
    next: Option<Timestamp>,
    last_report_look: Option<Timestamp>,
}

fn report_expected_by(connection: &Connection) -> Option<Timestamp> {
    connection.role_at.map(|at| jobs::after_hours(at, REPORT_HOURS))
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

fn steps(
    connection: &Connection,
    facts: &Facts,
    totals: &CallTotals,
    settings: &OperatorSettings,
) -> Vec<StepView> {
    let mut steps = vec![
        stack_step(connection, facts, settings),
        role_step(connection, facts, settings),
        access_step(connection, totals),
        insights_step(connection, facts, settings),
        defined_step(connection, facts, settings),
        files_step(connection, facts, settings),
        history_step(connection, facts),
    ];
    for view in steps.iter_mut().filter(|view| can_stall(view)) {
        view.otherwise = otherwise::of(view.step);
    }
    steps
}

/// Whether a step may fail to go on: it has begun and is not done. The stack may have begun where nobody can look.
fn can_stall(view: &StepView) -> bool {
    match view.status {
        StepStatus::Done | StepStatus::Skipped => false,
        StepStatus::NotStarted => view.step == Step::Stack,
        StepStatus::Running | StepStatus::Waiting | StepStatus::Late | StepStatus::NeedsYou => true,
    }
}

fn step(step: Step, status: StepStatus, usual: &str, detail: impl Into<String>) -> StepView {
    StepView {
        step,
        status,
        started_at: None,
        finished_at: None,
        expected_by: None,
        usual: usual.to_owned(),
        detail: detail.into(),
        checks: Vec::new(),
        remedy: None,
        otherwise: Vec::new(),
        last_check_at: None,
        next_check_at: None,
    }
}

fn stack_step(connection: &Connection, facts: &Facts, settings: &OperatorSettings) -> StepView {
    let usual = "usually 2 minutes, at most an hour";
    if let Some(refused) = connection.refused.as_ref().filter(|_| connection.awaits_stack()) {
        let remedy = remedy::of_refused(refused);
        return StepView {
            started_at: connection.opened_at.or(Some(refused.at)),
            remedy: Some(remedy),
            last_check_at: Some(refused.at),
            ..step(Step::Stack, StepStatus::NeedsYou, usual, "A stack called, and Cloudthread refused it.")
        };
    }
    let Some(opened) = connection.opened_at else {
        return step(
            Step::Stack,
            StepStatus::NotStarted,
            usual,
            "Press Connect Cloudthread via CF Stack to begin.",
        );
    };
    if let Some(called) = connection.role_at {
        let detail = match &connection.stack {
            Some(_) => format!("The stack {STACK_NAME} called back."),
            None => "The role was entered by hand.".to_owned(),
        };
        return StepView {
            started_at: Some(opened),
            finished_at: Some(called),
            ..step(Step::Stack, StepStatus::Done, usual, detail)
        };
    }
    let expected_by = jobs::after_minutes(opened, STACK_MINUTES);
    let is_late = facts.now > expected_by;
    let detail = "Waiting for AWS to call back; until then we cannot see into your account. Usually minutes, at most an hour. \
                  You can close this tab; we will e-mail you.";
    let held = record::Held::new("stack_late", expected_by);
    StepView {
        started_at: Some(opened),
        expected_by: Some(expected_by),
        remedy: is_late.then(|| remedy::of(&held, connection, settings)),
        ..step(Step::Stack, if is_late { StepStatus::Late } else { StepStatus::Waiting }, usual, detail)
    }
}

fn role_step(connection: &Connection, facts: &Facts, settings: &OperatorSettings) -> StepView {
    let usual = "usually under a minute";
    let Some(at) = connection.role_at else { return step(Step::Role, StepStatus::NotStarted, usual, "") };
    let remedy = connection.broken.as_ref().map(|held| remedy::of(held, connection, settings));
    let Some(role) = &connection.role else {
        let detail = "The role was refused and is not stored.";
        return StepView {
            started_at: Some(at),
            remedy,
            ..step(Step::Role, StepStatus::NeedsYou, usual, detail)
        };
    };
    let detail = format!("Account {}, role {}.", role.account(), role.role_name());
    if connection.state == State::Broken {
        return StepView {
            started_at: Some(at),
            remedy,
            ..step(Step::Role, StepStatus::NeedsYou, usual, detail)
        };
    }
    match connection.proof.since_when() {
        Some(proven) => StepView {
            started_at: Some(at),
            finished_at: Some(proven),
            ..step(Step::Role, StepStatus::Done, usual, detail)
        },
        None => {
            let detail = match connection.proof.tries {
                0 | 1 => detail,
                _ if !connection.proof.assumed => {
                    format!("{detail} AWS is still spreading the role; Cloudthread tries again.")
                }
                _ => detail,
            };
            StepView {
                started_at: Some(at),
                next_check_at: facts.prove_due,
                ..step(Step::Role, StepStatus::Running, usual, detail)
            }
        }
    }
}

fn access_step(connection: &Connection, totals: &CallTotals) -> StepView {
    let usual = "usually under a minute";
    let Some(at) = connection.role_at.filter(|_| connection.role.is_some()) else {
        return step(Step::Access, StepStatus::NotStarted, usual, "");
    };
    let proof = &connection.proof;
    let proofs = [
        ("Assumed with our external id", proof.assumed),
        ("Refused without an external id", proof.refused_without),
        ("Refused with a wrong external id", proof.refused_wrong),
        ("The role is of the account it names", proof.same_account),
    ];
    let mut checks: Vec<Check> = proofs
        .into_iter()
        .map(|(label, holds)| Check { label: label.to_owned(), passed: holds.then_some(true), note: None })
        .collect();
    checks.extend(Grant::ALL.into_iter().map(|grant| grant_check(connection, totals, grant)));
    let view = match proof.since_when() {
        Some(proven) => StepView {
            finished_at: Some(proven),
            ..step(
                Step::Access,
                StepStatus::Done,
                usual,
                "Nobody else can use this role through Cloudthread.",
            )
        },
        None if connection.state == State::Broken => {
            step(Step::Access, StepStatus::NeedsYou, usual, "The role does not pass the proofs.")
        }
        None => {
            step(Step::Access, StepStatus::Running, usual, "Checking that nobody else can use this role.")
        }
    };
    StepView { started_at: Some(at), checks, ..view }
}

/// The action that tells whether a set works.
pub const fn probe_of(grant: Grant) -> &'static str {
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

fn grant_check(connection: &Connection, totals: &CallTotals, grant: Grant) -> Check {
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

fn insights_step(connection: &Connection, facts: &Facts, settings: &OperatorSettings) -> StepView {
    let usual = "usually 1 minute";
    let Some(proven) = connection.proof.since_when() else {
        return step(Step::Insights, StepStatus::NotStarted, usual, "");
    };
    let view = StepView {
        started_at: Some(proven),
        checks: facts.figures.clone(),
        next_check_at: facts.insights_due,
        ..step(Step::Insights, StepStatus::Running, usual, "Asking Cost Explorer for 14 months of cost.")
    };
    if let Some(at) = connection.insights_at.filter(|_| facts.has_figures) {
        return StepView {
            status: StepStatus::Done,
            finished_at: Some(at),
            detail: "First figures are here.".to_owned(),
            ..view
        };
    }
    match &connection.insights_held {
        Some(held) => {
            let remedy = remedy::of(held, connection, settings);
            let status = if remedy.who == shared::api::WhoActs::Aws {
                StepStatus::Waiting
            } else {
                StepStatus::NeedsYou
            };
            StepView { status, detail: remedy.title.clone(), remedy: Some(remedy), ..view }
        }
        None => view,
    }
}

fn defined_step(connection: &Connection, facts: &Facts, settings: &OperatorSettings) -> StepView {
    let usual = "usually at once";
    let Some(proven) = connection.proof.since_when() else {
        return step(Step::ReportDefined, StepStatus::NotStarted, usual, "");
    };
    let view = StepView {
        started_at: Some(proven),
        next_check_at: facts.report_due,
        ..step(Step::ReportDefined, StepStatus::Running, usual, "")
    };
    match (&connection.report, connection.report_at) {
        (Some(report), Some(at)) => StepView {
            status: StepStatus::Done,
            finished_at: Some(at),
            detail: format!("Report {} in bucket {}.", report.name, report.bucket),
            ..view
        },
        _ => match &connection.report_held {
            Some(held) => {
                let remedy = remedy::of(held, connection, settings);
                StepView {
                    status: StepStatus::NeedsYou,
                    detail: remedy.title.clone(),
                    remedy: Some(remedy),
                    ..view
                }
            }
            None => StepView { detail: "Looking for the report's definition.".to_owned(), ..view },
        },
    }
}

fn files_step(connection: &Connection, facts: &Facts, settings: &OperatorSettings) -> StepView {
    let usual = "AWS takes up to 48 hours";
    let (Some(defined), Some(expected_by)) = (connection.report_at, report_expected_by(connection)) else {
        return step(Step::FirstFiles, StepStatus::NotStarted, usual, "");
    };
    let view = StepView {
        started_at: Some(defined),
        expected_by: Some(expected_by),
        last_check_at: facts.last_report_look,
        next_check_at: facts.report_due,
        ..step(
            Step::FirstFiles,
            StepStatus::Waiting,
            usual,
            "AWS is preparing the first files. You can close this page; we will e-mail you.",
        )
    };
    if let Some(at) = connection.first_period_at.filter(|_| facts.has_report) {
        return StepView {
            status: StepStatus::Done,
            finished_at: Some(at),
            detail: "The report is here. Resources are open.".to_owned(),
            ..view
        };
    }
    if let Some((done, all)) = facts.progress {
        return StepView {
            status: StepStatus::Running,
            detail: format!("Reading the report: {done} of {all} files."),
            ..view
        };
    }
    if let Some(held) = &connection.report_held {
        let remedy = remedy::of(held, connection, settings);
        return StepView {
            status: StepStatus::NeedsYou,
            detail: remedy.title.clone(),
            remedy: Some(remedy),
            ..view
        };
    }
    if facts.now > expected_by {
        let causes = facts.now > jobs::after_hours(defined, REPORT_LATE_HOURS);
        let held = record::Held::new("report_late", expected_by);
        let remedy = causes.then(|| remedy::of(&held, connection, settings));
        return StepView {
            status: StepStatus::Late,
            detail: "Later than usual. Cloudthread keeps looking every hour.".to_owned(),
            remedy,
            ..view
        };
    }
    view
}

fn history_step(connection: &Connection, facts: &Facts) -> StepView {
    let usual = "on request, often within a day";
    if !facts.has_report {
        return step(Step::History, StepStatus::NotStarted, usual, "");
    }
    let detail = format!(
        "{} of 36 months are in the report. Older ones appear when AWS Support backfills them; Cost Explorer stands in for the last 13.",
        facts.months
    );
    StepView {
        started_at: connection.first_period_at,
        ..step(Step::History, StepStatus::Waiting, usual, detail)
    }
}

/// What an earlier connection left at AWS, while another may still choose it.
fn earlier_report(connection: &Connection) -> Option<ReportChoice> {
    let is_open = connection.role.is_none() || connection.state == shared::api::ConnectionState::Disconnected;
    let report = connection.report_left().filter(|_| is_open)?;
    Some(ReportChoice::Existing { name: report.name, bucket: report.bucket, prefix: report.prefix })
}

fn receipt(connection: &Connection) -> Option<Receipt> {
    let ending = connection.ending.as_ref()?;
    let mut here = vec!["Erased: session credentials and every planned call.".to_owned()];
    here.push(if ending.keeps_figures {
        "Kept: the figures you already have, until you delete the workspace.".to_owned()
    } else {
        "Erased: all figures, report months and notes of AWS answers.".to_owned()
    });
    here.push(format!("The external id {} is never used again.", connection.external_id));
    let (mut at_aws, mut commands) = (Vec::new(), Vec::new());
    let left: Vec<String> = ending.members_left().map(ToString::to_string).collect();
    if !ending.members.is_empty() && ending.refused_at.len() >= 2 {
        at_aws.push(if left.is_empty() {
            format!(
                "No role in any of {} sub-accounts: AWS refused Cloudthread there too.",
                ending.members.len()
            )
        } else {
            format!("A role AWS has not refused yet, in sub-accounts {}.", left.join(", "))
        });
    }
    if let Some(stack) = &connection.stack {
        at_aws.push(format!("The stack {STACK_NAME}, until you delete it."));
        commands
            .push(format!("aws cloudformation delete-stack --region us-east-1 --stack-name {}", stack.id));
    }
    if let Some(report) = &connection.report {
        at_aws.push(format!("The bucket {} with all versions of its files.", report.bucket));
        at_aws.push(format!("The report {}, which AWS goes on delivering.", report.name));
        if report.is_ours && connection.choice.report == ReportChoice::Create {
            commands.push(format!(
                "aws cur delete-report-definition --region us-east-1 --report-name {}",
                report.name
            ));
            commands.push(format!(
                "aws s3api list-object-versions --bucket {bucket} --output json --query '{{Objects: [Versions,DeleteMarkers][].{{Key:Key,VersionId:VersionId}}}}' > versions.json",
                bucket = report.bucket
            ));
            commands.push(format!(
                "aws s3api delete-objects --bucket {} --delete file://versions.json",
                report.bucket
            ));
            commands.push(format!("aws s3api delete-bucket --bucket {}", report.bucket));
        }
    }
    Some(Receipt { refused_at: ending.refused_at.clone(), here, at_aws, commands })
}
