//! What must hold for any report: sums depend neither on the order nor on the cut of files, and groups add up exactly.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects"
)]

use std::collections::BTreeMap;

use bytes::Bytes;
use cube::Metric;
use cube::resources::Directory;
use ledger::charge::Status;
use ledger::groups::{Costs, GroupBy, Totaller, Totals};
use ledger::limits::{self, Held};
use ledger::partial;
use ledger::resources::{Keep, Meeting, Run, Shelf, Step};
use ledger::roll_up::{METRICS, part_dimensions};
use ledger::write::{Column, Compression, Form, Values, write_report};
use ledger::{
    ChargeBlock, Counts, DecodeError, Merge, Opened, PartRollUp, ReportFile, RollUp, Row, Sparse, first_range,
};
use proptest::prelude::*;
use shared::{BillingPeriod, Currency, Money, Timestamp};

const TYPES: [&str; 18] = [
    "Usage",
    "FlatRateSubscription",
    "DiscountedUsage",
    "SavingsPlanCoveredUsage",
    "SavingsPlanNegation",
    "SavingsPlanRecurringFee",
    "SavingsPlanUpfrontFee",
    "RIFee",
    "Fee",
    "Tax",
    "Credit",
    "Refund",
    "EdpDiscount",
    "PrivateRateDiscount",
    "BundledDiscount",
    "SomethingNew",
    "Usage",
    "",
];
const CURRENCIES: [&str; 3] = ["USD", "EUR", ""];
/// 2026-10-01.
const FIRST_DAY: i64 = 20_727;

#[derive(Clone, Debug)]
struct Line {
    kind: usize,
    account: u8,
    service: u8,
    day: i64,
    cost: f64,
    /// Columns of some kinds of rows.
    other: Option<f64>,
    net: Option<f64>,
    team: Option<u8>,
    currency: usize,
    /// Whether split cost allocation made it.
    is_split: bool,
    /// Whether it is part of a reservation, or refunds an upfront fee.
    is_upfront: bool,
}

fn cost() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-2_000_000_000_000_i64..2_000_000_000_000).prop_map(|units| units as f64 / 1e10),
        1 => (-900_000_000_i64..900_000_000).prop_map(|cents| cents as f64 / 100.0),
        1 => Just(0.0),
        1 => Just(-7.0e-10),
    ]
}

fn line() -> impl Strategy<Value = Line> {
    let of_whom = (0..TYPES.len(), 0..4_u8, 0..5_u8, 0..31_i64, proptest::option::of(0..3_u8));
    let costs = (cost(), proptest::option::of(cost()), proptest::option::of(cost()));
    let currency = prop_oneof![6 => Just(0_usize), 2 => Just(1), 1 => Just(2)];
    let flags = (proptest::bool::weighted(0.05), any::<bool>());
    (of_whom, costs, currency, flags).prop_map(
        |((kind, account, service, day, team), (cost, other, net), currency, (is_split, is_upfront))| Line {
            kind,
            account,
            service,
            day,
            cost,
            other,
            net,
            team,
            currency,
            is_split,
            is_upfront,
        },
    )
}

fn form() -> impl Strategy<Value = Form> {
    let compression =
        prop_oneof![Just(Compression::None), Just(Compression::Snappy), Just(Compression::Gzip)];
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
    write_report(&columns(lines), form).unwrap()
}

