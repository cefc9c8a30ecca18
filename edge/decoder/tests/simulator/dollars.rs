//! What ingest costs: what the simulated machine does for one delivery and in a month without any, counted where it is
//! done, and turned into dollars by the prices of Cloudflare.

use std::rc::Rc;

use aws::HttpResponse;
use bytes::Bytes;
use engine::ingest;
use engine::ports::{Table, Write};
use engine::workspace::jobs;
use ledger::endless::Endless;
use ledger::sample;
use ledger::write::{Form, write_report};

use crate::reports::{PREFIX, manifest};
use crate::simulation::Simulation;
use crate::town::Who;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Meter {
    /// Messages written, read and deleted.
    pub queue_operations: u64,
    /// Messages worked off.
    pub invocations: u64,
    /// Requests of the decoder to the object.
    pub asks: u64,
    /// Alarms of the object.
    pub alarms: u64,
    /// Rows the object read.
    pub rows_read: u64,
    /// Rows the object wrote, alarms included.
    pub rows_written: u64,
    /// Blobs stored, and lists of them.
    pub blob_writes: u64,
    /// Blobs loaded or looked for.
    pub blob_reads: u64,
    /// Requests of the object to AWS, and the bytes it got.
    pub object_calls: u64,
    pub object_bytes: u64,
    /// The same of the decoder.
    pub decoder_calls: u64,
    pub decoder_bytes: u64,
}

impl Meter {
    /// A transaction of the object. A change of its jobs sets its alarm, which is a row too.
    pub fn commit(&mut self, writes: &[Write]) {
        let table = |write: &Write| match write {
            Write::Put { table, .. } | Write::Delete { table, .. } => *table,
        };
        let is_alarm_set = writes.iter().any(|write| table(write) == Table::Job);
        self.rows_written += writes.len() as u64 + u64::from(is_alarm_set);
    }

    /// A message was delivered.
    pub fn delivered(&mut self) {
        self.queue_operations += 1;
        self.invocations += 1;
    }

    /// AWS answered.
    pub fn answered(&mut self, who: Who, response: &HttpResponse) {
        let (calls, bytes) = match who {
            Who::Object => (&mut self.object_calls, &mut self.object_bytes),
            Who::Decoder => (&mut self.decoder_calls, &mut self.decoder_bytes),
        };
        *calls += 1;
        *bytes += response.body.len() as u64;
    }

    /// All of it, by one for both.
    fn with(self, other: Self, both: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            queue_operations: both(self.queue_operations, other.queue_operations),
            invocations: both(self.invocations, other.invocations),
            asks: both(self.asks, other.asks),
            alarms: both(self.alarms, other.alarms),
            rows_read: both(self.rows_read, other.rows_read),
            rows_written: both(self.rows_written, other.rows_written),
            blob_writes: both(self.blob_writes, other.blob_writes),
            blob_reads: both(self.blob_reads, other.blob_reads),
            object_calls: both(self.object_calls, other.object_calls),
            object_bytes: both(self.object_bytes, other.object_bytes),
            decoder_calls: both(self.decoder_calls, other.decoder_calls),
            decoder_bytes: both(self.decoder_bytes, other.decoder_bytes),
        }
    }

    fn minus(self, other: Self) -> Self {
        self.with(other, |one, other| one.saturating_sub(other))
    }

    fn plus(self, other: Self) -> Self {
        self.with(other, |one, other| one + other)
    }

    fn times(self, times: u64) -> Self {
        self.with(self, |one, _| one * times)
    }
}

/// Prices in dollars, of one each; beyond what the subscription includes.
const REQUEST: f64 = 0.30e-6;
const CPU_MILLISECOND: f64 = 0.02e-6;
const OBJECT_REQUEST: f64 = 0.15e-6;
const OBJECT_SECOND: f64 = 12.50e-6 * 0.128;
const ROW_READ: f64 = 0.001e-6;
const ROW_WRITTEN: f64 = 1.00e-6;
const BLOB_WRITE: f64 = 4.50e-6;
const BLOB_READ: f64 = 0.36e-6;
const BLOB_GB: f64 = 0.015;
const QUEUE_OPERATION: f64 = 0.40e-6;
/// What the customer pays AWS: a GET, and a GB that leaves its region.
const AWS_GET: f64 = 0.40e-6;
const AWS_GB: f64 = 0.09;

