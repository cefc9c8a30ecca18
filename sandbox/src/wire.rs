//! Requests and answers as plain values, and how each AWS protocol words an answer and a refusal.

use std::collections::BTreeMap;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

/// Everything but RFC 3986's unreserved characters.
pub const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A request, read whole.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// The path as it came, percent-encoded.
    pub path: String,
    /// The query as it came, without `?`.
    pub query: String,
    /// Header names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Decoded pairs of the query string, in order.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        pairs(&self.query, false)
    }

    /// A decoded query value.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query_pairs().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Decoded fields of a form body.
    pub fn form(&self) -> BTreeMap<String, String> {
        pairs(&String::from_utf8_lossy(&self.body), true).into_iter().collect()
    }

    /// The decoded path.
    pub fn decoded_path(&self) -> String {
        decode(&self.path)
    }

    /// The body as JSON, `null` if empty.
    pub fn json(&self) -> Option<Value> {
        if self.body.is_empty() { Some(Value::Null) } else { serde_json::from_slice(&self.body).ok() }
    }
}

fn pairs(text: &str, plus_is_space: bool) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let read = |part: &str| {
                if plus_is_space { decode(&part.replace('+', " ")) } else { decode(part) }
            };
            (read(name), read(value))
        })
        .collect()
}

/// Percent-decodes.
pub fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Percent-encodes all but unreserved characters.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Escapes text for XML and HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// How a body is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Whole.
    Whole(Bytes),
    /// Its first bytes, though the length of all was promised.
    Truncated(Bytes),
    /// Spaces without end.
    Endless,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Body,
}

impl Reply {
    /// An answer of a content type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: Body::Whole(body.into()) }
    }

    /// A page.
    pub fn html(body: String) -> Self {
        Self::new(200, "text/html; charset=utf-8", body)
    }

    /// JSON of the sandbox's own interfaces.
    pub fn json(value: &Value) -> Self {
        Self::new(200, "application/json", value.to_string())
    }

    /// Sends a browser on after a form.
    pub fn see_other(location: &str) -> Self {
        Self::new(303, "text/plain", "").with("location", location)
    }

    /// Adds a header.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The whole body, nothing for the others.
    pub fn whole(&self) -> Bytes {
        match &self.body {
            Body::Whole(bytes) | Body::Truncated(bytes) => bytes.clone(),
            Body::Endless => Bytes::new(),
        }
    }
}

/// A refusal: what every AWS protocol can word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `AccessDenied`, `ValidationError` …
    pub code: String,
    /// AWS's words.
    pub message: String,
}

/// A result that AWS could refuse.
pub type Answer<T = Reply> = Result<T, Refusal>;

impl Refusal {
    /// A refusal of a status.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// A bad request.
    pub fn bad(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// A denial by policy. JSON services call it `AccessDeniedException` and answer 400.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(403, "AccessDenied", message)
    }
}

/// The protocols of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Form in, XML out; the namespace of its answers.
    Query(&'static str),
    /// JSON with `x-amz-target`; version of the content type.
    Json(&'static str),
    /// S3.
    RestXml,
    /// SES v2.
    RestJson,
}

impl Protocol {
    /// Words a refusal.
    pub fn refuse(self, refusal: &Refusal, request_id: &str) -> Reply {
        let kind = if refusal.status >= 500 { "Receiver" } else { "Sender" };
        let (code, message) = (escape(&refusal.code), escape(&refusal.message));
        match self {
            Self::Query(namespace) => Reply::new(
                refusal.status,
                "text/xml",
                format!("<ErrorResponse xmlns=\"{namespace}\">\n  <Error>\n    <Type>{kind}</Type>\n    <Code>{code}</Code>\n    <Message>{message}</Message>\n  </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n"),
            )
            .with("x-amzn-requestid", request_id),
            Self::Json(version) => {
                let (status, code) = match refusal.code.as_str() {
                    "AccessDenied" => (400, "AccessDeniedException"),
                    other => (refusal.status, other),
                };
                let body = json!({ "__type": code, "message": refusal.message, "Message": refusal.message });
                Reply::new(status, &format!("application/x-amz-json-{version}"), body.to_string())
                    .with("x-amzn-requestid", request_id)
            }
            Self::RestJson => {
                let code = if refusal.code == "AccessDenied" { "AccessDeniedException" } else { refusal.code.as_str() };
                Reply::new(refusal.status, "application/json", json!({ "message": refusal.message }).to_string())
                    .with("x-amzn-errortype", code)
                    .with("x-amzn-requestid", request_id)
            }
            Self::RestXml => Reply::new(
                refusal.status,
                "application/xml",
                format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId><HostId>simulated/{request_id}</HostId></Error>"),
            )
            .with("x-amz-request-id", request_id),
        }
    }

    /// Wraps the result of a query operation, given its inner XML.
    pub fn query_result(self, action: &str, inner: &str, request_id: &str) -> Reply {
        let namespace = match self {
            Self::Query(namespace) => namespace,
            _ => "",
        };
        Reply::new(
            200,
            "text/xml",
            format!("<{action}Response xmlns=\"{namespace}\">\n  <{action}Result>{inner}</{action}Result>\n  <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\n</{action}Response>\n"),
        )
        .with("x-amzn-requestid", request_id)
    }
}

/// `<Name>escaped</Name>`.
pub fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}