fn columns(lines: &[Line]) -> Vec<Column> {
    let text = |make: &dyn Fn(&Line) -> String| Values::Text(lines.iter().map(make).collect());
    let either = |is: bool, text: &str, other: &str| if is { text.to_owned() } else { other.to_owned() };
    let optional =
        |value: &dyn Fn(&Line) -> Option<f64>| Values::OptionalDouble(lines.iter().map(value).collect());
    // Both parts of what is computed from two columns.
    let part_of = |kind: &str, part: f64| {
        optional(&|line| line.other.filter(|_| TYPES[line.kind] == kind).map(|other| other / part))
    };
    let currency = |line: &Line| Some(CURRENCIES[line.currency].to_owned()).filter(|code| !code.is_empty());
    let start = |line: &Line| (FIRST_DAY + line.day) * 86_400_000 + 3_600_000;
    let refund = "Refund for one-time fee for Savings Plan ID: 1";
    let tags = lines.iter().map(|line| {
        line.team.map(|team| ("user_team".to_owned(), format!("team {team}"))).into_iter().collect()
    });
    vec![
        column("line_item_usage_account_id", text(&|line| format!("{:012}", line.account))),
        column("line_item_line_item_type", text(&|line| TYPES[line.kind].to_owned())),
        column(
            "line_item_product_code",
            text(&|line| either(line.is_upfront, "ComputeSavingsPlans", &format!("S{}", line.service))),
        ),
        column("line_item_operation", text(&|line| either(line.is_split, "EKSPod-EC2", "Run"))),
        column("line_item_line_item_description", text(&|line| either(line.is_upfront, refund, ""))),
        column("reservation_reservation_a_r_n", text(&|line| either(line.is_upfront, "arn", ""))),
        column("line_item_resource_id", text(&|line| format!("arn:{}:{}", line.account, line.day))),
        column("line_item_currency_code", Values::OptionalText(lines.iter().map(currency).collect())),
        column("line_item_usage_start_date", Values::TimestampMillis(lines.iter().map(start).collect())),
        column("line_item_unblended_cost", Values::Double(lines.iter().map(|line| line.cost).collect())),
        column("line_item_net_unblended_cost", optional(&|line| line.net)),
        column("reservation_effective_cost", part_of("DiscountedUsage", 1.0)),
        column("savings_plan_savings_plan_effective_cost", part_of("SavingsPlanCoveredUsage", 1.0)),
        column("savings_plan_total_commitment_to_date", part_of("SavingsPlanRecurringFee", 1.0)),
        column("savings_plan_used_commitment", part_of("SavingsPlanRecurringFee", 4.0)),
        column("reservation_unused_amortized_upfront_fee_for_billing_period", part_of("RIFee", 1.0)),
        column("reservation_unused_recurring_fee", part_of("RIFee", 8.0)),
        column("resource_tags", Values::TextMap(tags.collect())),
    ]
}

/// Billed and effective cost.
type Sum = (i128, i128);

/// The costs of a line, by ledger.md's table; none where it is left out.
fn expected(line: &Line) -> Option<Sum> {
    let units = |value: f64| Money::from_f64(value).unwrap().units();
    let (billed, other) = (units(line.cost), line.other.unwrap_or(0.0));
    let effective = match TYPES[line.kind] {
        "DiscountedUsage" | "SavingsPlanCoveredUsage" => units(other),
        "SavingsPlanNegation" | "SavingsPlanUpfrontFee" => 0,
        "SavingsPlanRecurringFee" => units(other) - units(other / 4.0),
        "RIFee" => units(other) + units(other / 8.0),
        "Fee" | "Refund" if line.is_upfront => 0,
        _ => billed,
    };
    (!line.is_split).then_some((billed, effective))
}

fn add(sums: &mut BTreeMap<String, Sum>, currency: &str, (billed, effective): Sum) {
    let sum = sums.entry(currency.to_owned()).or_default();
    *sum = (sum.0 + billed, sum.1 + effective);
}

/// What the lines come to, by currency.
fn expected_totals(lines: &[Line]) -> BTreeMap<String, Sum> {
    let mut totals = BTreeMap::new();
    for line in lines {
        if let Some(costs) = expected(line) {
            let currency = Some(CURRENCIES[line.currency]).filter(|code| !code.is_empty());
            add(&mut totals, currency.unwrap_or("USD"), costs);
        }
    }
    totals
}

fn totals(files: &[Bytes], group_by: &str) -> Totals {
    let group_by = group_by.split(',').map(|name| GroupBy::parse(name).unwrap()).collect();
    let mut totaller = Totaller::new(group_by);
    files.iter().for_each(|file| totaller.add("file", file.clone()));
    totaller.finish()
}

/// The groups of each currency added up, which are its total.
fn sums(totals: &Totals) -> BTreeMap<String, Sum> {
    let units = |costs: &Costs| (costs.billed_cost.units(), costs.effective_cost.units());
    let mut sums = BTreeMap::new();
    for group in &totals.groups {
        add(&mut sums, group.currency.as_ref().unwrap_or(&totals.currency), units(&group.costs));
    }
    let told: BTreeMap<String, Sum> =
        totals.totals.iter().map(|(currency, costs)| (currency.clone(), units(costs))).collect();
    assert_eq!(sums, told);
    sums
}

