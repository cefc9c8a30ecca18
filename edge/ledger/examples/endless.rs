//! Writes what `cargo xtask bench memory` makes report files of: row groups to repeat, and for each size the footer of a
//! file in which they stand so often that it has about so many bytes. `endless FOLDER BYTES…`

use std::error::Error;
use std::path::Path;

use ledger::endless::Endless;
use ledger::sample;
use ledger::write::{Form, write_report};

/// Rows of a row group, and how many different ones there are.
const ROWS: usize = 120_000;
const ROW_GROUPS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((folder, sizes)) = words.split_first() else { return Err("endless FOLDER BYTES…".into()) };
    let folder = Path::new(folder);
    let columns = sample::report("2026-10".parse()?, ROWS * ROW_GROUPS, 1);
    let template = write_report(&columns, &Form { row_group_rows: ROWS, ..Form::default() })?;
    std::fs::create_dir_all(folder)?;
    for size in sizes {
        let times = u32::try_from(size.parse::<u64>()? / template.len() as u64)?.max(1);
        let endless = Endless::of(&template, times)?;
        std::fs::write(folder.join("body"), endless.body())?;
        std::fs::write(folder.join(format!("footer-{size}")), endless.footer())?;
        std::fs::write(folder.join(format!("times-{size}")), times.to_string())?;
        println!("{size}: {} bytes in {} row groups", endless.size(), times as usize * ROW_GROUPS);
    }
    Ok(())
}
