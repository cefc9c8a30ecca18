//! Who calls, and whether they may: the one place that reads a route's `Access`.
//!
//! What is not yours does not exist: a workspace of others answers as one that never was. Only a member who may not do
//! this is told so.

use shared::id::WorkspaceId;
use shared::route::{Access, Role, Route};

use super::serve::{IdentityWorld, Tokens};
use super::{limits, tokens};
use crate::error::{Error, Kind, Result};
use crate::ports::{
    Clock, Committed, Identity, IdentityWrite, PendingRecord, SessionRecord, UserRecord, WorkspaceRecord,
};

/// A signed-in user with the session they use.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Who.
    pub user: UserRecord,
    /// By which session.
    pub session: SessionRecord,
}

/// A caller who may make the call.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one per request")]
pub enum Actor {
    /// Nobody in particular.
    Anyone,
    /// Someone whose sign-up waits.
    Pending(PendingRecord),
    /// A user.
    Signed(Signed),
    /// A member of the workspace the call is about.
    Member(Signed, WorkspaceRecord, Role),
}

impl Actor {
    /// The sign-up that waits.
    pub fn pending(&self) -> Result<&PendingRecord> {
        match self {
            Actor::Pending(pending) => Ok(pending),
            _ => Err(Error::bug("the route was opened to someone without a pending sign-up")),
        }
    }

    /// The user, member of a workspace or not.
    pub fn signed(&self) -> Result<&Signed> {
        match self {
            Actor::Signed(signed) | Actor::Member(signed, ..) => Ok(signed),
            _ => Err(Error::bug("the route was opened to someone not signed in")),
        }
    }

    /// The member, their workspace and role.
    pub fn member(&self) -> Result<(&Signed, &WorkspaceRecord, Role)> {
        match self {
            Actor::Member(signed, workspace, role) => Ok((signed, workspace, *role)),
            _ => Err(Error::bug("the route was opened to someone who is no member")),
        }
    }
}

/// Decides whether the browser with these tokens may call the route; `params` are the route's, decoded.
///
/// `Sns` and `Test` routes prove themselves by other means than a cookie and pass here.
pub async fn authorise(
    world: &impl IdentityWorld,
    route: Route,
    params: &[String],
    tokens: &Tokens,
) -> Result<Actor> {
    match route.access() {
        Access::Public | Access::Sns | Access::Test => Ok(Actor::Anyone),
        Access::PendingSignUp => pending(world, tokens).await.map(Actor::Pending),
        Access::Session => signed(world, tokens).await.map(Actor::Signed),
        Access::FreshSession => {
            let signed = signed(world, tokens).await?;
            fresh(world, &signed)?;
            Ok(Actor::Signed(signed))
        }
        Access::Workspace(role) => member(world, tokens, params, role).await,
        Access::FreshWorkspace(role) => {
            let actor = member(world, tokens, params, role).await?;
            fresh(world, actor.signed()?)?;
            Ok(actor)
        }
    }
}

/// The sign-up whose cookie this is, unless its link has died.
pub async fn find_pending(world: &impl IdentityWorld, tokens: &Tokens) -> Result<Option<PendingRecord>> {
    let Some(cookie) = &tokens.pending else { return Ok(None) };
    let pending = world.identity().find_pending(&tokens::hash(cookie.reveal())).await?;
    Ok(pending.filter(|pending| world.clock().now() < pending.expires_at))
}

async fn pending(world: &impl IdentityWorld, tokens: &Tokens) -> Result<PendingRecord> {
    find_pending(world, tokens).await?.ok_or_else(|| {
        Error::new(
            Kind::Unauthenticated,
            "no_pending_sign_up",
            "No sign-up waits in this browser.",
            "Sign up, or sign in if you confirmed your address already.",
        )
    })
}

