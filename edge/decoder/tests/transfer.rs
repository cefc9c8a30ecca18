//! What fetching a report costs: bytes beside the wanted ones, round trips until the first page is read, requests and
//! bytes under way at once. The source counts waves: all requests that wait are answered together, as after one trip.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::ops::Range;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use decoder::reader::{Failure, Outcome, Question, Source, read};
use decoder::world::Limits;
use engine::ingest::protocol::{FailureCause, Piece};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use ledger::endless::Endless;
use ledger::roll_up::{METRICS, part_dimensions};
use ledger::write::{Column, Compression, Form, Values, write_report};
use ledger::{Opened, PartRollUp, ReportFile, Sparse, limits, sample};
use shared::BillingPeriod;

const MIB: u64 = 1024 * 1024;

/// A request that waits for its answer.
struct Asked {
    range: Range<u64>,
    is_answered: Rc<Cell<bool>>,
    waker: Waker,
}

/// A file far away.
struct Far {
    bytes: Bytes,
    waiting: RefCell<Vec<Asked>>,
    /// The request that fails, by its number.
    fails: Option<usize>,
    asked: Cell<usize>,
}

impl Source for Far {
    fn fetch(&self, range: Range<u64>) -> LocalBoxFuture<'_, Result<Bytes, Failure>> {
        self.answer(range).boxed_local()
    }
}

impl Far {
    async fn answer(&self, range: Range<u64>) -> Result<Bytes, Failure> {
        let number = self.asked.replace(self.asked.get() + 1);
        let is_answered = Rc::new(Cell::new(false));
        poll_fn(|context| {
            if is_answered.get() {
                return Poll::Ready(());
            }
            let mut waiting = self.waiting.borrow_mut();
            waiting.retain(|asked| !Rc::ptr_eq(&asked.is_answered, &is_answered));
            let (range, waker) = (range.clone(), context.waker().clone());
            waiting.push(Asked { range, is_answered: is_answered.clone(), waker });
            Poll::Pending
        })
        .await;
        if self.fails == Some(number) {
            return Err(Failure::Theirs(FailureCause::Changed, "It is another file now.".to_owned()));
        }
        Ok(self.bytes.slice(range.start as usize..range.end as usize))
    }
}

/// What was asked for, trip by trip.
type Trips = Vec<Vec<Range<u64>>>;

/// Reads a file, or one row group of it.
fn fetch(
    bytes: &Bytes,
    row_groups: Option<(u32, u32)>,
    fails: Option<usize>,
) -> (Result<Outcome, Failure>, Trips) {
    let far = Far { bytes: bytes.clone(), waiting: RefCell::default(), fails, asked: Cell::new(0) };
    let piece = Piece {
        key: "report/daily-00001.snappy.parquet".to_owned(),
        etag: "\"1\"".to_owned(),
        row_groups,
        tracked_tags: tracked(),
    };
    let size = bytes.len() as u64;
    let question = Question {
        piece: &piece,
        period: period(),
        size,
        columns: &[],
        splits: false,
        limits: Limits::default(),
    };
    let mut trips = Trips::new();
    let mut context = Context::from_waker(Waker::noop());
    let mut reading = pin!(read(&far, &question));
    loop {
        if let Poll::Ready(outcome) = reading.as_mut().poll(&mut context) {
            return (outcome, trips);
        }
        let answered = far.waiting.take();
        assert!((1..=6).contains(&answered.len()), "{} requests at once", answered.len());
        let under_way: u64 = answered.iter().map(|asked| length(&asked.range)).sum();
        assert!(under_way <= 24 * MIB, "{under_way} bytes under way");
        assert!(answered.iter().all(|asked| length(&asked.range) <= limits::RANGE));
        trips.push(answered.iter().map(|asked| asked.range.clone()).collect());
        for asked in answered {
            asked.is_answered.set(true);
            asked.waker.wake();
        }
    }
}

fn period() -> BillingPeriod {
    "2026-10".parse().unwrap()
}

fn tracked() -> Vec<String> {
    ["aws:createdBy", "name", "team", "env"].map(str::to_owned).to_vec()
}

fn length(range: &Range<u64>) -> u64 {
    range.end - range.start
}

fn file(rows: usize, form: &Form) -> Bytes {
    write_report(&sample::report(period(), rows, 3), form).unwrap()
}

fn opened(bytes: &Bytes) -> ReportFile {
    let dimensions = part_dimensions(&tracked());
    match ReportFile::open(bytes, bytes.len() as u64, &dimensions, &METRICS, Some(period())).unwrap() {
        Opened::File(file) => *file,
        Opened::Need(_) => panic!("all of it is there"),
    }
}

/// The partial of a whole file at hand.
fn at_hand(bytes: &Bytes) -> Vec<u8> {
    let (mut report, whole) = (opened(bytes), Sparse::whole(bytes.clone()));
    let mut roll_up = PartRollUp::new(period(), &tracked());
    roll_up.look(report.lengths(0, &whole).unwrap());
    for row_group in 0..report.row_groups() {
        report.read(row_group, &whole, |block| roll_up.add(block)).unwrap();
    }
    roll_up.finish().unwrap().0
}

