//! A report file, read by ranges and rolled up. Where the ranges come from is the caller's: whoever counts requests or
//! bytes stands in between.

use std::ops::Range;

use aws::{AwsError, ErrorKind};
use bytes::Bytes;
use engine::error::Error;
use engine::ingest::protocol::{FailureCause, Piece};
use futures_util::future::LocalBoxFuture;
use ledger::roll_up::{METRICS, part_dimensions};
use ledger::{Counts, DecodeError, Opened, PartRollUp, ReportFile, Sparse, first_range, limits};
use shared::BillingPeriod;

use crate::fetch::fetch;
use crate::world::Limits;

/// Parts that a part is cut into whose reader died: each of them needs less.
const PIECES: u64 = 4;

/// Bytes of one file.
pub trait Source {
    /// Exactly these bytes, by one request. Several are asked for at once.
    fn fetch(&self, range: Range<u64>) -> LocalBoxFuture<'_, Result<Bytes, Failure>>;
}

/// Why a part was not read.
#[derive(Debug)]
pub enum Failure {
    /// The file or AWS.
    Theirs(FailureCause, String),
    /// We.
    Ours(Error),
    /// Nobody wants it any more.
    Late,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Theirs(FailureCause::Refused, sentence(&error.to_string()))
    }
}

impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        let cause = match error.kind {
            ErrorKind::Changed => FailureCause::Changed,
            ErrorKind::NotFound => FailureCause::Missing,
            ErrorKind::Denied(_) => FailureCause::Denied,
            _ => FailureCause::Upstream,
        };
        Self::Theirs(cause, error.to_string())
    }
}

/// Words of an error as a sentence.
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    // ASCII only: all words here begin so, and the tables of every script's capitals take 11 KB.
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.map(|first| format!("{first}{}.", letters.as_str())).unwrap_or_default()
}

/// What to read, and how.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Which bytes of which file, and its tag keys.
    pub piece: &'a Piece,
    /// Billing period the manifest names.
    pub period: BillingPeriod,
    /// Bytes of the file.
    pub size: u64,
    /// Whether to cut it in any case.
    pub splits: bool,
    /// How large things may be.
    pub limits: Limits,
}

/// What reading came to.
#[derive(Debug)]
pub enum Outcome {
    /// A partial's bytes, with its counts.
    Partial(Vec<u8>, Counts),
    /// It is too much for one message: these row groups each.
    Split(Vec<(u32, u32)>),
}

/// Reads a part, or says how it is to be cut.
pub async fn read(source: &dyn Source, question: &Question<'_>) -> Result<Outcome, Failure> {
    let Question { piece, period, size, splits, limits } = *question;
    if size == 0 {
        return Err(DecodeError::NotParquet.into());
    }
    let dimensions = part_dimensions(&piece.tracked_tags);
    let mut range = first_range(size);
    let mut tail = source.fetch(range.clone()).await?;
    let mut file = loop {
        match ReportFile::open_within(limits.file, &tail, size, &dimensions, &METRICS, Some(period))? {
            Opened::File(file) => break file,
            Opened::Need(wider) if wider.start < range.start => {
                let before = wider.start..range.start;
                let mut pieces: Vec<Bytes> =
                    fetch(source, &[before]).await?.into_iter().map(|(_, bytes)| bytes).collect();
                pieces.push(tail);
                tail = pieces.concat().into();
                range = wider;
            }
            Opened::Need(_) => return Err(DecodeError::Truncated("the footer").into()),
        }
    };
    drop(tail);
    let row_groups = u32::try_from(file.row_groups()).unwrap_or(u32::MAX);
    let (from, until) = piece.row_groups.unwrap_or((0, row_groups));
    let until = until.min(row_groups);
    let lengths: Vec<u64> = (from..until).map(|row_group| file.wanted(row_group as usize)).collect();
    let total = lengths.iter().fold(0, |sum: u64, length| sum.saturating_add(*length));
    let most = if splits { limits.part.min(total.div_ceil(PIECES)) } else { limits.part };
    if total > most {
        let ranges = cut(from, &lengths, most);
        if ranges.len() > 1 {
            return Ok(Outcome::Split(ranges));
        }
    }
    let mut roll_up = PartRollUp::new(period, &piece.tracked_tags);
    let mut fetched = Sparse::new(size);
    for (row_group, length) in (from..until).zip(lengths) {
        fetched.clear();
        if length > limits::ROW_GROUP {
            let thing = "what is read of a row group";
            return Err(DecodeError::TooLarge { thing, limit: limits::ROW_GROUP }.into());
        }
        for (start, bytes) in fetch(source, &file.ranges(row_group as usize)).await? {
            fetched.add(start, bytes);
        }
        file.read(row_group as usize, &fetched, |block| roll_up.add(block))?;
    }
    let (bytes, counts) = roll_up.finish()?;
    if counts.is_doubtful() {
        let value = format!("{} of {} rows", counts.rejected, counts.rows);
        return Err(DecodeError::BadValue { column: "of costs".to_owned(), value }.into());
    }
    Ok(Outcome::Partial(bytes, counts))
}

/// Row groups of these lengths, from a first one on, in ranges of at most so many bytes, but of one row group at least.
fn cut(from: u32, lengths: &[u64], most: u64) -> Vec<(u32, u32)> {
    let mut ranges = Vec::new();
    let (mut start, mut held) = (from, 0_u64);
    for (row_group, length) in (from..).zip(lengths) {
        if row_group > start && held.saturating_add(*length) > most {
            ranges.push((start, row_group));
            (start, held) = (row_group, 0);
        }
        held = held.saturating_add(*length);
    }
    let end = from.saturating_add(u32::try_from(lengths.len()).unwrap_or(u32::MAX));
    if start < end {
        ranges.push((start, end));
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_groups_are_cut_into_ranges_that_fit() {
        let check = |from, lengths: &[u64], most, expect: &[(u32, u32)]| {
            assert_eq!(cut(from, lengths, most), expect, "{lengths:?} by {most}");
        };
        check(0, &[5, 5, 5], 10, &[(0, 2), (2, 3)]);
        check(4, &[5, 5, 5], 5, &[(4, 5), (5, 6), (6, 7)]);
        check(0, &[50, 1, 1], 10, &[(0, 1), (1, 3)]);
        check(0, &[1, 1, 50], 10, &[(0, 2), (2, 3)]);
        check(0, &[0, 0], 0, &[(0, 2)]);
        check(0, &[], 10, &[]);
        check(0, &[u64::MAX, u64::MAX], 10, &[(0, 1), (1, 2)]);
    }
}
