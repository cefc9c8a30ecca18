//! A report file, opened: checked, bound, and read row group by row group from the ranges that were fetched.

use std::ops::Range;

use cube::Dimension;
use shared::BillingPeriod;

use crate::charge::{Batch, ChargeBlock, charges};
use crate::column::Column;
use crate::error::DecodeError;
use crate::footer::{self, Chunk, Tail, Walked};
use crate::leaf::{LeafReader, read_map};
use crate::limits;
use crate::pages;
use crate::schema::{Bound, Dialect, Field_};
use crate::sparse::Sparse;
use crate::tree::Form;

/// A file whose footer has been read.
#[derive(Debug)]
pub struct ReportFile {
    size: u64,
    walked: Walked,
    bound: Bound,
    /// Root columns that are read.
    places: Vec<usize>,
    dimensions: Vec<Dimension>,
    period: Option<BillingPeriod>,
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
    size.saturating_sub(limits::TAIL)..size
}

impl ReportFile {
    /// Opens a file of this size by its last bytes, for these dimensions.
    pub fn open(
        tail: &[u8],
        size: u64,
        dimensions: Vec<Dimension>,
        period: Option<BillingPeriod>,
    ) -> Result<Opened, DecodeError> {
        let place = match footer::locate(tail, size)? {
            Tail::Need(range) => return Ok(Opened::Need(range)),
            Tail::Here(place) => place,
        };
        let bytes = tail.get(place).ok_or(DecodeError::Truncated("the footer"))?;
        let walked = footer::walk(bytes, size)?;
        let bound = Bound::of(&walked.schema)?;
        let wants_resources = dimensions.contains(&Dimension::Resource);
        let wants = |field: Field_| field != Field_::Resource || wants_resources;
        let tracked: Vec<String> = dimensions
            .iter()
            .filter_map(
                |dimension| if let Dimension::Tag(key) = dimension { Some(key.clone()) } else { None },
            )
            .collect();
        let places = bound.wanted(wants, &tracked);
        Ok(Opened::File(Box::new(Self { size, walked, bound, places, dimensions, period })))
    }

    /// What kind of report it is.
    pub fn dialect(&self) -> Dialect {
        self.bound.dialect
    }

    /// Rows of the file.
    pub fn rows(&self) -> u64 {
        self.walked.rows
    }

    /// Row groups of the file.
    pub fn row_groups(&self) -> usize {
        self.walked.row_groups.len()
    }

    /// The bytes a row group is read from: wanted columns, neighbours merged.
    pub fn ranges(&self, row_group: usize) -> Vec<Range<u64>> {
        let Some((rows, chunks)) = self.walked.row_groups.get(row_group) else { return Vec::new() };
        if *rows == 0 {
            return Vec::new();
        }
        let mut ranges: Vec<Range<u64>> = self
            .forms()
            .flat_map(|(_, form)| leaves(form))
            .filter_map(|(leaf, _)| chunks.get(leaf))
            .map(|chunk| chunk.start..chunk.start.saturating_add(chunk.length))
            .collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let mut merged: Vec<Range<u64>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end.saturating_add(limits::GAP) => {
                    last.end = last.end.max(range.end)
                }
                _ => merged.push(range),
            }
        }
        merged
    }

    /// The columns that are read: names and forms.
    fn forms(&self) -> impl Iterator<Item = (&str, Form)> {
        let roots = self.places.iter().filter_map(|place| self.walked.schema.roots.get(*place));
        roots.map(|root| (root.name.as_str(), root.form))
    }

    /// Reads a row group from what was fetched of it, block by block.
    pub fn read(
        &self,
        row_group: usize,
        fetched: &Sparse,
        mut take: impl FnMut(&ChargeBlock) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let (rows, chunks) = self
            .walked
            .row_groups
            .get(row_group)
            .ok_or(DecodeError::Truncated("there is no such row group"))?;
        if *rows == 0 {
            return Ok(());
        }
        let mut readers: Vec<(&str, Readers)> = Vec::with_capacity(self.places.len());
        let mut held = 0_u64;
        for (name, form) in self.forms() {
            let mut opened = Vec::with_capacity(2);
            for (leaf, per_row) in leaves(form) {
                let (reader, cost) = self.open_leaf(leaf, rows.saturating_mul(per_row), chunks, fetched)?;
                held = held.saturating_add(cost);
                opened.push(reader);
            }
            let mut opened = opened.into_iter();
            readers.push(match (opened.next(), opened.next()) {
                (Some(flat), None) => (name, Readers::Flat(flat)),
                (Some(keys), Some(values)) => (name, Readers::Map(keys, Box::new(values))),
                _ => {
                    return Err(DecodeError::WrongType {
                        column: name.to_owned(),
                        found: "nested".to_owned(),
                    });
                }
            });
        }
        if held > limits::SCRATCH {
            return Err(DecodeError::TooLarge {
                thing: "what a row group unpacks to",
                limit: limits::SCRATCH,
            });
        }
        let mut left = *rows;
        while left > 0 {
            let now = left.min(limits::BATCH as u64) as usize;
            let mut budget = limits::BATCH_TEXTS;
            let mut batch = Batch { rows: now, columns: Vec::with_capacity(readers.len()) };
            for (name, reader) in &mut readers {
                batch.columns.push(((*name).to_owned(), reader.next(now, &mut budget)?));
            }
            take(&charges(&batch, &self.bound, &self.places, &self.dimensions, self.period)?)?;
            left = left.saturating_sub(now as u64);
        }
        Ok(())
    }

    /// A leaf's chunk, checked page by page; with the bytes that reading it holds at once.
    fn open_leaf(
        &self,
        leaf: usize,
        most: u64,
        chunks: &[Chunk],
        fetched: &Sparse,
    ) -> Result<(LeafReader, u64), DecodeError> {
        let missing = DecodeError::Truncated("a column");
        let chunk = chunks.get(leaf).ok_or(missing.clone())?;
        let kind = self.walked.schema.leaves.get(leaf).copied().ok_or(missing)?;
        let range = chunk.start..chunk.start.saturating_add(chunk.length);
        let bytes = fetched.find(&range).ok_or(DecodeError::Truncated("a part was not fetched"))?;
        let cost = pages::check(&bytes, chunk, most)?;
        Ok((LeafReader::new(kind, self.walked.schema.name_of(leaf), bytes, chunk), cost.held))
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
    }
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

/// The readers of a root column.
enum Readers {
    Flat(LeafReader),
    Map(LeafReader, Box<LeafReader>),
}

impl Readers {
    fn next(&mut self, rows: usize, budget: &mut usize) -> Result<Column, DecodeError> {
        match self {
            Self::Flat(reader) => reader.read(rows, budget),
            Self::Map(keys, values) => read_map(keys, values, rows, budget),
        }
    }
}
