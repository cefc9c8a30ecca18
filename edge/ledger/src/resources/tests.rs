use std::rc::Rc;

use cube::Metric;
use cube::resources::{Block, Cell, Directory, Part, Row};
use shared::{Currency, Timestamp};

use super::*;

fn row(resource: usize, service: &str, cost: i128) -> Row {
    let part = Part {
        service: Rc::from(service),
        region: Rc::from("eu-west-1"),
        x_usage_type: Rc::from("Use"),
        tags: Vec::new(),
        cells: vec![Cell { day: 1, billed: cost, effective: cost }],
    };
    Row { sub_account: Rc::from("1"), resource: format!("i-{resource:03}").into(), parts: vec![part] }
}

const UNIT: i128 = 1 << 20;

#[test]
fn the_largest_of_each_service_stay_and_of_equal_ones_the_first() {
    let check = |limits: (usize, usize), rows: &[(&str, i128)], expect: &[usize]| {
        let rows: Vec<Row> = rows
            .iter()
            .enumerate()
            .map(|(place, (service, cost))| row(place, service, cost * UNIT))
            .collect();
        let mut ranking = Ranking::new(Limits { month: limits.0, service: limits.1 });
        rows.iter().for_each(|row| ranking.add(row));
        let mut keep = ranking.keep();
        let kept: Vec<usize> =
            rows.iter().enumerate().filter(|(_, row)| keep.keeps(row)).map(|(place, _)| place).collect();
        assert_eq!(kept, expect, "{limits:?}");
    };
    let rows = [("a", 5), ("a", 9), ("a", -7), ("b", 1), ("b", 2), ("c", 2), ("c", 2)];
    check((7, 7), &rows, &[0, 1, 2, 3, 4, 5, 6]);
    check((7, 2), &rows, &[1, 2, 3, 4, 5, 6]);
    check((7, 1), &rows, &[1, 4, 5]);
    check((3, 7), &rows, &[0, 1, 2]);
    check((3, 1), &rows, &[1, 4, 5]);
    check((1, 7), &rows, &[1]);
    let equal: Vec<(&str, i128)> = (0..40).map(|_| ("a", 3)).collect();
    check((9, 5), &equal, &[0, 1, 2, 3, 4]);
}

#[test]
fn what_does_not_stay_is_other_and_every_total_stands() {
    let mut ranking = Ranking::new(Limits { month: 300, service: 300 });
    let services = ["a", "b", "c"];
    let rows: Vec<Row> =
        (0..1_000).map(|place| row(place, services[place % 3], place as i128 * UNIT)).collect();
    rows.iter().for_each(|row| ranking.add(row));
    let days = "2026-10".parse::<shared::BillingPeriod>().unwrap().days();
    let directory = Directory::new(Currency::USD, Timestamp::UNIX_EPOCH, days, Vec::new());
    let mut shelf = Shelf::new(directory, ranking.keep());
    rows.iter().for_each(|row| shelf.add(row.clone()).unwrap());
    shelf.finish().unwrap();
    let mut shards = Vec::new();
    while let Some(shard) = shelf.take_shard() {
        shelf.name_shard(shards.len().to_string());
        shards.push(shard);
    }
    let directory = shelf.into_directory();
    assert_eq!((directory.resources, directory.in_other, directory.with_cost), (300, 700, (300, 300)));
    let total = rows.iter().map(|row| row.total(Metric::BilledCost)).sum::<i128>();
    assert_eq!(directory.total(Metric::BilledCost), total);
    let read = |blocks: &[cube::resources::At]| {
        let mut rows = Vec::new();
        for at in blocks {
            let bytes = &shards[at.shard as usize][at.offset as usize..][..at.length as usize];
            let mut block = Block::open(bytes).unwrap();
            while let Some(row) = block.next_row().unwrap() {
                rows.push(row);
            }
        }
        rows
    };
    let other = read(&directory.other.blocks);
    assert_eq!(other.iter().map(|row| &*row.parts[0].service).collect::<Vec<_>>(), services);
    let rest: i128 = rows.iter().take(700).map(|row| row.total(Metric::BilledCost)).sum();
    assert_eq!(other.iter().map(|row| row.total(Metric::BilledCost)).sum::<i128>(), rest);
    assert_eq!(read(&directory.named.blocks), rows[700..]);
    let mut dearest = rows[700..].to_vec();
    dearest.reverse();
    assert_eq!(read(&directory.top), dearest);
    assert_eq!(directory.largest_below, 0);
}
