//! An AWS call as a value.

use bytes::Bytes;
use serde::Serialize;
use shared::Region;

use crate::AwsError;
pub use crate::service::Service;

/// Cap of an XML answer.
pub const MAX_XML: usize = 4 * 1024 * 1024;
/// Cap of a JSON answer.
pub const MAX_JSON: usize = 16 * 1024 * 1024;

/// What an operation asks, before host and signature.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method.
    pub method: http::Method,
    /// Region the call goes to and is signed for.
    pub region: Region,
    /// For S3: the bucket, which becomes the host's first label.
    pub bucket: Option<shared::BucketName>,
    /// Decoded path from `/`.
    pub path: String,
    /// Decoded query, in order.
    pub query: Vec<(String, String)>,
    /// Headers besides host, date, token and hash; names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Bytes,
    /// Cap of the answer's body.
    pub max_body: usize,
}

impl Request {
    /// A form of the query protocol. Empty optional parameters are the caller's to leave out.
    pub fn query<O: Operation>(parameters: &[(&str, &str)]) -> Self {
        let mut form = format!("Action={}&Version={}", action::<O>(), O::SERVICE.version());
        for (name, value) in parameters {
            form.push('&');
            form.push_str(name);
            form.push('=');
            form.push_str(&crate::endpoints::encode(value));
        }
        Self::post("application/x-www-form-urlencoded; charset=utf-8", form.into(), MAX_XML)
    }

    /// A JSON body with its target header.
    pub fn json<O: Operation>(body: &impl Serialize) -> Self {
        let content_type = match O::SERVICE {
            Service::CloudWatch => "application/x-amz-json-1.0",
            _ => "application/x-amz-json-1.1",
        };
        // Our own request types hold strings, numbers and lists only: writing them cannot fail.
        let body = serde_json::to_vec(body).unwrap_or_default();
        let mut request = Self::post(content_type, body.into(), MAX_JSON);
        let target = format!("{}{}", O::SERVICE.version(), action::<O>());
        request.headers.push(("x-amz-target".to_owned(), target));
        request
    }

    /// A request to S3, without query, headers or body.
    pub fn s3(method: http::Method, region: Region, bucket: &shared::BucketName, key: &str) -> Self {
        Self {
            method,
            region,
            bucket: Some(bucket.clone()),
            path: format!("/{key}"),
            query: Vec::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            max_body: MAX_XML,
        }
    }

    fn post(content_type: &str, body: Bytes, max_body: usize) -> Self {
        Self {
            method: http::Method::POST,
            region: Region::UsEast1,
            bucket: None,
            path: "/".to_owned(),
            query: Vec::new(),
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body,
            max_body,
        }
    }
}

/// What came back with a status below 300.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}

impl Response {
    /// The first value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// One AWS operation: arguments in, typed answer out.
pub trait Operation {
    /// The answer.
    type Output;
    /// Whose operation it is.
    const SERVICE: Service;
    /// As the call ledger names it: signing name, colon, AWS's operation (`ce:GetCostAndUsage`).
    const NAME: &'static str;
    /// Whether a success is bytes of the customer's own (an S3 object), never to be searched for an error.
    const IS_OBJECT: bool = false;
    /// The request for these arguments.
    fn request(&self) -> Request;
    /// Reads a successful answer; errors are read by `call`.
    fn parse(&self, response: Response) -> Result<Self::Output, AwsError>;
}

/// An operation whose answer comes in pages.
pub trait Paged: Operation + Sized {
    /// The token of the page after this one.
    fn next_page(output: &Self::Output) -> Option<&str>;
    /// The same question, from that page on.
    fn at_page(&self, token: String) -> Self;
}

/// AWS's own name of an operation, without the service.
pub(crate) fn action<O: Operation>() -> &'static str {
    O::NAME.split_once(':').map_or(O::NAME, |(_, action)| action)
}
