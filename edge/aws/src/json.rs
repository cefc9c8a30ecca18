//! Writes JSON requests and reads JSON answers, with the moments inside them.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use shared::Timestamp;

use crate::error::AwsError;

/// A request's body with those of its optional members that are there.
pub(crate) fn with<const N: usize>(mut body: Value, members: [(&str, Option<&str>); N]) -> Value {
    if let Some(body) = body.as_object_mut() {
        for (name, value) in members {
            body.extend(value.map(|value| (name.to_owned(), Value::from(value))));
        }
    }
    body
}

/// Reads an answer's body. The error names place and member, never a value.
pub(crate) fn read<T: DeserializeOwned>(operation: &'static str, body: &[u8]) -> Result<T, AwsError> {
    serde_json::from_slice(body).map_err(|error| {
        // serde's own words may quote the body; line and column do not.
        let why = format!("JSON not as expected at line {} column {}", error.line(), error.column());
        AwsError::malformed(operation, why)
    })
}

/// A moment as AWS's JSON protocols write it: seconds since 1970, perhaps with a fraction, or as Data Exports does,
/// `2026-11-23T09:00:00Z`.
pub(crate) fn find_moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let seconds = match Option::<Moment>::deserialize(from)? {
        None => return Ok(None),
        Some(Moment::Text(text)) => return text.parse().map(Some).map_err(D::Error::custom),
        Some(Moment::Seconds(seconds)) => seconds,
    };
    let millis = seconds * 1_000.0;
    if !millis.is_finite() || millis.abs() > 1e15 {
        return Err(D::Error::custom("not a moment"));
    }
    Timestamp::from_millisecond(millis as i64).map(Some).map_err(D::Error::custom)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Moment {
    Seconds(f64),
    Text(String),
}

/// Reads the answer of an operation that has nothing to tell: an empty object, or no body at all.
pub(crate) fn read_nothing(operation: &'static str, body: &[u8]) -> Result<(), AwsError> {
    if body.is_empty() {
        return Ok(());
    }
    read::<serde_json::Map<String, Value>>(operation, body).map(|_| ())
}
