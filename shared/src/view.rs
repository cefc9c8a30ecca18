//! A view of costs: what the address bar says of Overview, Costs and Resources, read and written by one type.
//!
//! What is as usual is left out of an address, unknown keys are ignored, and what is not understood falls back and is
//! named. Reading what was written gives the same view, and writing what was read gives the same address.

mod choice;
mod range;

use std::fmt::Write as _;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub use choice::{Bin, Cost, Drawn};
pub use range::{Compare, Range};

use crate::{ChargeCategory, DayRange};

/// Groups drawn by themselves unless chosen otherwise.
pub const USUAL_TOP: usize = 5;
/// More than this cannot be told apart.
const MOST_TOP: usize = 10;
/// Ranges longer than this are cut by month unless chosen otherwise.
const LONGEST_DAILY: i32 = 92;

/// Part of an address that is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not understood")]
pub struct NotUnderstood;

/// A view.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct View {
    /// Which days.
    pub range: Range,
    /// How they are cut; by length if not chosen.
    pub bin: Option<Bin>,
    /// Dimensions by name, in order; none means service.
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
    /// Groups drawn by themselves, the rest being Other.
    pub top: usize,
    /// By which column rows are sorted, `-` in front for falling; empty for the page's usual order.
    pub sort: String,
    /// Free text to search for.
    pub search: String,
    /// From 1.
    pub page: u32,
    /// The opened row.
    pub open: String,
    /// A saved view this one starts from.
    pub saved: String,
}

impl Default for View {
    fn default() -> Self {
        Self {
            range: Range::default(),
            bin: None,
            group_by: Vec::new(),
            filter: String::new(),
            cost: Cost::default(),
            left_out: Vec::new(),
            compare: Compare::default(),
            drawn: Drawn::default(),
            top: USUAL_TOP,
            sort: String::new(),
            search: String::new(),
            page: 1,
            open: String::new(),
            saved: String::new(),
        }
    }
}

impl View {
    /// Reads an address's query through `find`; also answers what was not understood, as `bin=fortnight`.
    pub fn read(find: impl Fn(&str) -> Option<String>) -> (Self, Vec<String>) {
        let mut reader = Reader { find, odd: Vec::new() };
        let usual = Self::default();
        let view = Self {
            range: reader.value("r").unwrap_or(usual.range),
            bin: reader.value("bin"),
            group_by: groups(&reader.text("g")),
            filter: reader.text("f"),
            cost: reader.value("m").unwrap_or(usual.cost),
            left_out: reader.categories("x"),
            compare: reader.value("cmp").unwrap_or(usual.compare),
            drawn: reader.value("c").unwrap_or(usual.drawn),
            top: reader.number("top", 1..=MOST_TOP).unwrap_or(usual.top),
            sort: reader.text("s"),
            search: reader.text("q"),
            page: reader.number("page", 1..=1_000_000).unwrap_or(usual.page),
            open: reader.text("id"),
            saved: reader.text("v"),
        };
        (view, reader.odd)
    }

    /// The query of an address, `?` included; what is as usual is left out, so the usual view writes nothing.
    pub fn write(&self) -> String {
        let usual = Self::default();
        let unless = |is_usual: bool, text: String| if is_usual { String::new() } else { text };
        let categories: Vec<String> = self.left_out.iter().map(|one| one.as_str().to_lowercase()).collect();
        let group_by = self.group_by.join(",");
        let pairs = [
            ("r", unless(self.range == usual.range, self.range.to_string())),
            ("bin", self.bin.map(|bin| bin.to_string()).unwrap_or_default()),
            ("g", unless(group_by == USUAL_GROUP, group_by)),
            ("f", self.filter.clone()),
            ("m", unless(self.cost == usual.cost, self.cost.to_string())),
            ("x", categories.join(",")),
            ("cmp", unless(self.compare == usual.compare, self.compare.to_string())),
            ("c", unless(self.drawn == usual.drawn, self.drawn.to_string())),
            ("top", unless(self.top == usual.top, self.top.to_string())),
            ("s", self.sort.clone()),
            ("q", self.search.clone()),
            ("page", unless(self.page == usual.page, self.page.to_string())),
            ("id", self.open.clone()),
            ("v", self.saved.clone()),
        ];
        let mut query = String::new();
        for (key, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            let sign = if query.is_empty() { '?' } else { '&' };
            // Writing to a string cannot fail.
            let _ = write!(query, "{sign}{key}={}", utf8_percent_encode(&value, ENCODED));
        }
        query
    }

    /// Names of the dimensions it is grouped by.
    pub fn groups(&self) -> Vec<String> {
        if self.group_by.is_empty() { vec![USUAL_GROUP.to_owned()] } else { self.group_by.clone() }
    }

    /// How time is cut: by day up to 92 days, else by month, unless chosen.
    pub fn bin(&self, days: DayRange) -> Bin {
        self.bin.unwrap_or(if days.len() <= LONGEST_DAILY { Bin::Day } else { Bin::Month })
    }
}

/// By what costs are grouped unless chosen otherwise.
const USUAL_GROUP: &str = "service";

/// What stays readable in an address; `+` and `%` never do.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b',')
    .remove(b':')
    .remove(b';');

/// Names of dimensions, each once; the usual one alone is the same as none.
fn groups(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split(',').filter(|name| !name.is_empty()) {
        if !names.iter().any(|held| held == name) {
            names.push(name.to_owned());
        }
    }
    if names == [USUAL_GROUP] { Vec::new() } else { names }
}

