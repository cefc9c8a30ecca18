//! One part: claimed, read, stored, reported.

use bytes::Bytes;
use engine::error::Result;
use engine::ingest::protocol::{
    Accepted, FailureCause, PartClaim, PartDone, PartFailed, PartSplit, PartTask,
};
use engine::ports::{BlobKey, Blobs, PartMessage};
use ledger::Counts;
use sha2::{Digest, Sha256};

use crate::merge;
use crate::reader::{self, Failure, Outcome, Question};
use crate::source::S3Source;
use crate::work::receipt;
use crate::world::{World, ask};

/// What became of a claimed part.
enum Came {
    Stored(Counts),
    Split(Vec<(u32, u32)>),
}

/// Works off one message.
pub async fn decode<W: World>(world: &W, message: &PartMessage) -> Result<Accepted> {
    let task = match ask::<_, PartClaim>(world, &message.workspace, "part/claim", message).await? {
        PartClaim::Drop => return Ok(Accepted::default()),
        PartClaim::Read(task) => task,
    };
    let key = partial_key(&task);
    let (message, piece) = (message.clone(), task.piece.clone());
    let workspace = &message.workspace.clone();
    match come_to(world, &message, &task, &key).await {
        Ok(Came::Stored(counts)) => {
            let done = PartDone { message, piece, partial: key.0, receipt: receipt(&counts) };
            ask(world, workspace, "part/done", &done).await
        }
        Ok(Came::Split(ranges)) => {
            ask(world, workspace, "part/split", &PartSplit { message, piece, ranges }).await
        }
        Err(Failure::Late) => Ok(Accepted::default()),
        Err(Failure::Theirs(cause, words)) => {
            ask(world, workspace, "part/failed", &PartFailed { message, cause, words }).await
        }
        Err(Failure::Ours(error)) => {
            // The object learns that this reader lives, if it can be reached; the failure is logged and tried again.
            let words = "Cloudthread's own storage did not answer.".to_owned();
            let failed = PartFailed { message, cause: FailureCause::Upstream, words };
            let _ = ask::<_, Accepted>(world, workspace, "part/failed", &failed).await;
            Err(error)
        }
    }
}

async fn come_to<W: World>(
    world: &W,
    message: &PartMessage,
    task: &PartTask,
    key: &BlobKey,
) -> std::result::Result<Came, Failure> {
    // What was read before is not read again. Bytes that are no partial are written anew.
    match merge::head(world, &key.0).await {
        Ok(head) => return Ok(Came::Stored(head.counts)),
        Err(merge::Failure::Ours(error)) => return Err(error.into()),
        Err(_) => {}
    }
    let question = Question {
        piece: &task.piece,
        period: task.period,
        size: task.size,
        columns: &task.columns,
        splits: task.splits,
        limits: world.limits(),
    };
    let source = S3Source::new(world, message, task);
    match reader::read(&source, &question).await? {
        Outcome::Split(ranges) => Ok(Came::Split(ranges)),
        Outcome::Partial(bytes, counts) => {
            world.blobs().put(key, Bytes::from(bytes)).await?;
            Ok(Came::Stored(counts))
        }
    }
}

/// The partial's name: a function of everything it depends on, and of nothing else.
fn partial_key(task: &PartTask) -> BlobKey {
    let mut hash = Sha256::new();
    let piece = &task.piece;
    let groups = format!("{:?}", piece.row_groups);
    let inputs = [
        piece.key.as_str(),
        &piece.etag,
        &groups,
        &task.period.to_string(),
        &ledger::partial::VERSION.to_string(),
    ];
    for input in inputs.into_iter().chain(piece.tracked_tags.iter().map(String::as_str)) {
        hash.update((input.len() as u64).to_be_bytes());
        hash.update(input.as_bytes());
    }
    BlobKey(format!("{}/partial/{}", task.workspace, hex::encode(hash.finalize())))
}
