//! What a part leaves behind. A partial is a function of its file, its columns and the
//! tracked tags alone: the same input makes the same bytes. Its head says where what stands, so that it is read piece by
//! piece.

use std::collections::BTreeMap;
use std::ops::Range;

use cube::Metric;
use serde::{Deserialize, Serialize};
use shared::{BillingPeriod, Currency, Timestamp};

use crate::charge::ChargeBlock;
use crate::error::DecodeError;
use crate::granularity::Lengths;
use crate::resources::{self, Run};
use crate::roll_up::{Counts, METRICS, RollUp, days_of, detail_dimensions};

/// Version of what is rolled up how; another version's partials are not merged.
pub const VERSION: u16 = 5;

/// Metrics of resources.
const RESOURCE_METRICS: [Metric; 2] = [Metric::BilledCost, Metric::EffectiveCost];

/// Cells after which a part writes down what it has and begins anew.
const RUN_CELLS: usize = 120_000;
/// Bytes of a partial.
pub const PARTIAL_BYTES: usize = 24 * 1024 * 1024;
/// Bytes of the number in front of a partial: how long its head is.
const PREFIX: usize = 4;
/// Bytes of a partial that hold its head in all usual cases.
pub const HEAD: u64 = 64 * 1024;

/// A part under way.
#[derive(Debug)]
pub struct PartRollUp {
    period: BillingPeriod,
    tracked: Vec<String>,
    counts: Counts,
    detail: RollUp,
    resources: RollUp,
    /// What was written down of detail: a cube each.
    cubes: Vec<Vec<u8>>,
    /// What was written down of resources, by currency.
    runs: BTreeMap<Currency, Vec<Run>>,
    run_cells: usize,
    /// Bytes it may have.
    room: usize,
    is_full: bool,
}

impl PartRollUp {
    /// Nothing read yet.
    pub fn new(period: BillingPeriod, tracked: &[String]) -> Self {
        let (detail, resources) = Self::empty(period, tracked);
        Self {
            period,
            tracked: tracked.to_vec(),
            counts: Counts::new(),
            detail,
            resources,
            cubes: Vec::new(),
            runs: BTreeMap::new(),
            run_cells: RUN_CELLS,
            room: PARTIAL_BYTES,
            is_full: false,
        }
    }

    /// The same with room for so many bytes.
    pub fn within(self, room: usize) -> Self {
        Self { room, ..self }
    }

    /// Whether more differs between the rows than a partial has room for: then fewer rows at a time may still do.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// The present is not part of it: partials of the same file are the same.
    fn empty(period: BillingPeriod, tracked: &[String]) -> (RollUp, RollUp) {
        let (days, as_of) = (days_of(period), Timestamp::UNIX_EPOCH);
        let detail = RollUp::new(&detail_dimensions(tracked), &METRICS, days, as_of);
        (detail, RollUp::new(&resources::dimensions(tracked), &RESOURCE_METRICS, days, as_of))
    }

