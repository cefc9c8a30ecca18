//! The plan of questions: ten at first, few of them later. Every page costs the customer $0.01.

use aws::cost_explorer::{Dimension, GetCostAndUsage, Granularity, GroupBy};
use shared::{Day, DayRange, Timestamp, settled};

use super::record::ItemRecord;
use crate::workspace::jobs;

/// Months of history AWS keeps besides the current one.
const HISTORY: i32 = 13;
/// Days asked for at least: 30, the same 35 days earlier, and five that may not be complete yet.
const COMPARED: i32 = 70;
/// Hours between two automatic refreshes.
const REFRESH_HOURS: i64 = 12;
/// The same once the report answers for costs.
const LIVE_HOURS: i64 = 24;
/// Hours until an obstacle is tried again.
const OBSTACLE_HOURS: i64 = 6;

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// Months by service and sub-account.
    Months,
    /// Days by service and sub-account.
    Days,
    /// Days by service and region.
    Regions,
    /// Months by service and charge category.
    Categories,
    /// Two months by service and usage type.
    UsageTypes,
    /// To the end of the month.
    Forecast,
    /// Of 90 days.
    Anomalies,
    /// Of 30 days.
    SavingsPlans,
    /// Of 30 days.
    Reservations,
    /// Keys of tags.
    Tags,
}

impl Item {
    /// In the order they are asked: what unlocks the first page comes first.
    pub const ALL: [Item; 10] = [
        Self::Months,
        Self::Days,
        Self::Regions,
        Self::Categories,
        Self::UsageTypes,
        Self::Forecast,
        Self::Anomalies,
        Self::SavingsPlans,
        Self::Reservations,
        Self::Tags,
    ];
    /// Those about cost.
    pub const COSTS: [Item; 5] =
        [Self::Months, Self::Days, Self::Regions, Self::Categories, Self::UsageTypes];
    /// Those a refresh by hand asks again: $0.04.
    pub const REFRESHED: [Item; 4] = [Self::Days, Self::Regions, Self::Forecast, Self::Anomalies];

    /// Its key.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Months => "months",
            Self::Days => "days",
            Self::Regions => "regions",
            Self::Categories => "categories",
            Self::UsageTypes => "usage-types",
            Self::Forecast => "forecast",
            Self::Anomalies => "anomalies",
            Self::SavingsPlans => "savings-plans",
            Self::Reservations => "reservations",
            Self::Tags => "tags",
        }
    }

    /// What a person reads beside its tick.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Months => "14 months by service and sub-account",
            Self::Days => "Daily cost by service and sub-account",
            Self::Regions => "Daily cost by service and region",
            Self::Categories => "Charges, credits, refunds and tax",
            Self::UsageTypes => "Usage types",
            Self::Forecast => "Forecast to the end of the month",
            Self::Anomalies => "Anomalies of 90 days",
            Self::SavingsPlans => "Use of Savings Plans",
            Self::Reservations => "Use of reservations",
            Self::Tags => "Tag keys",
        }
    }

    /// Whether it answers with costs that cubes are made of.
    pub fn is_cost(self) -> bool {
        Self::COSTS.contains(&self)
    }

    /// Hours after which it is asked again; none for what a month does not change.
    const fn every(self, is_live: bool) -> i64 {
        match (self, is_live) {
            (Self::Days | Self::Regions, false) => REFRESH_HOURS,
            (Self::Forecast | Self::Anomalies, false) => REFRESH_HOURS,
            (Self::Forecast | Self::Anomalies | Self::Categories, true) => LIVE_HOURS,
            (Self::Days | Self::Regions, true) => 7 * LIVE_HOURS,
            _ => 7 * LIVE_HOURS,
        }
    }
}

/// When a question is due again.
pub fn next(item: Item, record: &ItemRecord, is_live: bool, now: Timestamp) -> Timestamp {
    let Some(asked) = record.asked_at else { return record.retry_at.unwrap_or(now) };
    // A new month makes every answer old, and so does the end of the one before once it is all told.
    let turns = |at| (Day::of(at).period(), settled::complete_until(at).period());
    let due = if turns(asked) == turns(now) { jobs::after_hours(asked, item.every(is_live)) } else { now };
    record.retry_at.map_or(due, |retry| due.max(retry))
}

