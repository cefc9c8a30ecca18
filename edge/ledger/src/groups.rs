//! Totals by any dimensions, for people with files and for oracles: what `rollup` prints.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::ops::Range;

use bytes::Bytes;
use cube::{Cube, Dimension, Metric, blob};
use serde::{Deserialize, Serialize};
use shared::{Day, DayRange, Money, Timestamp};

use crate::charge::ChargeBlock;
use crate::csv;
use crate::error::DecodeError;
use crate::file::{Opened, ReportFile, first_range};
use crate::granularity::Lengths;
use crate::roll_up::{Counts, RollUp};
use crate::sparse::Sparse;
use crate::table::table;

/// Groups that memory holds: the decoder's WebAssembly has 96 MiB.
const MAX_CELLS: usize = if cfg!(target_pointer_width = "32") { 300_000 } else { 50_000_000 };

/// What is added up.
const METRICS: [Metric; 2] = [Metric::BilledCost, Metric::EffectiveCost];

const UNREADABLE: DecodeError = DecodeError::Truncated("a part of it cannot be had");

/// Something to group by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// A dimension.
    Dimension(Dimension),
    /// The UTC day.
    Day,
}

impl std::fmt::Display for GroupBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dimension(dimension) => dimension.fmt(f),
            Self::Day => f.write_str("day"),
        }
    }
}

impl GroupBy {
    /// `service`, `day`, `tag:Owner`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "day" => Some(Self::Day),
            text => text.replacen(':', ".", 1).parse().ok().map(Self::Dimension),
        }
    }
}

/// What a roll-up of files says.
#[derive(Clone, Debug, Serialize)]
pub struct Totals {
    /// Rows read, those left out and rejected included.
    pub rows: u64,
    /// Currency; several are listed with commas, and groups then name theirs.
    pub currency: String,
    /// Billing periods, `2026-11`, with commas.
    pub billing_period: String,
    /// Everything; zeros where there are several currencies, which are never added.
    pub total: Costs,
    /// Everything by currency, where there are several.
    #[serde(skip_serializing_if = "is_one")]
    pub totals: BTreeMap<String, Costs>,
    /// By the chosen dimensions, largest billed cost first.
    pub groups: Vec<Group>,
    /// Rows and files that were not read.
    pub rejected: Rejected,
}

fn is_one(totals: &BTreeMap<String, Costs>) -> bool {
    totals.len() <= 1
}

/// Exact sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Costs {
    /// On the bill.
    pub billed_cost: Money,
    /// With commitments spread.
    pub effective_cost: Money,
}

impl Costs {
    fn add(&mut self, other: Self) {
        self.billed_cost += other.billed_cost;
        self.effective_cost += other.effective_cost;
    }
}

/// One group.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// A value per chosen dimension, in order.
    pub key: Vec<String>,
    /// Only where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Sums.
    #[serde(flatten)]
    pub costs: Costs,
}

/// What was not read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Rejected {
    /// Rows a cost in which is no number.
    pub rows: u64,
    /// Rows left out because they repeat cost (split cost allocation).
    pub left_out: u64,
    /// Files, with the reason.
    pub files: Vec<RejectedFile>,
}

/// A file that was not read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RejectedFile {
    /// Its name.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// What one program has read, for another that totals it.
#[derive(Serialize, Deserialize)]
struct Wire {
    rows: u64,
    rejected: u64,
    left_out: u64,
    cubes: Vec<Vec<u8>>,
    files: Vec<RejectedFile>,
}

/// A roll-up of several files.
#[derive(Debug)]
pub struct Totaller {
    group_by: Vec<GroupBy>,
    dimensions: Vec<Dimension>,
    most_cells: usize,
    counts: Counts,
    cubes: Vec<Cube>,
    rejected: Vec<RejectedFile>,
}

