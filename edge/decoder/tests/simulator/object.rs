//! The Workspace object: the engine over stores that outlive it, and a process that may end at every effect.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;
use engine::error::{Error, Result};
use engine::identity::memory::{CountingEntropy, MemoryMailer};
use engine::ports::{
    BlobKey, Blobs, Endpoints, Mail, Mailer, MailerError, PartMessage, Queue, Table, WorkspaceStore, Write,
};
use engine::workspace::memory::{MemoryBlobs, MemoryStackTokens, MemoryStore, MemoryWorkspace};
use engine::workspace::world::{Memory, OperatorSettings};
use shared::{Timestamp, WorkspaceId};

use crate::bucket::{ORIGIN, Waits, Wire};
use crate::town::{Effect, Process, Town};

/// What outlives every process.
#[derive(Default)]
pub struct Kept {
    pub records: MemoryStore,
    pub blobs: MemoryBlobs,
    pub queue: RefCell<Vec<Queued>>,
    pub mailer: MemoryMailer,
    /// Raised by every change of a period, and when blobs go.
    pub changes: Cell<u64>,
    /// Raised by every change of a job.
    pub jobs: Cell<u64>,
}

/// A message in the queue.
#[derive(Clone, Debug)]
pub struct Queued {
    pub message: PartMessage,
    pub due: Timestamp,
    pub attempts: u32,
}

/// Records, written by one process.
pub struct Store {
    town: Rc<Town>,
    kept: Rc<Kept>,
    process: Process,
}

impl WorkspaceStore for Store {
    fn find(&self, table: Table, key: &str) -> Result<Option<String>> {
        self.town.meter.borrow_mut().rows_read += 1;
        self.kept.records.find(table, key)
    }

    fn list(
        &self,
        table: Table,
        prefix: &str,
        newest_first: bool,
        limit: usize,
    ) -> Result<Vec<(String, String)>> {
        let rows = self.kept.records.list(table, prefix, newest_first, limit)?;
        self.town.meter.borrow_mut().rows_read += rows.len() as u64;
        Ok(rows)
    }

    fn commit(&self, writes: &[Write]) -> Result<()> {
        let gone = || Error::store("the process ended");
        if self.process.is_dead.get() || self.town.ends(&self.process, Effect::Commit, false) {
            return Err(gone());
        }
        self.kept.records.commit(writes)?;
        self.town.meter.borrow_mut().commit(writes);
        for (table, count) in [(Table::Period, &self.kept.changes), (Table::Job, &self.kept.jobs)] {
            let is_of = |write: &Write| match write {
                Write::Put { table: of, .. } | Write::Delete { table: of, .. } => *of == table,
            };
            count.set(count.get() + u64::from(writes.iter().any(is_of)));
        }
        if self.town.ends(&self.process, Effect::Commit, true) { Err(gone()) } else { Ok(()) }
    }
}

/// Blobs, put and deleted by one process.
pub struct Shelf {
    pub town: Rc<Town>,
    pub kept: Rc<Kept>,
    pub process: Process,
}

impl Shelf {
    async fn answers(&self) -> Result<()> {
        crate::town::turn().await;
        if self.town.strikes("blobs down", |rates| rates.down) {
            return Err(Error::store("the blobs are down"));
        }
        Ok(())
    }
}

impl Blobs for Shelf {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<()> {
        self.answers().await?;
        self.town.meter.borrow_mut().blob_writes += 1;
        self.town.point(&self.process, Effect::Put, false).await;
        self.kept.blobs.put(key, bytes).await?;
        self.town.point(&self.process, Effect::Put, true).await;
        Ok(())
    }

    async fn find(&self, key: &BlobKey) -> Result<Option<Bytes>> {
        self.answers().await?;
        self.town.meter.borrow_mut().blob_reads += 1;
        self.kept.blobs.find(key).await
    }

