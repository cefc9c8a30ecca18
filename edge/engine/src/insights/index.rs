//! Which figures exist, and where: one source per billing period, the committed report before Cost Explorer.

use std::collections::BTreeMap;

use shared::api::{DataIndex, PeriodIndex, Source, complete_until};
use shared::{BillingPeriod, Day, DayRange, Timestamp, settled};

use super::plan::Item;
use super::record::{self, ItemRecord};
use crate::error::Result;
use crate::ingest;
use crate::ports::Clock;
use crate::workspace::world::World;

/// The index of everything held.
pub fn index<W: World>(world: &W) -> Result<DataIndex> {
    let months = ingest::months(world)?;
    let mut periods: BTreeMap<BillingPeriod, PeriodIndex> = BTreeMap::new();
    let mut blobs = Vec::new();
    let mut account_names = BTreeMap::new();
    let days = record::find(world, Item::Days)?;
    for item in Item::COSTS {
        let record = record::find(world, item)?;
        for (period, is_estimated) in &record.estimated {
            if let Some(asked) = record.asked_at {
                periods
                    .entry(*period)
                    .or_insert_with(|| of_cost_explorer(*period, *is_estimated, asked, &days));
            }
        }
        account_names.extend(record.names.clone());
        blobs.extend(record.blobs);
    }
    let mut tag_keys: Vec<String> = Vec::new();
    for (period, month) in months {
        let complete_until = month.complete_until(period);
        periods.insert(
            period,
            PeriodIndex {
                period,
                source: Source::Report,
                complete_until,
                known_until: month.known_until(period),
                is_final: month.receipt.is_final,
                as_of: month.as_of,
            },
        );
        for key in &month.tracked_tags {
            if !tag_keys.contains(key) {
                tag_keys.push(key.clone());
            }
        }
        blobs.extend(month.cubes);
    }
    Ok(DataIndex {
        today: Day::of(world.clock().now()),
        blobs,
        periods: periods.into_values().collect(),
        account_names,
        tag_keys,
    })
}

/// What was asked before a day settled is complete up to the day before it.
fn of_cost_explorer(
    period: BillingPeriod,
    is_estimated: bool,
    asked: Timestamp,
    days: &ItemRecord,
) -> PeriodIndex {
    let all = period.days();
    let (asked_at, told) = match days.asked_at {
        Some(at) => (at, days.last_day.map(|day| day.plus(1))),
        None => (asked, None),
    };
    let settled_until = settled::complete_until(asked_at);
    let is_open = settled_until < all.end;
    let (known_until, complete_until) = if is_open {
        let known_until = told.unwrap_or(Day::of(asked_at)).clamp(all.start, all.end);
        (known_until, known_until.min(settled_until))
    } else {
        (all.end, all.end)
    };
    PeriodIndex {
        period,
        source: Source::CostExplorer,
        complete_until,
        known_until,
        is_final: !is_estimated && !is_open,
        as_of: asked_at,
    }
}

/// The last UTC day with complete figures, `2026-11-22`.
pub fn through<W: World>(world: &W) -> Result<Option<String>> {
    let index = index(world)?;
    // A month of long ago that was never finished says nothing of today.
    let recent = DayRange::new(index.today.period().plus(-1).first_day(), index.today.plus(1));
    let latest = || index.periods.iter().map(|period| period.complete_until).max();
    let until = complete_until(&index.periods, recent).or_else(latest);
    Ok(until.map(|end| end.plus(-1).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_explorer_is_complete_up_to_the_day_before_the_last_whole_one() {
        let check = |period: &str, asked: &str, last_day: &str, known: &str, complete: &str| {
            let at = asked.parse().unwrap();
            let days = ItemRecord {
                asked_at: Some(at),
                last_day: Some(last_day.parse().unwrap()),
                ..ItemRecord::default()
            };
            let index = of_cost_explorer(period.parse().unwrap(), false, at, &days);
            let last = |until: Day| until.plus(-1).to_string();
            assert_eq!(last(index.known_until), known, "{period} {asked}");
            assert_eq!(last(index.complete_until), complete, "{period} {asked}");
            assert_eq!(index.is_final, complete == "2026-10-31", "{period} {asked}");
        };
        check("2026-10", "2026-11-23T02:00:00Z", "2026-11-22", "2026-10-31", "2026-10-31");
        check("2026-11", "2026-11-23T02:00:00Z", "2026-11-22", "2026-11-22", "2026-11-21");
        check("2026-11", "2026-11-23T23:00:00Z", "2026-11-23", "2026-11-23", "2026-11-21");
        check("2026-11", "2026-11-23T23:00:00Z", "2026-11-19", "2026-11-19", "2026-11-19");
        // On the first and second of a month neither month is complete to its last day told.
        check("2026-11", "2026-12-01T02:00:00Z", "2026-11-30", "2026-11-30", "2026-11-29");
        check("2026-12", "2026-12-01T02:00:00Z", "2026-11-30", "2026-11-30", "2026-11-29");
        check("2026-12", "2026-12-02T02:00:00Z", "2026-12-02", "2026-12-02", "2026-11-30");
    }
}