/// The columns of a block are what its rows are, computed one by one.
fn assert_equal_by_row(block: &ChargeBlock<'_>) {
    for row in 0..block.rows() {
        let status = block.statuses().get(row).copied().unwrap_or(Status::Charge);
        match block.row(row) {
            Row::LeftOut => assert_eq!(status, Status::LeftOut),
            Row::Rejected => assert_eq!(status, Status::Rejected),
            Row::Charge(charge) if status == Status::Apart => {
                assert!(block.apart().contains(&(row, charge)), "{charge:?}");
            }
            Row::Charge(charge) => {
                assert_eq!((status, block.days()[row]), (Status::Charge, charge.day.epoch_days()));
                let found = METRICS.map(|metric| i128::from(block.figures(metric)[row]));
                assert_eq!(found, charge.figures);
            }
        }
    }
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
        let take = |block: &ChargeBlock<'_>| {
            assert_equal_by_row(block);
            part.add(block)
        };
        report.read(row_group, &pieces, take).unwrap();
    }
    part.finish().unwrap().0
}

fn merged(files: &[Bytes]) -> Vec<Vec<u8>> {
    let period: BillingPeriod = "2026-10".parse().unwrap();
    let mut merge = Merge::new(Timestamp::UNIX_EPOCH);
    let mut runs: BTreeMap<Currency, Vec<Run>> = BTreeMap::new();
    for file in files {
        let bytes = partial(file, period);
        let Ok(partial::Opened::Head(head)) = partial::open(&bytes) else { panic!("no head") };
        merge.count(&head.counts);
        for range in &head.detail {
            merge.add(&bytes[range.start as usize..range.end as usize]).unwrap();
        }
        for run in head.resources {
            let mut at = run.start as usize;
            let blocks = run.blocks.iter().map(|length| {
                at += *length as usize;
                bytes[at - *length as usize..at].to_vec()
            });
            let run = Run { currency: run.currency, rows: run.rows, blocks: blocks.collect() };
            runs.entry(run.currency).or_default().push(run);
        }
    }
    let month = merge.finish().unwrap();
    let mut totals = BTreeMap::new();
    let mut blobs: Vec<Vec<u8>> =
        month.overview.iter().chain(&month.detail).map(|cube| cube::blob::encode(cube).unwrap()).collect();
    for (currency, runs) in runs {
        let (shards, directory) = shelf(period, currency, runs);
        let total = |metric| Money::from_units(directory.total(metric));
        totals.insert(currency, (total(Metric::BilledCost), total(Metric::EffectiveCost)));
        blobs.extend(shards);
        blobs.push(directory.encode().unwrap());
    }
    ledger::merge::add_up(&month.counts, &totals).unwrap();
    blobs
}

fn shelf(period: BillingPeriod, currency: Currency, mut runs: Vec<Run>) -> (Vec<Vec<u8>>, Directory) {
    let directory = Directory::new(currency, Timestamp::UNIX_EPOCH, period.days(), vec!["team".to_owned()]);
    let (mut shelf, mut meeting) = (Shelf::new(directory, Keep::all()), Meeting::new(runs.len()));
    loop {
        match meeting.step().unwrap() {
            Step::Feed(run) => meeting.feed(run, std::mem::take(&mut runs[run].blocks)),
            Step::Row(row) => shelf.add(row).unwrap(),
            Step::End => break,
        }
    }
    shelf.finish().unwrap();
    let mut shards = Vec::new();
    while let Some(shard) = shelf.take_shard() {
        shelf.name_shard(shards.len().to_string());
        shards.push(shard);
    }
    (shards, shelf.into_directory())
}

