//! From the link to first insights and back, and what must not get through, against the built Workers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::thread;

use serde_json::{Value, json};
use workerd_tests::aws::{
    MANAGEMENT, account, bare_link, connected, control, create_stack, delete_stack, link, reaches,
    send_again, stack, state,
};
use workerd_tests::person::Person;
use workerd_tests::{Browser, until};

fn step<'a>(view: &'a Value, name: &str) -> &'a Value {
    view["steps"].as_array().unwrap().iter().find(|step| step["step"] == name).unwrap()
}

fn blobs(person: &Person) -> Vec<Value> {
    person.get("data").json()["blobs"].as_array().unwrap().clone()
}

fn role() -> String {
    let roles = state()["roles"].as_array().unwrap().clone();
    roles
        .into_iter()
        .filter_map(|role| role.as_str().map(str::to_owned))
        .find(|role| role.contains(MANAGEMENT))
        .unwrap()
}

#[test]
fn a_stack_connects_and_its_message_counts_once() {
    let _own = account();
    let person = connected(link);
    let view = until("all checks", || {
        let view = person.get("connection").json();
        let checks = step(&view, "access")["checks"].as_array()?.clone();
        checks.iter().all(|check| check["passed"] == true).then_some(view)
    });
    assert_eq!((view["account"].as_str(), view["has_figures"].as_bool()), (Some(MANAGEMENT), Some(true)));
    assert!(step(&view, "access")["checks"].as_array().unwrap().len() >= 10);
    let index = person.get("data").json();
    assert!(!index["blobs"].as_array().unwrap().is_empty());
    let hash = index["blobs"][0]["hash"].as_str().unwrap();
    assert_eq!(person.get(&format!("blobs/{hash}")).status, 200);
    // security.md row 76: a hash someone has heard of opens nothing elsewhere.
    assert_eq!(Person::new().get(&format!("blobs/{hash}")).status, 404);

    // The same again changes nothing; a forged and a stale one are refused.
    let before = person.get("connection").json();
    for how in ["repeated", "forged", "stale"] {
        let outcome = send_again(how);
        assert_eq!(outcome.contains("403"), how != "repeated", "{how}: {outcome}");
    }
    let after = person.get("connection").json();
    for name in ["state", "account", "role_arn", "since"] {
        assert_eq!(before[name], after[name], "{name}");
    }
}

#[test]
fn what_is_no_message_of_our_topic_is_refused() {
    let browser = Browser::default();
    let message = json!({
        "Type": "Notification", "MessageId": "00000000-0000-4000-8000-000000000000",
        "TopicArn": "arn:aws:sns:us-east-1:111122223333:other", "Message": "{}", "Timestamp": "2026-11-23T12:00:00.000Z",
        "SignatureVersion": "2", "Signature": "AAAA", "SigningCertURL": "https://evil.example/cert.pem",
    });
    let mut foreign_certificate = message.clone();
    foreign_certificate["TopicArn"] = json!("arn:aws:sns:us-east-1:905418203411:cloudthread-callback");
    for body in [
        message.to_string(),
        foreign_certificate.to_string(),
        "{}".to_owned(),
        "<html>".to_owned(),
        "[".repeat(9_000),
    ] {
        let answer = browser.send(
            "POST",
            "/api/aws/callback",
            &[("content-type", "text/plain; charset=UTF-8")],
            Some(&body),
        );
        assert!(
            matches!(answer.status, 400 | 403),
            "{}: {} {}",
            &body[..body.len().min(60)],
            answer.status,
            answer.body
        );
    }
    let huge = "x".repeat(1_000_000);
    let answer = browser.send("POST", "/api/aws/callback", &[("content-type", "text/plain")], Some(&huge));
    assert!((400..500).contains(&answer.status), "{}", answer.status);
}

// security.md row 1
#[test]
fn a_role_that_opens_without_the_external_id_is_refused_with_the_reason() {
    let _own = account();
    control("settings", &json!({ "role_delay": 8 }));
    let person = Person::new();
    delete_stack(MANAGEMENT);
    create_stack(&bare_link(&person), MANAGEMENT, "us-east-1");
    until("the role", || {
        state()["roles"]
            .as_array()?
            .iter()
            .any(|role| role.as_str().is_some_and(|role| role.contains(MANAGEMENT)))
            .then_some(())
    });
    control("role", &json!({ "arn": role(), "do": "open-trust" }));
    control("settings", &json!({ "role_delay": 2 }));
    let view = reaches(&person, &["broken", "awaiting_report"]);
    assert_eq!(view["state"], "broken");
    let words = view["remedy"]["title"].as_str().unwrap();
    assert_eq!(words, "This role can be used without Cloudthread's external id.");
    assert_eq!(view["has_figures"], false);
}

