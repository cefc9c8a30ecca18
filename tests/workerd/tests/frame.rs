//! Health, headers and refusals that hold whatever the product can do; and the golden exchanges of the routes that
//! only a built Worker answers, in `tests/golden/api/<route>.json`. `UPDATE_GOLDEN=1` rewrites them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use shared::Timestamp;
use shared::route::{Method, Route};
use workerd_tests::{Answer, Browser};

/// Characters of a text that are kept.
const KEPT: usize = 200;

#[test]
fn health_touches_every_store() {
    let answer = Browser::default().get("/api/health");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["status"], "ok");
}

#[test]
fn unknown_paths_of_the_api_are_problems() {
    let answer = Browser::default().get("/api/no-such-thing");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

#[test]
fn routes_that_only_a_worker_answers_have_a_golden_exchange() {
    let browser = Browser::default();
    check(&browser, Route::GetHealth, &Value::Null);
    check(&browser, Route::GetTemplateText, &Value::Null);
    let instance = check(&browser, Route::GetInstance, &Value::Null);
    // Nobody but Amazon SNS is believed here.
    check(&browser, Route::StackCallback, &json!({}));
    // A few seconds on, so that the clock is not behind when it is asked.
    let now: Timestamp = instance.json()["now"].as_str().unwrap().parse().unwrap();
    let soon = Timestamp::from_millisecond(now.as_millisecond() + 5_000).unwrap();
    check(&browser, Route::MoveClock, &json!({ "now": soon }));
}

/// Asks a route and holds the exchange against its golden.
fn check(browser: &Browser, route: Route, body: &Value) -> Answer {
    let answer = match route.method() {
        Method::Get => browser.get(route.path()),
        method => browser.change(method.as_str(), route.path(), body),
    };
    let found = match answer.json() {
        Value::Null if answer.body.is_empty() => Value::Null,
        Value::Null => json!(format!("{}…", answer.body.chars().take(KEPT).collect::<String>())),
        found => hidden(found),
    };
    let exchange = json!({
        "request": { "method": route.method().as_str(), "path": route.path(), "body": hidden(body.clone()) },
        "response": { "status": answer.status, "content_type": answer.header("content-type"), "body": found },
    });
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/api").join(format!("{}.json", route.name()));
    let text = format!("{}\n", serde_json::to_string_pretty(&exchange).unwrap());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, text, "{}: run with UPDATE_GOLDEN=1 and review the difference", file.display());
    answer
}

/// Without what differs from run to run.
fn hidden(mut body: Value) -> Value {
    for (field, word) in [("build", "<build>"), ("now", "<now>"), ("request_id", "<request id>")] {
        if let Some(value) = body.get_mut(field) {
            *value = json!(word);
        }
    }
    body
}
