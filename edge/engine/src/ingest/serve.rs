//! What the decoder asks and reports. Every request may come twice, late, or for work that is no more.

use aws::s3::HeadObject;
use aws::session_policy;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::api::{RefusedFile, Topic};
use shared::{BillingPeriod, Money};

use super::month::{self, Month, PartRecord, PeriodRecord, Tired, Work, part_key};
use super::protocol::{
    Accepted, FailureCause, MergeClaim, MergeDone, MergeTask, PartClaim, PartDone, PartFailed, PartTask,
    Receipt, SessionCredentials,
};
use crate::connection::inspect::{bucket, report_prefix};
use crate::connection::{self, Connection, Event, Held, happen};
use crate::error::{Error, Kind, Result};
use crate::ports::{BlobKey, Blobs, Clock, PartMessage, Queue, Table, WorkspaceStore};
use crate::workspace::jobs::{self, Job};
use crate::workspace::notifications::{self, News};
use crate::workspace::records;
use crate::workspace::session::{self, Failure};
use crate::workspace::world::World;

/// Seconds until a message that cannot be served now comes again.
const AGAIN: u32 = 60;
/// Hours a delivery rests that ended among the dead letters; doubled each time …
const FIRST_REST: i64 = 6;
/// … up to this.
const LONGEST_REST: i64 = 24;
/// Times after which a delivery is refused: about a week of tries.
const TRIES: u32 = 8;

/// Answers one request of the decoder: `part/claim`, `part/done`, `part/failed`, `part/dead`, `merge/claim`, `merge/done`.
pub async fn serve<W: World>(world: &W, what: &str, body: &[u8]) -> Result<String> {
    match what {
        "part/claim" => json(&claim(world, read(body)?).await?),
        "part/done" => json(&done(world, read(body)?).await?),
        "part/failed" => json(&failed(world, read(body)?)?),
        "part/dead" => json(&dead(world, read(body)?)?),
        "merge/claim" => json(&merge_claim(world, &read(body)?)?),
        "merge/done" => json(&merge_done(world, read(body)?).await?),
        _ => Err(Error::new(Kind::NotFound, "not_found", "There is no such request.", "")),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|cause| Error::bug(format!("a request of the decoder: {cause}")))
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::bug)
}

/// The work a message belongs to, with its connection; none when it is late.
fn current<W: World>(world: &W, message: &PartMessage) -> Result<Option<(Connection, PeriodRecord, Work)>> {
    let Some(connection) = connection::record::find(world)? else { return Ok(None) };
    let record = month::find(world, message.period)?;
    let is_ours =
        message.workspace == *world.workspace() && message.epoch == connection.epoch && connection.may_read();
    let work = record.work.clone().filter(|work| is_ours && work.manifest == message.manifest);
    Ok(work.map(|work| (connection, record, work)))
}

fn find_part<W: World>(world: &W, message: &PartMessage) -> Result<Option<PartRecord>> {
    let Some(number) = message.part else { return Ok(None) };
    let part: Option<PartRecord> =
        records::find(world.store(), Table::Part, &part_key(message.period, number))?;
    Ok(part.filter(|part| part.manifest == message.manifest))
}

async fn claim<W: World>(world: &W, message: PartMessage) -> Result<PartClaim> {
    let Some((connection, _, work)) = current(world, &message)? else { return Ok(PartClaim::Drop) };
    let Some(part) = find_part(world, &message)?.filter(|part| part.partial.is_none()) else {
        return Ok(PartClaim::Drop);
    };
    let (Some(bucket), Some(access)) = (bucket(&connection), connection.access()) else {
        return Ok(PartClaim::Drop);
    };
    let policy = session_policy::ingest(&bucket.name, &report_prefix(&connection))
        .ok_or_else(|| Error::bug("a prefix too long"))?;
    let credentials =
        session::credentials(world, &access, "ingest", policy).await.map_err(Failure::into_error)?;
    if current(world, &message)?.is_none() {
        return Ok(PartClaim::Drop);
    }
    let session =
        |part: Option<&str>| part.map(str::to_owned).ok_or_else(|| Error::bug("a session without token"));
    Ok(PartClaim::Read(Box::new(PartTask {
        workspace: world.workspace().clone(),
        period: message.period,
        bucket: bucket.name,
        region: bucket.region,
        owner: bucket.owner,
        key: part.key,
        etag: part.etag,
        size: part.size,
        row_groups: None,
        tag_columns: work.tag_columns,
        tracked_tags: work.tracked_tags,
        credentials: SessionCredentials {
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: credentials.reveal_secret_access_key().to_owned(),
            session_token: session(credentials.reveal_session_token())?,
            expires_at: credentials
                .expires_at()
                .unwrap_or_else(|| jobs::after_minutes(world.clock().now(), 10)),
        },
    })))
}

