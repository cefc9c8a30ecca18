//! The shelf of a month: rows into blocks, blocks into shards of about 20,000 rows, and the directory over them.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::rc::Rc;

use cube::Metric;
use cube::resources::{At, BlockBuilder, Cell, Cut, Directory, Group, OTHER, Part, Row};

use super::ranking::Keep;
use crate::error::DecodeError;
use crate::partial::broken;

/// Bytes of a block: what is read at once.
const BLOCK: usize = 64 * 1024;
/// Rows of a shard.
const SHARD_ROWS: u32 = 20_000;
/// Bytes of a shard.
const SHARD: usize = 4 * 1024 * 1024;
/// The dearest resources, which stand once more by size: so many, with so many cells.
const TOP: (usize, usize) = (5_000, 150_000);
/// Combinations of sub-account, service and region in Other: beyond, the service is Other too, then everything.
const OTHERS: usize = 4_096;

/// What becomes Other, by sub-account, service and region, each by day.
type Others = BTreeMap<[Rc<str>; 3], BTreeMap<u16, (i128, i128)>>;

/// A shelf under way. Shards that are full are taken and named by who stores them.
#[derive(Debug)]
pub struct Shelf {
    directory: Directory,
    keep: Keep,
    named: BlockBuilder,
    nameless: BlockBuilder,
    others: Others,
    top: Top,
    shard: Vec<u8>,
    shard_rows: u32,
    /// Shards begun, the one under way left out.
    full: u32,
    waiting: VecDeque<Vec<u8>>,
}

/// Which list of the directory a block goes to.
#[derive(Clone, Copy)]
enum List {
    Named,
    Nameless,
    Other,
    Top,
}

/// The largest rows so far, and the size of the largest that is not among them.
#[derive(Debug, Default)]
struct Top {
    rows: BinaryHeap<Reverse<Ranked>>,
    cells: usize,
    below: u128,
}

#[derive(Debug)]
struct Ranked {
    size: u128,
    row: Row,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.size.cmp(&other.size).then_with(|| other.row.key().cmp(&self.row.key()))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

impl Top {
    fn offer(&mut self, row: &Row) {
        let size = row.size();
        let is_full = self.rows.len() >= TOP.0 || self.cells >= TOP.1;
        if is_full && self.rows.peek().is_some_and(|Reverse(least)| size <= least.size) {
            self.below = self.below.max(size);
            return;
        }
        self.cells = self.cells.saturating_add(row.cells().count());
        self.rows.push(Reverse(Ranked { size, row: row.clone() }));
        while self.rows.len() > TOP.0 || (self.cells > TOP.1 && self.rows.len() > 1) {
            let Some(Reverse(least)) = self.rows.pop() else { return };
            self.cells = self.cells.saturating_sub(least.row.cells().count());
            self.below = self.below.max(least.size);
        }
    }
}

impl Shelf {
    /// An empty one.
    pub fn new(directory: Directory, keep: Keep) -> Self {
        Self {
            directory,
            keep,
            named: BlockBuilder::default(),
            nameless: BlockBuilder::default(),
            others: BTreeMap::new(),
            top: Top::default(),
            shard: Vec::new(),
            shard_rows: 0,
            full: 0,
            waiting: VecDeque::new(),
        }
    }

    /// Adds a row that comes after all before it.
    pub fn add(&mut self, row: Row) -> Result<(), DecodeError> {
        if row.resource.is_empty() {
            count(&mut self.directory.nameless, &row);
            self.nameless.push(&row).map_err(broken)?;
            return if self.nameless.len() < BLOCK { Ok(()) } else { self.put(List::Nameless) };
        }
        if !self.keep.keeps(&row) {
            count(&mut self.directory.other, &row);
            self.directory.in_other = self.directory.in_other.saturating_add(1);
            self.fold(row);
            return Ok(());
        }
        count(&mut self.directory.named, &row);
        let directory = &mut self.directory;
        directory.resources = directory.resources.saturating_add(1);
        let has = |metric: Metric| u64::from(row.total(metric) != 0);
        directory.with_cost.0 = directory.with_cost.0.saturating_add(has(Metric::BilledCost));
        directory.with_cost.1 = directory.with_cost.1.saturating_add(has(Metric::EffectiveCost));
        self.top.offer(&row);
        self.named.push(&row).map_err(broken)?;
        if self.named.len() < BLOCK { Ok(()) } else { self.put(List::Named) }
    }

