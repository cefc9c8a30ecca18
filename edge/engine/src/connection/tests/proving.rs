//! What a role must be before it is ours, and what becomes of one that is not.

use super::aws::{Fault, Trust};
use super::*;

fn with(change: impl FnOnce(&mut Trust)) -> Town {
    let town = a_town();
    let link = town.link();
    town.stack_calls("Create", &link, "1").unwrap();
    change(&mut town.http.trust.borrow_mut());
    town.pass(700);
    town
}

#[test]
fn a_proven_role_opens_the_first_figures() {
    let town = a_town().connected();
    let proof = town.connection().proof;
    assert!(proof.assumed && proof.refused_without && proof.refused_wrong && proof.same_account);
    let answers = town.http.answers.borrow();
    assert!(answers.len() == 1 && answers[0].contains("SUCCESS"), "{answers:?}");
}

// security.md rows 1 to 4
#[test]
fn a_role_that_is_not_ours_alone_is_refused() {
    let check = |change: fn(&mut Trust), reason: &str| {
        let town = with(change);
        assert_eq!((town.state(), town.reason().as_str()), (ConnectionState::Broken, reason));
        assert_eq!(town.connection().proof.proven_at, None);
    };
    check(|trust| trust.takes_none = true, "trust_too_open");
    check(|trust| trust.takes_any = true, "trust_too_open");
    check(|trust| trust.account = "210987654321", "wrong_account");
    check(|trust| trust.external_id = "another".to_owned(), "trust_refused");
    check(|trust| trust.is_there = false, "trust_refused");
}

// security.md row 16
#[test]
fn a_role_that_opens_up_later_breaks_the_connection_and_the_owner_is_told() {
    let check = |change: fn(&mut Trust)| {
        let town = a_town().connected();
        change(&mut town.http.trust.borrow_mut());
        town.pass(2 * 86_400);
        assert_eq!((town.state(), town.reason().as_str()), (ConnectionState::Broken, "trust_too_open"));
        let told = town.mailer.sent.borrow().iter().filter(|mail| mail.subject.contains("broken")).count();
        assert_eq!(told, 1);
        // Nothing is asked of AWS until a person acts.
        let calls = town.http.calls.get();
        town.pass(2 * 86_400);
        assert_eq!(town.http.calls.get(), calls);
    };
    check(|trust| trust.takes_none = true);
    check(|trust| trust.takes_any = true);
}

#[test]
fn a_role_that_is_deleted_later_is_missed_after_an_hour() {
    let town = a_town().connected();
    town.http.trust.borrow_mut().is_there = false;
    town.pass(2 * 86_400);
    assert_eq!((town.state(), town.reason().as_str()), (ConnectionState::Broken, "role_gone"));
}

// Answers that prove nothing never count, and are not asked for in a hot loop.
#[test]
fn an_aws_that_stammers_is_waited_for() {
    for fault in [Fault::Throttle, Fault::Html, Fault::Truncated, Fault::Huge, Fault::Silence] {
        let town = a_town();
        let link = town.link();
        town.stack_calls("Create", &link, "1").unwrap();
        town.http.fault.set(Some(fault));
        town.pass(600);
        assert_eq!(town.state(), ConnectionState::VerifyingRole);
        assert!(town.http.calls.get() <= 3 * 61, "{} calls", town.http.calls.get());
        town.http.fault.set(None);
        town.pass(60);
        assert_eq!(town.state(), ConnectionState::AwaitingReport);
    }
}

#[test]
fn a_stack_that_calls_twice_connects_once() {
    let town = a_town();
    let link = town.link();
    town.stack_calls("Create", &link, "1").unwrap();
    town.pass(1);
    let before = town.connection();
    // The same message again, then the same request in a new message.
    for id in ["1", "2"] {
        town.stack_calls("Create", &link, id).unwrap();
        town.pass(1);
        assert_eq!(town.connection(), before);
    }
    // Another stack, with a token nobody gave out.
    let mut forged = link.clone();
    forged["StackToken"] = "unknown".into();
    town.stack_calls("Create", &forged, "3").unwrap();
    town.pass(1);
    assert_eq!(town.connection(), before);
    assert!(town.http.answers.borrow().last().unwrap().contains("FAILED"));
}

