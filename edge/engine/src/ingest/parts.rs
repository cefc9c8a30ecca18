//! What readers say of their parts: read, too large, not readable, or nothing at all any more.

use shared::api::{RefusedFile, Topic};
use shared::date_words::month_name;
use shared::{BillingPeriod, Money, Timestamp};

use super::month::{self, MOST_PARTS, PartRecord, PeriodRecord, Tired, part_key};
use super::protocol::{Accepted, FailureCause, PartDone, PartFailed, PartSplit, Receipt, Total};
use super::serve::{current, find_part, late};
use crate::connection::{Connection, Event, Held, happen};
use crate::error::{Error, Result};
use crate::ports::{Clock, PartMessage, Queue, Table, WorkspaceStore, Write};
use crate::workspace::jobs::{self, Job};
use crate::workspace::notifications::{self, News};
use crate::workspace::records;
use crate::workspace::world::World;

/// Seconds until a message that cannot be served now comes again.
const AGAIN: u32 = 60;
/// Seconds a file may fail to come before anybody is told.
const PATIENCE: i64 = 6 * 3_600;
/// Minutes a delivery rests of which a file does not come, before anybody is told.
const SHORT_REST: i64 = 30;
/// Hours a delivery rests that ended among the dead letters; doubled each time …
const FIRST_REST: i64 = 6;
/// … up to this.
const LONGEST_REST: i64 = 24;
/// Times after which a delivery is refused: about a week of tries.
const TRIES: u32 = 8;

/// A part is in. Once all are, the merge is called for.
pub async fn done<W: World>(world: &W, done: PartDone) -> Result<Accepted> {
    let message = done.message;
    if !done.partial.starts_with(&format!("{}/", world.workspace())) {
        return Err(Error::bug("a partial outside its workspace"));
    }
    let Some((_, mut record, mut work)) = current(world, &message)? else {
        return late(world, vec![done.partial]);
    };
    let (Some(mut part), Some(number)) = (find_part(world, &message)?, message.part) else {
        return Ok(Accepted::default());
    };
    // It was cut or pinned anew while it was read: what was read is another piece.
    if part.piece != done.piece {
        return Ok(Accepted::default());
    }
    // What comes twice is counted once.
    let is_new = part.partial.is_none();
    let open = month::open(world, message.period, &work)?.saturating_sub(u32::from(is_new));
    part.partial = Some(done.partial);
    part.receipt = done.receipt;
    part.claims = 0;
    work.open = Some(open);
    work.moved_at = world.clock().now();
    record.work = Some(work);
    world.store().commit(&[
        records::put(Table::Part, part_key(message.period, number), &part)?,
        month::put(message.period, &record)?,
    ])?;
    if open == 0 {
        world.queue().send(&[PartMessage { part: None, ..message }]).await?;
    }
    Ok(Accepted::default())
}

/// Cuts a part: the first range takes its place, the others are new parts behind all there are.
pub async fn split<W: World>(world: &W, split: PartSplit) -> Result<Accepted> {
    let message = split.message;
    let Some((_, mut record, mut work)) = current(world, &message)? else { return Ok(Accepted::default()) };
    let (Some(part), Some(number)) = (find_part(world, &message)?, message.part) else {
        return Ok(Accepted::default());
    };
    if part.partial.is_some() || part.piece != split.piece {
        return Ok(Accepted::default());
    }
    let count = u32::try_from(split.ranges.len()).map_err(Error::bug)?;
    let all = work.parts.saturating_add(count);
    if !covers(part.piece.row_groups, &split.ranges) || all as usize > MOST_PARTS {
        return Err(Error::bug(format!("{} cannot be cut so", part.piece.key)));
    }
    let mut writes = Vec::new();
    let mut messages = Vec::new();
    let numbers = std::iter::once(number).chain(work.parts..);
    for (number, range) in numbers.zip(split.ranges) {
        let mut piece = part.piece.clone();
        piece.row_groups = Some(range);
        let cut = PartRecord { piece, claims: 0, ..part.clone() };
        writes.push(records::put(Table::Part, part_key(message.period, number), &cut)?);
        messages.push(PartMessage { part: Some(number), ..message.clone() });
    }
    let open = month::open(world, message.period, &work)?;
    work.parts = work.parts.saturating_add(count.saturating_sub(1));
    work.open = Some(open.saturating_add(count.saturating_sub(1)));
    work.moved_at = world.clock().now();
    record.work = Some(work);
    writes.push(month::put(message.period, &record)?);
    world.store().commit(&writes)?;
    // One that gets lost is sent again by a later look.
    for batch in messages.chunks(100) {
        world.queue().send(batch).await?;
    }
    Ok(Accepted::default())
}

