//! A workspace in memory: its clock stands until it is moved, its parts go down on request, and its store can crash
//! between any two transactions. Nothing here waits.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use bytes::Bytes;
use shared::{AccountId, Timestamp, WorkspaceId};

use super::world::{Memory, OperatorSettings, World};
use crate::error::{Error, Result};
use crate::identity::memory::{CountingEntropy, MemoryMailer, MovableClock};
use crate::ports::{
    BlobKey, Blobs, Clock, Credentials, Endpoints, Http, Mailer, Pace, PartMessage, Queue, StackTokens,
    Table, WorkspaceStore, Write,
};

/// Records in a map.
#[derive(Default)]
pub struct MemoryStore {
    /// Every record by table and key.
    pub records: RefCell<BTreeMap<(Table, String), String>>,
    /// Transactions until the process crashes; none for never.
    pub crashes_after: Cell<Option<u32>>,
}

impl WorkspaceStore for MemoryStore {
    fn find(&self, table: Table, key: &str) -> Result<Option<String>> {
        Ok(self.records.borrow().get(&(table, key.to_owned())).cloned())
    }

    fn list(
        &self,
        table: Table,
        prefix: &str,
        newest_first: bool,
        limit: usize,
    ) -> Result<Vec<(String, String)>> {
        let records = self.records.borrow();
        let found = records.iter().filter(|((kind, key), _)| *kind == table && key.starts_with(prefix));
        let rows = found.map(|((_, key), json)| (key.clone(), json.clone()));
        Ok(if newest_first { rows.rev().take(limit).collect() } else { rows.take(limit).collect() })
    }

    fn commit(&self, writes: &[Write]) -> Result<()> {
        if let Some(left) = self.crashes_after.get() {
            let left = left.checked_sub(1).ok_or_else(|| Error::store("the process crashed"))?;
            self.crashes_after.set(Some(left));
        }
        let mut records = self.records.borrow_mut();
        for write in writes {
            match write {
                Write::Put { table, key, json } => records.insert((*table, key.clone()), json.clone()),
                Write::Delete { table, key } => records.remove(&(*table, key.clone())),
            };
        }
        Ok(())
    }
}

/// Blobs in a map.
#[derive(Default)]
pub struct MemoryBlobs {
    /// Every blob.
    pub held: RefCell<BTreeMap<BlobKey, Bytes>>,
    /// While down, nothing answers.
    pub down: Cell<bool>,
    /// How often bytes were loaded, and how many.
    pub loaded: Cell<(u64, u64)>,
}

impl MemoryBlobs {
    fn load(&self, bytes: Option<Bytes>) -> Option<Bytes> {
        let (times, sum) = self.loaded.get();
        let size = bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        self.loaded.set((times.saturating_add(1), sum.saturating_add(size)));
        bytes
    }

    fn up(&self) -> Result<()> {
        if self.down.get() { Err(Error::store("the in-memory blobs are switched off")) } else { Ok(()) }
    }
}

impl Blobs for MemoryBlobs {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<()> {
        self.up()?;
        self.held.borrow_mut().insert(key.clone(), bytes);
        Ok(())
    }

    async fn find(&self, key: &BlobKey) -> Result<Option<Bytes>> {
        self.up()?;
        Ok(self.load(self.held.borrow().get(key).cloned()))
    }

    async fn find_range(&self, key: &BlobKey, range: Range<u64>) -> Result<Option<Bytes>> {
        self.up()?;
        let held = self.held.borrow();
        let place = |at: u64, bytes: &Bytes| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        let slice = |bytes: &Bytes| bytes.slice(place(range.start, bytes)..place(range.end, bytes));
        Ok(self.load(held.get(key).map(slice)))
    }

    async fn exists(&self, key: &BlobKey) -> Result<bool> {
        self.up()?;
        Ok(self.held.borrow().contains_key(key))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<BlobKey>> {
        self.up()?;
        let held = self.held.borrow();
        Ok(held.keys().filter(|key| key.0.starts_with(prefix)).take(1_000).cloned().collect())
    }

    async fn delete(&self, keys: &[BlobKey]) -> Result<()> {
        self.up()?;
        for key in keys {
            self.held.borrow_mut().remove(key);
        }
        Ok(())
    }
}

/// Messages in the order they were sent.
#[derive(Default)]
pub struct MemoryQueue {
    /// What was sent and not taken yet.
    pub sent: RefCell<Vec<PartMessage>>,
}

impl Queue for MemoryQueue {
    async fn send(&self, messages: &[PartMessage]) -> Result<()> {
        self.sent.borrow_mut().extend_from_slice(messages);
        Ok(())
    }
}

/// Stack tokens and connected accounts in maps. Clones share them, as workspaces of one instance do.
#[derive(Clone, Default)]
pub struct MemoryStackTokens {
    tokens: Rc<RefCell<BTreeMap<String, WorkspaceId>>>,
    accounts: Rc<RefCell<BTreeMap<WorkspaceId, AccountId>>>,
}

impl StackTokens for MemoryStackTokens {
    async fn remember(&self, hash: &str, workspace: &WorkspaceId, _at: Timestamp) -> Result<()> {
        self.tokens.borrow_mut().insert(hash.to_owned(), workspace.clone());
        Ok(())
    }

