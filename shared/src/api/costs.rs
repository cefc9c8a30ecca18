//! Figures: which blobs answer what, insights of Cost Explorer, resources.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::{BillingPeriod, Currency, Day, DayRange, Money};

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// AWS Cost Explorer.
    CostExplorer,
    /// The report (AWS Cost and Usage Report).
    Report,
}

/// Which figures exist, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataIndex {
    /// The edge's UTC day.
    pub today: Day,
    /// Blobs, one list per currency.
    pub blobs: Vec<BlobRef>,
    /// Per billing period: which source answers it and how far it reaches.
    pub periods: Vec<PeriodIndex>,
    /// Names of sub-accounts, where known.
    pub account_names: BTreeMap<String, String>,
    /// Tracked tag keys of the report, in the order of the cubes.
    pub tag_keys: Vec<String>,
}

/// How a billing period is answered. One source per period: the committed report, else Cost Explorer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodIndex {
    /// Which.
    pub period: BillingPeriod,
    /// Which source.
    pub source: Source,
    /// The day after the last one with complete figures; before the period where it has none yet.
    pub complete_until: Day,
    /// The day after the last one with any figures.
    pub known_until: Day,
    /// Whether the bill is issued.
    pub is_final: bool,
    /// When AWS was asked, or delivered.
    pub as_of: Timestamp,
}

/// The day after the last one up to which a range's figures are complete without a gap; none where none of its months
/// is held. Months are sought in their order: what comes after one that stands still is no comfort.
pub fn complete_until(periods: &[PeriodIndex], range: DayRange) -> Option<Day> {
    let mut until = None;
    for period in range.periods() {
        match periods.iter().find(|known| known.period == period) {
            // Figures may begin within a range.
            None if until.is_none() => {}
            None => break,
            Some(known) => {
                until = Some(known.complete_until);
                if known.complete_until < period.days().end {
                    break;
                }
            }
        }
    }
    until
}

/// One immutable blob of cells; see crate `cube`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    /// Hexadecimal SHA-256 of its bytes, and its name.
    pub hash: String,
    /// What it holds.
    pub kind: BlobKind,
    /// Where it comes from.
    pub source: Source,
    /// Its currency.
    pub currency: Currency,
    /// The days its cells fall in.
    pub days: DayRange,
    /// Names of the dimensions it knows, as in a `View` (`sub_account`, `service`, …).
    pub dimensions: Vec<String>,
    /// Whether its cells are monthly rather than daily.
    pub monthly: bool,
    /// Bytes to fetch.
    pub bytes: u64,
}

/// What a blob holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlobKind {
    /// billing_account, sub_account, service, charge_category by day.
    Overview,
    /// Every dimension by day.
    Detail,
    /// A Cost Explorer answer: two dimensions.
    Facet,
    /// The directory of a month's resources.
    Resources,
    /// Rows of resources that a directory names.
    Shard,
}

/// What Cost Explorer says besides cost. Each panel fails alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InsightsView {
    /// To the end of the month.
    pub forecast: Panel<Forecast>,
    /// Of the last 90 days, newest first.
    pub anomalies: Panel<Vec<Anomaly>>,
    /// Of the last 30 days.
    pub savings_plans: Panel<Utilization>,
    /// Of the last 30 days.
    pub reservations: Panel<Utilization>,
    /// Refreshes left today.
    pub refreshes_left: u8,
}

/// A figure, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Panel<T> {
    /// The figure.
    pub value: Option<T>,
    /// When AWS was asked.
    pub fetched_at: Option<Timestamp>,
    /// Why there is no (newer) figure, and who acts.
    pub remedy: Option<super::Remedy>,
}

impl<T> Default for Panel<T> {
    fn default() -> Self {
        Self { value: None, fetched_at: None, remedy: None }
    }
}

/// Cost expected by the end of the month, spent part included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// Which month.
    pub period: BillingPeriod,
    /// Most likely total.
    pub mean: Money,
    /// Lower bound of the 80 % interval.
    pub low: Money,
    /// Upper bound of the 80 % interval.
    pub high: Money,
    /// Currency.
    pub currency: Currency,
}

/// Something AWS's anomaly detection reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomaly {
    /// AWS's id.
    pub id: String,
    /// First day.
    pub start: Day,
    /// Last day, if it ended.
    pub end: Option<Day>,
    /// Service, as we name it.
    pub service: String,
    /// Sub-account, region, usage type, where AWS names them.
    pub sub_account: Option<String>,
    /// See `sub_account`.
    pub region: Option<String>,
    /// See `sub_account`.
    pub x_usage_type: Option<String>,
    /// Cost over the expected.
    pub impact: Money,
    /// What it cost.
    pub actual: Money,
    /// What AWS expected.
    pub expected: Money,
}

/// How much of a commitment is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Utilization {
    /// Percent used, 0 to 100.
    pub used_percent: f64,
    /// Committed, in the account's currency.
    pub commitment: Money,
    /// Unused part of it.
    pub unused: Money,
}

