//! Passwords changed and forgotten, sessions listed and ended, settings kept.

use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::route::Route;

use super::*;

const NEW: &str = "eight nails in the wall";

#[test]
fn a_reset_ends_all_sign_ins_and_works_once() {
    let town = a_town();
    let mut owner = town.a_user("dana@example.com", "Acme");
    a_browser().raw(&town, Route::Forgot, &[], br#"{"email":"dana@example.com"}"#).unwrap();
    let token = token_in(&town.post()[0]);
    let form = json!({"token": token, "password": NEW});
    let mut elsewhere = a_browser();
    elsewhere.call(&town, Route::Reset, &[], form.clone()).unwrap();
    assert_eq!(code(owner.me(&town)), "signed_out");
    assert_eq!(code(elsewhere.call(&town, Route::Reset, &[], form)), "link_dead");
    assert_eq!(code(a_browser().sign_in(&town, "dana@example.com", PASSWORD)), "sign_in_wrong");
    a_browser().sign_in(&town, "dana@example.com", NEW).unwrap();
    assert_eq!(town.post()[0].subject, "Your Cloudthread password was changed");
}

#[test]
fn a_refused_new_password_leaves_the_link_alive() {
    let town = a_town();
    town.a_user("dana@example.com", "Acme");
    a_browser().raw(&town, Route::Forgot, &[], br#"{"email":"dana@example.com"}"#).unwrap();
    let token = token_in(&town.post()[0]);
    let reset = |password: &str| {
        a_browser().call(&town, Route::Reset, &[], json!({"token": token, "password": password}))
    };
    assert_eq!(code(reset("short")), "password_short");
    assert_eq!(code(reset("dana.example.com")), "password_common");
    reset(NEW).unwrap();
}

#[test]
fn forgetting_answers_alike_and_mails_three_times_an_hour() {
    let town = a_town();
    town.a_user("dana@example.com", "Acme");
    let forgot = |email: &str| {
        a_browser().raw(&town, Route::Forgot, &[], json!({"email": email}).to_string().as_bytes()).unwrap()
    };
    assert_eq!(forgot("dana@example.com"), forgot("kim@example.com"));
    for _ in 0..5 {
        assert_eq!(forgot("dana@example.com").status, 202);
    }
    assert_eq!(town.post().len(), 3);
}

// security.md row 69
#[test]
fn reset_links_die_alike() {
    let town = a_town();
    town.a_user("dana@example.com", "Acme");
    a_browser().raw(&town, Route::Forgot, &[], br#"{"email":"dana@example.com"}"#).unwrap();
    let token = token_in(&town.post()[0]);
    town.later(SignedDuration::from_hours(24));
    for bad in [token.as_str(), "", "x"] {
        let answer = a_browser().call(&town, Route::Reset, &[], json!({"token": bad, "password": NEW}));
        assert_eq!(code(answer), "link_dead");
    }
}

#[test]
fn a_password_changes_only_when_it_was_just_entered() {
    let town = a_town();
    let mut here = town.a_user("dana@example.com", "Acme");
    let mut there = a_browser();
    there.sign_in(&town, "dana@example.com", PASSWORD).unwrap();
    town.later(SignedDuration::from_mins(5));
    let form = json!({"password": NEW});
    assert_eq!(code(here.call(&town, Route::PutPassword, &[], form.clone())), "reauthenticate");
    let wrong = here.call(&town, Route::Reauthenticate, &[], json!({"password": NEW}));
    assert_eq!(code(wrong), "password_wrong");
    here.call(&town, Route::Reauthenticate, &[], json!({"password": PASSWORD})).unwrap();
    here.call(&town, Route::PutPassword, &[], form).unwrap();
    assert_eq!(code(there.me(&town)), "signed_out");
    here.me(&town).unwrap();
    a_browser().sign_in(&town, "dana@example.com", NEW).unwrap();
}

#[test]
fn re_authentication_cannot_be_guessed_either() {
    let town = a_town();
    let mut thief = town.a_user("dana@example.com", "Acme");
    let mut guess = || thief.call(&town, Route::Reauthenticate, &[], json!({"password": "a wrong guess"}));
    for _ in 0..4 {
        assert_eq!(code(guess()), "password_wrong");
    }
    assert_eq!(code(guess()), "too_many_attempts");
}

// security.md row 73
#[test]
fn a_revoked_session_is_gone_at_once_and_others_cannot_be_revoked() {
    let town = a_town();
    let mut here = town.a_user("dana@example.com", "Acme");
    let mut there = a_browser();
    there.sign_in(&town, "dana@example.com", PASSWORD).unwrap();
    let mut kim = town.a_user("kim@example.com", "Beta");
    let rows = here.call(&town, Route::ListSessions, &[], Value::Null).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    let other = rows.as_array().unwrap().iter().find(|row| row["current"] == false).unwrap();
    assert_eq!(other["device"], "Firefox on Linux");
    let id = other["id"].as_str().unwrap();
    assert_eq!(code(kim.call(&town, Route::DeleteSession, &[id], Value::Null)), "not_found");
    there.me(&town).unwrap();
    here.call(&town, Route::DeleteSession, &[id], Value::Null).unwrap();
    assert_eq!(code(there.me(&town)), "signed_out");
    assert_eq!(code(here.call(&town, Route::DeleteSession, &[id], Value::Null)), "not_found");
}

#[test]
fn settings_are_kept_and_checked() {
    let town = a_town();
    let mut browser = town.a_user("dana@example.com", "Acme");
    let profile = |name: &str, zone: &str, locale: &str| json!({"name": name, "theme": "dark", "time_zone": zone, "locale": locale, "shortcuts": false});
    let me =
        browser.call(&town, Route::PutProfile, &[], profile(" Dana ", "Europe/Zurich", "de-CH")).unwrap();
    assert_eq!(me["profile"], profile("Dana", "Europe/Zurich", "de-CH"));
    assert_eq!(browser.me(&town).unwrap(), me);
    for bad in [profile("a\nb", "", ""), profile("", "<b>", ""), profile("", "", "de_CH!")] {
        assert_eq!(code(browser.call(&town, Route::PutProfile, &[], bad)), "profile_invalid");
    }
}
