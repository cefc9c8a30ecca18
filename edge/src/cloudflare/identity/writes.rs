//! Writes of identity as statements of one batch. Expectations become inserts whose check fails the batch.

use engine::Error;
use engine::error::Result;
use engine::ports::{Expect, IdentityWrite};
use serde::Serialize;

use super::super::d1::Statement;
use crate::sql;

/// The statements of a transaction, in order.
pub fn statements(writes: &[IdentityWrite]) -> Result<Vec<Statement>> {
    let mut statements = Vec::with_capacity(writes.len() + 1);
    let mut expects = false;
    for write in writes {
        expects |= matches!(write, IdentityWrite::Expect(_) | IdentityWrite::TakeLetter { .. });
        push(&mut statements, write)?;
    }
    if expects {
        statements.push(sql!("DELETE FROM expectation"));
    }
    Ok(statements)
}

fn push(to: &mut Vec<Statement>, write: &IdentityWrite) -> Result<()> {
    use IdentityWrite as W;
    let last = match write {
        W::Expect(Expect::PendingOpen { id }) => sql!(
            "INSERT INTO expectation (ok) SELECT count(*) FROM sign_up WHERE id = ?1 AND confirmed_at IS NULL",
            id.as_str(),
        ),
        W::Expect(Expect::ResetOpen { id }) => {
            sql!("INSERT INTO expectation (ok) SELECT count(*) FROM reset WHERE id = ?1", id.as_str())
        }
        W::PutPending(row) => sql!(
            "INSERT OR REPLACE INTO sign_up
                 (id, cookie, link, email, password, workspace_name, generation, code_at, expires_at, confirmed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            row.id.as_str(),
            row.cookie.0.as_str(),
            row.link.0.as_str(),
            row.email.as_str(),
            row.password.as_str(),
            row.workspace_name.as_str(),
            row.generation,
            row.code_at,
            row.expires_at,
            row.confirmed_at,
        ),
        W::PendingConfirmed { id, at } => {
            sql!("UPDATE sign_up SET confirmed_at = ?2 WHERE id = ?1", id.as_str(), *at)
        }
        W::InsertUser(row) => sql!(
            "INSERT INTO user (id, email, password, profile, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            row.id.as_str(),
            row.email.as_str(),
            row.password.as_str(),
            json(&row.profile)?,
            row.created_at,
        ),
        W::SetPassword { user, password } => {
            sql!("UPDATE user SET password = ?2 WHERE id = ?1", user.as_str(), password.as_str())
        }
        W::SetProfile { user, profile } => {
            sql!("UPDATE user SET profile = ?2 WHERE id = ?1", user.as_str(), json(profile)?)
        }
        W::InsertSession(row) => {
            to.push(sql!("UPDATE user SET last_active_at = ?2 WHERE id = ?1", row.user.as_str(), row.started_at));
            sql!(
                "INSERT INTO session (id, token, user, device, started_at, last_used_at, fresh_until)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                row.id.as_str(),
                row.token.0.as_str(),
                row.user.as_str(),
                row.device.as_str(),
                row.started_at,
                row.last_used_at,
                row.fresh_until,
            )
        }
        W::TouchSession { id, user, at } => {
            to.push(sql!("UPDATE user SET last_active_at = ?2 WHERE id = ?1", user.as_str(), *at));
            sql!("UPDATE session SET last_used_at = ?2 WHERE id = ?1", id.as_str(), *at)
        }
        W::SetFresh { id, until } => {
            sql!("UPDATE session SET fresh_until = ?2 WHERE id = ?1", id.as_str(), *until)
        }
        W::DeleteSession { user, id } => {
            sql!("DELETE FROM session WHERE id = ?1 AND user = ?2", id.as_str(), user.as_str())
        }
        W::DeleteSessions { user, except } => sql!(
            "DELETE FROM session WHERE user = ?1 AND id IS NOT ?2",
            user.as_str(),
            except.as_deref(),
        ),
        W::PutDevice { user, token, expires_at } => sql!(
            "INSERT OR REPLACE INTO device (user, token, expires_at) VALUES (?1, ?2, ?3)",
            user.as_str(),
            token.0.as_str(),
            *expires_at,
        ),
        W::DeleteDevices { user, except } => sql!(
            "DELETE FROM device WHERE user = ?1 AND token IS NOT ?2",
            user.as_str(),
            except.as_ref().map(|token| token.0.as_str()),
        ),
        W::InsertReset(row) => sql!(
            "INSERT INTO reset (id, link, user, expires_at) VALUES (?1, ?2, ?3, ?4)",
            row.id.as_str(),
            row.link.0.as_str(),
            row.user.as_ref().map(|user| user.as_str()),
            row.expires_at,
        ),
        W::DeleteResets { user } => sql!("DELETE FROM reset WHERE user = ?1", user.as_str()),
        W::InsertWorkspace(row) => sql!(
            "INSERT INTO workspace (id, name, created_at, delete_at) VALUES (?1, ?2, ?3, ?4)",
            row.id.as_str(),
            row.name.as_str(),
            row.created_at,
            row.delete_at,
        ),
        W::RenameWorkspace { id, name } => {
            sql!("UPDATE workspace SET name = ?2 WHERE id = ?1", id.as_str(), name.as_str())
        }
        W::SetDeletion { id, delete_at } => {
            sql!("UPDATE workspace SET delete_at = ?2 WHERE id = ?1", id.as_str(), *delete_at)
        }
        W::DeleteWorkspace { id } => {
            to.push(sql!("DELETE FROM member WHERE workspace = ?1", id.as_str()));
            to.push(sql!("DELETE FROM stack_token WHERE workspace = ?1", id.as_str()));
            to.push(sql!("DELETE FROM connected_account WHERE workspace = ?1", id.as_str()));
            to.push(sql!("DELETE FROM note WHERE workspace = ?1", id.as_str()));
            sql!("DELETE FROM workspace WHERE id = ?1", id.as_str())
        }
        W::InsertMember { workspace, user, role } => sql!(
            "INSERT OR REPLACE INTO member (workspace, user, role) VALUES (?1, ?2, ?3)",
            workspace.as_str(),
            user.as_str(),
            role.as_str(),
        ),
        W::PutLetter(row) => sql!(
            "INSERT OR REPLACE INTO letter (key, email, kind, tries, next_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            row.key.as_str(),
            row.to.as_str(),
            json(&row.kind)?,
            row.tries,
            row.next_at,
        ),
        W::TakeLetter { key, seen, next_at } => {
            to.push(sql!(
                "INSERT INTO expectation (ok) SELECT count(*) FROM letter WHERE key = ?1 AND tries = ?2",
                key.as_str(),
                *seen,
            ));
            sql!("UPDATE letter SET tries = tries + 1, next_at = ?2 WHERE key = ?1", key.as_str(), *next_at)
        }
        W::DeleteLetter { key } => sql!("DELETE FROM letter WHERE key = ?1", key.as_str()),
        W::PutNote(note) => sql!(
            "INSERT OR IGNORE INTO note (id, workspace, at, actor, event, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            note.id.as_str(),
            note.workspace.as_str(),
            note.at,
            note.actor.as_str(),
            note.event.as_str(),
            note.detail.as_str(),
        ),
        W::DeleteNote { id } => sql!("DELETE FROM note WHERE id = ?1", id.as_str()),
        W::ClearCounter { key } => sql!("DELETE FROM counter WHERE key = ?1", key.as_str()),
    };
    to.push(last);
    Ok(())
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::bug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_leave_nothing_behind() {
        let expect = IdentityWrite::Expect(Expect::ResetOpen { id: "r".to_owned() });
        let written = statements(&[expect]).unwrap();
        assert_eq!(written.last().unwrap().sql, "DELETE FROM expectation");
        let plain = statements(&[IdentityWrite::DeleteLetter { key: "k".to_owned() }]).unwrap();
        assert_eq!(plain.len(), 1);
    }

    // security.md row 65: nothing of a purged workspace stays in D1, and no late callback finds its object.
    #[test]
    fn a_workspace_takes_members_and_stack_tokens_with_it() {
        let id = "00000000-0000-4000-8000-000000000001".parse().unwrap();
        let written = statements(&[IdentityWrite::DeleteWorkspace { id }]).unwrap();
        for table in ["member", "stack_token", "connected_account", "note", "workspace"] {
            let start = format!("DELETE FROM {table} WHERE");
            assert!(written.iter().any(|statement| statement.sql.starts_with(&start)), "{table}");
        }
    }
}
