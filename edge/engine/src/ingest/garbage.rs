//! Blobs that nobody refers to any more. They are written down in the transaction that drops the last reference, so
//! that a crash leaves none behind, and looked up once more before they are deleted.

use std::collections::BTreeSet;

use shared::BillingPeriod;

use super::{commit, month};
use crate::error::Result;
use crate::ports::{BlobKey, Blobs, WorkspaceStore};
use crate::workspace::world::World;

/// Key of a cube.
pub fn cube<W: World>(world: &W, hash: &str) -> String {
    format!("{}/cube/{hash}", world.workspace())
}

/// Deletes what is written down for a period and still is of no use. What cannot be deleted stays written down.
pub async fn sweep<W: World>(world: &W, period: BillingPeriod) -> Result<()> {
    let record = month::find(world, period)?;
    if record.garbage.is_empty() {
        return Ok(());
    }
    let months = record.committed.iter().chain(&record.previous);
    let mut used: BTreeSet<String> =
        months.flat_map(|month| commit::hashes(Some(month))).map(|hash| cube(world, &hash)).collect();
    used.extend(month::parts(world, period)?.into_iter().filter_map(|part| part.partial));
    let garbage: BTreeSet<String> = record.garbage.into_iter().collect();
    let keys: Vec<BlobKey> = garbage.difference(&used).cloned().map(BlobKey).collect();
    world.blobs().delete(&keys).await?;
    // Deleting took time: what was written down meanwhile stays.
    let mut record = month::find(world, period)?;
    if record.garbage.is_empty() {
        return Ok(());
    }
    record.garbage.retain(|key| !garbage.contains(key));
    world.store().commit(&[month::put(period, &record)?])
}
