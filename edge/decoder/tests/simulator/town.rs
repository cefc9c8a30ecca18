//! What all parts of the simulated world share: clock, dice, counts, and the points at which a process may end.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;

use engine::identity::memory::MovableClock;
use engine::ports::Clock;
use jiff::SignedDuration;
use shared::Timestamp;

use crate::bucket::Bucket;
use crate::dice::Dice;
use crate::dollars::Meter;

/// What a process does to the world. Each is a point at which it may end: before, and after with the answer lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Commit,
    Put,
    Delete,
    Send,
    Mail,
    Aws,
    Ask,
}

/// Whose process it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Object,
    Decoder,
}

/// How often faults of each kind come, in a thousand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    pub crash: u64,
    pub doubled: u64,
    pub lost: u64,
    pub refused: u64,
    pub silent: u64,
    pub cut: u64,
    pub slow: u64,
    pub expired: u64,
    pub down: u64,
    pub rush: u64,
    pub gone: u64,
}

/// What a run counted.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    pub steps: u64,
    pub effects: u64,
    pub commits: u64,
    pub days: i64,
    /// Worlds in which a file was replaced while it was read.
    pub collided: u64,
    pub faults: BTreeMap<&'static str, u64>,
    pub points: BTreeMap<(Who, Effect, bool), u64>,
}

impl Stats {
    /// Adds another run.
    pub fn add(&mut self, other: &Stats) {
        self.steps += other.steps;
        self.effects += other.effects;
        self.commits += other.commits;
        self.days += other.days;
        self.collided += u64::from(other.faults.contains_key("412"));
        for (name, times) in &other.faults {
            *self.faults.entry(name).or_default() += times;
        }
        for (point, times) in &other.points {
            *self.points.entry(*point).or_default() += times;
        }
    }
}

/// A process: it lives until it dies.
#[derive(Clone)]
pub struct Process {
    pub who: Who,
    pub is_dead: Rc<Cell<bool>>,
}

impl Process {
    pub fn new(who: Who) -> Self {
        Self { who, is_dead: Rc::default() }
    }
}

/// The shared world.
pub struct Town {
    pub clock: Rc<MovableClock>,
    pub dice: RefCell<Dice>,
    pub rates: Cell<Rates>,
    pub stats: RefCell<Stats>,
    pub meter: RefCell<Meter>,
    pub bucket: RefCell<Bucket>,
    /// The effect at which a process ends, and whether after it: for walks through every point.
    pub fuse: Cell<Option<(u64, bool)>>,
    /// Since when nothing may be asked of AWS but the proof.
    pub ended_at: Cell<Option<Timestamp>>,
    /// What must never be.
    pub broken: RefCell<Vec<String>>,
}

impl Town {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Time passes.
    pub fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// Whether a fault of a kind comes now.
    pub fn strikes(&self, name: &'static str, rate: impl Fn(&Rates) -> u64) -> bool {
        let rate = rate(&self.rates.get());
        let strikes = rate > 0 && self.dice.borrow_mut().permille(rate);
        if strikes {
            self.count(name);
        }
        strikes
    }

    pub fn count(&self, name: &'static str) {
        *self.stats.borrow_mut().faults.entry(name).or_default() += 1;
    }

    /// Whether a process ends here.
    pub fn ends(&self, process: &Process, effect: Effect, is_after: bool) -> bool {
        let number = {
            let mut stats = self.stats.borrow_mut();
            stats.effects += u64::from(!is_after);
            stats.effects
        };
        let ends = match self.fuse.get() {
            Some(fuse) => fuse == (number, is_after),
            None => self.strikes("crash", |rates| rates.crash),
        };
        if ends {
            process.is_dead.set(true);
            *self.stats.borrow_mut().points.entry((process.who, effect, is_after)).or_default() += 1;
        }
        ends
    }

    /// A point of an asynchronous effect: others get their turn, and the process may end, never to return.
    pub async fn point(&self, process: &Process, effect: Effect, is_after: bool) {
        turn().await;
        if process.is_dead.get() || self.ends(process, effect, is_after) {
            pending::<()>().await;
        }
    }

    pub fn broke(&self, words: String) {
        self.broken.borrow_mut().push(words);
    }
}

/// Lets others have their turn.
pub async fn turn() {
    let mut is_first = true;
    poll_fn(|context| {
        // Of requests under way at once only those that ask for it are looked at again.
        context.waker().wake_by_ref();
        if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
}
