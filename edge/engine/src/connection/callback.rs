//! Stacks that call: what each message changes, and the answer CloudFormation waits for. An answer is a record until
//! AWS has taken it; a stack that is not answered hangs.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use shared::{Region, Timestamp};

use super::happen::happen;
use super::record::{self, Connection, ReportRef, Stack};
use super::response_url;
use super::stack_message::{RequestType, StackMessage};
use super::step::{Announcement, Event};
use crate::error::{Error, Kind, Result};
use crate::ports::{Clock, Http, HttpRequest, Table, WorkspaceStore, Write};
use crate::workspace::jobs::{self, Job};
use crate::workspace::world::{OperatorSettings, World};
use crate::workspace::{audit, records};

/// Longest answer CloudFormation takes.
const MAX_ANSWER: usize = 4_096;
/// Seconds CloudFormation waits: the template's `ServiceTimeout`.
const SERVICE_TIMEOUT: i64 = 300;

/// A link that was given out: when, and which stack came through it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IssuedToken {
    /// When.
    pub at: Timestamp,
    /// The stack it is bound to, once one called.
    pub stack: Option<String>,
}

/// An answer that waits to be taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    url: String,
    body: String,
    until: Timestamp,
    attempts: u32,
}

/// Key of an issued token.
pub fn token_key(hash: &str) -> String {
    format!("token/{hash}")
}

/// Takes in a message whose signature was verified. A repeated one changes nothing.
pub fn receive<W: World>(world: &W, message_id: &str, json: &str) -> Result<()> {
    let seen = format!("sns/{message_id}");
    if world.store().find(Table::SeenMessage, &seen)?.is_some() {
        return Ok(());
    }
    let message = StackMessage::parse(json).map_err(|cause| {
        Error::new(Kind::Invalid, "message_invalid", "This is not a message of a stack.", "").because(cause)
    })?;
    let now = world.clock().now();
    let connection = record::find(world)?;
    let verdict = judge(world, connection.as_ref(), &message)?;
    let mut writes = vec![records::put(Table::SeenMessage, seen, &now)?];
    let id = connection.as_ref().map(|connection| connection.id.clone());
    writes.extend(answer(&message, id.as_deref(), &verdict, now, world.settings())?);
    match (verdict, connection) {
        (Verdict::Accept(announcement), Some(connection)) => {
            let hash = message.token_hash();
            if let Some(mut token) =
                records::find::<IssuedToken>(world.store(), Table::Setting, &token_key(&hash))?
            {
                token.stack = Some(message.stack_id.clone());
                writes.push(records::put(Table::Setting, token_key(&hash), &token)?);
            }
            happen(world, connection, Event::Announced(announcement), writes)?;
        }
        (Verdict::Gone, Some(connection)) => {
            happen(world, connection, Event::StackDeleted, writes)?;
        }
        (Verdict::Refuse(why), Some(connection)) => {
            happen(world, connection, Event::StackRefused(why), writes)?;
        }
        (Verdict::Refuse(why), None) => {
            writes.extend(audit::append(world, audit::CLOUDTHREAD, &[("stack_refused", why.to_owned())])?);
            world.store().commit(&writes)?;
        }
        _ => world.store().commit(&writes)?,
    }
    Ok(())
}

/// What a message comes to.
enum Verdict {
    /// The role is announced: store and prove it.
    Accept(Box<Announcement>),
    /// Our stack is being deleted or rolled back.
    Gone,
    /// Nothing changes, and that is fine.
    Nothing,
    /// Nothing changes, and the stack must not go on; these words stand in its events.
    Refuse(&'static str),
}

fn judge<W: World>(world: &W, connection: Option<&Connection>, message: &StackMessage) -> Result<Verdict> {
    let token: Option<IssuedToken> =
        records::find(world.store(), Table::Setting, &token_key(&message.token_hash()))?;
    let bound = connection.and_then(|connection| connection.stack.as_ref()).map(|stack| stack.id.as_str());
    let is_bound = bound == Some(message.stack_id.as_str());
    let Some(connection) = connection else { return Ok(unknown(message)) };
    if message.request_type == RequestType::Delete {
        let is_ours = message.physical_resource_id.as_deref() == Some(&physical_id(Some(&connection.id)));
        return Ok(if is_bound && is_ours { Verdict::Gone } else { Verdict::Nothing });
    }
    let Some(token) = token else { return Ok(unknown(message)) };
    let announcement = match announced(connection, message) {
        Ok(announcement) => announcement,
        // An update that contradicts itself must not roll back: the proofs say what is wrong.
        Err(_) if message.request_type == RequestType::Update && is_bound => return Ok(Verdict::Nothing),
        Err(why) => return Ok(Verdict::Refuse(why)),
    };
    Ok(match message.request_type {
        RequestType::Update if is_bound => Verdict::Accept(announcement),
        RequestType::Update => Verdict::Nothing,
        _ if token.stack.as_deref() == Some(&message.stack_id) => Verdict::Nothing,
        _ if token.stack.is_some() => Verdict::Refuse(
            "This link was used by another stack. Press Connect Cloudthread via CF Stack again for a new one.",
        ),
        _ if world.clock().now() > jobs::after_hours(token.at, super::link::TOKEN_HOURS) => Verdict::Refuse(
            "This link is older than a day. Press Connect Cloudthread via CF Stack again for a new one.",
        ),
        _ if connection.may_read() || connection.state == shared::api::ConnectionState::VerifyingRole => {
            Verdict::Refuse("Another stack has connected this workspace already. Delete this one.")
        }
        _ => Verdict::Accept(announcement),
    })
}

fn unknown(message: &StackMessage) -> Verdict {
    match message.request_type {
        RequestType::Create => Verdict::Refuse(UNKNOWN_TOKEN),
        _ => Verdict::Nothing,
    }
}

const UNKNOWN_TOKEN: &str = "Cloudthread does not know this stack's token. Leave the prefilled values as they are, or press Connect Cloudthread via CF Stack again.";

fn announced(
    connection: &Connection,
    message: &StackMessage,
) -> std::result::Result<Box<Announcement>, &'static str> {
    let properties = &message.resource_properties;
    if properties.external_id != connection.external_id.as_str() {
        return Err(
            "The external id was changed. Leave the prefilled values as they are and create the stack again.",
        );
    }
    let role = message.role()?;
    let is_ours = properties.report_mode == "Create";
    let report = match properties.report_mode.as_str() {
        "Create" | "Existing" => {
            properties
                .report_bucket
                .parse::<shared::BucketName>()
                .map_err(|_| "The report's bucket is not one Cloudthread can read.")?;
            Some(ReportRef {
                is_ours,
                name: properties.report_name.clone(),
                bucket: properties.report_bucket.clone(),
                prefix: properties.report_prefix.trim_matches('/').to_owned(),
                region: Region::UsEast1,
            })
        }
        _ => None,
    };
    Ok(Box::new(Announcement {
        role,
        stack: Some(Stack {
            id: message.stack_id.clone(),
            template_version: properties.template_version.clone(),
        }),
        access_level: message.access_level(),
        grants: message.grants(),
        report,
    }))
}