#[test]
fn without_cost_explorer_the_report_is_awaited_and_the_person_told_what_to_do() {
    let _own = account();
    control("cost-explorer", &json!({ "account": MANAGEMENT, "state": "off" }));
    let person = connected(bare_link);
    let view = until("the reason", || {
        let view = person.get("connection").json();
        step(&view, "insights")["remedy"].is_object().then_some(view)
    });
    control("cost-explorer", &json!({ "account": MANAGEMENT, "state": "open" }));
    let remedy = &step(&view, "insights")["remedy"];
    assert_eq!(remedy["title"], "Cost Explorer was never opened in this account.");
    assert_eq!(remedy["who"], "you");
    assert_eq!(view["has_figures"], false);
}

#[test]
fn an_account_without_organization_connects() {
    let _own = account();
    control("account", &json!({ "account": MANAGEMENT, "in_organization": false }));
    let person = connected(bare_link);
    control("account", &json!({ "account": MANAGEMENT, "in_organization": true }));
    assert_eq!(person.get("connection").json()["has_figures"], true);
}

#[test]
fn what_aws_throttles_or_garbles_is_asked_again() {
    let _own = account();
    // Two in a row are outlived within one call, which asks three times.
    for kind in ["throttle", "html"] {
        control("faults", &json!({ "operation": "ce:GetCostAndUsage", "kind": kind, "count": 1 }));
    }
    control("faults", &json!({ "operation": "sts:AssumeRole", "kind": "throttle", "count": 2 }));
    let person = connected(bare_link);
    control("faults/clear", &json!({}));
    let view = until("first figures", || {
        let view = person.get("connection").json();
        (view["has_figures"] == true).then_some(view)
    });
    assert_eq!(view["state"], "awaiting_report");
}

// security.md row 63
#[test]
fn two_tabs_connect_once_and_disconnect_once_and_connecting_again_works() {
    let _own = account();
    let person = Person::new();
    delete_stack(MANAGEMENT);
    let links: Vec<Value> = thread::scope(|scope| {
        let tabs: Vec<_> = (0..2).map(|_| person.clone()).collect();
        let presses: Vec<_> = tabs.into_iter().map(|tab| scope.spawn(move || link(&tab))).collect();
        presses.into_iter().map(|press| press.join().unwrap()).collect()
    });
    assert_eq!(links[0]["external_id"], links[1]["external_id"], "one connection, one external id");
    create_stack(&links[1], MANAGEMENT, "us-east-1");
    let view = reaches(&person, &["awaiting_report"]);
    let (first_role, first_id) = (view["role_arn"].clone(), view["external_id"].clone());

    let statuses: Vec<u16> = thread::scope(|scope| {
        let tabs: Vec<_> = (0..2).map(|_| person.clone()).collect();
        let press = |tab: Person| tab.post("connection/disconnect", &json!({ "keep_figures": true })).status;
        let presses: Vec<_> = tabs.into_iter().map(|tab| scope.spawn(move || press(tab))).collect();
        presses.into_iter().map(|press| press.join().unwrap()).collect()
    });
    let mut sorted = statuses.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [200, 409], "one tab ends it, the other learns that it is ending");
    assert_eq!(person.get("connection").json()["state"], "disconnecting");
    assert_eq!(person.post("connection/link", &json!({})).status, 400, "a choice is needed");
    delete_stack(MANAGEMENT);
    let view = until("the proof", || {
        person.post("connection/check", &json!({}));
        let view = person.get("connection").json();
        (view["state"] == "disconnected").then_some(view)
    });
    assert_eq!(view["receipt"]["refused_at"].as_array().unwrap().len(), 2);
    assert_eq!(person.get("data").status, 200, "kept figures stay readable");

    let again = link(&person);
    assert_ne!(again["external_id"], first_id, "an external id is never used again");
    create_stack(&again, MANAGEMENT, "us-east-1");
    let view = reaches(&person, &["awaiting_report"]);
    assert_ne!(view["role_arn"], first_role);
    assert!(stack(MANAGEMENT)["status"].as_str().unwrap().starts_with("CREATE"));

    assert!(!blobs(&person).is_empty());
    let gone = person.post("connection/disconnect", &json!({ "keep_figures": false }));
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert!(blobs(&person).is_empty(), "figures that shall go are gone");
}
