//! What is known across workspaces: which one a stack token belongs to, because a callback names none, and how many
//! read the same account. D1 on Cloudflare.

use std::future::Future;

use shared::{AccountId, Timestamp, WorkspaceId};

use crate::error::Result;

/// Finds workspaces by the hash of a stack token. Tokens themselves are never stored here.
pub trait StackTokens {
    /// Remembers a token's hash (hexadecimal SHA-256) for a workspace.
    fn remember(
        &self,
        hash: &str,
        workspace: &WorkspaceId,
        at: Timestamp,
    ) -> impl Future<Output = Result<()>>;
    /// The workspace of a token.
    fn find(&self, hash: &str) -> impl Future<Output = Result<Option<WorkspaceId>>>;
    /// Notes that a workspace reads this account, and no other. How many other workspaces read it too.
    fn claim(&self, account: &AccountId, workspace: &WorkspaceId) -> impl Future<Output = Result<u32>>;
    /// The workspace reads no account any more.
    fn release(&self, workspace: &WorkspaceId) -> impl Future<Output = Result<()>>;
}
