//! The parts of a file that were fetched, as the Parquet library wants to read them. What was not fetched is an error,
//! never a zero.

use std::io::Cursor;
use std::ops::Range;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

/// Pieces of a file by place.
#[derive(Clone, Debug, Default)]
pub struct Sparse {
    size: u64,
    pieces: Vec<(u64, Bytes)>,
}

impl Sparse {
    /// A file of this size of which nothing is known yet.
    pub const fn new(size: u64) -> Self {
        Self { size, pieces: Vec::new() }
    }

    /// A whole file.
    pub fn whole(bytes: Bytes) -> Self {
        Self { size: bytes.len() as u64, pieces: vec![(0, bytes)] }
    }

    /// Adds a piece.
    pub fn add(&mut self, start: u64, bytes: Bytes) {
        self.pieces.push((start, bytes));
    }

    /// Forgets all pieces, for the next row group.
    pub fn clear(&mut self) {
        self.pieces.clear();
    }

    /// Bytes of the whole file.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// A range, if one piece holds it whole.
    pub fn find(&self, range: &Range<u64>) -> Option<Bytes> {
        self.pieces.iter().find_map(|(start, bytes)| {
            let from = usize::try_from(range.start.checked_sub(*start)?).ok()?;
            let to = usize::try_from(range.end.checked_sub(*start)?).ok()?;
            (from <= to && to <= bytes.len()).then(|| bytes.slice(from..to))
        })
    }
}

impl Length for Sparse {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Sparse {
    type T = Cursor<Bytes>;

    fn get_read(&self, start: u64) -> Result<Cursor<Bytes>, ParquetError> {
        let piece = self.pieces.iter().find_map(|(first, bytes)| {
            let from = usize::try_from(start.checked_sub(*first)?).ok()?;
            (from < bytes.len()).then(|| bytes.slice(from..))
        });
        piece.map(Cursor::new).ok_or_else(missing)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.checked_add(length as u64).ok_or_else(missing)?;
        self.find(&(start..end)).ok_or_else(missing)
    }
}

fn missing() -> ParquetError {
    ParquetError::EOF("this part of the file was not fetched".to_owned())
}
