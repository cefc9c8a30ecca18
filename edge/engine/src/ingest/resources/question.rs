//! A question about resources, read once.

use std::collections::BTreeMap;

use cube::resources::knows;
use cube::{Dimension, Filter, Metric};
use shared::{BillingPeriod, DayRange};

use crate::error::{Error, Kind, Result};
use crate::ingest::month::Month;

/// Longest text that is searched for.
const MAX_SEARCH: usize = 200;
/// Letters of a tag's key that a refusal repeats.
const SHOWN_KEY: usize = 60;

/// What is asked.
#[derive(Debug)]
pub struct Question {
    /// The days.
    pub range: DayRange,
    /// As many before them.
    pub previous: DayRange,
    /// Billed or effective cost.
    pub metric: Metric,
    /// Which parts of resources count.
    pub filter: Filter,
    /// What id or tags must contain, in lower case.
    pub search: String,
    /// Whether only resources without tags are meant.
    pub untagged: bool,
}

impl Question {
    /// Reads range, metric and filter.
    pub fn new(range: &str, metric: &str, filter: &str) -> Result<Self> {
        let wrong = |title: &'static str, field| {
            Error::new(
                Kind::Invalid,
                "query_invalid",
                title,
                "Ask with a range such as 2026-11-01..2026-11-22.",
            )
            .on_field(field)
        };
        let parsed = range.split_once("..").and_then(|(start, end)| {
            let range = DayRange::new(start.parse().ok()?, end.parse().ok()?);
            (!range.is_empty() && range.len() <= 400).then_some(range)
        });
        let range = parsed.ok_or_else(|| wrong("This is not a range of days.", "r"))?;
        let metric = match metric {
            "" | "billed" => Metric::BilledCost,
            "effective" => Metric::EffectiveCost,
            _ => return Err(wrong("Resources know billed and effective cost.", "m")),
        };
        let filter = filter.parse::<Filter>().map_err(|_| wrong("This filter was not understood.", "f"))?;
        // A filter nothing can answer is refused: an empty list would say that nothing costs anything.
        if let Some(unknown) = dimensions(&filter).find(|dimension| !knows(dimension)) {
            return Err(not_told_apart(unknown));
        }
        let previous = DayRange::new(range.start.plus(-range.len()), range.start);
        Ok(Self { range, previous, metric, filter, search: String::new(), untagged: false })
    }

    /// With a text to search for, and whether only resources without tags are meant.
    pub fn searching(self, text: &str, untagged: bool) -> Self {
        Self { search: text.chars().take(MAX_SEARCH).collect::<String>().to_lowercase(), untagged, ..self }
    }

    /// Whether every resource is meant.
    pub fn is_plain(&self) -> bool {
        self.filter.any_of.is_empty() && self.search.is_empty() && !self.untagged
    }

    /// An error when it filters by a tag that none of the months asked keeps; `tracked` are the keys of each.
    pub fn knows_its_tags<'a>(&self, tracked: impl Iterator<Item = &'a [String]>) -> Result<()> {
        let tracked: Vec<&[String]> = tracked.collect();
        let is_kept = |key: &String| tracked.is_empty() || tracked.iter().any(|keys| keys.contains(key));
        let is_missing = |dimension: &&Dimension| matches!(dimension, Dimension::Tag(key) if !is_kept(key));
        dimensions(&self.filter).find(is_missing).map_or(Ok(()), |tag| Err(not_told_apart(tag)))
    }

    /// The months of the range; an error when one is not in the report. Those at its end may be missing: a new month
    /// is a day or two old before AWS delivers it, and until then its days are days without figures.
    pub fn needed<'a>(
        &self,
        held: &'a BTreeMap<BillingPeriod, Month>,
    ) -> Result<Vec<(BillingPeriod, &'a Month)>> {
        let mut periods = self.range.periods();
        while periods.last().is_some_and(|period| !held.contains_key(period)) {
            periods.pop();
        }
        if periods.is_empty() {
            return Err(needs_report());
        }
        let month = |period| held.get(&period).map(|month| (period, month)).ok_or_else(needs_report);
        periods.into_iter().map(month).collect()
    }

    /// The same, with no days before where the report does not hold all of them.
    pub fn comparing(self, held: &BTreeMap<BillingPeriod, Month>) -> Self {
        let is_held = self.previous.periods().iter().all(|period| held.contains_key(period));
        let none = DayRange::new(self.range.start, self.range.start);
        Self { previous: if is_held { self.previous } else { none }, ..self }
    }

    /// Whether there are days before to compare with.
    pub fn has_previous(&self) -> bool {
        !self.previous.is_empty()
    }

    /// All days that count.
    pub fn span(&self) -> DayRange {
        DayRange::new(self.previous.start, self.range.end)
    }
}

/// What a filter asks about.
fn dimensions(filter: &Filter) -> impl Iterator<Item = &Dimension> {
    filter.any_of.iter().flatten().map(|token| &token.dimension)
}

