//! Identity on D1: one question per method, one batch per transaction.

mod counters;
mod rows;
mod writes;

use engine::Error;
use engine::error::Result;
use engine::identity::Email;
use engine::ports::{
    Committed, Count, Identity, IdentityWrite, Letter, Limit, Note, PendingRecord, ResetRecord,
    SessionRecord, Taken, TokenHash, UserRecord, WorkspaceRecord,
};
use serde::Deserialize;
use shared::api::MemberRow;
use shared::route::Role;
use shared::{Timestamp, UserId, WorkspaceId};

use super::d1::{Database, Refusal};
use crate::sql;

/// Identity in the database.
pub struct D1Identity {
    database: Database,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

impl D1Identity {
    /// On this database.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Workspaces in the order of their ids, after `after`, for the sweeper.
    pub async fn list_workspace_ids(&self, after: &str, limit: u32) -> Result<Vec<WorkspaceId>> {
        let question = sql!("SELECT id FROM workspace WHERE id > ?1 ORDER BY id LIMIT ?2", after, limit);
        self.database.list::<Id>(question).await?.into_iter().map(|row| rows::id(&row.id)).collect()
    }
}

impl Identity for D1Identity {
    async fn find_user_by_email(&self, email: &Email) -> Result<Option<UserRecord>> {
        let question = sql!("SELECT * FROM user WHERE email = ?1", email.as_str());
        self.database.find::<rows::User>(question).await?.map(TryInto::try_into).transpose()
    }

    async fn find_user(&self, user: &UserId) -> Result<Option<UserRecord>> {
        let question = sql!("SELECT * FROM user WHERE id = ?1", user.as_str());
        self.database.find::<rows::User>(question).await?.map(TryInto::try_into).transpose()
    }

    async fn find_pending(&self, cookie: &TokenHash) -> Result<Option<PendingRecord>> {
        let question = sql!("SELECT * FROM sign_up WHERE cookie = ?1", cookie.0.as_str());
        self.database.find::<rows::SignUp>(question).await?.map(TryInto::try_into).transpose()
    }

    async fn find_pending_by_link(&self, link: &TokenHash) -> Result<Option<PendingRecord>> {
        let question = sql!("SELECT * FROM sign_up WHERE link = ?1", link.0.as_str());
        self.database.find::<rows::SignUp>(question).await?.map(TryInto::try_into).transpose()
    }

    async fn find_session(&self, token: &TokenHash) -> Result<Option<(SessionRecord, UserRecord)>> {
        let question = sql!(
            "SELECT s.id AS s_id, s.token AS s_token, s.user AS s_user, s.device AS s_device,
                    s.started_at AS s_started_at, s.last_used_at AS s_last_used_at, s.fresh_until AS s_fresh_until,
                    u.id, u.email, u.password, u.profile, u.created_at
             FROM session s JOIN user u ON u.id = s.user WHERE s.token = ?1",
            token.0.as_str(),
        );
        self.database.find::<rows::SessionWithUser>(question).await?.map(TryInto::try_into).transpose()
    }

    async fn list_sessions(&self, user: &UserId) -> Result<Vec<SessionRecord>> {
        let question = sql!(
            "SELECT * FROM session WHERE user = ?1 ORDER BY started_at DESC, id LIMIT 100",
            user.as_str()
        );
        self.database.list::<rows::Session>(question).await?.into_iter().map(TryInto::try_into).collect()
    }

    async fn knows_device(&self, user: &UserId, token: &TokenHash, now: Timestamp) -> Result<bool> {
        let question = sql!(
            "SELECT token AS id FROM device WHERE user = ?1 AND token = ?2 AND expires_at > ?3",
            user.as_str(),
            token.0.as_str(),
            now,
        );
        Ok(self.database.find::<Id>(question).await?.is_some())
    }

    async fn find_reset(&self, link: &TokenHash) -> Result<Option<ResetRecord>> {
        let question = sql!("SELECT * FROM reset WHERE link = ?1", link.0.as_str());
        self.database.find::<rows::Reset>(question).await?.map(TryInto::try_into).transpose()
    }

