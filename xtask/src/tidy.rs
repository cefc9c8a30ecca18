//! `cargo xtask tidy`: house rules that a compiler does not hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{Outcome, build, paths, shell};

/// Names that only some crates may depend on.
const RESERVED: &[(&str, &[&str])] = &[
    ("worker", &["edge", "decoder"]),
    ("aws-sigv4", &["aws"]),
    ("arrow", &["ledger"]),
    ("parquet", &["ledger"]),
    ("leptos", &["app"]),
    ("leptos_router", &["app"]),
    ("gloo-net", &["app"]),
    ("charming", &["app"]),
];

/// Compares, and says what to do. `--write` accepts the import arrows as they are, and notes in docs/SECURITY.md which
/// files hold which row.
pub fn run(words: &[&str]) -> Outcome {
    let metadata =
        shell::output(shell::cargo().args(["metadata", "--locked", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let mut faults = Vec::new();
    arrows(&metadata, words.contains(&"--write"), &mut faults);
    reserved(&metadata, &mut faults);
    lints(&metadata, &mut faults);
    goldens(&mut faults);
    todos(&mut faults);
    documents(&mut faults);
    security_rows(words.contains(&"--write"), &mut faults);
    long_files();
    if faults.is_empty() {
        eprintln!("✓ tidy");
        return Ok(());
    }
    Err(format!("tidy found {} things:\n  {}", faults.len(), faults.join("\n  ")))
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata.get("packages").and_then(Value::as_array).into_iter().flatten()
}

fn name(package: &Value) -> &str {
    package.get("name").and_then(Value::as_str).unwrap_or_default()
}

/// Names of a package's dependencies, those of tests left out.
fn dependencies(package: &Value) -> BTreeSet<&str> {
    let all = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
    all.filter(|dependency| dependency.get("kind").is_none_or(Value::is_null)).map(name).collect()
}

fn arrows(metadata: &Value, writes: bool, faults: &mut Vec<String>) {
    let ours: BTreeSet<&str> = packages(metadata).map(name).collect();
    let mut lines = BTreeSet::new();
    for package in packages(metadata) {
        for dependency in dependencies(package).intersection(&ours) {
            lines.insert(format!("{} -> {dependency}\n", name(package)));
        }
    }
    let found: String = lines.into_iter().collect();
    let golden = paths::root().join("tests/golden/arrows.txt");
    if writes {
        if let Err(error) = fs::write(&golden, &found) {
            faults.push(format!("cannot write {}: {error}", golden.display()));
        }
        return;
    }
    let held = fs::read_to_string(&golden).unwrap_or_default();
    for line in found.lines().filter(|line| !held.lines().any(|other| other == *line)) {
        faults.push(format!(
            "new import arrow {line}: does it run leftwards? Then accept it with `cargo xtask tidy --write`"
        ));
    }
    for line in held.lines().filter(|line| !found.lines().any(|other| other == *line)) {
        faults.push(format!("import arrow {line} is gone: drop it with `cargo xtask tidy --write`"));
    }
}

fn reserved(metadata: &Value, faults: &mut Vec<String>) {
    for package in packages(metadata) {
        for dependency in dependencies(package) {
            let owners =
                RESERVED.iter().find(|(reserved, _)| *reserved == dependency).map(|(_, owners)| *owners);
            if let Some(owners) = owners.filter(|owners| !owners.contains(&name(package))) {
                faults.push(format!(
                    "{} depends on {dependency}, which only {} may name",
                    name(package),
                    owners.join(" and ")
                ));
            }
        }
    }
}

fn lints(metadata: &Value, faults: &mut Vec<String>) {
    for package in packages(metadata) {
        let manifest = package.get("manifest_path").and_then(Value::as_str).unwrap_or_default();
        let text = fs::read_to_string(manifest).unwrap_or_default();
        if !text.contains("[lints]\nworkspace = true") {
            faults.push(format!(
                "{manifest} does not inherit the workspace's lints: add `[lints] workspace = true`"
            ));
        }
    }
}

/// A golden nobody reads is a lie waiting to be believed.
fn goldens(faults: &mut Vec<String>) {
    let sources: String = build::files_below(&paths::root())
        .iter()
        .filter(|file| has_ending(file, &["rs", "mjs", "py"]))
        .filter_map(|file| fs::read_to_string(file).ok())
        .collect();
    for golden in build::files_below(&paths::root().join("tests/golden")) {
        let file = golden.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder =
            golden.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        let stem = golden.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if ![file.as_str(), stem.as_str(), &format!("golden/{folder}")]
            .iter()
            .any(|word| sources.contains(*word))
        {
            faults.push(format!("{} is read by no test: delete it", golden.display()));
        }
    }
}

fn todos(faults: &mut Vec<String>) {
    let decisions = fs::read_to_string(paths::root().join("docs/DECISIONS.md")).unwrap_or_default();
    let marker = concat!("TO", "DO");
    for file in build::files_below(&paths::root())
        .iter()
        .filter(|file| has_ending(file, &["rs", "mjs", "css", "yaml"]))
    {
        for line in fs::read_to_string(file).unwrap_or_default().lines().filter(|line| line.contains(marker))
        {
            if !decisions.contains(line.trim()) {
                faults.push(format!(
                    "{}: `{}` has no entry in docs/DECISIONS.md",
                    file.display(),
                    line.trim()
                ));
            }
        }
    }
}

/// Files that documents name must exist: those in backticks by the end of their path, links from where they stand.
fn documents(faults: &mut Vec<String>) {
    let files = build::files_below(&paths::root());
    let known: Vec<String> =
        files.iter().map(|file| format!("/{}", file.to_string_lossy().replace('\\', "/"))).collect();
    for document in files.iter().filter(|file| has_ending(file, &["md"])) {
        let text = fs::read_to_string(document).unwrap_or_default();
        let folder = document.parent().unwrap_or(Path::new(""));
        let named = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|word| names_a_file(word))
            .filter(|word| !known.iter().any(|path| path.ends_with(&format!("/{word}"))));
        let linked = links(&text).filter(|link| !folder.join(link).exists());
        for word in named.chain(linked) {
            let shown = document.strip_prefix(paths::root()).unwrap_or(document);
            faults.push(format!("{} names {word}, which does not exist: mend the document", shown.display()));
        }
    }
}

fn names_a_file(word: &str) -> bool {
    let is_path = !word.starts_with('/')
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte));
    is_path && has_ending(Path::new(word), &["rs", "mjs", "py", "toml", "yaml", "sql", "css", "md", "txt"])
}

