//! The audit log: append-only, each row's hash covers the one before, so that a changed or missing row shows.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::Timestamp;
use shared::api::AuditRow;

use super::records::{self, PAGE};
use super::world::World;
use crate::error::Result;
use crate::ports::{Clock, Note, Table, WorkspaceStore, Write};

/// Where the chain stands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Head {
    rows: u64,
    hash: String,
}

/// Who acts when nobody of the workspace does.
pub const CLOUDTHREAD: &str = "Cloudthread";

/// The writes that append rows (event, detail) by one actor. Commit them with what they tell of.
pub fn append<W: World>(world: &W, actor: &str, rows: &[(&str, String)]) -> Result<Vec<Write>> {
    append_at(world, world.clock().now(), actor, rows)
}

/// Takes in a note of identity, once however often it is brought. It bears the moment it tells of.
pub fn take_note<W: World>(world: &W, note: &Note) -> Result<()> {
    let seen = format!("note/{}", note.id);
    if world.store().find(Table::SeenMessage, &seen)?.is_some() {
        return Ok(());
    }
    let mut writes = append_at(world, note.at, &note.actor, &[(&note.event, note.detail.clone())])?;
    writes.push(records::put(Table::SeenMessage, seen, &note.at)?);
    world.store().commit(&writes)
}

fn append_at<W: World>(world: &W, at: Timestamp, actor: &str, rows: &[(&str, String)]) -> Result<Vec<Write>> {
    let mut head: Head = records::find(world.store(), Table::Setting, "audit")?.unwrap_or_default();
    let mut writes = Vec::with_capacity(rows.len() + 1);
    for (event, detail) in rows {
        let hash = link(&head.hash, at, actor, event, detail);
        let row = AuditRow {
            at,
            actor: actor.to_owned(),
            event: (*event).to_owned(),
            detail: detail.clone(),
            hash: hash.clone(),
        };
        writes.push(records::put(Table::Audit, format!("{:012}", head.rows), &row)?);
        head = Head { rows: head.rows + 1, hash };
    }
    writes.push(records::put(Table::Setting, "audit", &head)?);
    Ok(writes)
}

/// Appends one row by itself.
pub fn log<W: World>(world: &W, actor: &str, event: &str, detail: impl Into<String>) -> Result<()> {
    world.store().commit(&append(world, actor, &[(event, detail.into())])?)
}

/// The newest rows.
pub fn list<W: World>(world: &W) -> Result<Vec<AuditRow>> {
    let rows = records::list(world.store(), Table::Audit, "", true, PAGE)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// Whether every row's hash follows from the one before; `rows` oldest first, from the first row on.
pub fn is_unbroken(rows: &[AuditRow]) -> bool {
    let mut before = String::new();
    rows.iter().all(|row| {
        let holds = row.hash == link(&before, row.at, &row.actor, &row.event, &row.detail);
        before.clone_from(&row.hash);
        holds
    })
}

fn link(before: &str, at: Timestamp, actor: &str, event: &str, detail: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [before, &at.to_string(), actor, event, detail] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex::encode(hasher.finalize())
}