async fn done<W: World>(world: &W, done: PartDone) -> Result<Accepted> {
    let message = done.message;
    let Some((_, mut record, mut work)) = current(world, &message)? else { return Ok(Accepted::default()) };
    let (Some(mut part), Some(number)) = (find_part(world, &message)?, message.part) else {
        return Ok(Accepted::default());
    };
    if !done.partial.starts_with(&format!("{}/", world.workspace())) {
        return Err(Error::bug("a partial outside its workspace"));
    }
    part.partial = Some(done.partial);
    part.receipt = done.receipt;
    work.moved_at = world.clock().now();
    record.work = Some(work);
    world.store().commit(&[
        records::put(Table::Part, part_key(message.period, number), &part)?,
        month::put(message.period, &record)?,
    ])?;
    if month::parts(world, message.period)?.iter().all(|part| part.partial.is_some()) {
        world.queue().send(&[PartMessage { part: None, ..message }]).await?;
    }
    Ok(Accepted::default())
}

fn failed<W: World>(world: &W, failed: PartFailed) -> Result<Accepted> {
    let message = &failed.message;
    let Some((connection, mut record, work)) = current(world, message)? else {
        return Ok(Accepted::default());
    };
    let now = world.clock().now();
    let key = find_part(world, message)?.map_or(work.key, |part| part.key);
    match failed.cause {
        FailureCause::Upstream | FailureCause::Missing => Ok(Accepted { again_after: Some(AGAIN) }),
        FailureCause::Changed => {
            record.work = None;
            world.store().commit(&[month::put(message.period, &record)?, jobs::due(Job::Report, now)?])?;
            Ok(Accepted::default())
        }
        FailureCause::Denied => {
            record.work = None;
            let writes = vec![month::put(message.period, &record)?];
            happen(world, connection, Event::ReportHeld(Held::new("bucket_denied", now)), writes)?;
            Ok(Accepted::default())
        }
        FailureCause::Refused => {
            refuse(world, connection, record, message.period, &message.manifest, &key, &failed.words)?;
            Ok(Accepted::default())
        }
    }
}

/// A message nobody could work off: the file is named, its month stays as it was. An outage passes, so the delivery is
/// tried again, at last once a day; a file that kills its reader every time is refused in the end.
fn dead<W: World>(world: &W, message: PartMessage) -> Result<Accepted> {
    let Some((connection, mut record, work)) = current(world, &message)? else {
        return Ok(Accepted::default());
    };
    let key = find_part(world, &message)?.map_or(work.key, |part| part.key);
    let before = record.tired.take().filter(|tired| tired.manifest == message.manifest);
    let times = before.map_or(0, |tired| tired.times).saturating_add(1);
    if times >= TRIES {
        let words = "Reading it failed again and again. Cloudthread tries with the next delivery.";
        refuse(world, connection, record, message.period, &message.manifest, &key, words)?;
        return Ok(Accepted::default());
    }
    let now = world.clock().now();
    let hours = (FIRST_REST << (times - 1)).min(LONGEST_REST);
    let until = jobs::after_hours(now, hours);
    record.tired = Some(Tired { manifest: message.manifest.clone(), times, until });
    let words = format!("Reading it failed again and again. Cloudthread tries again within {hours} hours.");
    tell_refused(world, connection, record, message.period, &message.manifest, &key, &words)?;
    Ok(Accepted::default())
}

