//! Resources at scale: a report of two months through the real reader and the real merge, asked through the real
//! answers. Pages, searches, filters and sorts must be those of a list that holds everything, and neither the blobs
//! loaded nor the memory held may grow with the month.
//!
//! `CLOUDTHREAD_RESOURCES=1000000 cargo test --release -p decoder --test resources -- --nocapture` asks a million.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod bench;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use engine::ingest::resources::{detail, page};
use engine::ports::BlobKey;
use engine::workspace::memory::MemoryWorkspace;
use ledger::write::{Column, Form, Values, write_report};
use shared::api::{ResourceKey, ResourcePage, ResourceQuery};
use shared::{BillingPeriod, DayRange, Money};

use bench::{Nobody, Town, WORKSPACE, merge, most_held, partial_of, run};

/// One row of the report: the oracle knows all of them.
#[derive(Clone, Debug)]
struct Line {
    resource: usize,
    /// Of the month.
    day: usize,
    usage_type: usize,
    /// In 10⁻⁶.
    cost: i64,
}

fn id(resource: usize) -> String {
    if resource == 0 {
        String::new()
    } else {
        format!("arn:aws:x:{:07}", resource.wrapping_mul(7_919) % 10_000_019)
    }
}

fn account(resource: usize) -> String {
    format!("{:012}", resource % 23)
}

fn service(resource: usize) -> String {
    format!("Service{}", resource % 5)
}

fn team(resource: usize) -> String {
    if resource.is_multiple_of(11) { String::new() } else { format!("Team {}", resource % 17) }
}

/// A month: every resource on two days, which two parts know of; costs differ between all of them.
fn lines(resources: usize, month: usize) -> Vec<Line> {
    let line = |resource: usize, again: usize| {
        let place = if month == 0 { resource } else { resource.wrapping_mul(31) % resources };
        let sign = if resource.is_multiple_of(97) { -1 } else { 1 };
        Line {
            resource,
            day: (resource + again * 9) % 28,
            usage_type: (resource + again) % 3,
            cost: sign * (place as i64 * 4 + 1 + again as i64) * 1_000,
        }
    };
    // Some end with the first month, some begin with the second.
    let is_there = |resource: &usize| !resource.is_multiple_of(13 + month * 6);
    let all: Vec<usize> = (0..resources).filter(is_there).collect();
    (0..2).flat_map(|again| all.iter().map(move |resource| line(*resource, again))).collect()
}

/// A report file through the reader.
fn partial(period: BillingPeriod, lines: &[Line]) -> Vec<u8> {
    let start = i64::from(period.days().start.epoch_days());
    let column = |name: &str, values| Column { name: name.to_owned(), values };
    let text = |make: &dyn Fn(&Line) -> String| Values::Text(lines.iter().map(make).collect());
    let millis = |day: &dyn Fn(&Line) -> i64| {
        Values::TimestampMillis(lines.iter().map(|line| day(line) * 86_400_000).collect())
    };
    let columns = [
        column("line_item_usage_account_id", text(&|line| account(line.resource))),
        column("line_item_line_item_type", text(&|_| "Usage".to_owned())),
        column("line_item_product_code", text(&|line| service(line.resource))),
        column("line_item_resource_id", text(&|line| id(line.resource))),
        column("line_item_usage_type", text(&|line| format!("Use{}", line.usage_type))),
        column("product_region_code", text(&|line| format!("region-{}", line.resource % 4))),
        column("line_item_currency_code", text(&|_| "USD".to_owned())),
        column("line_item_usage_start_date", millis(&|line| start + line.day as i64)),
        column("bill_billing_period_start_date", millis(&|_| start)),
        column(
            "line_item_unblended_cost",
            Values::Double(lines.iter().map(|line| line.cost as f64 / 1e6).collect()),
        ),
        column("resource_tags_user_team", text(&|line| team(line.resource))),
    ];
    let file: Bytes = write_report(&columns, &Form { row_group_rows: 50_000, ..Form::default() }).unwrap();
    partial_of(period, &file, &["team"])
}

