//! Signature Version 4, checked: a reading of AWS's rules that shares nothing with the product's signer.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use shared::Timestamp;

use crate::clock;
use crate::wire::{Refusal, Request, decode, encode};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Seconds a clock may be off; S3 is more patient.
const TOLERANCE: i64 = 5 * 60;
const TOLERANCE_S3: i64 = 15 * 60;

/// Who signed, and for what, before the signature is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The access key's id.
    pub access_key: String,
    /// Day of the credential scope, `20261123`.
    pub day: String,
    /// Region of the scope.
    pub region: String,
    /// Service of the scope.
    pub service: String,
    /// Session token, if sent.
    pub token: Option<String>,
    signed_headers: Vec<String>,
    signature: String,
    date: String,
    /// Seconds a pre-signed URL lives.
    expires: Option<i64>,
}

/// Reads the claim of a request; `None` if it is not signed at all.
pub fn claim(request: &Request) -> Result<Option<Claim>, Refusal> {
    if let Some(header) = request.header("authorization") {
        return from_header(request, header).map(Some);
    }
    if request.query_value("X-Amz-Algorithm").is_some() {
        return from_query(request).map(Some);
    }
    Ok(None)
}

fn incomplete(words: &str) -> Refusal {
    Refusal::bad("IncompleteSignature", words)
}

fn from_header(request: &Request, header: &str) -> Result<Claim, Refusal> {
    let rest = header
        .strip_prefix(ALGORITHM)
        .ok_or_else(|| incomplete("Authorization header requires 'AWS4-HMAC-SHA256' algorithm."))?;
    let part = |name: &str| {
        rest.split(',')
            .find_map(|piece| piece.trim().strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
            .ok_or_else(|| incomplete(&format!("Authorization header requires '{name}' parameter.")))
    };
    let date = request
        .header("x-amz-date")
        .ok_or_else(|| {
            incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        })?
        .to_owned();
    scoped(Claim {
        access_key: part("Credential")?,
        day: String::new(),
        region: String::new(),
        service: String::new(),
        token: request.header("x-amz-security-token").map(str::to_owned),
        signed_headers: part("SignedHeaders")?.split(';').map(str::to_owned).collect(),
        signature: part("Signature")?,
        date,
        expires: None,
    })
}

fn from_query(request: &Request) -> Result<Claim, Refusal> {
    let part = |name: &str| {
        request.query_value(name).ok_or_else(|| {
            Refusal::bad(
                "AuthorizationQueryParametersError",
                format!("Query-string authentication requires {name}"),
            )
        })
    };
    let expires = part("X-Amz-Expires")?
        .parse::<i64>()
        .ok()
        .filter(|seconds| (1..=604_800).contains(seconds))
        .ok_or_else(|| {
            Refusal::bad("AuthorizationQueryParametersError", "X-Amz-Expires must be a number up to a week")
        })?;
    scoped(Claim {
        access_key: part("X-Amz-Credential")?,
        day: String::new(),
        region: String::new(),
        service: String::new(),
        token: request.query_value("X-Amz-Security-Token"),
        signed_headers: part("X-Amz-SignedHeaders")?.split(';').map(str::to_owned).collect(),
        signature: part("X-Amz-Signature")?,
        date: part("X-Amz-Date")?,
        expires: Some(expires),
    })
}

/// Splits the credential into key and scope.
fn scoped(mut claim: Claim) -> Result<Claim, Refusal> {
    let credential = std::mem::take(&mut claim.access_key);
    let parts: Vec<&str> = credential.split('/').collect();
    match parts.as_slice() {
        [key, day, region, service, "aws4_request"] => {
            claim.access_key = (*key).to_owned();
            claim.day = (*day).to_owned();
            claim.region = (*region).to_owned();
            claim.service = (*service).to_owned();
            Ok(claim)
        }
        _ => Err(incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term",
        )),
    }
}

