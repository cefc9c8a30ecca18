//! All parts of a month into its cubes. Partials are read piece by piece: what is held does not grow with them.

use std::ops::Range;

use bytes::Bytes;
use cube::Cube;
use engine::error::Error;
use engine::ingest::protocol::{
    Accepted, FailureCause, MergeClaim, MergeDone, MergeMissing, MergeTask, PartFailed, Receipt, TagCover,
};
use engine::ports::{BlobKey, Blobs, PartMessage};
use futures_util::FutureExt;
use ledger::merge::Cover;
use ledger::partial::{self, Head, Opened};
use ledger::{DecodeError, Merge, Merged, Survey};
use sha2::{Digest, Sha256};
use shared::api::{BlobKind, BlobRef};

use crate::reader::sentence;
use crate::shelves;
use crate::work::receipt;
use crate::world::{World, ask};

/// Why a month was not merged.
#[derive(Debug)]
pub enum Failure {
    /// A partial is gone or damaged.
    Missing(String),
    /// The month is one that cannot be merged.
    Refused(String),
    /// We.
    Ours(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

/// Works off one message.
pub async fn merge<W: World>(world: &W, message: &PartMessage) -> engine::error::Result<Accepted> {
    let task = match ask::<_, MergeClaim>(world, &message.workspace, "merge/claim", message).await? {
        MergeClaim::Drop => return Ok(Accepted::default()),
        MergeClaim::Merge(task) => task,
    };
    let (message, workspace) = (message.clone(), &message.workspace);
    match month(world, &task).await {
        Ok((cubes, resources, receipt, tags)) => {
            let done = MergeDone { message, cubes, resources, receipt, tags };
            ask(world, workspace, "merge/done", &done).await
        }
        Err(Failure::Missing(partial)) => {
            // A damaged one goes, lest it be found again.
            world.blobs().delete(&[BlobKey(partial.clone())]).await?;
            ask(world, workspace, "merge/missing", &MergeMissing { message, partial }).await
        }
        Err(Failure::Refused(words)) => {
            let failed = PartFailed { message, cause: FailureCause::Refused, words };
            ask(world, workspace, "part/failed", &failed).await
        }
        Err(Failure::Ours(error)) => Err(error),
    }
}

/// The month's cubes and shelves, stored; what they hold, and how much its tags tell apart.
async fn month<W: World>(
    world: &W,
    task: &MergeTask,
) -> Result<(Vec<BlobRef>, Vec<BlobRef>, Receipt, Vec<TagCover>), Failure> {
    let mut heads = Vec::with_capacity(task.partials.len());
    for key in &task.partials {
        heads.push(head(world, key).await?);
    }
    // One side after the other: memory holds a month's detail or its resources, never both.
    let detail = detail(world, task, &heads).await?;
    let mut cubes = Vec::new();
    for cube in &detail.overview {
        cubes.push(store_cube(world, task, cube, BlobKind::Overview).await?);
    }
    for cube in &detail.detail {
        cubes.push(store_cube(world, task, cube, BlobKind::Detail).await?);
    }
    let (counts, tags) = (detail.counts.clone(), detail.tags.iter().map(cover).collect());
    drop(detail);
    let resources = shelves::store(world, task, heads, &counts).await?;
    Ok((cubes, resources, receipt(&counts), tags))
}

fn cover(cover: &Cover) -> TagCover {
    let Cover { key, effective_cost, is_given_up } = cover.clone();
    TagCover { key, effective_cost, is_given_up }
}

/// What a partial holds, and where.
pub async fn head<W: World>(world: &W, key: &str) -> Result<Head, Failure> {
    let mut length = partial::HEAD;
    loop {
        let bytes = piece(world, key, 0..length).await?;
        match partial::open(&bytes).map_err(|_| Failure::Missing(key.to_owned()))? {
            Opened::Head(head) => return Ok(head),
            Opened::Need(needed) if needed > length => length = needed,
            Opened::Need(_) => return Err(Failure::Missing(key.to_owned())),
        }
    }
}

/// Some bytes of a partial.
pub async fn piece<W: World>(world: &W, key: &str, range: Range<u64>) -> Result<Bytes, Failure> {
    let at = BlobKey(key.to_owned());
    let bytes = world.blobs().find_range(&at, range).boxed_local().await?;
    bytes.ok_or_else(|| Failure::Missing(key.to_owned()))
}

/// Merges the detail of all partials. A month in which too much differs is read twice more: to see what it may give up,
/// and to merge what is left.
async fn detail<W: World>(world: &W, task: &MergeTask, heads: &[Head]) -> Result<Merged, Failure> {
    let mut merge = Merge::new(task.as_of);
    if !each_cube(world, task, heads, &mut |blob| merge.add(blob)).await? {
        drop(merge);
        let mut survey = Survey::default();
        each_cube(world, task, heads, &mut |blob| survey.add(blob).map(|()| true)).await?;
        merge = Merge::folded(task.as_of, survey);
        each_cube(world, task, heads, &mut |blob| merge.add(blob)).await?;
    }
    heads.iter().for_each(|head| merge.count(&head.counts));
    merge.finish().map_err(|error| match error {
        DecodeError::Unsupported(_) => Failure::Refused(sentence(&error.to_string())),
        error => Failure::Ours(Error::bug(error)),
    })
}

/// Every cube of all partials, until one is not taken; whether all were.
async fn each_cube<W: World>(
    world: &W,
    task: &MergeTask,
    heads: &[Head],
    take: &mut dyn FnMut(&[u8]) -> Result<bool, DecodeError>,
) -> Result<bool, Failure> {
    for (key, head) in task.partials.iter().zip(heads) {
        for range in &head.detail {
            let bytes = piece(world, key, range.clone()).await?;
            let is_taken = take(&bytes).map_err(|error| match error {
                DecodeError::Damaged(_) => Failure::Missing(key.clone()),
                error => Failure::Refused(sentence(&error.to_string())),
            })?;
            if !is_taken {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Stores a cube.
async fn store_cube<W: World>(
    world: &W,
    task: &MergeTask,
    cube: &Cube,
    kind: BlobKind,
) -> Result<BlobRef, Failure> {
    let header = cube.header();
    let bytes = cube::blob::encode(cube).map_err(Error::bug)?;
    let reference = BlobRef {
        hash: String::new(),
        kind,
        source: header.source,
        currency: header.currency,
        days: header.days,
        dimensions: cube.columns().iter().map(|column| column.dimension.to_string()).collect(),
        monthly: header.monthly,
        bytes: 0,
    };
    Ok(store(world, task, bytes, reference).await?)
}

/// Stores bytes under their hash; what is there already stays.
pub async fn store<W: World>(
    world: &W,
    task: &MergeTask,
    bytes: Vec<u8>,
    reference: BlobRef,
) -> engine::error::Result<BlobRef> {
    let hash = hex::encode(Sha256::digest(&bytes));
    let key = BlobKey(format!("{}/cube/{hash}", task.workspace));
    let reference = BlobRef { hash, bytes: bytes.len() as u64, ..reference };
    if !world.blobs().exists(&key).boxed_local().await? {
        world.blobs().put(&key, Bytes::from(bytes)).boxed_local().await?;
    }
    Ok(reference)
}
