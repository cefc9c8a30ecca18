//! The resources of a month: the runs of all parts, woven into shards as they stream by.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use bytes::Bytes;
use cube::Metric;
use cube::resources::{Cut, Directory};
use engine::error::Error;
use engine::ingest::protocol::MergeTask;
use engine::ports::{BlobKey, Blobs};
use futures_util::FutureExt;
use ledger::Counts;
use ledger::merge::add_up;
use ledger::partial::Head;
use ledger::resources::{Keep, Limits, Meeting, Ranking, RunBuilder, Shelf, Step, dimensions};
use sha2::{Digest, Sha256};
use shared::api::{BlobKind, BlobRef, Source};
use shared::{Currency, Money};

use crate::merge::{self, Failure};
use crate::world::World;

/// Runs woven at once; of each a block is held. More are woven in between.
const RUNS: usize = 256;
/// Bytes fetched ahead, of all runs together, and of one.
const AHEAD: (usize, usize) = (16 * 1024 * 1024, 1024 * 1024);
/// Bytes of what is woven in between.
const BETWEEN: usize = 4 * 1024 * 1024;

/// A run, or what is left of it: blobs with the blocks that follow each other in them.
#[derive(Clone, Debug, Default)]
struct Run {
    rows: u64,
    pieces: VecDeque<Piece>,
}

#[derive(Clone, Debug)]
struct Piece {
    key: Rc<str>,
    at: u64,
    blocks: VecDeque<u32>,
}

/// Weaves and stores the resources of a month: a directory and its shards for each currency.
pub async fn store<W: World>(
    world: &W,
    task: &MergeTask,
    heads: Vec<Head>,
    counts: &Counts,
) -> Result<Vec<BlobRef>, Failure> {
    let mut runs: BTreeMap<Currency, Vec<Run>> = BTreeMap::new();
    for (key, head) in task.partials.iter().zip(heads) {
        for run in head.resources {
            let piece = Piece { key: Rc::from(key.as_str()), at: run.start, blocks: run.blocks.into() };
            runs.entry(run.currency)
                .or_default()
                .push(Run { rows: run.rows, pieces: VecDeque::from([piece]) });
        }
    }
    let is_large = runs.values().any(|runs| runs.len() > RUNS);
    let prefix = format!("{}/between/{}/", task.workspace, task.period);
    if is_large {
        // What a merge left that did not come to its end.
        clear(world, &prefix).await?;
    }
    let stored = all(world, task, runs, counts, &prefix).await;
    if is_large {
        clear(world, &prefix).await?;
    }
    match stored {
        // Nothing of a part is gone: the message comes again.
        Err(Failure::Missing(key)) if key.starts_with(&prefix) => {
            Err(Failure::Ours(Error::store(format!("{key} is gone"))))
        }
        stored => stored,
    }
}

/// Deletes what was woven in between.
async fn clear<W: World>(world: &W, prefix: &str) -> Result<(), Failure> {
    loop {
        let keys = world.blobs().list(prefix).await?;
        if keys.is_empty() {
            return Ok(());
        }
        world.blobs().delete(&keys).await?;
    }
}

async fn all<W: World>(
    world: &W,
    task: &MergeTask,
    runs: BTreeMap<Currency, Vec<Run>>,
    counts: &Counts,
    prefix: &str,
) -> Result<Vec<BlobRef>, Failure> {
    let (mut blobs, mut totals) = (Vec::new(), BTreeMap::new());
    for (currency, mut runs) in runs {
        while runs.len() > RUNS {
            let rest = runs.split_off(RUNS);
            let woven = between(world, runs, prefix).await?;
            runs = rest;
            runs.push(woven);
        }
        let directory = shelve(world, task, currency, runs, world.limits().resources, &mut blobs).await?;
        let total = |metric| Money::from_units(directory.total(metric));
        totals.insert(currency, (total(Metric::BilledCost), total(Metric::EffectiveCost)));
        let bytes = directory.encode().map_err(Error::bug)?;
        let dimensions = dimensions(&task.tracked_tags).iter().map(ToString::to_string).collect();
        let reference = BlobRef { dimensions, ..reference(&directory, BlobKind::Resources) };
        blobs.push(merge::store(world, task, bytes, reference).await?);
    }
    add_up(counts, &totals).map_err(Error::bug)?;
    Ok(blobs)
}

/// What is said of a blob of resources; its name and size come with its bytes.
fn reference(directory: &Directory, kind: BlobKind) -> BlobRef {
    BlobRef {
        hash: String::new(),
        kind,
        source: Source::Report,
        currency: directory.currency,
        days: directory.days,
        dimensions: Vec::new(),
        monthly: false,
        bytes: 0,
    }
}