    /// Adds a block. What it takes in memory does not grow with the file, but with what differs in it, and that is
    /// written down run by run.
    pub fn add(&mut self, block: &ChargeBlock<'_>) -> Result<(), DecodeError> {
        self.counts.add(block);
        self.detail.add(block);
        self.resources.add(block);
        if self.detail.cells().saturating_add(self.resources.cells()) > self.run_cells {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), DecodeError> {
        let (detail, resources) = Self::empty(self.period, &self.tracked);
        let (detail, resources) =
            (std::mem::replace(&mut self.detail, detail), std::mem::replace(&mut self.resources, resources));
        for cube in detail.finish() {
            self.cubes.push(cube::blob::encode(&cube).map_err(broken)?);
        }
        for cube in resources.finish() {
            let run = Run::of(&cube)?;
            self.runs.entry(run.currency).or_default().push(run);
        }
        let blocks = self.runs.values().flatten().flat_map(|run| &run.blocks);
        let bytes: usize = self.cubes.iter().chain(blocks).map(Vec::len).sum();
        self.is_full = bytes > self.room;
        if self.is_full {
            return Err(DecodeError::TooLarge {
                thing: "what differs between the rows of a file",
                limit: self.room as u64,
            });
        }
        Ok(())
    }

    /// Notes how long usage lasts: a month all of whose usage lasts for weeks is one of a report by month.
    pub fn look(&mut self, lengths: Lengths) {
        self.counts.lengths.absorb(lengths);
    }

    /// Writes down what is left: then it is known whether all of it has room.
    pub fn end(&mut self) -> Result<(), DecodeError> {
        self.flush()
    }

    /// The partial's bytes, with its counts.
    pub fn finish(mut self) -> Result<(Vec<u8>, Counts), DecodeError> {
        self.flush()?;
        // One run a currency: a month weaves as many as it has parts.
        let runs: Vec<Run> = std::mem::take(&mut self.runs)
            .into_values()
            .filter_map(|runs| Run::merged(runs).transpose())
            .collect::<Result<_, _>>()?;
        let length = |bytes: &Vec<u8>| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let head = WireHead {
            version: VERSION,
            counts: self.counts,
            detail: self.cubes.iter().map(length).collect(),
            resources: runs
                .iter()
                .map(|run| WireRun {
                    currency: run.currency,
                    rows: run.rows,
                    blocks: run.blocks.iter().map(length).collect(),
                })
                .collect(),
        };
        let front = postcard::to_allocvec(&head).map_err(broken)?;
        let mut bytes = length(&front).to_le_bytes().to_vec();
        bytes.extend_from_slice(&front);
        for piece in self.cubes.iter().chain(runs.iter().flat_map(|run| &run.blocks)) {
            bytes.extend_from_slice(piece);
        }
        Ok((bytes, head.counts))
    }
}

#[derive(Serialize, Deserialize)]
struct WireHead {
    version: u16,
    counts: Counts,
    /// Bytes of each cube.
    detail: Vec<u32>,
    resources: Vec<WireRun>,
}

#[derive(Serialize, Deserialize)]
struct WireRun {
    currency: Currency,
    rows: u64,
    /// Bytes of each block.
    blocks: Vec<u32>,
}

/// What the beginning of a partial says.
#[derive(Debug)]
pub enum Opened {
    /// All of it: what the partial holds, and where.
    Head(Head),
    /// It is longer: so many bytes are needed.
    Need(u64),
}

/// What a partial holds, and where.
#[derive(Debug)]
pub struct Head {
    /// Counts and sums.
    pub counts: Counts,
    /// Where its cubes of detail stand.
    pub detail: Vec<Range<u64>>,
    /// Its runs of resources.
    pub resources: Vec<RunAt>,
}

/// Where a run stands in its partial.
#[derive(Debug)]
pub struct RunAt {
    /// Its currency.
    pub currency: Currency,
    /// Its rows.
    pub rows: u64,
    /// First byte of its first block.
    pub start: u64,
    /// Bytes of its blocks, which follow each other.
    pub blocks: Vec<u32>,
}

/// Reads the head out of the first bytes of a partial.
pub fn open(bytes: &[u8]) -> Result<Opened, DecodeError> {
    let short = || DecodeError::Damaged("a partial without its head".to_owned());
    let (prefix, rest) = bytes.split_first_chunk::<PREFIX>().ok_or_else(short)?;
    let length = u32::from_le_bytes(*prefix);
    if length as usize > PARTIAL_BYTES {
        return Err(short());
    }
    let Some(front) = rest.get(..length as usize) else {
        return Ok(Opened::Need(u64::from(length).saturating_add(PREFIX as u64)));
    };
    let wire: WireHead = postcard::from_bytes(front).map_err(broken)?;
    if wire.version != VERSION {
        return Err(DecodeError::Damaged("a partial of another version".to_owned()));
    }
    let mut at = u64::from(length).saturating_add(PREFIX as u64);
    let mut next = |length: u32| {
        let start = at;
        at = at.saturating_add(u64::from(length));
        start..at
    };
    let detail = wire.detail.into_iter().map(&mut next).collect();
    let resources = wire
        .resources
        .into_iter()
        .map(|run| {
            let start = next(0).start;
            for length in &run.blocks {
                next(*length);
            }
            RunAt { currency: run.currency, rows: run.rows, start, blocks: run.blocks }
        })
        .collect();
    Ok(Opened::Head(Head { counts: wire.counts, detail, resources }))
}

pub(crate) fn broken(cause: impl std::fmt::Display) -> DecodeError {
    DecodeError::Damaged(crate::error::shortened(&cause.to_string()))
}

#[cfg(test)]
mod tests {
    use shared::Money;

