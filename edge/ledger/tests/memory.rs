//! How much is held: counted by the allocator, so that no claim of a file is believed before it is met by bytes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use ledger::groups::{GroupBy, Totaller};
use ledger::roll_up::METRICS;
use ledger::write::{Column, Form, Values, write_report};
use ledger::{Opened, ReportFile, Sparse, first_range, limits};

/// The system's allocator, with a count of what is held and of the most that was.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);
/// One measurement at a time.
static TURN: Mutex<()> = Mutex::new(());

// SAFETY: every call goes to the system's allocator as it came; only numbers are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the layout is the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: `alloc` above gave the place, with this layout.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The most bytes that were held beyond those held before.
fn most_held<T>(run: impl FnOnce() -> T) -> (usize, T) {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let done = run();
    (MOST.load(Ordering::Relaxed).saturating_sub(before), done)
}

fn report(rows: usize, form: &Form) -> Bytes {
    let column = |name: &str, values: Values| Column { name: name.to_owned(), values };
    let texts = |make: &dyn Fn(usize) -> String| Values::Text((0..rows).map(make).collect());
    let hour = |row: usize| 1_790_812_800_000 + (row as i64 % 744) * 3_600_000;
    let columns = [
        column("line_item_usage_account_id", texts(&|row| format!("{:012}", row % 40))),
        column("line_item_line_item_type", texts(&|_| "Usage".to_owned())),
        column("line_item_product_code", texts(&|row| format!("Service{}", row % 60))),
        column(
            "line_item_resource_id",
            texts(&|row| format!("arn:aws:ec2:::instance/i-{:08x}", row % 5_000)),
        ),
        column("line_item_usage_start_date", Values::TimestampMillis((0..rows).map(hour).collect())),
        column("line_item_unblended_cost", Values::Double((0..rows).map(|row| row as f64 / 1e4).collect())),
    ];
    write_report(&columns, form).unwrap()
}

fn reasons(file: Bytes) -> Vec<String> {
    let mut totaller = Totaller::new(vec![GroupBy::parse("sub_account").unwrap()]);
    totaller.add("file", file);
    totaller.finish().rejected.files.into_iter().map(|file| file.reason).collect()
}

/// A number of 32 bits as Thrift writes it.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    value <<= 1;
    while value >= 0x80 {
        bytes.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

// security.md rows 54 and 58
#[test]
fn what_a_file_claims_is_not_allocated() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let file = report(500, &Form { dictionary: false, ..Form::default() });
    // The first page's header, rewritten to claim 2 GiB, as a page of either version; nothing moves.
    for claim in [[0x15, 0x06, 0x15], [0x15, 0x00, 0x15]] {
        let mut changed = file.to_vec();
        let header = [claim.as_slice(), &varint((1 << 31) - 1), &[0x15], &varint((1 << 31) - 1)].concat();
        changed[4..4 + header.len()].copy_from_slice(&header);
        let changed = Bytes::from(changed);
        let (most, reasons) = most_held(|| reasons(changed));
        assert_eq!(reasons.len(), 1);
        assert!(most < 1 << 20, "{most} bytes for: {}", reasons[0]);
    }
}

#[test]
fn batches_are_small_and_what_is_held_does_not_grow_with_the_rows() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let form = Form { row_group_rows: 20_000, ..Form::default() };
    let [small, large] = [40_000, 400_000].map(|rows| {
        let whole = Sparse::whole(report(rows, &form));
        let (most, read) = most_held(|| {
            let tail = whole.find(&first_range(whole.size())).unwrap();
            let dimensions = ["service".parse().unwrap(), "resource".parse().unwrap()];
            let opened = ReportFile::open(&tail, whole.size(), &dimensions, &METRICS, None).unwrap();
            let Opened::File(mut file) = opened else { panic!("the footer is in the last 64 KiB") };
            let mut read = 0;
            for row_group in 0..file.row_groups() {
                let take = |block: &ledger::ChargeBlock<'_>| {
                    assert!(block.rows() <= limits::BATCH);
                    read += block.rows();
                    Ok(())
                };
                file.read(row_group, &whole, take).unwrap();
            }
            read
        });
        assert_eq!(read, rows);
        most
    });
    assert!(large < small + small / 4, "{small} bytes at 40,000 rows, {large} at 400,000");
    assert!(large < 8 << 20, "{large} bytes");
}

// In the first days of a month there are as many combinations as cells, and a combination is as large as its cell.
#[test]
fn a_month_of_one_day_is_merged_within_its_room() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let tags: Vec<String> = (0..8).map(|tag| format!("tag{tag}")).collect();
    let dimensions = ledger::roll_up::detail_dimensions(&tags);
    let usd = "USD".parse().unwrap();
    let mut counts = ledger::roll_up::Counts::new();
    let blobs: Vec<Vec<u8>> = (0..4)
        .map(|part: usize| {
            let header = cube::Header {
                currency: usd,
                source: shared::api::Source::Report,
                as_of: shared::Timestamp::UNIX_EPOCH,
                days: "2026-10".parse::<shared::BillingPeriod>().unwrap().days(),
                monthly: false,
            };
            let day = header.days.start;
            let mut builder = cube::CubeBuilder::new(header, dimensions.clone(), METRICS.to_vec());
            for line in part * 87_500..(part + 1) * 87_500 {
                // Few accounts, services and categories, which are never given up; the rest differs more.
                let many = |place: usize| if place < 4 { place + 1 } else { place + 50 };
                let value = |place: usize| (line / (place + 1) % many(place)).to_string();
                let values: Vec<String> = (0..dimensions.len()).map(value).collect();
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                builder.add_values(&values, day, &[1; METRICS.len()]);
            }
            cube::blob::encode(&builder.finish()).unwrap()
        })
        .collect();
    let sum = shared::Money::from_units(350_000);
    counts.totals.insert(usd, (sum, sum));
    let (most, month) = most_held(|| {
        let mut merge = ledger::Merge::new(shared::Timestamp::UNIX_EPOCH);
        if !blobs.iter().all(|blob| merge.add(blob).unwrap()) {
            drop(merge);
            let mut survey = ledger::Survey::default();
            blobs.iter().for_each(|blob| survey.add(blob).unwrap());
            merge = ledger::Merge::folded(shared::Timestamp::UNIX_EPOCH, survey);
            assert!(blobs.iter().all(|blob| merge.add(blob).unwrap()));
        }
        merge.count(&counts);
        merge.finish().unwrap()
    });
    assert!(month.detail[0].tuples() > 1_000, "something is told apart");
    assert!(most < 96 << 20, "{most} bytes for {} combinations", month.detail[0].tuples());
}
