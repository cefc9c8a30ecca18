//! A report file, opened: checked, bound, and read row group by row group from the ranges that were fetched.

use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::DataType;
use bytes::Bytes;
use cube::Dimension;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use shared::BillingPeriod;

use crate::charge::{ChargeBlock, charges};
use crate::error::DecodeError;
use crate::footer::{self, Tail, Walked};
use crate::limits;
use crate::pages;
use crate::schema::{Bound, Dialect, Field_, hinted};
use crate::sparse::Sparse;

/// A file whose footer has been read.
#[derive(Debug)]
pub struct ReportFile {
    size: u64,
    walked: Walked,
    metadata: ArrowReaderMetadata,
    bound: Bound,
    /// Root columns that are read.
    places: Vec<usize>,
    /// Leaves of those columns, with what one may hold per row.
    leaves: Vec<(usize, u64)>,
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
        let metadata: ParquetMetaData = ParquetMetaDataReader::decode_metadata(bytes)?;
        let metadata = Arc::new(metadata);
        let plain = ArrowReaderMetadata::try_new(
            Arc::clone(&metadata),
            ArrowReaderOptions::new().with_skip_arrow_metadata(true),
        )?;
        let bound = Bound::of(plain.schema())?;
        let options =
            ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_schema(hinted(plain.schema()));
        let metadata = ArrowReaderMetadata::try_new(metadata, options)?;
        let wants_resources = dimensions.contains(&Dimension::Resource);
        let wants = |field: Field_| field != Field_::Resource || wants_resources;
        let tracked: Vec<String> = dimensions
            .iter()
            .filter_map(
                |dimension| if let Dimension::Tag(key) = dimension { Some(key.clone()) } else { None },
            )
            .collect();
        let places = bound.wanted(wants, &tracked);
        let leaves = leaves(&metadata, &places);
        Ok(Opened::File(Box::new(Self { size, walked, metadata, bound, places, leaves, dimensions, period })))
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
        let Some((_, chunks)) = self.walked.row_groups.get(row_group) else { return Vec::new() };
        let mut ranges: Vec<Range<u64>> = self
            .leaves
            .iter()
            .filter_map(|(leaf, _)| chunks.get(*leaf))
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
        for (leaf, per_row) in &self.leaves {
            let chunk = chunks.get(*leaf).ok_or(DecodeError::Truncated("a column"))?;
            let range = chunk.start..chunk.start.saturating_add(chunk.length);
            let bytes: Bytes =
                fetched.find(&range).ok_or(DecodeError::Truncated("a part was not fetched"))?;
            pages::check(&bytes, chunk, rows.saturating_mul(*per_row))?;
        }
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), self.places.iter().copied());
        let reader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(fetched.clone(), self.metadata.clone())
                .with_projection(mask)
                .with_row_groups(vec![row_group])
                .with_batch_size(limits::BATCH)
                .build()?;
        let mut read = 0_u64;
        for batch in reader {
            let batch = batch?;
            read = read.saturating_add(batch.num_rows() as u64);
            take(&charges(&batch, &self.bound, &self.places, &self.dimensions, self.period)?)?;
        }
        if read == *rows {
            Ok(())
        } else {
            Err(DecodeError::Truncated("a row group has fewer rows than it says"))
        }
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// Leaves below root columns, and how many values each may have per row.
fn leaves(metadata: &ArrowReaderMetadata, places: &[usize]) -> Vec<(usize, u64)> {
    let schema = metadata.parquet_schema();
    let is_map = |root: usize| {
        metadata
            .schema()
            .fields()
            .get(root)
            .is_some_and(|field| matches!(field.data_type(), DataType::Map(_, _)))
    };
    (0..schema.num_columns())
        .map(|leaf| (leaf, schema.get_column_root_idx(leaf)))
        .filter(|(_, root)| places.contains(root))
        .map(|(leaf, root)| (leaf, if is_map(root) { limits::MAP_VALUES } else { 1 }))
        .collect()
}
