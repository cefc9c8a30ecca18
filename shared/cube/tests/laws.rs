//! Conservation laws: whatever is asked, sums add up exactly; whatever bytes come, no panic.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use cube::{
    BinBy, Cube, CubeBuilder, CubeSet, Dimension, Filter, Header, Metric, Operator, Query, Token,
    Unanswerable, blob,
};
use proptest::prelude::*;
use shared::api::{PeriodIndex, Source};
use shared::{Currency, Day, DayRange, Money};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn header(source: Source) -> Header {
    Header {
        currency: Currency::USD,
        source,
        as_of: "2026-11-23T06:00:00Z".parse().unwrap(),
        days: DayRange::new(day("2026-10-01"), day("2026-12-01")),
        monthly: false,
    }
}

const DIMENSIONS: [Dimension; 3] = [Dimension::SubAccount, Dimension::Service, Dimension::ChargeCategory];

type Row = (u8, u8, u8, i32, i64);

fn cube(rows: &[Row]) -> Cube {
    let mut builder = CubeBuilder::new(
        header(Source::Report),
        DIMENSIONS.to_vec(),
        vec![Metric::BilledCost, Metric::EffectiveCost],
    );
    for (account, service, category, at, units) in rows {
        let values = [
            format!("account {account}"),
            format!("service {service}"),
            ["Usage", "Tax", "Credit"][usize::from(*category) % 3].to_owned(),
        ];
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        builder.add_values(
            &values,
            day("2026-10-01").plus(*at),
            &[i128::from(*units), i128::from(*units) * 3_000_000],
        );
    }
    builder.finish()
}

fn set(cubes: Vec<Cube>) -> CubeSet {
    let period = |text: &str| PeriodIndex {
        period: text.parse().unwrap(),
        source: Source::Report,
        complete_until: day("2026-11-22"),
        known_until: if text == "2026-10" { day("2026-11-01") } else { day("2026-12-01") },
        is_final: text == "2026-10",
        as_of: "2026-11-23T06:00:00Z".parse().unwrap(),
    };
    let mut set = CubeSet::new(vec![period("2026-10"), period("2026-11")]);
    for cube in cubes {
        set.push(cube);
    }
    set
}

fn ask(group_by: &[Dimension], bin: BinBy) -> Query {
    Query {
        currency: Currency::USD,
        metric: Metric::BilledCost,
        range: DayRange::new(day("2026-11-01"), day("2026-12-01")),
        bin,
        filter: Filter::default(),
        leave_out: Vec::new(),
        group_by: group_by.to_vec(),
        top: None,
        compare: Some(DayRange::new(day("2026-10-01"), day("2026-10-31"))),
    }
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0..6_u8, 0..9_u8, 0..3_u8, 0..61_i32, any::<i64>()), 0..200)
}

#[test]
fn a_comparison_with_days_that_are_held_in_part_is_none() {
    let check = |from: &str, to: &str, is_answered: bool| {
        let set = set(vec![cube(&[(1, 1, 0, 3, 5), (1, 1, 0, 40, 7)])]);
        let query = Query { compare: Some(DayRange::new(day(from), day(to))), ..ask(&[], BinBy::Whole) };
        match set.query(&query) {
            Ok(answer) => {
                assert!(is_answered, "{from}");
                assert_eq!(answer.total.previous_cost.map(Money::units), Some(5));
            }
            Err(error) => {
                assert!(!is_answered, "{from}");
                assert_eq!(error, Unanswerable::NoFigures(day(from), day(to)));
            }
        }
    };
    check("2026-10-01", "2026-11-01", true);
    check("2026-09-20", "2026-11-01", false);
    check("2026-08-01", "2026-09-01", false);
}

// Months are asked for less often than days, so the two need not agree.
#[test]
fn a_month_is_the_sum_of_its_days_wherever_days_are_held() {
    let make = |monthly: bool, days: &[(&str, i128)]| {
        let header = Header { monthly, ..header(Source::Report) };
        let mut builder = CubeBuilder::new(header, vec![Dimension::Service], vec![Metric::BilledCost]);
        for (at, units) in days {
            builder.add_values(&["Amazon S3"], day(at), &[*units]);
        }
        builder.finish()
    };
    let months = make(true, &[("2026-11-01", 7)]);
    let days = make(false, &[("2026-11-01", 5), ("2026-11-02", 4)]);
    let query = Query { compare: None, ..ask(&[Dimension::Service], BinBy::Month) };
    let units = |cubes: Vec<Cube>| set(cubes).query(&query).unwrap().total.cost.units();
    assert_eq!(units(vec![months.clone()]), 7);
    assert_eq!(units(vec![months.clone(), days.clone()]), 9);
    assert_eq!(units(vec![days, months]), 9);
}

