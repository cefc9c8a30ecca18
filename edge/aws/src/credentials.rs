//! Keys that sign. They live in memory only and show themselves to nobody.

use std::fmt;

use shared::Timestamp;

/// An access key, permanent or of a session. `Debug` shows no part of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expires_at: Option<Timestamp>,
}

impl Credentials {
    /// A permanent key.
    pub fn permanent(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
            expires_at: None,
        }
    }

    /// A session's key, as STS gives it.
    pub fn session(
        access_key_id: impl Into<String>,
        secret_access_key: impl Into<String>,
        session_token: impl Into<String>,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            session_token: Some(session_token.into()),
            expires_at: Some(expires_at),
            ..Self::permanent(access_key_id, secret_access_key)
        }
    }

    /// The key's public half, as CloudTrail shows it.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret half. For the signer, and for handing narrowed session credentials to the decoder.
    pub fn reveal_secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    /// The session's token, as secret as the key.
    pub fn reveal_session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// When AWS stops accepting them.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Whether they may still be used: session credentials are dropped five minutes early.
    pub fn are_fresh(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now.as_second().saturating_add(300) < end.as_second())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_nothing() {
        let credentials = Credentials::session("AKIA1", "secret", "token", Timestamp::UNIX_EPOCH);
        assert_eq!(format!("{credentials:?}"), "Credentials(…)");
    }

    #[test]
    fn session_credentials_are_dropped_five_minutes_early() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let credentials = Credentials::session("a", "b", "c", at(900));
        assert!(credentials.are_fresh(at(599)) && !credentials.are_fresh(at(600)));
        assert!(Credentials::permanent("a", "b").are_fresh(at(1 << 30)));
    }
}
