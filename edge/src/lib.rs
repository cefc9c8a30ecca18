#![doc = include_str!("../README.md")]

pub mod callback;
pub mod config;
pub mod health;
pub mod problem;
pub mod router;
pub mod workspace_object;

use worker::{Context, Env, Request, Response, ScheduleContext, ScheduledEvent, event};

/// Every request the assets do not answer.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    router::answer(request, env, context).await
}

/// Every ten minutes: what alarms and requests have left undone.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, _env: Env, _context: ScheduleContext) {}
