//! A pinned file in the customer's bucket: each range is asked for under its ETag and its bucket's owner.

use std::cell::Cell;
use std::ops::Range;

use aws::s3::{Bucket, GetObject};
use aws::{AwsError, Client, Credentials, ErrorKind};
use bytes::Bytes;
use engine::ingest::protocol::{FailureCause, PartClaim, PartTask, SessionCredentials, Wanted};
use engine::ports::{Pace, PartMessage};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use futures_util::lock::Mutex;
use ledger::limits;
use shared::Timestamp;

use crate::reader::{Failure, Source};
use crate::world::{World, ask};

/// Seconds after which a reader asks whether it is to go on: nothing is read for long after a connection has ended.
const ASK_EVERY: i64 = 30;

/// Credentials, and how often they were renewed.
struct Session {
    credentials: Credentials,
    number: u32,
}

/// The file of a part.
pub struct S3Source<'a, W: World> {
    world: &'a W,
    message: &'a PartMessage,
    bucket: Bucket,
    key: &'a str,
    etag: &'a str,
    session: Mutex<Session>,
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
            session: Mutex::new(Session { credentials: credentials(&task.credentials), number: 0 }),
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

    /// A range of the file as it was when the part was claimed.
    async fn pinned(&self, range: Range<u64>) -> Result<Bytes, Failure> {
        self.go_on().await?;
        let length = range.end.saturating_sub(range.start);
        let operation = GetObject {
            bucket: self.bucket.clone(),
            key: self.key.to_owned(),
            max_bytes: usize::try_from(limits::RANGE).unwrap_or(usize::MAX),
            range: Some(range),
            if_match: Some(self.etag.to_owned()),
        };
        let bytes = match self.call(&operation).await {
            // They ran out on the way: new ones once, and on from where it stopped.
            Err((number, error)) if error.kind == ErrorKind::Expired => {
                self.renew(number).await?;
                self.call(&operation).await.map_err(|(_, error)| error)?
            }
            outcome => outcome.map_err(|(_, error)| error)?,
        };
        if bytes.len() as u64 == length {
            Ok(bytes)
        } else {
            let words = "S3 answered with fewer bytes than were asked for.".to_owned();
            Err(Failure::Theirs(FailureCause::Upstream, words))
        }
    }

    async fn call(&self, operation: &GetObject) -> Result<Bytes, (u32, AwsError)> {
        let client = Client {
            http: self.world.http(),
            pace: self.world.pace(),
            endpoints: self.world.endpoints(),
            experience: self.world.experience(),
        };
        let (credentials, number) = {
            let session = self.session.lock().await;
            (session.credentials.clone(), session.number)
        };
        let answer = client.call(&credentials, operation).await;
        answer.map(|answer| answer.output.bytes).map_err(|error| (number, error))
    }

    /// New credentials instead of those of a number. Of several requests that find them ended, the first renews them;
    /// the others wait and go on with what it got.
    async fn renew(&self, ended: u32) -> Result<(), Failure> {
        let mut session = self.session.lock().await;
        if session.number != ended {
            return Ok(());
        }
        match ask::<_, PartClaim>(self.world, &self.message.workspace, "part/renew", self.message).await? {
            PartClaim::Read(task) => {
                let number = ended.wrapping_add(1);
                *session = Session { credentials: credentials(&task.credentials), number };
                Ok(())
            }
            PartClaim::Drop => Err(Failure::Late),
        }
    }
}

impl<W: World> Source for S3Source<'_, W> {
    fn fetch(&self, range: Range<u64>) -> LocalBoxFuture<'_, Result<Bytes, Failure>> {
        self.pinned(range).boxed_local()
    }
}

fn credentials(session: &SessionCredentials) -> Credentials {
    Credentials::session(
        session.access_key_id.as_str(),
        session.secret_access_key.as_str(),
        session.session_token.as_str(),
        session.expires_at,
    )
}
