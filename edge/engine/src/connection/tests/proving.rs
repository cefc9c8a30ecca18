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
        // What to do when the step does not go on stands beside what it says.
        let view = town.call(Route::GetConnection, json!({})).unwrap();
        let can_stall = |step: &&Value| step["otherwise"].is_array();
        let named: Vec<&Value> =
            view["steps"].as_array().unwrap().iter().filter(can_stall).map(|step| &step["step"]).collect();
        assert_eq!(named, ["role", "access"][..if town.connection().role.is_some() { 2 } else { 1 }]);
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

/// The message of a link's stack with one of its properties changed; or of another stack.
fn changed(link: &Value, name: &str, value: &str) -> String {
    let text = |name: &str| link[name].as_str().unwrap();
    let message = a_message("Create", STACK, text("StackToken"), text("ExternalId"), ROLE);
    let mut message: Value = serde_json::from_str(&message).unwrap();
    match name {
        "StackId" => message[name] = value.into(),
        _ => message["ResourceProperties"][name] = value.into(),
    }
    message.to_string()
}

/// The first step of the timeline.
fn stack_step(town: &Town) -> Value {
    town.call(Route::GetConnection, json!({})).unwrap()["steps"][0].clone()
}

// security.md rows 7, 10, 11 and 19. What a stack says of itself is refused as a whole where one part of it is not what
// the template makes: the stack is answered FAILED with words for its events, and the timeline repeats them.
#[test]
fn a_stack_that_says_what_the_template_never_would_is_answered_failed_with_the_reason() {
    let check = |name: &str, value: &str, words: &str| {
        let town = a_town();
        let link = town.link();
        town.call(Route::PostLinkOpened, json!({})).unwrap();
        callback::receive(&town, "1", &changed(&link, name, value)).unwrap();
        town.pass(1);
        let answers = town.http.answers.borrow().clone();
        assert_eq!(answers.len(), 1, "{name}={value}");
        let answer: Value = serde_json::from_str(&answers[0]).unwrap();
        assert_eq!(answer["Status"], "FAILED", "{name}={value}");
        let reason = answer["Reason"].as_str().unwrap();
        assert!(reason.contains(words), "{name}={value}: {reason}");
        // Nothing of it is kept but why it was refused.
        let connection = town.connection();
        assert_eq!((connection.state, &connection.role), (ConnectionState::AwaitingStack, &None));
        assert_eq!((connection.stack, connection.report), (None, None));
        assert_eq!(town.http.calls.get(), 0, "no role is tried");
        let step = stack_step(&town);
        assert_eq!(
            (&step["status"], &step["remedy"]["code"]),
            (&json!("needs_you"), &json!("stack_refused"))
        );
        assert!(step["remedy"]["text"].as_str().unwrap().starts_with(reason), "{step}");
        // A new link is a new beginning.
        town.link();
        assert_eq!(stack_step(&town)["status"], "waiting");
        town.connected();
    };
    for bucket in ["", "Acme", "acme.reports", "a/b", "acme@evil", "192.168.0.1", "x", "acme-reports\u{661}"]
    {
        check("ReportBucket", bucket, "The report's bucket is not one Cloudthread can read.");
    }
    let long = format!("arn:aws:iam::123456789012:role/cloudthread/{}", "a".repeat(4_096));
    for role in [
        "",
        "x",
        "arn:aws:iam::123456789012:role/admin",
        "arn:aws:iam::123456789012:user/cloudthread/access",
        "arn:aws:iam::123456789012:role/cloudthread/access\n",
        "arn:aws:iam::12345678901٢:role/cloudthread/access",
        "arn:aws-cn:iam::123456789012:role/cloudthread/access",
        &long,
    ] {
        check("RoleArn", role, "The role's ARN is not one the template makes.");
    }
    check("RoleArn", "arn:aws:iam::210987654321:role/cloudthread/access", "of different accounts");
    check("AccountId", "210987654321", "of different accounts");
    for id in ["", "x", "11111111-2222-4333-8444-555555555555"] {
        check("ExternalId", id, "The external id was changed.");
    }
    for token in ["", "x", "../../token", &"A".repeat(43), &"A".repeat(2_048)] {
        check("StackToken", token, "Cloudthread does not know this stack's token.");
    }
    let stack = "arn:aws:cloudformation:{}:123456789012:stack/cloudthread-access/1";
    for region in ["eu-west-1", "", "us-east-1.evil.com", "us-east-2"] {
        let words = "The stack is in the wrong region. Delete it and create it in us-east-1 (N. Virginia).";
        check("StackId", &stack.replace("{}", region), words);
    }
    check("StackId", "arn:aws-cn:cloudformation:us-east-1:123456789012:stack/a/1", "standard partition");
    check("StackId", "arn:aws:cloudformation:us-east-1:x:stack/a/1", "names no account");
}

#[test]
fn a_message_that_cannot_be_read_is_no_stack_s_and_changes_nothing() {
    let town = a_town();
    let link = town.link();
    let before = town.store.records.borrow().clone();
    let long = "A".repeat(2_049);
    for (name, value) in [("StackToken", "a\u{0}b"), ("StackToken", &long), ("ReportBucket", &long)] {
        let error = callback::receive(&town, "1", &changed(&link, name, value)).unwrap_err();
        assert_eq!(error.code, "message_invalid", "{name}");
        assert_eq!(*town.store.records.borrow(), before, "{name}");
    }
}

#[test]
fn a_stack_refused_beside_the_one_that_was_taken_is_in_the_log_alone() {
    let town = a_town().connected();
    let before = town.connection();
    let second = town.link();
    callback::receive(&town, "2", &changed(&second, "AccountId", "210987654321")).unwrap();
    assert_eq!(town.connection(), before);
    assert!(stack_step(&town)["remedy"].is_null());
    let log = town.call(Route::ListAudit, json!({})).unwrap().to_string();
    assert!(log.contains("stack_refused") && log.contains("of different accounts"), "{log}");
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
    // The timeline stands at its first step again, and the next ones have not begun.
    town.link();
    town.call(Route::PostLinkOpened, json!({})).unwrap();
    let view = town.call(Route::GetConnection, json!({})).unwrap();
    assert_eq!(
        (&view["steps"][0]["status"], &view["steps"][1]["status"]),
        (&json!("waiting"), &json!("not_started"))
    );
    // A new link connects.
    town.http.trust.borrow_mut().is_there = true;
    town.connected();
}

// security.md row 63
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
