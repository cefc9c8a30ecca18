use base64::Engine as _;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::Bucket;
use crate::error::AwsError;
use crate::operation::{Operation, Request, Response, Service};

/// Replaces the policy of the bucket our stack made, after the user asked for its repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutBucketPolicy {
    /// Where.
    pub bucket: Bucket,
    /// The whole policy as JSON.
    pub policy: String,
}

impl Operation for PutBucketPolicy {
    type Output = ();
    const SERVICE: Service = Service::S3;
    const NAME: &'static str = "s3:PutBucketPolicy";

    fn request(&self) -> Request {
        let mut request = self.bucket.request(http::Method::PUT, "");
        request.query.push(("policy".to_owned(), String::new()));
        request.body = Bytes::copy_from_slice(self.policy.as_bytes());
        // S3 demands a checksum of its own here, besides the signed hash.
        let checksum = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(&request.body));
        for (name, value) in [
            ("content-type", "application/json"),
            ("x-amz-sdk-checksum-algorithm", "SHA256"),
            ("x-amz-checksum-sha256", &*checksum),
        ] {
            request.headers.push((name.to_owned(), value.to_owned()));
        }
        request
    }

    fn parse(&self, _: Response) -> Result<(), AwsError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let put = PutBucketPolicy { bucket: super::super::bucket(), policy: "{}".to_owned() };
        exchange::check(&put, "PUT https://acme-reports.s3.us-east-1.amazonaws.com/?policy=", "{}", "");
        let headers = put.request().headers;
        let checksum = "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=";
        assert!(headers.contains(&("x-amz-checksum-sha256".to_owned(), checksum.to_owned())));
    }
}
