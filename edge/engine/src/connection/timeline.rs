//! The timeline: each step from the stack to the history, how it stands, and what helps where it stalls.

use shared::Timestamp;
use shared::api::{Check, ConnectionState as State, Grant, Step, StepStatus, StepView};

use super::link::STACK_NAME;
use super::record::{self, Connection};
use super::{grants, otherwise, remedy};
use crate::error::Result;
use crate::ingest;
use crate::insights;
use crate::workspace::jobs::{self, Job};
use crate::workspace::session::CallTotals;
use crate::workspace::world::{OperatorSettings, World};

/// Minutes a stack takes at most.
const STACK_MINUTES: i64 = 60;
/// Hours AWS takes for a first report.
const REPORT_HOURS: i64 = 48;
/// Hours after which causes are listed.
const REPORT_LATE_HOURS: i64 = 72;

/// What the timeline needs besides the connection.
pub struct Facts {
    now: Timestamp,
    /// Whether figures of Cost Explorer are there.
    pub has_figures: bool,
    /// Whether a month of the report is there.
    pub has_report: bool,
    figures: Vec<Check>,
    months: u32,
    progress: Option<(u32, u32)>,
    report_due: Option<Timestamp>,
    prove_due: Option<Timestamp>,
    insights_due: Option<Timestamp>,
    /// When anything is done next.
    pub next: Option<Timestamp>,
    last_report_look: Option<Timestamp>,
}

impl Facts {
    /// Gathers them.
    pub fn gather<W: World>(world: &W, now: Timestamp, totals: &CallTotals) -> Result<Self> {
        Ok(Self {
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
        })
    }
}

/// When the first files are due, once a role is known.
pub fn report_expected_by(connection: &Connection) -> Option<Timestamp> {
    connection.role_at.map(|at| jobs::after_hours(at, REPORT_HOURS))
}

/// Every step, in order.
pub fn steps(
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
    checks.extend(Grant::ALL.into_iter().map(|grant| grants::check(connection, totals, grant)));
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
