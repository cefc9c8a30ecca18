//! Which days a view shows, and which it compares them with.

use std::fmt;
use std::str::FromStr;

use super::NotUnderstood;
use crate::{BillingPeriod, Day, DayRange};

/// The longest range of fixed days: three years and a quarter.
const LONGEST: i32 = 1_200;

/// Which days. Relative ranges end with yesterday (UTC) and stay relative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Range {
    Last7,
    Last14,
    #[default]
    Last30,
    Last90,
    MonthToDate,
    LastMonth,
    QuarterToDate,
    YearToDate,
    Last12Months,
    /// Fixed days, half-open.
    Days(DayRange),
}

impl Range {
    /// The relative ranges: each with its word in an address and its name on a page.
    pub const RELATIVE: [(Range, &'static str, &'static str); 9] = [
        (Self::Last7, "last-7d", "Last 7 days"),
        (Self::Last14, "last-14d", "Last 14 days"),
        (Self::Last30, "last-30d", "Last 30 days"),
        (Self::Last90, "last-90d", "Last 90 days"),
        (Self::MonthToDate, "mtd", "Month to date"),
        (Self::LastMonth, "last-month", "Last month"),
        (Self::QuarterToDate, "qtd", "Quarter to date"),
        (Self::YearToDate, "ytd", "Year to date"),
        (Self::Last12Months, "last-12m", "Last 12 months"),
    ];

    /// As in an address.
    pub fn word(self) -> String {
        self.to_string()
    }

    /// The days it means on `today`. Empty on the first day of what is counted to date.
    pub fn days(self, today: Day) -> DayRange {
        let last = |days: i32| DayRange::new(today.plus(-days), today);
        let month = today.period();
        let since = |months: i32| DayRange::new(month.plus(-months).first_day(), today);
        match self {
            Self::Last7 => last(7),
            Self::Last14 => last(14),
            Self::Last30 => last(30),
            Self::Last90 => last(90),
            Self::MonthToDate => since(0),
            Self::LastMonth => month.plus(-1).days(),
            Self::QuarterToDate => since((i32::from(month.month()) - 1) % 3),
            Self::YearToDate => since(i32::from(month.month()) - 1),
            Self::Last12Months => DayRange::new(month.plus(-12).first_day(), month.first_day()),
            Self::Days(days) => days,
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{}..{}", days.start, days.end),
            relative => {
                let found = Self::RELATIVE.iter().find(|(range, ..)| range == relative);
                f.write_str(found.map_or("", |(_, word, _)| word))
            }
        }
    }
}

impl FromStr for Range {
    type Err = NotUnderstood;
    fn from_str(text: &str) -> Result<Self, NotUnderstood> {
        match Self::RELATIVE.iter().find(|(_, word, _)| *word == text) {
            Some((range, ..)) => Ok(*range),
            None => fixed(text).map(Self::Days),
        }
    }
}

/// `2026-10-01..2026-11-01`.
fn fixed(text: &str) -> Result<DayRange, NotUnderstood> {
    let (start, end) = text.split_once("..").ok_or(NotUnderstood)?;
    let read = |day: &str| day.parse::<Day>().map_err(|_| NotUnderstood);
    let (start, end) = (read(start)?, read(end)?);
    let length = end.epoch_days() - start.epoch_days();
    if (1..=LONGEST).contains(&length) { Ok(DayRange::new(start, end)) } else { Err(NotUnderstood) }
}

/// What a range is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compare {
    /// Nothing.
    Off,
    /// The equal length before.
    Previous,
    /// Back by whole weeks, at least its length, so that weekdays match.
    #[default]
    Week,
    /// A month earlier.
    Month,
    /// A year earlier.
    Year,
    /// Fixed days, half-open.
    Days(DayRange),
}

