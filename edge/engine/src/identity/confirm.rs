//! Confirming an address. The account begins here, with the password given at sign-up, and nowhere earlier.
//!
//! A mail scanner that opens the link confirms nothing: it holds neither the sign-up's cookie nor its password.

use shared::api::{Confirm, Profile};
use shared::id::{UserId, WorkspaceId};
use shared::route::Role;

use super::access::after;
use super::serve::{Call, IdentityWorld, Reply};
use super::{account, limits, notes, password, sign_in, sign_up, tokens};
use crate::error::{Error, Kind, Result};
use crate::ports::{
    Clock, Committed, Entropy, Expect, Identity, IdentityWrite, Passwords, PendingRecord, UserRecord,
    Verdict, WorkspaceRecord,
};

/// Confirms by code, by link in the browser that signed up, or by link and password anywhere.
pub async fn confirm(world: &impl IdentityWorld, call: &Call<'_>, proof: Confirm) -> Result<Reply> {
    let pending = match proof {
        Confirm::Code(code) => by_code(world, call, &code).await?,
        Confirm::Token(token) => by_cookie(world, call, &token).await?,
        Confirm::TokenAndPassword { token, password } => by_password(world, call, &token, &password).await?,
    };
    begin(world, call, pending).await
}

async fn by_code(world: &impl IdentityWorld, call: &Call<'_>, code: &str) -> Result<PendingRecord> {
    let now = world.clock().now();
    let pending = sign_up::find(world, call).await?.ok_or_else(elsewhere)?;
    if pending.confirmed_at.is_some() {
        return Err(used());
    }
    if now >= after(pending.code_at, limits::CODE) {
        return Err(code_refused(
            "code_expired",
            "This code has expired.",
            "Send a new one; it is valid for 10 minutes.",
        ));
    }
    let key = format!("code:{}:{}", pending.id, pending.generation);
    if limits::take(world.identity(), &key, limits::CODE_TRIES, now).await.is_err() {
        return Err(code_refused("code_spent", "Too many wrong codes.", "Send a new one."));
    }
    let expected = tokens::confirm_code(world.passwords(), &pending.id, pending.generation);
    let typed: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if !tokens::same(&typed, expected.reveal()) {
        return Err(code_refused("code_wrong", "This code is wrong.", "Compare it with the latest mail."));
    }
    Ok(pending)
}

async fn by_cookie(world: &impl IdentityWorld, call: &Call<'_>, token: &str) -> Result<PendingRecord> {
    let pending = by_link(world, token).await?;
    let here = sign_up::find(world, call).await?;
    if here.is_some_and(|here| here.id == pending.id) { Ok(pending) } else { Err(elsewhere()) }
}

/// The open sign-up of a link, or why there is none. Only who holds the token learns the reason.
async fn by_link(world: &impl IdentityWorld, token: &str) -> Result<PendingRecord> {
    let found = world.identity().find_pending_by_link(&tokens::hash(token)).await?;
    let pending = found.ok_or_else(unknown_link)?;
    if pending.confirmed_at.is_some() {
        return Err(used());
    }
    if world.clock().now() >= pending.expires_at {
        return Err(Error::new(
            Kind::Invalid,
            "link_expired",
            "This link has expired. It was valid for 24 hours.",
            "Sign up again; a new one comes at once.",
        ));
    }
    Ok(pending)
}

async fn by_password(
    world: &impl IdentityWorld,
    call: &Call<'_>,
    token: &str,
    password: &str,
) -> Result<PendingRecord> {
    let now = world.clock().now();
    let identity = world.identity();
    limits::take(identity, &format!("confirm-ip:{}", call.ip), limits::CONFIRM_BY_IP, now).await?;
    let pending = by_link(world, token).await?;
    limits::take(identity, &format!("confirm:{}", pending.id), limits::PASSWORD, now).await?;
    if !password::is_hashable(password)
        || world.passwords().verify(password, &pending.password)? == Verdict::Wrong
    {
        return Err(Error::new(
            Kind::Invalid,
            "password_wrong",
            "This is not the password given at sign-up.",
            "Or open the link in the browser where you signed up.",
        )
        .on_field("password"));
    }
    Ok(pending)
}

/// Begins the account, its first workspace and a session.
async fn begin(world: &impl IdentityWorld, call: &Call<'_>, pending: PendingRecord) -> Result<Reply> {
    let now = world.clock().now();
    let user = UserRecord {
        id: world.entropy().uuid().parse::<UserId>().map_err(Error::bug)?,
        email: pending.email,
        password: pending.password,
        profile: Profile { shortcuts: true, ..Profile::default() },
        created_at: now,
    };
    let workspace = WorkspaceRecord {
        id: world.entropy().uuid().parse::<WorkspaceId>().map_err(Error::bug)?,
        name: pending.workspace_name,
        created_at: now,
        delete_at: None,
    };
    let (session, cookies, mut writes) = sign_in::start_session(world, call, &user).await?;
    let note = notes::of_workspace(world, &workspace.id, &user, "workspace_begun", &session.device);
    let member = IdentityWrite::InsertMember {
        workspace: workspace.id.clone(),
        user: user.id.clone(),
        role: Role::Owner,
    };
    let mut all = vec![
        IdentityWrite::Expect(Expect::PendingOpen { id: pending.id.clone() }),
        IdentityWrite::PendingConfirmed { id: pending.id, at: now },
        IdentityWrite::InsertUser(user.clone()),
        IdentityWrite::InsertWorkspace(workspace),
        member,
        note,
    ];
    all.append(&mut writes);
    match world.identity().commit(&all).await? {
        Committed::Done => {
            let me = account::me(world, &user, &session).await?;
            Ok(Reply { cookies, ..Reply::json(200, &me)? })
        }
        // Confirmed at the same moment elsewhere, or the address has an account meanwhile.
        Committed::Refused => Err(used()),
    }
}

fn unknown_link() -> Error {
    Error::new(
        Kind::Invalid,
        "link_unknown",
        "This link is incomplete or was changed on its way.",
        "Copy the whole link from the latest mail, or type its code.",
    )
}

fn used() -> Error {
    Error::new(
        Kind::Invalid,
        "link_used",
        "This link was used already: the address is confirmed.",
        "Sign in with the password you chose.",
    )
}

fn elsewhere() -> Error {
    Error::new(
        Kind::Forbidden,
        "confirm_elsewhere",
        "Open this in the browser where you signed up, or enter the password you signed up with.",
        "The link alone confirms nothing: mail scanners follow links too.",
    )
}

fn code_refused(code: &'static str, title: &'static str, hint: &'static str) -> Error {
    Error::new(Kind::Invalid, code, title, hint).on_field("code")
}
