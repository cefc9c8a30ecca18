//! Headers of every answer of the API. Assets have their own, in `_headers`.

use worker::{Headers, Response, Result};

const SECURITY: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    ("strict-transport-security", "max-age=63072000"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
         microphone=(), midi=(), payment=(), usb=()",
    ),
];

/// Adds what every answer carries. An answer that says how it may be cached keeps that; all others are not stored.
pub fn secure(response: Response, request_id: &str) -> Result<Response> {
    // Headers of an answer that came from elsewhere cannot be changed, only copied.
    let headers = Headers::new();
    for (name, value) in response.headers().entries() {
        headers.append(&name, &value)?;
    }
    for (name, value) in SECURITY {
        headers.set(name, value)?;
    }
    headers.set("x-request-id", request_id)?;
    if !headers.has("cache-control")? {
        headers.set("cache-control", "no-store")?;
    }
    Ok(response.with_headers(headers))
}