/// Targets of links to our own files; pictures and addresses are left out.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
    let own = targets.filter(|target| !target.contains(':') && !target.starts_with('#'));
    own.map(|target| target.split('#').next().unwrap_or_default()).filter(|target| !target.ends_with(".png"))
}

/// Tests name the rows they hold in comments; the table of docs/SECURITY.md lists them. A table that lags behind is a
/// prompt to write it anew, not a fault.
fn security_rows(writes: bool, faults: &mut Vec<String>) {
    let document = paths::root().join("docs/SECURITY.md");
    let held = fs::read_to_string(&document).unwrap_or_default();
    let mut holders: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for file in
        build::files_below(&paths::root()).iter().filter(|file| has_ending(file, &["rs", "mjs", "py"]))
    {
        let shown = file.strip_prefix(paths::root()).unwrap_or(file).to_string_lossy().into_owned();
        let text = fs::read_to_string(file).unwrap_or_default();
        for row in text.lines().flat_map(named_rows) {
            holders.entry(row).or_default().insert(format!("`{shown}`"));
        }
    }
    let fresh: String = held.lines().map(|line| with_holders(line, &holders) + "\n").collect();
    if fresh == held {
        return;
    }
    if !writes {
        eprintln!("  docs/SECURITY.md lags behind the tests: `cargo xtask tidy --write` mends its table");
    } else if let Err(error) = fs::write(&document, fresh) {
        faults.push(format!("cannot write {}: {error}", document.display()));
    }
}