    async fn list_workspaces(&self, user: &UserId) -> Result<Vec<(WorkspaceRecord, Role)>> {
        let question = sql!(
            "SELECT w.id, w.name, w.created_at, w.delete_at, m.role
             FROM member m JOIN workspace w ON w.id = m.workspace
             WHERE m.user = ?1 ORDER BY w.name, w.id LIMIT 200",
            user.as_str(),
        );
        self.database.list::<rows::Workspace>(question).await?.into_iter().map(TryInto::try_into).collect()
    }

    async fn find_membership(
        &self,
        user: &UserId,
        workspace: &WorkspaceId,
    ) -> Result<Option<(WorkspaceRecord, Role)>> {
        let question = sql!(
            "SELECT w.id, w.name, w.created_at, w.delete_at, m.role
             FROM member m JOIN workspace w ON w.id = m.workspace
             WHERE m.user = ?1 AND m.workspace = ?2",
            user.as_str(),
            workspace.as_str(),
        );
        self.database.find::<rows::Workspace>(question).await?.map(TryInto::try_into).transpose()
    }

    async fn list_members(&self, workspace: &WorkspaceId) -> Result<Vec<MemberRow>> {
        let question = sql!(
            "SELECT u.id, u.email, u.profile, u.last_active_at, m.role
             FROM member m JOIN user u ON u.id = m.user
             WHERE m.workspace = ?1 ORDER BY u.email LIMIT 1000",
            workspace.as_str(),
        );
        self.database.list::<rows::Member>(question).await?.into_iter().map(TryInto::try_into).collect()
    }

    async fn list_due_letters(&self, now: Timestamp, limit: u32) -> Result<Vec<Letter>> {
        let question = sql!("SELECT * FROM letter WHERE next_at <= ?1 ORDER BY next_at LIMIT ?2", now, limit);
        self.database.list::<rows::LetterRow>(question).await?.into_iter().map(TryInto::try_into).collect()
    }

    async fn list_notes(&self, now: Timestamp, limit: u32) -> Result<Vec<Note>> {
        let question = sql!(
            "SELECT n.* FROM note n JOIN workspace w ON w.id = n.workspace
             WHERE w.delete_at IS NULL OR w.delete_at > ?1 ORDER BY n.at LIMIT ?2",
            now,
            limit
        );
        self.database.list::<rows::NoteRow>(question).await?.into_iter().map(TryInto::try_into).collect()
    }

    async fn list_due_deletions(&self, now: Timestamp, limit: u32) -> Result<Vec<WorkspaceId>> {
        let question = sql!("SELECT id FROM workspace WHERE delete_at <= ?1 LIMIT ?2", now, limit);
        self.database.list::<Id>(question).await?.into_iter().map(|row| rows::id(&row.id)).collect()
    }

    async fn take(&self, key: &str, limit: Limit, now: Timestamp) -> Result<Taken> {
        counters::take(&self.database, key, limit, now).await
    }

    async fn find_count(&self, key: &str, now: Timestamp) -> Result<Option<Count>> {
        counters::find(&self.database, key, now).await
    }

    async fn commit(&self, writes: &[IdentityWrite]) -> Result<Committed> {
        let statements = writes::statements(writes)?;
        match self.database.batch(&statements).await? {
            Ok(_) => Ok(Committed::Done),
            Err(Refusal::Expectation | Refusal::Unique) => Ok(Committed::Refused),
        }
    }

    async fn forget_expired(&self, now: Timestamp) -> Result<()> {
        let ended = engine::identity::oldest_session_start(now);
        let statements = [
            sql!("DELETE FROM sign_up WHERE expires_at <= ?1", engine::identity::oldest_expired_sign_up(now)),
            sql!("DELETE FROM session WHERE started_at <= ?1", ended),
            sql!("DELETE FROM device WHERE expires_at <= ?1", now),
            sql!("DELETE FROM reset WHERE expires_at <= ?1", now),
            sql!("DELETE FROM counter WHERE ends_at <= ?1", now),
        ];
        let outcome = self.database.batch(&statements).await?;
        outcome.map(|_| ()).map_err(|refusal| Error::bug(format!("forgetting was refused: {refusal:?}")))
    }
}
