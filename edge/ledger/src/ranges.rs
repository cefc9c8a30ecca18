//! Which bytes one request fetches. What lies between two wanted chunks is fetched along where that saves a request and
//! costs next to nothing: the smallest gaps first, until they come to a fiftieth of what is wanted.

use std::ops::Range;

use shared::order;

use crate::limits;

/// Wanted chunks as ranges to fetch, in the order of the file.
pub fn of(chunks: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let ranges = joined(chunks);
    let wanted = ranges.iter().fold(0_u64, |sum, range| sum.saturating_add(length(range)));
    let largest = largest_gap(&ranges, limits::GAPS.max(wanted / limits::GAPS_SHARE));
    together(ranges, |last, next| {
        next.start.saturating_sub(last.end) <= largest && next.end.saturating_sub(last.start) <= limits::RANGE
    })
}

/// Wanted chunks in the order of the file; those that overlap are one, so that no byte is named twice.
pub fn joined(chunks: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let start = |place: usize| chunks.get(place).map(|chunk| chunk.start);
    let order = order::places(chunks.len(), &|a, b| start(a).cmp(&start(b)));
    let chunks = order.into_iter().filter_map(|place| chunks.get(place).cloned());
    together(chunks, |last, next| next.start < last.end)
}

/// The gaps that are fetched along have at most so many bytes each.
fn largest_gap(ranges: &[Range<u64>], allowed: u64) -> u64 {
    let next = ranges.iter().skip(1);
    let gaps: Vec<u64> =
        ranges.iter().zip(next).map(|(last, next)| next.start.saturating_sub(last.end)).collect();
    let mut sum = 0_u64;
    // Of equal gaps all or none, so that the answer does not hang on their order.
    let mut largest = 0;
    for gap in order::distinct(gaps.iter().copied()) {
        let equal = gaps.iter().filter(|other| **other == gap);
        sum = equal.fold(sum, |sum, gap| sum.saturating_add(*gap));
        if sum > allowed {
            break;
        }
        largest = gap;
    }
    largest
}

fn together(
    ranges: impl IntoIterator<Item = Range<u64>>,
    belongs: impl Fn(&Range<u64>, &Range<u64>) -> bool,
) -> Vec<Range<u64>> {
    let mut all: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match all.last_mut() {
            Some(last) if belongs(last, &range) => last.end = last.end.max(range.end),
            _ => all.push(range),
        }
    }
    all
}

fn length(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "a single range is an answer")]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn check(chunks: &[Range<u64>], expect: &[Range<u64>]) {
        assert_eq!(of(chunks.to_vec()), expect, "{chunks:?}");
    }

    #[test]
    fn neighbours_are_one_request() {
        check(&[], &[]);
        check(&[4..10], &[4..10]);
        check(&[10..20, 4..10], &[4..20]);
        check(&[4..10, 12..20], &[4..20]);
        // What two columns claim is fetched once, however large.
        check(&[4..9 * MIB, 4..9 * MIB, 100..200], &[4..9 * MIB]);
    }

    #[test]
    fn of_small_files_gaps_of_32_kib_are_fetched_along() {
        check(&[0..10, 32_000..32_010], &[0..32_010]);
        check(&[0..10, 33_000..33_010], &[0..10, 33_000..33_010]);
        // Both gaps together are too much: the smaller one goes along.
        check(&[0..10, 20_000..20_010, 35_010..35_020], &[0..10, 20_000..35_020]);
    }

    #[test]
    fn of_large_ones_gaps_of_a_fiftieth_are() {
        // 4 MiB are wanted, so 83,886 bytes may go along: the gaps of 5,000 and 10,000, not that of 75,000 too.
        let starts = [0, MIB + 75_000, 2 * MIB + 80_000, 3 * MIB + 90_000];
        let chunks = starts.map(|start| start..start + MIB);
        check(&chunks, &[chunks[0].clone(), chunks[1].start..chunks[3].end]);
    }

    #[test]
    fn a_request_has_at_most_4_mib_unless_a_chunk_has_more() {
        check(&[0..3 * MIB, 3 * MIB..6 * MIB], &[0..3 * MIB, 3 * MIB..6 * MIB]);
        check(&[0..3 * MIB, 3 * MIB..4 * MIB], &[0..4 * MIB]);
        check(&[0..30 * MIB, 30 * MIB..31 * MIB], &[0..30 * MIB, 30 * MIB..31 * MIB]);
    }

    #[test]
    fn what_is_fetched_along_never_passes_what_is_allowed() {
        let mut number = 7_u64;
        let mut below = |limit: u64| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (number >> 33) % limit
        };
        for _ in 0..1_000 {
            let (mut at, mut chunks) = (0, Vec::new());
            for _ in 0..below(60) {
                at += below(300_000);
                let end = at + 1 + below(900_000);
                chunks.push(at..end);
                at = end;
            }
            let wanted: u64 = chunks.iter().map(length).sum();
            let found = of(chunks.clone());
            let fetched: u64 = found.iter().map(length).sum();
            assert!(fetched <= wanted + limits::GAPS.max(wanted / limits::GAPS_SHARE), "{chunks:?}");
            let holds = |chunk: &Range<u64>| {
                found.iter().any(|range| range.start <= chunk.start && chunk.end <= range.end)
            };
            assert!(chunks.iter().all(holds), "{chunks:?}");
        }
    }
}
