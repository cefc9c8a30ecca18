//! The only place where errors become HTTP: RFC 9457 problem details, and one line in the log for the cause.

use engine::{Error, Kind};
use shared::Problem;
use worker::{Headers, Response, console_log};

/// The status that tells who must act.
pub const fn status(kind: Kind) -> u16 {
    match kind {
        Kind::Invalid => 400,
        Kind::Unauthenticated => 401,
        Kind::Forbidden => 403,
        Kind::NotFound => 404,
        Kind::Conflict => 409,
        Kind::TooMany => 429,
        Kind::Upstream => 503,
        Kind::Bug => 500,
    }
}

/// There is no such thing, or it is not the caller's: which of both stays unsaid.
pub fn no_such_thing() -> Error {
    Error::new(
        Kind::NotFound,
        "not_found",
        "There is nothing at this address.",
        "Check the address, or go back to your workspace.",
    )
}

/// What the caller reads. Causes stay behind.
pub fn problem(error: &Error, request_id: &str) -> Problem {
    Problem {
        kind: format!("urn:cloudthread:problem:{}", error.code),
        status: status(error.kind),
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
    Ok(Response::from_bytes(body)?.with_status(status(error.kind)).with_headers(headers))
}

fn log_line(error: &Error, request_id: &str) -> String {
    serde_json::json!({
        "event": "failure",
        "request": request_id,
        "status": status(error.kind),
        "code": error.code,
        "cause": error.internal,
    })
    .to_string()
}
