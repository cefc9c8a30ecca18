//! Looking for the report: is it defined, is it delivered, is there something new. Free calls, and one listing.

use std::collections::BTreeMap;

use aws::s3::ObjectSummary;
use aws::{ErrorKind, session_policy};
use shared::api::Grant;
use shared::{BillingPeriod, Timestamp};

use super::begin::{self, Delivery};
use super::listing::{self, Look, Place};
use super::{definition, discovery, garbage, layout, month};
use crate::connection::inspect::{bucket, report_prefix};
use crate::connection::{self, Connection, Event, Held, ReportRef, happen};
use crate::error::Result;
use crate::ports::{Clock, WorkspaceStore};
use crate::workspace::jobs;
use crate::workspace::session::{self, Failure};
use crate::workspace::world::World;

/// Minutes between two looks while something is being read.
const WORKING: i64 = 5;
/// Minutes until a delivery that is not whole yet is looked at again.
const PUT_OFF: i64 = 15;
/// Minutes between two looks while the first report is awaited.
const AWAITING: i64 = 60;
/// Minutes between two looks once it is there: AWS delivers up to three times a day.
const LIVE: i64 = 180;
/// Seconds between two looks while a person watches the timeline. The calls are free but for the listing.
const WATCHED: i64 = 30;
/// Months that are begun in one look, newest first.
const AT_ONCE: usize = 4;

