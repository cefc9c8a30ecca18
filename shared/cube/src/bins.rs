//! How a range is cut into bins.

use shared::{Day, DayRange};

use crate::BinBy;

/// The pieces of a range, in order, cut to it.
pub fn cut(range: DayRange, bin: BinBy) -> Vec<DayRange> {
    let mut pieces = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let end = end_of(start, bin, range).min(range.end).max(start.plus(1));
        pieces.push(DayRange::new(start, end));
        start = end;
    }
    pieces
}

fn end_of(day: Day, bin: BinBy, range: DayRange) -> Day {
    let period = day.period();
    match bin {
        BinBy::Day => day.plus(1),
        BinBy::Week => day.week_start().plus(7),
        BinBy::Month => period.days().end,
        BinBy::Quarter => period.plus(3 - (i32::from(period.month()) - 1) % 3).first_day(),
        BinBy::Year => period.plus(13 - i32::from(period.month())).first_day(),
        BinBy::Whole => range.end,
    }
}

/// For each day of a range the place of its bin.
pub fn places(range: DayRange, pieces: &[DayRange]) -> Vec<u32> {
    let mut places = Vec::with_capacity(usize::try_from(range.len()).unwrap_or(0));
    for (place, piece) in (0_u32..).zip(pieces) {
        places.extend(piece.days().map(|_| place));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(range: (&str, &str), bin: BinBy, expect: &[&str]) {
        let range = DayRange::new(range.0.parse().unwrap(), range.1.parse().unwrap());
        let starts: Vec<String> = cut(range, bin).iter().map(|piece| piece.start.to_string()).collect();
        assert_eq!(starts, expect, "{bin:?}");
        assert_eq!(cut(range, bin).iter().map(|piece| piece.len()).sum::<i32>(), range.len());
        assert_eq!(places(range, &cut(range, bin)).len() as i32, range.len());
    }

    #[test]
    fn ranges_are_cut_at_calendar_borders() {
        check(("2026-11-20", "2026-11-23"), BinBy::Day, &["2026-11-20", "2026-11-21", "2026-11-22"]);
        check(("2026-11-19", "2026-12-01"), BinBy::Week, &["2026-11-19", "2026-11-23", "2026-11-30"]);
        check(
            ("2026-10-15", "2027-01-02"),
            BinBy::Month,
            &["2026-10-15", "2026-11-01", "2026-12-01", "2027-01-01"],
        );
        check(
            ("2026-05-01", "2027-01-02"),
            BinBy::Quarter,
            &["2026-05-01", "2026-07-01", "2026-10-01", "2027-01-01"],
        );
        check(("2025-12-31", "2026-01-02"), BinBy::Year, &["2025-12-31", "2026-01-01"]);
        check(("2025-12-31", "2026-01-02"), BinBy::Whole, &["2025-12-31"]);
        check(("2025-12-31", "2025-12-31"), BinBy::Whole, &[]);
    }
}