/// When a question that was asked in vain is asked again: an outage passes in minutes, and AWS or a person takes hours
/// to remove an obstacle.
pub fn again(reason: &str, failures: u32, now: Timestamp) -> Timestamp {
    match reason {
        "cost_explorer_unreachable" => {
            jobs::after_minutes(now, 1_i64 << failures.min(6)).min(jobs::after_hours(now, 1))
        }
        _ => jobs::after_hours(now, OBSTACLE_HOURS),
    }
}

/// The question about costs an item asks; none for the others. `months` is how far back AWS lets us ask.
pub fn question(item: Item, today: Day, months: Option<i32>) -> Option<GetCostAndUsage> {
    let back = |months: i32| today.period().plus(-months).first_day();
    let history = months.unwrap_or(HISTORY);
    // The last 30 days and the same weekdays five weeks earlier, whatever the day of the month.
    let days = back(1).min(today.plus(-COMPARED)).max(back(history));
    let (granularity, start, by) = match item {
        Item::Months => (Granularity::Monthly, back(history), Dimension::LinkedAccount),
        Item::Categories => (Granularity::Monthly, back(history), Dimension::RecordType),
        Item::Days => (Granularity::Daily, days, Dimension::LinkedAccount),
        Item::Regions => (Granularity::Daily, days, Dimension::Region),
        Item::UsageTypes => (Granularity::Monthly, back(1), Dimension::UsageType),
        _ => return None,
    };
    Some(GetCostAndUsage {
        // The end is exclusive: tomorrow includes today.
        period: DayRange::new(start, today.plus(1)),
        granularity,
        group_by: vec![GroupBy::Dimension(Dimension::Service), GroupBy::Dimension(by)],
        filter: None,
        page: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_questions_reach_as_far_as_aws_allows() {
        let today = Day::new(2026, 11, 23).unwrap();
        let check = |item, expect: &str| {
            let period = question(item, today, None).unwrap().period;
            assert_eq!(format!("{}..{}", period.start, period.end), expect);
        };
        check(Item::Months, "2025-10-01..2026-11-24");
        check(Item::Days, "2026-09-14..2026-11-24");
        check(Item::UsageTypes, "2026-10-01..2026-11-24");
        assert!(question(Item::Forecast, today, None).is_none());
    }

    #[test]
    fn answers_are_asked_again_when_they_are_old_or_the_month_turned() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let asked = ItemRecord { asked_at: Some(at("2026-11-23T10:00:00Z")), ..ItemRecord::default() };
        let check = |item, record: &ItemRecord, is_live, now: &str, expect: &str| {
            assert_eq!(next(item, record, is_live, at(now)), at(expect), "{item:?} {now}");
        };
        check(Item::Days, &ItemRecord::default(), false, "2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z");
        check(Item::Days, &asked, false, "2026-11-23T12:00:00Z", "2026-11-23T22:00:00Z");
        check(Item::Forecast, &asked, true, "2026-11-23T12:00:00Z", "2026-11-24T10:00:00Z");
        check(Item::Months, &asked, false, "2026-12-01T00:01:00Z", "2026-12-01T00:01:00Z");
        let turned = ItemRecord { asked_at: Some(at("2026-12-01T00:01:00Z")), ..ItemRecord::default() };
        check(Item::Months, &turned, true, "2026-12-01T23:59:00Z", "2026-12-08T00:01:00Z");
        check(Item::Months, &turned, true, "2026-12-02T00:01:00Z", "2026-12-02T00:01:00Z");
        let settled = ItemRecord { asked_at: Some(at("2026-12-02T00:01:00Z")), ..ItemRecord::default() };
        check(Item::Months, &settled, true, "2026-12-03T00:01:00Z", "2026-12-09T00:01:00Z");
        let held = ItemRecord { retry_at: Some(at("2026-11-23T17:00:00Z")), ..ItemRecord::default() };
        check(Item::Months, &held, false, "2026-11-23T12:00:00Z", "2026-11-23T17:00:00Z");
        for (reason, failures, expect) in [
            ("cost_explorer_not_enabled", 0, "2026-11-23T18:00:00Z"),
            ("cost_explorer_unreachable", 0, "2026-11-23T12:01:00Z"),
            ("cost_explorer_unreachable", 3, "2026-11-23T12:08:00Z"),
            ("cost_explorer_unreachable", u32::MAX, "2026-11-23T13:00:00Z"),
        ] {
            assert_eq!(
                again(reason, failures, at("2026-11-23T12:00:00Z")),
                at(expect),
                "{reason} {failures}"
            );
        }
    }
}
