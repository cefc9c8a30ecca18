//! The seeded simulator of ingest: the engine, the decoder and the ledger as they are, over a bucket, a queue and stores
//! that fail as the real ones do, with processes that end between any two effects. Time is a number, chance is a seed.
//!
//! What must hold after every step: a committed month is exactly one delivery (I1), to the last unit, in each of its
//! cubes (I2), which S3 confirmed before the commit (I4); what stood before it is kept, and the change is told (I5); and
//! every cube that is referred to is there. In the end: read again from nothing, the bucket gives the same
//! bytes (I3, in every third world); nothing is asked of AWS once a connection has ended (I7); and when faults stop, every month comes to its
//! last delivery (I8).
//!
//! `cargo xtask simulate --seeds N` runs more worlds, `--seed S` replays one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod bucket;
mod dice;
mod dollars;
mod machine;
mod object;
mod plan;
mod reports;
mod scenes;
mod simulation;
mod town;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use simulation::Simulation;
use town::{Effect, Stats, Who};

/// Worlds of a usual run.
const SEEDS: u64 = 1_000;

/// A number of the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// One world; what was broken in it, panics included.
fn hold(is_read_again: bool, world: impl FnOnce() -> Simulation) -> Result<Stats, String> {
    catch_unwind(AssertUnwindSafe(|| world().hold(is_read_again)))
        .unwrap_or_else(|panic| Err(format!("panic: {}", words(&*panic))))
}

/// Worlds on every core; what all counted together, and what was broken in which.
fn all(worlds: u64, world: impl Fn(u64) -> Simulation + Sync) -> (Stats, Vec<(u64, String)>) {
    let (next, sum) = (AtomicU64::new(0), Mutex::new((Stats::default(), Vec::new())));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= worlds {
                        return;
                    }
                    let outcome = hold(number % 3 == 0, || world(number));
                    let mut sum = sum.lock().unwrap();
                    match outcome {
                        Ok(stats) => sum.0.add(&stats),
                        Err(words) => sum.1.push((number, words)),
                    }
                }
            });
        }
    });
    let (stats, mut broken) = sum.into_inner().unwrap();
    broken.sort();
    (stats, broken)
}

/// Points a process can end at: who, at which effect, before or after it.
fn points() -> Vec<(Who, Effect, bool)> {
    let object = [Effect::Commit, Effect::Delete, Effect::Send, Effect::Mail, Effect::Aws];
    let decoder = [Effect::Put, Effect::Aws, Effect::Ask];
    let object = object.map(|effect| (Who::Object, effect));
    let decoder = decoder.map(|effect| (Who::Decoder, effect));
    object
        .into_iter()
        .chain(decoder)
        .flat_map(|(who, effect)| [(who, effect, false), (who, effect, true)])
        .collect()
}

// security.md rows 35 to 41, 48, 61, 62, 64 and 65: all of them at once, in any mixture
#[test]
fn every_world_comes_to_rest_with_every_unit_in_its_place() {
    if let Some(seed) = number("SIMULATE_SEED") {
        let stats =
            hold(true, || Simulation::of(seed)).unwrap_or_else(|words| panic!("seed {seed}: {words}"));
        println!("seed {seed}: {stats:#?}");
        return;
    }
    let seeds = number("SIMULATE_SEEDS").unwrap_or(SEEDS);
    let (stats, broken) = all(seeds, Simulation::of);
    let covered = points().iter().filter(|point| stats.points.contains_key(point)).count();
    println!(
        "{seeds} seeds: {} steps, {} simulated days, {} commits, {} effects, {covered} of {} crash points, \
         a file replaced while it was read in {} worlds, faults {:?}, {} invariants broken",
        stats.steps,
        stats.days,
        stats.commits,
        stats.effects,
        points().len(),
        stats.collided,
        stats.faults,
        broken.len()
    );
    if let Some((seed, words)) = broken.first() {
        for (seed, words) in broken.iter().take(10) {
            println!("seed {seed}: {words}");
        }
        panic!(
            "{} of {seeds} seeds broke something; the first is {seed}: {words}\nreplay it: cargo xtask simulate --seed {seed}",
            broken.len()
        );
    }
    if seeds >= SEEDS {
        assert_eq!(covered, points().len(), "{:?}", stats.points);
        assert!(stats.collided * 20 >= seeds, "{} worlds", stats.collided);
    }
}

// security.md rows 40 and 62
#[test]
fn any_effect_of_a_delivery_may_be_the_last_of_its_process() {
    let effects = hold(true, || Simulation::with_fuse(None)).unwrap().effects;
    assert!(effects > 50, "{effects}");
    let (stats, broken) =
        all(2 * effects, |number| Simulation::with_fuse(Some((number / 2 + 1, number % 2 == 1))));
    println!(
        "{effects} effects, {} ends of processes, {} invariants broken",
        stats.points.values().sum::<u64>(),
        broken.len()
    );
    assert!(broken.is_empty(), "after effect {}: {}", broken[0].0 / 2 + 1, broken[0].1);
}