/// Both months, and what they were made of.
struct Asked {
    town: Town,
    months: [Vec<Line>; 2],
    /// Resources of each month that are in Other.
    folded: [BTreeSet<usize>; 2],
}

const PERIODS: [&str; 2] = ["2026-10", "2026-11"];
/// Rows of a usual part.
const PART: usize = 40_000;

/// Which resources are too many: the smallest of each service, then of all.
fn folded(lines: &[Line], limits: ledger::resources::Limits) -> BTreeSet<usize> {
    let mut sizes: BTreeMap<usize, i64> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.resource != 0) {
        *sizes.entry(line.resource).or_default() += line.cost.abs();
    }
    let mut sorted: Vec<(usize, i64)> = sizes.into_iter().collect();
    sorted.sort_by_key(|(_, size)| -size);
    let (mut held, mut all, mut folded) = (BTreeMap::new(), 0, BTreeSet::new());
    for (resource, _) in sorted {
        let held: &mut usize = held.entry(service(resource)).or_default();
        if *held < limits.service && all < limits.month {
            (*held, all) = (*held + 1, all + 1);
        } else {
            folded.insert(resource);
        }
    }
    folded
}

/// Reads and merges both months; the merge must hold little.
fn asked(resources: usize, limits: ledger::resources::Limits, part: usize) -> Asked {
    let now = "2026-12-02T09:00:00Z".parse().unwrap();
    let town = MemoryWorkspace::at(now, WORKSPACE.parse().unwrap(), Nobody);
    let months = [lines(resources, 0), lines(resources, 1)];
    for (period, lines) in PERIODS.iter().zip(&months) {
        let period: BillingPeriod = period.parse().unwrap();
        let partials = lines.chunks(part).map(|lines| partial(period, lines));
        merge(&town, period, partials, &["team"], limits);
    }
    let folded = [folded(&months[0], limits), folded(&months[1], limits)];
    Asked { town, months, folded }
}

/// What a question must be answered with.
#[derive(Debug, Default, PartialEq)]
struct Expected {
    ids: Vec<String>,
    matches: u64,
    cost: Money,
    previous: Money,
    without: Money,
    other: Money,
}

impl Asked {
    /// The brute answer: everything is held, everything is sorted.
    fn expected(&self, query: &ResourceQuery, admits: &dyn Fn(&Line) -> bool) -> Expected {
        let (start, end) = query.r.split_once("..").unwrap();
        let range = DayRange::new(start.parse().unwrap(), end.parse().unwrap());
        let previous = DayRange::new(range.start.plus(-range.len()), range.start);
        let has_previous = previous.start >= "2026-10-01".parse().unwrap();
        let mut expected = Expected::default();
        let mut sums: BTreeMap<(String, String), (Money, Money, usize)> = BTreeMap::new();
        for (month, lines) in self.months.iter().enumerate() {
            let first = PERIODS[month].parse::<BillingPeriod>().unwrap().first_day();
            for line in lines.iter().filter(|line| admits(line)) {
                let (day, cost) =
                    (first.plus(line.day as i32), Money::from_units(i128::from(line.cost) * 1_000_000));
                let now = if range.contains(day) { cost } else { Money::ZERO };
                let before = if has_previous && previous.contains(day) { cost } else { Money::ZERO };
                if line.resource == 0 {
                    expected.without += now;
                } else if self.folded[month].contains(&line.resource) {
                    expected.other += now;
                } else {
                    let key = (id(line.resource), account(line.resource));
                    let sum = sums.entry(key).or_insert((Money::ZERO, Money::ZERO, line.resource));
                    sum.0 += now;
                    sum.1 += before;
                }
            }
        }
        let search = query.q.to_lowercase();
        let mut rows: Vec<((String, String), Money, Money)> = Vec::new();
        for ((id, account), (cost, before, resource)) in sums {
            let tag = format!("team={}", team(resource).to_lowercase());
            let is_found = search.is_empty()
                || id.contains(&search)
                || (!team(resource).is_empty() && tag.contains(&search));
            if !is_found || (query.untagged && !team(resource).is_empty()) {
                continue;
            }
            expected.cost += cost;
            expected.previous += before;
            if !cost.is_zero() || (query.s.ends_with("change") && !before.is_zero()) {
                rows.push(((id, account), cost, before));
            }
        }
        match query.s.as_str() {
            "cost" => rows.sort_by_key(|(key, cost, _)| (*cost, key.clone())),
            "id" => rows.sort(),
            "-id" => rows.sort_by_key(|(key, _, _)| std::cmp::Reverse(key.clone())),
            "change" => rows.sort_by_key(|(key, cost, before)| (*cost - *before, key.clone())),
            "-change" => rows.sort_by_key(|(key, cost, before)| (*before - *cost, key.clone())),
            _ => rows.sort_by_key(|(key, cost, _)| (Money::ZERO - *cost, key.clone())),
        }
        expected.matches = rows.len() as u64;
        let skipped = (query.page.max(1) as usize - 1) * 100;
        expected.ids = rows.into_iter().skip(skipped).take(100).map(|(key, _, _)| key.0).collect();
        expected
    }

