//! Signing up, for known and unknown addresses alike.

use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::route::Route;

use super::*;

// security.md row 66
#[test]
fn one_address_fifty_times_at_once_is_one_mail_and_one_account() {
    let town = a_town();
    let mut browsers: Vec<_> =
        (0..50).map(|n| Browser { ip: format!("192.0.2.{n}"), ..a_browser() }).collect();
    let replies: Vec<_> =
        browsers.iter_mut().map(|b| b.sign_up(&town, "dana@example.com", "Acme").unwrap()).collect();
    assert!(replies.iter().all(|reply| *reply == replies[0]));
    let mails = town.post();
    assert_eq!(mails.len(), 1);
    let proof = json!({"token": token_in(&mails[0])});
    let confirmed = browsers
        .iter_mut()
        .map(|b| b.call(&town, Route::Confirm, &[], proof.clone()))
        .filter(Result::is_ok)
        .count();
    assert_eq!((confirmed, town.world.identity.users()), (1, 1));
}

// security.md row 66: the other sign-ups get their own mail when they ask, and none makes a second account.
#[test]
fn a_second_confirmation_of_one_address_makes_no_second_account() {
    let town = a_town();
    let (mut first, mut second) = (a_browser(), a_browser());
    first.sign_up(&town, "dana@example.com", "Acme").unwrap();
    second.sign_up(&town, "dana@example.com", "Acme too").unwrap();
    let first_mail = town.post().remove(0);
    town.later(SignedDuration::from_secs(61));
    second.call(&town, Route::ResendSignUp, &[], Value::Null).unwrap();
    let second_mail = town.post().remove(0);
    first.call(&town, Route::Confirm, &[], json!({"code": code_in(&first_mail)})).unwrap();
    let late = second.call(&town, Route::Confirm, &[], json!({"code": code_in(&second_mail)}));
    assert_eq!(code(late), "link_used");
    assert_eq!(town.world.identity.users(), 1);
}

