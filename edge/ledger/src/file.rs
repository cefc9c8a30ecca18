//! A report file, opened: checked, bound, and read row group by row group from the ranges that were fetched.

use std::ops::Range;

use bytes::Bytes;
use cube::{Dimension, Metric};
use shared::BillingPeriod;

use crate::batch::{Column, MapLane};
use crate::charge::{ChargeBlock, SPLIT};
use crate::dimensions::{MARKETPLACE, has_marketplace};
use crate::error::DecodeError;
use crate::footer::{self, Chunk, Tail, Walked};
use crate::lanes::{DayLane, Lane, TextLane, UnitLane};
use crate::leaf::LeafReader;
use crate::limits::{self, Held};
use crate::pages;
use crate::plan::{Need, Plan};
use crate::ranges;
use crate::schema::{self, Dialect, Field_};
use crate::sparse::Sparse;
use crate::tree::{Form, Leaf, Physical};

/// A file whose footer has been read.
#[derive(Debug)]
pub struct ReportFile {
    size: u64,
    walked: Walked,
    plan: Plan,
}

/// What opening came to.
#[derive(Debug)]
pub enum Opened {
    /// The footer begins earlier: these bytes are needed, to the end.
    Need(Range<u64>),
    /// It is open.
    File(Box<ReportFile>),
}

/// The bytes to fetch first.
pub fn first_range(size: u64) -> Range<u64> {
    let tail = (size / limits::TAIL_SHARE).clamp(limits::TAIL, limits::TAIL_MOST);
    size.saturating_sub(tail)..size
}

impl ReportFile {
    /// Opens a file of this size by its last bytes, for these dimensions and metrics. `period` is the manifest's, if
    /// there is one; else each row's own counts.
    pub fn open(
        tail: &[u8],
        size: u64,
        dimensions: &[Dimension],
        metrics: &[Metric],
        period: Option<BillingPeriod>,
    ) -> Result<Opened, DecodeError> {
        Self::open_within(limits::FILE, tail, size, dimensions, metrics, period)
    }

    /// The same for files of at most so many bytes: nobody holds a whole file, so an operator may allow larger ones.
    pub fn open_within(
        largest: u64,
        tail: &[u8],
        size: u64,
        dimensions: &[Dimension],
        metrics: &[Metric],
        period: Option<BillingPeriod>,
    ) -> Result<Opened, DecodeError> {
        let place = match footer::locate(tail, size, largest)? {
            Tail::Need(range) => return Ok(Opened::Need(range)),
            Tail::Here(place) => place,
        };
        let bytes = tail.get(place).ok_or(DecodeError::Truncated("the footer"))?;
        let walked = footer::walk(bytes, size)?;
        let plan = Plan::new(&walked.schema, dimensions, metrics, period)?;
        Ok(Opened::File(Box::new(Self { size, walked, plan })))
    }

    /// Holds so much of it at a time, and no more.
    pub fn hold(&mut self, held: Held) {
        self.plan.batch.held = held;
    }

    /// Refuses a file that lacks a column its manifest lists: `lineItem/UnblendedCost`, `BilledCost`.
    pub fn expect(&self, listed: &[String]) -> Result<(), DecodeError> {
        match schema::find_lacking(&self.walked.schema, listed) {
            Some(name) => Err(DecodeError::MissingColumn(name.to_owned())),
            None => Ok(()),
        }
    }

    /// What kind of report it is.
    pub fn dialect(&self) -> Dialect {
        self.plan.bound.dialect
    }

    /// Rows of the file.
    pub fn rows(&self) -> u64 {
        self.walked.rows
    }

    /// Row groups of the file.
    pub fn row_groups(&self) -> usize {
        self.walked.row_groups.len()
    }

    /// The ranges to fetch of a row group, each a request: its wanted columns, neighbours together.
    pub fn ranges(&self, row_group: usize) -> Vec<Range<u64>> {
        ranges::of(self.wanted_chunks(row_group).map(range_of).collect())
    }

