//! Signing up: a pending sign-up per browser, the same answer and the same work for every address.

use shared::Timestamp;
use shared::api::{PendingSignUp, SignUp};

use super::access::{self, after};
use super::serve::{Call, Cookie, IdentityWorld, Reply};
use super::{Email, limits, password, tokens};
use crate::error::{Error, Kind, Result};
use crate::ports::{
    Clock, Committed, Entropy, Identity, IdentityWrite, Letter, LetterKind, Passwords, PendingRecord, Taken,
};

/// Most characters of a workspace's or a person's name.
const NAME_CHARACTERS: usize = 80;

/// Takes the form. Only the letter tells whether the address is known.
pub async fn sign_up(world: &impl IdentityWorld, call: &Call<'_>, form: SignUp) -> Result<Reply> {
    let now = world.clock().now();
    let email = Email::parse(&form.email)?;
    let name = workspace_name(&form.workspace_name)?;
    password::check_new(&form.password, &[email.as_str(), &name])?;
    limits::take(world.identity(), &format!("sign-up-ip:{}", call.ip), limits::SIGN_UP_BY_IP, now).await?;

    let hash = hash(world, &form.password)?;
    let known = world.identity().find_user_by_email(&email).await?.is_some();
    let cookie = tokens::random(world.entropy());
    // Who corrects the form signs up the same address again: the link of the first letter stays theirs.
    let before = find(world, call).await?.filter(|open| open.email == email && open.confirmed_at.is_none());
    let (id, generation, code_at) = match before {
        Some(open) => (open.id, open.generation, open.code_at),
        None => (world.entropy().uuid(), 0, now),
    };
    // Fifty sign-ups at once send one letter; the other forty-nine may ask for theirs in a minute.
    let key = tokens::counter_key(world.passwords(), "sign-up", email.as_str());
    let may_send = cooled_down(world, &email, now).await?
        && matches!(world.identity().take(&key, limits::SIGN_UP_BY_EMAIL, now).await?, Taken::Yes { .. });
    let (generation, code_at) =
        if may_send || generation == 0 { (generation.saturating_add(1), now) } else { (generation, code_at) };
    let pending = PendingRecord {
        cookie: tokens::hash(cookie.reveal()),
        link: tokens::hash(tokens::confirm_link(world.passwords(), &id).reveal()),
        email: email.clone(),
        password: hash,
        workspace_name: name,
        generation,
        code_at,
        expires_at: after(now, limits::LINK),
        confirmed_at: None,
        id: id.clone(),
    };
    let mut writes = vec![IdentityWrite::PutPending(pending)];
    if may_send {
        writes.push(IdentityWrite::PutLetter(letter(email.clone(), &id, generation, known, now)));
    }
    let _new_id: Committed = world.identity().commit(&writes).await?;
    let view = PendingSignUp {
        masked_email: email.masked(),
        confirmed: false,
        resend_at: after(now, jiff::SignedDuration::from_secs(limits::COOLDOWN_SECONDS.into())),
        resends_left: limits::RESENDS,
    };
    Ok(Reply::json(202, &view)?.cookie(Cookie::Pending(Some(cookie))))
}

/// How the sign-up stands.
pub async fn show(world: &impl IdentityWorld, pending: &PendingRecord) -> Result<Reply> {
    Reply::json(200, &view(world, pending).await?)
}

/// Sends link and code again. The link stays the same, so that an earlier mail still works; the code is new.
pub async fn resend(world: &impl IdentityWorld, pending: &PendingRecord) -> Result<Reply> {
    let now = world.clock().now();
    if pending.confirmed_at.is_some() {
        return Err(Error::new(
            Kind::Conflict,
            "already_confirmed",
            "This address is confirmed already.",
            "Go on in the other tab, or sign in.",
        ));
    }
    limits::take(world.identity(), &cooldown_key(world, &pending.email), limits::COOLDOWN, now).await?;
    limits::take(world.identity(), &resend_key(world, &pending.email), limits::RESEND, now).await?;
    let known = world.identity().find_user_by_email(&pending.email).await?.is_some();
    let again = PendingRecord {
        generation: pending.generation.saturating_add(1),
        code_at: now,
        expires_at: after(now, limits::LINK),
        ..pending.clone()
    };
    let letter = letter(again.email.clone(), &again.id, again.generation, known, now);
    let _same_id: Committed = world
        .identity()
        .commit(&[IdentityWrite::PutPending(again.clone()), IdentityWrite::PutLetter(letter)])
        .await?;
    Reply::json(202, &view(world, &again).await?)
}

async fn view(world: &impl IdentityWorld, pending: &PendingRecord) -> Result<PendingSignUp> {
    let now = world.clock().now();
    let identity = world.identity();
    let cooldown = identity.find_count(&cooldown_key(world, &pending.email), now).await?;
    let sent = identity.find_count(&resend_key(world, &pending.email), now).await?;
    let left = sent.map_or(limits::RESENDS, |sent| {
        limits::RESENDS.saturating_sub(u8::try_from(sent.count).unwrap_or(u8::MAX))
    });
    let window_ends = sent.filter(|_| left == 0).map(|sent| sent.ends_at);
    Ok(PendingSignUp {
        masked_email: pending.email.masked(),
        confirmed: pending.confirmed_at.is_some(),
        resend_at: cooldown.map(|count| count.ends_at).max(window_ends).unwrap_or(now),
        resends_left: left,
    })
}

fn letter(to: Email, pending: &str, generation: u32, known: bool, now: Timestamp) -> Letter {
    let kind = if known {
        LetterKind::KnownAddress
    } else {
        LetterKind::Confirm { pending: pending.to_owned(), generation }
    };
    Letter { key: format!("confirm:{pending}:{generation}"), to, kind, tries: 0, next_at: now }
}

async fn cooled_down(world: &impl IdentityWorld, email: &Email, now: Timestamp) -> Result<bool> {
    let taken = world.identity().take(&cooldown_key(world, email), limits::COOLDOWN, now).await?;
    Ok(matches!(taken, Taken::Yes { .. }))
}

fn cooldown_key(world: &impl IdentityWorld, email: &Email) -> String {
    tokens::counter_key(world.passwords(), "mail", email.as_str())
}

fn resend_key(world: &impl IdentityWorld, email: &Email) -> String {
    tokens::counter_key(world.passwords(), "resend", email.as_str())
}

/// Hashes a password with a salt of its own.
pub fn hash(world: &impl IdentityWorld, password: &str) -> Result<String> {
    let mut salt = [0; 16];
    world.entropy().fill(&mut salt);
    world.passwords().hash(password, salt)
}

/// A name of 1 to 80 characters on one line.
pub fn workspace_name(text: &str) -> Result<String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS || name.chars().any(char::is_control) {
        return Err(Error::new(
            Kind::Invalid,
            "name_invalid",
            "A workspace needs a name of up to 80 characters.",
            "Your company or team, as colleagues know it.",
        )
        .on_field("workspace_name"));
    }
    Ok(name.to_owned())
}

/// The sign-up of this browser, whoever asks.
pub async fn find(world: &impl IdentityWorld, call: &Call<'_>) -> Result<Option<PendingRecord>> {
    access::find_pending(world, &call.tokens).await
}