/// Which resources to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceQuery {
    /// Range in days; must lie within held months.
    pub r: String,
    /// Filter, as in a `View`.
    #[serde(default)]
    pub f: String,
    /// Free text over id, name and tags.
    #[serde(default)]
    pub q: String,
    /// `-cost` (default), `cost`, `id`, `-id`, `-change`, `change`.
    #[serde(default)]
    pub s: String,
    /// From 1; pages of 100, a hundred of them at most.
    #[serde(default)]
    pub page: u32,
    /// `billed` (default) or `effective`.
    #[serde(default)]
    pub m: String,
    /// Only resources without any tag.
    #[serde(default)]
    pub untagged: bool,
}

/// A page of resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourcePage {
    /// Rows of this page.
    pub rows: Vec<ResourceRow>,
    /// Resources that match and cost anything in the range; by change, also those that did before it.
    pub matches: u64,
    /// Cost of all that match, this range and the equal one before (if held).
    pub cost: Money,
    /// See `cost`.
    pub previous_cost: Option<Money>,
    /// Cost that has no resource id, in this range and filter.
    pub without_resource: Money,
    /// Cost of resources too many to be listed, in this range and filter.
    #[serde(default)]
    pub other: Money,
    /// How many those are, over the month that has most of them.
    #[serde(default)]
    pub in_other: u64,
    /// This page, from 1.
    pub page: u32,
    /// The range that was answered, and the one it is compared with.
    pub range: DayRange,
    /// See `range`.
    pub previous: Option<DayRange>,
    /// Currency.
    pub currency: Currency,
    /// The day after the last complete one of the months that are held.
    pub complete_until: Day,
    /// When the report was committed.
    pub as_of: Timestamp,
    /// Whether every month in the range is final.
    pub is_final: bool,
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceRow {
    /// ARN or id, as the report has it.
    pub resource: String,
    /// Tag `Name`, if any.
    pub name: Option<String>,
    /// Service.
    pub service: String,
    /// Sub-account.
    pub sub_account: String,
    /// Region.
    pub region: String,
    /// Tags, key → value.
    pub tags: BTreeMap<String, String>,
    /// Cost in the range.
    pub cost: Money,
    /// Cost in the equal range before, if held.
    pub previous_cost: Option<Money>,
    /// First and last day with cost in the held months.
    pub first_seen: Day,
    /// See `first_seen`.
    pub last_seen: Day,
}

/// Which resource to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceKey {
    /// Its id.
    pub id: String,
    /// Its sub-account.
    pub sub_account: String,
    /// Range, as in `ResourceQuery`.
    pub r: String,
    /// Metric, as in `ResourceQuery`.
    #[serde(default)]
    pub m: String,
}

/// One resource in depth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceDetail {
    /// The row.
    pub row: ResourceRow,
    /// Days of the range, for `usage_types`.
    pub range: DayRange,
    /// Daily cost by usage type, largest first; one value a day.
    pub usage_types: Vec<UsageTypeSeries>,
    /// Currency.
    pub currency: Currency,
    /// Where to look at it in the AWS console, where that can be told from the id.
    pub console_url: Option<String>,
}

/// Daily cost of one usage type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageTypeSeries {
    /// Which.
    pub x_usage_type: String,
    /// Sum.
    pub cost: Money,
    /// Sum of the equal range before, if held.
    pub previous_cost: Option<Money>,
    /// One value a day of the range.
    pub daily: Vec<Money>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_complete_up_to_its_first_gap() {
        let check = |held: &[(&str, &str)], range: &str, expect: Option<&str>| {
            let of = |(period, until): &(&str, &str)| PeriodIndex {
                period: period.parse().unwrap(),
                source: Source::Report,
                complete_until: until.parse().unwrap(),
                known_until: until.parse().unwrap(),
                is_final: false,
                as_of: Timestamp::UNIX_EPOCH,
            };
            let periods: Vec<PeriodIndex> = held.iter().map(of).collect();
            let (start, end) = range.split_once("..").unwrap();
            let range = DayRange::new(start.parse().unwrap(), end.parse().unwrap());
            assert_eq!(complete_until(&periods, range), expect.map(|day| day.parse().unwrap()), "{held:?}");
        };
        let range = "2026-10-20..2026-12-03";
        check(&[], range, None);
        check(&[("2026-09", "2026-10-01")], range, None);
        check(
            &[("2026-10", "2026-11-01"), ("2026-11", "2026-12-01"), ("2026-12", "2026-12-02")],
            range,
            Some("2026-12-02"),
        );
        check(&[("2026-11", "2026-12-01"), ("2026-12", "2026-12-02")], range, Some("2026-12-02"));
        // A report that stopped: the month after it, from Cost Explorer, fills no gap.
        check(
            &[("2026-10", "2026-11-01"), ("2026-11", "2026-11-19"), ("2026-12", "2026-12-02")],
            range,
            Some("2026-11-19"),
        );
        check(&[("2026-10", "2026-11-01"), ("2026-12", "2026-12-02")], range, Some("2026-11-01"));
        // Early in a month the one before still fills up.
        check(
            &[("2026-10", "2026-11-01"), ("2026-11", "2026-11-30"), ("2026-12", "2026-11-30")],
            range,
            Some("2026-11-30"),
        );
    }
}