#[test]
fn quantities_of_two_units_are_never_added() {
    let metrics = vec![Metric::BilledCost, Metric::ConsumedQuantity];
    let make = |dimensions: &[Dimension], rows: &[(&[&str], i128)]| {
        let mut builder = CubeBuilder::new(header(Source::Report), dimensions.to_vec(), metrics.clone());
        for (values, quantity) in rows {
            builder.add_values(values, day("2026-11-03"), &[1, *quantity]);
        }
        builder.finish()
    };
    // The smaller cube knows no units: costs come from it, quantities never do.
    let overview = make(&[Dimension::Service], &[(&["Amazon S3"], 12)]);
    let query = |group_by: &[Dimension]| Query {
        metric: Metric::ConsumedQuantity,
        compare: None,
        ..ask(group_by, BinBy::Whole)
    };
    let answer = set(vec![overview.clone()]).query(&query(&[Dimension::Service]));
    assert!(matches!(answer, Err(Unanswerable::Missing { missing, .. }) if missing == [Dimension::Unit]));
    let rows: [(&[&str], i128); 2] = [(&["Amazon S3", "GB-Mo"], 5), (&["Amazon S3", "Requests"], 7)];
    let set = set(vec![overview, make(&[Dimension::Service, Dimension::Unit], &rows)]);
    for group_by in [&[][..], &[Dimension::Service], &[Dimension::Service, Dimension::Unit]] {
        let mut groups = set.query(&query(group_by)).unwrap().groups;
        groups.sort_by_key(|group| group.cost);
        let found: Vec<_> =
            groups.iter().map(|group| (group.key.last().unwrap().as_str(), group.cost.units())).collect();
        assert_eq!(found, [("GB-Mo", 5), ("Requests", 7)], "{group_by:?}");
    }
}

proptest! {
    // security.md row 84: negative costs too.
    #[test]
    fn every_grouping_sums_to_the_same_total(rows in rows(), top in 0..5_usize) {
        let set = set(vec![cube(&rows)]);
        let within = |row: &&Row| row.3 >= 31;
        let expect: i128 = rows.iter().filter(within).map(|row| i128::from(row.4)).sum();
        for dimensions in [&DIMENSIONS[..0], &DIMENSIONS[..1], &DIMENSIONS[1..], &DIMENSIONS[..]] {
            for bin in [BinBy::Day, BinBy::Week, BinBy::Month, BinBy::Whole] {
                let answer = set.query(&Query { top: Some(top), ..ask(dimensions, bin) }).unwrap();
                prop_assert_eq!(answer.total.cost, Money::from_units(expect));
                prop_assert_eq!(answer.total.values.len(), answer.bins.len());
                for place in 0..answer.bins.len() {
                    let parts: Money = answer.groups.iter().chain(&answer.other).map(|group| group.values[place]).sum();
                    prop_assert_eq!(parts, answer.total.values[place]);
                }
                let previous: Money = answer.groups.iter().chain(&answer.other).filter_map(|group| group.previous_cost).sum();
                prop_assert_eq!(Some(previous), answer.total.previous_cost);
            }
        }
    }

    #[test]
    fn order_and_splitting_do_not_matter(rows in rows(), cut in 0..200_usize) {
        let whole = cube(&rows);
        let cut = cut.min(rows.len());
        let mut turned = rows.clone();
        turned.reverse();
        prop_assert_eq!(&cube(&turned), &whole);
        let merged = Cube::merged(&[cube(&rows[cut..]), cube(&rows[..cut])]).unwrap();
        prop_assert_eq!(blob::encode(&merged).unwrap(), blob::encode(&whole).unwrap());
    }

    #[test]
    fn a_filter_and_its_negation_share_the_total(rows in rows(), value in 0..9_u8) {
        let set = set(vec![cube(&rows)]);
        let filtered = |negated| {
            let token = Token { dimension: Dimension::Service, operator: Operator::Is, negated, values: vec![format!("service {value}")] };
            set.query(&Query { filter: Filter { any_of: vec![vec![token]] }, ..ask(&[], BinBy::Whole) }).unwrap().total.cost
        };
        let all = set.query(&ask(&[], BinBy::Whole)).unwrap().total.cost;
        prop_assert_eq!(filtered(true) + filtered(false), all);
    }

    #[test]
    fn any_bytes_are_a_cube_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = blob::decode(&bytes);
    }

    #[test]
    fn flipped_bits_never_change_a_total(rows in rows(), place in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let cube = cube(&rows);
        let mut bytes = blob::encode(&cube).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(read) = blob::decode(&bytes) {
            // A name or a day may have changed into another valid one; money never does without notice.
            let both = |cube: &Cube| cube.metrics().map(|metric| cube.total(metric)).collect::<Vec<_>>();
            prop_assert_eq!(both(&read), both(&cube));
        }
    }
}

#[test]
fn a_blob_reads_as_it_was_written() {
    let cube = cube(&[(1, 2, 0, 3, 5_000_000_000_000), (1, 2, 1, 3, i64::MAX)]);
    assert_eq!(blob::decode(&blob::encode(&cube).unwrap()).unwrap(), cube);
}

#[test]
fn what_no_cube_knows_is_said_not_guessed() {
    let set = set(vec![cube(&[(1, 2, 0, 40, 1)])]);
    let error = set.query(&ask(&[Dimension::Region], BinBy::Day)).unwrap_err();
    assert!(matches!(error, cube::Unanswerable::Missing { missing, .. } if missing == [Dimension::Region]));
}

#[test]
fn days_not_delivered_are_marked() {
    let set = set(vec![cube(&[(1, 2, 0, 40, 1)])]);
    let range = DayRange::new(day("2026-11-28"), day("2026-12-03"));
    let answer = set.query(&Query { range, compare: None, ..ask(&[], BinBy::Day) }).unwrap();
    let marks: Vec<bool> = answer.bins.iter().map(|bin| bin.is_undelivered).collect();
    assert_eq!(marks, [false, false, false, true, true]);
}