fn refuse<W: World>(
    world: &W,
    connection: Connection,
    mut record: PeriodRecord,
    period: BillingPeriod,
    manifest: &str,
    key: &str,
    words: &str,
) -> Result<()> {
    record.refused_manifest = Some(manifest.to_owned());
    tell_refused(world, connection, record, period, manifest, key, words)
}

/// Names the file and the reason; what was read before stays.
fn tell_refused<W: World>(
    world: &W,
    connection: Connection,
    mut record: PeriodRecord,
    period: BillingPeriod,
    manifest: &str,
    key: &str,
    words: &str,
) -> Result<()> {
    let now = world.clock().now();
    let reason: String = words.chars().filter(|letter| !letter.is_control()).take(500).collect();
    record.refused.insert(0, RefusedFile { key: key.to_owned(), reason: reason.clone(), at: now });
    record.refused.truncate(20);
    record.work = None;
    let news = News {
        key: format!("{}/refused/{manifest}", connection.id),
        topic: Topic::Report,
        title: "A file of your report could not be read".to_owned(),
        text: format!("{key}: {reason} The figures of {period} stay as they were."),
        page: Some("settings/report"),
        needs_action: true,
    };
    let mut writes = vec![month::put(period, &record)?];
    writes.extend(notifications::tell(world, &news, &connection.notify_email)?);
    happen(world, connection, Event::ReportHeld(Held::new("report_refused", now)), writes)?;
    Ok(())
}

fn merge_claim<W: World>(world: &W, message: &PartMessage) -> Result<MergeClaim> {
    let Some((_, _, work)) = current(world, message)? else { return Ok(MergeClaim::Drop) };
    let partials: Option<Vec<String>> =
        month::parts(world, message.period)?.into_iter().map(|part| part.partial).collect();
    Ok(match partials {
        Some(partials) => MergeClaim::Merge(Box::new(MergeTask {
            workspace: world.workspace().clone(),
            period: message.period,
            partials,
            tracked_tags: work.tracked_tags,
            as_of: work.as_of,
        })),
        None => MergeClaim::Drop,
    })
}

async fn merge_done<W: World>(world: &W, done: MergeDone) -> Result<Accepted> {
    let message = &done.message;
    let Some((connection, _, work)) = current(world, message)? else { return Ok(Accepted::default()) };
    if !is_unchanged(world, &connection, &work).await? {
        if let Some((_, mut record, _)) = current(world, message)? {
            record.work = None;
            world.store().commit(&[
                month::put(message.period, &record)?,
                jobs::due(Job::Report, world.clock().now())?,
            ])?;
        }
        return Ok(Accepted::default());
    }
    // Asking AWS took time: only what is still current is committed.
    let Some((connection, record, work)) = current(world, message)? else { return Ok(Accepted::default()) };
    let parts = month::parts(world, message.period)?;
    let sum = sum(parts.iter().map(|part| &part.receipt));
    if sum.totals != done.receipt.totals || sum.rows != done.receipt.rows {
        return Err(Error::bug(format!("the cubes of {} do not add up to their parts", message.period)));
    }
    let stale = commit(world, connection, record, work, &done, sum)?;
    // Whatever goes wrong here leaves bytes behind that nobody refers to; the next commit tries again.
    world.blobs().delete(&stale).await?;
    Ok(Accepted::default())
}

/// Whether the manifest is still the one that was read.
async fn is_unchanged<W: World>(world: &W, connection: &Connection, work: &Work) -> Result<bool> {
    let (Some(bucket), Some(access)) = (bucket(connection), connection.access()) else { return Ok(false) };
    let Some(policy) = session_policy::ingest(&bucket.name, &report_prefix(connection)) else {
        return Ok(false);
    };
    let credentials =
        session::credentials(world, &access, "ingest", policy).await.map_err(Failure::into_error)?;
    let head = HeadObject { bucket, key: work.key.clone() };
    match session::call(world, &credentials, &head, "see that the manifest did not change", Money::ZERO).await
    {
        Ok(head) => Ok(head.etag == work.manifest),
        Err(Failure::Aws(error)) if error.kind == aws::ErrorKind::NotFound => Ok(false),
        Err(failure) => Err(failure.into_error()),
    }
}

