use shared::Timestamp;

use super::Bucket;
use crate::error::AwsError;
use crate::operation::{Operation, Request, Response, Service};

/// An object's tag and size, to pin before it is read in parts.
///
/// Errors carry no code: a HEAD is refused without a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadObject {
    /// Where.
    pub bucket: Bucket,
    /// Which, decoded.
    pub key: String,
}

/// What is known of an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    /// Its version's tag, quotes included.
    pub etag: String,
    /// Size in bytes.
    pub size: u64,
    /// When it was written.
    pub last_modified: Option<Timestamp>,
}

impl Operation for HeadObject {
    type Output = ObjectHead;
    const SERVICE: Service = Service::S3;
    const NAME: &'static str = "s3:HeadObject";
    const IS_OBJECT: bool = true;

    fn request(&self) -> Request {
        self.bucket.request(http::Method::HEAD, &self.key)
    }

    fn parse(&self, response: Response) -> Result<ObjectHead, AwsError> {
        let header = |name| response.header(name).ok_or_else(|| AwsError::malformed(Self::NAME, name));
        Ok(ObjectHead {
            etag: header("etag")?.to_owned(),
            size: header("content-length")?
                .parse()
                .map_err(|_| AwsError::malformed(Self::NAME, "content-length"))?,
            last_modified: response.header("last-modified").and_then(crate::pace::parse_date),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::answered;

    #[test]
    fn request_and_answer() {
        let head = HeadObject { bucket: super::super::bucket(), key: "k".to_owned() };
        assert_eq!(head.request().method, http::Method::HEAD);
        let headers = [
            ("etag", "\"a\""),
            ("content-length", "1024"),
            ("last-modified", "Mon, 23 Nov 2026 10:00:00 GMT"),
        ];
        let object = head.parse(answered(&headers, "")).unwrap();
        assert_eq!((object.size, &*object.etag), (1_024, "\"a\""));
        assert_eq!(object.last_modified, Some("2026-11-23T10:00:00Z".parse().unwrap()));
        assert!(head.parse(answered(&[("etag", "a")], "")).is_err());
        assert!(head.parse(answered(&[("etag", "a"), ("content-length", "-1")], "")).is_err());
    }
}