fn partial(outcome: Result<Outcome, Failure>) -> Vec<u8> {
    match outcome {
        Ok(Outcome::Partial(bytes, _)) => bytes,
        other => panic!("{other:?}"),
    }
}

/// What a file's fetching came to.
struct Cost {
    /// Bytes of the wanted columns.
    wanted: u64,
    /// Bytes fetched of row groups.
    fetched: u64,
    /// Bytes fetched to find and read the footer.
    footer: u64,
    requests: usize,
    /// Round trips until the first row group is there.
    first: usize,
}

fn cost(name: &str, bytes: &Bytes) -> Cost {
    let report = opened(bytes);
    let own: u64 = (0..report.row_groups()).map(|row_group| report.wanted(row_group)).sum();
    // Of the first row group the ends are wanted as well, which tell whether the report is one by month.
    let [_, end, _] = report.ranges_of_lengths(0).try_into().unwrap();
    let wanted = own + length(&end);
    let (outcome, trips) = fetch(bytes, None, None);
    assert!(partial(outcome) == at_hand(bytes), "{name}: ranges and the whole differ");
    let first = fetch(bytes, Some((0, 1)), None).1.len();
    let end = (0..report.row_groups()).flat_map(|row_group| report.ranges(row_group)).map(|range| range.end);
    let data_end = end.max().unwrap();
    let all = trips.concat();
    let (data, footer): (Vec<_>, Vec<_>) = all.iter().partition(|range| range.end <= data_end);
    let sum = |ranges: &[&Range<u64>]| ranges.iter().map(|range| length(range)).sum();
    let cost = Cost { wanted, fetched: sum(&data), footer: sum(&footer), requests: all.len(), first };
    println!(
        "{name}: {} bytes, {} row groups; wanted {wanted}, fetched {} ({:.4}) and {} of footer, by {} requests; \
         {first} round trips until the first page",
        bytes.len(),
        report.row_groups(),
        cost.fetched,
        cost.fetched as f64 / wanted as f64,
        cost.footer,
        cost.requests,
    );
    cost
}

#[test]
fn what_is_fetched_is_what_is_wanted_within_three_round_trips() {
    let large = |rows, row_group_rows, compression| {
        file(rows, &Form { row_group_rows, compression, ..Form::default() })
    };
    let three = large(120_000, 40_000, Compression::Snappy);
    let many = Endless::of(&three, 3).unwrap();
    for (name, bytes) in [
        ("one large row group", large(100_000, 1_000_000, Compression::Snappy)),
        ("three row groups", three),
        ("nine row groups", many.read(0..many.size()).unwrap()),
        ("not compressed", large(40_000, 40_000, Compression::None)),
    ] {
        let cost = cost(name, &bytes);
        assert!(cost.fetched * 100 <= cost.wanted * 102, "{name}: {} of {}", cost.fetched, cost.wanted);
        assert!(cost.first <= 3, "{name}: {} round trips", cost.first);
        assert!(cost.footer <= limits::TAIL.max(bytes.len() as u64 / 400), "{name}: {}", cost.footer);
    }
}

#[test]
fn of_a_small_file_requests_count_for_more_than_bytes() {
    let small = file(6_347, &Form::default());
    let cost = cost("a small file", &small);
    assert!(cost.fetched <= cost.wanted + limits::GAPS, "{} of {}", cost.fetched, cost.wanted);
    assert!(cost.requests <= 8 && cost.first <= 3, "{} requests, {} trips", cost.requests, cost.first);
}

/// A report of CUR 2.0: what describes the product stands in a map. So many of its rows are of the Marketplace, the last.
fn newer(rows: usize, of_marketplace: usize) -> Vec<Column> {
    const PLAIN: [&str; 3] = ["product_region_code", "product_servicecode", "product_sku"];
    let is_in_map =
        |column: &&Column| column.name.starts_with("product_") && !PLAIN.contains(&column.name.as_str());
    let report = sample::report(period(), rows, 3);
    let (in_map, mut columns): (Vec<&Column>, Vec<&Column>) = report.iter().partition(is_in_map);
    columns.retain(|column| !column.name.starts_with("resource_tags_"));
    let text = |column: &Column, row: usize| match &column.values {
        Values::Text(texts) => texts[row].clone(),
        _ => panic!("attributes of products are texts"),
    };
    let attributes = |row: usize| {
        let pairs =
            in_map.iter().map(move |column| (column.name["product_".len()..].to_owned(), text(column, row)));
        pairs.filter(|(_, value)| !value.is_empty()).map(|(key, value)| match key.as_str() {
            // As AWS names it.
            "product_name" => (key, format!("{value} of a seller")),
            _ => (key, value),
        })
    };
    let mut columns: Vec<Column> = columns.into_iter().cloned().collect();
    for column in &mut columns {
        if let (Values::Text(entities), "bill_billing_entity") = (&mut column.values, column.name.as_str()) {
            entities[rows - of_marketplace..].fill("AWS Marketplace".to_owned());
        }
    }
    let map = Values::TextMap((0..rows).map(|row| attributes(row).collect()).collect());
    columns.push(Column { name: "product".to_owned(), values: map });
    columns
}

