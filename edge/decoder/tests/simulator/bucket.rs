//! The customer's bucket and STS, as far as ingest asks them: sessions that end, ranges, conditions, listings in pages.
//! An independent reading of AWS's wire format would be the sandbox's; this one is small enough to be asked a thousand
//! times a second.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use aws::{Http, HttpError, HttpRequest, HttpResponse};
use bytes::Bytes;
use engine::ports::Pace;
use ledger::endless::Endless;
use shared::Timestamp;

use crate::reports::{BUCKET, PREFIX, Poison, etag};
use crate::town::{Effect, Process, Town};

/// The account the bucket belongs to.
pub const ACCOUNT: &str = "123456789012";
/// The external id of the connection.
pub const EXTERNAL_ID: &str = "00000000-0000-4000-8000-000000000000";
/// Where the simulated AWS answers.
pub const ORIGIN: &str = "http://aws.test";
/// Seconds for which what is under way may go on after a connection has ended. Every process that waits makes the one
/// clock go on, so this is more than the minute of one of them.
const GRACE: i64 = 300;
/// Objects on a page of a listing.
const PAGE: usize = 5;

/// What an object holds.
#[derive(Clone, Debug)]
pub enum Content {
    Whole(Bytes),
    /// More than anybody has room for: made as it is asked for.
    Endless(Rc<Endless>),
}

impl Content {
    pub fn size(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Endless(endless) => endless.size(),
        }
    }

    fn read(&self, range: Range<u64>) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes.slice(range.start as usize..range.end as usize),
            Self::Endless(endless) => endless.read(range).unwrap(),
        }
    }
}

/// An object.
#[derive(Clone, Debug)]
pub struct Object {
    pub content: Content,
    pub etag: String,
    pub modified: Timestamp,
    pub poison: Option<Poison>,
}

/// All objects, and the sessions that were given out.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    pub objects: BTreeMap<String, Object>,
    sessions: BTreeMap<String, Timestamp>,
    /// Whether the role is gone.
    pub is_role_gone: bool,
    /// Policies that sessions were narrowed to.
    pub policies: BTreeSet<String>,
    /// Tags of what was asked for by HEAD and was there.
    pub confirmed: BTreeSet<String>,
    /// Ranges of data files that were answered.
    pub ranges: u64,
    /// Bytes of them.
    pub bytes: u64,
}

impl Bucket {
    /// Writes an object.
    pub fn put(&mut self, key: &str, bytes: Bytes, poison: Option<Poison>, now: Timestamp) {
        let (etag, content) = (etag(&bytes), Content::Whole(bytes));
        self.objects.insert(key.to_owned(), Object { content, etag, modified: now, poison });
    }

    /// Writes a large file of a report; its version says which it is.
    pub fn put_endless(&mut self, key: &str, file: &Rc<Endless>, version: u32, now: Timestamp) {
        let (etag, content) = (etag(&version.to_be_bytes()), Content::Endless(file.clone()));
        self.objects.insert(key.to_owned(), Object { content, etag, modified: now, poison: None });
    }
}

impl Bucket {
    /// Sessions that were given out.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Every session ends now.
    pub fn end_sessions(&mut self) {
        self.sessions.values_mut().for_each(|end| *end = Timestamp::UNIX_EPOCH);
    }
}

/// The way to AWS of one process.
pub struct Wire {
    pub town: Rc<Town>,
    pub process: Process,
    /// Ranges this process asked of data files.
    pub asked: std::cell::Cell<u32>,
}

impl Http for Wire {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let town = &self.town;
        town.point(&self.process, Effect::Aws, false).await;
        if town.strikes("slow", |rates| rates.slow) {
            let seconds = town.dice.borrow_mut().within(1, 20);
            town.pass(seconds);
        }
        if town.strikes("silence", |rates| rates.silent) {
            return Err(HttpError::Timeout);
        }
        if town.strikes("503", |rates| rates.refused) {
            return Ok(refusal(503, "SlowDown"));
        }
        let mut response = self.answer(&request);
        town.meter.borrow_mut().answered(self.process.who, &response);
        if response.status == 206 && town.strikes("cut body", |rates| rates.cut) {
            response.body = response.body.slice(..response.body.len() / 2);
        }
        town.point(&self.process, Effect::Aws, true).await;
        Ok(response)
    }
}