/// Takes values out of an address and remembers what it could not read.
struct Reader<F> {
    find: F,
    odd: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    fn text(&self, key: &str) -> String {
        (self.find)(key).unwrap_or_default()
    }

    fn value<T: FromStr>(&mut self, key: &str) -> Option<T> {
        let text = self.text(key);
        if text.is_empty() {
            return None;
        }
        let value = text.parse().ok();
        self.note(value.is_none(), key, &text);
        value
    }

    fn number<T: FromStr + PartialOrd>(
        &mut self,
        key: &str,
        within: std::ops::RangeInclusive<T>,
    ) -> Option<T> {
        let text = self.text(key);
        let value: Option<T> = text.parse().ok().filter(|value| within.contains(value));
        self.note(value.is_none() && !text.is_empty(), key, &text);
        value
    }

    fn categories(&mut self, key: &str) -> Vec<ChargeCategory> {
        let mut found = Vec::new();
        for word in self.text(key).split(',').filter(|word| !word.is_empty()) {
            let category =
                ChargeCategory::ALL.into_iter().find(|category| category.as_str().eq_ignore_ascii_case(word));
            self.note(category.is_none(), key, word);
            found.extend(category.filter(|category| !found.contains(category)));
        }
        found
    }

    fn note(&mut self, is_odd: bool, key: &str, value: &str) {
        self.odd.extend(is_odd.then(|| format!("{key}={value}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> (View, Vec<String>) {
        View::read(|key| {
            let pairs = query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
            let mut values = pairs.filter(|(name, _)| *name == key).map(|(_, value)| value);
            let value = values.next()?;
            Some(percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
        })
    }

    #[test]
    fn an_address_is_written_as_it_was_read() {
        for query in [
            "",
            "?r=mtd&g=service,region&f=sub_account:111122223333;tag.Owner:",
            "?r=2026-10-01..2026-11-01&bin=week&m=effective&x=tax,credit&cmp=off&c=line",
            "?f=service:Amazon%20EC2%7Cservice:Amazon%20S3",
            "?cmp=2025-10-01..2025-11-01&c=why&top=8&s=-change&q=a%2Bb%26c&page=3&id=i-0c41&v=7",
        ] {
            let (view, odd) = read(query);
            assert_eq!((view.write().as_str(), odd), (query, Vec::new()));
        }
    }

    #[test]
    fn a_view_is_read_as_it_was_written() {
        let hostile = ["", "a&b=c", "100%", "+ #?/", "über\u{0}\n", "%26", "'\"<x>", "f=1|2;3,4:5^6~7!8"];
        let days: Range = "2026-10-01..2026-11-01".parse().unwrap();
        for (place, text) in hostile.iter().enumerate() {
            for (range, ..) in Range::RELATIVE.into_iter().chain([(days, "", "")]) {
                let view = View {
                    range,
                    bin: Bin::ALL.get(place).copied(),
                    group_by: vec!["region".to_owned(), format!("tag.{}", text.replace(',', ""))],
                    filter: (*text).to_owned(),
                    cost: Cost::ALL.get(place % 5).copied().unwrap(),
                    left_out: ChargeCategory::ALL.into_iter().take(place % 3).collect(),
                    compare: Compare::NAMED.get(place % 5).unwrap().0,
                    drawn: Drawn::ALL.get(place % 4).copied().unwrap(),
                    top: place + 1,
                    sort: (*text).to_owned(),
                    search: (*text).to_owned(),
                    page: place as u32 + 1,
                    open: (*text).to_owned(),
                    saved: (*text).to_owned(),
                };
                assert_eq!(read(&view.write()), (view.clone(), Vec::new()), "{}", view.write());
            }
        }
    }

    #[test]
    fn what_is_not_understood_falls_back_and_is_named() {
        let check = |query: &str, expect: &[&str]| {
            let (view, odd) = read(query);
            assert_eq!((view, odd), (View::default(), expect.iter().map(|odd| (*odd).to_owned()).collect()));
        };
        check("?bin=fortnight&r=whenever&zzz=1", &["r=whenever", "bin=fortnight"]);
        check(
            "?m=unblended&cmp=decade&c=pie&top=0&page=-1",
            &["m=unblended", "cmp=decade", "c=pie", "top=0", "page=-1"],
        );
        check("?x=gifts", &["x=gifts"]);
        check("?r=&g=&f=&top=", &[]);
    }

    #[test]
    fn one_view_has_one_address() {
        for (query, expect) in [
            ("?r=last-30d&g=service&m=billed&cmp=week&c=bar&top=5&page=1", ""),
            ("?g=region,,region&x=Tax,tax", "?g=region&x=tax"),
        ] {
            assert_eq!(read(query).0.write(), expect);
        }
        assert_eq!(read("?g=service").0.groups(), ["service"]);
    }

    #[test]
    fn long_ranges_are_cut_by_month() {
        let days =
            |length| DayRange::new(crate::Day::from_epoch_days(0), crate::Day::from_epoch_days(length));
        let view = View::default();
        assert_eq!((view.bin(days(92)), view.bin(days(93))), (Bin::Day, Bin::Month));
        assert_eq!(View { bin: Some(Bin::Year), ..view }.bin(days(7)), Bin::Year);
    }
}