async fn signed(world: &impl IdentityWorld, tokens: &Tokens) -> Result<Signed> {
    let now = world.clock().now();
    let signed_out =
        || Error::new(Kind::Unauthenticated, "signed_out", "You are not signed in.", "Sign in to go on.");
    let token = tokens.session.as_ref().ok_or_else(signed_out)?;
    let found = world.identity().find_session(&tokens::hash(token.reveal())).await?;
    let (session, user) = found.ok_or_else(signed_out)?;
    if now >= ends_at(&session) || now >= idle_until(&session) {
        let gone = IdentityWrite::DeleteSession { user: user.id, id: session.id };
        let _ended: Committed = world.identity().commit(&[gone]).await?;
        return Err(Error::new(
            Kind::Unauthenticated,
            "session_expired",
            "Your sign-in has ended.",
            "Sign in again; what you were doing is kept on this page.",
        ));
    }
    // Noted to the minute: a page that polls must not write with every question.
    if now.duration_since(session.last_used_at).as_secs() >= 60 {
        let touch = IdentityWrite::TouchSession { id: session.id.clone(), user: user.id.clone(), at: now };
        let _noted: Committed = world.identity().commit(&[touch]).await?;
        return Ok(Signed { user, session: SessionRecord { last_used_at: now, ..session } });
    }
    Ok(Signed { user, session })
}

/// When a session ends if it is not used.
pub fn idle_until(session: &SessionRecord) -> shared::Timestamp {
    after(session.last_used_at, limits::IDLE).min(ends_at(session))
}

/// When a session ends in any case.
pub fn ends_at(session: &SessionRecord) -> shared::Timestamp {
    after(session.started_at, limits::ABSOLUTE)
}

/// Sessions that began no later than this have ended in any case.
pub fn oldest_session_start(now: shared::Timestamp) -> shared::Timestamp {
    now.checked_sub(limits::ABSOLUTE).unwrap_or(shared::Timestamp::MIN)
}

/// Sign-ups that expired before this are forgotten. Until then a late press is told why its link is dead.
pub fn oldest_expired_sign_up(now: shared::Timestamp) -> shared::Timestamp {
    now.checked_sub(limits::REASON_KEPT).unwrap_or(shared::Timestamp::MIN)
}

/// A later moment.
pub fn after(moment: shared::Timestamp, duration: jiff::SignedDuration) -> shared::Timestamp {
    moment.checked_add(duration).unwrap_or(shared::Timestamp::MAX)
}

fn fresh(world: &impl IdentityWorld, signed: &Signed) -> Result<()> {
    if world.clock().now() < signed.session.fresh_until {
        return Ok(());
    }
    Err(Error::new(
        Kind::Forbidden,
        "reauthenticate",
        "Enter your password to go on.",
        "It was last entered more than five minutes ago.",
    ))
}

async fn member(
    world: &impl IdentityWorld,
    tokens: &Tokens,
    params: &[String],
    least: Role,
) -> Result<Actor> {
    let signed = signed(world, tokens).await?;
    let id: WorkspaceId = params.first().and_then(|id| id.parse().ok()).ok_or_else(not_found)?;
    let found = world.identity().find_membership(&signed.user.id, &id).await?;
    let now = world.clock().now();
    let (workspace, role) =
        found.filter(|(workspace, _)| workspace.delete_at.is_none_or(|at| now < at)).ok_or_else(not_found)?;
    if role < least {
        let title = format!("Your role in this workspace is {}.", name(role));
        let hint = format!("Ask someone who is {} or more.", name(least));
        return Err(Error::new(Kind::Forbidden, "role_too_low", title, hint));
    }
    Ok(Actor::Member(signed, workspace, role))
}

/// There is no such thing, or it is not the caller's: which of both stays unsaid.
pub fn not_found() -> Error {
    Error::new(
        Kind::NotFound,
        "not_found",
        "There is nothing at this address.",
        "Check the address, or go back to your workspace.",
    )
}

const fn name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Member => "Member",
        Role::Admin => "Admin",
        Role::Owner => "Owner",
    }
}
