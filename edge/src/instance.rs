//! What anyone may know before signing in: the instance's state and the published template.

use engine::error::Result;
use engine::ports::Clock;
use shared::Timestamp;
use shared::api::Instance;
use worker::Response;

use crate::config::Config;

/// Answers `GetInstance`.
pub fn describe(config: &Config, clock: &impl Clock) -> Instance {
    let now: Timestamp = clock.now();
    Instance { build: config.build.clone(), now, missing: config.missing.clone() }
}

/// Answers `GetTemplateText`: the text as this build publishes it, to read and to keep.
pub fn template() -> Result<Response> {
    Err(engine::identity::not_found())
}