impl Wire {
    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let town = &self.town;
        let now = town.now();
        let rest = request.url.strip_prefix(ORIGIN).unwrap();
        let mut bucket = town.bucket.borrow_mut();
        if rest == "/" {
            return sts(&mut bucket, &String::from_utf8_lossy(&request.body), now);
        }
        if let Some(ended) = town.ended_at.get()
            && now.duration_since(ended).as_secs() > GRACE
        {
            town.broke(format!("I7: S3 was asked at {now}, the connection ended at {ended}"));
        }
        let header = |name: &str| {
            request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        if header("x-amz-expected-bucket-owner") != Some(ACCOUNT) {
            town.broke(format!("{} does not name the bucket's owner", request.url));
        }
        let signed = header("authorization").unwrap_or_default();
        let session = signed.split("Credential=").nth(1).and_then(|rest| rest.split('/').next());
        match session.and_then(|session| bucket.sessions.get(session)) {
            None => return refusal(403, "InvalidAccessKeyId"),
            Some(end) if *end <= now => {
                town.count("ended session");
                return refusal(403, "ExpiredToken");
            }
            Some(_) if town.strikes("expired token", |rates| rates.expired) => {
                return refusal(403, "ExpiredToken");
            }
            Some(_) => {}
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let key = decoded(path.strip_prefix(&format!("/{BUCKET}/")).unwrap_or_default());
        if key.is_empty() {
            return list(&bucket, query);
        }
        if !key.starts_with(PREFIX) {
            town.broke(format!("{key} lies outside the report's prefix"));
        }
        let Some(object) = bucket.objects.get(&key).cloned() else { return refusal(404, "NoSuchKey") };
        if header("if-match").is_some_and(|wanted| wanted != object.etag) {
            town.count("412");
            return refusal(412, "PreconditionFailed");
        }
        if request.method == http::Method::HEAD {
            let length = object.content.size();
            bucket.confirmed.insert(object.etag.clone());
            return found(200, &object, Bytes::new(), vec![("content-length", length.to_string())]);
        }
        let Some(range) = header("range") else {
            let whole = object.content.read(0..object.content.size());
            return found(200, &object, whole, Vec::new());
        };
        if header("if-match").is_none() {
            town.broke(format!("a range of {key} was asked for without If-Match"));
        }
        bucket.ranges += 1;
        self.asked.set(self.asked.get() + 1);
        if let Some(Poison::Deadly(ranges)) = object.poison
            && self.asked.get() >= ranges
        {
            town.count("deadly file");
            self.process.is_dead.set(true);
        }
        let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        let (first, size) = (first.parse::<u64>().unwrap(), object.content.size());
        if first >= size {
            return refusal(416, "InvalidRange");
        }
        let end = (last.parse::<u64>().unwrap() + 1).min(size);
        let range = format!("bytes {first}-{}/{size}", end - 1);
        bucket.bytes += end - first;
        found(206, &object, object.content.read(first..end), vec![("content-range", range)])
    }
}

/// STS: the role trusts the one external id. Every other service refuses.
fn sts(bucket: &mut Bucket, body: &str, now: Timestamp) -> HttpResponse {
    if body.starts_with("Action=GetCallerIdentity") {
        let body = format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::{ACCOUNT}:assumed-role/access/c</Arn>\
             <UserId>AROA:c</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        return HttpResponse { status: 200, headers: Vec::new(), body: body.into() };
    }
    let id = body.split('&').find_map(|pair| pair.strip_prefix("ExternalId="));
    if bucket.is_role_gone || !body.starts_with("Action=AssumeRole") || id != Some(EXTERNAL_ID) {
        let body =
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
        return HttpResponse { status: 403, headers: Vec::new(), body: body.into() };
    }
    if let Some(policy) = body.split('&').find_map(|pair| pair.strip_prefix("Policy=")) {
        bucket.policies.insert(decoded(policy));
    }
    let id = format!("ASIA{:012}", bucket.sessions.len());
    let end = now.checked_add(jiff::SignedDuration::from_secs(900)).unwrap();
    bucket.sessions.insert(id.clone(), end);
    let body = format!(
        "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>\
         <Arn>arn:aws:sts::{ACCOUNT}:assumed-role/access/x</Arn></AssumedRoleUser><Credentials>\
         <AccessKeyId>{id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>{end}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    HttpResponse { status: 200, headers: Vec::new(), body: body.into() }
}

fn list(bucket: &Bucket, query: &str) -> HttpResponse {
    let value = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(known, _)| *known == name).map(|(_, value)| decoded(value)).next()
    };
    let (prefix, after) = (value("prefix").unwrap_or_default(), value("continuation-token"));
    let is_shallow = value("delimiter").is_some();
    // Either an object or, with a delimiter, the folder it lies in, once.
    let folder = |key: &str| {
        let end = key.get(prefix.len()..)?.find('/')?;
        is_shallow.then(|| key[..=prefix.len() + end].to_owned())
    };
    let mut found: Vec<(String, Option<&Object>)> = Vec::new();
    for (key, object) in bucket.objects.iter().filter(|(key, _)| key.starts_with(&prefix)) {
        let entry = folder(key).map_or_else(|| (key.clone(), Some(object)), |folder| (folder, None));
        if found.last().is_none_or(|(last, _)| *last != entry.0) {
            found.push(entry);
        }
    }
    found.retain(|(name, _)| after.as_ref().is_none_or(|after| name > after));
    let is_truncated = found.len() > PAGE;
    found.truncate(PAGE);
    let mut body = format!("<ListBucketResult><IsTruncated>{is_truncated}</IsTruncated>");
    if let Some((last, _)) = found.last().filter(|_| is_truncated) {
        body.push_str(&format!("<NextContinuationToken>{last}</NextContinuationToken>"));
    }
    for (key, object) in found {
        let Some(object) = object else {
            body.push_str(&format!("<CommonPrefixes><Prefix>{key}</Prefix></CommonPrefixes>"));
            continue;
        };
        let etag = object.etag.replace('"', "&quot;");
        body.push_str(&format!(
            "<Contents><Key>{key}</Key><LastModified>{}</LastModified><ETag>{etag}</ETag><Size>{}</Size></Contents>",
            object.modified,
            object.content.size()
        ));
    }
    body.push_str("</ListBucketResult>");
    HttpResponse { status: 200, headers: Vec::new(), body: body.into() }
}

fn found(status: u16, object: &Object, body: Bytes, more: Vec<(&str, String)>) -> HttpResponse {
    let mut headers = vec![("etag".to_owned(), object.etag.clone())];
    headers.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    HttpResponse { status, headers, body }
}

fn refusal(status: u16, code: &str) -> HttpResponse {
    let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    HttpResponse { status, headers: Vec::new(), body: body.into() }
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::new();
    let mut place = 0;
    while let Some(byte) = bytes.get(place) {
        let hex = (*byte == b'%').then(|| text.get(place + 1..place + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                place += 3;
            }
            None => {
                decoded.push(if *byte == b'+' { b' ' } else { *byte });
                place += 1;
            }
        }
    }
    String::from_utf8(decoded).unwrap()
}

/// Waiting moves the shared clock.
pub struct Waits(pub Rc<Town>);

impl Pace for Waits {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn random(&self) -> u64 {
        self.0.dice.borrow_mut().next()
    }

    async fn sleep(&self, milliseconds: u32) {
        crate::town::turn().await;
        self.0.pass(i64::from(milliseconds / 1_000));
    }
}
