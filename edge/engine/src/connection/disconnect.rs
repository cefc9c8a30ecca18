//! The proof that access has ended: AWS refuses us twice, a minute apart. Nothing else is asked of AWS after a
//! disconnect.

use aws::session_policy;
use aws::sts::{AssumeRole, SessionName};
use shared::Timestamp;
use shared::api::ConnectionState;

use super::record;
use super::step::{Event, happen};
use crate::error::Result;
use crate::ports::Clock;
use crate::workspace::jobs;
use crate::workspace::session::{self, Failure};
use crate::workspace::world::World;

/// Seconds between two refusals that prove it.
const APART: i64 = 60;
/// Tries a minute apart; further ones are an hour apart.
const EAGER_TRIES: u32 = 15;
/// Hours after which the role is said to be still live.
const PATIENCE_HOURS: i64 = 24;

/// Tries the role once more.
pub async fn run<W: World>(world: &W) -> Result<Option<Timestamp>> {
    let Some(before) =
        record::find(world)?.filter(|connection| connection.state == ConnectionState::Disconnecting)
    else {
        return Ok(None);
    };
    let Some(access) = before.access() else { return Ok(None) };
    let operation = AssumeRole {
        role: access.role,
        session_name: SessionName::new(world.workspace(), "disconnect"),
        external_id: Some(access.external_id.as_str().to_owned()),
        policy: Some(session_policy::nothing()),
    };
    let outcome = session::call_as_operator(world, &operation, "prove that access has ended").await;
    let is_refused = match outcome {
        Ok(_) => Some(false),
        Err(failure) if session::is_access_denied(&failure) => Some(true),
        Err(Failure::Ours(error)) => return Err(error),
        Err(Failure::Aws(_)) => None,
    };
    let now = world.clock().now();
    let Some(mut connection) = record::reload(world, &before)? else { return Ok(None) };
    let Some(ending) = connection.ending.as_mut() else { return Ok(None) };
    ending.tries = ending.tries.saturating_add(1);
    match is_refused {
        Some(true) => {
            let last = ending.refused_at.last().copied();
            if last.is_none_or(|last| now.duration_since(last).as_secs() >= APART) {
                ending.refused_at.push(now);
            }
        }
        Some(false) => ending.refused_at.clear(),
        None => {}
    }
    let is_proven = ending.refused_at.len() >= 2;
    let is_given_up = now > jobs::after_hours(ending.asked_at, PATIENCE_HOURS);
    let wait = if ending.tries < EAGER_TRIES || !ending.refused_at.is_empty() { APART } else { 3_600 };
    record::save(world, &connection)?;
    if is_proven {
        happen(world, connection, Event::AccessEnded, Vec::new())?;
        return Ok(None);
    }
    Ok((!is_given_up).then(|| jobs::after_seconds(now, wait)))
}
