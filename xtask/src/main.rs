#![doc = include_str!("../README.md")]

mod bench;
mod bench_memory;
mod build;
mod bundle;
mod deploy;
mod fuzz;
mod harness;
mod headers;
mod kept;
mod paths;
mod rollup;
mod setup;
mod shell;
mod simulate;
mod test;
mod tidy;
mod up;

use std::process::ExitCode;

/// What a command ends with: nothing, or words for the person who ran it.
pub type Outcome<T = ()> = Result<T, String>;

const HELP: &str = "\
cargo xtask <command>

  up [--port N] [--demo-speed] [--seed N]   builds and starts the product with a simulated AWS account beside it
  test [lint|native|fuzz|web|workerd|e2e]   runs every check, or one kind
  setup                                     installs what is missing
  build app|edge|decoder|charts [--dev]     builds one part
  tidy [--write]                            compares import arrows and other house rules
  rollup FILE… [--group-by A,B] [--table]   rolls up report files (--wasm: with the decoder's WebAssembly)
  fuzz [--seconds N] [TARGET]               feeds the report reader with what a fuzzer comes up with
  simulate [--seeds N | --seed S]           runs simulated worlds of ingest, or one of them once more
  bench [ledger] [--rows N] [--rounds N] [--order time|none] [--no-javascript] [--no-peers]
                                            measures the roll-up beside its peers, as ratios in one run
  bench memory                              measures what reports of 0.1 to 10 GB take of the decoder's memory
  deploy [--dry-run]                        puts the product on Cloudflare
  headers                                   writes dist/_headers (called by Trunk)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.split_first() {
        Some((&"up", rest)) => up::run(rest),
        Some((&"test", rest)) => test::run(rest),
        Some((&"setup", [])) => setup::run(setup::Need::Everything),
        Some((&"build", rest)) => build::run(rest),
        Some((&"tidy", rest)) => tidy::run(rest),
        Some((&"rollup", rest)) => rollup::run(rest),
        Some((&"fuzz", rest)) => fuzz::run(rest),
        Some((&"simulate", rest)) => simulate::run(rest),
        Some((&"bench", ["memory", rest @ ..])) => bench_memory::run(rest),
        Some((&"bench", [])) => bench::ledger(&[]),
        Some((&"bench", ["ledger", rest @ ..])) => bench::ledger(rest),
        Some((&"deploy", rest)) => deploy::run(rest),
        Some((&"headers", [])) => headers::run(),
        _ => {
            print!("{HELP}");
            return if matches!(words.first(), None | Some(&("help" | "--help" | "-h"))) {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            };
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            if !words.is_empty() {
                eprintln!("xtask: {words}");
            }
            ExitCode::FAILURE
        }
    }
}