#[test]
fn the_attributes_of_products_are_fetched_for_the_marketplace_alone() {
    let form = Form { row_group_rows: 10_000, ..Form::default() };
    let fetched = |columns: &[Column]| {
        let bytes = write_report(columns, &form).unwrap();
        let (outcome, trips) = fetch(&bytes, None, None);
        assert!(partial(outcome) == at_hand(&bytes), "ranges and the whole differ");
        (bytes.len() as u64, trips.concat().iter().map(length).sum::<u64>())
    };
    let without: Vec<Column> =
        newer(30_000, 0).into_iter().filter(|column| column.name != "product").collect();
    let (rest, least) = fetched(&without);
    let (whole, none) = fetched(&newer(30_000, 0));
    let map = whole - rest;
    println!("CUR 2.0 of {whole} bytes: of {map} bytes of attributes {} are fetched", none - least);
    assert!(none <= least + 3 * limits::GAPS, "{none} bytes, and {least} of a file without attributes");
    // Of three row groups the last one has a row of the Marketplace: its third of the map comes along.
    let (_, some) = fetched(&newer(30_000, 1));
    println!("with a row of the Marketplace in one of three row groups {}", some - least);
    assert!((map / 4..map / 2).contains(&(some - none)), "{some} bytes, {none} without, {map} of attributes");
    let (_, all) = fetched(&newer(30_000, 20_001));
    assert!(all - none > map * 9 / 10, "{all} bytes, {none} without, {map} of attributes");
    // Where no column names the region, the map does, of every row.
    let mut regionless = newer(30_000, 0);
    regionless.retain(|column| column.name != "product_region_code");
    let (_, all) = fetched(&regionless);
    assert!(all - none > map * 8 / 10, "{all} bytes, {none} with a column of regions, {map} of attributes");
}

#[test]
fn of_a_row_group_so_much_is_fetched_and_no_more() {
    const ROWS: usize = 40_000;
    let column = |name: &str, values: Values| Column { name: name.to_owned(), values };
    let texts = |text: &str| Values::Text(vec![text.to_owned(); ROWS]);
    let report = |description: usize, product: usize, entity: &str| {
        // What differs comes first: the writer leaves out what a text has in common with the one before.
        let long = |row: usize, letters: usize| format!("{row:08}{:x<letters$}", "");
        let start = 1_790_812_800_000;
        let columns = [
            column("bill_billing_entity", texts(entity)),
            column("line_item_usage_account_id", texts("1")),
            column("line_item_line_item_type", texts("Usage")),
            column("line_item_product_code", texts("AmazonS3")),
            column(
                "line_item_line_item_description",
                Values::Text((0..ROWS).map(|row| long(row, description)).collect()),
            ),
            column("line_item_usage_start_date", Values::TimestampMillis(vec![start; ROWS])),
            column("line_item_unblended_cost", Values::Double(vec![1.5; ROWS])),
            column("product_region_code", texts("eu-west-1")),
            column(
                "product",
                Values::TextMap((0..ROWS).map(|row| vec![("note".to_owned(), long(row, product))]).collect()),
            ),
        ];
        let form = Form { compression: Compression::None, ..Form::default() };
        let bytes = write_report(&columns, &form).unwrap();
        assert_eq!(opened(&bytes).row_groups(), 1);
        fetch(&bytes, None, None)
    };
    let is_read = |(outcome, _): (Result<Outcome, Failure>, Trips)| match outcome {
        Ok(Outcome::Partial(..)) => true,
        Err(Failure::Theirs(FailureCause::Refused, why)) => {
            assert_eq!(why, "What is read of a row group is larger than 33554432.");
            false
        }
        other => panic!("{other:?}"),
    };
    assert!(is_read(report(200, 1, "AWS Marketplace")));
    assert!(!is_read(report(900, 1, "AWS")));
    // What comes later counts, where it comes.
    assert!(is_read(report(200, 700, "AWS")));
    assert!(!is_read(report(200, 700, "AWS Marketplace")));
}

#[test]
fn a_column_of_more_than_a_request_is_put_together() {
    let form = Form { dictionary: false, compression: Compression::None, ..Form::default() };
    let bytes = file(120_000, &form);
    let report = opened(&bytes);
    let largest = report.ranges(0).iter().map(length).max().unwrap();
    assert!(largest > limits::RANGE, "{largest}");
    let (outcome, trips) = fetch(&bytes, None, None);
    assert!(partial(outcome) == at_hand(&bytes));
    assert!(trips.iter().any(|trip| trip.len() == 6), "six at once");
}

#[test]
fn a_request_that_fails_ends_all_of_them() {
    let bytes = file(30_000, &Form::default());
    let all = fetch(&bytes, None, None).1.concat().len();
    for number in 0..all {
        let (outcome, _) = fetch(&bytes, None, Some(number));
        assert!(matches!(outcome, Err(Failure::Theirs(FailureCause::Changed, _))), "{number}: {outcome:?}");
    }
}
