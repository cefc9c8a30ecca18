//! Faults on demand: for the next calls of an operation, AWS misbehaves in a named way.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::clock::{self, http_date};
use crate::wire::{Body, Protocol, Refusal, Reply};

/// A way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Throttled, in the service's own words.
    Throttle,
    /// Answered late.
    Delay,
    /// 500 with an HTML page.
    Html,
    /// The body stops half way.
    Truncate,
    /// The body never ends.
    Endless,
    /// Denied by policy.
    Deny,
    /// Denied by the organization.
    DenyByOrganization,
    /// AWS's clock is off by the given seconds.
    Skew,
    /// The same token again and again.
    TokenLoop,
    /// 503, nothing else.
    Unavailable,
    /// 200 with nothing in it.
    Empty,
}

const NAMES: [(&str, Kind); 11] = [
    ("throttle", Kind::Throttle),
    ("delay", Kind::Delay),
    ("html", Kind::Html),
    ("truncate", Kind::Truncate),
    ("endless", Kind::Endless),
    ("deny", Kind::Deny),
    ("deny-scp", Kind::DenyByOrganization),
    ("skew", Kind::Skew),
    ("token-loop", Kind::TokenLoop),
    ("unavailable", Kind::Unavailable),
    ("empty", Kind::Empty),
];

impl Kind {
    /// By its name.
    pub fn parse(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Every name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }
}

/// A fault to come.
#[derive(Clone, Debug)]
pub struct Fault {
    /// `ce:GetCostAndUsage`, `s3:*`, `*`.
    pub operation: String,
    /// How.
    pub kind: Kind,
    /// How many calls are left.
    pub count: u64,
    /// Calls that pass before the first fault.
    pub after: u64,
    /// Milliseconds of a delay, seconds of a skew.
    pub amount: i64,
}

/// The faults to come.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// In the order they were asked for.
    pub waiting: Vec<Fault>,
}

impl Faults {
    /// The fault for this call, counted down.
    pub fn take(&mut self, service: &str, operation: &str) -> Option<Fault> {
        let full = format!("{service}:{operation}");
        let fault =
            self.waiting.iter_mut().find(|fault| crate::iam::policy::like(&fault.operation, &full))?;
        if fault.after > 0 {
            fault.after -= 1;
            return None;
        }
        fault.count = fault.count.saturating_sub(1);
        let taken = fault.clone();
        self.waiting.retain(|fault| fault.count > 0);
        Some(taken)
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        self.waiting
            .iter()
            .map(|fault| {
                json!({
                    "operation": fault.operation, "kind": fault.kind.name(), "count": fault.count,
                    "after": fault.after, "amount": fault.amount,
                })
            })
            .collect::<Vec<_>>()
            .into()
    }
}

impl Fault {
    /// Reads a fault of the control interface.
    pub fn parse(input: &Value) -> Result<Self, String> {
        let number =
            |name: &str, otherwise: i64| input.get(name).and_then(Value::as_i64).unwrap_or(otherwise);
        let kind = input.get("kind").and_then(Value::as_str).unwrap_or_default();
        Ok(Self {
            operation: input
                .get("operation")
                .and_then(Value::as_str)
                .ok_or("operation is missing, such as ce:GetCostAndUsage")?
                .to_owned(),
            kind: Kind::parse(kind).ok_or_else(|| {
                format!("kind must be one of {}", Kind::names().collect::<Vec<_>>().join(", "))
            })?,
            count: u64::try_from(number("count", 1)).map_err(|_| "count must not be negative")?.max(1),
            after: u64::try_from(number("after", 0)).map_err(|_| "after must not be negative")?,
            amount: number("amount", 0),
        })
    }

    /// Seconds AWS's clock is off for this call.
    pub fn skew(&self) -> i64 {
        if self.kind == Kind::Skew { self.amount } else { 0 }
    }

    /// What the call waits.
    pub fn delay(&self) -> Duration {
        let millis = if self.kind == Kind::Delay { self.amount.clamp(0, 120_000) } else { 0 };
        Duration::from_millis(millis.unsigned_abs())
    }

    /// The refusal that takes the place of an answer.
    pub fn refusal(&self, service: &str, operation: &str, caller: &str) -> Option<Refusal> {
        let denied = |because: &str| {
            Some(Refusal::denied(format!(
                "User: {caller} is not authorized to perform: {service}:{operation} {because}"
            )))
        };
        match self.kind {
            Kind::Throttle => Some(match service {
                "ce" => Refusal::bad("LimitExceededException", "Rate exceeded"),
                "s3" => Refusal::new(503, "SlowDown", "Please reduce your request rate."),
                "sts" | "cloudformation" | "iam" => Refusal::bad("Throttling", "Rate exceeded"),
                "organizations" => Refusal::bad("TooManyRequestsException", "Rate exceeded"),
                _ => Refusal::bad("ThrottlingException", "Rate exceeded"),
            }),
            Kind::Deny => denied("because no identity-based policy allows the action"),
            Kind::DenyByOrganization => denied("with an explicit deny in a service control policy"),
            _ => None,
        }
    }

    /// Spoils a good answer.
    pub fn spoil(&self, reply: Reply, protocol: Protocol) -> Reply {
        match self.kind {
            Kind::Html => {
                Reply::new(500, "text/html", "<html><body><h1>500 Internal Server Error</h1></body></html>")
            }
            Kind::Unavailable => Reply::new(503, "text/plain", ""),
            Kind::Empty => Reply::new(200, "text/plain", ""),
            Kind::Truncate => {
                let body = reply.whole();
                Reply { body: Body::Truncated(body.slice(..body.len() / 2)), ..reply }
            }
            Kind::Endless => Reply { body: Body::Endless, ..reply },
            Kind::TokenLoop => looped(reply, protocol),
            _ => reply,
        }
    }
}

/// Puts a token into an answer that repeats itself whatever was sent.
fn looped(mut reply: Reply, protocol: Protocol) -> Reply {
    let text = String::from_utf8_lossy(&reply.whole()).into_owned();
    let body = match protocol {
        Protocol::Json(_) | Protocol::RestJson => match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(mut object)) => {
                let name = if object.contains_key("ResultsByTime") { "NextPageToken" } else { "NextToken" };
                object.insert(name.to_owned(), "the-same-again".into());
                Value::Object(object).to_string()
            }
            _ => text,
        },
        Protocol::Query(_) => text.replacen("Result>", "Result><NextToken>the-same-again</NextToken>", 1),
        Protocol::RestXml => text.replace(
            "<IsTruncated>false</IsTruncated>",
            "<IsTruncated>true</IsTruncated><NextContinuationToken>the-same-again</NextContinuationToken>",
        ),
    };
    reply.body = Body::Whole(Bytes::from(body));
    reply
}

/// The `Date` header of an answer.
pub fn date(now: shared::Timestamp, fault: Option<&Fault>) -> String {
    http_date(clock::after(now, fault.map_or(0, Fault::skew)))
}
