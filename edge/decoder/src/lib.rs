#![doc = include_str!("../README.md")]

mod fetch;
mod merge;
mod object;
mod part;
mod platform;
pub mod reader;
mod rollup;
mod shelves;
mod source;
mod work;
pub mod world;

// The platform's adapters are those of the API Worker.
#[path = "../../src/cloudflare/blobs.rs"]
mod blobs;
#[path = "../../src/cloudflare/entropy.rs"]
mod entropy;
#[path = "../../src/cloudflare/http.rs"]
mod http_out;
#[path = "../../src/cloudflare/pace.rs"]
mod pace;

use engine::Error;
use engine::ports::PartMessage;
use worker::{Context, Env, MessageBatch, MessageExt, QueueRetryOptionsBuilder, console_log, event};

pub use work::work_off;

/// Seconds until a message that failed comes again.
const AGAIN: u32 = 30;

/// Parts of reports, one message at a time.
#[event(queue)]
async fn queue(batch: MessageBatch<PartMessage>, env: Env, _context: Context) -> worker::Result<()> {
    for message in batch.iter() {
        let Ok(message) = message else {
            console_log!("{}", serde_json::json!({ "event": "unreadable_message" }));
            continue;
        };
        let part = message.body();
        let outcome = match platform::Platform::open(&env) {
            Ok(world) => work_off(&world, part).await,
            Err(error) => Err(error),
        };
        let again = match outcome {
            Ok(again) => again,
            Err(error) => {
                log(&error, part);
                Some(AGAIN)
            }
        };
        match again {
            None => message.ack(),
            Some(seconds) => {
                let options = QueueRetryOptionsBuilder::new().with_delay_seconds(seconds).build();
                message.retry_with_options(&options);
            }
        }
    }
    Ok(())
}

fn log(error: &Error, part: &PartMessage) {
    let line = serde_json::json!({
        "event": "failure", "code": error.code, "cause": error.internal,
        "workspace": part.workspace, "period": part.period, "part": part.part,
    });
    console_log!("{line}");
}
