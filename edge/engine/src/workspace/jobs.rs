//! What is due when. One record per job, one alarm for the earliest; a job that fails is set again, never lost.

use serde::{Deserialize, Serialize};
use shared::Timestamp;

use super::records;
use super::world::World;
use super::{notifications, purge, session};
use crate::connection;
use crate::error::{Error, Result};
use crate::ingest;
use crate::insights;
use crate::ports::{Clock, Table, WorkspaceStore, Write};

/// A thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Job {
    /// Answer CloudFormation.
    Respond,
    /// Prove that the role is ours alone.
    Prove,
    /// Ask Cost Explorer.
    Insights,
    /// Look for the report and what is new in it.
    Report,
    /// Send mail.
    Mail,
    /// Prove that access has ended.
    Disconnect,
    /// Look at policies and template, once a day.
    Inspect,
    /// Erase the figures of a connection that ended without keeping them.
    Erase,
}

impl Job {
    const ALL: [Job; 8] = [
        Self::Respond,
        Self::Prove,
        Self::Insights,
        Self::Report,
        Self::Mail,
        Self::Disconnect,
        Self::Inspect,
        Self::Erase,
    ];

    /// Its key.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Respond => "respond",
            Self::Prove => "prove",
            Self::Insights => "insights",
            Self::Report => "report",
            Self::Mail => "mail",
            Self::Disconnect => "disconnect",
            Self::Inspect => "inspect",
            Self::Erase => "erase",
        }
    }
}

/// When a job is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Due {
    at: Timestamp,
    /// Failures in a row.
    failures: u32,
}

/// What waking came to.
#[derive(Clone, Debug, Default)]
pub struct Wake {
    /// When to wake next.
    pub next: Option<Timestamp>,
    /// Failures, for the log.
    pub failures: Vec<(&'static str, Error)>,
}

/// The write that makes a job due.
pub fn due(job: Job, at: Timestamp) -> Result<Write> {
    records::put(Table::Job, job.name(), &Due { at, failures: 0 })
}

/// The write that makes a job due at that moment, unless it is due before.
pub fn due_by<W: World>(world: &W, job: Job, at: Timestamp) -> Result<Option<Write>> {
    match find_due(world, job)? {
        Some(before) if before <= at => Ok(None),
        _ => due(job, at).map(Some),
    }
}

/// The write that forgets a job.
pub fn cancel(job: Job) -> Write {
    records::delete(Table::Job, job.name())
}

/// When a job is due, if it is.
pub fn find_due<W: World>(world: &W, job: Job) -> Result<Option<Timestamp>> {
    Ok(records::find::<Due>(world.store(), Table::Job, job.name())?.map(|due| due.at))
}

/// The earliest moment any job is due.
pub fn next_due<W: World>(world: &W) -> Result<Option<Timestamp>> {
    let jobs = records::list::<Due>(world.store(), Table::Job, "", false, 32)?;
    Ok(jobs.into_iter().map(|(_, due)| due.at).min())
}

/// Does everything that is due. A job is set aside by its own success or set again by its failure, after 1, 2, 4 …
/// minutes; nothing here fails as a whole.
pub async fn wake<W: World>(world: &W) -> Wake {
    let mut wake = Wake::default();
    let mut is_stuck = false;
    for job in Job::ALL {
        let now = world.clock().now();
        let due = match records::find::<Due>(world.store(), Table::Job, job.name()) {
            Ok(Some(due)) if due.at <= now => due,
            Ok(_) => continue,
            Err(error) => {
                wake.failures.push((job.name(), error));
                continue;
            }
        };
        // A lease: whoever else wakes meanwhile finds the job taken, and a crash finds it due again.
        let lease = Due { at: after_minutes(now, 2), failures: due.failures };
        let noted = records::put(Table::Job, job.name(), &lease);
        if let Err(error) = noted.and_then(|write| world.store().commit(&[write])) {
            wake.failures.push((job.name(), error));
            is_stuck = true;
            continue;
        }
        let next = match run(world, job).await {
            Ok(at) => at.map(|at| Due { at, failures: 0 }),
            Err(error) => {
                wake.failures.push((job.name(), error));
                let failures = due.failures.saturating_add(1);
                let minutes = 1_i64 << failures.min(6).saturating_sub(1);
                Some(Due { at: after_minutes(now, minutes), failures })
            }
        };
        if let Err(error) = settle(world, job, &lease, next) {
            wake.failures.push((job.name(), error));
            is_stuck = true;
        }
    }
    wake.next = next_due(world).unwrap_or_else(|error| {
        wake.failures.push(("next", error));
        Some(after_minutes(world.clock().now(), 1))
    });
    // What could not be noted is due still: not in a hot loop.
    if is_stuck {
        wake.next = wake.next.map(|next| next.max(after_minutes(world.clock().now(), 1)));
    }
    wake
}

/// Ends a lease. Whoever set or cancelled the job meanwhile knew better.
fn settle<W: World>(world: &W, job: Job, lease: &Due, next: Option<Due>) -> Result<()> {
    let held: Option<Due> = records::find(world.store(), Table::Job, job.name())?;
    if held.as_ref() != Some(lease) {
        return Ok(());
    }
    let write = match next {
        Some(due) => records::put(Table::Job, job.name(), &due)?,
        None => cancel(job),
    };
    world.store().commit(&[write])
}

/// Does one job; answers when it is due again, if at all.
async fn run<W: World>(world: &W, job: Job) -> Result<Option<Timestamp>> {
    session::forget_stale(world);
    match job {
        Job::Respond => connection::callback::respond(world).await,
        Job::Prove => connection::prove::run(world).await,
        Job::Insights => insights::run(world).await,
        Job::Report => ingest::look::run(world).await,
        Job::Mail => notifications::post(world).await,
        Job::Disconnect => connection::disconnect::run(world).await,
        Job::Inspect => connection::inspect::run(world).await,
        Job::Erase => purge::figures(world).await.map(|()| None),
    }
}

/// A moment some seconds later.
pub fn after_seconds(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// A moment some minutes later.
pub fn after_minutes(now: Timestamp, minutes: i64) -> Timestamp {
    after_seconds(now, minutes.saturating_mul(60))
}

/// A moment some hours later.
pub fn after_hours(now: Timestamp, hours: i64) -> Timestamp {
    after_seconds(now, hours.saturating_mul(3_600))
}
