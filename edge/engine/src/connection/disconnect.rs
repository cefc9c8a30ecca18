//! The proof that access has ended: AWS refuses us twice, a minute apart, and once in every sub-account that is known.
//! Nothing else is asked of AWS after a disconnect.

use aws::session_policy;
use aws::sts::{AssumeRole, SessionName};
use shared::api::ConnectionState;
use shared::{AccountId, RoleArn, Timestamp};

use super::happen::happen;
use super::record::{self, Connection, Ending};
use super::step::Event;
use crate::error::Result;
use crate::ports::{Clock, StackTokens};
use crate::workspace::jobs;
use crate::workspace::session::{self, Failure};
use crate::workspace::world::World;

/// Seconds between two refusals that prove it.
const APART: i64 = 60;
/// Tries a minute apart; further ones are an hour apart.
const EAGER_TRIES: u32 = 15;
/// Hours after which the role is said to be still live.
const PATIENCE_HOURS: i64 = 24;

/// Roles of sub-accounts asked in one run.
const AT_ONCE: usize = 50;

/// Tries the role once more; once it refuses for good, those of the sub-accounts.
pub async fn run<W: World>(world: &W) -> Result<Option<Timestamp>> {
    let Some(before) =
        record::find(world)?.filter(|connection| connection.state == ConnectionState::Disconnecting)
    else {
        return Ok(None);
    };
    let Some(access) = before.access() else { return Ok(None) };
    let is_refused = is_refused(world, access.role, access.external_id.as_str().to_owned()).await?;
    if is_refused == Some(true) {
        world.stack_tokens().release(world.workspace()).await?;
    }
    let now = world.clock().now();
    let Some(mut connection) = record::reload(world, &before)? else { return Ok(None) };
    let Some(ending) = connection.ending.as_mut() else { return Ok(None) };
    ending.tries = ending.tries.saturating_add(1);
    match is_refused {
        Some(true) => {
            let last = ending.refused_at.last().copied();
            let is_apart = last.is_none_or(|last| now.duration_since(last).as_secs() >= APART);
            if is_apart && ending.refused_at.len() < 2 {
                ending.refused_at.push(now);
            }
        }
        Some(false) => ending.refused_at.clear(),
        None => {}
    }
    let is_proven = ending.refused_at.len() >= 2;
    let is_given_up = now > jobs::after_hours(ending.asked_at, PATIENCE_HOURS);
    // A first refusal is followed up whenever it comes.
    let is_half_proven = ending.refused_at.len() == 1;
    let wait = if ending.tries < EAGER_TRIES || is_half_proven { APART } else { 3_600 };
    record::save(world, &connection)?;
    if is_proven {
        let Some(connection) = ask_members(world, connection).await? else { return Ok(None) };
        if connection.ending.as_ref().is_none_or(|ending| ending.members_left().next().is_none()) {
            happen(world, connection, Event::AccessEnded, Vec::new())?;
            return Ok(None);
        }
    }
    Ok((is_half_proven || !is_given_up).then(|| jobs::after_seconds(now, wait)))
}

/// Tries the roles of sub-accounts that have not refused yet. The connection as it stands afterwards, if it still does.
async fn ask_members<W: World>(world: &W, before: Connection) -> Result<Option<Connection>> {
    let left = before.ending.iter().flat_map(Ending::members_left);
    let mut refused: Vec<AccountId> = Vec::new();
    for member in left.take(AT_ONCE) {
        let Some((role, external_id)) = before.member_access(member) else { continue };
        if is_refused(world, role, external_id).await? == Some(true) {
            refused.push(member.clone());
        }
    }
    let Some(mut connection) = record::reload(world, &before)? else { return Ok(None) };
    if let Some(ending) = connection.ending.as_mut() {
        ending.members_refused.extend(refused);
    }
    record::save(world, &connection)?;
    Ok(Some(connection))
}

/// Whether AWS refuses us a role; none when its answer proves nothing.
async fn is_refused<W: World>(world: &W, role: RoleArn, external_id: String) -> Result<Option<bool>> {
    let operation = AssumeRole {
        role,
        session_name: SessionName::new(world.workspace(), "disconnect"),
        external_id: Some(external_id),
        policy: Some(session_policy::nothing()),
    };
    match session::call_as_operator(world, &operation, "prove that access has ended").await {
        Ok(_) => Ok(Some(false)),
        Err(failure) if session::is_access_denied(&failure) => Ok(Some(true)),
        Err(Failure::Ours(error)) => Err(error),
        Err(Failure::Aws(_)) => Ok(None),
    }
}
