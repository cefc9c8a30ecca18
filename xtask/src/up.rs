//! `cargo xtask up`: installs, builds, starts, and says where to look.

use std::thread;
use std::time::Instant;

use crate::harness::{self, Instance, Options};
use crate::setup::{self, Need};
use crate::{Outcome, build, paths, shell};

/// Runs until Ctrl-C.
pub fn run(words: &[&str]) -> Outcome {
    let mut options = Options {
        port: Some(8787),
        speed: "real",
        seed: 1,
        folder: Some(paths::root().join("target/up")),
        test_key: Some("local-test-key".to_owned()),
    };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let mut number = || {
            rest.next().and_then(|value| value.parse::<u64>().ok()).ok_or(format!("{word} needs a number"))
        };
        match *word {
            "--demo-speed" => options.speed = "demo",
            "--seed" => options.seed = number()?,
            "--port" => options.port = Some(u16::try_from(number()?).map_err(|_| "no such port".to_owned())?),
            other => return Err(format!("{other} is not an option of up: --port, --demo-speed, --seed")),
        }
    }
    harness::end_on_signal()?;
    let started = Instant::now();
    setup::run(Need::Up)?;
    build::everything()?;
    // Every start is a new simulated world, so what an earlier one left would only confuse.
    let _ = std::fs::remove_dir_all(paths::root().join("target/up"));
    let instance = Instance::start(&options)?;
    println!();
    println!("  Cloudthread     {}", instance.url);
    println!("  Mailbox         {}", instance.fact("mailbox_url"));
    println!("  AWS console     {}", instance.fact("console_url"));
    println!();
    println!("  Sign up at the first address; the confirmation mail arrives in the mailbox.");
    println!("  Ready after {}. Press Ctrl-C to stop.", shell::seconds(started.elapsed()));
    println!();
    loop {
        thread::park();
    }
}
