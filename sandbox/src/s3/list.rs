//! ListObjectsV2: pages, prefixes, common prefixes.

use std::collections::BTreeSet;

use super::Bucket;
use crate::clock::iso;
use crate::wire::{Answer, Refusal, Reply, Request, element, encode};

/// One page of a bucket's keys, at most `page` of them.
pub fn objects(bucket: &Bucket, request: &Request, page: usize) -> Answer {
    let prefix = request.query_value("prefix").unwrap_or_default();
    let delimiter = request.query_value("delimiter").filter(|text| !text.is_empty());
    let url = request.query_value("encoding-type").as_deref() == Some("url");
    let limit = match request.query_value("max-keys") {
        None => 1_000,
        Some(text) => text.parse::<usize>().map_err(|_| {
            Refusal::bad("InvalidArgument", "Provided max-keys not an integer or within integer range")
        })?,
    };
    let after = match request.query_value("continuation-token") {
        Some(token) => untoken(&token)
            .ok_or_else(|| Refusal::bad("InvalidArgument", "The continuation token provided is incorrect"))?,
        None => request.query_value("start-after").unwrap_or_default(),
    };
    let mut shown: Vec<(String, bool)> = Vec::new();
    let mut folders = BTreeSet::new();
    for key in bucket.objects.keys().filter(|key| key.starts_with(&prefix)) {
        let rest = key.get(prefix.len()..).unwrap_or_default();
        let folder = delimiter.as_deref().and_then(|mark| {
            rest.find(mark).and_then(|at| rest.get(..at + mark.len())).map(|part| format!("{prefix}{part}"))
        });
        match folder {
            Some(folder) if folder.as_str() > after.as_str() && folders.insert(folder.clone()) => {
                shown.push((folder, true))
            }
            None if key.as_str() > after.as_str() => shown.push((key.clone(), false)),
            _ => {}
        }
    }
    let size = limit.min(page.max(1)).min(1_000);
    let truncated = shown.len() > size && size > 0;
    shown.truncate(size);
    let written = |text: &str| if url { encode(text).replace("%2F", "/") } else { text.to_owned() };
    let mut body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}{}{}{}{}",
        element("Name", &bucket.name),
        element("Prefix", &written(&prefix)),
        element("KeyCount", &shown.len().to_string()),
        element("MaxKeys", &limit.to_string()),
        element("IsTruncated", if truncated { "true" } else { "false" }),
    );
    if let Some(mark) = &delimiter {
        body += &element("Delimiter", &written(mark));
    }
    if url {
        body += "<EncodingType>url</EncodingType>";
    }
    if let (true, Some((last, _))) = (truncated, shown.last()) {
        body += &element("NextContinuationToken", &token(last));
    }
    for (key, is_folder) in &shown {
        if *is_folder {
            body += &format!("<CommonPrefixes>{}</CommonPrefixes>", element("Prefix", &written(key)));
        } else if let Some(object) = bucket.objects.get(key) {
            body += &format!(
                "<Contents>{}{}{}{}<StorageClass>STANDARD</StorageClass></Contents>",
                element("Key", &written(key)),
                element("LastModified", &iso(object.modified)),
                element("ETag", &object.etag),
                element("Size", &object.bytes.len().to_string()),
            );
        }
    }
    body += "</ListBucketResult>";
    Ok(Reply::new(200, "application/xml", body))
}

/// Tokens hide the key they stand for.
fn token(key: &str) -> String {
    format!("1{}", hex::encode(key.bytes().map(|byte| byte ^ 0x5a).collect::<Vec<_>>()))
}

fn untoken(token: &str) -> Option<String> {
    let bytes = hex::decode(token.strip_prefix('1')?).ok()?;
    String::from_utf8(bytes.into_iter().map(|byte| byte ^ 0x5a).collect()).ok()
}
