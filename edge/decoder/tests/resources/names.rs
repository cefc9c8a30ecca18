//! A month in which more differs than there is room for: it is merged all the same, to the last unit, within memory.

use cube::{Cube, Dimension, Metric};
use engine::ports::BlobKey;
use engine::workspace::memory::MemoryWorkspace;
use ledger::write::{Column, Form, Values, write_report};
use shared::{BillingPeriod, Money};

use crate::TURN;
use crate::bench::{Nobody, Town, WORKSPACE, merge, partial_of};

/// Resources, each with a name of its own, on every day of the month.
const RESOURCES: usize = 20_000;
const DAYS: usize = 31;
const TRACKED: [&str; 2] = ["name", "team"];

/// In 10⁻⁶.
fn cost(resource: usize, day: usize) -> i64 {
    (resource * 37 + day * 11) as i64 % 90_001 - 9_000
}

/// The file of some days.
fn partial(period: BillingPeriod, days: std::ops::Range<usize>) -> Vec<u8> {
    let start = i64::from(period.days().start.epoch_days());
    let rows: Vec<(usize, usize)> =
        days.flat_map(|day| (0..RESOURCES).map(move |resource| (resource, day))).collect();
    let column = |name: &str, values| Column { name: name.to_owned(), values };
    let text = |make: &dyn Fn(usize) -> String| Values::Text(rows.iter().map(|row| make(row.0)).collect());
    let millis = |day: &dyn Fn(usize) -> i64| {
        Values::TimestampMillis(rows.iter().map(|row| day(row.1) * 86_400_000).collect())
    };
    let columns = [
        column("line_item_usage_account_id", text(&|resource| format!("{:012}", resource % 23))),
        column("line_item_line_item_type", text(&|_| "Usage".to_owned())),
        column("line_item_product_code", text(&|resource| format!("Service{}", resource % 5))),
        column("line_item_resource_id", text(&|resource| format!("arn:aws:x:{resource:07}"))),
        column("line_item_usage_type", text(&|resource| format!("Use{}", resource % 7))),
        column("line_item_operation", text(&|resource| format!("Run{}", resource % 11))),
        column("line_item_currency_code", text(&|_| "USD".to_owned())),
        column("line_item_usage_start_date", millis(&|day| start + day as i64)),
        column("bill_billing_period_start_date", millis(&|_| start)),
        column(
            "line_item_unblended_cost",
            Values::Double(rows.iter().map(|row| cost(row.0, row.1) as f64 / 1e6).collect()),
        ),
        column("resource_tags_user_name", text(&|resource| format!("machine-{resource}"))),
        column("resource_tags_user_team", text(&|resource| format!("Team {}", resource % 3))),
    ];
    let file = write_report(&columns, &Form { row_group_rows: 50_000, ..Form::default() }).unwrap();
    partial_of(period, &file, &TRACKED)
}

/// The cubes of a merged month, and their blobs' names.
fn month(partials: Vec<Vec<u8>>) -> (Vec<Cube>, Vec<String>) {
    let period: BillingPeriod = "2026-10".parse().unwrap();
    let now = "2026-12-02T09:00:00Z".parse().unwrap();
    let town: Town = MemoryWorkspace::at(now, WORKSPACE.parse().unwrap(), Nobody);
    merge(&town, period, partials.into_iter(), &TRACKED, ledger::resources::Limits::default());
    let months = engine::ingest::months(&town).unwrap();
    let blobs = &months[&period].cubes;
    let held = town.blobs.held.borrow();
    let cube =
        |hash: &String| cube::blob::decode(&held[&BlobKey(format!("{WORKSPACE}/cube/{hash}"))]).unwrap();
    let names: Vec<String> = blobs.iter().map(|blob| blob.hash.clone()).collect();
    (names.iter().map(cube).collect(), names)
}

#[test]
fn a_month_of_near_unique_names_is_merged_within_memory_whatever_the_order() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let period: BillingPeriod = "2026-10".parse().unwrap();
    // Four days a file: well below what a partial may hold.
    let partials: Vec<Vec<u8>> =
        (0..DAYS).step_by(4).map(|from| partial(period, from..(from + 4).min(DAYS))).collect();
    let turned = partials.iter().rev().cloned().collect();
    let (cubes, names) = month(partials);
    assert_eq!(month(turned).1, names, "the same bytes");
    let sum: i64 = (0..DAYS).flat_map(|day| (0..RESOURCES).map(move |resource| cost(resource, day))).sum();
    for cube in &cubes {
        for metric in [Metric::BilledCost, Metric::EffectiveCost] {
            assert_eq!(cube.total(metric), Money::from_units(i128::from(sum) * 1_000_000));
        }
    }
    // 23 accounts of 5 services each, every day; and what tells them apart but the names.
    let [overview, detail] = cubes.as_slice() else { panic!("{} cubes", cubes.len()) };
    assert_eq!(overview.cells(), 23 * 5 * DAYS);
    let values = |dimension: &Dimension| detail.find_column(dimension).unwrap().dictionary.len();
    let tag = |key: &str| Dimension::Tag(key.to_owned());
    assert_eq!([values(&Dimension::XUsageType), values(&tag("team"))], [7, 3]);
    assert_eq!(values(&tag("name")), 1, "names are Other: there are more than are weighed");
}
