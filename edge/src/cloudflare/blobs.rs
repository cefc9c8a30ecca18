//! Blobs in R2.

use std::ops::Range;

use bytes::Bytes;
use engine::error::{Error, Result};
use engine::ports::{BlobKey, Blobs};
use worker::{Bucket, Env};

/// Keys that one call deletes.
const BATCH: usize = 1_000;

/// The binding `BLOBS`.
pub struct R2Blobs(Bucket);

impl R2Blobs {
    /// Opens the binding.
    pub fn of(env: &Env) -> Result<Self> {
        env.bucket("BLOBS").map(Self).map_err(down)
    }
}

impl Blobs for R2Blobs {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<()> {
        self.0.put(&key.0, bytes.to_vec()).execute().await.map(|_| ()).map_err(down)
    }

    async fn find(&self, key: &BlobKey) -> Result<Option<Bytes>> {
        let Some(object) = self.0.get(&key.0).execute().await.map_err(down)? else { return Ok(None) };
        let Some(body) = object.body() else { return Ok(None) };
        body.bytes().await.map(|bytes| Some(Bytes::from(bytes))).map_err(down)
    }

    async fn find_range(&self, key: &BlobKey, range: Range<u64>) -> Result<Option<Bytes>> {
        let length = range.end.saturating_sub(range.start);
        let range = worker::Range::OffsetWithLength { offset: range.start, length };
        let Some(object) = self.0.get(&key.0).range(range).execute().await.map_err(down)? else {
            return Ok(None);
        };
        let Some(body) = object.body() else { return Ok(None) };
        body.bytes().await.map(|bytes| Some(Bytes::from(bytes))).map_err(down)
    }

    async fn exists(&self, key: &BlobKey) -> Result<bool> {
        self.0.head(&key.0).await.map(|object| object.is_some()).map_err(down)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<BlobKey>> {
        let listed = self.0.list().prefix(prefix).execute().await.map_err(down)?;
        Ok(listed.objects().into_iter().map(|object| BlobKey(object.key())).collect())
    }

    async fn delete(&self, keys: &[BlobKey]) -> Result<()> {
        for batch in keys.chunks(BATCH) {
            self.0.delete_multiple(batch.iter().map(|key| key.0.as_str()).collect()).await.map_err(down)?;
        }
        Ok(())
    }
}

fn down(cause: worker::Error) -> Error {
    Error::store(format!("R2: {cause}"))
}
