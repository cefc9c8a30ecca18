//! A part that leaves too much behind is cut, not refused; and a report with one row a month is refused for what its rows
//! say, whoever defined it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::ops::Range;

use bytes::Bytes;
use decoder::reader::{Failure, Outcome, Question, Source, read};
use decoder::world::Limits;
use engine::ingest::protocol::{FailureCause, Piece};
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, ready};
use ledger::partial::{self, Opened};
use ledger::write::{Column, Form, Values, write_report};
use ledger::{DecodeError, Merge, Merged};
use shared::{BillingPeriod, Timestamp};

/// A file at hand.
struct Near(Bytes);

impl Source for Near {
    fn fetch(&self, range: Range<u64>) -> LocalBoxFuture<'_, Result<Bytes, Failure>> {
        ready(Ok(self.0.slice(range.start as usize..range.end as usize))).boxed_local()
    }
}

fn period() -> BillingPeriod {
    "2026-10".parse().unwrap()
}

fn part(file: &Bytes, row_groups: Option<(u32, u32)>, room: usize) -> Result<Outcome, Failure> {
    listed(file, &[], row_groups, room)
}

/// A part of a file whose manifest lists these columns.
fn listed(
    file: &Bytes,
    columns: &[String],
    row_groups: Option<(u32, u32)>,
    room: usize,
) -> Result<Outcome, Failure> {
    let piece =
        Piece { key: String::new(), etag: String::new(), row_groups, tracked_tags: vec!["team".to_owned()] };
    let limits = Limits { partial: room, ..Limits::default() };
    let question =
        Question { piece: &piece, period: period(), size: file.len() as u64, columns, splits: false, limits };
    read(&Near(file.clone()), &question).now_or_never().unwrap()
}

/// Reads a file as messages would, however often it has to be cut. The partials in the order of their row groups.
fn partials(file: &Bytes, row_groups: Option<(u32, u32)>, room: usize) -> Vec<Vec<u8>> {
    match part(file, row_groups, room) {
        Ok(Outcome::Partial(bytes, _)) => vec![bytes],
        Ok(Outcome::Split(ranges)) => {
            assert!(ranges.len() > 1);
            ranges.into_iter().flat_map(|range| partials(file, Some(range), room)).collect()
        }
        Err(failure) => panic!("{row_groups:?}: {failure:?}"),
    }
}

fn merged(partials: &[Vec<u8>]) -> Result<Merged, DecodeError> {
    let mut merge = Merge::new(Timestamp::UNIX_EPOCH);
    for bytes in partials {
        let Opened::Head(head) = partial::open(bytes).unwrap() else { panic!("no head") };
        merge.count(&head.counts);
        for range in head.detail {
            assert!(merge.add(&bytes[range.start as usize..range.end as usize]).unwrap());
        }
    }
    merge.finish()
}