    /// Adds a row to Other.
    fn fold(&mut self, row: Row) {
        let other: Rc<str> = Rc::from(OTHER);
        for part in row.parts {
            let mut key = [Rc::clone(&row.sub_account), part.service, part.region];
            if !self.others.contains_key(&key) && self.others.len() >= OTHERS {
                key[1] = Rc::clone(&other);
                if !self.others.contains_key(&key) && self.others.len() >= OTHERS.saturating_mul(2) {
                    key = [Rc::clone(&other), Rc::clone(&other), Rc::clone(&other)];
                }
            }
            let days = self.others.entry(key).or_default();
            for cell in part.cells {
                let sum = days.entry(cell.day).or_default();
                sum.0 = sum.0.saturating_add(cell.billed);
                sum.1 = sum.1.saturating_add(cell.effective);
            }
        }
    }

    /// Finishes a list's block and puts it into the shard under way.
    fn put(&mut self, list: List) -> Result<(), DecodeError> {
        let builder = if matches!(list, List::Nameless) { &mut self.nameless } else { &mut self.named };
        if builder.is_empty() {
            return Ok(());
        }
        let Cut { bytes, rows, first, largest, .. } = builder.finish().map_err(broken)?;
        let length = |length: usize| {
            u32::try_from(length)
                .map_err(|_| DecodeError::TooLarge { thing: "a resource", limit: SHARD as u64 })
        };
        let at = At {
            shard: self.full,
            offset: length(self.shard.len())?,
            length: length(bytes.len())?,
            rows,
            first,
            largest,
        };
        let directory = &mut self.directory;
        match list {
            List::Named => directory.named.blocks.push(at),
            List::Nameless => directory.nameless.blocks.push(at),
            List::Other => directory.other.blocks.push(at),
            List::Top => directory.top.push(at),
        }
        self.shard.extend_from_slice(&bytes);
        self.shard_rows = self.shard_rows.saturating_add(rows);
        if self.shard_rows >= SHARD_ROWS || self.shard.len() >= SHARD {
            self.close();
        }
        Ok(())
    }

    fn close(&mut self) {
        if !self.shard.is_empty() {
            self.waiting.push_back(std::mem::take(&mut self.shard));
            self.shard_rows = 0;
            self.full = self.full.saturating_add(1);
        }
    }

    /// A shard to store, if one is full.
    pub fn take_shard(&mut self) -> Option<Vec<u8>> {
        self.waiting.pop_front()
    }

    /// The name of the shard taken, in the order they were.
    pub fn name_shard(&mut self, name: String) {
        self.directory.shards.push(name);
    }

    /// All rows are in: the shards that are left wait to be taken.
    pub fn finish(&mut self) -> Result<(), DecodeError> {
        self.put(List::Named)?;
        self.put(List::Nameless)?;
        let other: Rc<str> = Rc::from(OTHER);
        for ([sub_account, service, region], days) in std::mem::take(&mut self.others) {
            let cells =
                days.into_iter().map(|(day, (billed, effective))| Cell { day, billed, effective }).collect();
            let tags = self.directory.tags.iter().map(|_| Rc::clone(&other)).collect();
            let part = Part { service, region, x_usage_type: Rc::clone(&other), tags, cells };
            let row = Row { sub_account, resource: Rc::clone(&other), parts: vec![part] };
            self.named.push(&row).map_err(broken)?;
            if self.named.len() >= BLOCK {
                self.put(List::Other)?;
            }
        }
        self.put(List::Other)?;
        let Top { rows, below, .. } = std::mem::take(&mut self.top);
        self.directory.largest_below = below;
        // The wrapper's order is turned round: sorted, the largest comes first.
        for Reverse(Ranked { row, .. }) in rows.into_sorted_vec() {
            self.named.push(&row).map_err(broken)?;
            if self.named.len() >= BLOCK {
                self.put(List::Top)?;
            }
        }
        self.put(List::Top)?;
        self.close();
        Ok(())
    }

    /// The directory, once every shard is named.
    pub fn into_directory(self) -> Directory {
        self.directory
    }
}

/// Adds a row to the daily sums of its group.
fn count(group: &mut Group, row: &Row) {
    for cell in row.cells() {
        if let Some(sum) = group.daily.get_mut(usize::from(cell.day)) {
            sum.0 = sum.0.saturating_add(cell.billed);
            sum.1 = sum.1.saturating_add(cell.effective);
        }
    }
}
