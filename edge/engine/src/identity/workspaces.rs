//! Workspaces as identity knows them: name, members, and an end that can be taken back for a week.

use std::future::Future;

use shared::api::{DeleteWorkspace, RenameWorkspace, WorkspaceSummary};
use shared::id::WorkspaceId;
use shared::route::Role;

use super::access::{Signed, after};
use super::serve::{IdentityWorld, Reply};
use super::{limits, notes, sign_up};
use crate::error::{Error, Kind, Result};
use crate::ports::{Clock, Committed, Identity, IdentityWrite, Letter, LetterKind, WorkspaceRecord};

type Member<'a> = (&'a Signed, &'a WorkspaceRecord, Role);

/// Who belongs to it.
pub async fn list_members(world: &impl IdentityWorld, (_, workspace, _): Member<'_>) -> Result<Reply> {
    Reply::json(200, &world.identity().list_members(&workspace.id).await?)
}

/// Gives it another name.
pub async fn rename(
    world: &impl IdentityWorld,
    (signed, workspace, role): Member<'_>,
    form: RenameWorkspace,
) -> Result<Reply> {
    let name = sign_up::workspace_name(&form.name).map_err(|error| error.on_field("name"))?;
    let note = notes::of_workspace(world, &workspace.id, &signed.user, "workspace_renamed", &name);
    let write = IdentityWrite::RenameWorkspace { id: workspace.id.clone(), name: name.clone() };
    let _unconditional: Committed = world.identity().commit(&[write, note]).await?;
    Reply::json(200, &summary(WorkspaceRecord { name, ..workspace.clone() }, role))
}

/// Asks for its end, in seven days. Asking again changes nothing.
pub async fn delete(
    world: &impl IdentityWorld,
    (signed, workspace, _): Member<'_>,
    form: DeleteWorkspace,
) -> Result<Reply> {
    if form.name.trim() != workspace.name {
        return Err(Error::new(
            Kind::Invalid,
            "name_differs",
            "This is not the workspace's name.",
            "Type it exactly as it is shown.",
        )
        .on_field("name"));
    }
    if workspace.delete_at.is_some() {
        return Ok(Reply::nothing());
    }
    let now = world.clock().now();
    let delete_at = after(now, limits::UNDO);
    let letter = Letter {
        key: format!("deletion:{}:{}", workspace.id, delete_at.as_second()),
        to: signed.user.email.clone(),
        kind: LetterKind::WorkspaceDeletion { name: workspace.name.clone(), delete_at },
        tries: 0,
        next_at: now,
    };
    let ask = IdentityWrite::SetDeletion { id: workspace.id.clone(), delete_at: Some(delete_at) };
    let note = notes::of_workspace(world, &workspace.id, &signed.user, "deletion_asked", "");
    let writes = [ask, IdentityWrite::PutLetter(letter), note];
    let _unconditional: Committed = world.identity().commit(&writes).await?;
    Ok(Reply::nothing())
}

/// Takes the deletion back.
pub async fn restore(world: &impl IdentityWorld, (signed, workspace, role): Member<'_>) -> Result<Reply> {
    let note = notes::of_workspace(world, &workspace.id, &signed.user, "deletion_taken_back", "");
    let write = IdentityWrite::SetDeletion { id: workspace.id.clone(), delete_at: None };
    let _unconditional: Committed = world.identity().commit(&[write, note]).await?;
    Reply::json(200, &summary(WorkspaceRecord { delete_at: None, ..workspace.clone() }, role))
}

/// Purges workspaces whose week is over: first all that `purge` erases, then what identity knows. A purge that fails is
/// tried again the next time; the workspace answers nobody meanwhile. Returns how many are gone.
pub async fn forget_deleted<F, Done>(world: &impl IdentityWorld, purge: F) -> Result<usize>
where
    F: Fn(WorkspaceId) -> Done,
    Done: Future<Output = Result<()>>,
{
    let mut gone = 0;
    let mut failed = None;
    for id in world.identity().list_due_deletions(world.clock().now(), 20).await? {
        match purge(id.clone()).await {
            Ok(()) => {
                let forget = IdentityWrite::DeleteWorkspace { id };
                let _gone: Committed = world.identity().commit(&[forget]).await?;
                gone += 1;
            }
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(gone), Err)
}

fn summary(workspace: WorkspaceRecord, role: Role) -> WorkspaceSummary {
    WorkspaceSummary { id: workspace.id, name: workspace.name, role, delete_at: workspace.delete_at }
}
