//! Getting in and out: the promises of the entry pages, kept by the built Workers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use serde_json::json;
use workerd_tests::person::{PASSWORD, Person, address, code_in, mail_to, sign_in, sign_up, token_in};
use workerd_tests::{Browser, until};

fn confirm(browser: &Browser, proof: &serde_json::Value) -> workerd_tests::Answer {
    browser.change("POST", "/api/confirm", proof)
}

#[test]
fn a_code_confirms_and_a_used_or_tampered_link_has_its_own_words() {
    let (browser, email) = (Browser::default(), address());
    assert_eq!(sign_up(&browser, &email).status, 202);
    let mail = mail_to(&email, "onfirm");
    let (token, code) = (token_in(&mail), code_in(&mail));
    let tampered = format!("{}AAAA", &token[..token.len() - 4]);
    assert_eq!(confirm(&browser, &json!({ "token": tampered })).code(), "link_unknown");
    assert_eq!(confirm(&browser, &json!({ "code": "00000000" })).code(), "code_wrong");
    assert_eq!(confirm(&Browser::default(), &json!({ "token": token })).code(), "confirm_elsewhere");
    assert_eq!(confirm(&browser, &json!({ "code": code })).status, 200);
    assert_eq!(confirm(&browser, &json!({ "token": token })).code(), "link_used");
}

#[test]
fn a_known_address_gets_the_same_answer_and_another_letter() {
    let known = Person::new();
    let (first, second) = (Browser::default(), Browser::default());
    let answers = [sign_up(&first, &known.email), sign_up(&second, &address())];
    assert_eq!(answers[0].status, answers[1].status);
    let keys = |answer: &workerd_tests::Answer| {
        answer.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys(&answers[0]), keys(&answers[1]));
    assert!(first.cookie("__Host-pending").is_some() && second.cookie("__Host-pending").is_some());
}

#[test]
fn rules_are_kept_and_the_field_is_named() {
    let browser = Browser::default();
    for (email, password, name, field) in [
        ("not an address", PASSWORD, "Acme", "email"),
        ("dana@example.com", "short", "Acme", "password"),
        ("dana@example.com", PASSWORD, "", "workspace_name"),
    ] {
        let form = json!({ "email": email, "password": password, "workspace_name": name });
        let answer = browser.change("POST", "/api/sign-up", &form);
        assert_eq!((answer.status, answer.json()["field"].as_str()), (400, Some(field)), "{}", answer.body);
    }
}

// security.md row 45
#[test]
fn signing_out_ends_the_session_at_the_edge_too() {
    let person = Person::new();
    let stolen = person.browser.cookie("__Host-sid").unwrap();
    assert_eq!(person.browser.get("/api/me").json()["email"], person.email.as_str());
    assert_eq!(person.browser.change("POST", "/api/sign-out", &json!({})).status, 204);
    assert_eq!(person.browser.get("/api/me").status, 401);
    let thief = Browser::default();
    thief.set_cookie("__Host-sid", &stolen);
    assert_eq!(thief.get("/api/me").code(), "signed_out");
}

#[test]
fn a_wrong_password_and_an_unknown_address_read_alike() {
    let person = Person::new();
    let wrong = sign_in(&Browser::default(), &person.email, "not the password at all");
    let unknown = sign_in(&Browser::default(), &address(), "not the password at all");
    assert_eq!((wrong.status, wrong.code()), (unknown.status, unknown.code()));
    let right = Browser::default();
    assert_eq!(sign_in(&right, &person.email, PASSWORD).status, 200);
    assert_eq!(right.get("/api/me").json()["email"], person.email.as_str());
}

#[test]
fn a_forgotten_password_is_set_by_mail_and_ends_all_sessions() {
    let person = Person::new();
    let browser = Browser::default();
    for email in [person.email.clone(), address()] {
        let answer = browser.change("POST", "/api/forgot", &json!({ "email": email }));
        assert_eq!((answer.status, answer.body.as_str()), (202, ""));
    }
    let form = json!({ "token": token_in(&mail_to(&person.email, "assword")), "password": "nine lanterns by the canal" });
    assert_eq!(browser.change("POST", "/api/reset", &form).status, 204);
    assert_eq!(browser.change("POST", "/api/reset", &form).code(), "link_dead");
    assert_eq!(person.browser.get("/api/me").status, 401);
    assert_ne!(sign_in(&browser, &person.email, PASSWORD).status, 200);
    assert_eq!(sign_in(&browser, &person.email, "nine lanterns by the canal").status, 200);
}

#[test]
fn a_session_is_ended_from_another_one() {
    let person = Person::new();
    let other = Browser::default();
    assert_eq!(sign_in(&other, &person.email, PASSWORD).status, 200);
    let rows = person.browser.get("/api/me/sessions").json();
    let foreign = rows.as_array().unwrap().iter().find(|row| row["current"] == false).unwrap();
    let path = format!("/api/me/sessions/{}", foreign["id"].as_str().unwrap());
    assert_eq!(person.browser.change("DELETE", &path, &json!({})).status, 204);
    assert_eq!(other.get("/api/me").status, 401);
    assert_eq!(person.browser.get("/api/me").status, 200);
}

#[test]
fn what_people_do_stands_in_the_audit_log_of_their_workspace() {
    let person = Person::new();
    let other = Browser::default();
    assert_eq!(sign_in(&other, &person.email, PASSWORD).status, 200);
    let saved = json!({ "page": "costs", "rows": 12, "query": "?r=mtd" });
    assert_eq!(person.post("exports", &saved).status, 200);
    let rows = until("the rows of the log", || {
        let rows = person.get("audit").json();
        let has =
            |event: &str| rows.as_array().is_some_and(|rows| rows.iter().any(|row| row["event"] == event));
        (has("workspace_begun") && has("signed_in") && has("exported")).then_some(rows)
    });
    for row in rows.as_array().unwrap() {
        assert!(row["actor"] == person.email.as_str() && row["hash"].as_str().unwrap().len() == 64, "{row}");
    }
}
