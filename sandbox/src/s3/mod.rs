//! S3: buckets with policies and regions, objects with ranges and preconditions.

mod api;
mod list;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::Timestamp;

use crate::iam::policy::{Ask, Effect, Form, Policy};

pub use api::{anonymous, handle, operation};

/// An object.
#[derive(Clone, Debug)]
pub struct Object {
    /// Content.
    pub bytes: Bytes,
    /// Quoted entity tag.
    pub etag: String,
    /// When it was put.
    pub modified: Timestamp,
}

/// A bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Owner.
    pub account: String,
    /// Where it lies.
    pub region: String,
    /// Its policy.
    pub policy: Option<Value>,
    /// Objects by key.
    pub objects: BTreeMap<String, Object>,
    /// When it was made.
    pub created: Timestamp,
}

impl Bucket {
    /// An empty bucket.
    pub fn new(name: &str, account: &str, region: &str, created: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            policy: None,
            objects: BTreeMap::new(),
            created,
        }
    }

    /// Puts an object.
    pub fn put(&mut self, key: &str, bytes: Bytes, modified: Timestamp) {
        let hash = hex::encode(Sha256::digest(&bytes));
        let etag = format!("\"{}\"", hash.get(..32).unwrap_or_default());
        self.objects.insert(key.to_owned(), Object { bytes, etag, modified });
    }

    /// Its policy, read.
    pub fn parsed_policy(&self) -> Option<Policy> {
        self.policy.as_ref().and_then(|document| Policy::parse(document, Form::Resource).ok())
    }

    /// Whether its policy lets a billing service do all that a delivery of `source` needs.
    pub fn admits_delivery(&self, service: &str, account: &str, source: &str) -> bool {
        let Some(policy) = self.parsed_policy() else { return false };
        let bucket = format!("arn:aws:s3:::{}", self.name);
        let object = format!("{bucket}/probe");
        [("s3:GetBucketPolicy", &bucket), ("s3:PutObject", &object)].into_iter().all(|(action, resource)| {
            let mut ask = Ask::new(action, resource)
                .key("aws:SourceAccount", account)
                .key("aws:SourceArn", source)
                .key("aws:SecureTransport", "true");
            ask.principal = vec![("Service".to_owned(), service.to_owned())];
            policy.says(&ask) == Effect::Allow
        })
    }
}
