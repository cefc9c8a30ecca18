//! Days and months as people write them.

use crate::{BillingPeriod, Day, DayRange};

/// `21 Nov`.
pub fn short_day(day: Day) -> String {
    let (_, month, day) = day.civil();
    let month = MONTHS.get(usize::from(month.unsigned_abs()).saturating_sub(1)).copied().unwrap_or("");
    format!("{day} {month}")
}

/// `Tue 17 Nov`.
pub fn weekday(day: Day) -> String {
    let place = day.epoch_days() - day.week_start().epoch_days();
    let name = usize::try_from(place).ok().and_then(|place| WEEKDAYS.get(place)).copied().unwrap_or("");
    format!("{name} {}", short_day(day))
}

/// `November 2026`.
pub fn month_name(period: BillingPeriod) -> String {
    let place = usize::from(period.month().unsigned_abs()).saturating_sub(1);
    format!("{} {}", LONG_MONTHS.get(place).copied().unwrap_or(""), period.year())
}

/// `1–22 Nov 2026`, inclusive.
pub fn days_words(days: DayRange) -> String {
    let (first, last) = (days.start, days.end.plus(-1).max(days.start));
    let year = last.year();
    if first == last {
        return format!("{} {year}", short_day(first));
    }
    if first.period() == last.period() {
        return format!("{}–{} {year}", first.day_of_month(), short_day(last));
    }
    if first.year() == year {
        return format!("{}–{} {year}", short_day(first), short_day(last));
    }
    format!("{} {}–{} {year}", short_day(first), first.year(), short_day(last))
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const LONG_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_says_what_its_ends_share_once() {
        let check = |first: &str, last: &str, words: &str| {
            let days = DayRange::new(first.parse().unwrap(), last.parse::<Day>().unwrap().plus(1));
            assert_eq!(days_words(days), words);
        };
        check("2026-11-22", "2026-11-22", "22 Nov 2026");
        check("2026-11-01", "2026-11-22", "1–22 Nov 2026");
        check("2026-10-31", "2026-11-22", "31 Oct–22 Nov 2026");
        check("2025-12-31", "2026-01-02", "31 Dec 2025–2 Jan 2026");
    }

    #[test]
    fn months_and_weekdays_have_names() {
        assert_eq!(month_name(BillingPeriod::new(2026, 1).unwrap()), "January 2026");
        assert_eq!(month_name(BillingPeriod::new(2026, 12).unwrap()), "December 2026");
        assert_eq!(weekday("2026-11-23".parse().unwrap()), "Mon 23 Nov");
        assert_eq!(weekday("2026-11-22".parse().unwrap()), "Sun 22 Nov");
    }
}
