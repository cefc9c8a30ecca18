//! What must hold for any report: sums depend neither on the order nor on the cut of files, and groups add up exactly.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects"
)]

use bytes::Bytes;
use ledger::groups::{Costs, GroupBy, Totaller};
use ledger::roll_up::{METRICS, part_dimensions};
use ledger::write::{Column, Compression, Form, Values, write_report};
use ledger::{Merge, Opened, PartRollUp, ReportFile, Sparse, first_range};
use proptest::prelude::*;
use shared::{BillingPeriod, Money, Timestamp};

const TYPES: [&str; 8] = [
    "Usage",
    "DiscountedUsage",
    "SavingsPlanCoveredUsage",
    "SavingsPlanNegation",
    "Fee",
    "Tax",
    "Credit",
    "SomethingNew",
];
/// 2026-10-01.
const FIRST_DAY: i64 = 20_727;

#[derive(Clone, Debug)]
struct Line {
    kind: usize,
    account: u8,
    service: u8,
    day: i64,
    cost: f64,
    team: Option<u8>,
}

fn line() -> impl Strategy<Value = Line> {
    let cost = prop_oneof![
        8 => (-2_000_000_000_000_i64..2_000_000_000_000).prop_map(|units| units as f64 / 1e10),
        1 => (-900_000_000_i64..900_000_000).prop_map(|cents| cents as f64 / 100.0),
        1 => Just(0.0),
    ];
    (0..TYPES.len(), 0..4_u8, 0..5_u8, 0..31_i64, cost, proptest::option::of(0..3_u8)).prop_map(
        |(kind, account, service, day, cost, team)| Line { kind, account, service, day, cost, team },
    )
}

fn form() -> impl Strategy<Value = Form> {
    let compression = prop_oneof![Just(Compression::None), Just(Compression::Snappy)];
    (any::<bool>(), any::<bool>(), compression, 1..40_usize).prop_map(
        |(page_v2, dictionary, compression, row_group_rows)| Form {
            page_v2,
            dictionary,
            compression,
            int96: false,
            row_group_rows,
        },
    )
}

fn write(lines: &[Line], form: &Form) -> Bytes {
    let text = |make: &dyn Fn(&Line) -> String| Values::Text(lines.iter().map(make).collect());
    let cost_of = |kind: &str| {
        Values::OptionalDouble(
            lines.iter().map(|line| (TYPES[line.kind] == kind).then_some(line.cost / 3.0)).collect(),
        )
    };
    let column = |name: &str, values: Values| Column { name: name.to_owned(), values };
    let tags = lines.iter().map(|line| {
        line.team.map(|team| ("user_team".to_owned(), format!("team {team}"))).into_iter().collect()
    });
    let columns = [
        column("line_item_usage_account_id", text(&|line| format!("{:012}", line.account))),
        column("line_item_line_item_type", text(&|line| TYPES[line.kind].to_owned())),
        column("line_item_product_code", text(&|line| format!("Service{}", line.service))),
        column("line_item_resource_id", text(&|line| format!("arn:{}:{}", line.account, line.day))),
        column("line_item_currency_code", text(&|_| "USD".to_owned())),
        column(
            "line_item_usage_start_date",
            Values::TimestampMillis(
                lines.iter().map(|line| (FIRST_DAY + line.day) * 86_400_000 + 3_600_000).collect(),
            ),
        ),
        column("line_item_unblended_cost", Values::Double(lines.iter().map(|line| line.cost).collect())),
        column("reservation_effective_cost", cost_of("DiscountedUsage")),
        column("savings_plan_savings_plan_effective_cost", cost_of("SavingsPlanCoveredUsage")),
        column("resource_tags", Values::TextMap(tags.collect())),
    ];
    write_report(&columns, form).unwrap()
}

/// The costs of a line, by ledger.md's table.
fn expected(line: &Line) -> (i128, i128) {
    let units = |value: f64| Money::from_f64(value).unwrap().units();
    let billed = units(line.cost);
    let effective = match TYPES[line.kind] {
        "DiscountedUsage" | "SavingsPlanCoveredUsage" => units(line.cost / 3.0),
        "SavingsPlanNegation" => 0,
        _ => billed,
    };
    (billed, effective)
}

fn sum(costs: impl Iterator<Item = Costs>) -> (i128, i128) {
    costs.fold((0, 0), |sum, costs| (sum.0 + costs.billed_cost.units(), sum.1 + costs.effective_cost.units()))
}

