//! Which workspace a stack token belongs to: D1 on Cloudflare, because a callback names no workspace.

use std::future::Future;

use shared::{Timestamp, WorkspaceId};

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
}
