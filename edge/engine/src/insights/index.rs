//! Which figures exist, and where: one source per billing period, the committed report before Cost Explorer.

use std::collections::BTreeMap;

use shared::api::{DataIndex, PeriodIndex, Source};
use shared::{BillingPeriod, Day, Timestamp};

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
                known_until: month.known_until(period).max(complete_until),
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

/// Cost Explorer tells a day within 24 hours after it began: what was asked today is complete through yesterday.
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
    let asked_on = Day::of(asked_at);
    let is_open = all.contains(asked_on);
    let (known_until, complete_until) = if is_open {
        let told = told.map_or(asked_on, |told| told.clamp(all.start, all.end));
        (told, told.min(asked_on))
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
    let last = index(world)?.periods.into_iter().map(|period| period.complete_until).max();
    Ok(last.map(|end| end.plus(-1).to_string()))
}
