//! What anyone may know before signing in: the instance's state and the published template.

use engine::Error;
use engine::error::Result;
use engine::ports::Clock;
use shared::Timestamp;
use shared::api::Instance;
use worker::{Headers, Response};

use crate::config::Config;

/// Answers `GetInstance`.
pub fn describe(config: &Config, clock: &impl Clock) -> Instance {
    let now: Timestamp = clock.now();
    Instance { build: config.build.clone(), now, missing: config.missing.clone() }
}

/// Answers `GetTemplateText`: the text of this build, to read and to keep.
pub fn template() -> Result<Response> {
    let broken = |cause: worker::Error| Error::bug(format!("platform: {cause}"));
    let headers = Headers::new();
    headers.set("content-type", "application/yaml; charset=utf-8").map_err(broken)?;
    headers
        .set("content-disposition", "attachment; filename=\"cloudthread-customer.yaml\"")
        .map_err(broken)?;
    Ok(Response::from_bytes(engine::template::CUSTOMER.as_bytes().to_vec())
        .map_err(broken)?
        .with_headers(headers))
}
