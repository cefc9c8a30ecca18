//! Signing in, and those who guess.

use jiff::SignedDuration;
use shared::route::Route;

use super::*;

// security.md row 71
#[test]
fn guessing_slows_down_and_ends_but_the_owners_device_enters() {
    let town = a_town();
    let mut owner = town.a_user("dana@example.com", "Acme");
    owner.raw(&town, Route::SignOut, &[], b"").unwrap();
    let (mut tried, mut turned_away) = (0, 0);
    for guess in 0..10_000_u32 {
        let mut stranger = Browser { ip: format!("2001:db8::{guess:x}"), ..a_browser() };
        let work = town.world.passwords.work.get();
        let error =
            stranger.sign_in(&town, "dana@example.com", &format!("guess number {guess}")).unwrap_err();
        match (error.code, town.world.passwords.work.get() - work) {
            ("sign_in_wrong", 1) => tried += 1,
            ("too_many_attempts", 0) => turned_away += 1,
            other => panic!("{other:?}"),
        }
        town.later(SignedDuration::from_mins(1));
    }
    assert!(tried <= 100, "{tried} tries");
    assert_eq!(tried + turned_away, 10_000);
    assert_eq!(code(a_browser().sign_in(&town, "dana@example.com", PASSWORD)), "too_many_attempts");
    owner.sign_in(&town, "dana@example.com", PASSWORD).unwrap();
    // The owner's success ends the count: other browsers of theirs enter as well.
    a_browser().sign_in(&town, "dana@example.com", PASSWORD).unwrap();
}

#[test]
fn delays_begin_at_thirty_seconds_and_end_at_an_hour() {
    let town = a_town();
    town.a_user("dana@example.com", "Acme");
    let guess = || a_browser().sign_in(&town, "dana@example.com", "a wrong guess").unwrap_err();
    for _ in 0..4 {
        assert_eq!(guess().code, "sign_in_wrong");
    }
    for expect in [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600] {
        let error = guess();
        assert_eq!((error.code, error.retry_after), ("too_many_attempts", Some(expect)));
        town.later(SignedDuration::from_secs(expect.into()));
        assert_eq!(guess().code, "sign_in_wrong");
    }
}

#[test]
fn a_stolen_device_cookie_is_no_free_pass() {
    let town = a_town();
    let mut thief = town.a_user("dana@example.com", "Acme");
    thief.tokens.session = None;
    for _ in 0..4 {
        assert_eq!(code(thief.sign_in(&town, "dana@example.com", "a wrong guess")), "sign_in_wrong");
    }
    assert_eq!(code(thief.sign_in(&town, "dana@example.com", "a wrong guess")), "too_many_attempts");
}

// security.md row 72, as far as work goes
#[test]
fn known_and_unknown_addresses_cost_the_same_and_read_the_same() {
    let town = a_town();
    town.a_user("dana@example.com", "Acme");
    let mut answers = Vec::new();
    for email in ["dana@example.com", "kim@example.com"] {
        let work = town.world.passwords.work.get();
        let errors: Vec<_> =
            (0..6).map(|_| a_browser().sign_in(&town, email, "a wrong guess").unwrap_err()).collect();
        let read: Vec<_> = errors.into_iter().map(|e| (e.code, e.title, e.hint, e.retry_after)).collect();
        answers.push((read, town.world.passwords.work.get() - work));
    }
    assert_eq!(answers[0], answers[1]);
}

// security.md row 73
#[test]
fn a_session_gets_a_new_token_and_dies_with_sign_out() {
    let town = a_town();
    let mut browser = town.a_user("dana@example.com", "Acme");
    let fixed = browser.tokens.session.clone();
    browser.sign_in(&town, "dana@example.com", PASSWORD).unwrap();
    assert_ne!(browser.tokens.session, fixed);
    let mut replay = Browser { tokens: Tokens { session: fixed, ..Tokens::default() }, ..a_browser() };
    assert_eq!(code(replay.me(&town)), "signed_out");
    let stolen = browser.tokens.session.clone();
    let reply = browser.raw(&town, Route::SignOut, &[], b"").unwrap();
    assert!(reply.clear_site_data && browser.tokens.session.is_none());
    replay.tokens.session = stolen;
    assert_eq!(code(replay.me(&town)), "signed_out");
    replay.tokens.session = secret("made up");
    assert_eq!(code(replay.me(&town)), "signed_out");
}

#[test]
fn sessions_end_after_an_idle_hour_and_after_half_a_day() {
    let town = a_town();
    let mut browser = town.a_user("dana@example.com", "Acme");
    town.later(SignedDuration::from_mins(58));
    browser.me(&town).unwrap();
    town.later(SignedDuration::from_mins(60));
    assert_eq!(code(browser.me(&town)), "session_expired");
    assert_eq!(code(browser.me(&town)), "signed_out");
    browser.sign_in(&town, "dana@example.com", PASSWORD).unwrap();
    for _ in 0..23 {
        town.later(SignedDuration::from_mins(30));
        browser.me(&town).unwrap();
    }
    town.later(SignedDuration::from_mins(30));
    assert_eq!(code(browser.me(&town)), "session_expired");
}
