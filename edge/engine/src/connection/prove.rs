//! The four proofs. A role is ours when it can be assumed with our external id, and with nothing else, and belongs to
//! the account its name says. Only AWS's own "AccessDenied" counts as a refusal; silence proves nothing.

use aws::session_policy;
use aws::sts::{AssumeRole, GetCallerIdentity, SessionName};
use shared::api::Topic;
use shared::{Money, Timestamp};

use super::happen::happen;
use super::record::{self, Connection, Held, Proof};
use super::step::Event;
use crate::error::Result;
use crate::ports::{Clock, Entropy, StackTokens, Write};
use crate::workspace::jobs;
use crate::workspace::notifications::{self, News};
use crate::workspace::session::{self, Failure, RoleAccess};
use crate::workspace::world::World;

/// Seconds between tries while AWS spreads a new role; the last one repeats.
const PATIENCE: [i64; 5] = [5, 10, 20, 40, 60];
/// Seconds after which a refusal is no matter of spreading any more.
const SPREADING: i64 = 600;
/// Seconds until an answer that proves nothing is asked for again.
const UNKNOWN_AGAIN: i64 = 10;

/// What one proof said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It holds.
    Holds,
    /// It does not.
    Fails(&'static str, Option<(String, String)>),
    /// AWS refused our own id: not spread yet, or gone.
    Refused(Option<(String, String)>),
    /// Nothing is known.
    Unknown,
}

/// Proves the role of a connection that waits for it.
pub async fn run<W: World>(world: &W) -> Result<Option<Timestamp>> {
    let Some(before) = record::find(world)?
        .filter(|connection| connection.state == shared::api::ConnectionState::VerifyingRole)
    else {
        return Ok(None);
    };
    let Some(access) = before.access() else { return Ok(None) };
    let mut proof = before.proof.clone();
    let finding = all(world, &access, &mut proof).await?;
    let others = match finding {
        Finding::Holds => world.stack_tokens().claim(&access.role.account(), world.workspace()).await?,
        _ => 0,
    };
    let now = world.clock().now();
    let Some(mut connection) = record::reload(world, &before)? else { return Ok(None) };
    proof.tries = proof.tries.saturating_add(1);
    let since = *proof.since.get_or_insert(now);
    let held = |reason: &str, aws: Option<(String, String)>| Held { aws, ..Held::new(reason, now) };
    match finding {
        Finding::Holds => {
            proof.proven_at = Some(now);
            let writes = if others > 0 { shared_account(world, &connection)? } else { Vec::new() };
            happen(world, connection, Event::Proven(proof), writes)?;
            Ok(None)
        }
        Finding::Fails(reason, aws) => {
            happen(world, connection, Event::NotProven(held(reason, aws)), Vec::new())?;
            Ok(None)
        }
        Finding::Refused(aws) if now.duration_since(since).as_secs() >= SPREADING => {
            happen(world, connection, Event::NotProven(held("trust_refused", aws)), Vec::new())?;
            Ok(None)
        }
        Finding::Refused(_) => {
            let place =
                usize::try_from(proof.tries.saturating_sub(1)).unwrap_or(usize::MAX).min(PATIENCE.len() - 1);
            keep(world, &mut connection, proof)?;
            Ok(PATIENCE.get(place).map(|seconds| jobs::after_seconds(now, *seconds)))
        }
        Finding::Unknown => {
            keep(world, &mut connection, proof)?;
            Ok(Some(jobs::after_seconds(now, UNKNOWN_AGAIN)))
        }
    }
}

/// The owner learns that the account has another reader; which one is nobody's business.
fn shared_account<W: World>(world: &W, connection: &Connection) -> Result<Vec<Write>> {
    let news = News {
        key: format!("{}/account-shared", connection.id),
        topic: Topic::Connection,
        title: "This AWS account is connected to another workspace too".to_owned(),
        text: "Both read it by roles and external ids of their own, and neither sees the other's figures. \
               If that surprises you, look for stacks named cloudthread in the account."
            .to_owned(),
        page: Some("settings/connection"),
        needs_action: false,
    };
    notifications::tell(world, &news, &connection.notify_email)
}

fn keep<W: World>(world: &W, connection: &mut Connection, proof: Proof) -> Result<()> {
    connection.proof = proof;
    record::save(world, connection)
}

/// Makes the proofs in their order, noting each that holds. The first that does not ends it.
pub async fn all<W: World>(world: &W, access: &RoleAccess, proof: &mut Proof) -> Result<Finding> {
    let credentials = match session::credentials(world, access, "prove", session_policy::watch(None)).await {
        Ok(credentials) => credentials,
        Err(failure) if session::is_access_denied(&failure) => return Ok(Finding::Refused(words(&failure))),
        Err(Failure::Ours(error)) => return Err(error),
        Err(Failure::Aws(_)) => return Ok(Finding::Unknown),
    };
    proof.assumed = true;
    let wrong = world.entropy().uuid();
    for (external_id, holds) in [(None, &mut proof.refused_without), (Some(wrong), &mut proof.refused_wrong)]
    {
        match refused(world, access, external_id).await? {
            Finding::Holds => *holds = true,
            other => return Ok(other),
        }
    }
    match session::call(world, &credentials, &GetCallerIdentity, "prove whose role it is", Money::ZERO).await
    {
        Ok(caller) if caller.account == access.role.account() => {
            proof.same_account = true;
            Ok(Finding::Holds)
        }
        Ok(_) => Ok(Finding::Fails("wrong_account", None)),
        Err(Failure::Ours(error)) => Err(error),
        Err(Failure::Aws(_)) => Ok(Finding::Unknown),
    }
}

/// Whether AWS refuses the role to anyone with this external id, or none.
async fn refused<W: World>(world: &W, access: &RoleAccess, external_id: Option<String>) -> Result<Finding> {
    let operation = AssumeRole {
        role: access.role.clone(),
        session_name: SessionName::new(world.workspace(), "prove"),
        external_id,
        // Should it succeed after all, the session can do nothing.
        policy: Some(session_policy::nothing()),
    };
    match session::call_as_operator(world, &operation, "prove that others are refused").await {
        Ok(_) => Ok(Finding::Fails("trust_too_open", None)),
        Err(failure) if session::is_access_denied(&failure) => Ok(Finding::Holds),
        Err(Failure::Ours(error)) => Err(error),
        Err(Failure::Aws(_)) => Ok(Finding::Unknown),
    }
}

/// AWS's code and request id.
fn words(failure: &Failure) -> Option<(String, String)> {
    match failure {
        Failure::Aws(error) => Some((error.code.clone(), error.request_id.clone())),
        Failure::Ours(_) => None,
    }
}
