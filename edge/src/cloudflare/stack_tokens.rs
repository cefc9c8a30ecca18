//! Stack tokens and connected accounts in D1.

use engine::error::Result;
use engine::ports::StackTokens;
use serde::Deserialize;
use shared::{AccountId, Timestamp, WorkspaceId};

use super::d1::{Database, down};
use crate::sql;

/// The tables `stack_token` and `connected_account`.
pub struct D1StackTokens(Database);

impl D1StackTokens {
    /// Over this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }
}

#[derive(Deserialize)]
struct Row {
    workspace: String,
}

impl StackTokens for D1StackTokens {
    async fn remember(&self, hash: &str, workspace: &WorkspaceId, at: Timestamp) -> Result<()> {
        let write = sql!(
            "INSERT INTO stack_token (hash, workspace, created_at) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO NOTHING",
            hash,
            workspace.as_str(),
            at
        );
        self.0.batch(&[write]).await?.map_err(|refusal| down(format!("{refusal:?}")))?;
        Ok(())
    }

    async fn find(&self, hash: &str) -> Result<Option<WorkspaceId>> {
        let row = self.0.find::<Row>(sql!("SELECT workspace FROM stack_token WHERE hash = ?1", hash)).await?;
        row.map(|row| row.workspace.parse().map_err(down)).transpose()
    }

    async fn claim(&self, account: &AccountId, workspace: &WorkspaceId) -> Result<u32> {
        let write = sql!(
            "INSERT OR REPLACE INTO connected_account (workspace, account) VALUES (?1, ?2)",
            workspace.as_str(),
            account.as_str()
        );
        self.0.batch(&[write]).await?.map_err(|refusal| down(format!("{refusal:?}")))?;
        let others = sql!(
            "SELECT workspace FROM connected_account WHERE account = ?1 AND workspace <> ?2 LIMIT 100",
            account.as_str(),
            workspace.as_str()
        );
        Ok(u32::try_from(self.0.list::<Row>(others).await?.len()).unwrap_or(u32::MAX))
    }

    async fn release(&self, workspace: &WorkspaceId) -> Result<()> {
        let write = sql!("DELETE FROM connected_account WHERE workspace = ?1", workspace.as_str());
        self.0.batch(&[write]).await?.map_err(|refusal| down(format!("{refusal:?}")))?;
        Ok(())
    }
}
