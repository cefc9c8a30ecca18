//! Files of another writer: one report in many physical forms comes to the same totals, and what is damaged is an error,
//! never a panic.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects"
)]

use std::path::Path;

use bytes::Bytes;
use ledger::groups::{GroupBy, Totaller, Totals};
use ledger::{Opened, ReportFile, first_range};

/// Forms that hold the same report.
const TWINS: [&str; 10] = [
    "legacy",
    "optional-v1",
    "optional-v2",
    "delta-bytes",
    "delta-lengths",
    "int96",
    "iso-text",
    "numbers",
    "slashes",
    "json-map",
];

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.parquet")))
        .unwrap()
}

fn totals(bytes: &[u8], group_by: &str) -> Totals {
    let group_by = group_by.split(',').map(|name| GroupBy::parse(name).unwrap()).collect();
    let mut totaller = Totaller::new(group_by);
    totaller.add("file", Bytes::copy_from_slice(bytes));
    totaller.finish()
}

fn json(bytes: &[u8], group_by: &str) -> String {
    serde_json::to_string(&totals(bytes, group_by)).unwrap()
}

#[test]
fn every_form_comes_to_the_same_totals() {
    for group_by in [
        "service,x_service_code",
        "sub_account,day",
        "region,charge_category,x_line_item_type",
        "x_usage_type,tag:team",
        "resource",
    ] {
        let expect = totals(&fixture("cur2"), group_by);
        assert_eq!((expect.rows, expect.rejected.files.len()), (90, 0), "{:?}", expect.rejected);
        assert_eq!(expect.billing_period, "2026-10");
        for twin in TWINS {
            let expect = serde_json::to_string(&expect).unwrap();
            assert_eq!(json(&fixture(twin), group_by), expect, "{twin} by {group_by}");
        }
    }
}

// security.md row 60
#[test]
fn what_is_not_read_says_why() {
    let check = |name: &str, expect: &str| {
        let found = totals(&fixture(name), "service");
        assert_eq!(found.rejected.files[0].reason, expect, "{name}");
        assert_eq!((found.rows, found.groups.len()), (0, 0), "{name}");
    };
    check("zstd", "Zstandard compression is not supported");
    let nothing = totals(&fixture("empty"), "service");
    assert_eq!((nothing.rows, nothing.rejected.files.len(), nothing.groups.len()), (0, 0, 0));
    let text = totals(b"identity/LineItemId,bill/PayerAccountId\n", "service");
    assert_eq!(text.rejected.files[0].reason, "this is no Parquet file");
}

// security.md row 59
#[test]
fn a_file_cut_off_anywhere_is_an_error() {
    for name in ["cur2", "legacy", "optional-v1", "delta-bytes"] {
        let whole = fixture(name);
        for end in 0..whole.len() {
            let found = totals(&whole[..end], "service");
            assert_eq!(found.rejected.files.len(), 1, "{name} cut off at {end}");
        }
    }
}

// security.md row 59
#[test]
fn with_checksums_a_changed_bit_is_an_error_or_does_no_harm() {
    for name in ["cur2", "legacy"] {
        let whole = fixture(name);
        let expect = json(&whole, "service,day");
        let footer = u32::from_le_bytes(whole[whole.len() - 8..whole.len() - 4].try_into().unwrap()) as usize;
        let mut harmless = 0;
        for place in 4..whole.len() - 8 - footer {
            let mut changed = whole.clone();
            changed[place] ^= 1 << (place % 8);
            let found = totals(&changed, "service,day");
            if found.rejected.files.is_empty() {
                let found = serde_json::to_string(&found).unwrap();
                assert_eq!(found, expect, "{name} changed at {place}");
                harmless += 1;
            }
        }
        assert!(harmless > 0, "columns that are not read can be anything");
    }
}

// security.md row 59
#[test]
fn no_changed_byte_makes_a_panic() {
    for name in ["cur2", "optional-v1", "optional-v2", "delta-bytes", "delta-lengths", "numbers"] {
        let whole = fixture(name);
        for place in (0..whole.len()).step_by(7) {
            let mut changed = whole.clone();
            changed[place] = [0x00, 0xFF, 0x7F, 0x80, changed[place] ^ 0x10][place % 5];
            totals(&changed, "service,resource,tag:team");
        }
    }
}

#[test]
fn a_footer_larger_than_the_first_fetch_is_asked_for() {
    let whole = fixture("cur2");
    let size = whole.len() as u64;
    let open = |from: usize| ReportFile::open(&whole[from..], size, &[], &[], None);
    let Ok(Opened::Need(range)) = open(whole.len() - 64) else {
        panic!("the footer is longer than 64 bytes")
    };
    assert_eq!(range.end, size);
    let Ok(Opened::File(file)) = open(range.start as usize) else { panic!("that range was enough") };
    assert_eq!((file.rows(), file.row_groups()), (90, 3));
    assert_eq!(first_range(10), 0..10);
    let wanted: u64 = (0..3).flat_map(|group| file.ranges(group)).map(|range| range.end - range.start).sum();
    assert!(wanted < size);
}
