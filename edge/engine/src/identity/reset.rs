//! A forgotten password: a link to whoever reads the mailbox, and an end to all other sign-ins.

use shared::api::{Forgot, Reset};

use super::access::after;
use super::serve::{Call, IdentityWorld, Reply};
use super::{Email, limits, notes, password, sign_in, sign_up, tokens};
use crate::error::{Error, Kind, Result};
use crate::ports::{
    Clock, Committed, Entropy, Expect, Identity, IdentityWrite, Letter, LetterKind, ResetRecord, Taken,
};

/// "If an account exists for this address, a link is on its way."
pub async fn forgot(world: &impl IdentityWorld, call: &Call<'_>, form: Forgot) -> Result<Reply> {
    let now = world.clock().now();
    let email = Email::parse(&form.email)?;
    limits::take(world.identity(), &format!("forgot-ip:{}", call.ip), limits::FORGOT_BY_IP, now).await?;
    let user = world.identity().find_user_by_email(&email).await?;
    let key = tokens::counter_key(world.passwords(), "forgot", email.as_str());
    if let Taken::Yes { .. } = world.identity().take(&key, limits::FORGOT_BY_EMAIL, now).await? {
        let id = world.entropy().uuid();
        let kind = match &user {
            Some(_) => LetterKind::Reset { reset: id.clone() },
            None => LetterKind::Nothing,
        };
        let reset = ResetRecord {
            link: tokens::hash(tokens::reset_link(world.passwords(), &id).reveal()),
            user: user.map(|user| user.id),
            expires_at: after(now, limits::LINK),
            id: id.clone(),
        };
        let letter = Letter { key: format!("reset:{id}"), to: email, kind, tries: 0, next_at: now };
        let writes = [IdentityWrite::InsertReset(reset), IdentityWrite::PutLetter(letter)];
        let _new_id: Committed = world.identity().commit(&writes).await?;
    }
    Ok(Reply { status: 202, ..Reply::nothing() })
}

/// Sets the new password by the link of the mail.
pub async fn reset(world: &impl IdentityWorld, call: &Call<'_>, form: Reset) -> Result<Reply> {
    let now = world.clock().now();
    let identity = world.identity();
    let found = identity.find_reset(&tokens::hash(&form.token)).await?;
    let reset = found.filter(|reset| now < reset.expires_at).ok_or_else(dead_link)?;
    let id = reset.user.ok_or_else(dead_link)?;
    let user = identity.find_user(&id).await?.ok_or_else(dead_link)?;
    password::check_new(&form.password, &[user.email.as_str(), &user.profile.name])?;

    let password = sign_up::hash(world, &form.password)?;
    let device = call.tokens.device.as_ref().map(|device| tokens::hash(device.reveal()));
    let noted = notes::of_user(world, &user, "password_reset", "").await?;
    let mut writes = vec![
        IdentityWrite::Expect(Expect::ResetOpen { id: reset.id.clone() }),
        IdentityWrite::DeleteResets { user: user.id.clone() },
        IdentityWrite::SetPassword { user: user.id.clone(), password },
        IdentityWrite::DeleteSessions { user: user.id.clone(), except: None },
        IdentityWrite::DeleteDevices { user: user.id.clone(), except: device },
        IdentityWrite::ClearCounter { key: sign_in::account_counter(world, &user.email) },
        IdentityWrite::PutLetter(Letter {
            key: format!("password-changed:{}", reset.id),
            to: user.email,
            kind: LetterKind::PasswordChanged,
            tries: 0,
            next_at: now,
        }),
    ];
    writes.extend(noted);
    match identity.commit(&writes).await? {
        Committed::Done => Ok(Reply::nothing()),
        Committed::Refused => Err(dead_link()),
    }
}

/// A used reset leaves no row behind, so one text stands for every link that sets no password.
fn dead_link() -> Error {
    Error::new(
        Kind::Invalid,
        "link_dead",
        "This link no longer works. It expired, was used, or is incomplete.",
        "Ask for a new one, or sign in.",
    )
}