/// Processor time of a row in the decoder's WebAssembly, by `cargo xtask bench memory` on a busy machine: decoding,
/// rolling up and copying its bytes, of which the making of the file is a part.
const NANOSECONDS_A_ROW: f64 = 460.0;
/// Seconds of an object: for a request or an alarm, and for a request it sends to AWS. Estimates; it is billed for them
/// while it waits.
const SECONDS_A_REQUEST: f64 = 0.01;
const SECONDS_A_CALL: f64 = 0.1;
/// Deliveries of a month, three a day. They begin with nothing and end with the whole month, so that together they are
/// 45 times its final size.
const DELIVERIES: u64 = 90;
const WHOLE: u64 = 45;

/// A month's work.
struct Month {
    meter: Meter,
    rows: f64,
    stored: f64,
}

/// Dollars of a workspace a month, by what they are for.
struct Dollars(Vec<(&'static str, f64)>);

impl Dollars {
    fn of(month: &Month) -> Self {
        let Month { meter, rows, stored } = month;
        let count = |number: u64| number as f64;
        let seconds =
            count(meter.asks + meter.alarms) * SECONDS_A_REQUEST + count(meter.object_calls) * SECONDS_A_CALL;
        Self(vec![
            ("blobs written", count(meter.blob_writes) * BLOB_WRITE),
            ("blobs read", count(meter.blob_reads) * BLOB_READ),
            ("blobs kept", stored / 1e9 * BLOB_GB),
            ("rows read", count(meter.rows_read) * ROW_READ),
            ("rows written", count(meter.rows_written) * ROW_WRITTEN),
            ("object", count(meter.asks + meter.alarms) * OBJECT_REQUEST + seconds * OBJECT_SECOND),
            ("queue", count(meter.queue_operations) * QUEUE_OPERATION),
            (
                "decoder",
                count(meter.invocations) * REQUEST + rows * NANOSECONDS_A_ROW / 1e6 * CPU_MILLISECOND,
            ),
        ])
    }

    fn all(&self) -> f64 {
        self.0.iter().map(|(_, dollars)| dollars).sum()
    }
}

/// AWS delivers a month of so many files, of which the first ones are new.
fn put(scene: &Simulation, version: u32, file: &Rc<Endless>, (new, files): (u32, u32)) {
    let folder = format!("{PREFIX}daily/year=2026/month=11/");
    let key = |number: u32| format!("{folder}daily-{number:05}.snappy.parquet");
    let keys: Vec<String> = (1..=files).map(key).collect();
    let (now, mut bucket) = (scene.town().now(), scene.town().bucket.borrow_mut());
    for (number, key) in (0..new).zip(&keys) {
        bucket.put_endless(key, file, version * 10_000 + number, now);
    }
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    bucket.put(&format!("{folder}daily-Manifest.json"), manifest(version.into(), &keys), None, now);
}

/// A delivery of so many files, after one before it: what was done from the one commit to the other, and bytes of blobs
/// that are there in the end.
fn delivered(files: u32, before: &Rc<Endless>, file: &Rc<Endless>, rows: u64) -> (Meter, u64) {
    let mut scene = Simulation::quiet();
    put(&scene, 1, before, (files, files));
    run(&mut scene, 1, |scene| scene.committed().len() == 1);
    let (first, meter) = (scene.committed(), *scene.town().meter.borrow());
    put(&scene, 2, file, (files, files));
    run(&mut scene, 6, |scene| scene.committed() != first);
    let month = ingest::months(&**scene.machine().object()).unwrap().into_values().next().unwrap();
    assert_eq!(month.receipt.rows, rows);
    let done = scene.town().meter.borrow().minus(meter);
    let held = scene.machine().kept.blobs.held.borrow().values().map(|bytes| bytes.len() as u64).sum();
    (done, held)
}

/// A month in which AWS delivers nothing new.
fn idle() -> Meter {
    let mut scene = Simulation::quiet();
    let mut dice = crate::dice::Dice::new(1);
    scene.deliver("2026-11", &[(crate::reports::lines(&mut dice), None)], "");
    scene.pass(1);
    let before = *scene.town().meter.borrow();
    scene.pass(30 * 24);
    scene.town().meter.borrow().minus(before)
}

/// Runs until something is so, or for so many hours.
fn run(scene: &mut Simulation, hours: i64, is_so: impl Fn(&Simulation) -> bool) {
    let end = jobs::after_hours(scene.town().now(), hours);
    loop {
        while scene.machine().step() {}
        if is_so(scene) {
            return;
        }
        let Some(next) = scene.machine().next_due().filter(|next| *next <= end) else {
            scene.town().pass(end.duration_since(scene.town().now()).as_secs());
            return;
        };
        let seconds = next.duration_since(scene.town().now()).as_secs();
        scene.town().pass(seconds.max(1));
    }
}

/// A file of AWS's shape.
fn report(rows: usize) -> Bytes {
    let columns = sample::report("2026-11".parse().unwrap(), rows, 1);
    write_report(&columns, &Form { row_group_rows: 60_000, ..Form::default() }).unwrap()
}

#[test]
fn an_unchanged_refresh_costs_a_thousandth_and_a_changed_file_itself() {
    let file = Rc::new(Endless::of(&report(20_000), 4).unwrap());
    let mut scene = Simulation::quiet();
    let fetched = |scene: &Simulation| {
        let meter = *scene.town().meter.borrow();
        (meter.object_bytes + meter.decoder_bytes, meter.decoder_bytes)
    };
    put(&scene, 1, &file, (3, 3));
    run(&mut scene, 1, |scene| scene.committed().len() == 1);
    let (first, (all, data)) = (scene.committed(), fetched(&scene));
    // Eight looks.
    run(&mut scene, 24, |_| false);
    let (later, unchanged) = fetched(&scene);
    assert_eq!(unchanged, data, "no file was read again");
    let refresh = (later - all) / 8;
    println!(
        "{data} bytes of three files of {} are read; a refresh without a change: {refresh}",
        file.size()
    );
    assert!(refresh * 1_000 <= 3 * file.size(), "{refresh} of {}", 3 * file.size());
    put(&scene, 2, &file, (1, 3));
    run(&mut scene, 6, |scene| scene.committed() != first);
    assert_eq!(fetched(&scene).1 - data, data / 3, "one of three files");
}

#[test]
fn a_month_costs_what_it_costs() {
    let template = report(120_000);
    let times = (100_000_000 / template.len() as u64) as u32;
    let file = Rc::new(Endless::of(&template, times).unwrap());
    let rows = u64::from(times) * 120_000;
    let small = Rc::new(Endless::of(&report(2_000), 1).unwrap());
    // Really run: one file of 0.1 GB, and two. More of them are as many more parts and nothing else, as small ones show.
    let (one, one_held) = delivered(1, &small, &file, rows);
    let (two, two_held) = delivered(2, &small, &file, 2 * rows);
    let small = [1, 2, 9].map(|files| delivered(files, &small, &small, 2_000 * u64::from(files)).0);
    let messages = |meter: Meter| (meter.queue_operations, meter.invocations, meter.asks);
    assert_eq!(messages(small[2]), messages(small[0].plus(small[1].minus(small[0]).times(8))));
    // The same rows for each part, or nearly: what lists all parts for each would come to their square.
    let most = small[0].plus(small[1].minus(small[0]).times(9));
    assert!(small[2].rows_read <= most.rows_read, "{} rows, not {}", small[2].rows_read, most.rows_read);
    let (more, more_held) = (two.minus(one), two_held.saturating_sub(one_held));
    let fixed = one.minus(more);
    let idle = idle();
    let mut before = 0.0;
    for (gigabytes, files) in [(0.1, 1), (1.0, 10), (10.0, 100), (100.0, 1_000)] {
        let held = one_held + more_held * (files - 1);
        let meter = fixed.times(DELIVERIES).plus(more.times(files * WHOLE)).plus(idle);
        let month = Month { meter, rows: (rows * files * WHOLE) as f64, stored: held as f64 };
        let dollars = Dollars::of(&month);
        let parts: Vec<String> =
            dollars.0.iter().map(|(name, dollars)| format!("{name} {dollars:.6}")).collect();
        println!("{gigabytes:>5} GB: ${:.6} a month ({}); {meter:?}", dollars.all(), parts.join(", "));
        let egress = (meter.object_bytes + meter.decoder_bytes) as f64 / 1e9;
        println!(
            "          the customer: {egress:.1} GB leave its region, at most ${:.2}, and ${:.4} of GETs",
            egress * AWS_GB,
            (meter.object_calls + meter.decoder_calls) as f64 * AWS_GET,
        );
        assert!(dollars.all() > before, "more costs more");
        // Of a small workspace the rows of its object are most of it, of a large one the blobs of its partials.
        let most = 0.007 + 0.009 * gigabytes;
        assert!(dollars.all() < most, "{gigabytes} GB cost more than ${most}");
        before = dollars.all();
    }
}
