//! `cargo xtask fuzz`: feeds the ledger's parts with whatever a coverage-guided fuzzer comes up with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::setup;
use crate::shell::{self, command, loud, quiet};
use crate::{Outcome, build, paths};

/// The fuzzer's crate.
const CRATE: &str = "edge/ledger/fuzz";
/// The parts, and the shares of the time each gets. The names are those of `ledger::fuzzing::TARGETS`.
const TARGETS: [(&str, u64); 8] = [
    ("file", 3),
    ("csv", 1),
    ("footer", 1),
    ("pages", 2),
    ("map", 1),
    ("hybrid", 1),
    ("delta", 1),
    ("lookup", 1),
];
/// Seconds in the suite, all targets together.
pub const IN_THE_SUITE: u64 = 60;
/// Memory the fuzzer itself and a part under it may take. What the ledger holds at once is far less.
const MEGABYTES: u32 = 512;

/// Fuzzes all targets, or one: `[--seconds N] [TARGET] [--replay FILE]`.
pub fn run(words: &[&str]) -> Outcome {
    let (mut seconds, mut target, mut replay) = (IN_THE_SUITE, None, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--seconds" => {
                let number = words.next().and_then(|number| number.parse().ok());
                seconds = number.ok_or("--seconds wants a number")?;
            }
            "--replay" => replay = Some(*words.next().ok_or("--replay wants a file")?),
            name if TARGETS.iter().any(|(known, _)| *known == name) => target = Some(name),
            name => {
                let known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
                return Err(format!("{name} is no target: {}", known.join(", ")));
            }
        }
    }
    setup::fuzzer()?;
    build()?;
    if let Some(file) = replay {
        let target = target.ok_or("--replay wants a target as well")?;
        return loud("replay", command(binary(target)).arg(std::path::absolute(file).unwrap_or_default()));
    }
    write_seeds()?;
    let shares: u64 = TARGETS
        .iter()
        .filter(|(name, _)| target.is_none_or(|only| only == *name))
        .map(|(_, shares)| shares)
        .sum();
    let mut broken = Vec::new();
    for (name, share) in TARGETS.iter().filter(|(name, _)| target.is_none_or(|only| only == *name)) {
        if fuzz(name, (seconds * share / shares).max(1)).is_err() {
            broken.push(*name);
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(format!("the fuzzer broke {}", broken.join(", "))) }
}

/// Builds every target with coverage, by the stable compiler and without a sanitizer.
fn build() -> Outcome {
    let mut fuzz = command(paths::tool("cargo-fuzz", setup::CARGO_FUZZ, "cargo-fuzz"));
    fuzz.env_remove("RUSTUP_TOOLCHAIN").env("CARGO_TARGET_DIR", folder());
    fuzz.args(["fuzz", "build", "--sanitizer", "none", "--fuzz-dir", CRATE]);
    quiet("build the fuzzer (minutes, once)", &mut fuzz)
}

fn folder() -> PathBuf {
    paths::target().join("fuzz")
}

fn binary(target: &str) -> PathBuf {
    folder().join("x86_64-unknown-linux-gnu/release").join(target)
}

/// What the fuzzer begins with: the parts of the fixtures, and what it found before.
fn write_seeds() -> Outcome {
    let mut seeds = shell::cargo();
    seeds.args([
        "run",
        "--locked",
        "--quiet",
        "--package",
        "ledger",
        "--features",
        "fuzz",
        "--example",
        "seeds",
        "--",
    ]);
    seeds
        .arg(folder().join("seeds"))
        .args(build::files_below(&paths::root().join("edge/ledger/tests/fixtures")));
    quiet("write the fuzzer's seeds", &mut seeds)
}

fn fuzz(target: &str, seconds: u64) -> Outcome {
    let made = |name: &str| -> Outcome<PathBuf> {
        let folder = folder().join(name).join(target);
        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        Ok(folder)
    };
    let (corpus, crashes) = (made("corpus")?, made("crashes")?);
    let mut fuzzer: Command = command(binary(target));
    fuzzer.arg(&corpus);
    let finds = paths::root().join(CRATE).join("finds").join(target);
    fuzzer.args([made("seeds")?, finds].iter().filter(|folder| folder.is_dir()));
    fuzzer.arg(format!("-max_total_time={seconds}"));
    fuzzer.arg(format!("-rss_limit_mb={MEGABYTES}"));
    fuzzer.arg(format!("-artifact_prefix={}/", crashes.display()));
    fuzzer.args(["-timeout=10", "-max_len=65536", "-verbosity=0", "-print_final_stats=0"]);
    let outcome = quiet(&format!("fuzz {target}"), &mut fuzzer);
    if outcome.is_err()
        && let Some(crash) = newest(&crashes)
    {
        eprintln!("  replay: cargo xtask fuzz {target} --replay {}", crash.display());
        eprintln!("  once it is mended, keep it: {CRATE}/finds/{target}/");
    }
    outcome
}

/// The last thing that was written to a folder.
fn newest(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let dated = entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())));
    dated.max().map(|(_, path)| path)
}