fn not_told_apart(dimension: &Dimension) -> Error {
    let title = format!("Resources are not told apart by {}.", in_words(dimension));
    let hint = match dimension {
        Dimension::Tag(_) => "Take that filter away, or choose days in which the report keeps this tag.",
        _ => "Take that filter away.",
    };
    Error::new(Kind::Invalid, "query_invalid", title, hint).on_field("f")
}

/// A dimension as people call it.
fn in_words(dimension: &Dimension) -> String {
    let key = |key: &str| -> String { key.chars().filter(|c| !c.is_control()).take(SHOWN_KEY).collect() };
    let words = match dimension {
        Dimension::BillingAccount => "billing account",
        Dimension::SubAccount => "sub-account",
        Dimension::Region => "region",
        Dimension::Service => "service",
        Dimension::XUsageType => "usage type",
        Dimension::XOperation => "operation",
        Dimension::Resource => "resource",
        Dimension::Sku => "SKU",
        Dimension::ChargeCategory => "charge category",
        Dimension::PricingCategory => "pricing category",
        Dimension::CommitmentDiscount => "commitment discount",
        Dimension::Publisher => "publisher",
        Dimension::XLineItemType => "line item type",
        Dimension::XServiceCode => "service code",
        Dimension::Unit => "unit",
        Dimension::Tag(name) => return format!("the tag {}", key(name)),
        Dimension::CostCategory(name) => return format!("the cost category {}", key(name)),
    };
    words.to_owned()
}

/// The report does not hold these days.
fn needs_report() -> Error {
    let title = "Resource detail needs the report for all of these days.";
    let hint = "Choose a range within the months listed in Settings, Report.";
    Error::new(Kind::Conflict, "needs_report", title, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_not_delivered_yet_may_end_a_range_but_not_begin_it() {
        let check = |range: &str, held: &[&str], expect: Option<&[&str]>| {
            let month =
                |period: &&str| (period.parse().unwrap(), Month::example("2026-12-02T01:00:00Z", None));
            let held: BTreeMap<BillingPeriod, Month> = held.iter().map(month).collect();
            let question = Question::new(range, "", "").unwrap();
            let found = question.needed(&held).map_err(|error| error.code);
            let found =
                found.map(|months| months.into_iter().map(|(period, _)| period.to_string()).collect());
            let expect = expect.map(|periods| periods.iter().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(found, expect.ok_or("needs_report"), "{range}");
        };
        let held = ["2026-10", "2026-11"];
        check("2026-11-03..2026-12-03", &held, Some(&["2026-11"]));
        check("2026-10-03..2026-11-03", &held, Some(&held));
        check("2026-12-01..2026-12-02", &held, None);
        check("2026-09-20..2026-10-20", &held, None);
        check("2026-09-20..2026-12-02", &["2026-09", "2026-11"], None);
    }

    fn ask(filter: &str) -> Result<Question> {
        Question::new("2026-11-01..2026-11-22", "", filter)
    }

    // What the shelf does not know is refused with words, whether it is asked for or ruled out, alone or beside others.
    #[test]
    fn a_filter_by_what_resources_are_not_told_apart_by_is_refused() {
        let named = Dimension::CostCategory("Team".to_owned());
        for dimension in Dimension::PLAIN.into_iter().chain([named, Dimension::Tag("Owner".to_owned())]) {
            for filter in [
                format!("{dimension}:x"),
                format!("{dimension}!:x"),
                format!("region:eu-west-1;{dimension}^x"),
                format!("region:eu-west-1|{dimension}~x"),
            ] {
                match ask(&filter) {
                    Ok(_) => assert!(knows(&dimension), "{filter}"),
                    Err(error) => {
                        assert!(!knows(&dimension), "{filter}");
                        assert_eq!((error.code, error.field), ("query_invalid", Some("f")), "{filter}");
                        let title = format!("Resources are not told apart by {}.", in_words(&dimension));
                        assert_eq!(error.title, title, "{filter}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_tag_that_no_month_keeps_is_refused_and_one_that_some_month_keeps_is_not() {
        let check = |tracked: &[&[&str]], is_known: bool| {
            let owned = |keys: &&[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<String>>();
            let tracked: Vec<Vec<String>> = tracked.iter().map(owned).collect();
            let question = ask("service:Amazon EC2;tag.Owner:").unwrap();
            let outcome = question.knows_its_tags(tracked.iter().map(Vec::as_slice));
            assert_eq!(outcome.is_ok(), is_known, "{tracked:?}");
            if let Err(error) = outcome {
                assert_eq!((error.code, error.field), ("query_invalid", Some("f")));
                assert_eq!(error.title, "Resources are not told apart by the tag Owner.");
            }
        };
        check(&[], true);
        check(&[&["Owner"]], true);
        check(&[&["team"], &["team", "Owner"]], true);
        check(&[&["team"], &[]], false);
    }
}