fn physical_id(connection: Option<&str>) -> String {
    format!("cloudthread-connection-{}", connection.unwrap_or("none"))
}

fn answer_body(message: &StackMessage, connection: Option<&str>, refused: Option<&str>) -> String {
    // An update or a delete keeps the name it came with: a new one would make CloudFormation delete the old.
    let physical = match (&message.physical_resource_id, message.request_type) {
        (Some(held), RequestType::Update | RequestType::Delete) => held.clone(),
        _ => physical_id(connection),
    };
    let mut body = serde_json::json!({
        "Status": if refused.is_some() { "FAILED" } else { "SUCCESS" },
        "PhysicalResourceId": physical,
        "StackId": message.stack_id,
        "RequestId": message.request_id,
        "LogicalResourceId": message.logical_resource_id,
    });
    if let (Some(why), Some(body)) = (refused, body.as_object_mut()) {
        body.insert("Reason".to_owned(), why.chars().take(1_000).collect::<String>().into());
    }
    body.to_string()
}

fn answer(
    message: &StackMessage,
    connection: Option<&str>,
    verdict: &Verdict,
    now: Timestamp,
    settings: &OperatorSettings,
) -> Result<Vec<Write>> {
    let refused = if let Verdict::Refuse(why) = verdict { Some(*why) } else { None };
    let body = answer_body(message, connection, refused);
    let is_sendable = response_url::is_trusted(&message.response_url, settings.response_origin.as_deref());
    if !is_sendable || body.len() > MAX_ANSWER {
        return Ok(Vec::new());
    }
    let url = message.response_url.clone();
    let waiting = Waiting { url, body, until: jobs::after_seconds(now, SERVICE_TIMEOUT), attempts: 0 };
    Ok(vec![
        records::put(Table::Outbox, format!("stack/{}", message.request_id), &waiting)?,
        jobs::due(Job::Respond, now)?,
    ])
}

/// Gives the answers that wait. One that AWS refuses, or that nobody waits for any more, is dropped.
pub async fn respond<W: World>(world: &W) -> Result<Option<Timestamp>> {
    let mut again: Option<Timestamp> = None;
    for (key, mut waiting) in records::list::<Waiting>(world.store(), Table::Outbox, "stack/", false, 20)? {
        let is_done = match put(world.http(), &waiting.url, &waiting.body).await {
            Some(status) => status < 500,
            None => false,
        };
        let now = world.clock().now();
        if is_done || now > waiting.until {
            world.store().commit(&[records::delete(Table::Outbox, key)])?;
            continue;
        }
        waiting.attempts = waiting.attempts.saturating_add(1);
        let next = jobs::after_seconds(now, 1_i64 << waiting.attempts.min(5));
        again = Some(again.map_or(next, |held| held.min(next)));
        world.store().commit(&[records::put(Table::Outbox, key, &waiting)?])?;
    }
    Ok(again)
}

/// Answers a stack whose token belongs to no workspace. An error asks the topic to deliver the message again.
pub async fn turn_away(http: &impl Http, settings: &OperatorSettings, message: &StackMessage) -> Result<()> {
    if !response_url::is_trusted(&message.response_url, settings.response_origin.as_deref()) {
        return Ok(());
    }
    let refused = (message.request_type == RequestType::Create).then_some(UNKNOWN_TOKEN);
    match put(http, &message.response_url, &answer_body(message, None, refused)).await {
        Some(status) if status < 500 => Ok(()),
        other => Err(Error::new(Kind::Upstream, "answer_refused", "AWS did not take the answer.", "")
            .because(format!("{other:?}"))),
    }
}

/// A pre-signed address wants exactly what was signed: no content type, no redirect. The status, if there was an answer.
async fn put(http: &impl Http, url: &str, body: &str) -> Option<u16> {
    let request = HttpRequest {
        method: http::Method::PUT,
        url: url.to_owned(),
        headers: Vec::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        max_body: 64 * 1024,
        timeout_ms: 10_000,
    };
    http.send(request).await.ok().map(|response| response.status)
}
