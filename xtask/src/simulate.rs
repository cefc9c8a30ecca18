//! `cargo xtask simulate`: worlds of ingest from seeds, as many as wanted, or one of them once more.

use crate::{Outcome, shell};

const TEST: &str = "every_world_comes_to_rest_with_every_unit_in_its_place";

/// Runs the simulator: `--seeds N` worlds, or the one of `--seed S`.
pub fn run(words: &[&str]) -> Outcome {
    let (name, value) = match words {
        [] => ("SIMULATE_SEEDS", "1000"),
        ["--seeds", seeds] => ("SIMULATE_SEEDS", *seeds),
        ["--seed", seed] => ("SIMULATE_SEED", *seed),
        _ => return Err("say --seeds N or --seed S".to_owned()),
    };
    value.parse::<u64>().map_err(|_| format!("{value} is no number"))?;
    let mut tests = shell::cargo();
    tests.args([
        "test",
        "--locked",
        "--quiet",
        "-p",
        "decoder",
        "--test",
        "simulator",
        "--",
        "--nocapture",
        TEST,
    ]);
    shell::loud("simulator", tests.env(name, value))
}