    /// Bytes of a row group's wanted columns, without what is fetched along between them.
    pub fn wanted(&self, row_group: usize) -> u64 {
        let joined = ranges::joined(self.wanted_chunks(row_group).map(range_of).collect());
        joined.iter().fold(0, |sum, range| sum.saturating_add(range.end.saturating_sub(range.start)))
    }

    /// The ranges to fetch of a row group besides, once those of [`Self::ranges`] are at hand: what only rows of the
    /// Marketplace need, where there may be some.
    pub fn late_ranges(&self, row_group: usize, fetched: &Sparse) -> Result<Vec<Range<u64>>, DecodeError> {
        if !self.wants_late(row_group, fetched).map_err(|error| error.in_row_group(row_group))? {
            return Ok(Vec::new());
        }
        let late = self.chunks(row_group, true).map(range_of);
        Ok(ranges::of(late.filter(|range| fetched.find(range).is_none()).collect()))
    }

    /// Whether a row group has columns that are fetched late, and may hold rows that need them.
    fn wants_late(&self, row_group: usize, fetched: &Sparse) -> Result<bool, DecodeError> {
        if !self.plan.needs.contains(&Need::Late) || self.rows_of(row_group) == 0 {
            return Ok(false);
        }
        match self.open_field(row_group, Field_::BillingEntity, fetched)? {
            Some(OpenField::Texts(mut entities)) => {
                let found = entities.may_hold(&[MARKETPLACE], &mut TextLane::new(""));
                found.map_err(|error| error.in_column(entities.name()))
            }
            _ => Ok(true),
        }
    }

    /// The chunks of the wanted columns, but not of those that are fetched late; none of a row group without rows.
    pub(crate) fn wanted_chunks(&self, row_group: usize) -> impl Iterator<Item = &Chunk> {
        self.chunks(row_group, false)
    }

    /// The chunks of columns that are fetched late, or of all others.
    fn chunks(&self, row_group: usize, is_late: bool) -> impl Iterator<Item = &Chunk> {
        let group = self.walked.row_groups.get(row_group).filter(|(rows, _)| *rows > 0);
        let chunks = group.map(|(_, chunks)| chunks);
        let columns = self.forms().zip(&self.plan.needs);
        let columns = columns.filter(move |(_, need)| (**need == Need::Late) == is_late);
        let leaves = columns.flat_map(|((_, form), _)| leaves(form));
        leaves.filter_map(move |(leaf, _)| chunks?.get(leaf))
    }

    /// The columns that are read: names and forms.
    fn forms(&self) -> impl Iterator<Item = (&str, Form)> {
        let roots = self.plan.places.iter().filter_map(|place| self.walked.schema.roots.get(*place));
        roots.map(|root| (root.name.as_str(), root.form))
    }