    async fn find(&self, hash: &str) -> Result<Option<WorkspaceId>> {
        Ok(self.tokens.borrow().get(hash).cloned())
    }

    async fn claim(&self, account: &AccountId, workspace: &WorkspaceId) -> Result<u32> {
        let mut accounts = self.accounts.borrow_mut();
        accounts.insert(workspace.clone(), account.clone());
        let others = accounts.iter().filter(|(other, held)| *other != workspace && *held == account);
        Ok(u32::try_from(others.count()).unwrap_or(u32::MAX))
    }

    async fn release(&self, workspace: &WorkspaceId) -> Result<()> {
        self.accounts.borrow_mut().remove(workspace);
        Ok(())
    }
}

/// Waits by moving the clock.
pub struct MemoryPace(Rc<MovableClock>);

impl Pace for MemoryPace {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn random(&self) -> u64 {
        0
    }

    async fn sleep(&self, milliseconds: u32) {
        self.0.advance(jiff::SignedDuration::from_millis(i64::from(milliseconds)));
    }
}

impl OperatorSettings {
    /// Those of an operator in tests.
    pub fn in_memory() -> Self {
        Self {
            endpoints: Endpoints::aws(),
            credentials: Some(Credentials::permanent("AKIAFIRST", "first")),
            second_credentials: None,
            principal_arn: "arn:aws:iam::999999999999:user/cloudthread/operator".to_owned(),
            topic_arn: "arn:aws:sns:us-east-1:999999999999:cloudthread".to_owned(),
            template_url: Some("https://templates.s3.us-east-1.amazonaws.com/customer.yaml".to_owned()),
            console_base: "https://us-east-1.console.aws.amazon.com".to_owned(),
            response_origin: None,
            public_url: "https://app.example".to_owned(),
        }
    }
}

/// All of it together, with AWS behind `http`; or with other stores, of a test that breaks them in its own way.
pub struct MemoryWorkspace<
    H,
    S = MemoryStore,
    B = MemoryBlobs,
    Q = MemoryQueue,
    M = MemoryMailer,
    P = MemoryPace,
> {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Records.
    pub store: S,
    /// AWS.
    pub http: H,
    /// Blobs.
    pub blobs: B,
    /// Work for the decoder.
    pub queue: Q,
    /// Mail.
    pub mailer: M,
    /// Stack tokens.
    pub stack_tokens: MemoryStackTokens,
    /// The present.
    pub clock: Rc<MovableClock>,
    /// Randomness.
    pub entropy: CountingEntropy,
    /// Waiting.
    pub pace: P,
    /// What the operator set.
    pub settings: OperatorSettings,
    /// What may be forgotten.
    pub memory: Memory,
}

impl<H> MemoryWorkspace<H> {
    /// An empty workspace at a moment.
    pub fn at(now: Timestamp, workspace: WorkspaceId, http: H) -> Self {
        let clock = Rc::new(MovableClock::at(now));
        Self {
            workspace,
            store: MemoryStore::default(),
            http,
            blobs: MemoryBlobs::default(),
            queue: MemoryQueue::default(),
            mailer: MemoryMailer::default(),
            stack_tokens: MemoryStackTokens::default(),
            pace: MemoryPace(clock.clone()),
            clock,
            entropy: CountingEntropy::default(),
            settings: OperatorSettings::in_memory(),
            memory: Memory::default(),
        }
    }
}

impl<H: Http, S: WorkspaceStore, B: Blobs, Q: Queue, M: Mailer, P: Pace> World
    for MemoryWorkspace<H, S, B, Q, M, P>
{
    type Store = S;
    type Http = H;
    type Blobs = B;
    type Queue = Q;
    type Mailer = M;
    type StackTokens = MemoryStackTokens;
    type Clock = MovableClock;
    type Entropy = CountingEntropy;
    type Pace = P;

    fn workspace(&self) -> &WorkspaceId {
        &self.workspace
    }
    fn store(&self) -> &S {
        &self.store
    }
    fn http(&self) -> &H {
        &self.http
    }
    fn blobs(&self) -> &B {
        &self.blobs
    }
    fn queue(&self) -> &Q {
        &self.queue
    }
    fn mailer(&self) -> &M {
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
    fn pace(&self) -> &P {
        &self.pace
    }
    fn settings(&self) -> &OperatorSettings {
        &self.settings
    }
    fn memory(&self) -> &Memory {
        &self.memory
    }
}