fn partial(file: &Bytes, period: BillingPeriod) -> Vec<u8> {
    let (size, tracked) = (file.len() as u64, vec!["team".to_owned()]);
    let mut range = first_range(size);
    let fetched = Sparse::whole(file.clone());
    let mut report = loop {
        let tail = fetched.find(&range).unwrap();
        match ReportFile::open(&tail, size, &part_dimensions(&tracked), &METRICS, Some(period)).unwrap() {
            Opened::File(report) => break report,
            Opened::Need(wider) => range = wider,
        }
    };
    let mut part = PartRollUp::new(period, &tracked);
    for row_group in 0..report.row_groups() {
        // Only what it asked for, as the decoder fetches it.
        let mut pieces = Sparse::new(size);
        for range in report.ranges(row_group) {
            pieces.add(range.start, fetched.find(&range).unwrap());
        }
        report.read(row_group, &pieces, |block| part.add(block)).unwrap();
    }
    part.finish().unwrap().0
}

fn merged(files: &[Bytes]) -> Vec<Vec<u8>> {
    let period: BillingPeriod = "2026-10".parse().unwrap();
    let mut merge = Merge::default();
    for file in files {
        merge.add(&partial(file, period), Timestamp::UNIX_EPOCH).unwrap();
    }
    let month = merge.finish().unwrap();
    let cubes = month.overview.iter().chain(&month.detail).chain(&month.resources);
    cubes.map(|cube| cube::blob::encode(cube).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn groups_add_up_exactly_in_any_order_and_cut(
        lines in proptest::collection::vec(line(), 1..120),
        cut in 0_usize..120,
        forms in (form(), form()),
    ) {
        let (first, second) = lines.split_at(cut.min(lines.len()));
        let mut files = vec![];
        for (part, form) in [(first, &forms.0), (second, &forms.1)] {
            if !part.is_empty() {
                files.push(write(part, form));
            }
        }
        let totals = |files: &[Bytes], group_by: &str| {
            let group_by = group_by.split(',').map(|name| GroupBy::parse(name).unwrap()).collect();
            let mut totaller = Totaller::new(group_by);
            files.iter().for_each(|file| totaller.add("file", file.clone()));
            totaller.finish()
        };
        let expect = lines.iter().map(expected).fold((0, 0), |sum, (billed, effective)| {
            (sum.0 + billed, sum.1 + effective)
        });
        let reversed: Vec<Bytes> = files.iter().rev().cloned().collect();
        for group_by in ["service,sub_account", "day", "resource,charge_category", "tag:team,x_line_item_type"] {
            let found = totals(&files, group_by);
            prop_assert_eq!(found.rejected.files.len(), 0, "{:?}", found.rejected);
            prop_assert_eq!(found.rows, lines.len() as u64);
            prop_assert_eq!(sum(std::iter::once(found.total)), expect);
            prop_assert_eq!(sum(found.groups.iter().map(|group| group.costs)), expect);
            let back = serde_json::to_string(&totals(&reversed, group_by)).unwrap();
            prop_assert_eq!(serde_json::to_string(&found).unwrap(), back);
        }
        // The cubes of a month are the same bytes, however it was cut.
        let whole = merged(&[write(&lines, &Form::default())]);
        prop_assert_eq!(&merged(&files), &whole);
        prop_assert_eq!(&merged(&reversed), &whole);
    }
}

// security.md row 53
#[test]
fn tags_without_end_are_cut_and_the_total_stays() {
    let column = |name: &str, values: Values| Column { name: name.to_owned(), values };
    let texts = |value: &str| Values::Text(vec![value.to_owned(); 3]);
    let many: Vec<(String, String)> =
        (0..150).map(|key| (format!("user_key{key}"), "x".to_owned())).collect();
    for dictionary in [true, false] {
        let columns = [
            column("line_item_usage_account_id", texts("1")),
            column("line_item_line_item_type", texts("Usage")),
            column("line_item_product_code", texts("AmazonS3")),
            column("line_item_resource_id", Values::OptionalText(vec![None; 3])),
            column("line_item_usage_start_date", Values::TimestampMillis(vec![FIRST_DAY * 86_400_000; 3])),
            column("line_item_unblended_cost", Values::Double(vec![1.5; 3])),
            column(
                "resource_tags",
                Values::TextMap(vec![
                    vec![("user_team".to_owned(), "é".repeat(500_000))],
                    many.clone(),
                    vec![],
                ]),
            ),
        ];
        let file = write_report(&columns, &Form { dictionary, ..Form::default() }).unwrap();
        let group_by = ["tag:team", "resource"].map(|name| GroupBy::parse(name).unwrap()).to_vec();
        let mut totaller = Totaller::new(group_by);
        totaller.add("file", file);
        let found = totaller.finish();
        assert_eq!(found.rejected.files.len(), 0, "{:?}", found.rejected);
        assert_eq!((found.rows, found.total.billed_cost), (3, "4.5".parse().unwrap()));
        assert_eq!(found.groups.len(), 2);
        assert!(found.groups.iter().all(|group| group.key[0].len() <= 17_000 && group.key[1].is_empty()));
    }
}
