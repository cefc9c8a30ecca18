//! Signing in and out. Guessing is slowed per account; a device that signed in before is not held up by strangers.

use shared::Timestamp;
use shared::api::SignIn;

use super::access::after;
use super::serve::{Call, Cookie, IdentityWorld, Reply};
use super::{Email, account, limits, notes, password, sign_up, tokens};
use crate::error::{Error, Kind, Result};
use crate::ports::{
    Clock, Committed, Entropy, Identity, IdentityWrite, Passwords, SessionRecord, TokenHash, UserRecord,
    Verdict,
};

/// Checks address and password. Unknown addresses cost the same and count the same.
pub async fn sign_in(world: &impl IdentityWorld, call: &Call<'_>, form: SignIn) -> Result<Reply> {
    let now = world.clock().now();
    // An address that cannot exist is wrong in the same words.
    let email = Email::parse(&form.email).map_err(|_| wrong())?;
    if !password::is_hashable(&form.password) {
        return Err(wrong());
    }
    let user = world.identity().find_user_by_email(&email).await?;
    let known_device = known_device(world, call, user.as_ref(), now).await?;
    let counter = match &known_device {
        Some(device) => format!("device:{}", device.0),
        None => account_counter(world, &email),
    };
    // Counted before it is checked: fifty guesses at once are fifty guesses. Success takes it back.
    limits::take(world.identity(), &counter, limits::PASSWORD, now).await?;

    let stored = user.as_ref().map_or(world.passwords().dummy(), |user| user.password.as_str());
    let verdict = world.passwords().verify(&form.password, stored)?;
    let Some(user) = user.filter(|_| verdict != Verdict::Wrong) else { return Err(wrong()) };

    let (session, cookies, mut writes) = start_session(world, call, &user).await?;
    writes.push(IdentityWrite::ClearCounter { key: counter });
    writes.push(IdentityWrite::ClearCounter { key: account_counter(world, &email) });
    if verdict == Verdict::RightButOld {
        let password = sign_up::hash(world, &form.password)?;
        writes.push(IdentityWrite::SetPassword { user: user.id.clone(), password });
    }
    writes.extend(notes::of_user(world, &user, "signed_in", &session.device).await?);
    let _unconditional: Committed = world.identity().commit(&writes).await?;
    let me = account::me(world, &user, &session).await?;
    Ok(Reply { cookies, ..Reply::json(200, &me)? })
}

/// Ends the session, if there is one.
pub async fn sign_out(world: &impl IdentityWorld, call: &Call<'_>) -> Result<Reply> {
    if let Some(token) = &call.tokens.session
        && let Some((session, user)) = world.identity().find_session(&tokens::hash(token.reveal())).await?
    {
        let mut writes = notes::of_user(world, &user, "signed_out", &session.device).await?;
        writes.push(IdentityWrite::DeleteSession { user: user.id, id: session.id });
        let _ended: Committed = world.identity().commit(&writes).await?;
    }
    let gone = Reply::nothing().cookie(Cookie::Session(None)).cookie(Cookie::Pending(None));
    Ok(Reply { clear_site_data: true, ..gone })
}

/// A new session under a new token, whatever the browser brought; the old one ends with it.
pub async fn start_session(
    world: &impl IdentityWorld,
    call: &Call<'_>,
    user: &UserRecord,
) -> Result<(SessionRecord, Vec<Cookie>, Vec<IdentityWrite>)> {
    let now = world.clock().now();
    let token = tokens::random(world.entropy());
    let device = call.tokens.device.clone().unwrap_or_else(|| tokens::random(world.entropy()));
    let session = SessionRecord {
        id: world.entropy().uuid(),
        token: tokens::hash(token.reveal()),
        user: user.id.clone(),
        device: device_in_words(call.user_agent),
        started_at: now,
        last_used_at: now,
        fresh_until: after(now, limits::FRESH),
    };
    let mut writes = Vec::new();
    if let Some(old) = &call.tokens.session
        && let Some((old, owner)) = world.identity().find_session(&tokens::hash(old.reveal())).await?
    {
        writes.push(IdentityWrite::DeleteSession { user: owner.id, id: old.id });
    }
    writes.push(IdentityWrite::InsertSession(session.clone()));
    writes.push(IdentityWrite::PutDevice {
        user: user.id.clone(),
        token: tokens::hash(device.reveal()),
        expires_at: after(now, limits::DEVICE),
    });
    Ok((session, vec![Cookie::Session(Some(token)), Cookie::Device(Some(device))], writes))
}

/// The counter of wrong passwords of an address, known or not.
pub fn account_counter(world: &impl IdentityWorld, email: &Email) -> String {
    tokens::counter_key(world.passwords(), "sign-in", email.as_str())
}

async fn known_device(
    world: &impl IdentityWorld,
    call: &Call<'_>,
    user: Option<&UserRecord>,
    now: Timestamp,
) -> Result<Option<TokenHash>> {
    let (Some(user), Some(device)) = (user, &call.tokens.device) else { return Ok(None) };
    let device = tokens::hash(device.reveal());
    Ok(world.identity().knows_device(&user.id, &device, now).await?.then_some(device))
}

fn wrong() -> Error {
    Error::new(
        Kind::Unauthenticated,
        "sign_in_wrong",
        "E-mail or password is wrong.",
        "Try again, or set a new password by mail.",
    )
}

/// "Firefox on Windows": enough to recognise one's own.
fn device_in_words(user_agent: &str) -> String {
    // Browsers name those they descend from as well: the youngest name first.
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(user_agent: &str, expect: &str) {
        assert_eq!(device_in_words(user_agent), expect);
    }

    #[test]
    fn devices_are_recognisable() {
        check("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux");
        check(
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        );
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
            "Safari on iPhone",
        );
        check("<script>", "Unknown browser");
    }
}
