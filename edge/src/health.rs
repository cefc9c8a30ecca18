//! Readiness: one query to D1, one call into a Durable Object, and the build id.

use engine::Error;
use engine::error::Result;
use shared::api::Health;
use worker::{Env, Method, Request};

use crate::config;

/// The object that answers for all; it belongs to no workspace.
const PROBE: &str = "health";

/// Loads the instance's health; any store that does not answer is an error.
pub async fn load(env: &Env) -> Result<Health> {
    database(env).await.map_err(|cause| Error::store(format!("D1: {cause}")))?;
    object(env).await.map_err(|cause| Error::store(format!("Durable Object: {cause}")))?;
    Ok(Health { status: "ok".to_owned(), build: config::build_id(env) })
}

async fn database(env: &Env) -> worker::Result<()> {
    env.d1("DB")?.prepare("SELECT count(*) AS n FROM user").first::<f64>(Some("n")).await.map(|_| ())
}

async fn object(env: &Env) -> worker::Result<()> {
    let request = Request::new("https://workspace/health", Method::Post)?;
    let response = env.durable_object("WORKSPACE")?.get_by_name(PROBE)?.fetch_with_request(request).await?;
    match response.status_code() {
        200..300 => Ok(()),
        status => Err(worker::Error::RustError(format!("status {status}"))),
    }
}
