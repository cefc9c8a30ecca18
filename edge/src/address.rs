//! The parts of a request's address. The platform has parsed and normalised it already: splitting is enough, and a
//! second URL parser would cost a tenth of this Worker's size.

/// Where a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// `https://host[:port]`.
    pub origin: &'a str,
    /// From the slash, still percent-encoded.
    pub path: &'a str,
    /// After the question mark, if there is one.
    pub query: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// Splits what `Request.url` says.
    pub fn of(url: &'a str) -> Self {
        let url = url.split('#').next().unwrap_or_default();
        let (place, query) = match url.split_once('?') {
            Some((place, query)) => (place, Some(query)),
            None => (url, None),
        };
        let authority = place.find("://").map_or(0, |scheme| scheme + 3);
        let path =
            place.get(authority..).and_then(|rest| rest.find('/')).map_or(place.len(), |at| authority + at);
        Self {
            origin: place.get(..path).unwrap_or_default(),
            path: place.get(path..).unwrap_or_default(),
            query,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_split_at_their_marks() {
        let check =
            |url, origin, path, query| assert_eq!(Address::of(url), Address { origin, path, query }, "{url}");
        check("https://app.example/api/me", "https://app.example", "/api/me", None);
        check(
            "http://127.0.0.1:8787/api/a%2Fb?q=/?x#f",
            "http://127.0.0.1:8787",
            "/api/a%2Fb",
            Some("q=/?x"),
        );
        check("https://app.example", "https://app.example", "", None);
        check("https://workspace/health?", "https://workspace", "/health", Some(""));
    }
}