impl Totaller {
    /// By these.
    pub fn new(group_by: Vec<GroupBy>) -> Self {
        let mut dimensions: Vec<Dimension> = Vec::new();
        for group in &group_by {
            if let GroupBy::Dimension(dimension) = group
                && !dimensions.contains(dimension)
            {
                dimensions.push(dimension.clone());
            }
        }
        Self {
            group_by,
            dimensions,
            most_cells: MAX_CELLS,
            counts: Counts::new(),
            cubes: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// Reads a whole file. One that cannot be read is named and leaves no trace in the sums.
    pub fn add(&mut self, name: &str, bytes: Bytes) {
        let whole = Sparse::whole(bytes);
        self.add_by_ranges(name, whole.size(), |range| whole.find(&range));
    }

    /// Reads a file of this size through its ranges, so that nobody holds it whole. None where a range cannot be had.
    pub fn add_by_ranges(&mut self, name: &str, size: u64, fetch: impl FnMut(Range<u64>) -> Option<Bytes>) {
        match self.read(size, fetch) {
            Ok((counts, cubes)) => {
                self.counts.rows = self.counts.rows.saturating_add(counts.rows);
                self.counts.rejected = self.counts.rejected.saturating_add(counts.rejected);
                self.counts.left_out = self.counts.left_out.saturating_add(counts.left_out);
                self.cubes.extend(cubes);
            }
            Err(error) => {
                self.rejected.push(RejectedFile { file: name.to_owned(), reason: error.to_string() })
            }
        }
    }

    fn read(
        &self,
        size: u64,
        mut fetch: impl FnMut(Range<u64>) -> Option<Bytes>,
    ) -> Result<(Counts, Vec<Cube>), DecodeError> {
        let head = fetch(0..size.min(4)).ok_or(UNREADABLE)?;
        let mut sums = Sums { totaller: self, counts: Counts::new(), roll_up: None };
        match head.as_ref() {
            b"PAR1" | b"PARE" => self.read_parquet(size, fetch, &mut sums)?,
            b"PK\x03\x04" => return Err(DecodeError::Unsupported("a ZIP archive".to_owned())),
            [] | [0, ..] => return Err(DecodeError::NotParquet),
            head => {
                let is_gzip = csv::is_gzip(head);
                let source = Pieces { at: 0, size, fetch };
                let take = |block: &ChargeBlock<'_>| sums.add(block);
                let lengths = csv::read(source, is_gzip, size, &self.dimensions, &METRICS, None, take)?;
                lengths.judge()?;
            }
        }
        let Sums { counts, roll_up, .. } = sums;
        if counts.is_doubtful() {
            let value = format!("{} of {} rows", counts.rejected, counts.rows);
            return Err(DecodeError::BadValue { column: "of costs".to_owned(), value });
        }
        Ok((counts, roll_up.map(RollUp::finish).unwrap_or_default()))
    }

    fn read_parquet(
        &self,
        size: u64,
        mut fetch: impl FnMut(Range<u64>) -> Option<Bytes>,
        sums: &mut Sums<'_>,
    ) -> Result<(), DecodeError> {
        let mut fetched = Sparse::new(size);
        let mut range = first_range(size);
        let mut file = loop {
            let tail = fetch(range.clone()).ok_or(UNREADABLE)?;
            match ReportFile::open(&tail, size, &self.dimensions, &METRICS, None)? {
                Opened::File(file) => break file,
                Opened::Need(wider) if wider != range => range = wider,
                Opened::Need(_) => return Err(DecodeError::Truncated("the footer")),
            }
        };
        for row_group in 0..file.row_groups() {
            fetched.clear();
            for range in file.ranges(row_group) {
                fetched.add(range.start, fetch(range).ok_or(UNREADABLE)?);
            }
            for range in file.late_ranges(row_group, &fetched)? {
                fetched.add(range.start, fetch(range).ok_or(UNREADABLE)?);
            }
            file.read(row_group, &fetched, |block| sums.add(block))?;
        }
        // One whose every usage lasts for weeks is one of months, wherever its fees stand.
        fetched.clear();
        let first = (0..file.row_groups()).find(|row_group| !file.ranges(*row_group).is_empty());
        for range in first.map(|row_group| file.ranges_of_lengths(row_group)).unwrap_or_default() {
            fetched.add(range.start, fetch(range).ok_or(UNREADABLE)?);
        }
        first.map_or(Ok(Lengths::default()), |row_group| file.lengths(row_group, &fetched))?.judge()?;
        Ok(())
    }

    /// What was read, for [`Totaller::resume`] in another program.
    pub fn into_bytes(self) -> Result<Vec<u8>, DecodeError> {
        let broken = || DecodeError::Damaged("what was read cannot be written".to_owned());
        let cubes: Result<_, _> = self.cubes.iter().map(blob::encode).collect();
        let wire = Wire {
            rows: self.counts.rows,
            rejected: self.counts.rejected,
            left_out: self.counts.left_out,
            cubes: cubes.map_err(|_| broken())?,
            files: self.rejected,
        };
        postcard::to_allocvec(&wire).map_err(|_| broken())
    }

    /// Goes on with what another program has read by the same dimensions.
    pub fn resume(group_by: Vec<GroupBy>, bytes: &[u8]) -> Result<Self, DecodeError> {
        let broken = || DecodeError::Damaged("not what a roll-up has read".to_owned());
        let wire: Wire = postcard::from_bytes(bytes).map_err(|_| broken())?;
        let cubes: Result<_, _> = wire.cubes.iter().map(|cube| blob::decode(cube)).collect();
        let counts =
            Counts { rows: wire.rows, rejected: wire.rejected, left_out: wire.left_out, ..Counts::new() };
        Ok(Self { counts, cubes: cubes.map_err(|_| broken())?, rejected: wire.files, ..Self::new(group_by) })
    }

    /// The totals as a table for people.
    pub fn finish_as_table(self) -> String {
        let group_by: Vec<String> = self.group_by.iter().map(ToString::to_string).collect();
        table(&self.finish(), &group_by)
    }

    /// The totals.
    pub fn finish(self) -> Totals {
        let mut groups: BTreeMap<(Vec<String>, String), Costs> = BTreeMap::new();
        let mut totals: BTreeMap<String, Costs> = BTreeMap::new();
        let mut periods = BTreeSet::new();
        for cube in &self.cubes {
            let currency = cube.header().currency.as_str().to_owned();
            let total = totals.entry(currency.clone()).or_default();
            let (billed, effective) =
                (cube.find_figures(Metric::BilledCost), cube.find_figures(Metric::EffectiveCost));
            for tuple in 0..cube.tuples() {
                for cell in cube.cells_of(tuple) {
                    let day = cube.day_of(cell);
                    periods.insert(day.period().to_string());
                    let key = self.group_by.iter().map(|group| value(cube, group, tuple, day)).collect();
                    let costs = Costs {
                        billed_cost: Money::from_units(billed.map_or(0, |figures| figures.at(cell))),
                        effective_cost: Money::from_units(effective.map_or(0, |figures| figures.at(cell))),
                    };
                    groups.entry((key, currency.clone())).or_default().add(costs);
                    total.add(costs);
                }
            }
        }
        let has_several = totals.len() > 1;
        let mut groups: Vec<Group> = groups
            .into_iter()
            .map(|((key, currency), costs)| Group { key, currency: has_several.then_some(currency), costs })
            .collect();
        groups.sort_by(|a, b| b.costs.billed_cost.cmp(&a.costs.billed_cost).then_with(|| a.key.cmp(&b.key)));
        Totals {
            rows: self.counts.rows,
            currency: totals.keys().cloned().collect::<Vec<_>>().join(","),
            billing_period: periods.into_iter().collect::<Vec<_>>().join(","),
            total: totals.values().next().filter(|_| !has_several).copied().unwrap_or_default(),
            totals,
            groups,
            rejected: Rejected {
                rows: self.counts.rejected,
                left_out: self.counts.left_out,
                files: self.rejected,
            },
        }
    }
}

/// A file under way.
struct Sums<'a> {
    totaller: &'a Totaller,
    counts: Counts,
    roll_up: Option<RollUp>,
}

impl Sums<'_> {
    fn add(&mut self, block: &ChargeBlock<'_>) -> Result<(), DecodeError> {
        self.counts.add(block);
        if let (None, Some(day)) = (&self.roll_up, self.counts.first_day) {
            // A file alone names no period: years around it are wide enough for any report.
            let days = DayRange::new(day.plus(-1_500), day.plus(1_500));
            let daily = RollUp::new(&self.totaller.dimensions, &METRICS, days, Timestamp::UNIX_EPOCH);
            let is_daily = self.totaller.group_by.contains(&GroupBy::Day);
            self.roll_up = Some(if is_daily { daily } else { daily.monthly() });
        }
        let Some(roll_up) = &mut self.roll_up else { return Ok(()) };
        roll_up.add(block);
        let most = self.totaller.most_cells;
        if roll_up.cells() > most {
            return Err(DecodeError::TooLarge { thing: "the number of groups", limit: most as u64 });
        }
        Ok(())
    }
}

