//! The end of the queue: messages the decoder failed at too often. Each goes to its workspace, which knows what to do;
//! one that cannot be handed over comes again.

use engine::Error;
use engine::error::Result;
use engine::ports::PartMessage;
use worker::{Env, MessageBatch, MessageExt, console_log};

use crate::{forward, problem};

/// Hands every message to its workspace, as `part/dead`.
pub async fn bury(batch: &MessageBatch<PartMessage>, env: &Env) -> worker::Result<()> {
    for message in batch.iter() {
        // What cannot be read today cannot be read tomorrow: it is logged and let go.
        let message = match message {
            Ok(message) => message,
            Err(cause) => {
                log(&Error::bug(format!("unreadable dead letter: {cause}")));
                continue;
            }
        };
        match tell(env, message.body()).await {
            Ok(()) => message.ack(),
            Err(error) => {
                log(&error);
                message.retry();
            }
        }
    }
    Ok(())
}

async fn tell(env: &Env, part: &PartMessage) -> Result<()> {
    let body = serde_json::to_vec(part).map_err(Error::bug)?;
    let response = forward::internal(env, &part.workspace, "part/dead", Some(&body)).await?;
    match response.status_code() {
        200..300 => Ok(()),
        status => Err(Error::store(format!("workspace object: part/dead answered {status}"))),
    }
}

fn log(error: &Error) {
    console_log!("{}", problem::log_line(error, "dead-letter"));
}
