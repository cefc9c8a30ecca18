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
    /// Credentials or page token ran out; renewed once already.
    Expired,
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