const GROUPINGS: [&str; 5] = [
    "service,sub_account",
    "day",
    "resource,charge_category",
    "tag:team,x_line_item_type",
    "pricing_category,x_operation",
];

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
        let expect = expected_totals(&lines);
        let reversed: Vec<Bytes> = files.iter().rev().cloned().collect();
        for group_by in GROUPINGS {
            let found = totals(&files, group_by);
            prop_assert_eq!(found.rejected.files.len(), 0, "{:?}", found.rejected);
            prop_assert_eq!(found.rows, lines.len() as u64);
            let split = lines.iter().filter(|line| line.is_split).count();
            prop_assert_eq!(found.rejected.left_out, split as u64);
            prop_assert_eq!(&sums(&found), &expect);
            let back = serde_json::to_string(&totals(&reversed, group_by)).unwrap();
            prop_assert_eq!(serde_json::to_string(&found).unwrap(), back);
        }
        // A file that is given twice counts twice: no row is taken for another's repetition.
        let twice = sums(&totals(&[files.clone(), files.clone()].concat(), "service"));
        let doubled = expect.into_iter().map(|(currency, sum)| (currency, (2 * sum.0, 2 * sum.1)));
        prop_assert_eq!(twice, doubled.collect());
        // The cubes of a month are the same bytes, however it was cut.
        let whole = merged(&[write(&lines, &Form::default())]);
        prop_assert_eq!(&merged(&files), &whole);
        prop_assert_eq!(&merged(&reversed), &whole);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    // security.md row 59
    #[test]
    fn whatever_is_broken_in_a_file_its_groups_add_up(
        lines in proptest::collection::vec(line(), 1..60),
        form in form(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 1..4),
        cut in proptest::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut file = write(&lines, &form).to_vec();
        for (place, bit) in flips {
            let place = place.index(file.len());
            file[place] ^= 1 << bit;
        }
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()));
        }
        let found = totals(&[file.into()], "service,tag:team,day");
        let _ = sums(&found);
        prop_assert!(found.rejected.files.is_empty() || (found.rows, found.groups.len()) == (0, 0));
    }
}