/// The shelf of one currency; its shards are stored on the way.
async fn shelve<W: World>(
    world: &W,
    task: &MergeTask,
    currency: Currency,
    runs: Vec<Run>,
    limits: Limits,
    blobs: &mut Vec<BlobRef>,
) -> Result<Directory, Failure> {
    let rows = runs.iter().fold(0_u64, |sum, run| sum.saturating_add(run.rows));
    let keep = if rows > limits.service.min(limits.month) as u64 {
        let (mut ranking, mut weaving) = (Ranking::new(limits), Weaving::new(runs.clone()));
        while let Some(row) = weaving.next_row(world).await? {
            ranking.add(&row);
        }
        ranking.keep()
    } else {
        Keep::all()
    };
    let days = task.period.days();
    let mut shelf = Shelf::new(Directory::new(currency, task.as_of, days, task.tracked_tags.clone()), keep);
    let mut weaving = Weaving::new(runs);
    let mut is_done = false;
    while !is_done {
        match weaving.next_row(world).await? {
            Some(row) => shelf.add(row).map_err(Error::bug)?,
            None => {
                shelf.finish().map_err(Error::bug)?;
                is_done = true;
            }
        }
        while let Some(bytes) = shelf.take_shard() {
            let empty = Directory::new(currency, task.as_of, days, Vec::new());
            let blob = merge::store(world, task, bytes, reference(&empty, BlobKind::Shard)).await?;
            shelf.name_shard(blob.hash.clone());
            blobs.push(blob);
        }
    }
    Ok(shelf.into_directory())
}

/// Weaves some runs into one that is stored until the end.
async fn between<W: World>(world: &W, runs: Vec<Run>, prefix: &str) -> Result<Run, Failure> {
    let (mut builder, mut weaving) = (RunBuilder::default(), Weaving::new(runs));
    let (mut woven, mut bytes, mut blocks) = (Run::default(), Vec::new(), VecDeque::new());
    loop {
        let row = weaving.next_row(world).await?;
        let is_last = row.is_none();
        let cut: Option<Cut> = match row {
            Some(row) => builder.push(&row).map_err(Error::bug)?,
            None => {
                let (cut, rows) = std::mem::take(&mut builder).finish().map_err(Error::bug)?;
                woven.rows = rows;
                cut
            }
        };
        if let Some(cut) = cut {
            blocks.push_back(u32::try_from(cut.bytes.len()).map_err(Error::bug)?);
            bytes.extend_from_slice(&cut.bytes);
        }
        if !bytes.is_empty() && (is_last || bytes.len() >= BETWEEN) {
            let bytes = std::mem::take(&mut bytes);
            let key = format!("{prefix}{}", hex::encode(Sha256::digest(&bytes)));
            world.blobs().put(&BlobKey(key.clone()), Bytes::from(bytes)).boxed_local().await?;
            woven.pieces.push_back(Piece { key: key.into(), at: 0, blocks: std::mem::take(&mut blocks) });
        }
        if is_last {
            return Ok(woven);
        }
    }
}

/// Runs that are fetched as they are needed.
struct Weaving {
    meeting: Meeting,
    runs: Vec<Run>,
    /// What to read again, should a run be damaged.
    keys: Vec<Option<Rc<str>>>,
    ahead: usize,
}

impl Weaving {
    fn new(runs: Vec<Run>) -> Self {
        let keys = runs.iter().map(|run| run.pieces.front().map(|piece| Rc::clone(&piece.key)));
        Self {
            meeting: Meeting::new(runs.len()),
            keys: keys.collect(),
            ahead: AHEAD.0.checked_div(runs.len()).unwrap_or(AHEAD.0).min(AHEAD.1),
            runs,
        }
    }

    async fn next_row<W: World>(&mut self, world: &W) -> Result<Option<cube::resources::Row>, Failure> {
        loop {
            match self.meeting.step() {
                Ok(Step::Row(row)) => return Ok(Some(row)),
                Ok(Step::End) => return Ok(None),
                Ok(Step::Feed(run)) => self.feed(world, run).await?,
                Err(broken) => {
                    let key = self.keys.get(broken.run).cloned().flatten();
                    return Err(match key {
                        Some(key) => Failure::Missing(key.to_string()),
                        None => Failure::Ours(Error::bug(broken.cause)),
                    });
                }
            }
        }
    }

    /// Fetches the next blocks of a run: at least one, and as many as fit its share.
    async fn feed<W: World>(&mut self, world: &W, place: usize) -> Result<(), Failure> {
        let pieces = self.runs.get_mut(place).map(|run| &mut run.pieces);
        let Some(piece) = pieces.and_then(|pieces| {
            while pieces.front().is_some_and(|piece| piece.blocks.is_empty()) {
                pieces.pop_front();
            }
            pieces.front_mut()
        }) else {
            self.meeting.feed(place, []);
            return Ok(());
        };
        let (mut lengths, mut sum) = (Vec::new(), 0_usize);
        while let Some(length) = piece.blocks.front().map(|length| *length as usize) {
            if !lengths.is_empty() && sum.saturating_add(length) > self.ahead {
                break;
            }
            piece.blocks.pop_front();
            sum = sum.saturating_add(length);
            lengths.push(length);
        }
        let end = piece.at.saturating_add(sum as u64);
        let range = std::mem::replace(&mut piece.at, end)..end;
        let bytes = merge::piece(world, &piece.key, range).await?;
        let mut rest: &[u8] = &bytes;
        let mut blocks = Vec::with_capacity(lengths.len());
        for length in lengths {
            let (block, after) =
                rest.split_at_checked(length).ok_or_else(|| Failure::Missing(piece.key.to_string()))?;
            blocks.push(block.to_vec());
            rest = after;
        }
        self.meeting.feed(place, blocks);
        Ok(())
    }
}
