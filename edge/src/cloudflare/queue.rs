//! The queue of report parts.

use engine::error::{Error, Result};
use engine::ports::{PartMessage, Queue};
use worker::Env;

/// The binding `PARTS`.
pub struct PartQueue(worker::Queue);

impl PartQueue {
    /// Opens the binding.
    pub fn of(env: &Env) -> Result<Self> {
        env.queue("PARTS").map(Self).map_err(down)
    }
}

impl Queue for PartQueue {
    async fn send(&self, messages: &[PartMessage]) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        self.0.send_batch(messages.to_vec()).await.map_err(down)
    }
}

fn down(cause: worker::Error) -> Error {
    Error::store(format!("queue: {cause}"))
}