/// Looks once.
pub async fn run<W: World>(world: &W) -> Result<Option<Timestamp>> {
    let Some(before) = connection::record::find(world)?.filter(Connection::may_read) else { return Ok(None) };
    let now = world.clock().now();
    let Some(connection) = find_definition(world, before, now).await? else {
        return Ok(Some(jobs::after_minutes(now, AWAITING)));
    };
    let (Some(bucket), Some(access)) = (bucket(&connection), connection.access()) else {
        return Ok(Some(jobs::after_minutes(now, AWAITING)));
    };
    let prefix = report_prefix(&connection);
    let Some(policy) = session_policy::ingest(&bucket.name, &prefix) else {
        happen(world, connection, Event::ReportHeld(Held::new("report_unsupported", now)), Vec::new())?;
        return Ok(None);
    };
    let look = match session::credentials(world, &access, "ingest", policy).await {
        Ok(credentials) => {
            // Where no definition tells the region, S3 does.
            let may_move = !connection.grants(Grant::Report);
            let place = Place { credentials: &credentials, bucket: &bucket, prefix: &prefix };
            let look = listing::list(world, &place, may_move, now).await?;
            look.map(|look| (credentials, look))
        }
        Err(Failure::Ours(error)) => return Err(error),
        // The daily proofs judge a role that refuses; here it only means: later.
        Err(Failure::Aws(_)) => None,
    };
    let Some((credentials, look)) = look else { return Ok(Some(jobs::after_minutes(now, WORKING))) };
    let Some(connection) = connection::record::reload(world, &connection)? else { return Ok(None) };
    let objects = match look {
        Look::Objects(objects) => objects,
        Look::Held(held) => {
            happen(world, connection, Event::ReportHeld(held), Vec::new())?;
            return Ok(Some(jobs::after_minutes(now, AWAITING)));
        }
        Look::Elsewhere(region) => {
            let report = connection.report.clone().map(|report| ReportRef { region, ..report });
            if let Some(report) = report {
                happen(world, connection, Event::ReportFound(report), Vec::new())?;
            }
            return Ok(Some(jobs::after_minutes(now, 1)));
        }
    };
    let is_over = connection.report_held.as_ref().is_some_and(|held| held.reason == listing::ENDLESS);
    let connection = match connection.report.clone().filter(|_| is_over) {
        Some(report) => happen(world, connection, Event::ReportFound(report), Vec::new())?,
        None => connection,
    };
    let by_key: BTreeMap<&str, &ObjectSummary> =
        objects.iter().map(|object| (object.key.as_str(), object)).collect();
    let mut fresh: Vec<(BillingPeriod, &ObjectSummary)> = Vec::new();
    for (period, object) in layout::manifests(&objects) {
        if begin::is_new(world, period, object, now)? {
            fresh.push((period, object));
        }
    }
    // Newest first, each for itself: one that cannot begin holds up no other.
    fresh.reverse();
    let (mut begun, mut tried, mut failure) = (0, 0, None);
    for (period, manifest) in &fresh {
        if begun == AT_ONCE {
            break;
        }
        let Some(connection) = connection::record::reload(world, &connection)? else { return Ok(None) };
        let delivery =
            Delivery { bucket: &bucket, prefix: &prefix, period: *period, manifest, objects: &by_key };
        tried += 1;
        match begin::begin(world, &connection, &credentials, &delivery).await {
            Ok(true) => begun += 1,
            Ok(false) => {}
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    for (period, _) in month::all(world)? {
        garbage::sweep(world, period).await?;
    }
    if let Some(error) = failure {
        return Err(error);
    }
    let minutes = if tried < fresh.len() {
        1
    } else if month::progress(world)?.is_some() {
        WORKING
    } else if !fresh.is_empty() {
        PUT_OFF
    } else if connection.first_period_at.is_none() {
        AWAITING
    } else {
        LIVE
    };
    Ok(Some(jobs::after_minutes(now, minutes)))
}

/// While a person watches and the report is awaited, the next look comes sooner.
pub fn watched<W: World>(world: &W, connection: &Connection) -> Result<()> {
    if !connection.may_read() || connection.first_period_at.is_some() {
        return Ok(());
    }
    let soon = jobs::after_seconds(world.clock().now(), WATCHED);
    match jobs::find_due(world, jobs::Job::Report)? {
        Some(due) if due > soon => world.store().commit(&[jobs::due(jobs::Job::Report, soon)?]),
        _ => Ok(()),
    }
}

/// The connection with its report as AWS defines it; none while there is nothing to read.
async fn find_definition<W: World>(
    world: &W,
    before: Connection,
    now: Timestamp,
) -> Result<Option<Connection>> {
    let Some(report) = before.report.clone() else {
        return hold(world, before, "report_not_found", now).await;
    };
    let Some(access) = before.access() else { return Ok(None) };
    // Without the set nobody tells about definitions: the files themselves do.
    if !before.grants(Grant::Report) {
        return if before.report_at.is_some() {
            Ok(Some(before))
        } else {
            Ok(Some(happen(world, before, Event::ReportFound(report), Vec::new())?))
        };
    }
    let policy = session_policy::watch(report.bucket.parse().ok().as_ref());
    let found = match session::credentials(world, &access, "watch", policy).await {
        Ok(credentials) => definition::fetch(world, &credentials, &report).await,
        Err(failure) => Err(failure),
    };
    let Some(connection) = connection::record::reload(world, &before)? else { return Ok(None) };
    let found = match found {
        Ok(found) => found,
        Err(Failure::Ours(error)) => return Err(error),
        // What was found before still holds; else the files may tell.
        Err(Failure::Aws(_)) => return Ok(Some(connection)),
    };
    let Some(found) = found else {
        let reason =
            if report.is_ours && connection.report_at.is_some() { "report_gone" } else { "report_not_found" };
        return hold(world, connection, reason, now).await;
    };
    definition::keep(world, &found)?;
    let located = definition::located(&report, &found).filter(|_| found.refused.is_none());
    let Some(located) = located else { return hold(world, connection, "report_unsupported", now).await };
    let connection = if connection.report.as_ref() == Some(&located) && connection.report_at.is_some() {
        connection
    } else {
        happen(world, connection, Event::ReportFound(located), Vec::new())?
    };
    match found.last_status.as_deref() {
        Some("ERROR_PERMISSIONS") => Ok(Some(happen(
            world,
            connection,
            Event::ReportHeld(Held::new("error_permissions", now)),
            Vec::new(),
        )?)),
        Some("ERROR_NO_BUCKET") => {
            happen(world, connection, Event::ReportHeld(Held::new("bucket_gone", now)), Vec::new())?;
            Ok(None)
        }
        _ => Ok(Some(connection)),
    }
}

/// Holds the report up for a reason, or for a choice among the reports there are. None: there is nothing to read.
async fn hold<W: World>(
    world: &W,
    before: Connection,
    reason: &'static str,
    now: Timestamp,
) -> Result<Option<Connection>> {
    let held = if before.grants(Grant::Report) {
        discovery::look(world, &before, reason, now).await?
    } else {
        Held::new(reason, now)
    };
    let Some(connection) = connection::record::reload(world, &before)? else { return Ok(None) };
    happen(world, connection, Event::ReportHeld(held), Vec::new())?;
    Ok(None)
}

/// What a refusal of S3 means for a person; none for what passes by itself.
pub fn held(error: &aws::AwsError, now: Timestamp) -> Option<Held> {
    let reason = match &error.kind {
        ErrorKind::Denied(_) if error.message.to_ascii_lowercase().contains("kms") => "report_key_denied",
        ErrorKind::Denied(_) => "bucket_denied",
        ErrorKind::NotFound => "bucket_gone",
        ErrorKind::WrongRegion(_) => "report_unsupported",
        _ => return None,
    };
    Some(Held::new(reason, now).by(error))
}
