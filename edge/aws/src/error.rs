//! What AWS said when it said no.

/// A failed AWS call. Bodies are never kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {kind:?} {code} {request_id}")]
pub struct AwsError {
    /// `ce:GetCostAndUsage`.
    pub operation: &'static str,
    /// What it means.
    pub kind: ErrorKind,
    /// AWS's code, verbatim (`AccessDenied`); empty when there was none.
    pub code: String,
    /// AWS's message, at most 300 characters, for classification and the remedy; never logged.
    pub message: String,
    /// AWS's request id; empty when there was none.
    pub request_id: String,
}

impl AwsError {
    /// A failure without code, message or request id.
    pub fn new(operation: &'static str, kind: ErrorKind) -> Self {
        Self { operation, kind, code: String::new(), message: String::new(), request_id: String::new() }
    }

    /// An answer that is not what the operation answers. `why` names the member at fault, never its value.
    pub fn malformed(operation: &'static str, why: impl std::fmt::Display) -> Self {
        Self { message: shortened(&why.to_string()), ..Self::new(operation, ErrorKind::Malformed) }
    }

    /// Whether a role or policy refused, in AWS's own words. Only this counts as a passed negative proof: a bad
    /// key, an expired token or silence never does.
    pub fn is_access_denied(&self) -> bool {
        matches!(self.kind, ErrorKind::Denied(_))
            && matches!(&*self.code, "AccessDenied" | "AccessDeniedException")
    }

    /// Whether a listing must be started again at its first page.
    pub fn is_stale_page(&self) -> bool {
        crate::classify::STALE_PAGE.contains(&&*self.code)
    }
}

/// The first 300 characters.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}

/// What a failure means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Slow down; retried already.
    Throttled,
    /// Not allowed.
    Denied(DeniedBy),
    /// Not there yet; waiting is right.
    NotReady,
    /// No such thing.
    NotFound,
    /// We asked wrongly, or AWS cannot answer this.
    Invalid,
    /// Credentials or a page token ran out. The caller renews or restarts once.
    Expired,
    /// The key itself is unknown, revoked or wrong: for the operator's own key, the operator acts.
    BadKey,
    /// Our clock is off; corrected once already.
    ClockSkew,
    /// The object changed since it was pinned (412).
    Changed,
    /// The bucket lives in another region.
    WrongRegion(Option<shared::Region>),
    /// AWS failed, with this status.
    Upstream(u16),
    /// No answer.
    Unreachable,
    /// The answer is not what the operation answers.
    Malformed,
    /// The answer passed its cap.
    TooLarge,
}

impl ErrorKind {
    /// What it comes to, for a person: a few words, without AWS's code.
    pub fn in_words(&self) -> String {
        let words = match self {
            Self::Throttled => "AWS asked to slow down",
            Self::Denied(DeniedBy::ServiceControlPolicy) => "refused by the organization",
            Self::Denied(DeniedBy::Iam | DeniedBy::Unknown) => "refused",
            Self::NotReady => "not ready yet",
            Self::NotFound => "not found",
            Self::Invalid => "AWS does not answer this",
            Self::Expired => "credentials or page ran out",
            Self::BadKey => "AWS does not know the key",
            Self::ClockSkew => "the clock is off",
            Self::Changed => "changed meanwhile",
            Self::WrongRegion(Some(region)) => return format!("the bucket is in {}", region.as_str()),
            Self::WrongRegion(None) => "the bucket is in another region",
            Self::Upstream(status) => return format!("AWS failed with status {status}"),
            Self::Unreachable => "no answer",
            Self::Malformed => "the answer was not understood",
            Self::TooLarge => "the answer was too large",
        };
        words.to_owned()
    }

    /// Whether a permission was missing.
    pub const fn is_denied(&self) -> bool {
        matches!(self, Self::Denied(_))
    }
}

/// Which policy said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeniedBy {
    /// The role's own policy.
    Iam,
    /// The organization's service control policy.
    ServiceControlPolicy,
    /// AWS does not say.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_is_told_in_words() {
        let check = |kind: ErrorKind, words: &str| {
            assert_eq!(kind.in_words(), words);
            assert!(!words.contains(['(', '_']), "{words}");
        };
        check(ErrorKind::Upstream(503), "AWS failed with status 503");
        check(ErrorKind::WrongRegion(Some(shared::Region::EuWest1)), "the bucket is in eu-west-1");
        check(ErrorKind::WrongRegion(None), "the bucket is in another region");
        check(ErrorKind::Denied(DeniedBy::ServiceControlPolicy), "refused by the organization");
        check(ErrorKind::Denied(DeniedBy::Unknown), "refused");
        check(ErrorKind::Unreachable, "no answer");
    }
}
