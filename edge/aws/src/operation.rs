//! An AWS call as a value.

use bytes::Bytes;
use shared::Region;

/// The services Cloudthread calls. Host, signing name and protocol follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are AWS's")]
pub enum Service {
    Sts,
    CloudFormation,
    Iam,
    CostExplorer,
    CostAndUsageReport,
    DataExports,
    Organizations,
    CloudWatch,
    Support,
    S3,
    Ses,
}

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

/// One AWS operation: arguments in, typed answer out.
pub trait Operation {
    /// The answer.
    type Output;
    /// Whose operation it is.
    const SERVICE: Service;
    /// `GetCostAndUsage`: as IAM and the call ledger name it.
    const NAME: &'static str;
    /// The request for these arguments.
    fn request(&self) -> Request;
    /// Reads a successful answer; errors are read by `call`.
    fn parse(&self, response: Response) -> Result<Self::Output, crate::AwsError>;
}
