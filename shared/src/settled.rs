//! Up to which day figures of AWS are complete.

use crate::{Day, Timestamp};

/// Hours after which AWS has told what was used at a moment: Cost Explorer and reports lag by up to a day.
pub const LAG_HOURS: i64 = 24;

/// The UTC day after the last one that was complete when AWS was asked, or delivered, at this moment. The day before a
/// question still fills up: taken for complete, it would look like a fall in cost.
pub fn complete_until(as_of: Timestamp) -> Day {
    let lag = LAG_HOURS.saturating_mul(3_600);
    // No moment before the calendar's first is older than a day.
    Timestamp::from_second(as_of.as_second().saturating_sub(lag)).map_or(Day::of(as_of), Day::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_complete_a_day_after_its_end() {
        let check = |as_of: &str, last: &str| {
            let until = complete_until(as_of.parse().unwrap());
            assert_eq!(until.plus(-1).to_string(), last, "{as_of}");
        };
        check("2026-11-23T09:00:00Z", "2026-11-21");
        check("2026-11-23T23:59:59Z", "2026-11-21");
        check("2026-11-24T00:00:00Z", "2026-11-22");
        // A minute into a month neither its first day is complete, nor the last one of the month before.
        check("2026-12-01T00:01:00Z", "2026-11-29");
        check("2027-01-01T12:00:00Z", "2026-12-30");
    }
}
