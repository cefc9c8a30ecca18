//! Ranges of a file, several at once.

use std::ops::Range;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use ledger::{DecodeError, limits};

use crate::reader::{Failure, Source};

/// Requests at once: as many connections as a Worker may have open.
const AT_ONCE: usize = 6;

/// Fetches ranges, in requests of at most [`limits::RANGE`] bytes. Answers count in the order of their requests, so never
/// more than six of them are held besides what is whole already.
pub async fn fetch(source: &dyn Source, ranges: &[Range<u64>]) -> Result<Vec<(u64, Bytes)>, Failure> {
    let requests = ranges.iter().flat_map(|range| slices(range).map(move |slice| (range, slice)));
    let ask = |(range, slice): (_, Range<u64>)| async move {
        source.fetch(slice.clone()).await.map(|bytes| (range, slice, bytes))
    };
    let mut answers = stream::iter(requests).map(ask).buffered(AT_ONCE);
    let mut pieces = Vec::with_capacity(ranges.len());
    let mut joined = Vec::new();
    while let Some((range, slice, bytes)) = answers.try_next().await? {
        if slice == *range {
            pieces.push((range.start, bytes));
            continue;
        }
        if slice.start == range.start {
            joined = reserved(range)?;
        }
        joined.extend_from_slice(&bytes);
        if slice.end == range.end {
            pieces.push((range.start, std::mem::take(&mut joined).into()));
        }
    }
    Ok(pieces)
}

/// A range in requests.
fn slices(range: &Range<u64>) -> impl Iterator<Item = Range<u64>> + use<> {
    let Range { start, end } = *range;
    std::iter::successors(Some(start), |at| Some(at.saturating_add(limits::RANGE)))
        .take_while(move |at| *at < end)
        .map(move |at| at..end.min(at.saturating_add(limits::RANGE)))
}

/// Room for a range.
fn reserved(range: &Range<u64>) -> Result<Vec<u8>, DecodeError> {
    let mut room = Vec::new();
    let length = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
    let too_large = DecodeError::TooLarge { thing: "what is read of a row group", limit: limits::ROW_GROUP };
    room.try_reserve_exact(length).map_err(|_| too_large)?;
    Ok(room)
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "a single range is an answer")]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_into_requests() {
        const STEP: u64 = limits::RANGE;
        let check = |range: Range<u64>, expect: &[Range<u64>]| {
            assert_eq!(slices(&range).collect::<Vec<_>>(), expect, "{range:?}");
        };
        check(3..10, &[3..10]);
        check(3..3 + STEP, &[3..3 + STEP]);
        check(3..4 + STEP, &[3..3 + STEP, 3 + STEP..4 + STEP]);
        check(3..3, &[]);
        check(u64::MAX - 1..u64::MAX, &[u64::MAX - 1..u64::MAX]);
    }
}