/// A row: type, first day of its month and days it lasts.
type Line = (&'static str, i64, i64);

/// A report of these rows, each of a resource of its own, so many in a row group.
fn report(lines: &[Line], row_group_rows: usize) -> Bytes {
    let start = i64::from(period().days().start.epoch_days());
    let column = |name: &str, values| Column { name: name.to_owned(), values };
    let text = |make: &dyn Fn(usize) -> String| Values::Text((0..lines.len()).map(make).collect());
    let millis = |day: &dyn Fn(&Line) -> i64| {
        Values::TimestampMillis(lines.iter().map(|line| (start + day(line)) * 86_400_000).collect())
    };
    let columns = [
        column("line_item_usage_account_id", text(&|_| "123456789012".to_owned())),
        column("line_item_line_item_type", text(&|row| lines[row].0.to_owned())),
        column("line_item_product_code", text(&|_| "AmazonEC2".to_owned())),
        column("line_item_resource_id", text(&|row| format!("arn:aws:x:{}", row * 7_919 % 100_003))),
        column("line_item_usage_start_date", millis(&|line| line.1)),
        column("line_item_usage_end_date", millis(&|line| line.1 + line.2)),
        column(
            "line_item_unblended_cost",
            Values::Double((0..lines.len()).map(|row| row as f64 / 8.0).collect()),
        ),
    ];
    write_report(&columns, &Form { row_group_rows, ..Form::default() }).unwrap()
}

#[test]
fn a_part_that_leaves_too_much_behind_is_cut_until_it_fits() {
    let lines: Vec<Line> = (0..4_000).map(|row| ("Usage", row % 31, 1)).collect();
    let file = report(&lines, 500);
    let whole = partials(&file, None, usize::MAX);
    assert_eq!(whole.len(), 1);
    // Room for a third of it: two cuts.
    let cut = partials(&file, None, whole[0].len() / 3);
    assert!(cut.len() > 3, "{} partials", cut.len());
    let (one, many) = (merged(&whole).unwrap(), merged(&cut).unwrap());
    assert_eq!(one.detail, many.detail);
    assert_eq!((one.counts.rows, one.counts.totals), (many.counts.rows, many.counts.totals));
    // Less than a row group cannot be read.
    let Err(Failure::Theirs(_, words)) = part(&file, Some((3, 4)), 100) else { panic!("it fits") };
    assert_eq!(words, "What differs between the rows of a file is larger than 100.");
}

// security.md row 59
#[test]
fn a_file_lacks_none_of_the_columns_its_manifest_lists() {
    let file = report(&[("Usage", 3, 1), ("Usage", 4, 1)], 1);
    let read = |file: &Bytes, names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        match listed(file, &names, None, usize::MAX) {
            Ok(Outcome::Partial(..)) => None,
            Err(Failure::Theirs(FailureCause::Refused, words)) => Some(words),
            other => panic!("{names:?}: {other:?}"),
        }
    };
    let legacy = ["lineItem/ResourceId", "lineItem/UsageEndDate"];
    let newer = ["line_item_resource_id", "line_item_usage_end_date"];
    // What nobody reads may be missing.
    assert_eq!(read(&file, &[&legacy[..], &["identity/LineItemId"]].concat()), None);
    assert_eq!(read(&file, &[&newer[..], &["identity_line_item_id"]].concat()), None);
    for (place, name) in newer.iter().enumerate() {
        let damaged = misnamed(&file, name);
        for names in [legacy, newer] {
            let words = format!("The column {} is missing.", names[place]);
            assert_eq!(read(&damaged, &names), Some(words));
        }
    }
}

/// The file with a flipped bit in a column's name, wherever it stands.
fn misnamed(file: &Bytes, name: &str) -> Bytes {
    let mut bytes = file.to_vec();
    for at in 0..bytes.len() - name.len() {
        if bytes[at..].starts_with(name.as_bytes()) {
            bytes[at + 3] ^= 1;
        }
    }
    bytes.into()
}

#[test]
fn a_report_by_month_is_refused_for_its_usage_wherever_its_fees_stand() {
    let check = |lines: &[Line], is_refused: bool| {
        let month = merged(&partials(&report(lines, 2), None, usize::MAX));
        let words = "a report with one row a month (hourly and daily ones are read) is not supported";
        assert_eq!(
            month.err().map(|error| error.to_string()).as_deref(),
            is_refused.then_some(words),
            "{lines:?}"
        );
    };
    check(&[("Usage", 0, 31), ("Usage", 0, 31), ("Fee", 14, 1)], true);
    check(&[("Fee", 14, 1), ("Usage", 0, 31), ("Credit", 20, 1)], true);
    // Of a daily report some rows last a month, its fees among them.
    check(&[("Usage", 0, 31), ("Usage", 3, 1)], false);
    check(&[("Fee", 0, 31), ("Tax", 0, 31)], false);
    // Where a part begins with such rows and another does not, it is no report by month.
    let month = [report(&[("Usage", 0, 31)], 2), report(&[("Usage", 4, 1)], 2)];
    let month: Vec<Vec<u8>> = month.iter().flat_map(|file| partials(file, None, usize::MAX)).collect();
    assert_eq!(merged(&month).unwrap().counts.rows, 2);
    assert!(merged(&month[..1]).is_err());
}
