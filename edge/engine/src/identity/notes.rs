//! What people do outside the routes of a workspace, for its audit log: they sign in, change their password, rename it.
//!
//! A note is written in the transaction of what it tells of, and brought to the workspace's own log afterwards. Brought
//! twice it is taken in once.

use std::future::Future;

use shared::id::WorkspaceId;

use super::serve::IdentityWorld;
use crate::error::Result;
use crate::ports::{Clock, Committed, Identity, IdentityWrite, Note, UserRecord};

/// Notes brought in one go.
const BATCH: u32 = 50;

/// A note for one workspace.
pub fn of_workspace(
    world: &impl IdentityWorld,
    workspace: &WorkspaceId,
    user: &UserRecord,
    event: &str,
    detail: &str,
) -> IdentityWrite {
    let at = world.clock().now();
    IdentityWrite::PutNote(Note {
        id: format!("{workspace}/{event}/{}/{}", user.id, at.as_millisecond()),
        workspace: workspace.clone(),
        at,
        actor: user.email.as_str().to_owned(),
        event: event.to_owned(),
        detail: detail.to_owned(),
    })
}

/// A note for each workspace of a user.
pub async fn of_user(
    world: &impl IdentityWorld,
    user: &UserRecord,
    event: &str,
    detail: &str,
) -> Result<Vec<IdentityWrite>> {
    let workspaces = world.identity().list_workspaces(&user.id).await?;
    Ok(workspaces
        .iter()
        .map(|(workspace, _)| of_workspace(world, &workspace.id, user, event, detail))
        .collect())
}

/// Brings the notes that wait to their workspaces. One that is not taken stays and holds up no other. Returns how many
/// were taken.
pub async fn deliver<F, Done>(world: &impl IdentityWorld, take: F) -> Result<usize>
where
    F: Fn(Note) -> Done,
    Done: Future<Output = Result<()>>,
{
    let mut taken = 0;
    let mut failed = None;
    for note in world.identity().list_notes(world.clock().now(), BATCH).await? {
        match take(note.clone()).await {
            Ok(()) => {
                let done = IdentityWrite::DeleteNote { id: note.id };
                let _noted: Committed = world.identity().commit(&[done]).await?;
                taken += 1;
            }
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(taken), Err)
}
