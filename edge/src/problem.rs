//! The only place where errors become HTTP: RFC 9457 problem details, and one line in the log for the cause.

use engine::{Error, Kind};
use shared::Problem;
use worker::{Headers, Response, console_log};

/// The status that tells who must act.
pub fn status(error: &Error) -> u16 {
    match (error.kind, error.code) {
        (Kind::Invalid, "too_large") => 413,
        (Kind::Invalid, "method_not_allowed") => 405,
        (Kind::Invalid, _) => 400,
        (Kind::Unauthenticated, _) => 401,
        (Kind::Forbidden, _) => 403,
        (Kind::NotFound, _) => 404,
        (Kind::Conflict, _) => 409,
        (Kind::TooMany, _) => 429,
        (Kind::Upstream, _) => 503,
        (Kind::Bug, _) => 500,
    }
}

/// The path is known, the method is not.
pub fn method_not_allowed() -> Error {
    Error::new(
        Kind::Invalid,
        "method_not_allowed",
        "This address does not answer this method.",
        "docs/API.md lists what each address answers.",
    )
}

/// What the caller reads. Causes stay behind.
pub fn problem(error: &Error, request_id: &str) -> Problem {
    Problem {
        kind: format!("urn:cloudthread:problem:{}", error.code),
        status: status(error),
        code: error.code.to_owned(),
        title: error.title.to_string(),
        hint: error.hint.to_string(),
        field: error.field.map(str::to_owned),
        retry_after: error.retry_after,
        request_id: request_id.to_owned(),
    }
}

/// Turns a failure into its answer and logs it once.
pub fn response(error: &Error, request_id: &str) -> worker::Result<Response> {
    console_log!("{}", log_line(error, request_id));
    let headers = Headers::new();
    headers.set("content-type", "application/problem+json")?;
    headers.set("cache-control", "no-store")?;
    if let Some(seconds) = error.retry_after {
        headers.set("retry-after", &seconds.to_string())?;
    }
    let body = serde_json::to_vec(&problem(error, request_id))?;
    Ok(Response::from_bytes(body)?.with_status(status(error)).with_headers(headers))
}

/// One JSON line: the code and the cause, never the title, which may name what a person typed.
pub fn log_line(error: &Error, request_id: &str) -> String {
    serde_json::json!({
        "event": "failure",
        "request": request_id,
        "status": status(error),
        "code": error.code,
        "cause": error.internal,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: Kind, code: &'static str, expect: u16) {
        assert_eq!(status(&Error::new(kind, code, "", "")), expect, "{code}");
    }

    #[test]
    fn statuses_follow_from_who_acts() {
        check(Kind::Invalid, "body_invalid", 400);
        check(Kind::Invalid, "too_large", 413);
        check(Kind::Invalid, "method_not_allowed", 405);
        check(Kind::Unauthenticated, "signed_out", 401);
        check(Kind::Forbidden, "cross_site", 403);
        check(Kind::NotFound, "not_found", 404);
        check(Kind::Conflict, "already_confirmed", 409);
        check(Kind::TooMany, "too_many_attempts", 429);
        check(Kind::Upstream, "store_unavailable", 503);
        check(Kind::Bug, "internal", 500);
    }

    // security.md row 86
    #[test]
    fn causes_reach_the_log_and_never_the_caller() {
        let error = Error::bug("D1: table missing").on_field("email");
        let wire = serde_json::to_string(&problem(&error, "7f3c")).unwrap();
        assert!(!wire.contains("table missing"), "{wire}");
        assert!(wire.contains("urn:cloudthread:problem:internal") && wire.contains("7f3c"));
        assert!(log_line(&error, "7f3c").contains("table missing"));
    }
}
