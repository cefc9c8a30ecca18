//! Billing time: UTC days, half-open ranges and billing periods. No clock here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A UTC billing day, as days since 1970-01-01. On the wire `2026-11-21`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// Why a text is no day or period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct InvalidDate {
    /// The form that was expected.
    pub expected: &'static str,
}

/// Digits and nothing else.
fn number(digits: &str) -> Option<i16> {
    if digits.bytes().all(|digit| digit.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// Days of 400 years, after which the calendar repeats.
const DAYS_OF_400_YEARS: i32 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const MARCH_OF_YEAR_0: i32 = 719_468;

/// Days beyond year 9999 or before year 0 do not exist here; arithmetic stops at the ends.
impl Day {
    /// The first day of the year 0.
    pub const FIRST: Self = Self(-719_528);
    /// The last day of the year 9999.
    pub const LAST: Self = Self(2_932_896);

    /// From days since 1970-01-01, held within years 0 to 9999.
    pub fn from_epoch_days(days: i32) -> Self {
        Self(days.clamp(Self::FIRST.0, Self::LAST.0))
    }

    /// Days since 1970-01-01.
    pub const fn epoch_days(self) -> i32 {
        self.0
    }

    /// The UTC day a moment falls in.
    pub fn of(moment: Timestamp) -> Self {
        Self::from_epoch_days(i32::try_from(moment.as_second().div_euclid(86_400)).unwrap_or(Self::LAST.0))
    }

    /// A calendar day, if it exists.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        let period = BillingPeriod::new(year, month)?;
        let (first, day) = (period.first_day(), i32::from(day));
        (1..=period.days().len()).contains(&day).then(|| first.plus(day - 1))
    }

    /// Year, month (1 to 12) and day of the month (1 to 31).
    pub const fn civil(self) -> (i16, i8, i8) {
        // Years begin in March here, so that a leap day is the last of its year and of its 400 years.
        let days = self.0 + MARCH_OF_YEAR_0;
        let (cycle, of_cycle) = (days.div_euclid(DAYS_OF_400_YEARS), days.rem_euclid(DAYS_OF_400_YEARS));
        let year = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
        let of_year = of_cycle - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let is_next_year = month >= 10;
        let year = year + cycle * 400 + is_next_year as i32;
        (year as i16, (if is_next_year { month - 9 } else { month + 3 }) as i8, day as i8)
    }

    /// The year.
    pub const fn year(self) -> i16 {
        self.civil().0
    }

    /// The day of the month, from 1 on.
    pub const fn day_of_month(self) -> i8 {
        self.civil().2
    }

    /// The moment the day begins.
    pub fn start(self) -> Timestamp {
        Timestamp::from_second(i64::from(self.0) * 86_400).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The day `days` later (earlier if negative).
    pub fn plus(self, days: i32) -> Self {
        Self::from_epoch_days(self.0.saturating_add(days))
    }

    /// The Monday on or before this day.
    pub fn week_start(self) -> Self {
        self.plus(-(self.0.saturating_add(3)).rem_euclid(7))
    }

    /// The billing period the day lies in.
    pub fn period(self) -> BillingPeriod {
        let (year, month, _) = self.civil();
        BillingPeriod { year, month }
    }
}

impl FromStr for Day {
    type Err = InvalidDate;
    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let wrong = InvalidDate { expected: "a day such as 2026-11-21" };
        let (period, day) = text.rsplit_once('-').filter(|(_, day)| day.len() == 2).ok_or(wrong)?;
        let period: BillingPeriod = period.parse().map_err(|_| wrong)?;
        let day = number(day).and_then(|day| i8::try_from(day).ok()).ok_or(wrong)?;
        Self::new(period.year, period.month, day).ok_or(wrong)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A half-open range of UTC days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DayRange {
    /// First day.
    pub start: Day,
    /// The day after the last.
    pub end: Day,
}

impl DayRange {
    /// From `start` up to but not including `end`; empty if `end` is not later.
    pub fn new(start: Day, end: Day) -> Self {
        Self { start, end: end.max(start) }
    }

    /// How many days.
    pub fn len(self) -> i32 {
        self.end.0 - self.start.0
    }

    /// Whether it holds no day.
    pub fn is_empty(self) -> bool {
        self.len() <= 0
    }

    /// Whether `day` lies inside.
    pub fn contains(self, day: Day) -> bool {
        self.start <= day && day < self.end
    }

    /// The days both ranges hold.
    pub fn intersect(self, other: Self) -> Self {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// Each day in order.
    pub fn days(self) -> impl Iterator<Item = Day> {
        (self.start.0..self.end.0).map(Day)
    }

    /// The billing periods it touches, oldest first.
    pub fn periods(self) -> Vec<BillingPeriod> {
        let mut periods = Vec::new();
        let mut period = self.start.period();
        while !self.is_empty() && period.first_day() < self.end {
            periods.push(period);
            period = period.plus(1);
        }
        periods
    }
}

/// A calendar month of billing. On the wire `2026-11`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BillingPeriod {
    year: i16,
    month: i8,
}

impl BillingPeriod {
    /// A month, if it exists.
    pub fn new(year: i16, month: i8) -> Option<Self> {
        ((0..=9_999).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// The year.
    pub const fn year(self) -> i16 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> i8 {
        self.month
    }

    /// Its first day.
    pub const fn first_day(self) -> Day {
        // As in `Day::civil`: years from March on.
        let (year, month) = (self.year as i32, self.month as i32);
        let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
        let (cycle, year) = (year.div_euclid(400), year.rem_euclid(400));
        let days = 365 * year + year / 4 - year / 100 + (153 * month + 2) / 5;
        Day(cycle * DAYS_OF_400_YEARS + days - MARCH_OF_YEAR_0)
    }

    /// Its days.
    pub fn days(self) -> DayRange {
        let (year, month) = if self.month == 12 { (self.year + 1, 1) } else { (self.year, self.month + 1) };
        DayRange::new(self.first_day(), Self { year, month }.first_day())
    }

    /// The period `months` later (earlier if negative).
    pub fn plus(self, months: i32) -> Self {
        let index = i32::from(self.year) * 12 + i32::from(self.month) - 1 + months;
        let index = index.clamp(0, 9_999 * 12 + 11);
        Self { year: (index / 12) as i16, month: (index % 12 + 1) as i8 }
    }
}

impl FromStr for BillingPeriod {
    type Err = InvalidDate;
    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let wrong = InvalidDate { expected: "a month such as 2026-11" };
        let (year, month) = text.split_once('-').ok_or(wrong)?;
        if year.len() != 4 || month.len() != 2 {
            return Err(wrong);
        }
        let (year, month) = (number(year).ok_or(wrong)?, number(month).ok_or(wrong)?);
        Self::new(year, i8::try_from(month).map_err(|_| wrong)?).ok_or(wrong)
    }
}

impl fmt::Display for BillingPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for BillingPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

macro_rules! as_text {
    ($($name:ident)*) => { $(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> { to.collect_str(self) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )* };
}
pub(crate) use as_text;
as_text!(Day BillingPeriod);

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn days_and_periods_read_and_write_alike() {
        for text in ["1970-01-01", "2024-02-29", "2026-11-23", "0001-01-01"] {
            assert_eq!(day(text).to_string(), text);
            assert_eq!(Day::from_epoch_days(day(text).epoch_days()), day(text));
        }
        for text in [
            "2026-02-30",
            "2026-1-1",
            "",
            "2026-11-23T00:00",
            "+026-11-23",
            "2026-+1-23",
            "2026--1-23",
            "20261-1-23",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        assert_eq!("2026-11".parse::<BillingPeriod>().unwrap().to_string(), "2026-11");
        for text in ["2026-13", "2026-00", "+026-11", "2026-+1", "2026-1", "202611"] {
            assert!(text.parse::<BillingPeriod>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_day_there_is_has_the_date_a_library_gives_it() {
        let mut date = jiff::civil::Date::constant(0, 1, 1);
        for days in Day::FIRST.0..=Day::LAST.0 {
            let day = Day::from_epoch_days(days);
            assert_eq!(day.civil(), (date.year(), date.month(), date.day()));
            assert_eq!(Day::new(date.year(), date.month(), date.day()), Some(day));
            assert!(day.period().days().contains(day));
            date = date.tomorrow().unwrap_or(date);
        }
        assert_eq!(Day::from_epoch_days(i32::MAX).to_string(), "9999-12-31");
        assert_eq!(Day::from_epoch_days(i32::MIN).to_string(), "0000-01-01");
        assert_eq!(day("9999-12-31").period().days().len(), 31);
        for (year, month, day) in
            [(2026, 2, 29), (2026, 0, 1), (2026, 13, 1), (2026, 4, 31), (2026, 1, 0), (-1, 1, 1)]
        {
            assert_eq!(Day::new(year, month, day), None);
        }
    }

    #[test]
    fn weeks_start_on_monday() {
        assert_eq!(day("2026-11-23").week_start(), day("2026-11-23"));
        assert_eq!(day("2026-11-22").week_start(), day("2026-11-16"));
        assert_eq!(day("1969-12-31").week_start(), day("1969-12-29"));
    }

    // security.md row 84
    #[test]
    fn months_turn_the_year() {
        let november: BillingPeriod = "2026-11".parse().unwrap();
        assert_eq!(november.plus(2).to_string(), "2027-01");
        assert_eq!(november.plus(-11).to_string(), "2025-12");
        assert_eq!(november.days().len(), 30);
        let range = DayRange::new(day("2025-12-31"), day("2026-02-01"));
        assert_eq!(range.periods().len(), 2);
    }

    #[test]
    fn a_moment_falls_in_its_utc_day() {
        let moment: Timestamp = "2026-11-22T23:59:59.999Z".parse().unwrap();
        assert_eq!(Day::of(moment), day("2026-11-22"));
        assert_eq!(day("2026-11-22").start().to_string(), "2026-11-22T00:00:00Z");
    }
}
