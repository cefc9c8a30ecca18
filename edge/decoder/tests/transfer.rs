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
use ledger::write::{Compression, Form, write_report};
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
    let question =
        Question { piece: &piece, period: period(), size, splits: false, limits: Limits::default() };
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
    let wanted = (0..report.row_groups()).map(|row_group| report.wanted(row_group)).sum();
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
