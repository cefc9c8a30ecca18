//! SNS: one topic with HTTPS subscriptions, signed messages, retries. Only what CloudFormation's callback needs.

mod sign;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shared::Timestamp;

use crate::client;
use crate::clock::{self, iso};
use crate::state::State;
use crate::wire::{Answer, Refusal, Reply, Request, element, encode};
use crate::world::World;

pub use sign::{CERTIFICATE, canonical, signature};

/// Path of the certificate.
pub const CERTIFICATE_PATH: &str = "/SimpleNotificationService-a1b2c3d4e5f60718293a4b5c6d7e8f90.pem";

/// The operator's topic.
#[derive(Clone, Debug)]
pub struct Topic {
    /// ARN.
    pub arn: String,
    /// Its subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// Every notification, oldest first, to send it again.
    pub sent: Vec<Value>,
    /// What became of the deliveries, for the console.
    pub log: Vec<Delivery>,
}

/// A subscription.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// ARN.
    pub arn: String,
    /// Where messages go.
    pub endpoint: String,
    /// Token of the confirmation.
    pub token: String,
    /// Whether the endpoint confirmed.
    pub confirmed: bool,
}

/// An attempt to deliver.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// When.
    pub at: Timestamp,
    /// Type of the message.
    pub kind: String,
    /// Id of the message.
    pub id: String,
    /// Status, or what failed.
    pub outcome: String,
}

/// How a message is spoilt on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    /// Not at all: the same again.
    Repeated,
    /// The content was changed after signing.
    Forged,
    /// Signed two hours ago.
    Stale,
}

impl Topic {
    /// A topic without subscriptions.
    pub fn new(arn: String) -> Self {
        Self { arn, subscriptions: Vec::new(), sent: Vec::new(), log: Vec::new() }
    }
}

