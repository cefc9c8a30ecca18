//! `bench roll-up|inflate|compare`: called by `cargo xtask bench ledger`, each in a process of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark may fail loudly")]

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::time::Instant;

use bench::{METRICS, Roller, lines, open};
use bytes::Bytes;
use ledger::Sparse;

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *words.as_slice() {
        ["roll-up", runs, dump, ref files @ ..] => roll_up(runs, dump, files),
        ["inflate", runs, ref files @ ..] => inflate(runs, files),
        ["compare", ours, theirs, how] => compare(ours, theirs, how == "exactly"),
        _ => Err("bench roll-up RUNS DUMP FILE…, bench inflate RUNS FILE…, bench compare A B exactly|nearly"
            .to_owned()),
    }
}

fn held(files: &[&str]) -> Result<Vec<Bytes>, String> {
    files
        .iter()
        .map(|file| fs::read(file).map(Bytes::from).map_err(|error| format!("{file}: {error}")))
        .collect()
}

/// Nanoseconds of each run, in the order they were made.
fn say(nanoseconds: &[u128]) {
    println!(
        "{}",
        serde_json::json!({ "nanoseconds": nanoseconds.iter().map(|run| *run as u64).collect::<Vec<_>>() })
    );
}

/// Rolls the files up so many times; writes the groups to a file unless its name is `-`.
fn roll_up(runs: &str, dump: &str, files: &[&str]) -> Result<(), String> {
    let files = held(files)?;
    let mut nanoseconds = Vec::new();
    let mut cube = None;
    for _ in 0..runs.parse().unwrap_or(1) {
        drop(cube.take());
        let begun = Instant::now();
        let mut roller = Roller::default();
        for file in &files {
            roller
                .add(file.len() as u64, |range| file.slice(range.start as usize..range.end as usize))
                .map_err(|error| error.to_string())?;
        }
        cube = Some(roller.finish().0);
        nanoseconds.push(begun.elapsed().as_nanos());
    }
    if let (Some(cube), true) = (cube, dump != "-") {
        let file = fs::File::create(dump).map_err(|error| error.to_string())?;
        let mut writer = std::io::BufWriter::new(file);
        for line in lines(&cube) {
            writeln!(writer, "{line}").map_err(|error| error.to_string())?;
        }
    }
    say(&nanoseconds);
    Ok(())
}

/// Only inflates what the roll-up reads.
fn inflate(runs: &str, files: &[&str]) -> Result<(), String> {
    let files = held(files)?;
    let mut nanoseconds = Vec::new();
    let mut bytes = 0;
    for _ in 0..runs.parse().unwrap_or(1) {
        let begun = Instant::now();
        for file in &files {
            let read = |range: std::ops::Range<u64>| file.slice(range.start as usize..range.end as usize);
            let opened = open(file.len() as u64, &mut { read }).map_err(|error| error.to_string())?;
            let whole = Sparse::whole(file.clone());
            for row_group in 0..opened.row_groups() {
                bytes += opened.inflate(row_group, &whole).map_err(|error| error.to_string())?;
            }
        }
        nanoseconds.push(begun.elapsed().as_nanos());
    }
    if bytes == 0 {
        return Err("nothing was inflated".to_owned());
    }
    say(&nanoseconds);
    Ok(())
}

/// Whether two answers agree: to the last digit, or to 10⁻⁹ of what stands there.
fn compare(ours: &str, theirs: &str, is_exact: bool) -> Result<(), String> {
    let read = |path: &str| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let (ours, theirs) = (read(ours)?, read(theirs)?);
    let groups = |text: &'_ str| -> HashMap<String, Vec<String>> {
        let split = |line: &str| {
            let mut fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
            let figures = fields.split_off(fields.len().saturating_sub(METRICS.len()));
            (fields.join("\t"), figures)
        };
        text.lines().map(split).collect()
    };
    let (ours, theirs) = (groups(&ours), groups(&theirs));
    if ours.len() != theirs.len() {
        return Err(format!("{} groups, and {} groups", ours.len(), theirs.len()));
    }
    for (key, figures) in &ours {
        let others = theirs.get(key).ok_or_else(|| format!("only one knows {key}"))?;
        for (figure, other) in figures.iter().zip(others) {
            let agrees = if is_exact {
                figure == other
            } else {
                let (figure, other): (f64, f64) =
                    (figure.parse().map_err(|_| "no number")?, other.parse().map_err(|_| "no number")?);
                (figure - other).abs() <= 1e-9 * figure.abs().max(1.0)
            };
            if !agrees {
                return Err(format!("{key}: {figure}, and {other}"));
            }
        }
    }
    println!("{}", serde_json::json!({ "groups": ours.len() }));
    Ok(())
}
