//! Custom resources: a request through SNS, an answer put to a pre-signed URL, a time limit.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::resolve::Physical;
use super::resources::stringified;
use crate::clock;
use crate::sns;
use crate::state::{Awaited, State};
use crate::wire::{Answer, Refusal, Reply, Request, decode, encode};
use crate::world::World;

/// First segment of the URLs that answers are put to.
pub const RESPONSES: &str = "cloudformation-custom-resource-response-useast1";
/// Most bytes of an answer.
const ANSWER_LIMIT: usize = 4_096;

/// What is asked of a custom resource.
#[derive(Clone, Debug)]
pub struct Demand {
    /// `Create`, `Update`, `Delete`.
    pub request: &'static str,
    /// ARN of the stack.
    pub stack: String,
    /// Region of the stack.
    pub region: String,
    /// Logical id.
    pub logical: String,
    /// `Custom::…`.
    pub kind: String,
    /// Properties.
    pub properties: Value,
    /// Properties before an update.
    pub old: Option<Value>,
    /// Physical id, from the second request on.
    pub physical: Option<String>,
}

/// Sends a demand and awaits its answer. A failure keeps the physical id that was answered, if any.
pub async fn call(world: &Arc<World>, demand: &Demand) -> Result<Physical, (String, String)> {
    let fallback = demand.physical.clone().unwrap_or_else(|| {
        let stem = demand.stack.rsplit('/').nth(1).unwrap_or("stack");
        format!("{stem}-{}-SIMULATED", demand.logical)
    });
    let fail = |words: &str| (words.to_owned(), fallback.clone());
    let token = demand.properties.get("ServiceToken").and_then(Value::as_str).unwrap_or_default();
    let timeout = demand.properties.get("ServiceTimeout").map_or(Some(3_600), |value| {
        value
            .as_i64()
            .or_else(|| value.as_str()?.parse().ok())
            .filter(|seconds| (1..=3_600).contains(seconds))
    });
    let timeout = timeout.ok_or_else(|| fail("ServiceTimeout must be between 1 and 3600"))?;
    let now = world.clock.now();
    let (id, message) = {
        let mut state = world.lock();
        if token.split(':').nth(3) != Some(demand.region.as_str()) {
            return Err(fail("Invalid service token."));
        }
        if token != state.topic.arn {
            return Err(fail("Invalid service token: the topic does not exist"));
        }
        let id = state.random.uuid();
        let signature = state.random.mixed(27);
        let expires = clock::after(now, 7_200);
        state.awaited.insert(id.clone(), Awaited { answer: None, url_expires: expires });
        let url = format!(
            "{}/{RESPONSES}/{}?AWSAccessKeyId=AKIASIMULATEDCLOUDFM&Expires={}&Signature={signature}%3D",
            world.origin(),
            encode(&format!("{}|{}|{id}", demand.stack, demand.logical)),
            expires.as_second()
        );
        let mut message = json!({
            "RequestType": demand.request, "ServiceToken": token, "ResponseURL": url, "StackId": demand.stack,
            "RequestId": id, "LogicalResourceId": demand.logical, "ResourceType": demand.kind,
            "ResourceProperties": stringified(&demand.properties),
        });
        if let Some(object) = message.as_object_mut() {
            if let Some(physical) = &demand.physical {
                object.insert("PhysicalResourceId".to_owned(), Value::String(physical.clone()));
            }
            if let Some(old) = &demand.old {
                object.insert("OldResourceProperties".to_owned(), stringified(old));
            }
        }
        (id, message.to_string())
    };
    sns::publish(world, "AWS CloudFormation custom resource request", &message);
    let deadline = clock::after(now, timeout);
    let answer = loop {
        if let Some(answer) = world.lock().awaited.get(&id).and_then(|awaited| awaited.answer.clone()) {
            break Some(answer);
        }
        if world.clock.now() >= deadline {
            break None;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    };
    world.lock().awaited.remove(&id);
    match answer {
        Some(answer) => {
            read(&answer, demand, &id).map_err(|(words, physical)| (words, physical.unwrap_or(fallback)))
        }
        None => Err(fail(
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.",
        )),
    }
}

fn read(answer: &[u8], demand: &Demand, id: &str) -> Result<Physical, (String, Option<String>)> {
    let value: Value =
        serde_json::from_slice(answer).map_err(|_| ("Invalid response: not JSON".to_owned(), None))?;
    let member = |name: &str| value.get(name).and_then(Value::as_str);
    let physical = member("PhysicalResourceId").filter(|text| !text.is_empty()).map(str::to_owned);
    let invalid = |words: &str| Err((words.to_owned(), physical.clone()));
    if member("StackId") != Some(&demand.stack)
        || member("RequestId") != Some(id)
        || member("LogicalResourceId") != Some(&demand.logical)
    {
        return invalid(
            "Invalid response: StackId, RequestId and LogicalResourceId must be those of the request",
        );
    }
    match (member("Status"), &physical) {
        (Some("SUCCESS"), Some(id)) => {
            let attributes = value
                .get("Data")
                .and_then(Value::as_object)
                .map(|data| {
                    data.iter()
                        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                        .collect()
                })
                .unwrap_or_default();
            Ok(Physical { id: id.clone(), attributes })
        }
        (Some("SUCCESS"), None) => invalid("Invalid PhysicalResourceId"),
        (Some("FAILED"), _) => {
            let reason = member("Reason").unwrap_or("See the details in CloudWatch Log Stream");
            invalid(&format!(
                "Received response status [FAILED] from custom resource. Message returned: {reason} (RequestId: {id})"
            ))
        }
        _ => invalid("Invalid Status"),
    }
}

/// The pre-signed URL's target. As with AWS, a content type breaks the signature.
pub fn receive(state: &mut State, request: &Request, now: shared::Timestamp) -> Answer {
    if request.method != "PUT" {
        return Err(Refusal::denied("Access Denied"));
    }
    if request.header("content-type").is_some_and(|kind| !kind.is_empty()) {
        return Err(Refusal::new(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method. (A content-type was sent; the URL was signed without one.)",
        ));
    }
    if request.body.len() > ANSWER_LIMIT {
        return Err(Refusal::bad("EntityTooLarge", "Response object is too long."));
    }
    let key = decode(request.path.rsplit('/').next().unwrap_or_default());
    let id = key.rsplit('|').next().unwrap_or_default();
    let awaited = state.awaited.get_mut(id).filter(|awaited| now <= awaited.url_expires);
    let awaited = awaited.ok_or_else(|| Refusal::denied("Request has expired"))?;
    if request.query_value("Signature").is_none_or(|signature| signature.is_empty()) {
        return Err(Refusal::denied("Access Denied"));
    }
    awaited.answer.get_or_insert_with(|| request.body.clone());
    Ok(Reply::new(200, "application/xml", ""))
}
