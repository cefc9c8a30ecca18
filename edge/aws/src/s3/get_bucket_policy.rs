use super::Bucket;
use crate::error::AwsError;
use crate::operation::{Operation, Request, Response, Service};

/// The policy of a bucket, as JSON text. `NotFound` with `NoSuchBucketPolicy` when it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBucketPolicy {
    /// Where.
    pub bucket: Bucket,
}

impl Operation for GetBucketPolicy {
    type Output = String;
    const SERVICE: Service = Service::S3;
    const NAME: &'static str = "s3:GetBucketPolicy";

    fn request(&self) -> Request {
        let mut request = self.bucket.request(http::Method::GET, "");
        request.query.push(("policy".to_owned(), String::new()));
        request
    }

    fn parse(&self, response: Response) -> Result<String, AwsError> {
        let policy: serde_json::Value = crate::json::read(Self::NAME, &response.body)?;
        if !policy.is_object() {
            return Err(AwsError::malformed(Self::NAME, "a policy is an object"));
        }
        String::from_utf8(response.body.to_vec()).map_err(|_| AwsError::malformed(Self::NAME, "not UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let get = GetBucketPolicy { bucket: super::super::bucket() };
        let line = "GET https://acme-reports.s3.us-east-1.amazonaws.com/?policy=";
        let text = "{\"Version\":\"2012-10-17\",\"Statement\":[]}";
        assert_eq!(exchange::check(&get, line, "", text), text);
        exchange::check_malformed(&get, &["", "<a/>", "[]", "{"]);
    }
}
