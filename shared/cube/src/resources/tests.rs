use std::rc::Rc;

use shared::Currency;

use super::*;
use crate::blob::BlobError;
use crate::{Dimension, Metric};

fn part(usage: &str, team: &str, cells: &[(u16, i128, i128)]) -> Part {
    let cell = |(day, billed, effective): &(u16, i128, i128)| Cell {
        day: *day,
        billed: *billed,
        effective: *effective,
    };
    Part {
        service: Rc::from("Amazon EC2"),
        region: Rc::from("eu-west-1"),
        x_usage_type: Rc::from(usage),
        tags: vec![Rc::from(team)],
        cells: cells.iter().map(cell).collect(),
    }
}

fn row(sub_account: &str, resource: &str, parts: Vec<Part>) -> Row {
    Row { sub_account: Rc::from(sub_account), resource: Rc::from(resource), parts }
}

fn rows() -> Vec<Row> {
    vec![
        row("1", "", vec![part("a", "", &[(0, 5, 5)])]),
        row("1", "", vec![part("b", "", &[(0, 7, 7)])]),
        row("1", "i-1", vec![part("a", "web", &[(0, -3, 4), (30, i128::from(i64::MAX) * 9, 1)])]),
        row("2", "i-1", vec![part("a", "web", &[(1, 1, 1)]), part("b", "", &[(1, 2, 3)])]),
    ]
}

fn block(rows: &[Row]) -> Vec<u8> {
    let mut builder = BlockBuilder::default();
    rows.iter().for_each(|row| builder.push(row).unwrap());
    builder.finish().unwrap().bytes
}

fn read(bytes: &[u8]) -> Result<Vec<Row>, BlobError> {
    let (mut block, mut rows) = (Block::open(bytes)?, Vec::new());
    while let Some(row) = block.next_row()? {
        rows.push(row);
    }
    Ok(rows)
}

#[test]
fn rows_come_out_of_a_block_as_they_went_in() {
    let mut builder = BlockBuilder::default();
    rows().iter().for_each(|row| builder.push(row).unwrap());
    let cut = builder.finish().unwrap();
    assert!(builder.is_empty());
    assert_eq!((cut.rows, cut.first), (4, ("1".to_owned(), String::new())));
    assert_eq!(cut.largest, i128::from(i64::MAX) as u128 * 9 + 3);
    assert_eq!(read(&cut.bytes), Ok(rows()));
}

#[test]
fn a_filter_admits_by_the_dimensions_that_are_known_and_by_no_other() {
    let named = [Dimension::Tag("team".to_owned()), Dimension::CostCategory("team".to_owned())];
    let row = row("1", "i-1", vec![part("a", "web", &[(0, 1, 1)])]);
    for dimension in Dimension::PLAIN.into_iter().chain(named) {
        // What no value is: admitted wherever there is a value at all.
        let filter = format!("{dimension}!:nothing").parse().unwrap();
        let is_admitted = row.parts[0].is_admitted(&row, &filter, &["team".to_owned()]);
        assert_eq!(is_admitted, knows(&dimension), "{dimension}");
    }
}

#[test]
fn a_block_that_was_tampered_with_is_refused_or_adds_up() {
    let bytes = block(&rows());
    let totals = |rows: &[Row]| {
        [Metric::BilledCost, Metric::EffectiveCost]
            .map(|metric| rows.iter().map(|row| row.total(metric)).fold(0, i128::wrapping_add))
    };
    for end in 0..bytes.len() {
        assert!(read(&bytes[..end]).is_err(), "{end}");
    }
    for (place, bit) in (0..bytes.len()).flat_map(|place| (0..8).map(move |bit| (place, bit))) {
        let mut other = bytes.clone();
        other[place] ^= 1 << bit;
        // A name or a day may be another one, a cost may not.
        if let Ok(found) = read(&other) {
            assert_eq!(totals(&found), totals(&rows()), "{place} {bit}");
        }
    }
}

