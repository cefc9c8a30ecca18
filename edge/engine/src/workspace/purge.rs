//! Erasing: the figures of a workspace when a connection ends without keeping them, everything when it is deleted.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::ports::{BlobKey, Blobs, Table, WorkspaceStore, Write};
use crate::workspace::jobs::{self, Job};
use crate::workspace::records;
use crate::workspace::world::World;
use crate::{ingest, insights, workspace::session};

/// Rows removed in one transaction.
const BATCH: usize = 500;

/// Erases every figure: cubes, months, parts, answers of Cost Explorer.
pub async fn figures<W: World>(world: &W) -> Result<()> {
    delete_named(world.blobs(), || blobs(world)).await?;
    for table in [Table::Insight, Table::Answer, Table::Period, Table::Part] {
        clear(world, table)?;
    }
    world.store().commit(&[records::delete(Table::Setting, "definition"), ingest::forget_found()])
}

/// Erases the figures of an ended connection, if that is still owed. The job stays until it is done.
pub async fn owed<W: World>(world: &W) -> Result<()> {
    if jobs::find_due(world, Job::Erase)?.is_none() {
        return Ok(());
    }
    figures(world).await?;
    world.store().commit(&[jobs::cancel(Job::Erase)])
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

/// Deletes all that `named` lists, until it lists nothing new. Rows go only after this: without them nothing would find
/// a blob that is still there, because the store was down or because a part came in meanwhile.
async fn delete_named(blobs: &impl Blobs, named: impl Fn() -> Result<Vec<BlobKey>>) -> Result<()> {
    let mut gone = BTreeSet::new();
    loop {
        let mut keys = named()?;
        keys.retain(|key| !gone.contains(key));
        if keys.is_empty() {
            return Ok(());
        }
        blobs.delete(&keys).await?;
        gone.extend(keys);
    }
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use bytes::Bytes;

    use super::*;
    use crate::Error;

    /// A store that notes what is deleted, fails on `fails`, and lets `arrives` come in during the first deletion.
    #[derive(Default)]
    struct Store {
        rows: RefCell<Vec<BlobKey>>,
        deleted: RefCell<Vec<BlobKey>>,
        arrives: RefCell<Option<BlobKey>>,
        fails: bool,
    }

    impl Blobs for Store {
        async fn put(&self, _key: &BlobKey, _bytes: Bytes) -> Result<()> {
            Ok(())
        }
        async fn find(&self, _key: &BlobKey) -> Result<Option<Bytes>> {
            Ok(None)
        }
        async fn exists(&self, _key: &BlobKey) -> Result<bool> {
            Ok(false)
        }
        async fn delete(&self, keys: &[BlobKey]) -> Result<()> {
            if self.fails {
                return Err(Error::store("down"));
            }
            self.deleted.borrow_mut().extend(keys.iter().cloned());
            self.rows.borrow_mut().extend(self.arrives.take());
            Ok(())
        }
    }

    fn key(name: &str) -> BlobKey {
        BlobKey(name.to_owned())
    }

    fn run(store: &Store) -> Result<()> {
        let erased = delete_named(store, || Ok(store.rows.borrow().clone()));
        match pin!(erased).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    // security.md row 65
    #[test]
    fn what_comes_in_while_blobs_are_deleted_goes_too() {
        let store = Store {
            rows: RefCell::new(vec![key("a"), key("b")]),
            arrives: RefCell::new(Some(key("c"))),
            ..Store::default()
        };
        run(&store).unwrap();
        assert_eq!(*store.deleted.borrow(), [key("a"), key("b"), key("c")]);
    }

    // security.md row 46: the rows stay, so that the next try finds every blob again.
    #[test]
    fn a_store_that_is_down_stops_the_purge() {
        let store = Store { rows: RefCell::new(vec![key("a")]), fails: true, ..Store::default() };
        assert_eq!(run(&store).unwrap_err().code, "store_unavailable");
    }
}
