//! Moments in UTC, to the millisecond. No clock here.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;

use crate::Day;
use crate::calendar::{InvalidDate, as_text};

/// A moment in UTC, as milliseconds since 1970, within the years 0 to 9999. On the wire RFC 3339:
/// `2026-11-21T13:00:00Z`, with a fraction where it has one.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const DAY: i64 = 86_400_000;
const WRONG: InvalidDate = InvalidDate { expected: "a moment such as 2026-11-21T13:00:00Z" };

impl Timestamp {
    /// The beginning of 1970.
    pub const UNIX_EPOCH: Self = Self(0);
    /// The beginning of the year 0.
    pub const MIN: Self = Self(Day::FIRST.epoch_days() as i64 * DAY);
    /// The end of the year 9999.
    pub const MAX: Self = Self((Day::LAST.epoch_days() as i64 + 1) * DAY - 1);

    /// From seconds since 1970.
    pub fn from_second(second: i64) -> Result<Self, InvalidDate> {
        second.checked_mul(1_000).ok_or(WRONG).and_then(Self::from_millisecond)
    }

    /// From milliseconds since 1970.
    pub fn from_millisecond(millisecond: i64) -> Result<Self, InvalidDate> {
        let moment = Self(millisecond);
        if (Self::MIN..=Self::MAX).contains(&moment) { Ok(moment) } else { Err(WRONG) }
    }

    /// Whole seconds since 1970.
    pub const fn as_second(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Milliseconds since 1970.
    pub const fn as_millisecond(self) -> i64 {
        self.0
    }

    /// So much later; an error beyond the last year.
    pub fn checked_add(self, duration: SignedDuration) -> Result<Self, InvalidDate> {
        let millisecond = i128::from(self.0) + duration.as_millis();
        i64::try_from(millisecond).map_err(|_| WRONG).and_then(Self::from_millisecond)
    }

    /// So much earlier; an error before the first year.
    pub fn checked_sub(self, duration: SignedDuration) -> Result<Self, InvalidDate> {
        duration.checked_neg().ok_or(WRONG).and_then(|duration| self.checked_add(duration))
    }

    /// How much later this moment is than another.
    pub const fn duration_since(self, earlier: Self) -> SignedDuration {
        SignedDuration::from_millis(self.0 - earlier.0)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidDate;
    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let (day, rest) = text.split_at_checked(10).ok_or(WRONG)?;
        let day: Day = day.parse().map_err(|_| WRONG)?;
        let rest = rest.strip_prefix(['T', 't', ' ']).ok_or(WRONG)?;
        let (time, offset) = rest.split_at(rest.find(['Z', 'z', '+', '-']).ok_or(WRONG)?);
        let moment = i64::from(day.epoch_days()) * DAY + of_day(time)? - ahead(offset)?;
        Self::from_millisecond(moment)
    }
}

/// Milliseconds since midnight of `13:00:00.25`. What is finer is cut off; a leap second is the one before.
fn of_day(time: &str) -> Result<i64, InvalidDate> {
    let (time, fraction) = time.split_once('.').map_or((time, None), |(time, rest)| (time, Some(rest)));
    let mut parts = time.split(':').map(|part| two_digits(part, 60));
    let (Some(hour), Some(minute), Some(second), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(WRONG);
    };
    let (hour, minute, second) = (hour?, minute?, second?);
    if hour > 23 || minute > 59 {
        return Err(WRONG);
    }
    let mut millisecond = 0;
    if let Some(digits) = fraction {
        if !(1..=9).contains(&digits.len()) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(WRONG);
        }
        millisecond = digits
            .bytes()
            .chain([b'0', b'0'])
            .take(3)
            .fold(0, |sum, digit| sum * 10 + i64::from(digit.saturating_sub(b'0')));
    }
    Ok(((hour * 60 + minute) * 60 + second.min(59)) * 1_000 + millisecond)
}

/// By how many milliseconds a clock of this offset (`Z`, `+01:00`) is ahead of UTC.
fn ahead(offset: &str) -> Result<i64, InvalidDate> {
    let (sign, offset) = match offset.split_at_checked(1) {
        Some(("Z" | "z", "")) => return Ok(0),
        Some(("+", offset)) => (1, offset),
        Some(("-", offset)) => (-1, offset),
        _ => return Err(WRONG),
    };
    let (hour, minute) = offset.split_once(':').or_else(|| offset.split_at_checked(2)).ok_or(WRONG)?;
    Ok(sign * (two_digits(hour, 23)? * 60 + two_digits(minute, 59)?) * 60_000)
}

fn two_digits(text: &str, most: i64) -> Result<i64, InvalidDate> {
    let is_two = text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|number| is_two && *number <= most).ok_or(WRONG)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, of_day) = (Day::of(*self), self.0.rem_euclid(DAY));
        let (second, millisecond) = (of_day / 1_000, of_day % 1_000);
        write!(f, "{day}T{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)?;
        match millisecond {
            0 => f.write_str("Z"),
            tenths if tenths % 100 == 0 => write!(f, ".{}Z", tenths / 100),
            hundredths if hundredths % 10 == 0 => write!(f, ".{:02}Z", hundredths / 10),
            thousandths => write!(f, ".{thousandths:03}Z"),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

as_text!(Timestamp);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn moments_are_written_and_read_as_a_library_does() {
        let mut millisecond = Timestamp::MIN.0;
        while millisecond <= Timestamp::MAX.0 {
            let ours = Timestamp::from_millisecond(millisecond).unwrap();
            let theirs = jiff::Timestamp::from_millisecond(millisecond).unwrap();
            assert_eq!(ours.to_string(), theirs.to_string());
            assert_eq!(at(&theirs.to_string()), ours);
            // A prime, so that all times of day and fractions come by.
            millisecond += 1_000_000_007 * 97;
        }
    }

    #[test]
    fn offsets_fractions_and_leap_seconds_are_read() {
        let noon = at("2026-11-21T12:00:00Z");
        for text in [
            "2026-11-21T12:00:00.000Z",
            "2026-11-21t12:00:00z",
            "2026-11-21 12:00:00+00:00",
            "2026-11-21T13:30:00+01:30",
            "2026-11-21T04:00:00-0800",
            "2026-11-21T12:00:00.000999Z",
        ] {
            assert_eq!(at(text), noon, "{text}");
        }
        assert_eq!(
            at("2026-11-21T12:00:00.25Z"),
            noon.checked_add(SignedDuration::from_millis(250)).unwrap()
        );
        assert_eq!(at("2016-12-31T23:59:60Z"), at("2016-12-31T23:59:59Z"));
        assert_eq!(at("1969-12-31T23:59:59.999Z").as_second(), -1);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T12:00:00",
            "2026-11-21T12:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T12:60:00Z",
            "2026-11-21T12:00:61Z",
            "2026-11-21T12:00:00.Z",
            "2026-11-21T12:00:00.x1Z",
            "2026-11-21T12:00:00Zx",
            "2026-11-21T12:00:00+1",
            "2026-11-21T12:00:00+24:00",
            "2026-11-21T12:00:00+0é",
            "2026-11-2éT12:00:00Z",
            "2026-11-21X12:00:00Z",
            "2026-11-21T+1:00:00Z",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
        assert!(Timestamp::from_second(i64::MAX).is_err());
        assert!(Timestamp::MAX.checked_add(SignedDuration::from_millis(1)).is_err());
        assert!(Timestamp::MIN.checked_sub(SignedDuration::from_millis(1)).is_err());
        assert!(Timestamp::MIN.checked_sub(SignedDuration::MIN).is_err());
    }
}
