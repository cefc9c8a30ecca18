//! One message of the queue, worked off.

use engine::error::Result;
use engine::ingest::protocol::{Accepted, Receipt, Total};
use engine::ports::{BlobKey, Blobs, PartMessage};
use ledger::Counts;
use shared::Money;

use crate::world::World;
use crate::{merge, part};

/// Times a deletion is tried.
const TRIES: u32 = 3;

/// Works off one message: reads a part, or merges a month. Answers after how many seconds it is to come again, if it is.
pub async fn work_off<W: World>(world: &W, message: &PartMessage) -> Result<Option<u32>> {
    let Accepted { again_after, discard } = match message.part {
        Some(_) => part::decode(world, message).await?,
        None => merge::merge(world, message).await?,
    };
    throw_away(world, discard).await?;
    Ok(again_after)
}

/// Deletes blobs nobody will find again: the message comes back to nothing, so this is tried more than once.
async fn throw_away<W: World>(world: &W, discard: Vec<String>) -> Result<()> {
    if discard.is_empty() {
        return Ok(());
    }
    let keys: Vec<BlobKey> = discard.into_iter().map(BlobKey).collect();
    for _ in 1..TRIES {
        if world.blobs().delete(&keys).await.is_ok() {
            return Ok(());
        }
    }
    world.blobs().delete(&keys).await
}

/// Counts as the object wants them.
pub fn receipt(counts: &Counts) -> Receipt {
    Receipt {
        rows: counts.rows,
        left_out: counts.left_out,
        rejected: counts.rejected,
        outside_period: counts.outside_period,
        unknown: counts.unknown,
        first_day: counts.first_day,
        last_day: counts.last_day,
        is_final: counts.is_final,
        totals: counts
            .totals
            .iter()
            .map(|(currency, (billed_cost, effective_cost))| Total {
                currency: *currency,
                billed_cost: *billed_cost,
                effective_cost: *effective_cost,
                outside_cost: counts.outside_totals.get(currency).map_or(Money::ZERO, |(billed, _)| *billed),
            })
            .collect(),
    }
}
