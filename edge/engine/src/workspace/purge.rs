//! Erasing: the figures of a workspace when a connection ends without keeping them, everything when it is deleted.

use crate::error::Result;
use crate::ports::{Blobs, Table, WorkspaceStore, Write};
use crate::workspace::jobs::{self, Job};
use crate::workspace::records;
use crate::workspace::world::World;
use crate::{ingest, workspace::session};

/// Rows removed in one transaction.
const BATCH: usize = 500;

/// Erases every figure: cubes, months, parts, answers of Cost Explorer. Every blob of a workspace belongs to a figure.
pub async fn figures<W: World>(world: &W) -> Result<()> {
    delete_all(world.blobs(), &format!("{}/", world.workspace())).await?;
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

/// Deletes every blob below a prefix, until there is none: also what no record names, because its writer died or came
/// late, and what comes in meanwhile.
async fn delete_all(blobs: &impl Blobs, prefix: &str) -> Result<()> {
    loop {
        let keys = blobs.list(prefix).await?;
        if keys.is_empty() {
            return Ok(());
        }
        blobs.delete(&keys).await?;
    }
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
    use crate::ports::BlobKey;

    /// A store that fails on `fails`, and lets `arrives` come in during the first deletion.
    #[derive(Default)]
    struct Store {
        held: RefCell<Vec<BlobKey>>,
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
        async fn find_range(&self, _key: &BlobKey, _range: std::ops::Range<u64>) -> Result<Option<Bytes>> {
            Ok(None)
        }
        async fn exists(&self, _key: &BlobKey) -> Result<bool> {
            Ok(false)
        }
        async fn list(&self, prefix: &str) -> Result<Vec<BlobKey>> {
            Ok(self.held.borrow().iter().filter(|key| key.0.starts_with(prefix)).take(2).cloned().collect())
        }
        async fn delete(&self, keys: &[BlobKey]) -> Result<()> {
            if self.fails {
                return Err(Error::store("down"));
            }
            self.held.borrow_mut().retain(|key| !keys.contains(key));
            self.held.borrow_mut().extend(self.arrives.take());
            Ok(())
        }
    }

    fn keys(names: &[&str]) -> Vec<BlobKey> {
        names.iter().map(|name| BlobKey((*name).to_owned())).collect()
    }

    fn run(store: &Store) -> Result<()> {
        match pin!(delete_all(store, "w/")).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    // security.md row 65
    #[test]
    fn what_no_record_names_and_what_comes_in_meanwhile_goes_too() {
        let store = Store {
            held: RefCell::new(keys(&["w/cube/a", "w/partial/b", "w/partial/orphan", "other/cube/a"])),
            arrives: RefCell::new(keys(&["w/partial/late"]).pop()),
            ..Store::default()
        };
        run(&store).unwrap();
        assert_eq!(*store.held.borrow(), keys(&["other/cube/a"]));
    }

    // security.md row 46: the rows stay, so that the next try goes on.
    #[test]
    fn a_store_that_is_down_stops_the_purge() {
        let store = Store { held: RefCell::new(keys(&["w/cube/a"])), fails: true, ..Store::default() };
        assert_eq!(run(&store).unwrap_err().code, "store_unavailable");
    }
}
