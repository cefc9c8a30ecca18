//! All parts of a month into its cubes.

use bytes::Bytes;
use cube::Cube;
use engine::error::{Error, Result};
use engine::ingest::protocol::{
    Accepted, FailureCause, MergeClaim, MergeDone, MergeMissing, MergeTask, PartFailed, Receipt,
};
use engine::ports::{BlobKey, Blobs, PartMessage};
use ledger::{DecodeError, Merge, Merged};
use sha2::{Digest, Sha256};
use shared::api::{BlobKind, BlobRef};

use crate::reader::sentence;
use crate::work::receipt;
use crate::world::{World, ask};

/// Why a month was not merged.
enum Failure {
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
pub async fn merge<W: World>(world: &W, message: &PartMessage) -> Result<Accepted> {
    let task = match ask::<_, MergeClaim>(world, &message.workspace, "merge/claim", message).await? {
        MergeClaim::Drop => return Ok(Accepted::default()),
        MergeClaim::Merge(task) => task,
    };
    let (message, workspace) = (message.clone(), &message.workspace);
    match month(world, &task).await {
        Ok((cubes, resources, receipt)) => {
            let done = MergeDone { message, cubes, resources, receipt };
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

/// The month's cubes, stored.
async fn month<W: World>(
    world: &W,
    task: &MergeTask,
) -> std::result::Result<(Vec<BlobRef>, Vec<BlobRef>, Receipt), Failure> {
    // One side after the other: memory holds a month's detail or its resources, never both.
    let detail = merged(world, task, Merge::of_detail()).await?;
    let mut cubes = Vec::new();
    for cube in &detail.overview {
        cubes.push(store(world, task, cube, BlobKind::Overview).await?);
    }
    for cube in &detail.detail {
        cubes.push(store(world, task, cube, BlobKind::Detail).await?);
    }
    let receipt = receipt(&detail.counts);
    drop(detail);
    let mut resources = Vec::new();
    for cube in merged(world, task, Merge::of_resources()).await?.resources {
        resources.push(store(world, task, &cube, BlobKind::Detail).await?);
    }
    Ok((cubes, resources, receipt))
}

/// Merges one side of all partials.
async fn merged<W: World>(
    world: &W,
    task: &MergeTask,
    mut merge: Merge,
) -> std::result::Result<Merged, Failure> {
    for key in &task.partials {
        let bytes = world.blobs().find(&BlobKey(key.clone())).await?;
        let bytes = bytes.ok_or_else(|| Failure::Missing(key.clone()))?;
        merge.add(&bytes, task.as_of).map_err(|error| match error {
            DecodeError::Damaged(_) => Failure::Missing(key.clone()),
            error => Failure::Refused(sentence(&error.to_string())),
        })?;
    }
    merge.finish().map_err(|error| Failure::Ours(Error::bug(error)))
}

/// Stores a cube under the hash of its bytes; one that is there already stays.
async fn store<W: World>(world: &W, task: &MergeTask, cube: &Cube, kind: BlobKind) -> Result<BlobRef> {
    let bytes = cube::blob::encode(cube).map_err(Error::bug)?;
    let hash = hex::encode(Sha256::digest(&bytes));
    let key = BlobKey(format!("{}/cube/{hash}", task.workspace));
    let header = cube.header();
    let reference = BlobRef {
        hash,
        kind,
        source: header.source,
        currency: header.currency,
        days: header.days,
        dimensions: cube.columns().iter().map(|column| column.dimension.to_string()).collect(),
        monthly: header.monthly,
        bytes: bytes.len() as u64,
    };
    if !world.blobs().exists(&key).await? {
        world.blobs().put(&key, Bytes::from(bytes)).await?;
    }
    Ok(reference)
}
