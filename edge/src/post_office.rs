//! Work that follows an answer or a timer: letters leave, what has run out is forgotten, lost alarms are set again.

use engine::Error;
use engine::error::Result;
use engine::identity::{self, IdentityWorld};
use engine::ports::{Clock, Identity};
use shared::WorkspaceId;
use worker::{Context, Env, Response, console_log};

use crate::cloudflare::mailer::EdgeMailer;
use crate::config::Config;
use crate::world::EdgeWorld;
use crate::{forward, problem};

/// Workspaces woken per question to D1.
const PAGE: u32 = 100;

/// Sends what lies in the outbox, once the answer is out.
pub fn open_after(env: &Env, context: &Context) {
    let env = env.clone();
    context.wait_until(async move {
        for (what, outcome) in [("outbox", post(&env).await), ("notes", bring_notes(&env).await)] {
            if let Err(error) = outcome {
                console_log!("{}", problem::log_line(&error, what));
            }
        }
    });
}

/// Every ten minutes. Each part is tried, whatever became of the one before.
pub async fn sweep(env: &Env) {
    let outcomes = [
        ("outbox", post(env).await),
        ("notes", bring_notes(env).await),
        ("deletions", forget_deleted(env).await),
        ("expired", forget_expired(env).await),
        ("alarms", wake_all(env).await),
    ];
    for (what, outcome) in outcomes {
        if let Err(error) = outcome {
            console_log!("{}", problem::log_line(&error, what));
        }
    }
}

async fn post(env: &Env) -> Result<()> {
    let config = Config::of(env)?;
    let world = EdgeWorld::open(env, &config).await?;
    let posted = identity::post(&world, &EdgeMailer::new(env, &config), &config.public_url).await?;
    if posted.delayed > 0 || posted.given_up > 0 {
        let line = serde_json::json!({
            "event": "mail_failed",
            "delayed": posted.delayed,
            "given_up": posted.given_up,
            "causes": posted.causes,
        });
        console_log!("{line}");
    }
    Ok(())
}

/// Brings what people did to the audit logs of their workspaces.
async fn bring_notes(env: &Env) -> Result<()> {
    let world = EdgeWorld::open(env, &Config::of(env)?).await?;
    identity::deliver_notes(&world, |note| async move {
        let body = serde_json::to_vec(&note).map_err(Error::bug)?;
        taken(forward::internal(env, &note.workspace, "note", Some(&body)).await?, "note")
    })
    .await?;
    Ok(())
}

/// Purges each workspace whose week is over: its object erases figures and state, then D1 forgets it.
async fn forget_deleted(env: &Env) -> Result<()> {
    let world = EdgeWorld::open(env, &Config::of(env)?).await?;
    identity::forget_deleted(&world, |workspace| async move { tell(env, &workspace, "purge").await }).await?;
    Ok(())
}

async fn forget_expired(env: &Env) -> Result<()> {
    let world = EdgeWorld::open(env, &Config::of(env)?).await?;
    world.identity().forget_expired(world.clock().now()).await
}

/// An alarm gives up after six failures: each object looks whether it has one due, and sets it again.
async fn wake_all(env: &Env) -> Result<()> {
    let world = EdgeWorld::open(env, &Config::of(env)?).await?;
    let mut after = String::new();
    let mut failed = None;
    loop {
        let page = world.identity().list_workspace_ids(&after, PAGE).await?;
        let Some(last) = page.last() else { return failed.map_or(Ok(()), Err) };
        after = last.as_str().to_owned();
        for workspace in &page {
            if let Err(error) = tell(env, workspace, "wake").await {
                failed = Some(error);
            }
        }
    }
}

async fn tell(env: &Env, workspace: &WorkspaceId, what: &str) -> Result<()> {
    taken(forward::internal(env, workspace, what, None).await?, what)
}

fn taken(response: Response, what: &str) -> Result<()> {
    match response.status_code() {
        200..300 => Ok(()),
        status => Err(Error::store(format!("workspace object: {what} answered {status}"))),
    }
}
