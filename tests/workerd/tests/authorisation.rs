//! Who may ask for what: a row per route, against the built Workers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use serde_json::json;
use shared::route::{Access, Method, Route};
use workerd_tests::{Answer, Browser, person::Person};

/// Asks a route with these path parameters and an empty body.
fn ask(browser: &Browser, route: Route, parameters: &[&str]) -> Answer {
    let path = route.fill(parameters);
    match route.method() {
        Method::Get => browser.get(&path),
        method => browser.change(method.as_str(), &path, &json!({})),
    }
}

#[test]
fn without_a_session_no_route_answers_but_the_public_ones() {
    let someone = Person::new();
    let (nobody, fool) = (Browser::default(), Browser::default());
    fool.set_cookie("__Host-sid", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    fool.set_cookie("__Host-pending", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    for route in Route::ALL {
        let parameters = [someone.workspace.as_str(), "0"];
        for browser in [&nobody, &fool] {
            let answer = ask(browser, *route, &parameters);
            let refused = match route.access() {
                Access::Public => {
                    assert_ne!(answer.status, 401, "{} is public: {}", route.path(), answer.body);
                    continue;
                }
                Access::Session | Access::FreshSession | Access::PendingSignUp => 401,
                Access::Workspace(_) | Access::FreshWorkspace(_) => 401,
                Access::Sns => 403,
                // Holds the test key, so that only its own body is refused.
                Access::Test => 400,
            };
            assert_eq!(answer.status, refused, "{}: {}", route.path(), answer.body);
        }
    }
}

// security.md row 76
#[test]
fn another_workspace_does_not_exist() {
    let (own, other) = (Person::new(), Person::new());
    let nowhere = "00000000-0000-4000-8000-000000000000";
    let mut seen = 0;
    for route in Route::ALL {
        if !matches!(route.access(), Access::Workspace(_) | Access::FreshWorkspace(_)) {
            continue;
        }
        seen += 1;
        let theirs = ask(&own.browser, *route, &[&other.workspace, "0"]);
        let none = ask(&own.browser, *route, &[nowhere, "0"]);
        for answer in [&theirs, &none] {
            let found = (answer.status, answer.code());
            assert_eq!(found, (404, "not_found".to_owned()), "{}: {}", route.path(), answer.body);
        }
        let words = |answer: &Answer| (answer.json()["title"].clone(), answer.json()["detail"].clone());
        assert_eq!(words(&theirs), words(&none), "{}", route.path());
    }
    assert!(seen > 20, "{seen} routes are of a workspace");
    let name = own.browser.get("/api/me").json()["workspaces"][0]["id"].clone();
    assert_eq!(name, own.workspace.as_str(), "nothing was deleted meanwhile");
}

#[test]
fn another_users_session_and_anothers_blob_do_not_exist() {
    let (own, other) = (Person::new(), Person::new());
    let theirs = other.browser.get("/api/me/sessions").json()[0]["id"].as_str().unwrap().to_owned();
    let answer = own.browser.change("DELETE", &format!("/api/me/sessions/{theirs}"), &json!({}));
    assert_eq!(answer.status, 404, "{}", answer.body);
    assert_eq!(other.browser.get("/api/me").status, 200);
    let hash = "0".repeat(64);
    for hash in [hash.as_str(), "..", "%2e%2e%2fother", ""] {
        assert_eq!(own.get(&format!("blobs/{hash}")).status, 404, "{hash}");
    }
}

// security.md row 76
#[test]
fn a_workspace_named_in_the_body_or_the_query_changes_nothing() {
    let (own, other) = (Person::new(), Person::new());
    let name = |person: &Person| person.browser.get("/api/me").json()["workspaces"][0]["name"].clone();
    let path = format!("/api/workspaces/{}?workspace={}", own.workspace, other.workspace);
    for field in ["id", "workspace", "workspace_id"] {
        let mut form = json!({ "name": "Mine" });
        form[field] = json!(other.workspace);
        let answer = own.browser.change("PUT", &path, &form);
        assert_eq!((answer.status, answer.code()), (400, "body_invalid".to_owned()), "{}", answer.body);
        assert_eq!((name(&own), name(&other)), (json!("Acme"), json!("Acme")), "{field}");
    }
    // Whatever the query says, the path names the workspace.
    let answer = own.browser.change("PUT", &path, &json!({ "name": "Mine" }));
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((name(&own), name(&other)), (json!("Mine"), json!("Acme")));
}