#[test]
fn equal_resources_become_one_and_many_parts_become_other() {
    let mut sum = row("1", "i", vec![part("b", "x", &[(3, 1, 1)])]);
    sum.absorb(row("1", "i", vec![part("a", "x", &[(2, 2, 2)]), part("b", "x", &[(1, 4, 4), (3, 8, 8)])]), 9);
    let parts = vec![part("a", "x", &[(2, 2, 2)]), part("b", "x", &[(1, 4, 4), (3, 9, 9)])];
    assert_eq!(sum, row("1", "i", parts));
    let check = |most: usize, names: &[(&str, &str)]| {
        let mut narrow = sum.clone();
        narrow.absorb(row("1", "i", vec![part("c", "y", &[(3, 16, 16)])]), most);
        let found: Vec<(&str, &str)> =
            narrow.parts.iter().map(|part| (&*part.x_usage_type, &*part.tags[0])).collect();
        assert_eq!(found, names);
        assert_eq!(narrow.total(Metric::EffectiveCost), 31);
    };
    check(3, &[("a", "x"), ("b", "x"), ("c", "y")]);
    check(2, &[(OTHER, "x"), (OTHER, "y")]);
    check(1, &[(OTHER, OTHER)]);
}

#[test]
fn sequences_are_woven_in_order_and_a_wrong_order_is_told() {
    let weave = |sequences: Vec<Vec<Row>>| {
        let mut blocks: Vec<Vec<Vec<u8>>> = sequences
            .iter()
            .map(|rows| rows.iter().map(|row| block(std::slice::from_ref(row))).rev().collect())
            .collect();
        let (mut weave, mut found) = (Weave::new(blocks.len()), Vec::new());
        loop {
            match weave.next_row() {
                Ok(Next::Feed(place)) => weave.feed(place, blocks[place].pop()),
                Ok(Next::Row(place, row)) => found.push((place, row)),
                Ok(Next::End) => return Ok(found),
                Err(broken) => return Err(broken),
            }
        }
    };
    let all = rows();
    let [a, b, c, d] = [0, 1, 2, 3].map(|place| all[place].clone());
    let found = weave(vec![vec![b.clone(), c.clone()], vec![], vec![a.clone(), c.clone(), d.clone()]]);
    let expect = vec![(2, a), (0, b.clone()), (0, c.clone()), (2, c), (2, d.clone())];
    assert_eq!(found, Ok(expect));
    assert_eq!(weave(vec![vec![b.clone()], vec![d, b]]), Err((1, BlobError::Inconsistent)));
}

#[test]
fn a_directory_finds_the_block_of_a_resource() {
    let at = |resource: &str| At {
        shard: 0,
        offset: 0,
        length: 1,
        rows: 1,
        first: ("1".to_owned(), resource.to_owned()),
        largest: 1,
    };
    let days = "2026-02".parse::<shared::BillingPeriod>().unwrap().days();
    let mut directory = Directory::new(Currency::USD, shared::Timestamp::UNIX_EPOCH, days, Vec::new());
    directory.shards.push("a".to_owned());
    directory.named.blocks = vec![at("d"), at("m")];
    let check = |resource: &str, expect: Option<&str>| {
        let found = directory.find("1", resource).map(|at| at.first.1.as_str());
        assert_eq!(found, expect, "{resource}");
    };
    check("a", None);
    check("d", Some("d"));
    check("e", Some("d"));
    check("m", Some("m"));
    check("z", Some("m"));
    let bytes = directory.encode().unwrap();
    assert_eq!(Directory::decode(&bytes), Ok(directory.clone()));
    for end in 0..bytes.len() {
        assert!(Directory::decode(&bytes[..end]).is_err(), "{end}");
    }
    directory.shards.clear();
    assert_eq!(Directory::decode(&directory.encode().unwrap()), Err(BlobError::Inconsistent));
    directory.named.daily[3] = (7, 9);
    let range = |from: i32, to: i32| shared::DayRange::new(days.start.plus(from), days.start.plus(to));
    assert!(directory.is_within(range(3, 4)) && !directory.is_within(range(4, 9)));
    assert_eq!(directory.named.cost(days, range(0, 28), Metric::EffectiveCost), 9);
    assert_eq!(directory.named.cost(days, range(4, 28), Metric::EffectiveCost), 0);
}
