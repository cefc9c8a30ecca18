//! `cargo xtask rollup FILE… [--group-by service,day,tag:Owner] [--table]`: the totals of any report files, as JSON or as
//! a table.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::process::ExitCode;

use bytes::Bytes;
use ledger::groups::{GroupBy, Totaller, Totals};

const USAGE: &str = "rollup FILE… [--group-by service,x_service_code,sub_account,region,charge_category,x_usage_type,resource,day,tag:KEY] [--json|--table]";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(text) => {
            // A reader that has seen enough is no failure.
            let _ = std::io::stdout().lock().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(words) => {
            eprintln!("{words}");
            ExitCode::from(2)
        }
    }
}

fn run(mut words: impl Iterator<Item = String>) -> Result<String, String> {
    let (mut files, mut group_by, mut is_table) = (Vec::new(), Vec::new(), false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--group-by" => {
                let names = words.next().ok_or(USAGE)?;
                for name in names.split(',') {
                    group_by.push(
                        GroupBy::parse(name)
                            .ok_or_else(|| format!("{name} is nothing to group by\n{USAGE}"))?,
                    );
                }
            }
            "--table" => is_table = true,
            "--json" => is_table = false,
            option if option.starts_with("--") => return Err(format!("{option} is not an option\n{USAGE}")),
            _ => files.push(word),
        }
    }
    if files.is_empty() {
        return Err(USAGE.to_owned());
    }
    let mut totaller = Totaller::new(group_by);
    for file in &files {
        let broken = |error| format!("cannot read {file}: {error}");
        let mut open = fs::File::open(file).map_err(broken)?;
        let size = open.metadata().map_err(broken)?.len();
        totaller.add_by_ranges(file, size, |range| {
            let length = usize::try_from(range.end.checked_sub(range.start)?).ok()?;
            let mut bytes = vec![0; length];
            open.seek(SeekFrom::Start(range.start)).ok()?;
            open.read_exact(&mut bytes).ok()?;
            Some(Bytes::from(bytes))
        });
    }
    let totals = totaller.finish();
    if is_table {
        Ok(table(&totals))
    } else {
        serde_json::to_string_pretty(&totals).map(|text| text + "\n").map_err(|error| error.to_string())
    }
}

fn table(totals: &Totals) -> String {
    let mut text = format!("{} rows, {}, {}\n", totals.rows, totals.billing_period, totals.currency);
    let mut line = |key: &str, billed: String, effective: String| {
        text.push_str(&format!("{key:<60} {billed:>20} {effective:>20}\n"));
    };
    line("", "billed cost".to_owned(), "effective cost".to_owned());
    for group in &totals.groups {
        let costs = &group.costs;
        line(
            &group.key.join(" · "),
            costs.billed_cost.rounded(4).to_string(),
            costs.effective_cost.rounded(4).to_string(),
        );
    }
    let total = &totals.total;
    line("total", total.billed_cost.rounded(4).to_string(), total.effective_cost.rounded(4).to_string());
    for file in &totals.rejected.files {
        text.push_str(&format!("not read: {}: {}\n", file.file, file.reason));
    }
    if totals.rejected.rows > 0 {
        text.push_str(&format!(
            "{} rows were set aside: a cost in them is no number\n",
            totals.rejected.rows
        ));
    }
    text
}
