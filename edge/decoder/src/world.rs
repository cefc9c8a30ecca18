//! What working off a message needs from outside, as ports: workerd's bindings in `platform`, a simulation in tests.

use std::future::Future;

use engine::error::{Error, Result};
use engine::ports::{Blobs, Endpoints, Experience, Http, Pace};
use futures_util::FutureExt;
use ledger::limits;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::WorkspaceId;

/// All ports of a message.
#[allow(missing_docs, reason = "each is documented at its port")]
pub trait World {
    type Object: Object;
    type Http: Http;
    type Pace: Pace;
    type Blobs: Blobs;

    fn object(&self) -> &Self::Object;
    fn http(&self) -> &Self::Http;
    fn pace(&self) -> &Self::Pace;
    fn blobs(&self) -> &Self::Blobs;
    fn endpoints(&self) -> &Endpoints;
    fn experience(&self) -> &Experience;
    fn limits(&self) -> Limits;
}

/// The Workspace object.
pub trait Object {
    /// Asks it something, JSON for JSON; `engine::ingest::protocol` lists what.
    fn ask(&self, workspace: &WorkspaceId, what: &str, body: String) -> impl Future<Output = Result<String>>;
}

/// How large things may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file. An operator may raise it: nobody holds a whole file.
    pub file: u64,
    /// Bytes that one message reads; a part that needs more is cut.
    pub part: u64,
    /// Bytes of what a message leaves behind; a part that comes to more is cut.
    pub partial: usize,
    /// Resources held by themselves.
    pub resources: ledger::resources::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: limits::FILE,
            part: 128 * 1024 * 1024,
            partial: ledger::partial::PARTIAL_BYTES,
            resources: ledger::resources::Limits::default(),
        }
    }
}

impl Limits {
    /// With files of so many MiB, as an operator sets it; never less than usual.
    pub fn with_file_mib(self, text: &str) -> Option<Self> {
        let bytes = text.trim().parse::<u64>().ok()?.checked_mul(1024 * 1024)?;
        Some(Self { file: bytes.max(self.file), ..self })
    }
}

/// Asks the object something typed.
pub async fn ask<W: World, T: DeserializeOwned>(
    world: &W,
    workspace: &WorkspaceId,
    what: &str,
    body: &impl Serialize,
) -> Result<T> {
    let body = serde_json::to_string(body).map_err(Error::bug)?;
    // Boxed: else each caller would hold a copy of what is the same for all.
    let answer = world.object().ask(workspace, what, body).boxed_local().await?;
    serde_json::from_str(&answer).map_err(Error::bug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_raises_the_limit_of_files_and_lowers_none() {
        let file = |text: &str| Limits::default().with_file_mib(text).map(|limits| limits.file);
        assert_eq!(file("4096"), Some(4 << 30));
        assert_eq!(file("1"), Some(limits::FILE));
        assert_eq!(file("much"), None);
        assert_eq!(file("99999999999999999999"), None);
    }
}
