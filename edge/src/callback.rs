//! The stack's messages, through SNS: verified in the order of what costs least, then handed to their workspace.

use std::cell::RefCell;

use engine::connection::{StackMessage, turn_away};
use engine::error::{Error, Kind, Result};
use engine::ports::{Clock, Endpoints, Http, HttpRequest, StackTokens};
use engine::sns::{self, Envelope, EnvelopeKind, MAX_BODY, Untrusted};
use futures_util::StreamExt;
use worker::{Context, Env, Request, Response, console_log};

use crate::cloudflare::clock;
use crate::cloudflare::d1::Database;
use crate::cloudflare::http::PlatformHttp;
use crate::cloudflare::rsa;
use crate::cloudflare::stack_tokens::D1StackTokens;
use crate::config::Config;
use crate::{forward, problem, settings};

/// Largest certificate that is read.
const MAX_CERTIFICATE: usize = 16 * 1024;

thread_local! {
    /// The last certificate, by its address: SNS changes it once a year.
    static CERTIFICATE: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// Answers 200 once stored, 403 for what is not believed, 5xx when SNS shall try again.
pub async fn answer(
    request: Request,
    env: &Env,
    _context: &Context,
    request_id: &str,
) -> worker::Result<Response> {
    match receive(request, env).await {
        Ok(()) => Response::empty(),
        Err(error) => problem::response(&error, request_id),
    }
}

async fn receive(request: Request, env: &Env) -> Result<()> {
    let config = Config::of(env)?;
    let settings = settings::operator(env, &config)?;
    let body = read(request).await?;
    let origin = crate::config::find(env, "SNS_CERT_ORIGIN");
    let envelope = Envelope::parse(&body, &settings.topic_arn, origin.as_deref()).map_err(untrusted)?;
    let now = clock::load(env).await?.now();
    verify(&envelope, now).await?;
    match envelope.kind {
        EnvelopeKind::SubscriptionConfirmation => {
            confirm(&settings.endpoints, &envelope).await?;
            Ok(())
        }
        EnvelopeKind::UnsubscribeConfirmation => {
            console_log!("{}", serde_json::json!({ "event": "unsubscribed", "topic": envelope.topic_arn }));
            Ok(())
        }
        EnvelopeKind::Notification => deliver(env, &settings, &envelope).await,
    }
}

async fn verify(envelope: &Envelope, now: shared::Timestamp) -> Result<()> {
    let pem = certificate(&envelope.signing_cert_url).await?;
    let key = sns::public_key(&pem, now).map_err(untrusted)?;
    let signature = envelope.signature_bytes().map_err(untrusted)?;
    if !rsa::verifies(&key, &signature, &envelope.canonical()).await {
        return Err(untrusted(Untrusted::Signature));
    }
    envelope.is_recent(now).map_err(untrusted)
}

/// The certificate at an address that was checked before, from memory if it is the same as last time.
async fn certificate(url: &str) -> Result<String> {
    let held = CERTIFICATE.with_borrow(|held| held.clone());
    if let Some((_, pem)) = held.filter(|(known, _)| known == url) {
        return Ok(pem);
    }
    let unreachable = |cause: String| {
        Error::new(Kind::Upstream, "certificate_unreachable", "The certificate cannot be read.", "")
            .because(cause)
    };
    let answer =
        PlatformHttp.send(get(url, MAX_CERTIFICATE)).await.map_err(|cause| unreachable(cause.to_string()))?;
    let pem = (answer.status == 200).then(|| String::from_utf8(answer.body.to_vec()).ok()).flatten();
    let pem = pem.ok_or_else(|| unreachable(format!("status {}", answer.status)))?;
    CERTIFICATE.with_borrow_mut(|held| *held = Some((url.to_owned(), pem.clone())));
    Ok(pem)
}

fn get(url: &str, max_body: usize) -> HttpRequest {
    HttpRequest {
        method: http::Method::GET,
        url: url.to_owned(),
        headers: Vec::new(),
        body: bytes::Bytes::new(),
        max_body,
        timeout_ms: 10_000,
    }
}

/// Confirms our own subscription, at an address built here: the one in the message is never followed.
async fn confirm(endpoints: &Endpoints, envelope: &Envelope) -> Result<()> {
    let token = envelope.token.as_deref().ok_or_else(|| untrusted(Untrusted::Malformed))?;
    let request = sns::confirm_subscription(endpoints, &envelope.topic_arn, token);
    let answer = PlatformHttp.send(request).await;
    match answer {
        Ok(answer) if answer.status == 200 => Ok(()),
        other => {
            let cause =
                other.map_or_else(|error| error.to_string(), |answer| format!("status {}", answer.status));
            Err(Error::new(Kind::Upstream, "not_confirmed", "The subscription was not confirmed.", "")
                .because(cause))
        }
    }
}

/// Hands a message to the workspace its token was given to. Anyone may publish to the topic: what cannot be read is
/// taken and forgotten, so that it does not come again.
async fn deliver(
    env: &Env,
    settings: &engine::workspace::OperatorSettings,
    envelope: &Envelope,
) -> Result<()> {
    let Ok(message) = StackMessage::parse(&envelope.message) else {
        console_log!("{}", serde_json::json!({ "event": "unreadable_message", "id": envelope.message_id }));
        return Ok(());
    };
    let tokens = D1StackTokens::new(Database::of(env)?);
    let Some(workspace) = tokens.find(&message.token_hash()).await? else {
        return turn_away(&PlatformHttp, settings, &message).await;
    };
    let body = serde_json::json!({ "id": envelope.message_id, "message": envelope.message }).to_string();
    let response = forward::internal(env, &workspace, "callback", Some(body.as_bytes())).await?;
    match response.status_code() {
        200..300 => Ok(()),
        status => Err(Error::store(format!("workspace object: callback answered {status}"))),
    }
}

/// Reads the body up to the cap, whatever length it claims.
async fn read(mut request: Request) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    let mut chunks = request.stream().map_err(|cause| Error::bug(format!("platform: {cause}")))?;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|cause| Error::store(format!("request: {cause}")))?;
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            return Err(untrusted(Untrusted::Malformed));
        }
    }
    Ok(body)
}

fn untrusted(cause: Untrusted) -> Error {
    let hint = "Only Amazon SNS sends messages here, through this instance's own topic.";
    Error::new(Kind::Forbidden, "message_untrusted", "This message is not believed.", hint).because(cause)
}
