//! The one way out: a port that sends a ready request. The edge implements it with `fetch`, tests in memory.

use std::future::Future;

use bytes::Bytes;

/// A request, ready to be sent. The sender follows no redirect, keeps nothing in any cache, and reads at most
/// `max_body` bytes of the answer.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// `GET`, `PUT`, `POST`, `HEAD`.
    pub method: http::Method,
    /// Absolute address, exactly as signed.
    pub url: String,
    /// Headers in order; names in lower case. May hold a signature: never logged.
    pub headers: Vec<(String, String)>,
    /// Body; empty for none.
    pub body: Bytes,
    /// Bytes of the answer's body after which reading stops with [`HttpError::TooLarge`].
    pub max_body: usize,
    /// Milliseconds after which waiting stops with [`HttpError::Timeout`].
    pub timeout_ms: u32,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}

impl HttpResponse {
    /// The first value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Nothing answered, or the connection broke.
    #[error("no answer")]
    Unreachable,
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// The body passed the cap.
    #[error("the answer is too large")]
    TooLarge,
}

/// Sends requests. Futures need not be `Send`: Workers have one thread.
pub trait Http {
    /// Sends one request and reads the whole answer.
    fn send(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, HttpError>>;
}
