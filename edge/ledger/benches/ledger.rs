//! How long a report takes: `cargo xtask bench ledger`. Each round times all workloads one after the other, so that a
//! busy machine troubles them alike; the median round counts. Snappy alone over the same bytes is the yardstick.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may fail loudly")]

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use ledger::groups::{GroupBy, Totaller};
use ledger::roll_up::{METRICS, part_dimensions};
use ledger::write::{Column, Compression, Form, Values, write_report};
use ledger::{Opened, PartRollUp, ReportFile, Sparse, first_range};
use shared::BillingPeriod;

const ROWS: usize = 300_000;
const ROUNDS: usize = 9;
/// 2026-10-01 in days since 1970.
const FIRST_DAY: u64 = 20_727;

/// The same numbers every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// 40 accounts, 60 services, 800 usage types, 20 regions, 3,000 resources, an hour of October each.
fn report(compression: Compression) -> Bytes {
    let mut numbers = Numbers(7);
    let mut texts = |name: &str, prefix: &str, limit: u64| Column {
        name: name.to_owned(),
        values: Values::Text((0..ROWS).map(|_| format!("{prefix}{:04}", numbers.below(limit))).collect()),
    };
    let mut columns = vec![
        texts("line_item_usage_account_id", "00000000", 40),
        texts("line_item_product_code", "Service", 60),
        texts("line_item_usage_type", "EU-Usage:", 800),
        texts("product_region_code", "region-", 20),
        texts("line_item_resource_id", "arn:aws:ec2:eu-west-1:111122223333:instance/i-", 3_000),
    ];
    let mut numbers = Numbers(11);
    let kinds = ["Usage", "Usage", "Usage", "Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "Tax"];
    let mut kind = || kinds[numbers.below(kinds.len() as u64) as usize].to_owned();
    let kinds = Values::Text((0..ROWS).map(|_| kind()).collect());
    columns.push(Column { name: "line_item_line_item_type".to_owned(), values: kinds });
    let hours = (0..ROWS).map(|_| ((FIRST_DAY * 24 + numbers.below(744)) * 3_600_000) as i64).collect();
    columns.push(Column {
        name: "line_item_usage_start_date".to_owned(),
        values: Values::TimestampMillis(hours),
    });
    for name in [
        "line_item_unblended_cost",
        "reservation_effective_cost",
        "savings_plan_savings_plan_effective_cost",
        "pricing_public_on_demand_cost",
        "line_item_usage_amount",
    ] {
        let costs = (0..ROWS).map(|_| numbers.below(100_000_000) as f64 / 1e10).collect();
        columns.push(Column { name: name.to_owned(), values: Values::Double(costs) });
    }
    write_report(&columns, &Form { row_group_rows: 100_000, compression, ..Form::default() }).unwrap()
}

fn totals(file: &Bytes, group_by: &str) {
    let group_by = group_by.split(',').map(|name| GroupBy::parse(name).unwrap()).collect();
    let mut totaller = Totaller::new(group_by);
    totaller.add("report", file.clone());
    black_box(totaller.finish());
}

fn part(file: &Bytes) {
    let period: BillingPeriod = "2026-10".parse().unwrap();
    let whole = Sparse::whole(file.clone());
    let tail = whole.find(&first_range(whole.size())).unwrap();
    let Opened::File(mut report) =
        ReportFile::open(&tail, whole.size(), &part_dimensions(&[]), &METRICS, Some(period)).unwrap()
    else {
        return;
    };
    let mut part = PartRollUp::new(period, &[]);
    for row_group in 0..report.row_groups() {
        report.read(row_group, &whole, |block| part.add(block)).unwrap();
    }
    black_box(part.finish().unwrap());
}

fn main() {
    let file = report(Compression::Snappy);
    // The same columns unpacked, packed as one.
    let packed = snap::raw::Encoder::new().compress_vec(&report(Compression::None)).unwrap();
    let workloads: [(&str, &dyn Fn()); 4] = [
        ("snappy alone", &|| {
            black_box(snap::raw::Decoder::new().decompress_vec(&packed).unwrap());
        }),
        ("W1 by service", &|| totals(&file, "service")),
        ("W2 by sub_account, service, day", &|| totals(&file, "sub_account,service,day")),
        ("a part: all dimensions and resources", &|| part(&file)),
    ];
    let mut rounds: Vec<Vec<f64>> = vec![Vec::new(); workloads.len()];
    for _ in 0..ROUNDS {
        for ((_, work), times) in workloads.iter().zip(&mut rounds) {
            let start = Instant::now();
            work();
            times.push(start.elapsed().as_nanos() as f64 / ROWS as f64);
        }
    }
    println!(
        "{} rows, {} bytes; nanoseconds a row, median (least to most) of {ROUNDS} rounds",
        ROWS,
        file.len()
    );
    for ((name, _), times) in workloads.iter().zip(&mut rounds) {
        times.sort_by(f64::total_cmp);
        println!("{name:<40} {:>8.1} ({:.1} to {:.1})", times[ROUNDS / 2], times[0], times[ROUNDS - 1]);
    }
}
