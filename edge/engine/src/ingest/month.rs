//! What is held of a billing period: the committed state, the one before it, and the work towards the next.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::api::{BlobRef, MonthChange, RefusedFile};
use shared::{BillingPeriod, Day, Money, Timestamp, settled};

use super::protocol::{Piece, Receipt, TagCover};
use crate::error::Result;
use crate::ports::{Table, Write};
use crate::workspace::records;
use crate::workspace::world::World;

/// A billing period.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PeriodRecord {
    /// What is shown.
    pub committed: Option<Month>,
    /// What was shown before; its cubes are kept until the next commit.
    pub previous: Option<Month>,
    /// What is being read.
    pub work: Option<Work>,
    /// Files that could not be read, newest first.
    pub refused: Vec<RefusedFile>,
    /// ETag of the manifest they belong to: it is not tried again.
    pub refused_manifest: Option<String>,
    /// A delivery whose reading failed for no reason of its own: it is tried again, ever more rarely.
    #[serde(default)]
    pub tired: Option<Tired>,
    /// A file that AWS names and does not give.
    #[serde(default)]
    pub awaited: Option<Awaited>,
    /// Blobs nobody refers to any more, until they are deleted.
    #[serde(default)]
    pub garbage: Vec<String>,
    /// When its folder was listed last, where the bucket is listed month by month and the month is an old one.
    #[serde(default)]
    pub looked_at: Option<Timestamp>,
}

/// A file that is named by its manifest and cannot be had: not there, cut off, or not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// ETag of the manifest that names it.
    pub manifest: String,
    /// Its key.
    pub key: String,
    /// Since when.
    pub since: Timestamp,
}

/// How often reading a delivery ended among the dead letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tired {
    /// ETag of its manifest.
    pub manifest: String,
    /// How often.
    pub times: u32,
    /// When it is tried again.
    pub until: Timestamp,
}

impl PeriodRecord {
    /// Whether a delivery waits for its next try.
    pub fn rests(&self, manifest: &str, now: Timestamp) -> bool {
        self.tired.as_ref().is_some_and(|tired| tired.manifest == manifest && now < tired.until)
    }

    /// Notes that a file cannot be had; how many seconds that has been so.
    pub fn wait_for(&mut self, manifest: &str, key: &str, now: Timestamp) -> i64 {
        let held = self.awaited.take().filter(|awaited| awaited.manifest == manifest);
        let awaited = held.unwrap_or_else(|| Awaited {
            manifest: manifest.to_owned(),
            key: key.to_owned(),
            since: now,
        });
        let seconds = now.duration_since(awaited.since).as_secs();
        self.awaited = Some(awaited);
        seconds
    }
}

/// A committed month: exactly one manifest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Month {
    /// ETag of its manifest.
    pub manifest: String,
    /// AWS's assembly or execution id.
    pub version: String,
    /// When it was committed.
    pub committed_at: Timestamp,
    /// When AWS delivered it.
    pub as_of: Timestamp,
    /// Files.
    pub files: u32,
    /// What they hold.
    pub receipt: Receipt,
    /// Overview and detail.
    pub cubes: Vec<BlobRef>,
    /// Directories of resources, and their shards.
    pub resources: Vec<BlobRef>,
    /// Tag keys the cubes know.
    pub tracked_tags: Vec<String>,
    /// How much each of them tells apart.
    #[serde(default)]
    pub tags: Vec<TagCover>,
    /// What changed against the state before, by currency; empty for a first commit.
    #[serde(default)]
    pub changes: Vec<MonthChange>,
}

/// Work on a delivery.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Work {
    /// Key of its manifest.
    pub key: String,
    /// ETag of its manifest.
    pub manifest: String,
    /// AWS's assembly or execution id.
    pub version: String,
    /// When AWS delivered it.
    pub as_of: Timestamp,
    /// When it began.
    pub started_at: Timestamp,
    /// When anything happened last.
    pub moved_at: Timestamp,
    /// Files.
    #[serde(default)]
    pub files: u32,
    /// Parts in all.
    pub parts: u32,
    /// Parts that are not in; none in a record of before they were counted.
    #[serde(default)]
    pub open: Option<u32>,
    /// Tag keys the cubes will know.
    pub tracked_tags: Vec<String>,
    /// Columns its files are to have, as the manifest spells them; none in a record of before they were kept.
    #[serde(default)]
    pub columns: Vec<String>,
}

