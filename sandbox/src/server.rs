//! One port for everything: AWS's services by credential scope, the console, the mail box, the control interface.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body as HttpBody, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::cloudformation::{self, custom};
use crate::faults::{self, Fault};
use crate::iam::Caller;
use crate::sigv4::{self, Claim};
use crate::state::Call;
use crate::wire::{Answer, Body, Protocol, Refusal, Reply, Request};
use crate::world::World;
use crate::{
    cloudwatch, console, control, cost_explorer, exports, iam, mailbox, organizations, reports, s3, sns, sts,
};

/// Largest request that is read.
const MAX_REQUEST: usize = 8 * 1024 * 1024;

/// Serves the world until the process ends.
pub async fn serve(world: Arc<World>, listener: TcpListener) -> std::io::Result<()> {
    tokio::spawn(reports::keep_delivering(world.clone()));
    loop {
        let (stream, _) = listener.accept().await?;
        let world = world.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let world = world.clone();
                async move { Ok::<_, Infallible>(send(answer(&world, request).await)) }
            });
            // A caller that hangs up is no matter of ours.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(world: &Arc<World>, request: http::Request<Incoming>) -> Reply {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_REQUEST).collect().await else {
        return Reply::new(413, "text/plain", "The request is too large");
    };
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_bytes(),
    };
    route(world, &request).await
}

/// Answers a request. Public for tests that need no socket.
pub async fn route(world: &Arc<World>, request: &Request) -> Reply {
    let path = request.path.as_str();
    match path {
        "/health" => return Reply::new(200, "text/plain", "ok"),
        "/_mailbox" => return console::page("Mail box", &mailbox::page(&world.lock())),
        "/_mailbox.json" => return Reply::json(&mailbox::json(&world.lock())),
        sns::CERTIFICATE_PATH => return sns::certificate(),
        _ => {}
    }
    if path.starts_with("/_control/") {
        return control::handle(world, request).await;
    }
    if path == "/console" || path.starts_with("/console/") {
        return console::handle(world, request).await;
    }
    if path.starts_with(&format!("/{}/", custom::RESPONSES)) {
        let now = world.clock.now();
        let answer = custom::receive(&mut world.lock(), request, now);
        return answer.unwrap_or_else(|refusal| Protocol::RestXml.refuse(&refusal, &request_id(world)));
    }
    aws(world, request).await
}

fn request_id(world: &World) -> String {
    world.lock().random.uuid()
}

/// The protocol of a service.
fn protocol(service: &str) -> Option<Protocol> {
    Some(match service {
        "sts" => Protocol::Query("https://sts.amazonaws.com/doc/2011-06-15/"),
        "cloudformation" => Protocol::Query("http://cloudformation.amazonaws.com/doc/2010-05-15/"),
        "iam" => Protocol::Query("https://iam.amazonaws.com/doc/2010-05-08/"),
        "sns" => Protocol::Query("http://sns.amazonaws.com/doc/2010-03-31/"),
        "ce" | "cur" | "bcm-data-exports" | "organizations" | "support" => Protocol::Json("1.1"),
        "monitoring" => Protocol::Json("1.0"),
        "s3" => Protocol::RestXml,
        "ses" => Protocol::RestJson,
        _ => return None,
    })
}

/// Prefix of the target header.
fn target(service: &str) -> &'static str {
    match service {
        "ce" => "AWSInsightsIndexService",
        "cur" => "AWSOrigamiServiceGatewayService",
        "bcm-data-exports" => "AWSBillingAndCostManagementDataExports",
        "organizations" => "AWSOrganizationsV20161128",
        "support" => "AWSSupport_20130415",
        _ => "GraniteServiceVersion20100801",
    }
}

