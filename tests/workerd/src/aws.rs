//! What a person does in the AWS console, and what happens at AWS: through the simulated one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::person::Person;
use crate::{sandbox, until};

/// The management account of the simulated organization.
pub const MANAGEMENT: &str = "447120569018";

/// One test at a time has the account: a stack's name is free once, and faults hit whoever calls.
pub fn account() -> MutexGuard<'static, ()> {
    static ACCOUNT: Mutex<()> = Mutex::new(());
    ACCOUNT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the simulated AWS to do something.
///
/// # Panics
/// When it refuses: the test asked for nonsense.
#[allow(clippy::panic, clippy::expect_used, reason = "a test that asks for nonsense has failed")]
pub fn control(what: &str, body: &Value) -> Value {
    let address = format!("{}/_control/{what}", sandbox("url"));
    let answer = ureq::post(&address).content_type("application/json").send(body.to_string());
    let mut answer = answer.unwrap_or_else(|error| panic!("{what} {body}: {error}"));
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap_or_default()).unwrap_or(Value::Null)
}

/// What is at AWS.
pub fn state() -> Value {
    let answer = ureq::get(format!("{}/_control/state", sandbox("url"))).call();
    let text = answer.ok().and_then(|mut answer| answer.body_mut().read_to_string().ok());
    serde_json::from_str(&text.unwrap_or_default()).unwrap_or(Value::Null)
}

/// The parameters of a fresh link, whose stack makes a report. An account takes ten reports and keeps their names, so
/// tests that need none ask for none: `bare_link`.
pub fn link(person: &Person) -> Value {
    link_for(person, "create")
}

/// The parameters of a fresh link whose stack makes no report.
pub fn bare_link(person: &Person) -> Value {
    link_for(person, "look")
}

fn link_for(person: &Person, report: &str) -> Value {
    let choice =
        json!({ "account": "management", "report": report, "access_level": "ReadOnly", "grants": {} });
    let answer = person.post("connection/link", &choice);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let opened = person.post("connection/opened", &json!({}));
    assert_eq!(opened.status, 200, "{}", opened.body);
    answer.json()
}

/// Presses "Create stack" in the console with these parameters.
///
/// # Panics
/// When the console refuses: the test fails.
#[allow(clippy::panic, reason = "a test without its stack has failed")]
pub fn create_stack(link: &Value, account: &str, region: &str) {
    let mut form = Vec::new();
    let url = link.get("url").and_then(Value::as_str).unwrap_or_default();
    let fragment = url.split_once('?').map_or("", |(_, rest)| rest);
    let template = fragment.split("templateURL=").nth(1).and_then(|rest| rest.split('&').next());
    form.push(("templateURL".to_owned(), decoded(template.unwrap_or_default())));
    form.push(("account".to_owned(), account.to_owned()));
    form.push(("region".to_owned(), region.to_owned()));
    form.push(("stackName".to_owned(), "cloudthread-access".to_owned()));
    form.push(("capability".to_owned(), "CAPABILITY_IAM".to_owned()));
    for (name, value) in link.get("parameters").and_then(Value::as_object).into_iter().flatten() {
        form.push((format!("param_{name}"), value.as_str().unwrap_or_default().to_owned()));
    }
    let address = format!("{}/console/create", sandbox("url"));
    let answer = ureq::post(&address).send_form(form);
    let page = answer.ok().and_then(|mut answer| answer.body_mut().read_to_string().ok()).unwrap_or_default();
    let refusal = page.split("role=\"alert\">").nth(1).and_then(|rest| rest.split("</div>").next());
    assert_eq!(refusal, None, "the console refused");
}

fn decoded(text: &str) -> String {
    text.replace("%3A", ":").replace("%2F", "/")
}

/// Deletes the stack of the account, if there is one, and waits until it is gone.
pub fn delete_stack(account: &str) {
    let own = || {
        state().get("stacks").and_then(Value::as_array).into_iter().flatten().find_map(|stack| {
            let is_own = stack.get("account").and_then(Value::as_str) == Some(account);
            let status = stack.get("status").and_then(Value::as_str).unwrap_or_default();
            (is_own && status != "DELETE_COMPLETE").then(|| stack.clone())
        })
    };
    if let Some(stack) = own() {
        control("stacks/delete", &json!({ "id": stack.get("id") }));
        until("the stack's deletion", || own().is_none().then_some(()));
    }
}

/// The stack of the account that was created last.
pub fn stack(account: &str) -> Value {
    let all = state().get("stacks").and_then(Value::as_array).cloned().unwrap_or_default();
    let own = all.into_iter().rfind(|stack| {
        stack.get("account").and_then(Value::as_str) == Some(account)
            && stack.get("status").and_then(Value::as_str) != Some("DELETE_COMPLETE")
    });
    own.unwrap_or(Value::Null)
}

/// The state of a person's connection once it is one of these.
pub fn reaches(person: &Person, states: &[&str]) -> Value {
    until(&format!("one of {states:?}, not {}", person.get("connection").body), || {
        let view = person.get("connection").json();
        states.iter().any(|state| view.get("state").and_then(Value::as_str) == Some(state)).then_some(view)
    })
}

/// Signs up, connects the management account, and waits until first insights are there.
pub fn connected(link: impl Fn(&Person) -> Value) -> Person {
    let person = Person::new();
    delete_stack(MANAGEMENT);
    create_stack(&link(&person), MANAGEMENT, "us-east-1");
    reaches(&person, &["awaiting_report", "live"]);
    person
}

/// Sends the last message of the topic again: `repeated`, `forged` or `stale`. What the callback answered.
pub fn send_again(how: &str) -> String {
    let log = || state().get("deliveries").and_then(Value::as_array).cloned().unwrap_or_default();
    let before = log().len();
    control("sns", &json!({ "again": how }));
    let after = until("the delivery", || Some(log()).filter(|log| log.len() > before));
    after.last().and_then(|delivery| delivery.get("outcome")).map(Value::to_string).unwrap_or_default()
}
