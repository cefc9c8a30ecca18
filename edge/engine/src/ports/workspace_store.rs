//! All that is true of one workspace: records by table and key, written in transactions. SQLite of the Workspace
//! object on Cloudflare, a map in tests. Synchronous, so that reading, deciding and writing cannot be interleaved.

use crate::error::Result;

/// The tables of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it; the records are defined where they are used")]
pub enum Table {
    Connection,
    Job,
    Call,
    Answer,
    Insight,
    Period,
    Part,
    Notification,
    Outbox,
    Audit,
    SeenMessage,
    Setting,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 12] = [
        Self::Connection,
        Self::Job,
        Self::Call,
        Self::Answer,
        Self::Insight,
        Self::Period,
        Self::Part,
        Self::Notification,
        Self::Outbox,
        Self::Audit,
        Self::SeenMessage,
        Self::Setting,
    ];
}

/// One write of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Inserts or replaces.
    Put {
        /// Table.
        table: Table,
        /// Key; keys sort as text.
        key: String,
        /// JSON of the record.
        json: String,
    },
    /// Removes; a missing key is fine.
    Delete {
        /// Table.
        table: Table,
        /// Key.
        key: String,
    },
}

/// Loads and commits records.
pub trait WorkspaceStore {
    /// One record.
    fn find(&self, table: Table, key: &str) -> Result<Option<String>>;
    /// Records whose key begins with `prefix`, in key order (`newest_first` reverses it), at most `limit`.
    fn list(
        &self,
        table: Table,
        prefix: &str,
        newest_first: bool,
        limit: usize,
    ) -> Result<Vec<(String, String)>>;
    /// All writes or none.
    fn commit(&self, writes: &[Write]) -> Result<()>;
}
