//! Where a call goes. Hosts are built from the closed enums of service and region; an override exists for
//! development only and is set by the operator, never by a request.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::operation::Request;
use crate::service::Service;

/// All but RFC 3986's unreserved characters.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same, with the slash between path segments kept.
const PATH: &AsciiSet = &STRICT.remove(b'/');

/// Percent-encodes a query name or value.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, STRICT).to_string()
}

/// The addresses of AWS's services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    overrides: BTreeMap<Service, String>,
}

/// An override that is no base address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an AWS endpoint override must be http(s)://host[:port] without path, query or user")]
pub struct InvalidEndpoint;

impl Endpoints {
    /// AWS's own hosts.
    pub fn aws() -> Self {
        Self::default()
    }

    /// Sends one service elsewhere. S3 is then addressed path-style.
    pub fn with(mut self, service: Service, base: &str) -> Result<Self, InvalidEndpoint> {
        self.overrides.insert(service, base_address(base)?);
        Ok(self)
    }

    /// Sends every service elsewhere.
    pub fn with_all(base: &str) -> Result<Self, InvalidEndpoint> {
        let base = base_address(base)?;
        Ok(Self { overrides: Service::ALL.into_iter().map(|service| (service, base.clone())).collect() })
    }

    /// Reads AWS's own variables, `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`, through `find`.
    pub fn from_variables(find: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidEndpoint> {
        let mut endpoints = match find("AWS_ENDPOINT_URL") {
            Some(base) => Self::with_all(&base)?,
            None => Self::aws(),
        };
        for service in Service::ALL {
            if let Some(base) = find(&format!("AWS_ENDPOINT_URL_{}", service.override_name())) {
                endpoints = endpoints.with(service, &base)?;
            }
        }
        Ok(endpoints)
    }

    /// Whether anything but AWS's own hosts would be called.
    pub fn has_overrides(&self) -> bool {
        !self.overrides.is_empty()
    }

    /// The whole address of a request, encoded once.
    pub(crate) fn address(&self, service: Service, request: &Request) -> String {
        let bucket = request.bucket.as_ref().map(|bucket| bucket.as_str());
        let mut url = match (self.overrides.get(&service), bucket) {
            (Some(base), Some(bucket)) => format!("{base}/{bucket}"),
            (Some(base), None) => base.clone(),
            (None, Some(bucket)) => format!("https://{bucket}.{}", service.host(request.region)),
            (None, None) => format!("https://{}", service.host(request.region)),
        };
        url.extend(utf8_percent_encode(&request.path, PATH));
        for (place, (name, value)) in request.query.iter().enumerate() {
            url.push(if place == 0 { '?' } else { '&' });
            url.push_str(&encode(name));
            url.push('=');
            url.push_str(&encode(value));
        }
        url
    }
}

fn base_address(text: &str) -> Result<String, InvalidEndpoint> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let authority =
        text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(InvalidEndpoint)?;
    let uri: http::Uri = text.parse().map_err(|_| InvalidEndpoint)?;
    let plain = uri.host().is_some_and(|host| !host.is_empty())
        && !authority.is_empty()
        && !authority.contains(['/', '?', '#', '@', '\\']);
    if plain { Ok(text.to_owned()) } else { Err(InvalidEndpoint) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Region;

    fn s3(key: &str) -> Request {
        Request::s3(http::Method::GET, Region::EuWest1, &"acme-reports".parse().unwrap(), key)
    }

    fn check(service: Service, request: &Request, expect: &str) {
        assert_eq!(Endpoints::aws().address(service, request), expect);
    }

    #[test]
    fn hosts_follow_from_service_and_region() {
        let plain = Request { bucket: None, path: "/".to_owned(), ..s3("") };
        check(Service::Sts, &plain, "https://sts.eu-west-1.amazonaws.com/");
        check(Service::CloudWatch, &plain, "https://monitoring.eu-west-1.amazonaws.com/");
        check(Service::Iam, &plain, "https://iam.amazonaws.com/");
        check(Service::CostExplorer, &plain, "https://ce.us-east-1.amazonaws.com/");
        check(Service::DataExports, &plain, "https://bcm-data-exports.us-east-1.api.aws/");
        check(Service::Ses, &plain, "https://email.eu-west-1.amazonaws.com/");
    }

    #[test]
    fn object_keys_are_encoded_once_but_for_slashes() {
        let key = "r/date=2026-01/a:b c+d%20é";
        let expect =
            "https://acme-reports.s3.eu-west-1.amazonaws.com/r/date%3D2026-01/a%3Ab%20c%2Bd%2520%C3%A9";
        check(Service::S3, &s3(key), expect);
        let overridden = Endpoints::with_all("http://127.0.0.1:4566/").unwrap();
        assert_eq!(overridden.address(Service::S3, &s3("k")), "http://127.0.0.1:4566/acme-reports/k");
    }

    #[test]
    fn variables_override_one_service_or_all() {
        let find = |name: &str| match name {
            "AWS_ENDPOINT_URL" => Some("http://all:1".to_owned()),
            "AWS_ENDPOINT_URL_CE" => Some("http://ce:2".to_owned()),
            _ => None,
        };
        let endpoints = Endpoints::from_variables(find).unwrap();
        let plain = Request { bucket: None, path: "/".to_owned(), ..s3("") };
        assert_eq!(endpoints.address(Service::CostExplorer, &plain), "http://ce:2/");
        assert_eq!(endpoints.address(Service::Sts, &plain), "http://all:1/");
        assert!(!Endpoints::from_variables(|_| None).unwrap().has_overrides());
    }

    // security.md row 10
    #[test]
    fn an_override_is_a_bare_origin() {
        for text in ["", "ftp://a", "http://", "http://a/b", "http://u@a", "http://a?x", "http://a#", "a:1"] {
            assert_eq!(Endpoints::with_all(text), Err(InvalidEndpoint), "{text}");
        }
    }
}