impl Claim {
    /// Checks date, signed headers, payload hash and signature.
    pub fn verify(&self, request: &Request, secret: &str, now: Timestamp) -> Result<(), Refusal> {
        let s3 = self.service == "s3";
        self.verify_date(now, s3)?;
        self.verify_headers(request)?;
        let payload = self.payload_hash(request, s3)?;
        let canonical = self.canonical_request(request, &payload, s3);
        let scope = format!("{}/{}/{}/aws4_request", self.day, self.region, self.service);
        let to_sign = format!(
            "{ALGORITHM}\n{}\n{scope}\n{}",
            self.date,
            hex::encode(Sha256::digest(canonical.as_bytes()))
        );
        let key = [self.day.as_str(), &self.region, &self.service, "aws4_request"]
            .iter()
            .fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac(&key, part));
        if hex::encode(hmac(&key, &to_sign)) == self.signature {
            return Ok(());
        }
        Err(Refusal::new(
            403,
            "SignatureDoesNotMatch",
            format!(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'{canonical}'\n\nThe String-to-Sign should have been\n'{to_sign}'\n"
            ),
        ))
    }

    fn verify_date(&self, now: Timestamp, s3: bool) -> Result<(), Refusal> {
        let signed = clock::parse_compact(&self.date)
            .ok_or_else(|| incomplete("Date must be in ISO-8601 'basic format'."))?;
        if !self.date.starts_with(&self.day) {
            return Err(Refusal::new(
                403,
                "SignatureDoesNotMatch",
                format!(
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}'",
                    self.day, self.date
                ),
            ));
        }
        let off = now.as_second() - signed.as_second();
        if let Some(expires) = self.expires {
            return if off > expires { Err(Refusal::denied("Request has expired")) } else { Ok(()) };
        }
        if s3 && off.abs() > TOLERANCE_S3 {
            return Err(Refusal::new(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            ));
        }
        if !s3 && off.abs() > TOLERANCE {
            let (word, other, sign) =
                if off > 0 { ("expired", "earlier", '-') } else { ("not yet current", "later", '+') };
            let limit = clock::after(now, if off > 0 { -TOLERANCE } else { TOLERANCE });
            return Err(Refusal::new(
                403,
                "SignatureDoesNotMatch",
                format!(
                    "Signature {word}: {} is now {other} than {} ({} {sign} 5 min.)",
                    self.date,
                    clock::compact(limit),
                    clock::compact(now)
                ),
            ));
        }
        Ok(())
    }

    /// `host` and every `x-amz-` header must be signed.
    fn verify_headers(&self, request: &Request) -> Result<(), Refusal> {
        let signed = |name: &str| self.signed_headers.iter().any(|header| header == name);
        if !signed("host") {
            return Err(Refusal::new(
                403,
                "SignatureDoesNotMatch",
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        let unsigned = request.headers.keys().find(|name| name.starts_with("x-amz-") && !signed(name));
        match unsigned {
            Some(name) => Err(Refusal::denied(format!(
                "There were headers present in the request which were not signed: {name}"
            ))),
            None => Ok(()),
        }
    }

    fn payload_hash(&self, request: &Request, s3: bool) -> Result<String, Refusal> {
        if self.expires.is_some() {
            return Ok("UNSIGNED-PAYLOAD".to_owned());
        }
        let real = hex::encode(Sha256::digest(&request.body));
        if !s3 {
            return Ok(real);
        }
        match request.header("x-amz-content-sha256") {
            None => Err(Refusal::bad(
                "InvalidRequest",
                "Missing required header for this request: x-amz-content-sha256",
            )),
            Some("UNSIGNED-PAYLOAD") => Ok("UNSIGNED-PAYLOAD".to_owned()),
            Some(sent) if sent.starts_with("STREAMING-") => {
                Err(Refusal::new(501, "NotImplemented", "Streaming signatures are not simulated"))
            }
            Some(sent) if sent == real => Ok(real),
            Some(_) => Err(Refusal::bad(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            )),
        }
    }

    fn canonical_request(&self, request: &Request, payload: &str, s3: bool) -> String {
        let mut pairs: Vec<(String, String)> = request
            .query_pairs()
            .into_iter()
            .filter(|(name, _)| name != "X-Amz-Signature")
            .map(|(name, value)| (encode(&name), encode(&value)))
            .collect();
        pairs.sort();
        let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers: String = self
            .signed_headers
            .iter()
            .map(|name| {
                let value = request.header(name).unwrap_or_default();
                let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
                format!("{name}:{value}\n")
            })
            .collect();
        format!(
            "{}\n{}\n{}\n{headers}\n{}\n{payload}",
            request.method,
            canonical_path(&request.path, s3),
            query.join("&"),
            self.signed_headers.join(";")
        )
    }
}

/// S3 encodes once and keeps the path as it is; the others normalise it and encode twice.
fn canonical_path(path: &str, s3: bool) -> String {
    if s3 {
        return path.split('/').map(|part| encode(&decode(part))).collect::<Vec<_>>().join("/");
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let tail = if path.len() > 1 && path.ends_with('/') && !parts.is_empty() { "/" } else { "" };
    format!("/{}{tail}", parts.iter().map(|part| encode(part)).collect::<Vec<_>>().join("/"))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes a key of any length: the error cannot occur.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published vectors' key and moment.
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn vector(
        method: &str,
        path: &str,
        query: &str,
        headers: &[(&str, &str)],
        signed: &str,
        signature: &str,
    ) -> Request {
        let mut request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: bytes::Bytes::new(),
        };
        request.headers.insert(
            "authorization".to_owned(),
            format!("{ALGORITHM} Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={signed}, Signature={signature}"),
        );
        request
    }

    fn check(request: &Request, secret: &str, now: &str) -> Result<(), String> {
        claim(request)
            .unwrap()
            .unwrap()
            .verify(request, secret, now.parse().unwrap())
            .map_err(|refusal| refusal.code)
    }

    const HOST: (&str, &str) = ("host", "example.amazonaws.com");
    const DATE: (&str, &str) = ("x-amz-date", "20150830T123600Z");

    #[test]
    fn published_vectors_pass() {
        // get-vanilla
        let plain = vector(
            "GET",
            "/",
            "",
            &[HOST, DATE],
            "host;x-amz-date",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        );
        assert_eq!(check(&plain, SECRET, "2015-08-30T12:36:00Z"), Ok(()));
        // get-vanilla-query-order-key-case
        let query = vector(
            "GET",
            "/",
            "Param2=value2&Param1=value1",
            &[HOST, DATE],
            "host;x-amz-date",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        );
        assert_eq!(check(&query, SECRET, "2015-08-30T12:36:00Z"), Ok(()));
        // post-vanilla
        let post = vector(
            "POST",
            "/",
            "",
            &[HOST, DATE],
            "host;x-amz-date",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        );
        assert_eq!(check(&post, SECRET, "2015-08-30T12:36:00Z"), Ok(()));
    }

    #[test]
    fn a_changed_request_or_a_late_one_is_refused() {
        let request = vector(
            "GET",
            "/",
            "",
            &[HOST, DATE],
            "host;x-amz-date",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        );
        let refused = |request: &Request, secret: &str, now: &str, code: &str| {
            assert_eq!(check(request, secret, now), Err(code.to_owned()));
        };
        refused(&request, "other", "2015-08-30T12:36:00Z", "SignatureDoesNotMatch");
        refused(&request, SECRET, "2015-08-30T12:42:01Z", "SignatureDoesNotMatch");
        refused(&request, SECRET, "2015-08-30T12:30:59Z", "SignatureDoesNotMatch");
        let mut changed = request.clone();
        changed.query = "extra=1".to_owned();
        refused(&changed, SECRET, "2015-08-30T12:36:00Z", "SignatureDoesNotMatch");
        let mut body = request.clone();
        body.body = bytes::Bytes::from_static(b"x");
        refused(&body, SECRET, "2015-08-30T12:36:00Z", "SignatureDoesNotMatch");
        let mut unsigned = request;
        unsigned.headers.insert("x-amz-security-token".to_owned(), "t".to_owned());
        refused(&unsigned, SECRET, "2015-08-30T12:36:00Z", "AccessDenied");
    }
}
