//! All parts of a month into its cubes.

use bytes::Bytes;
use cube::Cube;
use engine::error::{Error, Result};
use engine::ingest::protocol::{Accepted, MergeClaim, MergeDone, MergeTask};
use engine::ports::{BlobKey, Blobs, PartMessage};
use ledger::{Merge, Merged};
use sha2::{Digest, Sha256};
use shared::api::{BlobKind, BlobRef};
use worker::Env;

use crate::blobs::R2Blobs;
use crate::object::ask;
use crate::part::receipt;

/// Works off one message.
pub async fn merge(env: &Env, message: &PartMessage) -> Result<Accepted> {
    let task = match ask::<MergeClaim>(env, &message.workspace, "merge/claim", message).await? {
        MergeClaim::Drop => return Ok(Accepted::default()),
        MergeClaim::Merge(task) => task,
    };
    let blobs = R2Blobs::of(env)?;
    // One side after the other: memory holds a month's detail or its resources, never both.
    let detail = merged(&blobs, &task, Merge::of_detail()).await?;
    let mut cubes = Vec::new();
    for cube in &detail.overview {
        cubes.push(store(&blobs, &task, cube, BlobKind::Overview).await?);
    }
    for cube in &detail.detail {
        cubes.push(store(&blobs, &task, cube, BlobKind::Detail).await?);
    }
    let receipt = receipt(&detail.counts);
    drop(detail);
    let mut resources = Vec::new();
    for cube in merged(&blobs, &task, Merge::of_resources()).await?.resources {
        resources.push(store(&blobs, &task, &cube, BlobKind::Detail).await?);
    }
    let done = MergeDone { message: message.clone(), cubes, resources, receipt };
    ask(env, &message.workspace, "merge/done", &done).await
}

/// Merges one side of all partials.
async fn merged(blobs: &R2Blobs, task: &MergeTask, mut merge: Merge) -> Result<Merged> {
    for key in &task.partials {
        let bytes = blobs.find(&BlobKey(key.clone())).await?;
        let bytes = bytes.ok_or_else(|| Error::bug(format!("the partial {key} is gone")))?;
        merge.add(&bytes, task.as_of).map_err(Error::bug)?;
    }
    merge.finish().map_err(Error::bug)
}

/// Stores a cube under the hash of its bytes; one that is there already stays.
async fn store(blobs: &R2Blobs, task: &MergeTask, cube: &Cube, kind: BlobKind) -> Result<BlobRef> {
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
    if !blobs.exists(&key).await? {
        blobs.put(&key, Bytes::from(bytes)).await?;
    }
    Ok(reference)
}