async fn aws(world: &Arc<World>, request: &Request) -> Reply {
    let id = request_id(world);
    let claim = match sigv4::claim(request) {
        Ok(Some(claim)) => claim,
        Ok(None) if request.query_value("Action").is_some() => {
            let protocol = Protocol::Query("http://sns.amazonaws.com/doc/2010-03-31/");
            return match sns::by_url(&mut world.lock(), request) {
                Ok(inner) => protocol.query_result("ConfirmSubscription", &inner, &id),
                Err(refusal) => protocol.refuse(&refusal, &id),
            };
        }
        Ok(None) => {
            return s3::anonymous(&world.lock(), request)
                .unwrap_or_else(|refusal| Protocol::RestXml.refuse(&refusal, &id));
        }
        Err(refusal) => return Protocol::Json("1.1").refuse(&refusal, &id),
    };
    let Some(protocol) = protocol(&claim.service) else {
        return Reply::new(404, "text/plain", format!("The service {} is not simulated", claim.service));
    };
    let operation = operation(&claim.service, request);
    let fault = world.lock().faults.take(&claim.service, &operation);
    if let Some(fault) = &fault {
        tokio::time::sleep(fault.delay()).await;
    }
    let (caller, outcome) = signed(world, request, &claim, &operation, fault.as_ref(), &id, protocol);
    let now = world.clock.now();
    let (reply, code) = match outcome {
        Ok(reply) => (reply, String::new()),
        Err(refusal) => (protocol.refuse(&refusal, &id), refusal.code),
    };
    let reply = fault.as_ref().map_or(reply.clone(), |fault| fault.spoil(reply, protocol));
    world.lock().note(Call {
        at: now,
        service: claim.service,
        operation,
        caller,
        status: reply.status,
        code,
    });
    reply.with("date", &faults::date(now, fault.as_ref()))
}

fn operation(service: &str, request: &Request) -> String {
    match protocol(service) {
        Some(Protocol::Query(_)) => request.form().get("Action").cloned().unwrap_or_default(),
        Some(Protocol::Json(_)) => {
            let name = request.header("x-amz-target").unwrap_or_default();
            name.strip_prefix(target(service))
                .and_then(|rest| rest.strip_prefix('.'))
                .unwrap_or_default()
                .to_owned()
        }
        Some(Protocol::RestXml) => s3::operation(request).to_owned(),
        _ => "SendEmail".to_owned(),
    }
}

/// Checks the signature, then asks the service. The caller's ARN goes to the log.
fn signed(
    world: &Arc<World>,
    request: &Request,
    claim: &Claim,
    operation: &str,
    fault: Option<&Fault>,
    id: &str,
    protocol: Protocol,
) -> (String, Answer) {
    let now = world.clock.now();
    let skewed = crate::clock::after(now, fault.map_or(0, Fault::skew));
    let caller = match authenticate(world, request, claim, skewed) {
        Ok(caller) => caller,
        Err(refusal) => return (String::new(), Err(refusal)),
    };
    if let Some(refusal) = fault.and_then(|fault| fault.refusal(&claim.service, operation, &caller.arn)) {
        return (caller.arn, Err(refusal));
    }
    let outcome = serve_operation(world, request, claim, operation, &caller, id, protocol);
    (caller.arn, outcome)
}

fn authenticate(world: &World, request: &Request, claim: &Claim, now: shared::Timestamp) -> Answer<Caller> {
    let unknown = || {
        let code = match claim.service.as_str() {
            "s3" => "InvalidAccessKeyId",
            "sts" | "cloudformation" | "iam" | "sns" => "InvalidClientTokenId",
            _ => "UnrecognizedClientException",
        };
        Refusal::new(403, code, "The security token included in the request is invalid.")
    };
    let credential = world.lock().credentials.get(&claim.access_key).cloned().ok_or_else(unknown)?;
    if credential.token != claim.token {
        return Err(unknown());
    }
    claim.verify(request, &credential.secret, now)?;
    if credential.expires.is_some_and(|end| now >= end) {
        let code = if claim.service == "s3" { "ExpiredToken" } else { "ExpiredTokenException" };
        return Err(Refusal::bad(code, "The security token included in the request is expired"));
    }
    Ok(credential.caller)
}