    async fn find_range(&self, key: &BlobKey, range: std::ops::Range<u64>) -> Result<Option<Bytes>> {
        self.answers().await?;
        self.town.meter.borrow_mut().blob_reads += 1;
        if key.0.contains("/partial/") && self.town.strikes("partial lost", |rates| rates.gone) {
            self.kept.blobs.held.borrow_mut().remove(key);
        }
        self.kept.blobs.find_range(key, range).await
    }

    async fn exists(&self, key: &BlobKey) -> Result<bool> {
        self.answers().await?;
        self.town.meter.borrow_mut().blob_reads += 1;
        self.kept.blobs.exists(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<BlobKey>> {
        self.answers().await?;
        self.town.meter.borrow_mut().blob_writes += 1;
        self.kept.blobs.list(prefix).await
    }

    async fn delete(&self, keys: &[BlobKey]) -> Result<()> {
        self.answers().await?;
        self.town.point(&self.process, Effect::Delete, false).await;
        self.kept.blobs.delete(keys).await?;
        self.kept.changes.set(self.kept.changes.get() + 1);
        self.town.point(&self.process, Effect::Delete, true).await;
        Ok(())
    }
}

/// The queue: it delivers at least once, or, where a message was lost on the way in, not at all.
pub struct Slot {
    town: Rc<Town>,
    kept: Rc<Kept>,
    process: Process,
}

impl Queue for Slot {
    async fn send(&self, messages: &[PartMessage]) -> Result<()> {
        self.town.point(&self.process, Effect::Send, false).await;
        for message in messages {
            let times = if self.town.strikes("message lost", |rates| rates.lost) {
                0
            } else {
                1 + usize::from(self.town.strikes("message doubled", |rates| rates.doubled))
            };
            self.town.meter.borrow_mut().queue_operations += times as u64;
            let queued = Queued { message: message.clone(), due: self.town.now(), attempts: 0 };
            self.kept.queue.borrow_mut().extend(std::iter::repeat_n(queued, times));
        }
        self.town.point(&self.process, Effect::Send, true).await;
        Ok(())
    }
}

/// Mail, sent by one process.
pub struct Post {
    town: Rc<Town>,
    kept: Rc<Kept>,
    process: Process,
}

impl Mailer for Post {
    async fn send(&self, mail: &Mail) -> std::result::Result<(), MailerError> {
        self.town.point(&self.process, Effect::Mail, false).await;
        self.kept.mailer.send(mail).await?;
        self.town.point(&self.process, Effect::Mail, true).await;
        Ok(())
    }
}

/// The object as one process, from its start to its end.
pub type ObjectWorld = MemoryWorkspace<Wire, Store, Shelf, Slot, Post, Waits>;

/// Starts it.
pub fn start(workspace: &WorkspaceId, town: &Rc<Town>, kept: &Rc<Kept>, process: &Process) -> ObjectWorld {
    let all = || (town.clone(), kept.clone(), process.clone());
    let wire = Wire { town: town.clone(), process: process.clone(), asked: Cell::default() };
    let ((town, kept, process), stack_tokens) = (all(), MemoryStackTokens::default());
    let store = Store { town, kept, process };
    let (town, kept, process) = all();
    let blobs = Shelf { town, kept, process };
    let (town, kept, process) = all();
    let queue = Slot { town, kept, process };
    let (town, kept, process) = all();
    let mailer = Post { town: town.clone(), kept, process };
    ObjectWorld {
        workspace: workspace.clone(),
        store,
        http: wire,
        blobs,
        queue,
        mailer,
        stack_tokens,
        clock: town.clock.clone(),
        entropy: CountingEntropy::default(),
        pace: Waits(town),
        settings: OperatorSettings {
            endpoints: Endpoints::with_all(ORIGIN).unwrap(),
            topic_arn: String::new(),
            template_url: None,
            console_base: ORIGIN.to_owned(),
            ..OperatorSettings::in_memory()
        },
        memory: Memory::default(),
    }
}
