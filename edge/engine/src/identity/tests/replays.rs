//! A write whose answer was lost: nobody knows whether it was made, and whoever tries again does no harm.

use serde_json::{Value, json};
use shared::route::Route;

use super::*;

const NEW: &str = "eight nails in the wall";

/// Asks while the answers of writes are lost, then again.
fn twice(town: &Town, browser: &mut Browser, route: Route, params: &[&str], body: &Value) -> Result<Value> {
    town.world.identity.set_deaf(true);
    assert_eq!(code(browser.call(town, route, params, body.clone())), "store_unavailable");
    town.world.identity.set_deaf(false);
    browser.call(town, route, params, body.clone())
}

// security.md row 44
#[test]
fn signing_up_and_confirming_again_make_one_account() {
    let town = a_town();
    let mut browser = a_browser();
    let form = json!({"email": "dana@example.com", "password": PASSWORD, "workspace_name": "Acme"});
    twice(&town, &mut browser, Route::SignUp, &[], &form).unwrap();
    let mails = town.post();
    assert!(mails.iter().all(|mail| mail.subject.contains("onfirm")), "{mails:?}");
    // The first cookie was lost with its answer: link and password confirm in its place.
    let token = json!({"token_and_password": {"token": token_in(&mails[0]), "password": PASSWORD}});
    // The account began the first time; its person is told so, and signs in.
    assert_eq!(code(twice(&town, &mut browser, Route::Confirm, &[], &token)), "link_used");
    assert_eq!(town.world.identity.users(), 1);
    a_browser().sign_in(&town, "dana@example.com", PASSWORD).unwrap();
}

// security.md row 44
#[test]
fn passwords_names_and_deletions_are_as_asked_after_a_second_try() {
    let town = a_town();
    let mut dana = town.a_user("dana@example.com", "Acme");
    let workspace = dana.me(&town).unwrap()["workspaces"][0]["id"].as_str().unwrap().to_owned();
    let name = json!({"name": "Acme Ltd"});
    twice(&town, &mut dana, Route::PutWorkspace, &[&workspace], &name).unwrap();
    twice(&town, &mut dana, Route::DeleteWorkspace, &[&workspace], &name).unwrap();
    assert_eq!(town.post().len(), 1, "one letter about one deletion");
    twice(&town, &mut dana, Route::RestoreWorkspace, &[&workspace], &Value::Null).unwrap();
    assert_eq!(dana.me(&town).unwrap()["workspaces"][0]["name"], "Acme Ltd");

    a_browser().raw(&town, Route::Forgot, &[], br#"{"email":"dana@example.com"}"#).unwrap();
    let form = json!({"token": token_in(&town.post()[0]), "password": NEW});
    assert_eq!(code(twice(&town, &mut a_browser(), Route::Reset, &[], &form)), "link_dead");
    a_browser().sign_in(&town, "dana@example.com", NEW).unwrap();
}

// security.md row 44
#[test]
fn a_letter_whose_mark_was_lost_leaves_once() {
    let town = a_town();
    a_browser().sign_up(&town, "dana@example.com", "Acme").unwrap();
    // It is taken and nobody hears of it: it rests for as long as its taker might need.
    town.world.identity.set_deaf(true);
    assert!(now(post(&town.world, &town.mailer, "https://app.example")).is_err());
    town.world.identity.set_deaf(false);
    assert!(town.post().is_empty());
    town.later(SignedDuration::from_mins(3));
    assert_eq!(town.post().len(), 1);
    town.later(SignedDuration::from_mins(3));
    assert!(town.post().is_empty());
}