impl Compare {
    /// All but fixed days, with their words in an address.
    pub const NAMED: [(Compare, &'static str); 5] = [
        (Self::Off, "off"),
        (Self::Previous, "prev"),
        (Self::Week, "week"),
        (Self::Month, "month"),
        (Self::Year, "year"),
    ];

    /// As in an address.
    pub fn word(self) -> String {
        self.to_string()
    }

    /// The days that `days` are compared with.
    pub fn with(self, days: DayRange) -> Option<DayRange> {
        let back = |by: i32| DayRange::new(days.start.plus(-by), days.end.plus(-by));
        match self {
            Self::Off => None,
            Self::Previous => Some(back(days.len())),
            Self::Week => Some(back((days.len() + 6) / 7 * 7)),
            Self::Month => Some(months_before(days, 1)),
            Self::Year => Some(months_before(days, 12)),
            Self::Days(fixed) => Some(fixed),
        }
    }
}

/// The same days some months earlier. Whole months stay whole; the 31st of a short month is its last day.
fn months_before(days: DayRange, months: i32) -> DayRange {
    let is_first = |day: Day| day == day.period().first_day();
    let earlier = |day: Day| -> BillingPeriod { day.period().plus(-months) };
    if is_first(days.start) && is_first(days.end) {
        return DayRange::new(earlier(days.start).first_day(), earlier(days.end).first_day());
    }
    let period = earlier(days.start);
    let place = days.start.epoch_days() - days.start.period().first_day().epoch_days();
    let start = period.first_day().plus(place.min(period.days().len() - 1));
    DayRange::new(start, start.plus(days.len()))
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{}..{}", days.start, days.end),
            named => {
                let found = Self::NAMED.iter().find(|(compare, _)| compare == named);
                f.write_str(found.map_or("", |(_, word)| word))
            }
        }
    }
}

impl FromStr for Compare {
    type Err = NotUnderstood;
    fn from_str(text: &str) -> Result<Self, NotUnderstood> {
        match Self::NAMED.iter().find(|(_, word)| *word == text) {
            Some((compare, _)) => Ok(*compare),
            None => fixed(text).map(Self::Days),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn days(text: &str) -> DayRange {
        let (start, end) = text.split_once("..").unwrap();
        DayRange::new(day(start), day(end))
    }

    #[test]
    fn relative_ranges_end_with_yesterday() {
        let check = |word: &str, expect: &str| {
            assert_eq!(word.parse::<Range>().unwrap().days(day("2026-11-23")), days(expect), "{word}");
        };
        check("last-7d", "2026-11-16..2026-11-23");
        check("last-30d", "2026-10-24..2026-11-23");
        check("mtd", "2026-11-01..2026-11-23");
        check("last-month", "2026-10-01..2026-11-01");
        check("qtd", "2026-10-01..2026-11-23");
        check("ytd", "2026-01-01..2026-11-23");
        check("last-12m", "2025-11-01..2026-11-01");
        check("2026-10-01..2026-11-01", "2026-10-01..2026-11-01");
    }

    #[test]
    fn the_first_of_a_month_has_no_month_to_date() {
        assert!(Range::MonthToDate.days(day("2026-11-01")).is_empty());
        assert!(Range::YearToDate.days(day("2026-01-01")).is_empty());
    }

    #[test]
    fn ranges_are_compared_as_their_words_say() {
        let check = |compare: &str, of: &str, expect: &str| {
            let compare: Compare = compare.parse().unwrap();
            assert_eq!(compare.with(days(of)), Some(days(expect)), "{compare} {of}");
        };
        check("prev", "2026-11-01..2026-11-08", "2026-10-25..2026-11-01");
        check("week", "2026-11-01..2026-12-01", "2026-09-27..2026-10-27");
        check("week", "2026-11-16..2026-11-23", "2026-11-09..2026-11-16");
        check("month", "2026-10-01..2026-11-01", "2026-09-01..2026-10-01");
        check("month", "2026-03-31..2026-04-01", "2026-02-28..2026-03-01");
        check("month", "2026-11-01..2026-11-20", "2026-10-01..2026-10-20");
        check("year", "2024-02-01..2024-03-01", "2023-02-01..2023-03-01");
        check("2026-01-01..2026-02-01", "2026-11-01..2026-11-20", "2026-01-01..2026-02-01");
        assert_eq!(Compare::Off.with(days("2026-11-01..2026-11-08")), None);
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for (range, word, _) in Range::RELATIVE {
            assert_eq!((range.word().as_str(), word.parse()), (word, Ok(range)));
        }
        for (compare, word) in Compare::NAMED {
            assert_eq!((compare.word().as_str(), word.parse()), (word, Ok(compare)));
        }
        for text in [
            "",
            "fortnight",
            "2026-11-02..2026-11-01",
            "2026-11-01..2026-11-01",
            "2010-01-01..2026-01-01",
            "mtd ",
        ] {
            assert_eq!(
                (text.parse::<Range>(), text.parse::<Compare>()),
                (Err(NotUnderstood), Err(NotUnderstood))
            );
        }
    }
}
