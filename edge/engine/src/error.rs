//! Failures of use cases: who must act, what they may read, and what only the log may hold.

use std::borrow::Cow;

/// Who must act. It becomes the HTTP status in `edge/src/problem.rs`, and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The caller sent something that cannot be right (400, 413, 422).
    Invalid,
    /// The caller must sign in (401).
    Unauthenticated,
    /// The caller is known and may not (403).
    Forbidden,
    /// There is no such thing, or it is not the caller's (404).
    NotFound,
    /// The state does not allow it now (409).
    Conflict,
    /// Too often (429).
    TooMany,
    /// AWS, the mailer or a store failed; trying again may help (502, 503).
    Upstream,
    /// We are wrong (500).
    Bug,
}

/// A failed use case. It has no `Display`: the public words and the internal cause cannot be mixed up by accident.
#[derive(Clone, Debug)]
pub struct Error {
    /// Who must act.
    pub kind: Kind,
    /// Stable code, snake_case: `wrong_account`.
    pub code: &'static str,
    /// What happened, for a person.
    pub title: Cow<'static, str>,
    /// What still works and who does what next.
    pub hint: Cow<'static, str>,
    /// The form field at fault.
    pub field: Option<&'static str>,
    /// Seconds to wait.
    pub retry_after: Option<u32>,
    /// For the log: the cause, without secrets, ids of persons or bodies.
    pub internal: String,
}

impl Error {
    /// A failure with public words.
    pub fn new(
        kind: Kind,
        code: &'static str,
        title: impl Into<Cow<'static, str>>,
        hint: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind,
            code,
            title: title.into(),
            hint: hint.into(),
            field: None,
            retry_after: None,
            internal: String::new(),
        }
    }

    /// Names the form field at fault.
    pub fn on_field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// Says when trying again makes sense.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Adds the cause, for the log only.
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.internal = cause.to_string();
        self
    }

    /// Something of ours is wrong.
    pub fn bug(cause: impl std::fmt::Display) -> Self {
        Self::new(
            Kind::Bug,
            "internal",
            "Cloudthread made a mistake.",
            "Nothing was changed. Try again; if it happens again, tell the operator the request id.",
        )
        .because(cause)
    }

    /// One of our stores does not answer.
    pub fn store(cause: impl std::fmt::Display) -> Self {
        Self::new(
            Kind::Upstream,
            "store_unavailable",
            "Cloudthread cannot reach its storage.",
            "Figures you already see stay valid. Try again in a minute.",
        )
        .retry_after(60)
        .because(cause)
    }
}

/// What use cases return.
pub type Result<T> = std::result::Result<T, Error>;
