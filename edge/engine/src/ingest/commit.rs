//! From parts to a month: merged by the decoder, checked here against AWS and against the parts, flipped in one
//! transaction. What was committed before stays beside it until the next.

use aws::s3::HeadObject;
use aws::session_policy;
use shared::api::{MonthChange, Topic};
use shared::date_words::{days_words, month_name};
use shared::{BillingPeriod, DayRange, Money};

use super::month::{self, Month, PeriodRecord, Work};
use super::parts::sum;
use super::protocol::{Accepted, MergeClaim, MergeDone, MergeMissing, MergeTask, Receipt};
use super::serve::{current, late};
use super::{garbage, month::part_key};
use crate::connection::inspect::{bucket, report_prefix};
use crate::connection::{Connection, Event, happen};
use crate::error::{Error, Result};
use crate::ports::{Clock, PartMessage, Queue, Table, WorkspaceStore};
use crate::workspace::jobs::{self, Job};
use crate::workspace::notifications::{self, News};
use crate::workspace::records;
use crate::workspace::session::{self, Failure};
use crate::workspace::world::World;

/// Seconds until a merge comes again whose cubes are just being deleted.
const AGAIN: u32 = 15;
/// Times a part is read again because its partial got lost.
const LOSSES: u32 = 3;

/// What to merge, once all parts are in.
pub fn claim<W: World>(world: &W, message: &PartMessage) -> Result<MergeClaim> {
    let Some((_, _, work)) = current(world, message)? else { return Ok(MergeClaim::Drop) };
    let parts = month::parts(world, message.period)?;
    let partials: Option<Vec<String>> = parts.into_iter().map(|part| part.partial).collect();
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

/// A partial is gone, or is of an older version: its part is read again. Where that happens again and again, the
/// message ends among the dead letters.
pub async fn missing<W: World>(world: &W, missing: MergeMissing) -> Result<Accepted> {
    let message = missing.message;
    let Some((_, mut record, mut work)) = current(world, &message)? else { return Ok(Accepted::default()) };
    let mut writes = Vec::new();
    let mut messages = Vec::new();
    for number in 0..work.parts {
        let key = part_key(message.period, number);
        let part: Option<month::PartRecord> = records::find(world.store(), Table::Part, &key)?;
        let Some(mut part) = part.filter(|part| part.partial.as_ref() == Some(&missing.partial)) else {
            continue;
        };
        if part.losses >= LOSSES {
            return Err(Error::bug(format!("the partial of {} is gone again", part.piece.key)));
        }
        part.losses = part.losses.saturating_add(1);
        part.partial = None;
        writes.push(records::put(Table::Part, key, &part)?);
        messages.push(PartMessage { part: Some(number), ..message.clone() });
    }
    let open = month::open(world, message.period, &work)?;
    work.open = Some(open.saturating_add(u32::try_from(messages.len()).map_err(Error::bug)?));
    work.moved_at = world.clock().now();
    record.work = Some(work);
    writes.push(month::put(message.period, &record)?);
    world.store().commit(&writes)?;
    world.queue().send(&messages).await?;
    Ok(Accepted::default())
}

/// The cubes are stored: committed, if they still are what AWS delivered.
pub async fn done<W: World>(world: &W, done: MergeDone) -> Result<Accepted> {
    let message = &done.message;
    let stored = || {
        let blobs = done.cubes.iter().chain(&done.resources);
        blobs.map(|blob| garbage::cube(world, &blob.hash)).collect::<Vec<String>>()
    };
    let Some((connection, _, work)) = current(world, message)? else { return late(world, stored()) };
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
    let Some((connection, record, work)) = current(world, message)? else { return late(world, stored()) };
    // A cube of two states before may be deleted at this moment: then it is stored once more.
    if stored().iter().any(|key| record.garbage.contains(key)) {
        garbage::sweep(world, message.period).await?;
        return Ok(Accepted { again_after: Some(AGAIN), ..Accepted::default() });
    }
    let parts = month::parts(world, message.period)?;
    if parts.iter().any(|part| part.partial.is_none()) {
        return Ok(Accepted::default());
    }
    let sum = sum(parts.iter().map(|part| &part.receipt));
    if sum.totals != done.receipt.totals || sum.rows != done.receipt.rows {
        return Err(Error::bug(format!("the cubes of {} do not add up to their parts", message.period)));
    }
    commit(world, connection, record, work, &done, sum)?;
    garbage::sweep(world, message.period).await?;
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

/// Flips the month in one transaction.
fn commit<W: World>(
    world: &W,
    connection: Connection,
    mut record: PeriodRecord,
    work: Work,
    done: &MergeDone,
    receipt: Receipt,
) -> Result<()> {
    let period = done.message.period;
    let mut month = Month {
        manifest: work.manifest.clone(),
        version: work.version,
        committed_at: world.clock().now(),
        as_of: work.as_of,
        files: work.files,
        receipt,
        cubes: done.cubes.clone(),
        resources: done.resources.clone(),
        tracked_tags: work.tracked_tags,
        tags: done.tags.clone(),
        changes: Vec::new(),
    };
    month.changes = record.committed.as_ref().map(|before| month.changes_since(before)).unwrap_or_default();
    let kept: Vec<String> = hashes(record.committed.as_ref()).chain(hashes(Some(&month))).collect();
    let dropped = record.previous.take();
    let stale = hashes(dropped.as_ref()).filter(|hash| !kept.contains(hash));
    record.garbage.extend(stale.map(|hash| garbage::cube(world, &hash)));
    record.previous = record.committed.take();
    // What fills up a month whose last days were still coming is no correction of it.
    let was_closed = record.previous.as_ref().is_some_and(|before| before.is_closed(period));
    let mut writes = Vec::new();
    for news in news(&connection, &month, period, was_closed) {
        writes.extend(notifications::tell(world, &news, &connection.notify_email)?);
    }
    record.committed = Some(month);
    record.work = None;
    record.refused_manifest = None;
    record.tired = None;
    record.awaited = None;
    writes.push(month::put(period, &record)?);
    happen(world, connection, Event::MonthCommitted, writes)?;
    Ok(())
}

/// Hashes of the cubes of a month.
pub fn hashes(month: Option<&Month>) -> impl Iterator<Item = String> + '_ {
    month
        .into_iter()
        .flat_map(|month| month.cubes.iter().chain(&month.resources))
        .map(|blob| blob.hash.clone())
}

/// What a commit is worth telling: the first one, and a closed month that changed.
fn news(connection: &Connection, month: &Month, period: BillingPeriod, was_closed: bool) -> Vec<News> {
    let mut all = Vec::new();
    if connection.first_period_at.is_none() {
        let days = match (month.receipt.first_day, month.receipt.last_day) {
            (Some(first), Some(last)) => {
                format!(" for {}", days_words(DayRange::new(first, last.plus(1))))
            }
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
    if let Some(text) = corrected(&month.changes).filter(|_| was_closed) {
        all.push(News {
            key: format!("{}/changed/{}", connection.id, month.manifest),
            topic: Topic::CostChange,
            title: format!("AWS corrected {}", month_name(period)),
            text,
            page: Some("settings/report"),
            needs_action: false,
        });
    }
    all
}

/// How a month's sums changed, each currency for itself; none where no cent did.
fn corrected(changes: &[MonthChange]) -> Option<String> {
    let words = |change: &MonthChange| {
        let [before, after] = [change.before, change.after].map(|cost| cost.written(change.currency));
        let delta = change.delta().written_as_change(change.currency);
        format!("by {delta} (from {before} to {after})")
    };
    let moved = changes.iter().filter(|change| !change.delta().rounded(2).is_zero());
    let words: Vec<String> = moved.map(words).collect();
    (!words.is_empty()).then(|| format!("Its billed cost changed {}.", words.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_is_told_as_people_write_money() {
        let check = |rows: &[(&str, &str, &str)], expect: Option<&str>| {
            let change = |(currency, before, after): &(&str, &str, &str)| MonthChange {
                currency: currency.parse().unwrap(),
                before: before.parse().unwrap(),
                after: after.parse().unwrap(),
            };
            let changes: Vec<MonthChange> = rows.iter().map(change).collect();
            assert_eq!(corrected(&changes).as_deref(), expect);
        };
        check(
            &[("USD", "100", "87.6")],
            Some("Its billed cost changed by −$12.40 (from $100.00 to $87.60)."),
        );
        check(
            &[("EUR", "0", "1234.5"), ("USD", "1", "1.004")],
            Some("Its billed cost changed by +1,234.50 EUR (from 0.00 EUR to 1,234.50 EUR)."),
        );
        check(&[("USD", "1", "1")], None);
        check(&[], None);
    }
}
