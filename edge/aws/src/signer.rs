//! Signature Version 4 over aws-sigv4, with the time as an argument. The published test vectors pass.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use shared::{Region, Timestamp};

use crate::credentials::Credentials;
use crate::service::Service;

/// Something in the request that cannot be signed, such as a header with a line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request cannot be signed")]
pub(crate) struct Unsignable;

/// A request whose address and headers are complete but for the signature.
pub(crate) struct Unsigned<'a> {
    pub(crate) method: &'a str,
    /// Absolute and encoded.
    pub(crate) url: &'a str,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: &'a [u8],
}

/// The headers to add: date, token, content hash where S3 wants it, and the signature.
pub(crate) fn signature(
    service: Service,
    region: Region,
    credentials: &Credentials,
    now: Timestamp,
    request: &Unsigned<'_>,
) -> Result<Vec<(String, String)>, Unsignable> {
    let mut settings = SigningSettings::default();
    if service == Service::S3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    sign_as(service.signing_name(), region.as_str(), settings, credentials, now, request)
}

fn sign_as(
    name: &str,
    region: &str,
    settings: SigningSettings,
    credentials: &Credentials,
    now: Timestamp,
    request: &Unsigned<'_>,
) -> Result<Vec<(String, String)>, Unsignable> {
    let identity = aws_credential_types::Credentials::new(
        credentials.access_key_id(),
        credentials.reveal_secret_access_key(),
        credentials.reveal_session_token().map(str::to_owned),
        None,
        "cloudthread",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(name)
        .time(system_time(now))
        .settings(settings)
        .build()
        .map_err(|_| Unsignable)?
        .into();
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let signable =
        SignableRequest::new(request.method, request.url, headers, SignableBody::Bytes(request.body))
            .map_err(|_| Unsignable)?;
    let (instructions, _signature) = sign(signable, &params).map_err(|_| Unsignable)?.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn system_time(now: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(now.as_millisecond()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published suite signs for service "service" at this moment with this key.
    fn check(
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
        token: Option<&str>,
        expect: &str,
    ) {
        let now: Timestamp = "2015-08-30T12:36:00Z".parse().unwrap();
        let (id, secret) = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let credentials = match token {
            Some(token) => Credentials::session(id, secret, token, now),
            None => Credentials::permanent(id, secret),
        };
        let headers: Vec<_> = headers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let request = Unsigned { method, url, headers: &headers, body: body.as_bytes() };
        let signed =
            sign_as("service", "us-east-1", SigningSettings::default(), &credentials, now, &request).unwrap();
        let authorization = &signed.iter().find(|(name, _)| name == "authorization").unwrap().1;
        assert!(authorization.ends_with(&format!("Signature={expect}")), "{url}: {authorization}");
    }

    #[test]
    fn the_published_vectors_pass() {
        let host = "https://example.amazonaws.com";
        // get-vanilla-with-session-token
        check(
            "GET",
            &format!("{host}/"),
            &[],
            "",
            Some("6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"),
            "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
        );
        // get-vanilla-query-order-encoded
        check(
            "GET",
            &format!("{host}/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1"),
            &[],
            "",
            None,
            "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
        );
        // post-x-www-form-urlencoded; the suite signs the content length and the body's hash too
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let headers = [
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("content-length".to_owned(), "13".to_owned()),
        ];
        let url = format!("{host}/");
        let request = Unsigned { method: "POST", url: &url, headers: &headers, body: b"Param1=value1" };
        let credentials = Credentials::permanent("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let now = "2015-08-30T12:36:00Z".parse().unwrap();
        let signed = sign_as("service", "us-east-1", settings, &credentials, now, &request).unwrap();
        let expect = "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b";
        assert!(signed.iter().any(|(_, value)| value.ends_with(&format!("Signature={expect}"))));
    }

    #[test]
    fn s3_hashes_the_payload_and_keeps_the_path_as_it_is() {
        let credentials = Credentials::permanent("a", "b");
        let url = "https://acme.s3.us-east-1.amazonaws.com/a//b%3Ac";
        let request = Unsigned { method: "GET", url, headers: &[], body: b"" };
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        let signed = signature(Service::S3, Region::UsEast1, &credentials, now, &request).unwrap();
        assert!(signed.iter().any(|(name, _)| name == "x-amz-content-sha256"));
        assert!(signed.iter().any(|(name, value)| name == "x-amz-date" && value == "20261123T100000Z"));
        assert!(signed.iter().any(|(_, value)| value.contains("/20261123/us-east-1/s3/aws4_request")));
    }

    #[test]
    fn a_header_with_a_line_break_cannot_be_signed() {
        let headers = [("if-match".to_owned(), "a\r\nx: y".to_owned())];
        let request = Unsigned { method: "GET", url: "https://a.b/", headers: &headers, body: b"" };
        let (key, now) = (Credentials::permanent("a", "b"), Timestamp::UNIX_EPOCH);
        assert_eq!(signature(Service::S3, Region::UsEast1, &key, now, &request), Err(Unsignable));
    }
}