/// The rows a comment names: one, or several with commas, "and" and "to".
fn named_rows(line: &str) -> Vec<u32> {
    let Some((_, rest)) = line.split_once("// security.md row") else { return Vec::new() };
    let mut rows: Vec<u32> = Vec::new();
    let mut is_range = false;
    for word in rest.trim_start_matches('s').split([' ', ',']).filter(|word| !word.is_empty()) {
        match (word.trim_end_matches([':', '.', ';']).parse::<u32>(), word) {
            (Ok(row), _) if is_range => rows.extend(rows.last().map_or(row, |last| last + 1)..=row),
            (Ok(row), _) => rows.push(row),
            (Err(_), "and" | "to") => {}
            (Err(_), _) => break,
        }
        is_range = word == "to";
    }
    rows
}

/// A line of the table with its last cell as it should be; any other line as it is.
fn with_holders(line: &str, holders: &BTreeMap<u32, BTreeSet<String>>) -> String {
    let cells: Vec<&str> = line.split(" | ").collect();
    let row =
        cells.first().and_then(|cell| cell.strip_prefix("| ")).and_then(|cell| cell.parse::<u32>().ok());
    let (Some(row), Some((_, before))) = (row, cells.split_last()) else { return line.to_owned() };
    let files = holders.get(&row).map(|files| files.iter().cloned().collect::<Vec<_>>().join(", "));
    format!("{} | {} |", before.join(" | "), files.as_deref().unwrap_or("–"))
}

/// A prompt to look, not a rule.
fn long_files() {
    for file in build::files_below(&paths::root()).iter().filter(|file| has_ending(file, &["rs"])) {
        let lines = fs::read_to_string(file).unwrap_or_default().lines().count();
        if lines > 500 {
            let shown = file.strip_prefix(paths::root()).unwrap_or(file);
            eprintln!("  {} has {lines} lines: does it hold two ideas?", shown.display());
        }
    }
}

fn has_ending(file: &Path, endings: &[&str]) -> bool {
    file.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_name_files_and_link_them() {
        let check = |word: &str, expect: bool| assert_eq!(names_a_file(word), expect, "{word}");
        check("edge/src/problem.rs", true);
        check("step.rs", true);
        check("/api/template/customer.yaml", false);
        check("<workspace>/cube/<hash>", false);
        check("happen", false);
        let text = "[a](b.md#c) ![p](d.png) [w](https://x/y.md) [s](#t)";
        assert_eq!(links(text).collect::<Vec<_>>(), ["b.md"]);
    }

    #[test]
    fn rows_are_read_from_comments_and_noted_in_the_table() {
        let check = |line: &str, expect: &[u32]| assert_eq!(named_rows(line), expect, "{line}");
        let mark = concat!("    // security", ".md row");
        check(&format!("{mark} 7"), &[7]);
        check(&format!("{mark}s 13, 24 and 32: all of 5"), &[13, 24, 32]);
        check(&format!("{mark}s 1 to 4"), &[1, 2, 3, 4]);
        check(&format!("{mark} 72, as far as 3 goes"), &[72]);
        check("// nothing", &[]);
        let holders = BTreeMap::from([(7, BTreeSet::from(["`b.rs`".to_owned(), "`a.rs`".to_owned()]))]);
        assert_eq!(with_holders("| 7 | x | y | – |", &holders), "| 7 | x | y | `a.rs`, `b.rs` |");
        assert_eq!(with_holders("| 8 | x | y | `a.rs` |", &holders), "| 8 | x | y | – |");
        assert_eq!(with_holders("| item | as built | where |", &holders), "| item | as built | where |");
    }
}
