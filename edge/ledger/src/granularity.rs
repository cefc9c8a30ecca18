//! Whether a report has one row a month. Nothing in a file says so but how long its usage lasts: some rows of any report
//! last a month, all of them only where the report was made so.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::DecodeError;
use crate::file::{ReportFile, range_of};
use crate::kinds::Kind;
use crate::lanes::{DayLane, NO_DAY, TextLane};
use crate::limits;
use crate::ranges;
use crate::schema::{Dialect, Field_ as F};
use crate::sparse::Sparse;

/// Days from which on a row is one of a month.
const WEEKS: i32 = 27;

/// Rows of usage that were looked at, and how many of them last for weeks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lengths {
    usage: u64,
    long: u64,
}

impl Lengths {
    /// Looks at a row: its line item type or charge category, and the days of its start and end.
    pub fn add(&mut self, dialect: Dialect, kind: &str, start: i32, end: i32) {
        let kind = Kind::of(dialect, kind);
        let is_usage = matches!(kind, Kind::Usage | Kind::Discounted | Kind::Covered | Kind::FocusUsage);
        if is_usage && start != NO_DAY && end != NO_DAY {
            self.usage = self.usage.saturating_add(1);
            self.long = self.long.saturating_add(u64::from(end.saturating_sub(start) >= WEEKS));
        }
    }

    /// Adds what was looked at elsewhere.
    pub fn absorb(&mut self, other: Self) {
        self.usage = self.usage.saturating_add(other.usage);
        self.long = self.long.saturating_add(other.long);
    }

    /// Refuses a report all of whose usage lasts for weeks.
    pub fn judge(&self) -> Result<(), DecodeError> {
        if self.usage > 0 && self.long == self.usage {
            return Err(DecodeError::Unsupported(
                "a report with one row a month (hourly and daily ones are read)".to_owned(),
            ));
        }
        Ok(())
    }
}

/// The field that tells usage from the rest.
pub const fn type_field(dialect: Dialect) -> F {
    if matches!(dialect, Dialect::Focus) { F::ChargeCategory } else { F::LineItemType }
}

impl ReportFile {
    /// The bytes from which [`ReportFile::lengths`] tells how long a row group's usage lasts; none where the file has
    /// no such columns.
    pub fn ranges_of_lengths(&self, row_group: usize) -> Vec<Range<u64>> {
        let fields = [F::Start, F::End, type_field(self.dialect())];
        let found = fields.map(|field| self.chunk_of(row_group, field).map(|(_, range)| range));
        if found.iter().any(Option::is_none) { Vec::new() } else { found.into_iter().flatten().collect() }
    }

    /// The bytes of a row group's wanted columns, and those its lengths are told from.
    pub fn ranges_with_lengths(&self, row_group: usize) -> Vec<Range<u64>> {
        let is_wanted =
            |range: &Range<u64>| self.wanted_chunks(row_group).any(|chunk| range_of(chunk) == *range);
        let others = self.ranges_of_lengths(row_group).into_iter().filter(|range| !is_wanted(range));
        let mut chunks: Vec<Range<u64>> = self.wanted_chunks(row_group).map(range_of).collect();
        chunks.extend(others);
        ranges::of(chunks)
    }

    /// How long the usage of a row group lasts.
    pub fn lengths(&self, row_group: usize, fetched: &Sparse) -> Result<Lengths, DecodeError> {
        let mut lengths = Lengths::default();
        if self.ranges_of_lengths(row_group).is_empty() {
            return Ok(lengths);
        }
        let dialect = self.dialect();
        let open = |field: F| self.open_field(row_group, field, fetched);
        let (Some(mut starts), Some(mut ends), Some(mut kinds)) =
            (open(F::Start)?, open(F::End)?, open(type_field(dialect))?)
        else {
            return Ok(lengths);
        };
        let (mut start, mut end, mut kind) =
            (DayLane::new("start"), DayLane::new("end"), TextLane::new("type"));
        let mut left = self.rows_of(row_group);
        while left > 0 {
            let now = left.min(limits::BATCH as u64) as usize;
            kind.allow(limits::BATCH_TEXTS);
            starts.days(now, &mut start)?;
            ends.days(now, &mut end)?;
            kinds.texts(now, &mut kind)?;
            for row in 0..now {
                let day = |lane: &DayLane| lane.days().at(row).unwrap_or(NO_DAY);
                lengths.add(dialect, kind.at(row), day(&start), day(&end));
            }
            left = left.saturating_sub(now as u64);
        }
        Ok(lengths)
    }
}
