//! The Workspace object: the engine over stores that outlive it, and a process that may end at every effect.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;
use engine::error::{Error, Result};
use engine::identity::memory::{CountingEntropy, MemoryMailer, MovableClock};
use engine::ports::{
    BlobKey, Blobs, Credentials, Endpoints, Mail, Mailer, MailerError, PartMessage, Queue, Table,
    WorkspaceStore, Write,
};
use engine::workspace::World;
use engine::workspace::memory::{MemoryBlobs, MemoryStackTokens, MemoryStore};
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
        self.kept.records.find(table, key)
    }

    fn list(
        &self,
        table: Table,
        prefix: &str,
        newest_first: bool,
        limit: usize,
    ) -> Result<Vec<(String, String)>> {
        self.kept.records.list(table, prefix, newest_first, limit)
    }

    fn commit(&self, writes: &[Write]) -> Result<()> {
        let gone = || Error::store("the process ended");
        if self.process.is_dead.get() || self.town.ends(&self.process, Effect::Commit, false) {
            return Err(gone());
        }
        self.kept.records.commit(writes)?;
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
        self.town.point(&self.process, Effect::Put, false).await;
        self.kept.blobs.put(key, bytes).await?;
        self.town.point(&self.process, Effect::Put, true).await;
        Ok(())
    }

    async fn find(&self, key: &BlobKey) -> Result<Option<Bytes>> {
        self.answers().await?;
        self.kept.blobs.find(key).await
    }

    async fn find_range(&self, key: &BlobKey, range: std::ops::Range<u64>) -> Result<Option<Bytes>> {
        self.answers().await?;
        self.kept.blobs.find_range(key, range).await
    }

    async fn exists(&self, key: &BlobKey) -> Result<bool> {
        self.answers().await?;
        self.kept.blobs.exists(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<BlobKey>> {
        self.answers().await?;
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
pub struct ObjectWorld {
    workspace: WorkspaceId,
    store: Store,
    http: Wire,
    blobs: Shelf,
    queue: Slot,
    mailer: Post,
    stack_tokens: MemoryStackTokens,
    clock: Rc<MovableClock>,
    entropy: CountingEntropy,
    pace: Waits,
    settings: OperatorSettings,
    memory: Memory,
}

impl ObjectWorld {
    /// Starts it.
    pub fn start(workspace: &WorkspaceId, town: &Rc<Town>, kept: &Rc<Kept>, process: &Process) -> Self {
        let all = || (town.clone(), kept.clone(), process.clone());
        let (town, kept, process) = all();
        let shelf = Shelf { town, kept, process };
        let (town, kept, process) = all();
        let store = Store { town, kept, process };
        let (town, kept, process) = all();
        let queue = Slot { town, kept, process };
        let (town, kept, process) = all();
        let mailer = Post { town, kept, process };
        let (town, _, process) = all();
        Self {
            workspace: workspace.clone(),
            store,
            http: Wire { town: town.clone(), process, asked: Cell::default() },
            blobs: shelf,
            queue,
            mailer,
            stack_tokens: MemoryStackTokens::default(),
            clock: town.clock.clone(),
            entropy: CountingEntropy::default(),
            pace: Waits(town),
            settings: OperatorSettings {
                endpoints: Endpoints::with_all(ORIGIN).unwrap(),
                credentials: Some(Credentials::permanent("AKIAFIRST", "first")),
                second_credentials: None,
                principal_arn: "arn:aws:iam::999999999999:user/cloudthread/operator".to_owned(),
                topic_arn: String::new(),
                template_url: None,
                console_base: ORIGIN.to_owned(),
                response_origin: None,
                public_url: "https://app.example".to_owned(),
            },
            memory: Memory::default(),
        }
    }
}

impl World for ObjectWorld {
    type Store = Store;
    type Http = Wire;
    type Blobs = Shelf;
    type Queue = Slot;
    type Mailer = Post;
    type StackTokens = MemoryStackTokens;
    type Clock = MovableClock;
    type Entropy = CountingEntropy;
    type Pace = Waits;

    fn workspace(&self) -> &WorkspaceId {
        &self.workspace
    }
    fn store(&self) -> &Store {
        &self.store
    }
    fn http(&self) -> &Wire {
        &self.http
    }
    fn blobs(&self) -> &Shelf {
        &self.blobs
    }
    fn queue(&self) -> &Slot {
        &self.queue
    }
    fn mailer(&self) -> &Post {
        &self.mailer
    }
    fn stack_tokens(&self) -> &MemoryStackTokens {
        &self.stack_tokens
    }
    fn clock(&self) -> &MovableClock {
        &self.clock
    }
    fn entropy(&self) -> &CountingEntropy {
        &self.entropy
    }
    fn pace(&self) -> &Waits {
        &self.pace
    }
    fn settings(&self) -> &OperatorSettings {
        &self.settings
    }
    fn memory(&self) -> &Memory {
        &self.memory
    }
}
