//! A question about resources, read once.

use std::collections::BTreeMap;

use cube::{Filter, Metric};
use shared::{BillingPeriod, DayRange};

use crate::error::{Error, Kind, Result};
use crate::ingest::month::Month;

/// Longest text that is searched for.
const MAX_SEARCH: usize = 200;

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

    /// The months of the range; an error when one is not in the report.
    pub fn needed<'a>(&self, held: &'a BTreeMap<BillingPeriod, Month>) -> Result<Vec<&'a Month>> {
        self.range.periods().iter().map(|period| held.get(period).ok_or_else(needs_report)).collect()
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

/// The report does not hold these days.
fn needs_report() -> Error {
    let title = "Resource detail needs the report for all of these days.";
    let hint = "Choose a range within the months listed in Settings, Report.";
    Error::new(Kind::Conflict, "needs_report", title, hint)
}
