//! S3's operations, path-style.

use bytes::Bytes;
use serde_json::Value;

use super::{Bucket, Object, list};
use crate::clock::http_date;
use crate::iam::policy::{Ask, Form, Policy};
use crate::iam::{Caller, authorize};
use crate::state::State;
use crate::wire::{Answer, Refusal, Reply, Request, decode, escape};

/// The operation a request names, as IAM's action without `s3:` has it.
pub fn operation(request: &Request) -> &'static str {
    let (_, key) = place(request);
    let pairs = request.query_pairs();
    let asks = |name: &str| pairs.iter().any(|(key, _)| key == name);
    match (request.method.as_str(), key.is_empty()) {
        ("GET", true) if asks("policy") => "GetBucketPolicy",
        ("PUT", true) if asks("policy") => "PutBucketPolicy",
        ("GET", true) if asks("location") => "GetBucketLocation",
        ("GET", true) if asks("list-type") => "ListObjectsV2",
        ("HEAD", true) => "HeadBucket",
        ("GET", false) => "GetObject",
        ("HEAD", false) => "HeadObject",
        _ => "NotSimulated",
    }
}

/// Bucket and key of a path-style request.
fn place(request: &Request) -> (String, String) {
    let path = request.path.trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (decode(bucket), decode(key))
}

/// Answers a signed request.
pub fn handle(state: &mut State, caller: &Caller, request: &Request, region: &str) -> Answer {
    let operation = operation(request);
    if operation == "NotSimulated" {
        return Err(Refusal::new(
            501,
            "NotImplemented",
            "A header or query you provided implies functionality that is not simulated",
        ));
    }
    known_query(request, operation)?;
    let (name, key) = place(request);
    let bucket = state
        .buckets
        .get(&name)
        .ok_or_else(|| Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist"))?;
    if bucket.region != region {
        return Ok(redirect(bucket));
    }
    if request.header("x-amz-expected-bucket-owner").is_some_and(|owner| owner != bucket.account) {
        return Err(Refusal::denied("Access Denied"));
    }
    let bucket_arn = format!("arn:aws:s3:::{name}");
    let policy = bucket.parsed_policy();
    let may = |action: &str, resource: &str, prefix: Option<String>| {
        let mut ask = Ask::new(action, resource);
        if let Some(prefix) = prefix {
            ask = ask.key("s3:prefix", &prefix);
        }
        if bucket.account != caller.account {
            return Err(Refusal::denied("Access Denied"));
        }
        authorize(state, caller, &ask, policy.as_ref())
    };
    match operation {
        "ListObjectsV2" => {
            may("s3:ListBucket", &bucket_arn, request.query_value("prefix"))?;
            list::objects(bucket, request, state.settings.page)
        }
        "HeadBucket" => {
            may("s3:ListBucket", &bucket_arn, None)?;
            Ok(Reply::new(200, "application/xml", "").with("x-amz-bucket-region", &bucket.region))
        }
        "GetBucketLocation" => {
            may("s3:GetBucketLocation", &bucket_arn, None)?;
            let place = if bucket.region == "us-east-1" { "" } else { bucket.region.as_str() };
            Ok(Reply::new(
                200,
                "application/xml",
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}</LocationConstraint>",
                    escape(place)
                ),
            ))
        }
        "GetBucketPolicy" => {
            may("s3:GetBucketPolicy", &bucket_arn, None)?;
            let policy = bucket
                .policy
                .as_ref()
                .ok_or_else(|| Refusal::new(404, "NoSuchBucketPolicy", "The bucket policy does not exist"))?;
            Ok(Reply::new(200, "application/json", policy.to_string()))
        }
        "PutBucketPolicy" => {
            may("s3:PutBucketPolicy", &bucket_arn, None)?;
            let document: Value = serde_json::from_slice(&request.body)
                .map_err(|_| Refusal::bad("MalformedPolicy", "This policy contains invalid Json"))?;
            Policy::parse(&document, Form::Resource)
                .map_err(|words| Refusal::bad("MalformedPolicy", words))?;
            if let Some(bucket) = state.buckets.get_mut(&name) {
                bucket.policy = Some(document);
            }
            Ok(Reply::new(204, "application/xml", ""))
        }
        _ => {
            may("s3:GetObject", &format!("{bucket_arn}/{key}"), None)?;
            match bucket.objects.get(&key) {
                Some(object) => answer_object(object, request),
                // Without ListBucket nobody learns whether a key exists.
                None if may("s3:ListBucket", &bucket_arn, Some(key)).is_err() => {
                    Err(Refusal::denied("Access Denied"))
                }
                None => Err(Refusal::new(404, "NoSuchKey", "The specified key does not exist.")),
            }
        }
    }
}

