//! Shelves of committed months: the directory is loaded, blocks are read as they are needed.

use std::collections::BTreeMap;

use cube::resources::{At, Block, Directory, Row};
use shared::api::BlobKind;
use shared::{BillingPeriod, Currency, DayRange};

use crate::error::{Error, Result};
use crate::ingest::month::{self, Month};
use crate::ports::{BlobKey, Blobs};
use crate::workspace::world::World;

/// Bytes of blocks that are read at once.
const AHEAD: u32 = 1024 * 1024;

/// A month's resources.
#[derive(Debug)]
pub struct Shelf {
    /// Where what stands.
    pub directory: Directory,
}

/// Blocks that are read one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    directory: &'a Directory,
    blocks: &'a [At],
}

/// The committed months that can be asked. One committed before there were shelves gets its own with its next delivery.
pub fn months<W: World>(world: &W) -> Result<BTreeMap<BillingPeriod, Month>> {
    let mut months = month::months(world)?;
    months.retain(|_, month| {
        month.resources.is_empty() || month.resources.iter().any(|blob| blob.kind == BlobKind::Resources)
    });
    Ok(months)
}

/// The shelves of these months that hold anything, in the first currency met.
pub async fn open<W: World>(
    world: &W,
    months: impl Iterator<Item = &Month>,
) -> Result<(Vec<Shelf>, Option<Currency>)> {
    let (mut shelves, mut currency) = (Vec::new(), None);
    for month in months {
        let mut directories = month.resources.iter().filter(|blob| blob.kind == BlobKind::Resources);
        let found = directories.find(|blob| *currency.get_or_insert(blob.currency) == blob.currency);
        if let Some(blob) = found {
            let bytes = world.blobs().find(&key(world, &blob.hash)).await?.ok_or_else(|| gone(&blob.hash))?;
            shelves.push(Shelf { directory: Directory::decode(&bytes).map_err(Error::bug)? });
        }
    }
    Ok((shelves, currency))
}

fn key<W: World>(world: &W, hash: &str) -> BlobKey {
    BlobKey(format!("{}/cube/{hash}", world.workspace()))
}

fn gone(hash: &str) -> Error {
    Error::bug(format!("the blob {hash} is gone"))
}

impl Shelf {
    /// Whether it holds any day of a range.
    pub fn touches(&self, range: DayRange) -> bool {
        !self.directory.days.intersect(range).is_empty()
    }

    /// All resources, by key.
    pub fn named(&self) -> Reading<'_> {
        Reading { directory: &self.directory, blocks: &self.directory.named.blocks }
    }

    /// The dearest resources, the largest first.
    pub fn top(&self) -> Reading<'_> {
        Reading { directory: &self.directory, blocks: &self.directory.top }
    }

    /// Some blocks.
    pub fn blocks<'a>(&'a self, blocks: &'a [At]) -> Reading<'a> {
        Reading { directory: &self.directory, blocks }
    }

    /// Cost without a resource.
    pub fn nameless(&self) -> Reading<'_> {
        Reading { directory: &self.directory, blocks: &self.directory.nameless.blocks }
    }

    /// Cost of resources that are too many.
    pub fn other(&self) -> Reading<'_> {
        Reading { directory: &self.directory, blocks: &self.directory.other.blocks }
    }

    /// One resource.
    pub async fn find<W: World>(&self, world: &W, sub_account: &str, resource: &str) -> Result<Option<Row>> {
        let Some(at) = self.directory.find(sub_account, resource) else { return Ok(None) };
        let mut reading = self.blocks(std::slice::from_ref(at));
        for bytes in reading.next(world).await? {
            let mut block = Block::open(&bytes).map_err(Error::bug)?;
            while let Some(row) = block.next_row().map_err(Error::bug)? {
                if row.key() == (sub_account, resource) {
                    return Ok(Some(row));
                }
            }
        }
        Ok(None)
    }
}

impl Reading<'_> {
    /// Size of the largest row of the block that comes next.
    pub fn largest(&self) -> Option<u128> {
        self.blocks.first().map(|at| at.largest)
    }

    /// The next blocks: those that follow each other in a shard, as far as they are read at once. None at the end.
    pub async fn next<W: World>(&mut self, world: &W) -> Result<Vec<Vec<u8>>> {
        let Some((first, mut rest)) = self.blocks.split_first() else { return Ok(Vec::new()) };
        let (mut lengths, mut end) = (vec![first.length], first.offset.saturating_add(first.length));
        while let Some((next, after)) = rest.split_first() {
            let size = end.saturating_sub(first.offset).saturating_add(next.length);
            if next.shard != first.shard || next.offset != end || size > AHEAD {
                break;
            }
            lengths.push(next.length);
            end = end.saturating_add(next.length);
            rest = after;
        }
        self.blocks = rest;
        let hash = self.directory.shards.get(first.shard as usize).map_or("", String::as_str);
        let range = u64::from(first.offset)..u64::from(end);
        let bytes = world.blobs().find_range(&key(world, hash), range).await?.ok_or_else(|| gone(hash))?;
        let mut left: &[u8] = &bytes;
        let mut blocks = Vec::with_capacity(lengths.len());
        for length in lengths {
            let (block, after) = left
                .split_at_checked(length as usize)
                .ok_or_else(|| Error::bug(format!("the blob {hash} is cut off")))?;
            blocks.push(block.to_vec());
            left = after;
        }
        Ok(blocks)
    }

    /// Every row.
    pub async fn each<W: World>(&mut self, world: &W, mut take: impl FnMut(&Row)) -> Result<()> {
        loop {
            let blocks = self.next(world).await?;
            if blocks.is_empty() {
                return Ok(());
            }
            for bytes in blocks {
                let mut block = Block::open(&bytes).map_err(Error::bug)?;
                while let Some(row) = block.next_row().map_err(Error::bug)? {
                    take(&row);
                }
            }
        }
    }
}
