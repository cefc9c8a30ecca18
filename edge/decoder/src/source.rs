//! A pinned file in the customer's bucket: each range is asked for under its ETag and its bucket's owner.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use aws::s3::{Bucket, GetObject};
use aws::{AwsError, Client, Credentials, ErrorKind};
use bytes::Bytes;
use engine::ingest::protocol::{FailureCause, PartClaim, PartTask, SessionCredentials, Wanted};
use engine::ports::{Pace, PartMessage};
use ledger::{DecodeError, limits};
use shared::Timestamp;

use crate::reader::{Failure, Source};
use crate::world::{World, ask};

/// Largest range of one request: its bytes are held twice while they are copied from JavaScript.
const MAX_RANGE: u64 = 8 * 1024 * 1024;
/// Seconds after which a reader asks whether it is to go on: nothing is read for long after a connection has ended.
const ASK_EVERY: i64 = 30;

/// The file of a part.
pub struct S3Source<'a, W: World> {
    world: &'a W,
    message: &'a PartMessage,
    bucket: Bucket,
    key: &'a str,
    etag: &'a str,
    credentials: RefCell<Credentials>,
    asked_at: Cell<Timestamp>,
}

impl<'a, W: World> S3Source<'a, W> {
    /// The file of a claimed part.
    pub fn new(world: &'a W, message: &'a PartMessage, task: &'a PartTask) -> Self {
        Self {
            world,
            message,
            bucket: Bucket { name: task.bucket.clone(), region: task.region, owner: task.owner.clone() },
            key: &task.piece.key,
            etag: &task.piece.etag,
            credentials: RefCell::new(session(&task.credentials)),
            asked_at: Cell::new(world.pace().now()),
        }
    }

    /// An error when nobody wants the part any more.
    async fn go_on(&self) -> Result<(), Failure> {
        let now = self.world.pace().now();
        if now.duration_since(self.asked_at.get()).as_secs() < ASK_EVERY {
            return Ok(());
        }
        self.asked_at.set(now);
        let wanted: Wanted = ask(self.world, &self.message.workspace, "part/wanted", self.message).await?;
        if wanted.is_wanted { Ok(()) } else { Err(Failure::Late) }
    }

    async fn get(&self, range: Range<u64>) -> Result<Bytes, Failure> {
        self.go_on().await?;
        let length = range.end.saturating_sub(range.start);
        let operation = GetObject {
            bucket: self.bucket.clone(),
            key: self.key.to_owned(),
            max_bytes: usize::try_from(MAX_RANGE).unwrap_or(usize::MAX),
            range: Some(range),
            if_match: Some(self.etag.to_owned()),
        };
        let bytes = match self.call(&operation).await {
            // They ran out on the way: new ones once, and on from where it stopped.
            Err(error) if error.kind == ErrorKind::Expired => {
                self.renew().await?;
                self.call(&operation).await?
            }
            outcome => outcome?,
        };
        if bytes.len() as u64 == length {
            Ok(bytes)
        } else {
            let words = "S3 answered with fewer bytes than were asked for.".to_owned();
            Err(Failure::Theirs(FailureCause::Upstream, words))
        }
    }

    async fn call(&self, operation: &GetObject) -> Result<Bytes, AwsError> {
        let client = Client {
            http: self.world.http(),
            pace: self.world.pace(),
            endpoints: self.world.endpoints(),
            experience: self.world.experience(),
        };
        let credentials = self.credentials.borrow().clone();
        client.call(&credentials, operation).await.map(|answer| answer.output.bytes)
    }

    async fn renew(&self) -> Result<(), Failure> {
        match ask::<_, PartClaim>(self.world, &self.message.workspace, "part/renew", self.message).await? {
            PartClaim::Read(task) => {
                *self.credentials.borrow_mut() = session(&task.credentials);
                Ok(())
            }
            PartClaim::Drop => Err(Failure::Late),
        }
    }
}

impl<W: World> Source for S3Source<'_, W> {
    async fn fetch(&self, range: Range<u64>) -> Result<Bytes, Failure> {
        let length = range.end.saturating_sub(range.start);
        if length <= MAX_RANGE {
            return self.get(range).await;
        }
        let mut bytes = Vec::new();
        let capacity = usize::try_from(length).unwrap_or(usize::MAX);
        let too_large =
            DecodeError::TooLarge { thing: "what is read of a row group", limit: limits::ROW_GROUP };
        bytes.try_reserve_exact(capacity).map_err(|_| too_large)?;
        let mut start = range.start;
        while start < range.end {
            let end = range.end.min(start.saturating_add(MAX_RANGE));
            bytes.extend_from_slice(&self.get(start..end).await?);
            start = end;
        }
        Ok(bytes.into())
    }
}

fn session(session: &SessionCredentials) -> Credentials {
    Credentials::session(
        session.access_key_id.as_str(),
        session.secret_access_key.as_str(),
        session.session_token.as_str(),
        session.expires_at,
    )
}
