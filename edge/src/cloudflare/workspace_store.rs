//! Records of a workspace in its object's SQLite. Every call is synchronous, and what a handler writes between two
//! awaits is one transaction of the platform.

use std::collections::BTreeMap;

use engine::error::{Error, Result};
use engine::ports::{Table, WorkspaceStore, Write};
use serde::{Deserialize, Serialize};
use worker::{SqlStorage, SqlStorageValue};

/// Version of the schema below; later ones are appended, never changed.
const SCHEMA: &[&str] = &["CREATE TABLE IF NOT EXISTS record (\
    kind TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, key)\
) STRICT, WITHOUT ROWID"];
/// Bytes of JSON bound to one statement, well below the platform's 2 MB. A longer record goes alone.
const BATCH: usize = 1_000_000;

/// The object's SQLite.
pub struct SqlStore(SqlStorage);

#[derive(Deserialize)]
struct Row {
    key: String,
    json: String,
}

impl SqlStore {
    /// Opens it, creating what is missing.
    pub fn open(sql: SqlStorage) -> worker::Result<Self> {
        for statement in SCHEMA {
            sql.exec(statement, None)?;
        }
        Ok(Self(sql))
    }

    fn run(&self, statement: &str, args: Vec<SqlStorageValue>) -> Result<Vec<Row>> {
        let cursor = self.0.exec(statement, args).map_err(down)?;
        cursor.to_array::<Row>().map_err(down)
    }
}

impl WorkspaceStore for SqlStore {
    fn find(&self, table: Table, key: &str) -> Result<Option<String>> {
        let args = vec![name(table).into(), key.into()];
        let rows = self.run("SELECT key, json FROM record WHERE kind = ? AND key = ?", args)?;
        Ok(rows.into_iter().next().map(|row| row.json))
    }

    fn list(
        &self,
        table: Table,
        prefix: &str,
        newest_first: bool,
        limit: usize,
    ) -> Result<Vec<(String, String)>> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        // By a range of keys, which the primary key finds: only what is answered is read, and paid for.
        let end = end(prefix);
        let below = if end.is_some() { "AND key < ?4" } else { "" };
        let order = if newest_first { "DESC" } else { "ASC" };
        let statement = format!(
            "SELECT key, json FROM record WHERE kind = ?1 AND key >= ?2 {below} ORDER BY key {order} LIMIT ?3"
        );
        let mut args = vec![name(table).into(), prefix.into(), limit.into()];
        args.extend(end.map(SqlStorageValue::from));
        let rows = self.run(&statement, args)?;
        Ok(rows.into_iter().map(|row| (row.key, row.json)).collect())
    }

    fn commit(&self, writes: &[Write]) -> Result<()> {
        // The last write of a key is the one that counts.
        let mut last: BTreeMap<(&str, &str), Option<&str>> = BTreeMap::new();
        for write in writes {
            match write {
                Write::Put { table, key, json } => last.insert((name(*table), key), Some(json)),
                Write::Delete { table, key } => last.insert((name(*table), key), None),
            };
        }
        let (puts, deletes): (Vec<_>, Vec<_>) = last.into_iter().partition(|(_, json)| json.is_some());
        for rows in batches(puts.iter().map(|((kind, key), json)| [*kind, *key, json.unwrap_or_default()]))? {
            let statement = "INSERT OR REPLACE INTO record (kind, key, json) \
                SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)";
            self.run(statement, vec![rows.into()])?;
        }
        for rows in batches(deletes.iter().map(|((kind, key), _)| [*kind, *key]))? {
            let statement = "DELETE FROM record WHERE (kind, key) IN \
                (SELECT value ->> 0, value ->> 1 FROM json_each(?))";
            self.run(statement, vec![rows.into()])?;
        }
        Ok(())
    }
}

/// The first text after all that begin with a prefix, in the order of SQLite, which is that of UTF-8; none where nothing
/// comes after them.
fn end(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

/// Rows as JSON arrays, each as long as one statement may take.
fn batches<'a, const N: usize>(rows: impl Iterator<Item = [&'a str; N]>) -> Result<Vec<String>>
where
    [&'a str; N]: Serialize,
{
    let mut all = Vec::new();
    let mut open = String::new();
    for row in rows {
        let row = serde_json::to_string(&row).map_err(Error::bug)?;
        if !open.is_empty() && open.len() + row.len() + 2 > BATCH {
            all.push(std::mem::take(&mut open) + "]");
        }
        open.push(if open.is_empty() { '[' } else { ',' });
        open.push_str(&row);
    }
    if !open.is_empty() {
        all.push(open + "]");
    }
    Ok(all)
}

/// Names as they are stored; changing one loses records.
const fn name(table: Table) -> &'static str {
    match table {
        Table::Connection => "connection",
        Table::Job => "job",
        Table::Call => "call",
        Table::Answer => "answer",
        Table::Insight => "insight",
        Table::Period => "period",
        Table::Part => "part",
        Table::Notification => "notification",
        Table::Outbox => "outbox",
        Table::Audit => "audit",
        Table::SeenMessage => "seen_message",
        Table::Setting => "setting",
    }
}

fn down(cause: worker::Error) -> Error {
    Error::store(format!("SQLite: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_text_that_has_another() {
        let check =
            |prefix: &str, expect: Option<&str>| assert_eq!(end(prefix).as_deref(), expect, "{prefix}");
        check("2026-10/", Some("2026-100"));
        check("a%_", Some("a%`"));
        check("é", Some("ê"));
        check("\u{d7ff}", Some("\u{e000}"));
        check("a\u{10ffff}", Some("b"));
        check("\u{10ffff}", None);
        check("", None);
        for key in ["2026-10/00000", "2026-10/", "2026-10/\u{10ffff}"] {
            assert!("2026-10/" <= key && key < end("2026-10/").unwrap().as_str(), "{key}");
        }
        assert!("2026-1" < "2026-10/" && "2026-11/0" > end("2026-10/").unwrap().as_str());
    }

    /// Rows of so many bytes come back whole and in order, in statements the platform takes.
    fn check(rows: usize, bytes: usize, expect: usize) {
        let keys: Vec<String> = (0..rows).map(|row| row.to_string()).collect();
        // A quote takes two bytes as JSON.
        let json = "\"".repeat(bytes / 2);
        let batches = batches(keys.iter().map(|key| ["part", key.as_str(), json.as_str()])).unwrap();
        assert_eq!(batches.len(), expect, "{rows} rows of {bytes} bytes");
        assert!(batches.iter().all(|batch| batch.len() <= BATCH.max(bytes + 40)));
        let read: Vec<[String; 3]> =
            batches.iter().flat_map(|batch| serde_json::from_str::<Vec<_>>(batch).unwrap()).collect();
        assert!(read.iter().map(|[_, key, _]| key).eq(&keys));
        assert!(read.iter().all(|[_, _, held]| *held == json));
    }

    #[test]
    fn a_statement_takes_as_many_rows_as_fit() {
        check(0, 0, 0);
        check(1, 10, 1);
        check(2_000, 10, 1);
        check(400, 20_000, 9);
        check(3, 1_500_000, 3);
    }
}
