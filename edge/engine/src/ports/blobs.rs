//! Immutable bytes: R2 on Cloudflare.

use std::future::Future;
use std::ops::Range;

use bytes::Bytes;

use crate::error::Result;

/// `<workspace>/<kind>/<sha-256 or input hash>`. Parts are built from parsed types, never from input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey(pub String);

/// Stores bytes that never change under their key.
pub trait Blobs {
    /// Stores bytes; storing the same key again changes nothing.
    fn put(&self, key: &BlobKey, bytes: Bytes) -> impl Future<Output = Result<()>>;
    /// Loads bytes.
    fn find(&self, key: &BlobKey) -> impl Future<Output = Result<Option<Bytes>>>;
    /// Loads some bytes of a blob, as far as it goes. The range begins within it.
    fn find_range(&self, key: &BlobKey, range: Range<u64>) -> impl Future<Output = Result<Option<Bytes>>>;
    /// Whether the key exists.
    fn exists(&self, key: &BlobKey) -> impl Future<Output = Result<bool>>;
    /// Keys that begin with `prefix`, in order, at most a thousand.
    fn list(&self, prefix: &str) -> impl Future<Output = Result<Vec<BlobKey>>>;
    /// Removes keys; missing ones are fine.
    fn delete(&self, keys: &[BlobKey]) -> impl Future<Output = Result<()>>;
}
