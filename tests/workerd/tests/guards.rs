//! What every answer carries, and what no request gets past.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use serde_json::json;
use shared::route::{Access, Method, Route};
use workerd_tests::{Browser, person::Person, product};

const ID: &str = "00000000-0000-4000-8000-000000000000";

#[test]
fn every_answer_carries_the_security_headers() {
    let browser = Browser::default();
    let page = browser.get("/");
    assert_eq!(page.status, 200);
    let script = page.body.split('"').find(|text| text.ends_with(".js") && text.starts_with('/')).unwrap();
    for path in ["/", "/w/anything/overview", script, "/api/health", "/api/no-such-thing", "/api/me"] {
        let answer = browser.get(path);
        for (name, expect) in [
            ("strict-transport-security", "max-age=63072000"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), expect, "{path}: {name}");
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
    }
    assert_eq!(browser.get("/api/health").header("cache-control"), "no-store");
}

#[test]
fn cookies_are_bound_to_the_host_and_out_of_reach_of_scripts() {
    let person = Person::new();
    let answer =
        workerd_tests::person::sign_in(&person.browser, &person.email, workerd_tests::person::PASSWORD);
    let lines: Vec<_> = answer.headers.iter().filter(|(name, _)| name == "set-cookie").collect();
    assert!(!lines.is_empty());
    for (_, line) in lines {
        assert!(line.starts_with("__Host-"), "{line}");
        for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite="] {
            assert!(line.contains(attribute), "{line} lacks {attribute}");
        }
        assert!(!line.contains("Domain="), "{line}");
    }
}

// security.md row 74
#[test]
fn no_change_is_made_for_another_site() {
    let person = Person::new();
    let own = product();
    let json_type = ("content-type", "application/json");
    let mark = ("x-cloudthread", "1");
    let requests: [Vec<(&str, &str)>; 6] = [
        vec![json_type, mark, ("origin", "https://evil.example")],
        vec![json_type, mark, ("origin", &own), ("sec-fetch-site", "cross-site")],
        vec![json_type, mark, ("sec-fetch-site", "same-site")],
        vec![json_type, mark],
        vec![json_type, ("origin", &own)],
        vec![("content-type", "text/plain"), mark, ("origin", &own)],
    ];
    let mut seen = 0;
    for route in Route::ALL.iter().filter(|route| route.method() != Method::Get) {
        if matches!(route.access(), Access::Sns | Access::Test) {
            continue;
        }
        seen += 1;
        let path = route.fill(&[&person.workspace, ID]);
        for headers in &requests {
            let answer = person.browser.send(route.method().as_str(), &path, headers, Some("{}"));
            assert_eq!((answer.status, answer.code()), (403, "cross_site".to_owned()), "{path} {headers:?}");
        }
    }
    assert!(seen > 20, "{seen} routes change something");
    assert_eq!(person.browser.get("/api/me").status, 200, "signing out was refused like the rest");
}

#[test]
fn methods_bodies_and_paths_that_make_no_sense_are_problems() {
    let person = Person::new();
    let browser = &person.browser;
    for (method, path, body, status) in [
        ("DELETE", "/api/health".to_owned(), "{}".to_owned(), 405),
        ("POST", "/api/no-such-thing".to_owned(), "{}".to_owned(), 404),
        ("POST", "/api/sign-in".to_owned(), "{".to_owned(), 400),
        ("POST", "/api/sign-in".to_owned(), "[]".to_owned(), 400),
        ("POST", "/api/sign-in".to_owned(), format!("{{\"email\":\"{}\"}}", "a".repeat(70_000)), 413),
        ("POST", person.path("connection/link"), "null".to_owned(), 400),
        (
            "POST",
            person.path("connection/role"),
            json!({ "role_arn": "arn:aws:iam::1:role/x" }).to_string(),
            400,
        ),
        ("PUT", person.path("calls/cap"), "{\"cap\":\"NaN\"}".to_owned(), 400),
    ] {
        let own = product();
        let headers =
            [("content-type", "application/json"), ("x-cloudthread", "1"), ("origin", own.as_str())];
        let answer = browser.send(method, &path, &headers, Some(&body));
        let name = format!("{method} {path} {}: {}", &body[..body.len().min(40)], answer.body);
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{name}");
        assert!(!answer.code().is_empty() && answer.json()["title"].is_string(), "{name}");
    }
    for path in
        ["/api/../etc/passwd", "/api/%2e%2e/%2e%2e", "/api/workspaces/%00/connection", "//evil.example/api"]
    {
        assert!(matches!(browser.get(path).status, 200 | 301 | 307 | 308 | 400 | 404), "{path}");
    }
}