    /// Reads a row group from what was fetched of it, block by block.
    pub fn read(
        &mut self,
        row_group: usize,
        fetched: &Sparse,
        mut take: impl FnMut(&ChargeBlock<'_>) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        // Not generic, so that it is compiled here, for speed, whoever calls it.
        self.read_group(row_group, fetched, &mut take).map_err(|error| error.in_row_group(row_group))
    }

    #[inline(never)]
    fn read_group(
        &mut self,
        row_group: usize,
        fetched: &Sparse,
        take: &mut dyn FnMut(&ChargeBlock<'_>) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let (rows, chunks) = self
            .walked
            .row_groups
            .get(row_group)
            .ok_or(DecodeError::Truncated("there is no such row group"))?;
        if *rows == 0 {
            return Ok(());
        }
        let mut held = 0_u64;
        let mut readers = Vec::with_capacity(self.plan.places.len());
        let wants_late = self.wants_late(row_group, fetched)?;
        for (((name, form), column), need) in self.forms().zip(self.plan.batch.lanes()).zip(&self.plan.needs)
        {
            if *need == Need::Late && !wants_late {
                readers.push(Reader::Absent);
                continue;
            }
            let mut open = |leaf: usize, per_row: u64| {
                let (opened, cost) = self.open_leaf(leaf, rows.saturating_mul(per_row), chunks, fetched)?;
                held = held.saturating_add(cost);
                Ok::<_, DecodeError>(opened)
            };
            let opened = match form {
                Form::Flat(leaf) => (open(leaf, 1)?, None),
                Form::Map(key, value) => {
                    (open(key, limits::MAP_VALUES)?, Some(open(value, limits::MAP_VALUES)?))
                }
                Form::Other => {
                    let found = "nested".to_owned();
                    return Err(DecodeError::WrongType { column: name.to_owned(), found });
                }
            };
            readers.push(Reader::new(column, opened)?);
        }
        let Plan { batch, charges, needs, .. } = &mut self.plan;
        let Held { rows: most, batch_texts, scratch, .. } = batch.held;
        if held > scratch {
            return Err(DecodeError::TooLarge { thing: "what a row group unpacks to", limit: scratch });
        }
        for column in batch.lanes_mut() {
            if let Column::Units(lane) = column {
                lane.begin_chunk();
            }
        }
        let mut columns: Vec<(Reader, Need, u64)> =
            readers.into_iter().zip(needs.iter().copied()).map(|(reader, need)| (reader, need, 0)).collect();
        for ((reader, need, _), lane) in columns.iter_mut().zip(batch.lanes_mut()) {
            if *need == Need::SplitRows && reader.may_hold(&SPLIT, lane)? {
                *need = Need::Always;
            }
        }
        let mut left = *rows;
        while left > 0 {
            let now = left.min(most as u64) as usize;
            batch.begin(now);
            let mut budget = batch_texts;
            for ((reader, need, _), lane) in columns.iter_mut().zip(batch.lanes_mut()) {
                if matches!(need, Need::Always | Need::Late) {
                    reader.read(now, lane, &mut budget)?;
                }
            }
            let (is_seldom, is_marketplace) = (charges.sort(batch)?, has_marketplace(batch));
            for ((reader, need, behind), lane) in columns.iter_mut().zip(batch.lanes_mut()) {
                let is_needed = match need {
                    Need::Always | Need::Late | Need::Amount(_) => continue,
                    Need::Seldom => is_seldom,
                    Need::Marketplace => is_marketplace,
                    Need::SplitRows => false,
                };
                if is_needed {
                    reader.skip(std::mem::take(behind), lane)?;
                    reader.read(now, lane, &mut budget)?;
                } else {
                    lane.set_absent();
                    *behind = behind.saturating_add(now as u64);
                }
            }
            charges.part(batch);
            for ((reader, need, _), lane) in columns.iter_mut().zip(batch.lanes_mut()) {
                if let Need::Amount(field) = need {
                    reader.read_amounts(now, charges.wanted(*field), lane)?;
                }
            }
            take(&charges.of(batch))?;
            left = left.saturating_sub(now as u64);
        }
        columns.iter().try_for_each(|(reader, _, _)| reader.end())
    }

    /// A leaf's chunk, checked page by page; with the bytes that reading it holds at once.
    fn open_leaf(
        &self,
        leaf: usize,
        most: u64,
        chunks: &[Chunk],
        fetched: &Sparse,
    ) -> Result<(OpenLeaf, u64), DecodeError> {
        let missing = DecodeError::Truncated("a column");
        let chunk = chunks.get(leaf).ok_or(missing.clone())?;
        let kind = self.walked.schema.leaves.get(leaf).copied().ok_or(missing)?;
        let range = chunk.start..chunk.start.saturating_add(chunk.length);
        let bytes = fetched.find(&range).ok_or(DecodeError::Truncated("a part was not fetched"))?;
        let name = self.walked.schema.name_of(leaf).to_owned();
        let cost = pages::check(&bytes, chunk, most).map_err(|error| error.in_column(&name))?;
        Ok((OpenLeaf { leaf: kind, name, bytes, chunk: *chunk, is_coded: cost.is_coded }, cost.held))
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl ReportFile {
    /// Rows of a row group.
    pub(crate) fn rows_of(&self, row_group: usize) -> u64 {
        self.walked.row_groups.get(row_group).map_or(0, |(rows, _)| *rows)
    }

    /// The leaf and the bytes of a plain column.
    pub(crate) fn chunk_of(&self, row_group: usize, field: Field_) -> Option<(usize, Range<u64>)> {
        let root = self.walked.schema.roots.get(self.plan.bound.find(field)?)?;
        let Form::Flat(leaf) = root.form else { return None };
        let (_, chunks) = self.walked.row_groups.get(row_group)?;
        let chunk = chunks.get(leaf)?;
        Some((leaf, chunk.start..chunk.start.saturating_add(chunk.length)))
    }

    /// A reader of a plain column by itself; none where the file has no such column, or days are no days.
    pub(crate) fn open_field(
        &self,
        row_group: usize,
        field: Field_,
        fetched: &Sparse,
    ) -> Result<Option<OpenField>, DecodeError> {
        let rows = self.rows_of(row_group);
        let (Some((leaf, _)), Some((_, chunks))) =
            (self.chunk_of(row_group, field), self.walked.row_groups.get(row_group))
        else {
            return Ok(None);
        };
        let (open, _) = self.open_leaf(leaf, rows, chunks, fetched)?;
        Ok(Some(match field {
            Field_::Start | Field_::End => OpenField::Days(open.reader()?),
            _ => OpenField::Texts(open.reader()?),
        }))
    }
}

/// A plain column that is read by itself.
pub(crate) enum OpenField {
    Days(LeafReader<DayLane>),
    Texts(LeafReader<TextLane>),
}

impl OpenField {
    pub(crate) fn days(&mut self, rows: usize, lane: &mut DayLane) -> Result<(), DecodeError> {
        match self {
            Self::Days(reader) => reader.read(rows, lane),
            Self::Texts(_) => Err(DecodeError::Truncated("a column")),
        }
    }

    pub(crate) fn texts(&mut self, rows: usize, lane: &mut TextLane) -> Result<(), DecodeError> {
        match self {
            Self::Texts(reader) => reader.read(rows, lane),
            Self::Days(_) => Err(DecodeError::Truncated("a column")),
        }
    }
}

/// Where a chunk lies.
pub(crate) const fn range_of(chunk: &Chunk) -> Range<u64> {
    chunk.start..chunk.start.saturating_add(chunk.length)
}

/// Leaves of a root column, and how many values each may have per row.
fn leaves(form: Form) -> impl Iterator<Item = (usize, u64)> {
    let (first, second, per_row) = match form {
        Form::Flat(leaf) => (Some(leaf), None, 1),
        Form::Map(key, value) => (Some(key), Some(value), limits::MAP_VALUES),
        Form::Other => (None, None, 0),
    };
    first.into_iter().chain(second).map(move |leaf| (leaf, per_row))
}

/// A leaf with its checked bytes.
struct OpenLeaf {
    leaf: Leaf,
    name: String,
    bytes: Bytes,
    chunk: Chunk,
    is_coded: bool,
}

impl OpenLeaf {
    fn reader<L: Lane>(self) -> Result<LeafReader<L>, DecodeError> {
        LeafReader::new(self.leaf, &self.name, self.bytes, &self.chunk, self.is_coded)
    }
}

/// The readers of a root column.
enum Reader {
    Texts(LeafReader<TextLane>),
    Units(LeafReader<UnitLane>),
    Days(LeafReader<DayLane>),
    Map(LeafReader<TextLane>, Box<LeafReader<TextLane>>),
    /// Of a column that no row needs.
    Absent,
}

impl Reader {
    fn new(column: &Column, (first, second): (OpenLeaf, Option<OpenLeaf>)) -> Result<Self, DecodeError> {
        if first.leaf.physical == Physical::Boolean && !matches!(column, Column::Texts(_)) {
            let found = first.leaf.physical.name().to_owned();
            return Err(DecodeError::WrongType { column: first.name, found });
        }
        Ok(match (column, second) {
            (Column::Map(_), Some(values)) => Self::Map(first.reader()?, Box::new(values.reader()?)),
            (Column::Texts(_), None) => Self::Texts(first.reader()?),
            (Column::Units(_), None) => Self::Units(first.reader()?),
            (Column::Days(_), None) => Self::Days(first.reader()?),
            _ => return Err(DecodeError::WrongType { column: first.name, found: "map".to_owned() }),
        })
    }

    fn read(&mut self, rows: usize, column: &mut Column, budget: &mut usize) -> Result<(), DecodeError> {
        self.read_rows(rows, column, budget).map_err(|error| error.in_column(self.name()))
    }

    /// Reads amounts of some rows, or of all.
    fn read_amounts(
        &mut self,
        rows: usize,
        wanted: Option<&[u32]>,
        column: &mut Column,
    ) -> Result<(), DecodeError> {
        let read = match (&mut *self, column, wanted) {
            (Self::Units(reader), Column::Units(lane), None) => reader.read(rows, lane),
            (Self::Units(reader), Column::Units(lane), Some(wanted)) => reader.read_some(rows, wanted, lane),
            _ => Err(DecodeError::Truncated("a column")),
        };
        read.map_err(|error| error.in_column(self.name()))
    }

    /// Whether a column of texts may hold any of these.
    fn may_hold(&mut self, texts: &[&str], column: &mut Column) -> Result<bool, DecodeError> {
        let found = match (&mut *self, column) {
            (Self::Texts(reader), Column::Texts(lane)) => reader.may_hold(texts, lane),
            _ => Ok(true),
        };
        found.map_err(|error| error.in_column(self.name()))
    }

    fn read_rows(&mut self, rows: usize, column: &mut Column, budget: &mut usize) -> Result<(), DecodeError> {
        match (self, column) {
            (Self::Texts(reader), Column::Texts(lane)) => {
                within(lane, budget, |lane| reader.read(rows, lane))
            }
            (Self::Units(reader), Column::Units(lane)) => reader.read(rows, lane),
            (Self::Days(reader), Column::Days(lane)) => reader.read(rows, lane),
            (Self::Absent, column) => {
                column.set_absent();
                Ok(())
            }
            (Self::Map(keys, values), Column::Map(map)) => {
                let MapLane { keys: key_lane, values: value_lane, starts, .. } = map.as_mut();
                within(key_lane, budget, |lane| keys.read_entries(rows, lane, starts))?;
                let mut others = Vec::new();
                within(value_lane, budget, |lane| values.read_entries(rows, lane, &mut others))?;
                if *starts != others {
                    return Err(DecodeError::Truncated("the keys and values of a map differ in number"));
                }
                map.settle();
                Ok(())
            }
            _ => Err(DecodeError::Truncated("a column")),
        }
    }

    /// Passes over rows of a column of texts.
    fn skip(&mut self, rows: u64, column: &mut Column) -> Result<(), DecodeError> {
        let skipped = match (&mut *self, column) {
            (Self::Texts(reader), Column::Texts(lane)) => {
                lane.allow(limits::BATCH_TEXTS);
                reader.skip(rows, lane)
            }
            _ => Err(DecodeError::Truncated("a column")),
        };
        skipped.map_err(|error| error.in_column(self.name()))
    }

    /// All rows of the group were read.
    fn end(&self) -> Result<(), DecodeError> {
        let end = match self {
            Self::Texts(reader) => reader.end(),
            Self::Map(keys, values) => keys.end().and_then(|()| values.end()),
            Self::Units(reader) => reader.end(),
            Self::Days(reader) => reader.end(),
            Self::Absent => Ok(()),
        };
        end.map_err(|error| error.in_column(self.name()))
    }

    fn name(&self) -> &str {
        match self {
            Self::Texts(reader) | Self::Map(reader, _) => reader.name(),
            Self::Units(reader) => reader.name(),
            Self::Days(reader) => reader.name(),
            Self::Absent => "",
        }
    }
}

/// Reads texts within what is left of the batch's budget.
fn within(
    lane: &mut TextLane,
    budget: &mut usize,
    read: impl FnOnce(&mut TextLane) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let before = lane.dictionary().bytes();
    lane.allow(*budget);
    read(lane)?;
    *budget = budget.saturating_sub(lane.dictionary().bytes().saturating_sub(before));
    Ok(())
}
