//! The ledger against an independent judge: `forms.py` writes every dialect in every physical form and asks native DuckDB
//! what they come to; the ledger reads each file, by every dimension and several at once, and agrees to the last
//! digit.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects"
)]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use cube::{Cube, Dimension};
use ledger::groups::GroupBy;
use ledger::roll_up::METRICS;
use ledger::{ChargeBlock, DecodeError, Opened, ReportFile, RollUp, Sparse, csv, first_range};
use serde::Deserialize;
use shared::{DayRange, Money, Timestamp};

/// Where `cargo xtask setup` put DuckDB and pyarrow.
fn packages() -> PathBuf {
    let given = std::env::var_os("CLOUDTHREAD_PYTHON").map(PathBuf::from);
    let cache = || std::env::var_os("CLOUDTHREAD_CACHE").map(|cache| PathBuf::from(cache).join("python"));
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/cloudthread/python"));
    given.or_else(cache).or_else(home).unwrap_or_default()
}

/// What the script tells of a dialect.
#[derive(Deserialize)]
struct Told {
    files: Vec<String>,
    /// By group-by.
    answers: BTreeMap<String, Vec<Answer>>,
}

/// Keys, the first of which is the currency, and six figures.
type Answer = (Vec<String>, [String; 6]);

type Figures = BTreeMap<Vec<String>, [i128; 6]>;

/// The charges of a file, added up: currency and groups to figures.
fn roll_up(file: &Path, group_by: &str) -> Figures {
    let groups: Vec<GroupBy> = group_by.split(',').map(|name| GroupBy::parse(name).unwrap()).collect();
    let dimensions: Vec<Dimension> = groups
        .iter()
        .filter_map(|group| match group {
            GroupBy::Dimension(dimension) => Some(dimension.clone()),
            GroupBy::Day => None,
        })
        .collect();
    let days = DayRange::new("2026-09-01".parse().unwrap(), "2026-12-01".parse().unwrap());
    let mut roll_up = RollUp::new(&dimensions, &METRICS, days, Timestamp::UNIX_EPOCH);
    let bytes = Bytes::from(std::fs::read(file).unwrap());
    let take = |block: &ChargeBlock<'_>| {
        roll_up.add(block);
        Ok(())
    };
    let read = if file.extension().is_some_and(|ending| ending == "parquet") {
        read_parquet(bytes, &dimensions, take)
    } else {
        let size = bytes.len() as u64;
        csv::read(Cursor::new(&bytes), csv::is_gzip(&bytes), size, &dimensions, &METRICS, None, take)
            .map(|_| ())
    };
    assert_eq!(read, Ok(()), "{}", file.display());
    figures(roll_up.finish(), &groups)
}

fn read_parquet(
    bytes: Bytes,
    dimensions: &[Dimension],
    mut take: impl FnMut(&ChargeBlock<'_>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let size = bytes.len() as u64;
    let whole = Sparse::whole(bytes);
    let mut range = first_range(size);
    let mut report = loop {
        match ReportFile::open(&whole.find(&range).unwrap(), size, dimensions, &METRICS, None)? {
            Opened::File(report) => break report,
            Opened::Need(wider) => range = wider,
        }
    };
    for row_group in 0..report.row_groups() {
        report.read(row_group, &whole, &mut take)?;
    }
    Ok(())
}

fn figures(cubes: Vec<Cube>, groups: &[GroupBy]) -> Figures {
    let mut figures = Figures::new();
    for cube in &cubes {
        for tuple in 0..cube.tuples() {
            for cell in cube.cells_of(tuple) {
                let value = |group: &GroupBy| match group {
                    GroupBy::Day => cube.day_of(cell).to_string(),
                    GroupBy::Dimension(dimension) => {
                        let column = cube.find_column(dimension).unwrap();
                        column.dictionary[column.codes[tuple] as usize].clone()
                    }
                };
                let currency = cube.header().currency.as_str().to_owned();
                let key = std::iter::once(currency).chain(groups.iter().map(value)).collect();
                let sums: &mut [i128; 6] = figures.entry(key).or_default();
                for (sum, metric) in sums.iter_mut().zip(METRICS) {
                    *sum += cube.find_figures(metric).unwrap().at(cell);
                }
            }
        }
    }
    figures
}

fn check(file: &Path, group_by: &str, expect: &Figures) {
    let found = roll_up(file, group_by);
    let name = format!("{} by {group_by}", file.file_name().unwrap().display());
    assert_eq!(found.keys().collect::<Vec<_>>(), expect.keys().collect::<Vec<_>>(), "{name}");
    for (key, theirs) in expect {
        let ours = found[key];
        assert_eq!(ours, *theirs, "{name}, {key:?}");
    }
}

// security.md rows 49 and 50
#[test]
fn every_dialect_in_every_form_equals_duckdb() {
    let folder = std::env::temp_dir().join(format!("cloudthread-forms-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/forms.py");
    let output =
        Command::new("python3").env("PYTHONPATH", packages()).arg(script).arg(&folder).output().unwrap();
    assert!(output.status.success(), "DuckDB: {}", String::from_utf8_lossy(&output.stderr));
    let told: BTreeMap<String, Told> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told.len(), 5, "dialects");
    for (dialect, told) in &told {
        assert!(told.files.len() > 18, "{dialect}: forms");
        assert!(told.answers.len() > 24, "{dialect}: groupings");
        let units = |text: &String| text.parse::<Money>().unwrap().units();
        for (group_by, rows) in &told.answers {
            let expect: Figures =
                rows.iter().map(|(key, figures)| (key.clone(), figures.each_ref().map(units))).collect();
            for (place, file) in told.files.iter().enumerate() {
                // The first form by every grouping; the others by those that hold the same in few.
                if place == 0 || group_by.contains(",tag:") {
                    check(Path::new(file), group_by, &expect);
                }
            }
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
