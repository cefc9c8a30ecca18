//! A view of costs: what the address bar says, read and written by one type. Unknown keys are ignored; what is not
//! understood falls back and is named.

use std::fmt::Write as _;

use crate::{ChargeCategory, Day, DayRange};

/// Which days.
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
    /// Fixed days.
    Days(DayRange),
}

/// How time is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Bin {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// Which figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of the glossary")]
pub enum Cost {
    #[default]
    Billed,
    Effective,
    NetBilled,
    NetEffective,
    List,
}

/// What a range is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compare {
    /// Nothing.
    Off,
    /// The equal length before.
    Previous,
    /// Back by whole weeks, so that weekdays match.
    #[default]
    Week,
    /// A month earlier.
    Month,
    /// A year earlier.
    Year,
}

/// How it is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Drawn {
    #[default]
    Bars,
    Lines,
}

/// A view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct View {
    /// Which days.
    pub range: Range,
    /// How they are cut; by length if not chosen.
    pub bin: Option<Bin>,
    /// Dimensions by name; none means service.
    pub group_by: Vec<String>,
    /// Filter as text, see crate `cube`.
    pub filter: String,
    /// Which figure.
    pub cost: Cost,
    /// Charge categories left out.
    pub left_out: Vec<ChargeCategory>,
    /// What it is compared with.
    pub compare: Compare,
    /// How it is drawn.
    pub drawn: Drawn,
}

macro_rules! words {
    ($kind:ident { $($variant:ident $word:literal),* $(,)? }) => {
        impl $kind {
            /// The word in an address.
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $word,)* } }
            /// Every value.
            pub const ALL: &[$kind] = &[$(Self::$variant,)*];
            fn read(text: &str) -> Option<Self> { Self::ALL.iter().copied().find(|value| value.word() == text) }
        }
    };
}

words!(Bin { Day "day", Week "week", Month "month", Quarter "quarter", Year "year" });
words!(Cost { Billed "billed", Effective "effective", NetBilled "net-billed", NetEffective "net-effective", List "list" });
words!(Compare { Off "off", Previous "prev", Week "week", Month "month", Year "year" });
words!(Drawn { Bars "bar", Lines "line" });

impl Range {
    /// The relative ranges, with their words.
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
        match self {
            Self::Days(days) => format!("{}..{}", days.start, days.end),
            relative => Self::RELATIVE
                .iter()
                .find(|(range, ..)| *range == relative)
                .map_or("", |(_, word, _)| word)
                .to_owned(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        if let Some((range, ..)) = Self::RELATIVE.iter().find(|(_, word, _)| *word == text) {
            return Some(*range);
        }
        let (start, end) = text.split_once("..")?;
        let days = DayRange::new(start.parse().ok()?, end.parse().ok()?);
        (!days.is_empty() && days.len() <= 1_200).then_some(Self::Days(days))
    }

    /// The days it means; relative ranges end with yesterday.
    pub fn days(self, today: Day) -> DayRange {
        let last = |days: i32| DayRange::new(today.plus(-days), today);
        let month = today.period();
        match self {
            Self::Last7 => last(7),
            Self::Last14 => last(14),
            Self::Last30 => last(30),
            Self::Last90 => last(90),
            Self::MonthToDate => DayRange::new(month.first_day(), today),
            Self::LastMonth => month.plus(-1).days(),
            Self::QuarterToDate => {
                let back = (i32::from(month.month()) - 1) % 3;
                DayRange::new(month.plus(-back).first_day(), today)
            }
            Self::YearToDate => DayRange::new(month.plus(1 - i32::from(month.month())).first_day(), today),
            Self::Last12Months => DayRange::new(month.plus(-12).first_day(), month.first_day()),
            Self::Days(days) => days,
        }
    }
}

impl Compare {
    /// The range another is compared with.
    pub fn with(self, days: DayRange) -> Option<DayRange> {
        let length = days.len();
        let back = |by: i32| DayRange::new(days.start.plus(-by), days.end.plus(-by));
        let months = |by: i32| {
            let shift = |day: Day| {
                let period = day.period().plus(-by);
                let place = day.epoch_days() - day.period().first_day().epoch_days();
                period.first_day().plus(place.min(period.days().len() - 1))
            };
            let whole =
                days.start == days.start.period().first_day() && days.end == days.end.period().first_day();
            if whole {
                DayRange::new(
                    days.start.period().plus(-by).first_day(),
                    days.end.period().plus(-by).first_day(),
                )
            } else {
                DayRange::new(shift(days.start), shift(days.start).plus(length))
            }
        };
        match self {
            Self::Off => None,
            Self::Previous => Some(back(length)),
            Self::Week => Some(back((length + 6) / 7 * 7)),
            Self::Month => Some(months(1)),
            Self::Year => Some(months(12)),
        }
    }
}

impl View {
    /// Reads an address's query through `find`; also answers what was not understood, as `bin=fortnight`.
    pub fn read(find: impl Fn(&str) -> Option<String>) -> (Self, Vec<String>) {
        let mut view = Self::default();
        let mut odd = Vec::new();
        let mut note = |key: &str, value: &str| odd.push(format!("{key}={value}"));
        let given = |key: &str| find(key).filter(|value| !value.is_empty());
        if let Some(text) = given("r") {
            match Range::read(&text) {
                Some(range) => view.range = range,
                None => note("r", &text),
            }
        }
        if let Some(text) = given("bin") {
            match Bin::read(&text) {
                Some(bin) => view.bin = Some(bin),
                None => note("bin", &text),
            }
        }
        if let Some(text) = given("g") {
            view.group_by = text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        }
        view.filter = given("f").unwrap_or_default();
        if let Some(text) = given("m") {
            match Cost::read(&text) {
                Some(cost) => view.cost = cost,
                None => note("m", &text),
            }
        }
        for text in given("x").iter().flat_map(|text| text.split(',')) {
            match ChargeCategory::ALL
                .into_iter()
                .find(|category| category.as_str().eq_ignore_ascii_case(text))
            {
                Some(category) => view.left_out.push(category),
                None => note("x", text),
            }
        }
        if let Some(text) = given("cmp") {
            match Compare::read(&text) {
                Some(compare) => view.compare = compare,
                None => note("cmp", &text),
            }
        }
        if let Some(text) = given("c") {
            match Drawn::read(&text) {
                Some(drawn) => view.drawn = drawn,
                None => note("c", &text),
            }
        }
        (view, odd)
    }

