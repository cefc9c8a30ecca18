//! Holds `docs/API.md` and the golden exchanges against the route table, row by row.

use std::fs;
use std::path::Path;

use shared::route::{Access, Route};

fn document() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/API.md");
    fs::read_to_string(file).unwrap_or_default()
}

fn who_may(access: Access) -> String {
    match access {
        Access::Public => "anyone".to_owned(),
        Access::PendingSignUp => "pending sign-up".to_owned(),
        Access::Session => "signed in".to_owned(),
        Access::FreshSession => "signed in, password just entered".to_owned(),
        Access::Workspace(least) => least.as_str().to_owned(),
        Access::FreshWorkspace(least) => format!("{}, password just entered", least.as_str()),
        Access::Sns => "SNS, by signature".to_owned(),
        Access::Test => "test key, development only".to_owned(),
    }
}

#[test]
fn every_route_has_its_row_in_the_order_of_the_table() {
    let document = document();
    let rows: Vec<&str> = document.lines().filter(|line| line.contains("| `/api/")).collect();
    let expected: Vec<String> = Route::ALL
        .iter()
        .map(|route| {
            let (name, method, path) = (route.name(), route.method().as_str(), route.path());
            format!("| {name} | {method} | `{path}` | {} |", who_may(route.access()))
        })
        .collect();
    for (row, expect) in rows.iter().zip(&expected) {
        assert!(
            row.starts_with(expect.as_str()),
            "docs/API.md says\n{row}\nbut the route table says\n{expect}"
        );
    }
    assert_eq!(rows.len(), expected.len(), "docs/API.md has one row per route");
}

/// Each is made by the test that asks the route: identity's by `engine`, a workspace's by `sandbox`, the Worker's own by
/// `workerd`. Nobody has to run all three to see that one is missing.
#[test]
fn every_route_has_a_golden_exchange() {
    for route in Route::ALL {
        let name = format!("{}.json", route.name());
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/api").join(&name);
        let text = fs::read_to_string(&file).unwrap_or_default();
        let exchange: serde_json::Value = serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("tests/golden/api/{name} is missing: see docs/ADDING_AN_ENDPOINT.md"));
        let (request, response) = (&exchange["request"], &exchange["response"]);
        assert_eq!(request["method"], route.method().as_str(), "{name}");
        assert_eq!(request["path"], route.path(), "{name}");
        assert!(!response["status"].is_null(), "{name} has no answer");
    }
}

// security.md row 45
#[test]
fn d1_is_asked_without_replicas_so_that_what_was_written_is_read() {
    // Read replication needs sessions and their bookmarks; who turns it on finds this test and reads both.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let settings = fs::read_to_string(root.join("wrangler.toml")).unwrap();
    let adapter = fs::read_to_string(root.join("edge/src/cloudflare/d1.rs")).unwrap();
    assert!(settings.contains("d1_databases") && adapter.contains("D1Database"));
    for word in ["replica", "with_session", "withSession", "bookmark"] {
        assert!(!settings.contains(word) && !adapter.contains(word), "{word}");
    }
}