// security.md row 18
#[test]
fn a_stack_that_rolls_back_returns_to_its_step() {
    let town = a_town();
    let link = town.link();
    town.stack_calls("Create", &link, "1").unwrap();
    town.http.trust.borrow_mut().is_there = false;
    town.pass(30);
    assert_eq!(town.state(), ConnectionState::VerifyingRole);
    let id = town.connection().id;
    let mut deletion: Value =
        serde_json::from_str(&a_message("Delete", STACK, link["StackToken"].as_str().unwrap(), "", ROLE))
            .unwrap();
    deletion["PhysicalResourceId"] = format!("cloudthread-connection-{id}").into();
    callback::receive(&town, "2", &deletion.to_string()).unwrap();
    assert_eq!((town.state(), town.connection().role), (ConnectionState::AwaitingStack, None));
    // A new link connects.
    town.http.trust.borrow_mut().is_there = true;
    town.connected();
}

#[test]
fn two_tabs_that_connect_share_one_connection() {
    let town = a_town();
    let (first, second) = (town.link(), town.link());
    assert_eq!(first["ExternalId"], second["ExternalId"]);
    assert_ne!(first["StackToken"], second["StackToken"]);
    town.stack_calls("Create", &first, "1").unwrap();
    town.pass(1);
    let before = town.connection();
    town.stack_calls("Create", &second, "2").unwrap();
    assert_eq!(town.connection(), before);
}

#[test]
fn a_link_ends_after_a_day() {
    let town = a_town();
    let link = town.link();
    town.pass(86_401);
    town.stack_calls("Create", &link, "1").unwrap();
    assert_eq!(town.connection().role, None);
    town.pass(1);
    assert!(town.http.answers.borrow()[0].contains("older than a day"));
}

#[test]
fn a_later_look_keeps_when_a_step_was_first_done() {
    let town = a_town().connected();
    let finished = |step: &str| {
        let view = town.call(Route::GetConnection, json!({})).unwrap();
        let steps = view["steps"].as_array().unwrap().clone();
        steps.into_iter().find(|view| view["step"] == step).unwrap()["finished_at"].clone()
    };
    let before = (finished("role"), finished("access"));
    assert!(before.0.is_string() && before.1.is_string(), "{before:?}");
    town.pass(3_600);
    town.call(Route::PostCheck, json!({})).unwrap();
    town.pass(1);
    assert!(town.connection().proof.proven_at > town.connection().proof.first_proven_at);
    assert_eq!((finished("role"), finished("access")), before);
}

// security.md row 21
#[test]
fn a_revoked_operator_key_gives_way_to_the_second() {
    let mut town = a_town();
    town.settings.second_credentials = Some(crate::ports::Credentials::permanent("AKIASECOND", "second"));
    town.http.revoked.borrow_mut().push("AKIAFIRST");
    assert!(town.connected().connection().proof.refused_wrong);

    let alone = a_town();
    alone.http.revoked.borrow_mut().push("AKIAFIRST");
    let link = alone.link();
    alone.stack_calls("Create", &link, "1").unwrap();
    alone.pass(60);
    assert_eq!(alone.state(), ConnectionState::VerifyingRole, "a bad key of ours proves nothing");
}

#[test]
fn a_crash_between_any_two_transactions_is_resumed() {
    let mut crashes = 0;
    for place in 0.. {
        let town = a_town();
        let link = town.link();
        town.store.crashes_after.set(Some(place));
        let called = town.stack_calls("Create", &link, "1");
        if called.is_ok() {
            now(workspace::wake(&town));
        }
        let has_crashed = town.store.crashes_after.get() == Some(0);
        crashes += u32::from(has_crashed);
        // The topic delivers again, and the alarm rings again.
        town.store.crashes_after.set(None);
        town.stack_calls("Create", &link, "1").unwrap();
        town.pass(600);
        assert_eq!(town.state(), ConnectionState::AwaitingReport, "crash after {place} transactions");
        if !has_crashed {
            break;
        }
    }
    assert!(crashes > 5, "{crashes}");
}

#[test]
fn pasted_roles_are_parsed() {
    let town = a_town();
    town.link();
    for arn in ["", "x", "arn:aws:iam::1:role/cloudthread/access", "arn:aws-cn:iam::123456789012:role/a"] {
        let error = town.call(Route::PostRole, json!({"role_arn": arn})).unwrap_err();
        assert_eq!(error.code, "role_arn_invalid", "{arn}");
    }
    town.http.trust.borrow_mut().external_id = town.connection().external_id.as_str().to_owned();
    town.call(Route::PostRole, json!({"role_arn": format!(" {ROLE} ")})).unwrap();
    town.pass(1);
    assert_eq!(town.state(), ConnectionState::AwaitingReport);
}
