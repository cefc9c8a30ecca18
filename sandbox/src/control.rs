//! The control interface: moves the clock, makes things happen or go wrong. JSON in, JSON out, for tests and the console.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::accounts::CostExplorer;
use crate::clock::{self, iso_seconds};
use crate::faults::Fault;
use crate::reports::{self, Which};
use crate::sns::{self, Spoil};
use crate::wire::{Reply, Request};
use crate::world::World;

type Outcome = Result<Value, String>;

/// Answers `/_control/<what>`.
pub async fn handle(world: &Arc<World>, request: &Request) -> Reply {
    let what = request.path.trim_start_matches("/_control/");
    if request.method == "GET" {
        return match what {
            "state" => Reply::json(&state(world)),
            "calls" => Reply::json(&calls(world)),
            _ => Reply::new(404, "text/plain", "GET answers state and calls"),
        };
    }
    let Some(input) = request.json() else { return Reply::new(400, "text/plain", "The body is not JSON") };
    match act(world, what, &input).await {
        Ok(value) => Reply::json(&value),
        Err(words) => Reply::new(400, "text/plain", words),
    }
}

/// Does one thing.
pub async fn act(world: &Arc<World>, what: &str, input: &Value) -> Outcome {
    match what {
        "clock" => move_clock(world, input),
        "faults" => {
            let fault = Fault::parse(input)?;
            world.lock().faults.waiting.push(fault);
            Ok(world.lock().faults.json())
        }
        "faults/clear" => {
            world.lock().faults.waiting.clear();
            Ok(json!([]))
        }
        "settings" => set(world, input),
        "deliver" => deliver(world, input, false).await,
        "backfill" => deliver(world, input, true).await,
        "role" => change_role(world, input),
        "cost-explorer" => change_cost_explorer(world, input),
        "account" => change_account(world, input),
        "object" => change_object(world, input),
        "bucket-policy" => {
            let name = text(input, "bucket")?;
            let mut state = world.lock();
            let bucket = state.buckets.get_mut(&name).ok_or("there is no such bucket")?;
            bucket.policy = input.get("policy").filter(|policy| policy.is_object()).cloned();
            Ok(json!({}))
        }
        "sns" => change_sns(world, input),
        "stacks/delete" => {
            let id = text(input, "id")?;
            crate::cloudformation::engine::delete(world, &id).map_err(|refusal| refusal.message)?;
            Ok(json!({}))
        }
        _ => Err("There is no such control".to_owned()),
    }
}

fn text(input: &Value, name: &str) -> Result<String, String> {
    input.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("{name} is missing"))
}

fn move_clock(world: &World, input: &Value) -> Outcome {
    if let Some(seconds) = input.get("advance").and_then(Value::as_i64) {
        world.clock.advance(seconds);
    } else if let Some(moment) = input.get("set").and_then(Value::as_str) {
        world.clock.set(moment.parse().map_err(|_| "set is not a moment such as 2026-11-23T09:00:00Z")?);
    } else if let Some(seconds) = input.get("offset").and_then(Value::as_i64) {
        world.clock.advance(seconds - world.clock.offset_seconds());
    }
    Ok(json!({ "now": iso_seconds(world.clock.now()), "offset": world.clock.offset_seconds() }))
}

fn set(world: &World, input: &Value) -> Outcome {
    let mut state = world.lock();
    let number = |name: &str| input.get(name).and_then(Value::as_i64);
    let settings = &mut state.settings;
    settings.role_delay = number("role_delay").unwrap_or(settings.role_delay);
    settings.first_delivery = number("first_delivery").or(settings.first_delivery);
    let size = |name: &str, held: usize| {
        number(name).and_then(|size| usize::try_from(size).ok()).unwrap_or(held).max(1)
    };
    settings.page = size("page", settings.page);
    settings.rows_per_file = size("rows_per_file", settings.rows_per_file);
    Ok(json!({}))
}

/// Delivers one report, or every one that was defined by a stack.
async fn deliver(world: &Arc<World>, input: &Value, backfill: bool) -> Outcome {
    let named = input.get("name").and_then(Value::as_str);
    let which: Vec<Which> = {
        let state = world.lock();
        let all = state
            .accounts
            .values()
            .flat_map(|account| account.reports.values().chain(account.exports.values()));
        all.filter(|report| named.map_or(report.next_delivery.is_some(), |name| name == report.name))
            .map(|report| (report.account.clone(), report.name.clone()))
            .collect()
    };
    if which.is_empty() {
        return Err("There is no report to deliver".to_owned());
    }
    let mut files = 0;
    for which in &which {
        files += reports::deliver(world, which, backfill).await;
    }
    Ok(json!({ "reports": which.len(), "files": files }))
}

/// `delete`, `open-trust` (drops the external id), `deny:<action>` as the organization might.
fn change_role(world: &World, input: &Value) -> Outcome {
    let arn = text(input, "arn")?;
    let how = text(input, "do")?;
    let mut state = world.lock();
    match how.as_str() {
        "delete" => {
            state.roles.remove(&arn).ok_or("there is no such role")?;
        }
        "open-trust" => {
            let role = state.roles.get_mut(&arn).ok_or("there is no such role")?;
            for statement in
                role.trust.get_mut("Statement").and_then(Value::as_array_mut).into_iter().flatten()
            {
                if let Some(condition) = statement.get_mut("Condition").and_then(Value::as_object_mut) {
                    condition.remove("StringEquals");
                }
            }
        }
        "drop-policy" => {
            let name = text(input, "policy")?;
            let role = state.roles.get_mut(&arn).ok_or("there is no such role")?;
            role.policies.remove(&name).ok_or("there is no such policy")?;
        }
        _ => return Err("do is delete, open-trust or drop-policy".to_owned()),
    }
    Ok(json!({}))
}

