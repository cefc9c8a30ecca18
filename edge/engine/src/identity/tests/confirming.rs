//! Confirming by link and by code, and all the ways in which it must not work.

use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::route::Route;

use super::*;

fn signed_up(town: &Town) -> (Browser, String, String) {
    let mut browser = a_browser();
    browser.sign_up(town, "dana@example.com", "Acme").unwrap();
    let mail = town.post().remove(0);
    (browser, token_in(&mail), code_in(&mail))
}

fn signed_up_as(town: &Town, email: &str) -> String {
    a_browser().sign_up(town, email, "Acme").unwrap();
    token_in(&town.post()[0])
}

#[test]
fn link_or_code_in_the_same_browser_begins_account_workspace_and_session() {
    for by_link in [true, false] {
        let town = a_town();
        let (mut browser, token, code) = signed_up(&town);
        let proof = if by_link { json!({"token": token}) } else { json!({"code": code}) };
        let me = browser.call(&town, Route::Confirm, &[], proof).unwrap();
        assert_eq!(me["email"], "dana@example.com");
        assert_eq!(me["workspaces"][0]["name"], "Acme");
        assert_eq!(me["workspaces"][0]["role"], "owner");
        assert_eq!(browser.me(&town).unwrap(), me);
        let other_tab = browser.call(&town, Route::GetSignUp, &[], Value::Null).unwrap();
        assert_eq!(other_tab["confirmed"], true);
    }
}

// security.md row 68
#[test]
fn a_mail_scanner_confirms_nothing() {
    let town = a_town();
    let (_, token, _) = signed_up(&town);
    let scanned = a_browser().call(&town, Route::Confirm, &[], json!({"token": token}));
    assert_eq!(code(scanned), "confirm_elsewhere");
    assert_eq!(town.world.identity.users(), 0);
}

#[test]
fn elsewhere_the_link_needs_the_password_of_the_sign_up() {
    let town = a_town();
    let (mut here, token, _) = signed_up(&town);
    let mut elsewhere = a_browser();
    let wrong = json!({"token_and_password": {"token": token, "password": "six anvils on a roof"}});
    assert_eq!(code(elsewhere.call(&town, Route::Confirm, &[], wrong)), "password_wrong");
    let right = json!({"token_and_password": {"token": token, "password": PASSWORD}});
    elsewhere.call(&town, Route::Confirm, &[], right).unwrap();
    let waiting = here.call(&town, Route::GetSignUp, &[], Value::Null).unwrap();
    assert_eq!((&waiting["confirmed"], code(here.me(&town))), (&json!(true), "signed_out"));
}

// security.md row 69: whoever does not hold the token learns nothing of it, whoever holds it learns why it is dead.
#[test]
fn a_tampered_and_a_used_link_have_their_own_words() {
    let town = a_town();
    let (mut browser, token, _) = signed_up(&town);
    let mut flipped = token.clone().into_bytes();
    flipped[7] ^= 1;
    for bad in [String::from_utf8(flipped).unwrap(), String::new(), token[..20].to_owned()] {
        let with_password = json!({"token_and_password": {"token": bad.clone(), "password": PASSWORD}});
        for proof in [json!({"token": bad}), with_password] {
            let error = browser.call(&town, Route::Confirm, &[], proof).unwrap_err();
            assert_eq!((error.code, error.field, error.retry_after), ("link_unknown", None, None));
        }
    }
    browser.call(&town, Route::Confirm, &[], json!({"token": token})).unwrap();
    let with_password = json!({"token_and_password": {"token": token, "password": PASSWORD}});
    for proof in [json!({"token": token}), with_password] {
        assert_eq!(code(browser.call(&town, Route::Confirm, &[], proof)), "link_used");
    }
}

#[test]
fn the_link_of_another_sign_up_asks_for_its_password() {
    let town = a_town();
    let (mut browser, _, _) = signed_up(&town);
    let mut other = a_browser();
    other.sign_up(&town, "kim@example.com", "Beta").unwrap();
    let others = token_in(&town.post()[0]);
    assert_eq!(code(browser.call(&town, Route::Confirm, &[], json!({"token": others}))), "confirm_elsewhere");
}

#[test]
fn who_corrects_the_form_keeps_the_link_and_the_code_of_the_first_letter() {
    for by_link in [true, false] {
        let town = a_town();
        let (mut browser, token, code) = signed_up(&town);
        browser.sign_up(&town, "dana@example.com", "Acme Corporation").unwrap();
        assert!(town.post().is_empty(), "mails to one address never follow within a minute");
        let proof = if by_link { json!({"token": token}) } else { json!({"code": code}) };
        let me = browser.call(&town, Route::Confirm, &[], proof).unwrap();
        assert_eq!(me["workspaces"][0]["name"], "Acme Corporation");
    }
}

#[test]
fn a_link_lives_a_day() {
    let town = a_town();
    let (mut browser, token, _) = signed_up(&town);
    town.later(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    let mut late = browser.clone();
    browser.call(&town, Route::Confirm, &[], json!({"token": token})).unwrap();
    town.later(SignedDuration::from_secs(1));
    assert_eq!(code(late.call(&town, Route::Confirm, &[], json!({"token": token}))), "link_used");
    let unused = signed_up_as(&town, "kim@example.com");
    town.later(SignedDuration::from_hours(24));
    assert_eq!(code(late.call(&town, Route::Confirm, &[], json!({"token": unused}))), "link_expired");
}

#[test]
fn a_code_lives_ten_minutes_and_five_tries() {
    let town = a_town();
    let (mut browser, _, right) = signed_up(&town);
    for _ in 0..5 {
        assert_eq!(code(browser.call(&town, Route::Confirm, &[], json!({"code": "12345678"}))), "code_wrong");
    }
    assert_eq!(code(browser.call(&town, Route::Confirm, &[], json!({"code": right}))), "code_spent");
    town.later(SignedDuration::from_secs(60));
    browser.call(&town, Route::ResendSignUp, &[], Value::Null).unwrap();
    let right = code_in(&town.post()[0]);
    town.later(SignedDuration::from_mins(10));
    assert_eq!(code(browser.call(&town, Route::Confirm, &[], json!({"code": right}))), "code_expired");
    browser.call(&town, Route::ResendSignUp, &[], Value::Null).unwrap();
    let right = code_in(&town.post()[0]);
    let spaced = format!("{} {}", &right[..4], &right[4..]);
    browser.call(&town, Route::Confirm, &[], json!({"code": spaced})).unwrap();
}

// security.md table, "Pending sign-up": nobody's earlier password is confirmed for them.
#[test]
fn a_strangers_sign_up_is_not_confirmed_by_the_owners() {
    let town = a_town();
    let mut stranger = a_browser();
    let form =
        json!({"email": "dana@example.com", "password": "eight nails in the wall", "workspace_name": "Evil"});
    stranger.call(&town, Route::SignUp, &[], form).unwrap();
    town.post();
    town.later(SignedDuration::from_secs(60));
    let mut owner = a_browser();
    owner.sign_up(&town, "dana@example.com", "Acme").unwrap();
    let mail = town.post().remove(0);
    let me = owner.call(&town, Route::Confirm, &[], json!({"token": token_in(&mail)})).unwrap();
    assert_eq!(me["workspaces"][0]["name"], "Acme");
    assert_eq!(
        code(a_browser().sign_in(&town, "dana@example.com", "eight nails in the wall")),
        "sign_in_wrong"
    );
    assert_eq!(code(stranger.me(&town)), "signed_out");
}
