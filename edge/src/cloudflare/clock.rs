//! The present. With a test key it may stand elsewhere: as far off as `MoveClock` put it.

use engine::Error;
use engine::error::{Kind, Result};
use engine::ports::Clock;
use serde::Deserialize;
use shared::Timestamp;
use worker::{Date, Env};

use super::d1::Database;
use crate::{config, sql};

/// A moment taken at the beginning of an event, so that one event has one present.
#[derive(Clone, Copy, Debug)]
pub struct EventClock {
    now: Timestamp,
    offset_ms: i64,
}

impl EventClock {
    /// How far the clock was moved: a real alarm for a moment is set so much earlier.
    pub const fn offset_ms(&self) -> i64 {
        self.offset_ms
    }
}

impl Clock for EventClock {
    fn now(&self) -> Timestamp {
        self.now
    }
}

#[derive(Deserialize)]
struct Offset {
    offset_ms: f64,
}

/// Reads the clock. Without a test key there is no offset, and D1 is not asked.
#[allow(clippy::cast_possible_truncation, reason = "offsets are whole milliseconds far below 2^53")]
pub async fn load(env: &Env) -> Result<EventClock> {
    let offset_ms = if config::find(env, "TEST_KEY").is_some() {
        let row = Database::of(env)?.find::<Offset>(sql!("SELECT offset_ms FROM test_clock")).await?;
        row.map_or(0, |row| row.offset_ms as i64)
    } else {
        0
    };
    at(offset_ms)
}

/// Moves the clock on; an earlier moment than the present is refused.
pub async fn advance(env: &Env, to: Timestamp) -> Result<EventClock> {
    let before = load(env).await?;
    if to < before.now {
        let title = "The clock moves forward only.";
        return Err(Error::new(Kind::Conflict, "clock_backwards", title, "Name a later moment."));
    }
    let offset_ms = before.offset_ms + to.as_millisecond() - before.now.as_millisecond();
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let write = sql!(
        "INSERT INTO test_clock (id, offset_ms) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET offset_ms = ?1",
        super::d1::Arg::Number(offset_ms as f64),
    );
    Database::of(env)?.batch(&[write]).await?.map_err(|refusal| Error::bug(format!("{refusal:?}")))?;
    at(offset_ms)
}

fn at(offset_ms: i64) -> Result<EventClock> {
    let millis = i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX).saturating_add(offset_ms);
    let now = Timestamp::from_millisecond(millis).map_err(|_| Error::bug("the clock is out of range"))?;
    Ok(EventClock { now, offset_ms })
}