fn serve_operation(
    world: &Arc<World>,
    request: &Request,
    claim: &Claim,
    operation: &str,
    caller: &Caller,
    id: &str,
    protocol: Protocol,
) -> Answer {
    let now = world.clock.now();
    let form = request.form();
    let input =
        || request.json().ok_or_else(|| Refusal::bad("SerializationException", "The body is not JSON"));
    let json = |value: serde_json::Value| {
        let kind = if protocol == Protocol::Json("1.0") {
            "application/x-amz-json-1.0"
        } else {
            "application/x-amz-json-1.1"
        };
        Reply::new(200, kind, without_nulls(value).to_string()).with("x-amzn-requestid", id)
    };
    let query = |inner: String| protocol.query_result(operation, &inner, id);
    match claim.service.as_str() {
        "sts" => sts::handle(&mut world.lock(), caller, operation, &form, now).map(query),
        "iam" => iam::handle(&world.lock(), caller, operation, &form).map(query),
        "cloudformation" => {
            cloudformation::handle(&world.lock(), caller, &claim.region, operation, &form).map(query)
        }
        "ce" => cost_explorer::handle(world, caller, operation, &input()?, now).map(json),
        "cur" => reports::handle(&mut world.lock(), caller, operation, &input()?, now).map(json),
        "bcm-data-exports" => exports::handle(&world.lock(), caller, operation, &input()?).map(json),
        "organizations" => organizations::handle(&world.lock(), caller, operation, &input()?).map(json),
        "monitoring" => cloudwatch::handle(&world.lock(), caller, operation, &input()?).map(json),
        "support" => {
            let state = world.lock();
            iam::authorize(
                &state,
                caller,
                &iam::policy::Ask::new(&format!("support:{operation}"), "*"),
                None,
            )?;
            if state.account(&caller.account)?.support_plan {
                Ok(json(serde_json::json!({ "checks": [] })))
            } else {
                Err(Refusal::bad(
                    "SubscriptionRequiredException",
                    "Amazon Web Services Premium Support Subscription is required to use this service.",
                ))
            }
        }
        "s3" => s3::handle(&mut world.lock(), caller, request, &claim.region)
            .map(|reply| reply.with("x-amz-request-id", id)),
        "ses" => mailbox::handle(&mut world.lock(), caller, request, now),
        other => Err(Refusal::bad("UnknownOperationException", format!("{other} is not simulated"))),
    }
}

/// AWS leaves absent members out.
fn without_nulls(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(object) => object
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        serde_json::Value::Array(items) => items.into_iter().map(without_nulls).collect::<Vec<_>>().into(),
        other => other,
    }
}

/// A body on its way: whole, cut off, or without end.
struct Sent {
    bytes: Option<Bytes>,
    ends: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    Broken,
    Never,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let sent = self.get_mut();
        if let Some(bytes) = sent.bytes.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        Poll::Ready(match sent.ends {
            End::Well => None,
            End::Broken => Some(Err(std::io::Error::other("cut off on demand"))),
            End::Never => Some(Ok(Frame::data(Bytes::from_static(&[b' '; 65_536])))),
        })
    }
}

fn send(reply: Reply) -> http::Response<Sent> {
    let (bytes, ends, length) = match reply.body {
        Body::Whole(bytes) => {
            let length = bytes.len();
            (Some(bytes), End::Well, Some(length))
        }
        Body::Truncated(bytes) => {
            let length = bytes.len() * 2 + 1;
            (Some(bytes), End::Broken, Some(length))
        }
        Body::Endless => (None, End::Never, None),
    };
    let mut response = http::Response::builder().status(reply.status);
    let has_length = reply.headers.iter().any(|(name, _)| name == "content-length");
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    if let (Some(length), false) = (length, has_length || reply.status == 204) {
        response = response.header("content-length", length);
    }
    let body = Sent { bytes, ends };
    response.body(body).unwrap_or_else(|_| http::Response::new(Sent { bytes: None, ends: End::Well }))
}
