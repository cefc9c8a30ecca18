//! The parts of a file that were fetched. What was not fetched is missing, never a zero.

use std::ops::Range;

use bytes::Bytes;

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
