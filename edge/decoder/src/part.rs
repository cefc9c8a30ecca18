//! One part: claimed, fetched by ranges, rolled up, stored.

use std::ops::Range;

use aws::s3::{Bucket, GetObject};
use aws::{AwsError, Client, Credentials, Endpoints, ErrorKind, Experience};
use bytes::Bytes;
use engine::error::{Error, Result};
use engine::ingest::protocol::{
    Accepted, FailureCause, PartClaim, PartDone, PartFailed, PartTask, Receipt, Total,
};
use engine::ports::{BlobKey, Blobs, PartMessage};
use ledger::roll_up::{METRICS, part_dimensions};
use ledger::{Counts, DecodeError, Opened, PartRollUp, ReportFile, Sparse, first_range, limits};
use sha2::{Digest, Sha256};
use worker::Env;

use crate::blobs::R2Blobs;
use crate::entropy::PlatformEntropy;
use crate::http_out::PlatformHttp;
use crate::object::ask;
use crate::pace::PlatformPace;

/// Largest range of one request: its bytes are held twice while they are copied from JavaScript.
const MAX_RANGE: u64 = 8 * 1024 * 1024;

/// Works off one message.
pub async fn decode(env: &Env, message: &PartMessage) -> Result<Accepted> {
    let task = match ask::<PartClaim>(env, &message.workspace, "part/claim", message).await? {
        PartClaim::Drop => return Ok(Accepted::default()),
        PartClaim::Read(task) => task,
    };
    let blobs = R2Blobs::of(env)?;
    let key = partial_key(&task);
    let outcome = match blobs.find(&key).await? {
        Some(bytes) => ledger::partial::counts(&bytes).map_err(Failure::from),
        None => read(env, &task, &blobs, &key).await,
    };
    match outcome {
        Ok(counts) => {
            let done = PartDone { message: message.clone(), partial: key.0, receipt: receipt(&counts) };
            ask(env, &message.workspace, "part/done", &done).await
        }
        Err(Failure::Ours(error)) => Err(error),
        Err(Failure::Theirs(cause, words)) => {
            let failed = PartFailed { message: message.clone(), cause, words };
            ask(env, &message.workspace, "part/failed", &failed).await
        }
    }
}

/// The partial's name: a function of everything it depends on, and of nothing else.
fn partial_key(task: &PartTask) -> BlobKey {
    let mut hash = Sha256::new();
    let groups = format!("{:?}", task.row_groups);
    let inputs = [
        task.key.as_str(),
        &task.etag,
        &groups,
        &task.period.to_string(),
        &ledger::partial::VERSION.to_string(),
    ];
    for input in inputs.into_iter().chain(task.tracked_tags.iter().map(String::as_str)) {
        hash.update((input.len() as u64).to_be_bytes());
        hash.update(input.as_bytes());
    }
    BlobKey(format!("{}/partial/{}", task.workspace, hex::encode(hash.finalize())))
}

/// Why a part was not read.
enum Failure {
    /// The file or AWS.
    Theirs(FailureCause, String),
    /// We.
    Ours(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        let words = error.to_string();
        let mut letters = words.chars();
        let words =
            letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str() + ".");
        Self::Theirs(FailureCause::Refused, words.unwrap_or_default())
    }
}

impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        let cause = match error.kind {
            ErrorKind::Changed => FailureCause::Changed,
            ErrorKind::NotFound => FailureCause::Missing,
            ErrorKind::Denied(_) => FailureCause::Denied,
            _ => FailureCause::Upstream,
        };
        Self::Theirs(cause, error.to_string())
    }
}

struct Reader<'a> {
    client: Client<'a, PlatformHttp, PlatformPace>,
    credentials: Credentials,
    task: &'a PartTask,
}

