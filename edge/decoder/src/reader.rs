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

/// Parts that a part is cut into whose reader died, or that holds too much: each of them needs less.
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
    /// Columns its manifest lists.
    pub columns: &'a [String],
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
    let Question { piece, period, size, columns, splits, limits } = *question;
    if size == 0 {
        return Err(DecodeError::NotParquet.into());
    }
    let dimensions = part_dimensions(&piece.tracked_tags);
    let mut range = first_range(size);
    let mut tail = source.fetch(range.clone()).await?;
    let mut file = loop {
        let opened = ReportFile::open_within(limits.file, &tail, size, &dimensions, &METRICS, Some(period));
        match opened {
            Err(DecodeError::NotParquet) => return Err(without_end(source, size).await),
            Err(error) => return Err(error.into()),
            Ok(Opened::File(file)) => break file,
            Ok(Opened::Need(wider)) if wider.start < range.start => {
                let before = wider.start..range.start;
                let mut pieces: Vec<Bytes> =
                    fetch(source, &[before]).await?.into_iter().map(|(_, bytes)| bytes).collect();
                pieces.push(tail);
                tail = pieces.concat().into();
                range = wider;
            }
            Ok(Opened::Need(_)) => return Err(DecodeError::Truncated("the footer").into()),
        }
    };
    drop(tail);
    file.expect(columns)?;
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
    let mut roll_up = PartRollUp::new(period, &piece.tracked_tags).within(limits.partial);
    let mut fetched = Sparse::new(size);
    for (row_group, length) in (from..until).zip(&lengths) {
        fetched.clear();
        within(*length)?;
        // Whether a report has one row a month shows in its first rows.
        let is_first = row_group == from;
        let place = row_group as usize;
        let ranges = if is_first { file.ranges_with_lengths(place) } else { file.ranges(place) };
        for (start, bytes) in fetch(source, &ranges).await? {
            fetched.add(start, bytes);
        }
        // What was fetched tells whether there is a need of more.
        let late = file.late_ranges(place, &fetched)?;
        let lengths_of = late.iter().map(|range| range.end.saturating_sub(range.start));
        within(lengths_of.fold(*length, u64::saturating_add))?;
        for (start, bytes) in fetch(source, &late).await? {
            fetched.add(start, bytes);
        }
        if is_first {
            roll_up.look(file.lengths(place, &fetched)?);
        }
        let mut read = file.read(place, &fetched, |block| roll_up.add(block));
        if read.is_ok() && row_group.saturating_add(1) == until {
            read = roll_up.end();
        }
        if let Err(error) = read {
            let ranges = cut(from, &lengths, total.div_ceil(PIECES));
            // Less of it may do; a single row group is as little as can be read.
            return if roll_up.is_full() && ranges.len() > 1 {
                Ok(Outcome::Split(ranges))
            } else {
                Err(error.into())
            };
        }
    }
    let (bytes, counts) = roll_up.finish()?;
    if counts.is_doubtful() {
        let value = format!("{} of {} rows", counts.rejected, counts.rows);
        return Err(DecodeError::BadValue { column: "of costs".to_owned(), value }.into());
    }
    Ok(Outcome::Partial(bytes, counts))
}

/// Refuses more bytes of a row group than there is room for.
fn within(length: u64) -> Result<(), DecodeError> {
    let thing = "what is read of a row group";
    let error = DecodeError::TooLarge { thing, limit: limits::ROW_GROUP };
    if length > limits::ROW_GROUP { Err(error) } else { Ok(()) }
}

/// What a file is that does not end as Parquet does: cut off where it begins as one, else something else.
async fn without_end(source: &dyn Source, size: u64) -> Failure {
    const MAGIC: &[u8] = b"PAR1";
    match source.fetch(0..size.min(MAGIC.len() as u64)).await {
        Ok(head) if size > MAGIC.len() as u64 && head == MAGIC => {
            DecodeError::Truncated("its end is missing").into()
        }
        Ok(_) => DecodeError::NotParquet.into(),
        Err(failure) => failure,
    }
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
    use futures_util::FutureExt;

    use super::*;

    struct Held(Bytes);

    impl Source for Held {
        fn fetch(&self, range: Range<u64>) -> LocalBoxFuture<'_, Result<Bytes, Failure>> {
            let place = |at: u64| usize::try_from(at).unwrap();
            std::future::ready(Ok(self.0.slice(place(range.start)..place(range.end)))).boxed_local()
        }
    }

    // The words stand in Settings, Report and in the mail, so they must tell a cut file from what never was one.
    #[test]
    fn a_file_without_its_end_is_called_truncated_and_any_other_no_parquet() {
        let check = |bytes: &[u8], words: &str| {
            let piece = Piece {
                key: "r/r-1.parquet".to_owned(),
                etag: "\"1\"".to_owned(),
                row_groups: None,
                tracked_tags: Vec::new(),
            };
            let (period, size) = ("2026-10".parse().unwrap(), bytes.len() as u64);
            let limits = Limits::default();
            let question = Question { piece: &piece, period, size, columns: &[], splits: false, limits };
            let outcome = read(&Held(Bytes::copy_from_slice(bytes)), &question).now_or_never().unwrap();
            match outcome.unwrap_err() {
                Failure::Theirs(FailureCause::Refused, found) => assert_eq!(found, words),
                other => panic!("{other:?}"),
            }
        };
        let truncated = "The file is truncated or damaged: its end is missing.";
        check(b"PAR1 and half of the pages", truncated);
        check(&[b"PAR1".as_slice(), &vec![7; 3 * 1024 * 1024]].concat(), truncated);
        let none = "This is no Parquet file.";
        check(b"<html><body>Not a report</body></html>", none);
        check(b"identity/LineItemId,bill/InvoiceId", none);
        check(b"PAR1", none);
        check(b"PA", none);
        check(b"", none);
    }

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
