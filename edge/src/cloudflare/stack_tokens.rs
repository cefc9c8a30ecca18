//! Stack tokens in D1.

use engine::error::Result;
use engine::ports::StackTokens;
use serde::Deserialize;
use shared::{Timestamp, WorkspaceId};

use super::d1::{Database, down};
use crate::sql;

/// The table `stack_token`.
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
}
