//! What a request must be before anyone looks at what it wants: from our own pages, of a sensible size.

use engine::error::{Error, Kind, Result};

/// Most bytes of a body.
pub const MAX_BODY: usize = 64 * 1_024;

/// Bytes of a refused body that are still read and dropped.
pub const MAX_DRAINED: usize = 16 * 1_024 * 1_024;

/// What the guards look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// `GET`, `POST` …
    pub method: &'a str,
    /// `content-type`.
    pub content_type: Option<&'a str>,
    /// `x-cloudthread`.
    pub marker: Option<&'a str>,
    /// `origin`.
    pub origin: Option<&'a str>,
    /// `sec-fetch-site`.
    pub fetch_site: Option<&'a str>,
    /// The origin the request came to.
    pub own_origin: &'a str,
    /// The origin people know.
    pub public_origin: &'a str,
}

/// Lets a changing request pass only if our own pages can have sent it: JSON, with our header, from our origin. A form
/// on another site can do none of these.
pub fn same_site(facts: &Facts<'_>) -> Result<()> {
    if facts.method == "GET" {
        return Ok(());
    }
    let refused = |cause: &'static str| {
        Err(Error::new(
            Kind::Forbidden,
            "cross_site",
            "This request did not come from Cloudthread's own pages.",
            "Reload the page and try again.",
        )
        .because(cause))
    };
    let media = facts.content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    if !media.trim().eq_ignore_ascii_case("application/json") {
        return refused("the content type is not JSON");
    }
    if facts.marker.is_none() {
        return refused("the header x-cloudthread is missing");
    }
    let is_own = |origin: &str| origin == facts.own_origin || origin == facts.public_origin;
    match (facts.origin, facts.fetch_site) {
        (None, None) => refused("neither Origin nor Sec-Fetch-Site is present"),
        (Some(origin), _) if !is_own(origin) => refused("the origin is another's"),
        (_, Some(site)) if site != "same-origin" => refused("the fetch is not same-origin"),
        _ => Ok(()),
    }
}

/// The answer to a body that is too large.
pub fn too_large() -> Error {
    Error::new(Kind::Invalid, "too_large", "The request is too large.", "At most 64 KiB are read.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Facts<'static> = Facts {
        method: "POST",
        content_type: Some("application/json"),
        marker: Some("1"),
        origin: Some("https://app.example"),
        fetch_site: Some("same-origin"),
        own_origin: "https://app.example",
        public_origin: "https://app.example",
    };

    fn check(facts: Facts<'_>, passes: bool) {
        assert_eq!(same_site(&facts).is_ok(), passes, "{facts:?}");
    }

    // security.md row 74
    #[test]
    fn only_our_own_pages_change_anything() {
        check(GOOD, true);
        check(Facts { origin: None, ..GOOD }, true);
        check(Facts { fetch_site: None, ..GOOD }, true);
        check(Facts { content_type: Some("Application/JSON; charset=utf-8"), ..GOOD }, true);
        check(Facts { origin: None, fetch_site: None, ..GOOD }, false);
        check(Facts { origin: Some("https://evil.example"), ..GOOD }, false);
        check(Facts { origin: Some("https://app.example.evil"), ..GOOD }, false);
        check(Facts { origin: Some("null"), fetch_site: None, ..GOOD }, false);
        check(Facts { origin: None, fetch_site: Some("cross-site"), ..GOOD }, false);
        check(Facts { origin: None, fetch_site: Some("same-site"), ..GOOD }, false);
        check(Facts { fetch_site: Some("cross-site"), ..GOOD }, false);
        check(Facts { marker: None, ..GOOD }, false);
        for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("")] {
            check(Facts { content_type, ..GOOD }, false);
        }
        for method in ["PUT", "DELETE", "PATCH", "get"] {
            check(Facts { method, marker: None, ..GOOD }, false);
        }
        check(
            Facts { method: "GET", content_type: None, marker: None, origin: None, fetch_site: None, ..GOOD },
            true,
        );
    }
}
