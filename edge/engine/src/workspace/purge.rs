//! Erasing: the figures of a workspace when a connection ends without keeping them, everything when it is deleted.

use crate::error::Result;
use crate::ports::{BlobKey, Blobs, Table, WorkspaceStore, Write};
use crate::workspace::records;
use crate::workspace::world::World;
use crate::{ingest, insights, workspace::session};

/// Rows removed in one transaction.
const BATCH: usize = 500;

/// Erases every figure: cubes, months, parts, answers of Cost Explorer.
pub async fn figures<W: World>(world: &W) -> Result<()> {
    let blobs = blobs(world)?;
    for table in [Table::Insight, Table::Answer, Table::Period, Table::Part] {
        clear(world, table)?;
    }
    world.store().commit(&[records::delete(Table::Setting, "definition")])?;
    world.blobs().delete(&blobs).await
}

/// Erases everything the workspace holds, its log included.
pub async fn everything<W: World>(world: &W) -> Result<()> {
    session::forget_all(world);
    figures(world).await?;
    for table in Table::ALL {
        clear(world, table)?;
    }
    Ok(())
}

/// Every blob anything refers to.
fn blobs<W: World>(world: &W) -> Result<Vec<BlobKey>> {
    let cube = |hash: &str| BlobKey(format!("{}/cube/{hash}", world.workspace()));
    let mut keys: Vec<BlobKey> = Vec::new();
    for item in insights::Item::ALL {
        keys.extend(insights::find_item(world, item)?.blobs.iter().map(|blob| cube(&blob.hash)));
    }
    for (period, record) in ingest::periods(world)? {
        for month in record.committed.iter().chain(&record.previous) {
            keys.extend(month.cubes.iter().chain(&month.resources).map(|blob| cube(&blob.hash)));
        }
        keys.extend(ingest::parts(world, period)?.into_iter().filter_map(|part| part.partial).map(BlobKey));
    }
    keys.sort();
    keys.dedup();
    Ok(keys)
}

fn clear<W: World>(world: &W, table: Table) -> Result<()> {
    loop {
        let rows = world.store().list(table, "", false, BATCH)?;
        if rows.is_empty() {
            return Ok(());
        }
        let writes: Vec<Write> = rows.into_iter().map(|(key, _)| records::delete(table, key)).collect();
        world.store().commit(&writes)?;
    }
}
