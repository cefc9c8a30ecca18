use std::ops::Range;

use bytes::Bytes;

use super::Bucket;
use crate::error::AwsError;
use crate::operation::{MAX_XML, Operation, Request, Response, Service};

/// An object, or one range of it.
///
/// Errors: `Changed` when it is no longer the pinned one, `NotFound` or `Denied` (a missing key without the right
/// to list), `Expired` (renew and go on at the same range).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetObject {
    /// Where.
    pub bucket: Bucket,
    /// Which, decoded.
    pub key: String,
    /// Bytes wanted; the whole object when absent. The end is cut at the object's.
    pub range: Option<Range<u64>>,
    /// The ETag the object must still have, as AWS gave it, quotes included.
    pub if_match: Option<String>,
    /// Bytes accepted when the whole object is asked for.
    pub max_bytes: usize,
}

/// An object's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The bytes asked for.
    pub bytes: Bytes,
    /// Its version's tag, quotes included.
    pub etag: String,
    /// Size of the whole object.
    pub size: u64,
}

impl Operation for GetObject {
    type Output = Object;
    const SERVICE: Service = Service::S3;
    const NAME: &'static str = "s3:GetObject";
    const IS_OBJECT: bool = true;

    fn request(&self) -> Request {
        let mut request = self.bucket.request(http::Method::GET, &self.key);
        request.max_body = self.max_bytes;
        if let Some(range) = &self.range {
            let last = range.end.saturating_sub(1).max(range.start);
            request.headers.push(("range".to_owned(), format!("bytes={}-{last}", range.start)));
            // A refusal is XML and may be longer than a short range.
            let length = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
            request.max_body = length.max(MAX_XML / 16);
        }
        request.headers.extend(self.if_match.iter().map(|tag| ("if-match".to_owned(), tag.clone())));
        request
    }

    fn parse(&self, response: Response) -> Result<Object, AwsError> {
        let wrong = |why: &str| AwsError::malformed(Self::NAME, why);
        let etag = response.header("etag").ok_or_else(|| wrong("no ETag"))?.to_owned();
        let length = response.body.len() as u64;
        let size = match &self.range {
            None if response.status == 200 => length,
            None => return Err(wrong("a part instead of the whole")),
            Some(_) if response.status != 206 => return Err(wrong("the whole instead of a part")),
            Some(range) => {
                let header = response.header("content-range").ok_or_else(|| wrong("no Content-Range"))?;
                let (first, last, size) =
                    content_range(header).ok_or_else(|| wrong("garbled Content-Range"))?;
                let expected = range.end.min(size);
                let is_ours = first == range.start && last.checked_add(1) == Some(expected);
                if !is_ours || first.checked_add(length) != Some(expected) {
                    return Err(wrong("another range than asked for"));
                }
                size
            }
        };
        let promised = response.header("content-length").and_then(|text| text.parse::<u64>().ok());
        if promised.is_some_and(|promised| promised != length) {
            return Err(wrong("a truncated body"));
        }
        Ok(Object { bytes: response.body, etag, size })
    }
}

/// `bytes 0-9/100`.
fn content_range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, size.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Endpoints;

    fn get(range: Option<Range<u64>>) -> GetObject {
        let if_match = Some("\"abc\"".to_owned());
        let key = "report/c/year=2026/a:b.parquet".to_owned();
        GetObject { bucket: super::super::bucket(), key, range, if_match, max_bytes: 100 }
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let mut headers: Vec<_> = headers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        headers.push(("etag".to_owned(), "\"abc\"".to_owned()));
        Response { status, headers, body: Bytes::copy_from_slice(body) }
    }

    #[test]
    fn a_range_is_pinned_to_tag_and_owner() {
        let request = get(Some(10..20)).request();
        let url = Endpoints::aws().address(Service::S3, &request);
        let host = "https://acme-reports.s3.us-east-1.amazonaws.com";
        assert_eq!(url, format!("{host}/report/c/year%3D2026/a%3Ab.parquet"));
        let expect = [
            ("x-amz-expected-bucket-owner", "123456789012"),
            ("range", "bytes=10-19"),
            ("if-match", "\"abc\""),
        ];
        assert!(request.headers.iter().map(|(a, b)| (a.as_str(), b.as_str())).eq(expect));
    }

    fn check(range: Option<Range<u64>>, answer: Response, expect: Option<u64>) {
        let found = get(range).parse(answer.clone()).ok().map(|object| object.size);
        assert_eq!(found, expect, "{answer:?}");
    }

    // security.md rows 29 and 37
    #[test]
    fn the_answer_is_the_range_asked_for() {
        let ranged = |header| answer(206, &[("content-range", header)], b"0123456789");
        check(Some(10..20), ranged("bytes 10-19/100"), Some(100));
        check(Some(10..90), ranged("bytes 10-19/20"), Some(20));
        check(Some(10..20), ranged("bytes 0-9/100"), None);
        check(Some(10..30), ranged("bytes 10-29/100"), None);
        check(Some(10..30), ranged("bytes 10-19/100"), None);
        check(Some(10..20), ranged("bytes 10-18446744073709551615/18446744073709551615"), None);
        check(Some(10..20), ranged("items"), None);
        check(Some(10..20), answer(200, &[], b"0123456789"), None);
        check(None, answer(200, &[("content-length", "3")], b"abc"), Some(3));
        check(None, answer(200, &[("content-length", "4")], b"abc"), None);
        check(None, answer(206, &[], b"abc"), None);
    }

    #[test]
    fn an_object_may_look_like_an_error() {
        check(None, answer(200, &[], b"<Error><Code>x</Code></Error>"), Some(29));
    }
}