/// A file from its beginning to its end, in pieces.
struct Pieces<F> {
    at: u64,
    size: u64,
    fetch: F,
}

impl<F: FnMut(Range<u64>) -> Option<Bytes>> Read for Pieces<F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let end = self.size.min(self.at.saturating_add(into.len() as u64));
        if end == self.at {
            return Ok(0);
        }
        let bytes = (self.fetch)(self.at..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        let slot = into.get_mut(..bytes.len()).ok_or(io::ErrorKind::InvalidData)?;
        slot.copy_from_slice(&bytes);
        self.at = self.at.saturating_add(bytes.len() as u64);
        Ok(bytes.len())
    }
}

fn value(cube: &Cube, group: &GroupBy, tuple: usize, day: Day) -> String {
    match group {
        GroupBy::Day => day.to_string(),
        GroupBy::Dimension(dimension) => {
            let Some(column) = cube.find_column(dimension) else { return String::new() };
            let code = column.codes.get(tuple).copied().unwrap_or(0);
            column.dictionary.get(code as usize).cloned().unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_more_groups_than_memory_holds_is_named_and_leaves_no_trace() {
        let csv = |services: usize| {
            let head = "line_item_usage_account_id,line_item_product_code,line_item_line_item_type,line_item_usage_start_date,line_item_unblended_cost\n";
            let rows = (0..services).map(|service| format!("1,s{service},Usage,2026-10-03,1\n"));
            Bytes::from(head.to_owned() + &rows.collect::<String>())
        };
        let mut totaller = Totaller::new(GroupBy::parse("service").into_iter().collect());
        totaller.most_cells = 5;
        totaller.add("five", csv(5));
        totaller.add("six", csv(6));
        let found = totaller.finish();
        assert_eq!((found.rows, found.groups.len()), (5, 5));
        let reasons: Vec<String> = found.rejected.files.into_iter().map(|file| file.reason).collect();
        assert_eq!(reasons, ["the number of groups is larger than 5"]);
    }
}
