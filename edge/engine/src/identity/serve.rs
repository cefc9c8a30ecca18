//! One call in, one reply out: the routes that identity answers itself.

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::route::Route;

use super::access::Actor;
use super::{account, confirm, reset, sign_in, sign_up, workspaces};
use crate::Secret;
use crate::error::{Error, Kind, Result};
use crate::ports::{Clock, Entropy, Identity, Passwords};

/// What identity needs from outside.
pub trait IdentityWorld {
    /// Users, sessions, workspaces.
    type Identity: Identity;
    /// Password hashes and derived tokens.
    type Passwords: Passwords;
    /// The present.
    type Clock: Clock;
    /// Randomness.
    type Entropy: Entropy;
    /// See the type.
    fn identity(&self) -> &Self::Identity;
    /// See the type.
    fn passwords(&self) -> &Self::Passwords;
    /// See the type.
    fn clock(&self) -> &Self::Clock;
    /// See the type.
    fn entropy(&self) -> &Self::Entropy;
}

/// The tokens a browser brought along.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// Of its session.
    pub session: Option<Secret<String>>,
    /// Of its pending sign-up.
    pub pending: Option<Secret<String>>,
    /// Of the device.
    pub device: Option<Secret<String>>,
}

/// A call of the API, guards passed.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Which route.
    pub route: Route,
    /// Its decoded parameters.
    pub params: Vec<String>,
    /// The body as it came.
    pub body: &'a [u8],
    /// What the browser holds.
    pub tokens: Tokens,
    /// The network address the platform vouches for.
    pub ip: &'a str,
    /// What the browser calls itself.
    pub user_agent: &'a str,
}

/// A token for the browser to keep, or to drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// Signed in.
    Session(Option<Secret<String>>),
    /// Waiting for confirmation.
    Pending(Option<Secret<String>>),
    /// Known device.
    Device(Option<Secret<String>>),
}

/// What to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 200, 202 or 204.
    pub status: u16,
    /// JSON, when there is any.
    pub body: Option<String>,
    /// Cookies to set.
    pub cookies: Vec<Cookie>,
    /// Whether the browser shall forget what it stored.
    pub clear_site_data: bool,
}

impl Reply {
    /// 204.
    pub fn nothing() -> Self {
        Self { status: 204, body: None, cookies: Vec::new(), clear_site_data: false }
    }

    /// A status with a body.
    pub fn json(status: u16, body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_string(body).map_err(Error::bug)?;
        Ok(Self { status, body: Some(body), ..Self::nothing() })
    }

    /// With a cookie.
    pub fn cookie(mut self, cookie: Cookie) -> Self {
        self.cookies.push(cookie);
        self
    }
}

/// Answers a call the actor may make.
pub async fn serve(world: &impl IdentityWorld, actor: &Actor, call: &Call<'_>) -> Result<Reply> {
    match call.route {
        Route::SignUp => sign_up::sign_up(world, call, read(call)?).await,
        Route::GetSignUp => sign_up::show(world, actor.pending()?).await,
        Route::ResendSignUp => sign_up::resend(world, actor.pending()?).await,
        Route::Confirm => confirm::confirm(world, call, read(call)?).await,
        Route::SignIn => sign_in::sign_in(world, call, read(call)?).await,
        Route::SignOut => sign_in::sign_out(world, call).await,
        Route::Forgot => reset::forgot(world, call, read(call)?).await,
        Route::Reset => reset::reset(world, call, read(call)?).await,
        Route::GetMe => account::show(world, actor.signed()?).await,
        Route::Reauthenticate => account::reauthenticate(world, actor.signed()?, read(call)?).await,
        Route::PutProfile => account::put_profile(world, actor.signed()?, read(call)?).await,
        Route::PutPassword => account::put_password(world, actor.signed()?, call, read(call)?).await,
        Route::ListSessions => account::list_sessions(world, actor.signed()?).await,
        Route::DeleteSession => account::delete_session(world, actor.signed()?, call.param(0)?).await,
        Route::ListMembers => workspaces::list_members(world, actor.member()?).await,
        Route::PutWorkspace => workspaces::rename(world, actor.member()?, read(call)?).await,
        Route::DeleteWorkspace => workspaces::delete(world, actor.member()?, read(call)?).await,
        Route::RestoreWorkspace => workspaces::restore(world, actor.member()?).await,
        route => Err(Error::bug(format!("{} is not identity's", route.name()))),
    }
}

/// Whether [`serve`] answers this route.
pub const fn serves(route: Route) -> bool {
    matches!(
        route,
        Route::SignUp
            | Route::GetSignUp
            | Route::ResendSignUp
            | Route::Confirm
            | Route::SignIn
            | Route::SignOut
            | Route::Forgot
            | Route::Reset
            | Route::GetMe
            | Route::Reauthenticate
            | Route::PutProfile
            | Route::PutPassword
            | Route::ListSessions
            | Route::DeleteSession
            | Route::ListMembers
            | Route::PutWorkspace
            | Route::DeleteWorkspace
            | Route::RestoreWorkspace
    )
}

impl Call<'_> {
    fn param(&self, place: usize) -> Result<&str> {
        self.params
            .get(place)
            .map(String::as_str)
            .ok_or_else(|| Error::bug("the route has no such parameter"))
    }
}

/// Reads a body strictly: unknown and doubled fields, wrong types and deep nesting are refused.
fn read<T: DeserializeOwned>(call: &Call<'_>) -> Result<T> {
    // serde_json's messages may quote the input, which may be a password: only its place is kept.
    serde_json::from_slice(call.body).map_err(|cause| {
        Error::new(
            Kind::Invalid,
            "body_invalid",
            "The request is not what this address expects.",
            "Reload the page and try again.",
        )
        .because(format!(
            "{:?} at line {} column {}",
            cause.classify(),
            cause.line(),
            cause.column()
        ))
    })
}
