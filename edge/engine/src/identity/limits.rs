//! The numbers of security.md's identity table, in one place.

use jiff::SignedDuration;

use crate::error::{Error, Kind, Result};
use crate::ports::{Identity, Limit, Taken};
use shared::Timestamp;

/// How long a confirmation link lives.
pub const LINK: SignedDuration = SignedDuration::from_hours(24);
/// How long a dead link can still say why it is dead.
pub const REASON_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a code lives.
pub const CODE: SignedDuration = SignedDuration::from_mins(10);
/// A session ends after so long without use …
pub const IDLE: SignedDuration = SignedDuration::from_mins(60);
/// … and after so long in any case.
pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(12);
/// How long an entered password counts.
pub const FRESH: SignedDuration = SignedDuration::from_mins(5);
/// How long a device is remembered.
pub const DEVICE: SignedDuration = SignedDuration::from_hours(180 * 24);
/// How long a deletion can be taken back.
pub const UNDO: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Sign-ups from one network address.
pub const SIGN_UP_BY_IP: Limit = Limit::Window { max: 5, seconds: 3_600 };
/// Sign-ups that send mail to one address.
pub const SIGN_UP_BY_EMAIL: Limit = Limit::Window { max: 3, seconds: 3_600 };
/// Further sends, by a person who waits for them.
pub const RESEND: Limit = Limit::Window { max: RESENDS as u32, seconds: 3_600 };
/// As a number to show.
pub const RESENDS: u8 = 3;
/// Mails to one address never follow closer than this.
pub const COOLDOWN: Limit = Limit::Window { max: 1, seconds: COOLDOWN_SECONDS };
/// As a number to add.
pub const COOLDOWN_SECONDS: u32 = 60;
/// Tries of one code.
pub const CODE_TRIES: Limit = Limit::Window { max: 5, seconds: 86_400 };
/// Confirmations by password from one network address.
pub const CONFIRM_BY_IP: Limit = Limit::Window { max: 30, seconds: 3_600 };
/// Reset links to one address.
pub const FORGOT_BY_EMAIL: Limit = Limit::Window { max: 3, seconds: 3_600 };
/// Forgotten passwords from one network address.
pub const FORGOT_BY_IP: Limit = Limit::Window { max: 20, seconds: 3_600 };
/// Wrong passwords in a row, per account or known device.
pub const PASSWORD: Limit = Limit::Backoff { free: 4, max: 100 };

/// Takes one, or says when to come back.
pub async fn take(identity: &impl Identity, key: &str, limit: Limit, now: Timestamp) -> Result<()> {
    match identity.take(key, limit, now).await? {
        Taken::Yes { .. } => Ok(()),
        Taken::No { until } => Err(too_many(until, now)),
    }
}

/// "Too many attempts. Try again in 4 minutes."
pub fn too_many(until: Timestamp, now: Timestamp) -> Error {
    let seconds = u32::try_from(until.duration_since(now).as_secs().max(1)).unwrap_or(u32::MAX);
    let title = format!("Too many attempts. Try again in {}.", in_words(seconds));
    Error::new(Kind::TooMany, "too_many_attempts", title, "Nothing was changed.").retry_after(seconds)
}

fn in_words(seconds: u32) -> String {
    let (count, unit) = match seconds {
        0..=90 => (seconds, "second"),
        91..=5_400 => (seconds.div_ceil(60), "minute"),
        5_401..=172_800 => (seconds.div_ceil(3_600), "hour"),
        _ => (seconds.div_ceil(86_400), "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_said_in_round_words() {
        assert_eq!(in_words(1), "1 second");
        assert_eq!(in_words(30), "30 seconds");
        assert_eq!(in_words(240), "4 minutes");
        assert_eq!(in_words(7_200), "2 hours");
        assert_eq!(in_words(2_592_000), "30 days");
    }
}
