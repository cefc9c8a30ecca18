//! The way out: `fetch`, without redirects, without caches, cut off at the caller's size and time.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use engine::ports::{Http, HttpError, HttpRequest, HttpResponse};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use worker::{
    AbortController, AbortSignal, CacheMode, Delay, Fetch, Headers, Method, Request, RequestInit,
    RequestRedirect,
};

/// The platform's `fetch`.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlatformHttp;

impl Http for PlatformHttp {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let controller = AbortController::default();
        let signal = controller.signal();
        let mut running = Running(Some(controller));
        let limit = Duration::from_millis(request.timeout_ms.into());
        let exchange = pin!(exchange(&request, &signal));
        let outcome = match select(exchange, pin!(Delay::from(limit))).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(((), _)) => Err(HttpError::Timeout),
        };
        if outcome.is_ok() {
            running.0 = None;
        }
        outcome
    }
}

/// An exchange that is not over. Whoever stops waiting for it ends it: it would hold a connection for nobody.
struct Running(Option<AbortController>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

async fn exchange(request: &HttpRequest, signal: &AbortSignal) -> Result<HttpResponse, HttpError> {
    let sent = prepare(request).map_err(|_| HttpError::Unreachable)?;
    let mut response =
        Fetch::Request(sent).send_with_signal(signal).await.map_err(|_| HttpError::Unreachable)?;
    let headers = response.headers().entries().collect::<Vec<_>>();
    let announced = headers.iter().find(|(name, _)| name == "content-length");
    let announced = announced.and_then(|(_, length)| length.parse::<usize>().ok());
    // Of an answer to HEAD the length is that of a body which does not come.
    if request.method != http::Method::HEAD && announced.is_some_and(|length| length > request.max_body) {
        return Err(HttpError::TooLarge);
    }
    let status = response.status_code();
    let mut body = Vec::with_capacity(announced.unwrap_or(0).min(request.max_body));
    if let Ok(mut chunks) = response.stream() {
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| HttpError::Unreachable)?;
            if body.len() + chunk.len() > request.max_body {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
    }
    Ok(HttpResponse { status, headers, body: Bytes::from(body) })
}

fn prepare(request: &HttpRequest) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.append(name, value)?;
    }
    let body = (!request.body.is_empty()).then(|| js_sys::Uint8Array::from(request.body.as_ref()).into());
    let mut init = RequestInit::new();
    init.with_method(Method::from(request.method.as_str().to_owned()))
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual)
        .with_cache(CacheMode::NoStore)
        .with_body(body);
    Request::new_with_init(&request.url, &init)
}
