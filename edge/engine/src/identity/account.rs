//! The signed-in user: who they are, how they like it, where they are signed in.

use shared::api::{ChangePassword, Me, Profile, Reauthenticate, SessionRow, WorkspaceSummary};

use super::access::{self, Signed, after};
use super::serve::{Call, IdentityWorld, Reply};
use super::{limits, notes, password, sign_up, tokens};
use crate::error::{Error, Kind, Result};
use crate::ports::{
    Clock, Committed, Entropy, Identity, IdentityWrite, Letter, LetterKind, Passwords, SessionRecord,
    UserRecord, Verdict,
};

/// The user with their workspaces and the ends of this session.
pub async fn me(world: &impl IdentityWorld, user: &UserRecord, session: &SessionRecord) -> Result<Me> {
    let now = world.clock().now();
    let workspaces = world.identity().list_workspaces(&user.id).await?;
    let summary = |(workspace, role): (crate::ports::WorkspaceRecord, _)| WorkspaceSummary {
        id: workspace.id,
        name: workspace.name,
        role,
        delete_at: workspace.delete_at,
    };
    Ok(Me {
        user: user.id.clone(),
        email: user.email.as_str().to_owned(),
        profile: user.profile.clone(),
        workspaces: workspaces
            .into_iter()
            .filter(|(workspace, _)| workspace.delete_at.is_none_or(|at| now < at))
            .map(summary)
            .collect(),
        idle_until: access::idle_until(session),
        ends_at: access::ends_at(session),
        fresh_until: Some(session.fresh_until).filter(|until| now < *until),
    })
}

/// Answers `GetMe`.
pub async fn show(world: &impl IdentityWorld, signed: &Signed) -> Result<Reply> {
    Reply::json(200, &me(world, &signed.user, &signed.session).await?)
}

/// The password once more, before something that matters.
pub async fn reauthenticate(
    world: &impl IdentityWorld,
    signed: &Signed,
    form: Reauthenticate,
) -> Result<Reply> {
    let now = world.clock().now();
    let counter = format!("reauthenticate:{}", signed.user.id);
    limits::take(world.identity(), &counter, limits::PASSWORD, now).await?;
    if !password::is_hashable(&form.password)
        || world.passwords().verify(&form.password, &signed.user.password)? == Verdict::Wrong
    {
        return Err(Error::new(Kind::Forbidden, "password_wrong", "This password is wrong.", "Try again.")
            .on_field("password"));
    }
    let writes = [
        IdentityWrite::SetFresh { id: signed.session.id.clone(), until: after(now, limits::FRESH) },
        IdentityWrite::ClearCounter { key: counter },
    ];
    let _unconditional: Committed = world.identity().commit(&writes).await?;
    Ok(Reply::nothing())
}

/// Keeps the user's settings.
pub async fn put_profile(world: &impl IdentityWorld, signed: &Signed, profile: Profile) -> Result<Reply> {
    let profile = Profile { name: profile.name.trim().to_owned(), ..profile };
    check_profile(&profile)?;
    let user = UserRecord { profile: profile.clone(), ..signed.user.clone() };
    let write = IdentityWrite::SetProfile { user: user.id.clone(), profile };
    let _unconditional: Committed = world.identity().commit(&[write]).await?;
    Reply::json(200, &me(world, &user, &signed.session).await?)
}

fn check_profile(profile: &Profile) -> Result<()> {
    let refused = |field, title: &'static str| {
        Err(Error::new(Kind::Invalid, "profile_invalid", title, "Nothing was changed.").on_field(field))
    };
    let tag = |text: &str, most: usize, punctuation: &[u8]| {
        text.len() <= most && text.bytes().all(|b| b.is_ascii_alphanumeric() || punctuation.contains(&b))
    };
    if profile.name.chars().count() > 80 || profile.name.chars().any(char::is_control) {
        return refused("name", "A name has up to 80 characters on one line.");
    }
    if !tag(&profile.time_zone, 64, b"_+-/") {
        return refused("time_zone", "A time zone looks like Europe/Zurich.");
    }
    if !tag(&profile.locale, 35, b"-") {
        return refused("locale", "A locale looks like en-GB.");
    }
    Ok(())
}

/// A new password; the old one was entered in the last five minutes. All other sign-ins end.
pub async fn put_password(
    world: &impl IdentityWorld,
    signed: &Signed,
    call: &Call<'_>,
    form: ChangePassword,
) -> Result<Reply> {
    let user = &signed.user;
    password::check_new(&form.password, &[user.email.as_str(), &user.profile.name])?;
    let password = sign_up::hash(world, &form.password)?;
    let device = call.tokens.device.as_ref().map(|device| tokens::hash(device.reveal()));
    let mut writes = vec![
        IdentityWrite::SetPassword { user: user.id.clone(), password },
        IdentityWrite::DeleteSessions { user: user.id.clone(), except: Some(signed.session.id.clone()) },
        IdentityWrite::DeleteDevices { user: user.id.clone(), except: device },
        IdentityWrite::DeleteResets { user: user.id.clone() },
        IdentityWrite::PutLetter(Letter {
            key: format!("password-changed:{}", world.entropy().uuid()),
            to: user.email.clone(),
            kind: LetterKind::PasswordChanged,
            tries: 0,
            next_at: world.clock().now(),
        }),
    ];
    writes.extend(notes::of_user(world, user, "password_changed", "").await?);
    let _unconditional: Committed = world.identity().commit(&writes).await?;
    Ok(Reply::nothing())
}

/// Where the user is signed in.
pub async fn list_sessions(world: &impl IdentityWorld, signed: &Signed) -> Result<Reply> {
    let now = world.clock().now();
    let sessions = world.identity().list_sessions(&signed.user.id).await?;
    let rows: Vec<SessionRow> = sessions
        .into_iter()
        .filter(|session| now < access::idle_until(session))
        .map(|session| SessionRow {
            current: session.id == signed.session.id,
            id: session.id,
            device: session.device,
            started_at: session.started_at,
            last_used_at: session.last_used_at,
        })
        .collect();
    Reply::json(200, &rows)
}

/// Ends one of the user's sessions; another user's is not found.
pub async fn delete_session(world: &impl IdentityWorld, signed: &Signed, id: &str) -> Result<Reply> {
    let sessions = world.identity().list_sessions(&signed.user.id).await?;
    let session = sessions.iter().find(|session| session.id == id).ok_or_else(access::not_found)?;
    let mut writes = notes::of_user(world, &signed.user, "session_ended", &session.device).await?;
    writes.push(IdentityWrite::DeleteSession { user: signed.user.id.clone(), id: id.to_owned() });
    let _ended: Committed = world.identity().commit(&writes).await?;
    Ok(Reply::nothing())
}
