//! Empties the outbox. A letter leaves it only once the mailer took it; else it is tried again, ever more rarely.

use jiff::SignedDuration;

use super::access::after;
use super::letters;
use super::serve::IdentityWorld;
use crate::error::Result;
use crate::ports::{Clock, Committed, Identity, IdentityWrite, Letter, Mailer};

/// Tries of one letter, spread over about a day.
const MAX_TRIES: u32 = 12;
/// Letters handed over in one go.
const BATCH: u32 = 20;
/// How long a sender has for one letter before another may try.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// What became of the due letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// Taken by the mailer.
    pub sent: u32,
    /// Tried again later.
    pub delayed: u32,
    /// Given up after a day.
    pub given_up: u32,
    /// Causes, for the log.
    pub causes: Vec<String>,
}

/// Hands all due letters to the mailer.
pub async fn post(world: &impl IdentityWorld, mailer: &impl Mailer, public_url: &str) -> Result<Posted> {
    let mut posted = Posted::default();
    let now = world.clock().now();
    for letter in world.identity().list_due_letters(now, BATCH).await? {
        // Taken first, so that two senders at once do not both send it.
        let taken = Letter { next_at: after(now, LEASE), tries: letter.tries + 1, ..letter.clone() };
        let lease =
            IdentityWrite::TakeLetter { key: letter.key.clone(), seen: letter.tries, next_at: taken.next_at };
        if world.identity().commit(&[lease]).await? == Committed::Refused {
            continue;
        }
        let sent = match letters::render(&letter, world.passwords(), public_url)? {
            Some(mail) => mailer.send(&mail).await,
            None => Ok(()),
        };
        let write = match sent {
            Ok(()) => {
                posted.sent += 1;
                IdentityWrite::DeleteLetter { key: letter.key }
            }
            Err(error) if taken.tries >= MAX_TRIES => {
                posted.given_up += 1;
                posted.causes.push(error.internal);
                IdentityWrite::DeleteLetter { key: letter.key }
            }
            Err(error) => {
                posted.delayed += 1;
                posted.causes.push(error.internal);
                IdentityWrite::PutLetter(Letter { next_at: after(now, pause(taken.tries)), ..taken })
            }
        };
        let _noted: Committed = world.identity().commit(&[write]).await?;
    }
    Ok(posted)
}

/// 30 s, doubling up to four hours.
fn pause(tries: u32) -> SignedDuration {
    SignedDuration::from_secs(30_i64.saturating_mul(1 << tries.saturating_sub(1).min(9)).min(14_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_last_about_a_day() {
        assert_eq!((pause(1).as_secs(), pause(2).as_secs(), pause(10).as_secs()), (30, 60, 14_400));
        let total: i64 = (1..MAX_TRIES).map(|tries| pause(tries).as_secs()).sum();
        assert!((8 * 3_600..=30 * 3_600).contains(&total), "{total}");
    }
}