#[test]
fn known_and_unknown_addresses_get_one_answer_and_cost_one_hash() {
    let town = a_town();
    town.a_user("dana@example.com", "Acme");
    town.later(SignedDuration::from_hours(2));
    let mut answers = Vec::new();
    for (email, subject) in [
        ("dana@example.com", "You already have a Cloudthread account"),
        ("kim@example.com", "Confirm your address for Cloudthread"),
    ] {
        let work = town.world.passwords.work.get();
        let mut browser = a_browser();
        let mut reply = browser.sign_up(&town, email, "Acme").unwrap();
        assert_eq!(town.world.passwords.work.get() - work, 1, "{email}");
        let mails = town.post();
        assert_eq!((mails.len(), mails[0].subject.as_str()), (1, subject));
        let wrong = browser.call(&town, Route::Confirm, &[], json!({"code": "00000000"}));
        assert_eq!(code(wrong), "code_wrong");
        let mut state = browser.call(&town, Route::GetSignUp, &[], Value::Null).unwrap();
        for answer in [&mut reply, &mut state] {
            answer["masked_email"] = Value::Null;
        }
        answers.push((reply, state));
    }
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn one_network_address_signs_up_five_times_an_hour() {
    let town = a_town();
    for n in 0..5 {
        a_browser().sign_up(&town, &format!("dana{n}@example.com"), "Acme").unwrap();
    }
    let sixth = a_browser().sign_up(&town, "dana5@example.com", "Acme").unwrap_err();
    assert_eq!((sixth.code, sixth.retry_after), ("too_many_attempts", Some(3_600)));
    town.later(SignedDuration::from_hours(1));
    a_browser().sign_up(&town, "dana5@example.com", "Acme").unwrap();
}

#[test]
fn sending_again_waits_a_minute_and_stops_after_three() {
    let town = a_town();
    let mut browser = a_browser();
    browser.sign_up(&town, "dana@example.com", "Acme").unwrap();
    let mut resend = || browser.call(&town, Route::ResendSignUp, &[], Value::Null);
    assert_eq!(resend().unwrap_err().retry_after, Some(60));
    for left in [2, 1, 0] {
        town.later(SignedDuration::from_secs(60));
        assert_eq!(resend().unwrap()["resends_left"], left);
    }
    town.later(SignedDuration::from_secs(60));
    assert_eq!(code(resend()), "too_many_attempts");
    assert_eq!(town.post().len(), 4);
}

#[test]
fn an_earlier_mail_keeps_its_link_but_not_its_code() {
    let town = a_town();
    let mut browser = a_browser();
    browser.sign_up(&town, "dana@example.com", "Acme").unwrap();
    let first = town.post().remove(0);
    town.later(SignedDuration::from_secs(60));
    browser.call(&town, Route::ResendSignUp, &[], Value::Null).unwrap();
    let second = town.post().remove(0);
    assert_eq!(token_in(&first), token_in(&second));
    let old = browser.call(&town, Route::Confirm, &[], json!({"code": code_in(&first)}));
    assert_eq!(code(old), "code_wrong");
    browser.call(&town, Route::Confirm, &[], json!({"token": token_in(&first)})).unwrap();
}

// security.md row 81
#[test]
fn a_mailer_that_is_down_loses_nothing() {
    let town = a_town();
    let mut browser = a_browser();
    town.mailer.down.set(true);
    browser.sign_up(&town, "dana@example.com", "Acme").unwrap();
    assert!(town.post().is_empty());
    town.later(SignedDuration::from_secs(60));
    browser.call(&town, Route::ResendSignUp, &[], Value::Null).unwrap();
    town.mailer.down.set(false);
    town.later(SignedDuration::from_secs(60));
    let mails = town.post();
    assert_eq!((mails.len(), town.world.identity.letters()), (2, 0));
    browser.call(&town, Route::Confirm, &[], json!({"token": token_in(&mails[1])})).unwrap();
}

// security.md rows 67 and 75
#[test]
fn forms_that_cannot_be_right_are_refused_by_field() {
    let town = a_town();
    let check = |body: &str, expect: &str, field: Option<&str>| {
        let error = a_browser().raw(&town, Route::SignUp, &[], body.as_bytes()).unwrap_err();
        assert_eq!((error.code, error.field), (expect, field), "{body:.80}");
    };
    let form = |email: &str, password: &str, name: &str| {
        json!({"email": email, "password": password, "workspace_name": name}).to_string()
    };
    check(&form("a@b", PASSWORD, "Acme"), "email_invalid", Some("email"));
    check(&form("a@b.example\r\nBcc: c@d.example", PASSWORD, "Acme"), "email_invalid", Some("email"));
    check(&form("a@b.example", "short", "Acme"), "password_short", Some("password"));
    check(&form("a@b.example", "passwordpassword", "Acme"), "password_common", Some("password"));
    check(&form("a@b.example", PASSWORD, " "), "name_invalid", Some("workspace_name"));
    check(&form("a@b.example", PASSWORD, &"x".repeat(81)), "name_invalid", Some("workspace_name"));
    check("", "body_invalid", None);
    check("[]", "body_invalid", None);
    check(&"[".repeat(10_000), "body_invalid", None);
    check(r#"{"email":1,"password":2,"workspace_name":3}"#, "body_invalid", None);
    check(
        r#"{"email":"a@b.example","password":"x","workspace_name":"y","role":"owner"}"#,
        "body_invalid",
        None,
    );
    check(
        r#"{"email":"a@b.example","email":"c@d.example","password":"x","workspace_name":"y"}"#,
        "body_invalid",
        None,
    );
    assert_eq!(town.world.passwords.work.get(), 0);
}

#[test]
fn a_refused_form_never_quotes_itself_in_the_log() {
    let town = a_town();
    let body = br#"{"email":"dana@example.com","password":["seven anvils on a roof"]}"#;
    let error = a_browser().raw(&town, Route::SignUp, &[], body).unwrap_err();
    assert!(!error.internal.contains("anvils") && !error.internal.contains("dana"), "{}", error.internal);
}