/// Whether ranges follow each other without a gap, several of them, over all of a part.
fn covers(whole: Option<(u32, u32)>, ranges: &[(u32, u32)]) -> bool {
    let (Some((first, _)), Some((_, last))) = (ranges.first(), ranges.last()) else { return false };
    let (from, until) = whole.unwrap_or((0, *last));
    let is_joined = ranges.windows(2).all(|pair| matches!(pair, [(_, end), (start, _)] if end == start));
    let are_ranges = ranges.iter().all(|(from, until)| from < until);
    ranges.len() > 1 && is_joined && are_ranges && *first == from && *last == until
}

/// A part could not be read; or, without a part, its month could not be merged.
pub fn failed<W: World>(world: &W, failed: PartFailed) -> Result<Accepted> {
    let message = &failed.message;
    let Some((connection, mut record, work)) = current(world, message)? else {
        return Ok(Accepted::default());
    };
    let now = world.clock().now();
    let part = find_part(world, message)?;
    let key = part.as_ref().map_or(work.key, |part| part.piece.key.clone());
    match failed.cause {
        FailureCause::Upstream | FailureCause::Missing => {
            record.wait_for(&message.manifest, &key, now);
            let mut writes = vec![month::put(message.period, &record)?];
            writes.extend(heard_of(message, part)?);
            world.store().commit(&writes)?;
            Ok(Accepted { again_after: Some(AGAIN), ..Accepted::default() })
        }
        FailureCause::Changed => {
            record.work = None;
            world.store().commit(&[month::put(message.period, &record)?, jobs::due(Job::Report, now)?])?;
            Ok(Accepted::default())
        }
        FailureCause::Denied => {
            // A bucket that refuses, or a role that is gone: the daily look tells them apart, today at once.
            record.work = None;
            let writes = vec![month::put(message.period, &record)?, jobs::due(Job::Inspect, now)?];
            happen(world, connection, Event::ReportHeld(Held::new("bucket_denied", now)), writes)?;
            Ok(Accepted::default())
        }
        FailureCause::Refused => {
            refuse(world, connection, record, message.period, &message.manifest, &key, &failed.words)?;
            Ok(Accepted::default())
        }
    }
}

/// The write that notes that a part's reader lives.
fn heard_of(message: &PartMessage, part: Option<PartRecord>) -> Result<Option<Write>> {
    let (Some(mut part), Some(number)) = (part, message.part) else { return Ok(None) };
    part.claims = 0;
    records::put(Table::Part, part_key(message.period, number), &part).map(Some)
}

/// A message nobody could work off: its month stays as it was. An outage passes, so the delivery is tried again: soon
/// where a file did not come, for six hours without a word; else ever more rarely, at last once a day. A file that
/// kills its reader every time is refused in the end.
pub fn dead<W: World>(world: &W, message: PartMessage) -> Result<Accepted> {
    let Some((connection, mut record, work)) = current(world, &message)? else {
        return Ok(Accepted::default());
    };
    let now = world.clock().now();
    let key = find_part(world, &message)?.map_or(work.key, |part| part.piece.key);
    let times = record.tired.take().filter(|tired| tired.manifest == message.manifest);
    let times = times.map_or(0, |tired| tired.times);
    let manifest = message.manifest.clone();
    let is_awaited = record.awaited.as_ref().is_some_and(|awaited| awaited.manifest == manifest);
    if is_awaited && record.wait_for(&manifest, &key, now) < PATIENCE {
        record.tired = Some(Tired { manifest, times, until: jobs::after_minutes(now, SHORT_REST) });
        record.work = None;
        let mut writes = vec![month::put(message.period, &record)?];
        writes.extend(jobs::due_by(world, Job::Report, jobs::after_minutes(now, SHORT_REST))?);
        world.store().commit(&writes)?;
        return Ok(Accepted::default());
    }
    let times = times.saturating_add(1);
    if times >= TRIES {
        let words = "Reading it failed again and again. Cloudthread tries with the next delivery.";
        refuse(world, connection, record, message.period, &manifest, &key, words)?;
        return Ok(Accepted::default());
    }
    let hours = (FIRST_REST << (times - 1)).min(LONGEST_REST);
    record.tired = Some(Tired { manifest: manifest.clone(), times, until: jobs::after_hours(now, hours) });
    let words = format!("Reading it failed again and again. Cloudthread tries again within {hours} hours.");
    tell_refused(world, connection, record, message.period, &manifest, &key, &words)?;
    Ok(Accepted::default())
}

