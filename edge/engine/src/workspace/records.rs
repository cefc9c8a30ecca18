//! Records by table and key, typed. A record that cannot be read is a bug of ours, never a guess.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::ports::{Table, WorkspaceStore, Write};

/// The most records a list returns where a page shows them.
pub const PAGE: usize = 200;

/// One record.
pub fn find<T: DeserializeOwned>(store: &impl WorkspaceStore, table: Table, key: &str) -> Result<Option<T>> {
    store.find(table, key)?.map(|json| read(table, &json)).transpose()
}

/// Records by key prefix, in key order.
pub fn list<T: DeserializeOwned>(
    store: &impl WorkspaceStore,
    table: Table,
    prefix: &str,
    newest_first: bool,
    limit: usize,
) -> Result<Vec<(String, T)>> {
    let rows = store.list(table, prefix, newest_first, limit)?;
    rows.into_iter().map(|(key, json)| Ok((key, read(table, &json)?))).collect()
}

/// The write that stores a record.
pub fn put<T: Serialize>(table: Table, key: impl Into<String>, record: &T) -> Result<Write> {
    let json = serde_json::to_string(record).map_err(|cause| Error::bug(format!("{table:?}: {cause}")))?;
    Ok(Write::Put { table, key: key.into(), json })
}

/// The write that removes a record.
pub fn delete(table: Table, key: impl Into<String>) -> Write {
    Write::Delete { table, key: key.into() }
}

fn read<T: DeserializeOwned>(table: Table, json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|cause| Error::bug(format!("{table:?}: {cause}")))
}
