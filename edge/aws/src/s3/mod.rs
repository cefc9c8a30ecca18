//! Reading reports from the customer's bucket, and the policy of the bucket our stack made. Every request names the
//! account that must own the bucket: a deleted bucket may come back as a stranger's.

mod get_bucket_policy;
mod get_object;
mod head_object;
mod list_objects;
mod put_bucket_policy;

pub use get_bucket_policy::GetBucketPolicy;
pub use get_object::{GetObject, Object};
pub use head_object::{HeadObject, ObjectHead};
pub use list_objects::{ListObjects, Listing, ObjectSummary};
pub use put_bucket_policy::PutBucketPolicy;

use shared::{AccountId, BucketName, Region};

use crate::operation::Request;

/// A bucket, where it lives and who must own it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: BucketName,
    /// Where requests go and what they are signed for.
    pub region: Region,
    /// The account that must own it; anybody else's answer is a 403.
    pub owner: AccountId,
}

impl Bucket {
    fn request(&self, method: http::Method, key: &str) -> Request {
        let mut request = Request::s3(method, self.region, &self.name, key);
        request.headers.push(("x-amz-expected-bucket-owner".to_owned(), self.owner.as_str().to_owned()));
        request
    }
}

#[cfg(test)]
fn bucket() -> Bucket {
    Bucket {
        name: "acme-reports".parse().unwrap(),
        region: Region::UsEast1,
        owner: "123456789012".parse().unwrap(),
    }
}