/// The columns of a dialect other than the one [`write`] makes.
fn columns_of(dialect: usize, lines: &[Line]) -> Vec<Column> {
    let text = |make: &dyn Fn(&Line) -> String| Values::Text(lines.iter().map(make).collect());
    let team = |line: &Line| line.team.map(|team| format!("team {team}"));
    let tags = |prefix: &str| {
        let own = |line: &Line| team(line).map(|team| (format!("{prefix}team"), team)).into_iter().collect();
        Values::TextMap(lines.iter().map(own).collect())
    };
    if dialect < 3 {
        let mut columns = columns(lines);
        let place = columns.iter().position(|column| column.name == "resource_tags").unwrap();
        columns[place] = match dialect {
            0 => column("resource_tags_user_team", text(&|line| team(line).unwrap_or_default())),
            1 => column("tags", tags("resourceTags/user_")),
            _ => {
                let json = |line: &Line| team(line).map(|team| format!(r#"{{"user_team": "{team}"}}"#));
                column("resource_tags", text(&|line| json(line).unwrap_or_default()))
            }
        };
        return columns;
    }
    let start = |line: &Line| (FIRST_DAY + line.day) * 86_400_000;
    let category = |line: &Line| ["Usage", "Purchase", "Tax", "Credit"][line.kind % 4].to_owned();
    let costs = |make: &dyn Fn(&Line) -> f64| Values::Double(lines.iter().map(make).collect());
    vec![
        column("SubAccountId", text(&|line| format!("{:012}", line.account))),
        column("ServiceName", text(&|line| format!("S{}", line.service))),
        column("ChargeCategory", text(&category)),
        column("x_Operation", text(&|line| format!("operation {}", line.day))),
        column("ResourceId", text(&|line| format!("arn:{}:{}", line.account, line.day))),
        column("BillingCurrency", text(&|line| CURRENCIES[line.currency % 2].to_owned())),
        column("ChargePeriodStart", Values::TimestampMillis(lines.iter().map(start).collect())),
        column("BilledCost", costs(&|line| line.cost)),
        column("EffectiveCost", costs(&|line| line.other.unwrap_or(0.0))),
        column("ListCost", costs(&|line| line.net.unwrap_or(0.0))),
        column("Tags", tags("user_")),
    ]
}

/// The cubes of a file and what was counted, where so much is held at a time; and how often texts were forgotten.
fn held(file: &Bytes, held: Held) -> (Vec<Vec<u8>>, Counts, usize) {
    let names = ["service", "resource", "charge_category", "pricing_category", "x_operation", "tag.team"];
    let dimensions = names.map(|name| name.parse().unwrap());
    let period: BillingPeriod = "2026-10".parse().unwrap();
    let mut roll_up = RollUp::new(&dimensions, &METRICS, period.days(), Timestamp::UNIX_EPOCH);
    let whole = Sparse::whole(file.clone());
    let opened = ReportFile::open(file, whole.size(), &dimensions, &METRICS, None).unwrap();
    let Opened::File(mut report) = opened else { panic!("the whole file is at hand") };
    report.hold(held);
    let (mut counts, mut generations) = (Counts::new(), Vec::new());
    for row_group in 0..report.row_groups() {
        let take = |block: &ChargeBlock<'_>| {
            assert!(block.rows() <= held.rows);
            assert_equal_by_row(block);
            generations.push(block.words().generation());
            counts.add(block);
            roll_up.add(block);
            Ok(())
        };
        report.read(row_group, &whole, take).unwrap();
    }
    generations.dedup();
    let cubes = roll_up.finish().iter().map(|cube| cube::blob::encode(cube).unwrap()).collect();
    (cubes, counts, generations.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_is_forgotten_between_two_batches_is_read_again(
        lines in proptest::collection::vec(line(), 1..120),
        form in form(),
        dialect in 0_usize..5,
        rows in prop_oneof![1..20_usize, Just(limits::BATCH)],
        kept_texts in prop_oneof![Just(200_usize), 0..3_000_usize],
    ) {
        let columns = if dialect < 4 { columns_of(dialect, &lines) } else { columns(&lines) };
        let file = write_report(&columns, &form).unwrap();
        let (cubes, counts, generations) = held(&file, Held::default());
        prop_assert_eq!(generations, 1);
        let (found, counted, forgotten) = held(&file, Held { rows, kept_texts, ..Held::default() });
        prop_assert!(found == cubes, "{:?}", counted);
        prop_assert_eq!(counted, counts);
        let batches = lines.chunks(form.row_group_rows).map(|group| group.len().div_ceil(rows)).sum::<usize>();
        prop_assert!(forgotten <= batches);
        // A dozen lanes hold the empty text, and that alone is more.
        prop_assert!(kept_texts > 100 || forgotten == batches, "{} of {} batches", forgotten, batches);
    }
}

fn column(name: &str, values: Values) -> Column {
    Column { name: name.to_owned(), values }
}

/// What every report needs, for so many rows.
fn needed(rows: usize) -> Vec<Column> {
    let texts = |value: &str| Values::Text(vec![value.to_owned(); rows]);
    vec![
        column("line_item_usage_account_id", texts("1")),
        column("line_item_line_item_type", texts("Usage")),
        column("line_item_product_code", texts("AmazonS3")),
        column("line_item_usage_start_date", Values::TimestampMillis(vec![FIRST_DAY * 86_400_000; rows])),
        column("line_item_unblended_cost", Values::Double(vec![1.5; rows])),
    ]
}

fn reasons(file: Bytes, group_by: &str) -> Vec<String> {
    totals(&[file], group_by).rejected.files.into_iter().map(|file| file.reason).collect()
}

#[test]
fn the_texts_of_a_batch_and_what_a_row_group_unpacks_to_are_limited() {
    let resources = |rows: usize, each: usize| {
        let mut columns = needed(rows);
        let texts = (0..rows).map(|row| format!("{row:0each$}")).collect();
        columns.push(column("line_item_resource_id", Values::Text(texts)));
        let form = Form { dictionary: false, compression: Compression::None, ..Form::default() };
        write_report(&columns, &form).unwrap()
    };
    let too_large =
        "the texts of a batch is larger than 16777216 (column line_item_resource_id, row group 0)";
    assert_eq!(reasons(resources(1_000, 16_000), "resource"), [""; 0]);
    assert_eq!(reasons(resources(1_024, 16_384), "resource"), [too_large]);
    // In two batches there is room for them.
    assert_eq!(reasons(resources(2_048, 8_200), "resource"), [""; 0]);
    // Of a text without end a part is held, but its page is unpacked whole.
    let file = resources(3, 60_000);
    let read = |held: Held| {
        let dimensions = ["resource".parse().unwrap()];
        let opened = ReportFile::open(&file, file.len() as u64, &dimensions, &METRICS, None).unwrap();
        let Opened::File(mut report) = opened else { panic!("the whole file is at hand") };
        report.hold(held);
        report.read(0, &Sparse::whole(file.clone()), |_| Ok(())).map_err(|error| error.cause().clone())
    };
    assert_eq!(read(Held { scratch: 250_000, ..Held::default() }), Ok(()));
    let unpacked = DecodeError::TooLarge { thing: "what a row group unpacks to", limit: 50_000 };
    assert_eq!(read(Held { scratch: 50_000, ..Held::default() }), Err(unpacked));
    // Those parts are equal: one is held.
    assert_eq!(read(Held { batch_texts: 17_000, ..Held::default() }), Ok(()));
    let refused = read(Held { batch_texts: 16_000, ..Held::default() });
    assert!(
        matches!(refused, Err(DecodeError::TooLarge { thing: "the texts of a batch", .. })),
        "{refused:?}"
    );
}

#[test]
fn a_batch_has_64_entries_of_a_map_a_row_however_few_its_row_group_has() {
    let tagged = |rows: usize, entries: usize| {
        let mut columns = needed(4_096);
        let tags = (0..entries).map(|key| (format!("key{key}"), "x".to_owned())).collect::<Vec<_>>();
        let of = |row: usize| if row < rows { tags.clone() } else { Vec::new() };
        columns.push(column("resource_tags", Values::TextMap((0..4_096).map(of).collect())));
        write_report(&columns, &Form::default()).unwrap()
    };
    let too_many = "the entries of a map is larger than 64 (column resource_tags, row group 0)";
    assert_eq!(reasons(tagged(10, 6_000), "tag:key7"), [""; 0]);
    assert_eq!(reasons(tagged(10, 7_000), "tag:key7"), [too_many]);
    // Of the row group as a whole they are counted before.
    let of_all = "the number of values of a column is larger than 262144 (column resource_tags, row group 0)";
    assert_eq!(reasons(tagged(10, 30_000), "tag:key7"), [of_all]);
}

// security.md row 53
#[test]
fn tags_without_end_are_cut_and_the_total_stays() {
    // Each row group has room for 64 a row.
    const ROWS: usize = 200;
    let texts = |value: &str| Values::Text(vec![value.to_owned(); ROWS]);
    let many: Vec<(String, String)> =
        (0..10_000).map(|key| (format!("user_key{key}"), "x".to_owned())).collect();
    let mut tags = vec![Vec::new(); ROWS];
    tags[0] = vec![("user_team".to_owned(), "é".repeat(500_000))];
    tags[1] = many;
    for dictionary in [true, false] {
        let columns = [
            column("line_item_usage_account_id", texts("1")),
            column("line_item_line_item_type", texts("Usage")),
            column("line_item_product_code", texts("AmazonS3")),
            column("line_item_resource_id", Values::OptionalText(vec![None; ROWS])),
            column("line_item_usage_start_date", Values::TimestampMillis(vec![FIRST_DAY * 86_400_000; ROWS])),
            column("line_item_unblended_cost", Values::Double(vec![1.5; ROWS])),
            column("resource_tags", Values::TextMap(tags.clone())),
        ];
        let file = write_report(&columns, &Form { dictionary, ..Form::default() }).unwrap();
        let group_by = ["tag:team", "resource"].map(|name| GroupBy::parse(name).unwrap()).to_vec();
        let mut totaller = Totaller::new(group_by);
        totaller.add("file", file);
        let found = totaller.finish();
        assert_eq!(found.rejected.files.len(), 0, "{:?}", found.rejected);
        assert_eq!((found.rows, found.total.billed_cost), (ROWS as u64, "300".parse().unwrap()));
        assert_eq!(found.groups.len(), 2);
        assert!(found.groups.iter().all(|group| group.key[0].len() <= 17_000 && group.key[1].is_empty()));
    }
}