    /// Asks, and compares. The page, the MiB held and the bytes loaded.
    fn check(&self, query: &ResourceQuery, admits: &dyn Fn(&Line) -> bool) -> (ResourcePage, f64, u64) {
        let expected = self.expected(query, admits);
        self.town.blobs.loaded.set((0, 0));
        let (held, found) = most_held(|| run(page(&self.town, query)).unwrap());
        let (times, bytes) = self.town.blobs.loaded.get();
        println!("{query:?}: {times} loads, {bytes} bytes, {held:.1} MiB held, {} matches", found.matches);
        let told = Expected {
            ids: found.rows.iter().map(|row| row.resource.clone()).collect(),
            matches: found.matches,
            cost: found.cost,
            previous: found.previous_cost.unwrap_or_default(),
            without: found.without_resource,
            other: found.other,
        };
        assert_eq!(told, expected, "{query:?}");
        (found, held, bytes)
    }
}

const OCTOBER: &str = "2026-10-01..2026-11-01";
const NOVEMBER: &str = "2026-11-01..2026-12-01";

fn query(range: &str) -> ResourceQuery {
    ResourceQuery { r: range.to_owned(), ..ResourceQuery::default() }
}

// The tests share an allocator that counts: one after the other.
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[test]
fn answers_are_those_of_a_list_of_everything_and_hold_little() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let resources = std::env::var("CLOUDTHREAD_RESOURCES").map_or(60_000, |text| text.parse().unwrap());
    let limits = if resources > 200_000 {
        ledger::resources::Limits::default()
    } else {
        ledger::resources::Limits { month: resources * 3 / 4, service: resources / 6 }
    };
    let asked = asked(resources, limits, PART);
    let all = |_: &Line| true;

    // The dearest of a month: the directory and the rows that stand by size.
    for (range, number) in [(OCTOBER, 1), (OCTOBER, 3), (NOVEMBER, 1)] {
        let (found, held, bytes) = asked.check(&ResourceQuery { page: number, ..query(range) }, &all);
        assert!(held < 24.0 && bytes < 10_000_000, "{held} MiB, {bytes} bytes");
        assert!(found.in_other > 0 || limits.month >= resources);
    }
    // Everything else streams by.
    let mut queries: Vec<ResourceQuery> = Vec::new();
    for sort in ["", "cost", "id", "-id", "change", "-change"] {
        queries.push(ResourceQuery { s: sort.to_owned(), page: 2, ..query(NOVEMBER) });
    }
    for sort in ["", "-change"] {
        for range in ["2026-10-20..2026-11-10", "2026-11-10..2026-11-17"] {
            queries.push(ResourceQuery { s: sort.to_owned(), page: 2, ..query(range) });
        }
    }
    queries.push(ResourceQuery { page: 90, ..query(OCTOBER) });
    queries.push(ResourceQuery { q: "TEAM 3".to_owned(), ..query(NOVEMBER) });
    queries.push(ResourceQuery { q: id(resources / 2), ..query(NOVEMBER) });
    queries.push(ResourceQuery { untagged: true, ..query(NOVEMBER) });
    for query in &queries {
        let (_, held, _) = asked.check(query, &all);
        assert!(held < 24.0, "{query:?}: {held} MiB");
    }
    // Filters reach into what has no resource, too.
    let by_service = ResourceQuery { f: "service:Service2".to_owned(), ..query(NOVEMBER) };
    asked.check(&by_service, &|line| service(line.resource) == "Service2");
    // Other knows no usage types: it is not in a filter by them.
    let by_usage = ResourceQuery { f: "x_usage_type:Use1".to_owned(), ..query(OCTOBER) };
    let folded = &asked.folded[0];
    asked.check(&by_usage, &|line| line.usage_type == 1 && !folded.contains(&line.resource));

    // What is answered is the month, to the last unit.
    let found = run(page(&asked.town, &query(OCTOBER))).unwrap();
    let sum: i64 = asked.months[0].iter().map(|line| line.cost).sum();
    assert_eq!(
        found.cost + found.without_resource + found.other,
        Money::from_units(i128::from(sum) * 1_000_000)
    );

    // One of them in depth: a block of each month.
    let row = &found.rows[7];
    let key = ResourceKey {
        id: row.resource.clone(),
        sub_account: row.sub_account.clone(),
        r: "2026-10-01..2026-12-01".to_owned(),
        m: String::new(),
    };
    asked.town.blobs.loaded.set((0, 0));
    let (held, found) = most_held(|| run(detail(&asked.town, &key)).unwrap());
    let (times, bytes) = asked.town.blobs.loaded.get();
    println!("detail: {times} loads, {bytes} bytes, {held:.1} MiB held");
    assert!(times <= 4 && held < 8.0, "{times} loads, {held} MiB");
    let lines = asked.months.iter().flatten().filter(|line| id(line.resource) == key.id);
    let sum: i64 = lines.map(|line| line.cost).sum();
    let daily: Money = found.usage_types.iter().flat_map(|series| series.daily.iter().copied()).sum();
    assert_eq!(daily, Money::from_units(i128::from(sum) * 1_000_000));
    assert_eq!(found.row.cost, daily);
    let missing = ResourceKey { id: "arn:none".to_owned(), ..key };
    assert_eq!(run(detail(&asked.town, &missing)).unwrap_err().code, "not_found");
}

#[test]
fn the_first_ten_thousand_can_be_paged_through() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let asked = asked(500, ledger::resources::Limits::default(), PART);
    let deep = |number| run(page(&asked.town, &ResourceQuery { page: number, ..query(OCTOBER) }));
    assert!(deep(100).unwrap().rows.is_empty());
    assert_eq!(deep(101).unwrap_err().code, "query_invalid");
}

#[test]
fn more_parts_than_are_woven_at_once_make_the_same_month() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let limits = ledger::resources::Limits { month: 6_000, service: 1_500 };
    // Well over 500 parts: some are woven twice on their way.
    let asked = asked(8_000, limits, 25);
    for range in [OCTOBER, NOVEMBER] {
        asked.check(&query(range), &|_| true);
        asked.check(&ResourceQuery { s: "id".to_owned(), page: 9, ..query(range) }, &|_| true);
    }
    let is_between = |key: &&BlobKey| key.0.contains("/between/");
    assert_eq!(
        asked.town.blobs.held.borrow().keys().filter(is_between).count(),
        0,
        "nothing is left in between"
    );
}