/// A part of the work: a pinned file, or some row groups of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartRecord {
    /// ETag of the manifest it belongs to.
    pub manifest: String,
    /// Place of its file in the manifest.
    pub place: u32,
    /// Which bytes.
    pub piece: Piece,
    /// Bytes of the file.
    pub size: u64,
    /// Claims of which nothing was heard.
    pub claims: u32,
    /// How often its partial got lost.
    pub losses: u32,
    /// Key of the partial, once stored.
    pub partial: Option<String>,
    /// What it holds.
    pub receipt: Receipt,
}

impl PartRecord {
    /// Where it stands among the parts of its period: by file, then by row group.
    pub fn order(&self) -> (u32, u32) {
        (self.place, self.piece.row_groups.map_or(0, |(from, _)| from))
    }
}

impl Month {
    /// The day after the last one with any figures.
    pub fn known_until(&self, period: BillingPeriod) -> Day {
        let all = period.days();
        if self.is_closed(period) {
            all.end
        } else {
            self.receipt.last_day.map_or(all.start, |day| day.plus(1)).min(all.end)
        }
    }

    /// The day after the last one that is complete; before the period where it has none yet.
    pub fn complete_until(&self, period: BillingPeriod) -> Day {
        self.known_until(period).min(settled::complete_until(self.as_of))
    }

    /// Whether the delivery holds all that was used in the period.
    pub fn is_closed(&self, period: BillingPeriod) -> bool {
        settled::complete_until(self.as_of) >= period.days().end
    }

    /// Billed cost in the first currency.
    pub fn billed_cost(&self) -> Money {
        self.receipt.totals.first().map(|total| total.billed_cost).unwrap_or_default()
    }

    /// What changed in the first currency, if the month was committed before.
    pub fn delta(&self) -> Option<Money> {
        self.changes.first().map(MonthChange::delta)
    }

    /// How the sums of another state became those of this one: every currency either of them has, in the order of
    /// their codes.
    pub fn changes_since(&self, before: &Month) -> Vec<MonthChange> {
        let mut changes = BTreeMap::new();
        for total in &self.receipt.totals {
            changes.insert(total.currency, (Money::ZERO, total.billed_cost));
        }
        for total in &before.receipt.totals {
            changes.entry(total.currency).or_default().0 = total.billed_cost;
        }
        let change = |(currency, (before, after))| MonthChange { currency, before, after };
        changes.into_iter().map(change).collect()
    }
}

/// What is held of a period.
pub fn find<W: World>(world: &W, period: BillingPeriod) -> Result<PeriodRecord> {
    Ok(records::find(world.store(), Table::Period, &period.to_string())?.unwrap_or_default())
}

/// The write that stores it.
pub fn put(period: BillingPeriod, record: &PeriodRecord) -> Result<Write> {
    records::put(Table::Period, period.to_string(), record)
}

/// Every period anything is held of, oldest first.
pub fn all<W: World>(world: &W) -> Result<Vec<(BillingPeriod, PeriodRecord)>> {
    let rows = records::list::<PeriodRecord>(world.store(), Table::Period, "", false, 400)?;
    Ok(rows.into_iter().filter_map(|(key, record)| Some((key.parse().ok()?, record))).collect())
}

/// The committed months.
pub fn months<W: World>(world: &W) -> Result<BTreeMap<BillingPeriod, Month>> {
    Ok(all(world)?.into_iter().filter_map(|(period, record)| Some((period, record.committed?))).collect())
}

/// Whether any month is committed.
pub fn has_months<W: World>(world: &W) -> Result<bool> {
    Ok(!months(world)?.is_empty())
}

/// Key of a part.
pub fn part_key(period: BillingPeriod, part: u32) -> String {
    format!("{period}/{part:05}")
}