fn change_cost_explorer(world: &World, input: &Value) -> Outcome {
    let id = text(input, "account")?;
    let now = world.clock.now();
    let mut state = world.lock();
    let ingesting = state.settings.ingesting;
    let account = state.accounts.get_mut(&id).ok_or("there is no such account")?;
    account.cost_explorer = match text(input, "state")?.as_str() {
        "open" => CostExplorer::Open,
        "off" => CostExplorer::Off,
        "ingesting" => CostExplorer::Ingesting(clock::after(now, ingesting)),
        "billing-access-off" => CostExplorer::BillingAccessOff,
        _ => return Err("state is open, off, ingesting or billing-access-off".to_owned()),
    };
    Ok(json!({}))
}

fn change_account(world: &World, input: &Value) -> Outcome {
    let id = text(input, "account")?;
    let mut state = world.lock();
    if let Some(trusted) = input.get("trusted_access").and_then(Value::as_bool) {
        state.organization.trusted_access = trusted;
    }
    let account = state.accounts.get_mut(&id).ok_or("there is no such account")?;
    if let Some(is_member) = input.get("in_organization").and_then(Value::as_bool) {
        account.in_organization = is_member;
    }
    if let Some(has_plan) = input.get("support_plan").and_then(Value::as_bool) {
        account.support_plan = has_plan;
    }
    Ok(json!({}))
}

/// Spoils or replaces an object: `truncate`, `html`, `empty`, `delete`, or `text` with the new content.
fn change_object(world: &World, input: &Value) -> Outcome {
    let (name, key, how) = (text(input, "bucket")?, text(input, "key")?, text(input, "do")?);
    let now = world.clock.now();
    let mut state = world.lock();
    let bucket = state.buckets.get_mut(&name).ok_or("there is no such bucket")?;
    let held = bucket.objects.get(&key).map(|object| object.bytes.clone());
    let held = held.ok_or("there is no such object");
    let fresh = match how.as_str() {
        "truncate" => held.map(|bytes| bytes.slice(..bytes.len() / 2))?,
        "html" => Bytes::from_static(b"<html><body>Not a report</body></html>"),
        "empty" => Bytes::new(),
        "text" => Bytes::from(text(input, "text")?),
        "touch" => {
            let mut bytes = held?.to_vec();
            bytes.push(b'\n');
            Bytes::from(bytes)
        }
        "delete" => {
            bucket.objects.remove(&key);
            return Ok(json!({}));
        }
        _ => return Err("do is truncate, html, empty, text, touch or delete".to_owned()),
    };
    bucket.put(&key, fresh, now);
    Ok(json!({}))
}

fn change_sns(world: &Arc<World>, input: &Value) -> Outcome {
    if let Some(message) = input.get("publish").and_then(Value::as_str) {
        sns::publish_raw(world, message);
        return Ok(json!({}));
    }
    let spoil = match text(input, "again")?.as_str() {
        "repeated" => Spoil::Repeated,
        "forged" => Spoil::Forged,
        "stale" => Spoil::Stale,
        _ => return Err("again is repeated, forged or stale".to_owned()),
    };
    if sns::again(world, spoil) { Ok(json!({})) } else { Err("Nothing was sent yet".to_owned()) }
}

/// Everything a test may want to look at.
fn state(world: &World) -> Value {
    let now = iso_seconds(world.clock.now());
    let state = world.lock();
    let stacks: Vec<Value> = state
        .stacks
        .values()
        .map(|stack| {
            let events: Vec<Value> = stack
                .events
                .iter()
                .map(|event| json!({ "logical": event.logical, "status": event.status, "reason": event.reason }))
                .collect();
            json!({ "id": stack.id, "name": stack.name, "account": stack.account, "status": stack.status, "reason": stack.reason,
                "parameters": stack.parameters, "events": events })
        })
        .collect();
    let reports: Vec<Value> = state
        .accounts
        .values()
        .flat_map(|account| account.reports.values().chain(account.exports.values()))
        .map(|report| {
            json!({ "account": report.account, "name": report.name, "bucket": report.bucket, "prefix": report.prefix,
                "last_status": report.last_status, "last_delivery": report.last_delivery.map(iso_seconds),
                "next_delivery": report.next_delivery.map(iso_seconds) })
        })
        .collect();
    let buckets: Vec<Value> = state
        .buckets
        .values()
        .map(|bucket| json!({ "name": bucket.name, "account": bucket.account, "keys": bucket.objects.keys().collect::<Vec<_>>() }))
        .collect();
    let deliveries: Vec<Value> = state
        .topic
        .log
        .iter()
        .map(|delivery| json!({ "at": iso_seconds(delivery.at), "kind": delivery.kind, "outcome": delivery.outcome }))
        .collect();
    json!({
        "now": now, "stacks": stacks, "roles": state.roles.keys().collect::<Vec<_>>(), "reports": reports, "buckets": buckets,
        "deliveries": deliveries, "cost_requests": state.cost_requests, "subscribed": state.topic.subscriptions.iter().any(|one| one.confirmed),
    })
}

fn calls(world: &World) -> Value {
    let state = world.lock();
    let calls = state.calls.iter().map(|call| {
        json!({ "at": iso_seconds(call.at), "service": call.service, "operation": call.operation, "caller": call.caller,
            "status": call.status, "code": call.code })
    });
    calls.collect::<Vec<_>>().into()
}
