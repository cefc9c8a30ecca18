#![doc = include_str!("../README.md")]

pub mod address;
pub mod callback;
pub mod cloudflare;
pub mod config;
pub mod cookies;
pub mod dead_letters;
pub mod forward;
pub mod guard;
pub mod headers;
pub mod health;
pub mod instance;
pub mod post_office;
pub mod problem;
pub mod router;
pub mod settings;
pub mod test_clock;
pub mod workspace_object;
pub mod world;

use engine::ports::PartMessage;
use worker::{Context, Env, MessageBatch, Request, Response, ScheduleContext, ScheduledEvent, event};

/// Every request the assets do not answer.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    router::answer(request, env, context).await
}

/// Every ten minutes: what alarms and requests have left undone.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    post_office::sweep(&env).await;
}

/// Parts of reports the decoder gave up on: their workspaces mark them as failed and tell the owner.
#[event(queue)]
async fn queue(batch: MessageBatch<PartMessage>, env: Env, _context: Context) -> worker::Result<()> {
    dead_letters::bury(&batch, &env).await
}
