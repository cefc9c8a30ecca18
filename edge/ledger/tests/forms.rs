//! Files of another writer: one report in many physical forms comes to the same totals, and what is damaged is an error,
//! never a panic.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects"
)]

use std::io::Write;
use std::path::Path;

use bytes::Bytes;
use ledger::groups::{GroupBy, Totaller, Totals};
use ledger::roll_up::{METRICS, RollUp};
use ledger::write::{Column, Form, Values, write_report};
use ledger::{ChargeBlock, Counts, DecodeError, Opened, ReportFile, Sparse, csv, first_range};
use shared::{Day, DayRange, Money, Timestamp};

/// Forms that hold the same report.
const TWINS: [&str; 17] = [
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
    "gzip",
    "gzip-v2",
    "pairs",
    "newer-tags",
    "wild",
    "cur2.csv",
    "legacy.csv.gz",
];

fn fixture(name: &str) -> Vec<u8> {
    let file = if name.contains('.') { name.to_owned() } else { format!("{name}.parquet") };
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(file)).unwrap()
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
    let check = |bytes: &[u8], expect: &str| {
        let found = totals(bytes, "service");
        assert_eq!(found.rejected.files[0].reason, expect);
        assert_eq!((found.rows, found.groups.len()), (0, 0), "{expect}");
    };
    check(
        &fixture("zstd"),
        "Zstandard compression is not supported (column bill_billing_period_start_date, row group 0)",
    );
    check(b"", "this is no Parquet file");
    check(b"PAR1", "this is no Parquet file");
    check(b"PARE encrypted PARE", "the file is encrypted");
    check(b"PK\x03\x04 archive", "a ZIP archive is not supported");
    check(b"\0\0\0\0", "this is no Parquet file");
    check(b"a letter to\nthe editor, please\n", "this is no report of AWS: its columns are a letter to");
    check(b"lineItem/LineItemId,bill/PayerAccountId\n", "the column line_item_unblended_cost is missing");
    let nothing = totals(&fixture("empty"), "service");
    assert_eq!((nothing.rows, nothing.rejected.files.len(), nothing.groups.len()), (0, 0, 0));
}

#[test]
fn tags_and_cost_categories_of_any_type_are_read_in_words() {
    for name in ["odd-tags", "odd-tags-v2"] {
        for (key, expect) in [
            ("production", ["", "false", "true"].as_slice()),
            ("number", &["0", "1", "2", "3"]),
            ("share", &["0", "0.25"]),
            ("until", &["2026-12-01", "2026-12-02"]),
            ("since", &["2026-01-01T00:30:00Z", "2026-01-01T01:30:00Z"]),
            ("price", &["0", "0.25", "0.5"]),
        ] {
            for dimension in ["tag", "cost_category"] {
                let found = totals(&fixture(name), &format!("{dimension}:{key}"));
                assert_eq!(found.rejected.files.len(), 0, "{:?}", found.rejected);
                let mut words: Vec<&str> = found.groups.iter().map(|group| group.key[0].as_str()).collect();
                words.sort_unstable();
                assert_eq!(words, expect, "{name} {dimension}:{key}");
            }
        }
    }
}

/// A report of one row: what every one needs, and these columns.
fn row_with(columns: Vec<Column>) -> Vec<u8> {
    let mut all = vec![
        text("line_item_usage_account_id", "1"),
        text("line_item_line_item_type", "Usage"),
        text("line_item_product_code", "AmazonS3"),
        text("line_item_usage_start_date", "2026-10-03T04:00:00Z"),
        column("line_item_unblended_cost", Values::Double(vec![1.5])),
    ];
    all.extend(columns);
    write_report(&all, &Form::default()).unwrap().to_vec()
}

fn column(name: &str, values: Values) -> Column {
    Column { name: name.to_owned(), values }
}

fn text(name: &str, value: &str) -> Column {
    column(name, Values::Text(vec![value.to_owned()]))
}