/// Flips the month in one transaction. Returns the blobs nobody refers to any more.
fn commit<W: World>(
    world: &W,
    connection: Connection,
    mut record: PeriodRecord,
    work: Work,
    done: &MergeDone,
    receipt: Receipt,
) -> Result<Vec<BlobKey>> {
    let period = done.message.period;
    let now = world.clock().now();
    let month = Month {
        manifest: work.manifest.clone(),
        version: work.version,
        committed_at: now,
        as_of: work.as_of,
        files: work.parts,
        receipt,
        cubes: done.cubes.clone(),
        resources: done.resources.clone(),
        tracked_tags: work.tracked_tags,
        delta: None,
    };
    let delta = record.committed.as_ref().map(|before| month.billed_cost() - before.billed_cost());
    let month = Month { delta, ..month };
    let dropped = record.previous.take();
    let kept: Vec<String> = hashes(record.committed.as_ref()).chain(hashes(Some(&month))).collect();
    let stale: Vec<BlobKey> = hashes(dropped.as_ref())
        .filter(|hash| !kept.contains(hash))
        .map(|hash| BlobKey(format!("{}/cube/{hash}", world.workspace())))
        .collect();
    record.previous = record.committed.take();
    let is_closed = shared::Day::of(work.as_of) >= period.days().end;
    let mut writes = Vec::new();
    for news in news(&connection, &month, period, is_closed) {
        writes.extend(notifications::tell(world, &news, &connection.notify_email)?);
    }
    record.committed = Some(month);
    record.work = None;
    record.refused_manifest = None;
    record.tired = None;
    writes.push(month::put(period, &record)?);
    happen(world, connection, Event::MonthCommitted, writes)?;
    Ok(stale)
}

fn hashes(month: Option<&Month>) -> impl Iterator<Item = String> + '_ {
    month
        .into_iter()
        .flat_map(|month| month.cubes.iter().chain(&month.resources))
        .map(|blob| blob.hash.clone())
}

/// What a commit is worth telling: the first one, and a closed month that changed.
fn news(connection: &Connection, month: &Month, period: BillingPeriod, is_closed: bool) -> Vec<News> {
    let mut all = Vec::new();
    if connection.first_period_at.is_none() {
        let days = match (month.receipt.first_day, month.receipt.last_day) {
            (Some(first), Some(last)) => format!(" for {first} to {last}"),
            _ => String::new(),
        };
        all.push(News {
            key: format!("{}/report-ready", connection.id),
            topic: Topic::Report,
            title: "Your report is ready".to_owned(),
            text: format!("Resource detail{days} is open in Cloudthread."),
            page: Some("resources"),
            needs_action: false,
        });
    }
    if let Some(delta) = month.delta.filter(|delta| is_closed && !delta.rounded(2).is_zero()) {
        all.push(News {
            key: format!("{}/changed/{}", connection.id, month.manifest),
            topic: Topic::CostChange,
            title: format!("AWS corrected {period}"),
            text: format!("Billed cost of {period} changed by {}.", delta.rounded(2)),
            page: Some("settings/report"),
            needs_action: false,
        });
    }
    all
}

/// Adds up receipts; totals by currency, in the order of their codes.
fn sum<'a>(receipts: impl Iterator<Item = &'a Receipt>) -> Receipt {
    let mut sum = Receipt { is_final: true, ..Receipt::default() };
    let mut totals = std::collections::BTreeMap::new();
    for receipt in receipts {
        sum.rows += receipt.rows;
        sum.left_out += receipt.left_out;
        sum.rejected += receipt.rejected;
        sum.outside_period += receipt.outside_period;
        sum.first_day = [sum.first_day, receipt.first_day].into_iter().flatten().min();
        sum.last_day = sum.last_day.max(receipt.last_day);
        sum.is_final &= receipt.is_final;
        for total in &receipt.totals {
            let held: &mut (Money, Money) = totals.entry(total.currency).or_default();
            held.0 += total.billed_cost;
            held.1 += total.effective_cost;
        }
    }
    sum.totals = totals
        .into_iter()
        .map(|(currency, (billed_cost, effective_cost))| super::protocol::Total {
            currency,
            billed_cost,
            effective_cost,
        })
        .collect();
    sum
}
