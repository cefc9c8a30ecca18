//! Counters, taken in one statement: what fifty requests read before they write cannot come between.

use engine::error::Result;
use engine::ports::{Count, Limit, Taken};
use serde::Deserialize;
use shared::Timestamp;

use super::super::d1::{Arg, Database, Statement, down, moment};
use crate::sql;

#[derive(Deserialize)]
struct Row {
    count: f64,
    next_at: f64,
    ends_at: f64,
}

#[derive(Deserialize)]
struct Number {
    count: f64,
}

/// Takes one, if the limit allows it now.
pub async fn take(database: &Database, key: &str, limit: Limit, now: Timestamp) -> Result<Taken> {
    let read = sql!("SELECT count, next_at, ends_at FROM counter WHERE key = ?1", key);
    let results =
        database.batch(&[statement(key, limit, now), read]).await?.map_err(|r| down(format!("{r:?}")))?;
    let mut results = results.into_iter();
    let taken = match results.next() {
        Some(result) => result.results::<Number>().map_err(down)?.into_iter().next(),
        None => None,
    };
    if let Some(number) = taken {
        return Ok(Taken::Yes { count: whole(number.count) });
    }
    let row = match results.next() {
        Some(result) => result.results::<Row>().map_err(down)?.into_iter().next(),
        None => None,
    };
    let row = row.ok_or_else(|| down("a counter was neither taken nor found"))?;
    let waits_for = match limit {
        Limit::Backoff { max, .. } if whole(row.count) < max => row.next_at,
        Limit::Backoff { .. } | Limit::Window { .. } => row.ends_at,
    };
    Ok(Taken::No { until: moment(waits_for)? })
}

/// How a counter stands.
pub async fn find(database: &Database, key: &str, now: Timestamp) -> Result<Option<Count>> {
    let question =
        sql!("SELECT count, next_at, ends_at FROM counter WHERE key = ?1 AND ends_at > ?2", key, now);
    let row = database.find::<Row>(question).await?;
    row.map(|row| Ok(Count { count: whole(row.count), ends_at: moment(row.ends_at)? })).transpose()
}

fn statement(key: &str, limit: Limit, now: Timestamp) -> Statement {
    let millis = |seconds: u32| Arg::Number(f64::from(seconds) * 1_000.0);
    match limit {
        Limit::Window { max, seconds } => sql!(
            "INSERT INTO counter (key, count, next_at, ends_at) VALUES (?1, 1, ?2, ?2 + ?4)
             ON CONFLICT (key) DO UPDATE SET
                 count = iif(ends_at <= ?2, 1, count + 1),
                 ends_at = iif(ends_at <= ?2, ?2 + ?4, ends_at)
             WHERE ends_at <= ?2 OR count < ?3
             RETURNING count",
            key,
            now,
            max,
            millis(seconds),
        ),
        // The pause after failure n: none below `free`, then 30 s doubling to an hour, as `Limit::pause_after` has it.
        Limit::Backoff { free, max } => sql!(
            "INSERT INTO counter (key, count, next_at, ends_at) VALUES (?1, 1, ?2 + ?6, ?2 + ?5)
             ON CONFLICT (key) DO UPDATE SET
                 count = iif(ends_at <= ?2, 1, count + 1),
                 next_at = ?2 + iif(ends_at <= ?2, ?6,
                     iif(count + 1 < ?4, 0, min(3600000, 30000 << min(count + 1 - ?4, 7)))),
                 ends_at = ?2 + ?5
             WHERE ends_at <= ?2 OR (count < ?3 AND next_at <= ?2)
             RETURNING count",
            key,
            now,
            max,
            free,
            millis(Limit::BACKOFF_MEMORY),
            millis(limit.pause_after(1)),
        ),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are small and whole")]
fn whole(number: f64) -> u32 {
    number as u32
}