/// A file its manifest names cannot be had before the work begins. After six hours it is told, once a delivery.
pub fn await_file<W: World>(
    world: &W,
    connection: &Connection,
    period: BillingPeriod,
    manifest: &str,
    key: &str,
    now: Timestamp,
) -> Result<()> {
    let mut record = month::find(world, period)?;
    let seconds = record.wait_for(manifest, key, now);
    let mut writes = vec![month::put(period, &record)?];
    if seconds >= PATIENCE {
        let reason =
            "It is named by the manifest and was not there for six hours. Cloudthread goes on looking.";
        let news = news(connection, period, manifest, key, reason);
        writes.extend(notifications::tell(world, &news, &connection.notify_email)?);
    }
    world.store().commit(&writes)
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
    let mut writes = vec![month::put(period, &record)?];
    let news = news(&connection, period, manifest, key, &reason);
    writes.extend(notifications::tell(world, &news, &connection.notify_email)?);
    happen(world, connection, Event::ReportHeld(Held::new("report_refused", now)), writes)?;
    Ok(())
}

/// What is told of a file that could not be read, once a delivery.
fn news(connection: &Connection, period: BillingPeriod, manifest: &str, key: &str, reason: &str) -> News {
    News {
        key: format!("{}/refused/{manifest}", connection.id),
        topic: Topic::Report,
        title: "A file of your report could not be read".to_owned(),
        text: refusal(period, key, reason),
        page: Some("settings/report"),
        needs_action: true,
    }
}

/// The sentence first: a key is long, and says least.
fn refusal(period: BillingPeriod, key: &str, reason: &str) -> String {
    format!("{reason} The figures of {} stay as they were. The file: {key}", month_name(period))
}

/// Adds up receipts; totals by currency, in the order of their codes.
pub fn sum<'a>(receipts: impl Iterator<Item = &'a Receipt>) -> Receipt {
    let mut sum = Receipt { is_final: true, ..Receipt::default() };
    let mut totals = std::collections::BTreeMap::new();
    for receipt in receipts {
        sum.rows += receipt.rows;
        sum.left_out += receipt.left_out;
        sum.rejected += receipt.rejected;
        sum.outside_period += receipt.outside_period;
        sum.unknown += receipt.unknown;
        sum.first_day = [sum.first_day, receipt.first_day].into_iter().flatten().min();
        sum.last_day = sum.last_day.max(receipt.last_day);
        sum.is_final &= receipt.is_final;
        for total in &receipt.totals {
            let held = totals.entry(total.currency).or_insert_with(|| Total {
                currency: total.currency,
                billed_cost: Money::ZERO,
                effective_cost: Money::ZERO,
                outside_cost: Money::ZERO,
            });
            held.billed_cost += total.billed_cost;
            held.effective_cost += total.effective_cost;
            held.outside_cost += total.outside_cost;
        }
    }
    sum.totals = totals.into_values().collect();
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_begins_with_what_is_wrong() {
        assert_eq!(
            refusal("2026-10".parse().unwrap(), "report/r/r-1.parquet", "This is no Parquet file."),
            "This is no Parquet file. The figures of October 2026 stay as they were. The file: report/r/r-1.parquet"
        );
    }

    #[test]
    fn a_part_is_cut_into_ranges_that_cover_it() {
        let check = |whole, ranges: &[(u32, u32)], expect| {
            assert_eq!(covers(whole, ranges), expect, "{whole:?} {ranges:?}");
        };
        check(None, &[(0, 2), (2, 3)], true);
        check(Some((4, 9)), &[(4, 6), (6, 8), (8, 9)], true);
        check(None, &[(0, 3)], false);
        check(None, &[], false);
        check(None, &[(1, 2), (2, 3)], false);
        check(None, &[(0, 2), (1, 3)], false);
        check(None, &[(0, 2), (3, 4)], false);
        check(None, &[(0, 2), (2, 2), (2, 3)], false);
        check(Some((4, 9)), &[(4, 6), (6, 8)], false);
        check(Some((4, 9)), &[(0, 6), (6, 9)], false);
    }
}
