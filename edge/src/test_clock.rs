//! Development only: the route that moves the clock, and a network address of choice. Without a test key neither
//! exists.

use engine::Error;
use engine::error::{Kind, Result};
use engine::identity;
use shared::api::MoveClock;
use worker::{Env, Request, Response};

use crate::cloudflare::clock;
use crate::config::Config;
use crate::forward;

/// Answers `MoveClock`: 204 once the clock is moved and what became due has run.
pub async fn answer(mut request: Request, env: &Env, config: &Config) -> Result<Response> {
    if !holds_key(&request, config) {
        return Err(identity::not_found());
    }
    let form: MoveClock = request.json().await.map_err(|cause| {
        let title = "The request is not what this address expects.";
        Error::new(Kind::Invalid, "body_invalid", title, "Send {\"now\": …}.").because(cause)
    })?;
    clock::advance(env, form.now).await?;
    if let Some(workspace) = form.run {
        let woken = forward::internal(env, &workspace, "wake", None).await?;
        if !(200..300).contains(&woken.status_code()) {
            return Err(Error::store(format!("workspace object: wake answered {}", woken.status_code())));
        }
    }
    Response::empty()
        .map(|empty| empty.with_status(204))
        .map_err(|cause| Error::bug(format!("platform: {cause}")))
}

/// The network address a test speaks from: header `x-test-ip`, believed with the test key alone.
pub fn ip(request: &Request, config: &Config) -> Option<String> {
    let claimed = request.headers().get("x-test-ip").ok().flatten()?;
    holds_key(request, config).then_some(claimed)
}

fn holds_key(request: &Request, config: &Config) -> bool {
    let shown = request.headers().get("x-test-key").ok().flatten();
    match (&config.test_key, shown) {
        (Some(key), Some(shown)) => identity::same_secret(key.reveal(), &shown),
        _ => false,
    }
}