/// Answers an unsigned request: only public objects.
pub fn anonymous(state: &State, request: &Request) -> Answer {
    if !matches!(operation(request), "GetObject" | "HeadObject") {
        return Err(Refusal::denied("Access Denied"));
    }
    let (name, key) = place(request);
    let bucket = state
        .buckets
        .get(&name)
        .ok_or_else(|| Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist"))?;
    let ask =
        Ask::new("s3:GetObject", &format!("arn:aws:s3:::{name}/{key}")).key("aws:SecureTransport", "true");
    let public = bucket.parsed_policy().is_some_and(|policy| {
        let mut ask = ask;
        ask.principal = vec![("AWS".to_owned(), "anonymous".to_owned())];
        policy.says(&ask) == crate::iam::policy::Effect::Allow
    });
    match bucket.objects.get(&key) {
        Some(object) if public => answer_object(object, request),
        _ => Err(Refusal::denied("Access Denied")),
    }
}

fn redirect(bucket: &Bucket) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.</Message><Endpoint>{0}.s3.{1}.amazonaws.com</Endpoint><Bucket>{0}</Bucket></Error>",
        escape(&bucket.name),
        escape(&bucket.region)
    );
    Reply::new(301, "application/xml", body).with("x-amz-bucket-region", &bucket.region)
}

/// Parameters nobody simulated would be ignored silently: refuse them.
fn known_query(request: &Request, operation: &str) -> Answer<()> {
    const LIST: [&str; 8] = [
        "list-type",
        "prefix",
        "delimiter",
        "max-keys",
        "continuation-token",
        "start-after",
        "encoding-type",
        "fetch-owner",
    ];
    for (name, _) in request.query_pairs() {
        let known = match name.as_str() {
            "policy" | "location" => true,
            "x-id" => true,
            name if name.starts_with("X-Amz-") => true,
            name => operation == "ListObjectsV2" && LIST.contains(&name),
        };
        if !known {
            return Err(Refusal::new(501, "NotImplemented", format!("{name} is not simulated")));
        }
    }
    Ok(())
}

fn answer_object(object: &Object, request: &Request) -> Answer {
    if request
        .header("if-match")
        .is_some_and(|wanted| wanted != "*" && wanted.trim_matches('"') != object.etag.trim_matches('"'))
    {
        return Err(Refusal::new(
            412,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        ));
    }
    let total = object.bytes.len();
    let (status, body, range) = match request.header("range").map(|range| parse_range(range, total)) {
        None | Some(Range::Ignored) => (200, object.bytes.clone(), None),
        Some(Range::Unsatisfiable) => {
            return Err(Refusal::new(416, "InvalidRange", "The requested range is not satisfiable"));
        }
        Some(Range::Part(from, until)) => {
            let body =
                if from < until && until <= total { object.bytes.slice(from..until) } else { Bytes::new() };
            (206, body, Some(format!("bytes {from}-{}/{total}", until.saturating_sub(1))))
        }
    };
    let length = body.len();
    let mut reply = Reply::new(status, "binary/octet-stream", body)
        .with("etag", &object.etag)
        .with("last-modified", &http_date(object.modified))
        .with("accept-ranges", "bytes");
    if let Some(range) = range {
        reply = reply.with("content-range", &range);
    }
    if request.method == "HEAD" {
        reply.body = crate::wire::Body::Whole(Bytes::new());
        reply = reply.with("content-length", &length.to_string());
    }
    Ok(reply)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    Ignored,
    Unsatisfiable,
    /// From, and the byte after the last.
    Part(usize, usize),
}

fn parse_range(text: &str, total: usize) -> Range {
    let Some((from, to)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Range::Ignored;
    };
    match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), _) if from >= total => Range::Unsatisfiable,
        (Ok(from), Ok(to)) if from <= to => Range::Part(from, to.saturating_add(1).min(total)),
        (Ok(from), Err(_)) if to.is_empty() => Range::Part(from, total),
        (Err(_), Ok(last)) if from.is_empty() && last > 0 => Range::Part(total.saturating_sub(last), total),
        (Err(_), Ok(_)) if from.is_empty() => Range::Unsatisfiable,
        _ => Range::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        let check = |text: &str, expect: Range| assert_eq!(parse_range(text, 10), expect, "{text}");
        check("bytes=0-3", Range::Part(0, 4));
        check("bytes=4-", Range::Part(4, 10));
        check("bytes=-3", Range::Part(7, 10));
        check("bytes=8-99", Range::Part(8, 10));
        check("bytes=10-", Range::Unsatisfiable);
        check("bytes=5-2", Range::Ignored);
        check("items=0-1", Range::Ignored);
    }
}