fn map(name: &str, pairs: &[(&str, &str)]) -> Column {
    let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    column(name, Values::TextMap(vec![pairs]))
}

/// One row of CSV: what every report needs, and these fields.
fn csv_with(heads: &str, fields: &str) -> Vec<u8> {
    let needed = "line_item_usage_account_id,line_item_line_item_type,line_item_product_code,line_item_usage_start_date,line_item_unblended_cost";
    format!("{needed},{heads}\n1,Usage,AmazonS3,2026-10-03,1.5,{fields}\n").into_bytes()
}

/// The only row's value in a dimension.
fn value(file: &[u8], dimension: &str) -> String {
    let found = totals(file, dimension);
    assert_eq!((found.rows, found.groups.len()), (1, 1), "{:?}", found.rejected);
    found.groups[0].key[0].clone()
}

#[test]
fn a_tag_whose_name_begins_with_user_is_another_than_the_one_without() {
    for file in [
        row_with(vec![text("resource_tags_user_user_id", "u-17"), text("resource_tags_user_id", "17")]),
        row_with(vec![map("resource_tags", &[("user_user_id", "u-17"), ("user_id", "17")])]),
        row_with(vec![map("resource_tags", &[("user_id", "17"), ("user_user_id", "u-17")])]),
        row_with(vec![map("tags", &[("resourceTags/user_id", "17"), ("resourceTags/user_user_id", "u-17")])]),
        csv_with("resourceTags/user:user_id,resourceTags/user:id", "u-17,17"),
        csv_with("resource_tags", r#""{""user_user_id"":""u-17"",""user_id"":""17""}""#),
    ] {
        assert_eq!(["tag:user_id", "tag:id"].map(|key| value(&file, key)), ["u-17", "17"]);
    }
    // Where only the one is there, the other says nothing.
    let lonely = row_with(vec![map("resource_tags", &[("user_id", "17")])]);
    assert_eq!(["tag:user_id", "tag:id"].map(|key| value(&lonely, key)), ["", "17"]);
    let categories = row_with(vec![map("cost_category", &[("cost_category_a", "long"), ("a", "short")])]);
    let found = ["cost_category:cost_category_a", "cost_category:a"].map(|name| value(&categories, name));
    assert_eq!(found, ["long", "short"]);
}

#[test]
fn of_several_values_under_one_key_the_last_that_says_anything_counts() {
    for (pairs, expect) in [
        ([("user_team", "red"), ("user_team", "blue"), ("user_team", "")], "blue"),
        ([("user_Team", "blue"), ("user_team", "red"), ("other", "x")], "red"),
        ([("user_team", "red"), ("user_Team", "blue"), ("other", "x")], "blue"),
        ([("user_team", "red"), ("accountTag/team", "green"), ("user_TEAM", "blue")], "blue"),
        ([("accountTag/team", "green"), ("accountTag/Team", "grey"), ("iamPrincipal/team", "x")], "grey"),
    ] {
        let json = pairs.map(|(key, value)| format!(r#"""{key}"":""{value}"""#)).join(",");
        let as_map = row_with(vec![map("resource_tags", &pairs)]);
        for file in [as_map, csv_with("resource_tags", &format!(r#""{{{json}}}""#))] {
            assert_eq!(value(&file, "tag:team"), expect, "{pairs:?}");
        }
    }
}

/// What was counted of a file by every metric, whatever its form.
fn counts(file: &[u8]) -> Result<Counts, DecodeError> {
    let mut counts = Counts::new();
    let size = file.len() as u64;
    let mut take = |block: &ChargeBlock<'_>| {
        counts.add(block);
        Ok(())
    };
    if file.starts_with(b"PAR1") {
        let Opened::File(mut report) = ReportFile::open(file, size, &[], &METRICS, None)? else {
            panic!("the whole file is at hand")
        };
        let whole = Sparse::whole(Bytes::copy_from_slice(file));
        for row_group in 0..report.row_groups() {
            report.read(row_group, &whole, &mut take)?;
        }
    } else {
        csv::read(file, false, size, &[], &METRICS, None, take)?;
    }
    Ok(counts)
}

// security.md row 51
#[test]
fn a_cost_without_end_condemns_its_file_whatever_its_form() {
    let cost = "line_item_unblended_cost";
    let condemned = |file: &[u8], column: &str, value: &str| {
        let expect = DecodeError::BadValue { column: column.to_owned(), value: value.to_owned() };
        assert_eq!(counts(file).map_err(|error| error.cause().clone()), Err(expect), "{value}");
        let found = totals(file, "service");
        assert_eq!((found.rows, found.groups.len(), found.rejected.files.len()), (0, 0, 1), "{value}");
    };
    let rows = |values: Values, dictionary: bool| {
        let texts = |value: &str| Values::Text(vec![value.to_owned(); 3]);
        let columns = [
            column("line_item_usage_account_id", texts("1")),
            column("line_item_line_item_type", texts("Usage")),
            column("line_item_product_code", texts("AmazonS3")),
            column("line_item_usage_start_date", texts("2026-10-03T04:00:00Z")),
            column(cost, values),
        ];
        write_report(&columns, &Form { dictionary, ..Form::default() }).unwrap().to_vec()
    };
    for dictionary in [true, false] {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, -1e12] {
            let doubles = rows(Values::Double(vec![1.0, value, 2.0]), dictionary);
            let told: String = value.to_string().chars().take(200).collect();
            condemned(&doubles, cost, &told);
        }
    }
    for value in ["NaN", "Infinity", "-inf", "1e308", "-1E12", "1000000000000"] {
        for dictionary in [true, false] {
            let texts = Values::Text(["1", value, "2"].map(str::to_owned).to_vec());
            condemned(&rows(texts, dictionary), cost, value);
        }
        let head = "line_item_usage_account_id,line_item_line_item_type,line_item_product_code,line_item_usage_start_date,line_item_unblended_cost\n";
        condemned(format!("{head}1,Usage,AmazonS3,2026-10-03,{value}\n").as_bytes(), cost, value);
        // Also where the rows would not count it: a file that says so is not to be believed.
        let (effective, net) = ("reservation_effective_cost", "line_item_net_unblended_cost");
        let file = csv_with(effective, value);
        condemned(&file, effective, value);
        let found = counts(&csv_with(net, value)).map_err(|error| error.cause().clone());
        assert_eq!(found, Err(DecodeError::BadValue { column: net.to_owned(), value: value.to_owned() }));
    }
}

#[test]
fn words_in_a_net_column_set_their_row_aside() {
    let net = "line_item_net_unblended_cost";
    for (value, rejected) in [("seven", 1), ("", 0), ("7", 0)] {
        for file in [csv_with(net, value), row_with(vec![text(net, value)])] {
            let found = counts(&file).unwrap();
            assert_eq!((found.rows, found.rejected), (1, rejected), "{value}");
        }
    }
}

// security.md row 55
#[test]
fn csv_is_read_within_limits() {
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let check = |bytes: &[u8], expect: &str| {
        assert_eq!(totals(bytes, "service").rejected.files[0].reason, expect);
    };
    let head = "line_item_usage_account_id,line_item_product_code,line_item_line_item_type,line_item_usage_start_date,line_item_unblended_cost\n";
    let row = "1,AmazonS3,Usage,2026-10-03T04:00:00Z,0.25\n";
    let good = [head, row, row].concat();
    for bytes in
        [good.clone().into_bytes(), gzip(good.as_bytes()), [b"\xEF\xBB\xBF", good.as_bytes()].concat()]
    {
        let found = totals(&bytes, "sub_account,service,day");
        assert_eq!(found.groups[0].key, ["1", "Amazon S3", "2026-10-03"], "{:?}", found.rejected);
        assert_eq!((found.rows, found.total.billed_cost), (2, "0.5".parse().unwrap()));
    }
    check(&gzip(good.as_bytes())[..60], "the file is truncated or damaged: a part of it cannot be had");
    check(
        [head, row, "1,2,3\n"].concat().as_bytes(),
        "the file is damaged: a row has 3 fields, the first one 5",
    );
    check([head, "\"", &"x".repeat(2 << 20)].concat().as_bytes(), "a row is larger than 1048576");
    check("a,".repeat(3_000).as_bytes(), "the number of columns is larger than 2000");
    let bomb = gzip(&[good.as_bytes(), &vec![b'\n'; 64 << 20]].concat());
    check(&bomb, "the compression ratio of the file is larger than 200");
    let words = row.replace("0.25", "much");
    check(
        [head, &words].concat().as_bytes(),
        "the column of costs holds a value that is no cost: 1 of 1 rows",
    );
}

#[test]
fn a_report_by_month_is_refused_and_one_with_some_monthly_rows_is_not() {
    let texts = |value: &str| Values::Text(vec![value.to_owned(); 3]);
    let day = |text: &str| i64::from(text.parse::<Day>().unwrap().epoch_days()) * 86_400_000;
    // A fee may stand on any day.
    let starts = ["2026-10-01", "2026-10-01", "2026-10-15"];
    let reason = |kinds: [&str; 3], ends: [&str; 3]| {
        let kinds = Values::Text(kinds.map(str::to_owned).to_vec());
        let columns = [
            column("line_item_usage_account_id", texts("1")),
            column("line_item_line_item_type", kinds),
            column("line_item_product_code", texts("AmazonS3")),
            column("line_item_usage_start_date", Values::TimestampMillis(starts.map(day).to_vec())),
            column("line_item_usage_end_date", Values::TimestampMillis(ends.map(day).to_vec())),
            column("line_item_unblended_cost", Values::Double(vec![1.5; 3])),
        ];
        let file = write_report(&columns, &Form::default()).unwrap();
        totals(&file, "service").rejected.files.first().map(|file| file.reason.clone())
    };
    let (usage, month) = (["Usage", "Usage", "Fee"], "2026-11-01");
    let refused = "a report with one row a month (hourly and daily ones are read) is not supported";
    assert_eq!(reason(usage, [month, month, month]).as_deref(), Some(refused));
    assert_eq!(reason(usage, [month, "2026-10-02", month]), None);
    assert_eq!(reason(["Fee", "Tax", "Credit"], [month, month, month]), None);
    let csv = "line_item_usage_account_id,line_item_product_code,line_item_line_item_type,line_item_usage_start_date,line_item_usage_end_date,line_item_unblended_cost\n1,AmazonS3,Usage,2026-10-01,2026-11-01,1\n";
    assert_eq!(totals(csv.as_bytes(), "service").rejected.files[0].reason, refused);
}

#[test]
fn currencies_stand_apart_and_a_table_shows_them() {
    let head = "line_item_usage_account_id,line_item_product_code,line_item_line_item_type,line_item_usage_start_date,line_item_currency_code,line_item_unblended_cost\n";
    let rows = "1,AmazonS3,Usage,2026-10-03,USD,1.5\n1,AmazonS3,Tax,2026-11-01,EUR,0.25\n1,AmazonEC2,Credit,2026-10-03,USD,-12\n";
    let file = [head, rows].concat();
    let found = totals(file.as_bytes(), "service");
    assert_eq!((found.currency.as_str(), found.billing_period.as_str()), ("EUR,USD", "2026-10,2026-11"));
    assert_eq!(found.total.billed_cost, Money::ZERO);
    assert_eq!(found.totals["USD"].billed_cost, "-10.5".parse().unwrap());
    let mut totaller = Totaller::new(vec![GroupBy::parse("service").unwrap(), GroupBy::Day]);
    totaller.add("report.csv", Bytes::from(file.into_bytes()));
    totaller.add("letter", Bytes::from_static(b"x"));
    let expect = "\
3 rows, 2026-10, 2026-11, EUR, USD

service     day         currency  billed cost  effective cost
Amazon S3   2026-10-03  USD            1.5000          1.5000
Tax         2026-11-01  EUR            0.2500          0.2500
Amazon EC2  2026-10-03  USD          -12.0000        -12.0000
total                   EUR            0.2500          0.2500
total                   USD          -10.5000        -10.5000
not read: letter: this is no report of AWS: its columns are x
";
    assert_eq!(totaller.finish_as_table(), expect);
}

// security.md row 59
#[test]
fn a_file_cut_off_anywhere_is_an_error() {
    for name in TWINS {
        let whole = fixture(name);
        let is_plain = name.ends_with(".csv");
        for end in 0..whole.len() {
            let found = totals(&whole[..end], "service");
            // Nothing tells a text that was cut off between two of its rows, or within the last value of one.
            let is_refused = !found.rejected.files.is_empty();
            assert!(is_refused || (is_plain && found.rows < 91), "{name} cut off at {end}");
            assert!(!is_refused || (found.rows, found.groups.len()) == (0, 0), "{name} cut off at {end}");
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

/// What a file comes to by several dimensions, read beside a manifest that lists its columns.
fn cubes(file: &Bytes, listed: &[String]) -> Result<Vec<Vec<u8>>, DecodeError> {
    let names = ["service", "sub_account", "charge_category", "tag.team"];
    let dimensions = names.map(|name| name.parse().unwrap());
    let days = DayRange::new("2026-01-01".parse().unwrap(), "2027-01-01".parse().unwrap());
    let mut roll_up = RollUp::new(&dimensions, &METRICS, days, Timestamp::UNIX_EPOCH);
    let Opened::File(mut report) = ReportFile::open(file, file.len() as u64, &dimensions, &METRICS, None)?
    else {
        return Err(DecodeError::NotParquet);
    };
    report.expect(listed)?;
    let whole = Sparse::whole(file.clone());
    for row_group in 0..report.row_groups() {
        report.read(row_group, &whole, |block| {
            roll_up.add(block);
            Ok(())
        })?;
    }
    Ok(roll_up.finish().iter().map(|cube| cube::blob::encode(cube).unwrap()).collect())
}

// security.md row 59
#[test]
fn whatever_bit_is_changed_the_file_is_refused_or_right() {
    let whole = Bytes::from(fixture("tiny"));
    let listed = [
        "lineItem/UsageAccountId",
        "lineItem/LineItemType",
        "lineItem/UsageStartDate",
        "lineItem/ProductCode",
        "lineItem/Operation",
        "lineItem/CurrencyCode",
        "lineItem/UnblendedCost",
        "lineItem/NetUnblendedCost",
        "reservation/EffectiveCost",
        "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
        "reservation/UnusedRecurringFee",
        "savingsPlan/SavingsPlanEffectiveCost",
        "resource_tags",
    ];
    let listed = listed.map(str::to_owned);
    let expect = cubes(&whole, &listed).unwrap();
    assert_eq!(expect.len(), 2);
    let mut wrong = Vec::new();
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.to_vec();
            changed[place] ^= 1 << bit;
            match cubes(&changed.into(), &listed) {
                Ok(found) if found != expect => wrong.push((place, bit)),
                _ => {}
            }
        }
    }
    assert_eq!(wrong, [], "of {} bytes", whole.len());
}

// security.md row 59
#[test]
fn no_changed_byte_makes_a_panic() {
    for name in [
        "cur2",
        "optional-v1",
        "optional-v2",
        "delta-bytes",
        "delta-lengths",
        "numbers",
        "gzip-v2",
        "odd-tags-v2",
        "cur2.csv",
        "legacy.csv.gz",
    ] {
        let whole = fixture(name);
        for place in (0..whole.len()).step_by(13) {
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