/// Subscribes an endpoint and asks it to confirm, again and again for ten minutes.
pub fn subscribe(world: &Arc<World>, endpoint: &str) {
    let token = {
        let mut state = world.lock();
        let (token, id) = (state.random.lower(64), state.random.uuid());
        let arn = format!("{}:{id}", state.topic.arn);
        state.topic.subscriptions.retain(|known| known.endpoint != endpoint);
        state.topic.subscriptions.push(Subscription {
            arn,
            endpoint: endpoint.to_owned(),
            token: token.clone(),
            confirmed: false,
        });
        token
    };
    let (world, endpoint) = (world.clone(), endpoint.to_owned());
    tokio::spawn(async move {
        for _ in 0..300 {
            let confirmed = |state: &State| {
                state
                    .topic
                    .subscriptions
                    .iter()
                    .find(|one| one.token == token)
                    .is_none_or(|one| one.confirmed)
            };
            if confirmed(&world.lock()) {
                return;
            }
            let message = confirmation(&world, &token);
            post(&world, &endpoint, &message).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    });
}

fn confirmation(world: &World, token: &str) -> Value {
    let now = world.clock.now();
    let mut state = world.lock();
    let (arn, id) = (state.topic.arn.clone(), state.random.uuid());
    drop(state);
    let url =
        format!("{}/?Action=ConfirmSubscription&TopicArn={}&Token={token}", world.origin(), encode(&arn));
    signed(
        world,
        json!({
            "Type": "SubscriptionConfirmation", "MessageId": id, "Token": token, "TopicArn": arn,
            "Message": format!("You have chosen to subscribe to the topic {arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message."),
            "SubscribeURL": url, "Timestamp": iso(now),
        }),
    )
}

fn signed(world: &World, mut message: Value) -> Value {
    let signature = signature(&message);
    if let Some(object) = message.as_object_mut() {
        object.insert("SignatureVersion".to_owned(), "2".into());
        object.insert("Signature".to_owned(), signature.into());
        object.insert("SigningCertURL".to_owned(), format!("{}{CERTIFICATE_PATH}", world.origin()).into());
    }
    message
}

/// Publishes a message to every confirmed subscription.
pub fn publish(world: &Arc<World>, subject: &str, message: &str) {
    let envelope = notification(world, subject, message, world.clock.now());
    world.lock().topic.sent.push(envelope.clone());
    deliver(world, envelope);
}

fn notification(world: &World, subject: &str, message: &str, at: Timestamp) -> Value {
    let mut state = world.lock();
    let (arn, id) = (state.topic.arn.clone(), state.random.uuid());
    drop(state);
    let unsubscribe = format!("{}/?Action=Unsubscribe&SubscriptionArn={}", world.origin(), encode(&arn));
    let envelope = json!({
        "Type": "Notification", "MessageId": id, "TopicArn": arn, "Subject": subject, "Message": message,
        "Timestamp": iso(at), "UnsubscribeURL": unsubscribe,
    });
    signed(world, envelope)
}

/// Sends the last notification again, whole or spoilt. Whether there was one.
pub fn again(world: &Arc<World>, spoil: Spoil) -> bool {
    let Some(last) = world.lock().topic.sent.last().cloned() else { return false };
    let text = |name: &str| last.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let envelope = match spoil {
        Spoil::Repeated => last,
        Spoil::Forged => {
            let mut forged = last.clone();
            if let Some(object) = forged.as_object_mut() {
                let id = world.lock().random.uuid();
                object.insert("MessageId".to_owned(), id.into());
            }
            forged
        }
        Spoil::Stale => {
            notification(world, &text("Subject"), &text("Message"), clock::after(world.clock.now(), -7_200))
        }
    };
    deliver(world, envelope);
    true
}

/// Publishes any message, as anyone may on this topic.
pub fn publish_raw(world: &Arc<World>, message: &str) {
    publish(world, "published by hand", message);
}

fn deliver(world: &Arc<World>, envelope: Value) {
    let endpoints: Vec<String> = world
        .lock()
        .topic
        .subscriptions
        .iter()
        .filter(|one| one.confirmed)
        .map(|one| one.endpoint.clone())
        .collect();
    for endpoint in endpoints {
        let (world, envelope) = (world.clone(), envelope.clone());
        tokio::spawn(async move {
            let mut wait = Duration::from_millis(250);
            for _ in 0..50 {
                match post(&world, &endpoint, &envelope).await {
                    Some(status) if (200..300).contains(&status) => return,
                    // The endpoint's own refusal is final, except "too many requests".
                    Some(status) if (400..500).contains(&status) && status != 429 => return,
                    _ => {}
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(20));
            }
        });
    }
}

async fn post(world: &World, endpoint: &str, message: &Value) -> Option<u16> {
    let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let headers = [
        ("content-type", "text/plain; charset=UTF-8".to_owned()),
        ("x-amz-sns-message-type", text("Type")),
        ("x-amz-sns-message-id", text("MessageId")),
        ("x-amz-sns-topic-arn", text("TopicArn")),
        ("user-agent", "Amazon Simple Notification Service Agent".to_owned()),
    ];
    let result = tokio::time::timeout(
        Duration::from_secs(15),
        client::post(endpoint, &headers, message.to_string().into_bytes()),
    )
    .await;
    let (status, outcome) = match result {
        Ok(Ok(status)) => (Some(status), status.to_string()),
        Ok(Err(words)) => (None, words),
        Err(_) => (None, "no answer within 15 s".to_owned()),
    };
    let mut state = world.lock();
    if state.topic.log.len() > 500 {
        state.topic.log.drain(..100);
    }
    state.topic.log.push(Delivery {
        at: world.clock.now(),
        kind: text("Type"),
        id: text("MessageId"),
        outcome,
    });
    status
}

/// Unsigned requests by URL: ConfirmSubscription.
pub fn by_url(state: &mut State, request: &Request) -> Answer<String> {
    match request.query_value("Action").as_deref() {
        Some("ConfirmSubscription") => {
            if request.query_value("TopicArn").as_deref() != Some(state.topic.arn.as_str()) {
                return Err(Refusal::new(404, "NotFound", "Topic does not exist"));
            }
            let token = request.query_value("Token").unwrap_or_default();
            let found = state.topic.subscriptions.iter_mut().find(|one| one.token == token);
            let found = found.ok_or_else(|| Refusal::bad("InvalidParameter", "Invalid parameter: Token"))?;
            found.confirmed = true;
            Ok(element("SubscriptionArn", &found.arn))
        }
        _ => Err(Refusal::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")),
    }
}

/// The certificate.
pub fn certificate() -> Reply {
    Reply::new(200, "application/x-pem-file", CERTIFICATE)
}