    use super::*;
    use crate::charge::tests::with_rows;
    use crate::merge::{Merge, Merged, add_up};

    /// Adds rows that differ in resource, operation, service and day.
    fn add(part: &mut PartRollUp, rows: usize, from: usize) {
        let texts = |make: &dyn Fn(usize) -> String| (from..from + rows).map(make).collect::<Vec<String>>();
        let columns = [
            ("line_item_line_item_type", texts(&|_| "Usage".to_owned())),
            ("line_item_usage_account_id", texts(&|_| "1".to_owned())),
            ("line_item_resource_id", texts(&|row| format!("arn:{row}"))),
            ("line_item_operation", texts(&|row| format!("operation {}", row % 50))),
            ("line_item_product_code", texts(&|row| format!("service {}", row % 3))),
            ("line_item_usage_start_date", texts(&|row| format!("2026-10-{:02}", row % 31 + 1))),
            ("line_item_unblended_cost", texts(&|row| format!("{row}.000003"))),
        ];
        with_rows(&columns, |block| part.add(block).unwrap()).unwrap();
    }

    fn part(run_cells: usize) -> Vec<u8> {
        let mut part = PartRollUp::new("2026-10".parse().unwrap(), &[]);
        part.run_cells = run_cells;
        for place in 0..8 {
            add(&mut part, 500, place * 500);
        }
        part.finish().unwrap().0
    }

    fn head(bytes: &[u8]) -> Head {
        match open(bytes).unwrap() {
            Opened::Head(head) => head,
            Opened::Need(bytes) => panic!("needs {bytes}"),
        }
    }

    fn slice<'a>(bytes: &'a [u8], range: &Range<u64>) -> &'a [u8] {
        &bytes[range.start as usize..range.end as usize]
    }

    fn month(bytes: &[u8]) -> Merged {
        let (mut merge, head) = (Merge::new(Timestamp::UNIX_EPOCH), head(bytes));
        merge.count(&head.counts);
        for range in &head.detail {
            assert!(merge.add(slice(bytes, range)).unwrap());
        }
        merge.finish().unwrap()
    }

    #[test]
    fn runs_come_to_the_same_month_as_one() {
        let (one, many) = (part(usize::MAX), part(700));
        assert_ne!(one, many);
        assert!(head(&many).detail.len() > 1);
        let blocks = |bytes: &[u8]| {
            let run = head(bytes).resources.pop().unwrap();
            let end = run.blocks.iter().fold(run.start, |at, length| at + u64::from(*length));
            assert_eq!(end, bytes.len() as u64);
            (run.rows, slice(bytes, &(run.start..end)).to_vec())
        };
        assert_eq!(blocks(&one).0, 4_000);
        assert_eq!(blocks(&one), blocks(&many), "the runs of resources are woven into one");
        let (one, many) = (month(&one), month(&many));
        assert_eq!(one.detail, many.detail);
        assert_eq!(one.counts, many.counts);
    }

    #[test]
    fn a_month_that_does_not_add_up_is_refused() {
        let mut counts = month(&part(usize::MAX)).counts;
        let totals = counts.totals.clone();
        assert_eq!(add_up(&counts, &totals), Ok(()));
        counts.totals.values_mut().for_each(|total| total.1 += Money::from_units(1));
        assert!(add_up(&counts, &totals).is_err());
    }

    #[test]
    fn the_beginning_of_a_partial_says_how_much_of_it_is_needed() {
        let bytes = part(700);
        let front = head(&bytes).detail[0].start;
        for end in 0..front {
            match open(&bytes[..end as usize]) {
                Ok(Opened::Need(needed)) => assert_eq!(needed, front),
                other => assert!(end < 4 && other.is_err(), "{end}: {other:?}"),
            }
        }
        assert_eq!(head(&bytes[..front as usize]).counts, head(&bytes).counts);
        let mut other = bytes.clone();
        other[4] = 2;
        assert!(open(&other).is_err(), "of another version");
    }
}