/// Parts a period may have.
pub const MOST_PARTS: usize = 60_000;

/// The parts of a period: by file, then by row group.
pub fn parts<W: World>(world: &W, period: BillingPeriod) -> Result<Vec<PartRecord>> {
    let rows = records::list(world.store(), Table::Part, &format!("{period}/"), false, MOST_PARTS)?;
    let mut parts: Vec<PartRecord> = rows.into_iter().map(|(_, part)| part).collect();
    parts.sort_by_key(PartRecord::order);
    Ok(parts)
}

/// Parts of the work that are not in. They are counted as they come: to list all of them for each one would cost a large
/// month many rows.
pub fn open<W: World>(world: &W, period: BillingPeriod, work: &Work) -> Result<u32> {
    if let Some(open) = work.open {
        return Ok(open);
    }
    let open = parts(world, period)?.iter().filter(|part| part.partial.is_none()).count();
    Ok(u32::try_from(open).unwrap_or(u32::MAX))
}

/// Files read and files in all, over everything that is being read.
pub fn progress<W: World>(world: &W) -> Result<Option<(u32, u32)>> {
    let mut progress: Option<(u32, u32)> = None;
    for (period, record) in all(world)? {
        let Some(work) = record.work else { continue };
        let done = work.parts.saturating_sub(open(world, period, &work)?);
        let (held, all) = progress.unwrap_or_default();
        progress = Some((held + done, all + work.parts));
    }
    Ok(progress)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Month {
        /// A month without costs, delivered at a moment, with usage up to a day.
        pub fn example(as_of: &str, last_day: Option<&str>) -> Self {
            serde_json::from_value(serde_json::json!({
                "manifest": "m", "version": "v", "committed_at": as_of, "as_of": as_of, "files": 1,
                "receipt": {
                    "rows": 1, "left_out": 0, "rejected": 0, "outside_period": 0, "first_day": null,
                    "last_day": last_day, "is_final": true, "totals": [],
                },
                "cubes": [], "resources": [], "tracked_tags": [],
            }))
            .unwrap()
        }
    }

    // A day that still fills up would be compared with whole ones, and every morning would look like a fall.
    #[test]
    fn a_day_counts_as_complete_once_all_its_usage_has_come() {
        let check = |as_of: &str, last_day: Option<&str>, known: &str, complete: &str| {
            let month = Month::example(as_of, last_day);
            let period = "2026-11".parse().unwrap();
            let last = |until: Day| until.plus(-1).to_string();
            assert_eq!(last(month.known_until(period)), known, "{as_of}");
            assert_eq!(last(month.complete_until(period)), complete, "{as_of}");
        };
        check("2026-11-23T02:00:00Z", Some("2026-11-22"), "2026-11-22", "2026-11-21");
        check("2026-11-23T23:00:00Z", Some("2026-11-23"), "2026-11-23", "2026-11-21");
        check("2026-11-23T23:00:00Z", Some("2026-11-18"), "2026-11-18", "2026-11-18");
        check("2026-11-01T13:00:00Z", Some("2026-11-01"), "2026-11-01", "2026-10-30");
        check("2026-12-01T02:00:00Z", Some("2026-11-30"), "2026-11-30", "2026-11-29");
        check("2026-12-02T00:00:00Z", Some("2026-11-28"), "2026-11-30", "2026-11-30");
        check("2026-12-01T02:00:00Z", None, "2026-10-31", "2026-10-31");
    }

    #[test]
    fn work_of_before_columns_were_kept_is_read() {
        let work: Work = serde_json::from_value(serde_json::json!({
            "key": "report/r/r-Manifest.json", "manifest": "m", "version": "v", "as_of": "2026-11-23T02:00:00Z",
            "started_at": "2026-11-23T03:00:00Z", "moved_at": "2026-11-23T03:00:00Z", "parts": 1,
            "tracked_tags": ["team"], "tag_columns": [["resource_tags_user_team", "user:team"]],
        }))
        .unwrap();
        assert_eq!((work.columns.len(), work.tracked_tags), (0, vec!["team".to_owned()]));
    }
}
