//! A hand-written request and answer as the test of an operation, and calls against a scripted AWS.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use shared::Timestamp;

use crate::endpoints::Endpoints;
use crate::error::ErrorKind;
use crate::operation::{Operation, Response};
use crate::{Http, HttpError, HttpRequest, HttpResponse, Pace};

/// Checks what an operation sends and returns what it reads from the answer.
pub(crate) fn check<O: Operation>(operation: &O, line: &str, body: &str, answer: &str) -> O::Output {
    let request = operation.request();
    let url = Endpoints::aws().address(O::SERVICE, &request);
    assert_eq!(format!("{} {url}", request.method), line);
    assert_eq!(String::from_utf8_lossy(&request.body), body);
    operation.parse(answered(&[], answer)).unwrap()
}

/// Checks that an answer is refused as malformed, without a panic.
pub(crate) fn check_malformed<O: Operation>(operation: &O, answers: &[&str]) {
    for answer in answers {
        let error =
            operation.parse(answered(&[], answer)).err().unwrap_or_else(|| panic!("{answer:?} was read"));
        assert_eq!(error.kind, ErrorKind::Malformed, "{answer:?}");
    }
}

/// A successful answer.
pub(crate) fn answered(headers: &[(&str, &str)], body: &str) -> Response {
    let headers = headers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    Response { status: 200, headers, body: Bytes::copy_from_slice(body.as_bytes()) }
}

/// An AWS that answers from a script, with a clock that moves only when somebody waits.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) answers: RefCell<VecDeque<Result<HttpResponse, HttpError>>>,
    pub(crate) sent: RefCell<Vec<HttpRequest>>,
    pub(crate) waited_ms: Cell<u64>,
}

impl Script {
    pub(crate) fn then(self, status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers = headers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let body = Bytes::copy_from_slice(body.as_bytes());
        self.answers.borrow_mut().push_back(Ok(HttpResponse { status, headers, body }));
        self
    }

    pub(crate) fn then_fails(self, error: HttpError) -> Self {
        self.answers.borrow_mut().push_back(Err(error));
        self
    }

    /// `x-amz-date` of each request.
    pub(crate) fn dates(&self) -> Vec<String> {
        let sent = self.sent.borrow();
        sent.iter()
            .filter_map(|r| r.headers.iter().find(|h| h.0 == "x-amz-date").map(|h| h.1.clone()))
            .collect()
    }
}

impl Http for Script {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.sent.borrow_mut().push(request);
        self.answers.borrow_mut().pop_front().unwrap_or(Err(HttpError::Unreachable))
    }
}

impl Pace for Script {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        Timestamp::from_millisecond(start.as_millisecond() + i64::try_from(self.waited_ms.get()).unwrap())
            .unwrap()
    }

    fn random(&self) -> u64 {
        700
    }

    async fn sleep(&self, milliseconds: u32) {
        self.waited_ms.set(self.waited_ms.get() + u64::from(milliseconds));
    }
}

/// Runs a future that never truly waits.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits"),
    }
}
