//! `cargo xtask rollup FILE… [--group-by service,day,tag:Owner] [--table]`: the totals of any report files, as JSON or as
//! a table.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::process::ExitCode;

use bytes::Bytes;
use ledger::groups::{GroupBy, Totaller};

const USAGE: &str = "\
rollup FILE… [--group-by A,B,…] [--json|--table]

FILE      any billing report of AWS, in Parquet or CSV (.csv or .csv.gz); several are added up
A, B, …   billing_account, sub_account, service, x_service_code, region, x_usage_type, x_operation, resource, sku,
          charge_category, x_line_item_type, pricing_category, commitment_discount, publisher, unit, day, tag:KEY,
          cost_category:NAME
--table   a table for people; else JSON, exact to the last digit
--read    instead of files: what the decoder's WebAssembly has read of them, from standard input";

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
    let (mut files, mut group_by, mut is_table, mut is_read) = (Vec::new(), Vec::new(), false, false);
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
            "--read" => is_read = true,
            option if option.starts_with("--") => return Err(format!("{option} is not an option\n{USAGE}")),
            _ => files.push(word),
        }
    }
    let totaller = match (is_read, files.is_empty()) {
        (true, _) => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map_err(|error| error.to_string())?;
            Totaller::resume(group_by, &bytes).map_err(|error| error.to_string())?
        }
        (false, false) => read(&files, group_by)?,
        (false, true) => return Err(USAGE.to_owned()),
    };
    if is_table {
        Ok(totaller.finish_as_table())
    } else {
        serde_json::to_string_pretty(&totaller.finish())
            .map(|text| text + "\n")
            .map_err(|error| error.to_string())
    }
}

fn read(files: &[String], group_by: Vec<GroupBy>) -> Result<Totaller, String> {
    let mut totaller = Totaller::new(group_by);
    for file in files {
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
    Ok(totaller)
}