    /// The query of an address, `?` included; what is as usual is left out.
    pub fn write(&self) -> String {
        let usual = Self::default();
        let mut pairs: Vec<(&str, String)> = Vec::new();
        if self.range != usual.range {
            pairs.push(("r", self.range.word()));
        }
        pairs.extend(self.bin.map(|bin| ("bin", bin.word().to_owned())));
        if !self.group_by.is_empty() {
            pairs.push(("g", self.group_by.join(",")));
        }
        if !self.filter.is_empty() {
            pairs.push(("f", self.filter.clone()));
        }
        if self.cost != usual.cost {
            pairs.push(("m", self.cost.word().to_owned()));
        }
        if !self.left_out.is_empty() {
            let words: Vec<String> =
                self.left_out.iter().map(|category| category.as_str().to_lowercase()).collect();
            pairs.push(("x", words.join(",")));
        }
        if self.compare != usual.compare {
            pairs.push(("cmp", self.compare.word().to_owned()));
        }
        if self.drawn != usual.drawn {
            pairs.push(("c", self.drawn.word().to_owned()));
        }
        let mut query = String::new();
        for (key, value) in pairs {
            let sign = if query.is_empty() { '?' } else { '&' };
            // Writing to a string cannot fail.
            let _ = write!(query, "{sign}{key}={}", percent_encoding::utf8_percent_encode(&value, QUERY));
        }
        query
    }

    /// Dimensions it is grouped by.
    pub fn groups(&self) -> Vec<String> {
        if self.group_by.is_empty() { vec!["service".to_owned()] } else { self.group_by.clone() }
    }

    /// How time is cut: by day up to 92 days, else by month.
    pub fn bin(&self, days: DayRange) -> Bin {
        self.bin.unwrap_or(if days.len() <= 92 { Bin::Day } else { Bin::Month })
    }
}

/// What stays readable in an address.
const QUERY: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b',')
    .remove(b':')
    .remove(b';');

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> (View, Vec<String>) {
        View::read(|key| {
            let pairs = query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .filter(|(name, _)| *name == key)
                .map(|(_, value)| {
                    percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()
                })
                .next()
        })
    }

    #[test]
    fn address_and_view_are_the_same() {
        for query in [
            "",
            "?r=mtd&g=service,region&f=sub_account:111122223333;tag.Owner:",
            "?r=2026-10-01..2026-11-01&bin=week&m=effective&x=tax,credit&cmp=off&c=line",
            "?f=service:Amazon%20EC2%7Cservice:Amazon%20S3",
        ] {
            let (view, odd) = read(query);
            assert_eq!((view.write().as_str(), odd.len()), (query, 0));
        }
    }

    #[test]
    fn what_is_not_understood_falls_back_and_is_named() {
        let (view, odd) = read("?bin=fortnight&r=whenever&zzz=1");
        assert_eq!((view, odd), (View::default(), vec!["r=whenever".to_owned(), "bin=fortnight".to_owned()]));
    }

    #[test]
    fn ranges_are_compared_as_their_words_say() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let days = |text: &str| {
            let (start, end) = text.split_once("..").unwrap();
            DayRange::new(day(start), day(end))
        };
        let check = |compare: Compare, of: &str, expect: &str| {
            assert_eq!(compare.with(days(of)), Some(days(expect)), "{compare:?} {of}")
        };
        check(Compare::Previous, "2026-11-01..2026-11-08", "2026-10-25..2026-11-01");
        check(Compare::Week, "2026-10-24..2026-11-23", "2026-09-19..2026-10-19");
        check(Compare::Month, "2026-10-01..2026-11-01", "2026-09-01..2026-10-01");
        check(Compare::Month, "2026-03-31..2026-04-01", "2026-02-28..2026-03-01");
        check(Compare::Year, "2026-02-01..2026-03-01", "2025-02-01..2025-03-01");
        assert_eq!(Range::Last30.days(day("2026-11-23")), days("2026-10-24..2026-11-23"));
        assert_eq!(Range::QuarterToDate.days(day("2026-11-23")), days("2026-10-01..2026-11-23"));
        assert_eq!(Range::YearToDate.days(day("2026-11-23")), days("2026-01-01..2026-11-23"));
    }
}