impl Reader<'_> {
    /// A range of the pinned file, in as many requests as it takes.
    async fn fetch(&self, range: Range<u64>) -> std::result::Result<Bytes, Failure> {
        let length = range.end.saturating_sub(range.start);
        if length <= MAX_RANGE {
            return self.get(range).await;
        }
        let mut bytes = Vec::new();
        let capacity = usize::try_from(length).unwrap_or(usize::MAX);
        bytes.try_reserve_exact(capacity).map_err(|_| too_large())?;
        let mut start = range.start;
        while start < range.end {
            let end = range.end.min(start.saturating_add(MAX_RANGE));
            bytes.extend_from_slice(&self.get(start..end).await?);
            start = end;
        }
        Ok(bytes.into())
    }

    async fn get(&self, range: Range<u64>) -> std::result::Result<Bytes, Failure> {
        let length = range.end.saturating_sub(range.start);
        let operation = GetObject {
            bucket: Bucket {
                name: self.task.bucket.clone(),
                region: self.task.region,
                owner: self.task.owner.clone(),
            },
            key: self.task.key.clone(),
            max_bytes: usize::try_from(MAX_RANGE).unwrap_or(usize::MAX),
            range: Some(range),
            if_match: Some(self.task.etag.clone()),
        };
        let bytes = self.client.call(&self.credentials, &operation).await?.output.bytes;
        if bytes.len() as u64 == length {
            Ok(bytes)
        } else {
            let words = "S3 answered with fewer bytes than were asked for.".to_owned();
            Err(Failure::Theirs(FailureCause::Upstream, words))
        }
    }
}

fn too_large() -> DecodeError {
    DecodeError::TooLarge { thing: "what is read of a row group", limit: limits::ROW_GROUP }
}

async fn read(
    env: &Env,
    task: &PartTask,
    blobs: &R2Blobs,
    key: &BlobKey,
) -> std::result::Result<Counts, Failure> {
    let find =
        |name: &str| env.var(name).ok().map(|value| value.to_string()).filter(|value| !value.is_empty());
    let endpoints = Endpoints::from_variables(find).map_err(Error::bug)?;
    let (pace, experience) = (PlatformPace::new(PlatformEntropy::open()?), Experience::default());
    let session = &task.credentials;
    let reader = Reader {
        client: Client { http: &PlatformHttp, pace: &pace, endpoints: &endpoints, experience: &experience },
        credentials: Credentials::session(
            session.access_key_id.as_str(),
            session.secret_access_key.as_str(),
            session.session_token.as_str(),
            session.expires_at,
        ),
        task,
    };
    if task.size > limits::FILE {
        return Err(DecodeError::TooLarge { thing: "the file", limit: limits::FILE }.into());
    }
    if task.size == 0 {
        return Err(DecodeError::NotParquet.into());
    }
    let mut range = first_range(task.size);
    let mut file = loop {
        let tail = reader.fetch(range.clone()).await?;
        let dimensions = part_dimensions(&task.tracked_tags);
        match ReportFile::open(&tail, task.size, &dimensions, &METRICS, Some(task.period))? {
            Opened::File(file) => break file,
            Opened::Need(wider) if wider != range => range = wider,
            Opened::Need(_) => return Err(DecodeError::Truncated("the footer").into()),
        }
    };
    let mut roll_up = PartRollUp::new(task.period, &task.tracked_tags);
    let (from, until) =
        task.row_groups.map_or((0, file.row_groups()), |(from, until)| (from as usize, until as usize));
    let mut fetched = Sparse::new(task.size);
    for row_group in from..until.min(file.row_groups()) {
        fetched.clear();
        let ranges = file.ranges(row_group);
        let length = ranges.iter().fold(0, |sum: u64, range| sum.saturating_add(range.end - range.start));
        if length > limits::ROW_GROUP {
            return Err(too_large().into());
        }
        for range in ranges {
            let bytes = reader.fetch(range.clone()).await?;
            fetched.add(range.start, bytes);
        }
        file.read(row_group, &fetched, |block| roll_up.add(block))?;
    }
    let (bytes, counts) = roll_up.finish()?;
    if counts.is_doubtful() {
        let value = format!("{} of {} rows", counts.rejected, counts.rows);
        return Err(DecodeError::BadValue { column: "of costs".to_owned(), value }.into());
    }
    blobs.put(key, Bytes::from(bytes)).await?;
    Ok(counts)
}

/// Counts as the object wants them.
pub fn receipt(counts: &Counts) -> Receipt {
    Receipt {
        rows: counts.rows,
        left_out: counts.left_out,
        rejected: counts.rejected,
        outside_period: counts.outside_period,
        first_day: counts.first_day,
        last_day: counts.last_day,
        is_final: counts.is_final,
        totals: counts
            .totals
            .iter()
            .map(|(currency, (billed_cost, effective_cost))| Total {
                currency: *currency,
                billed_cost: *billed_cost,
                effective_cost: *effective_cost,
            })
            .collect(),
    }
}
