//! Alarms that fail, come twice or are lost, and news whose mark is lost: the work is done, once.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jiff::SignedDuration;
use serde_json::json;
use shared::api::ConnectionState;
use shared::route::Route;

use crate::connection::tests::aws::Fault;
use crate::connection::tests::{Town, a_town, now};
use crate::ports::{Clock, Note, Table, WorkspaceStore};
use crate::workspace::{self, Call, Wake, audit, jobs, notifications};

/// A workspace whose role waits to be proven.
fn announced() -> Town {
    let town = a_town();
    let link = town.link();
    town.stack_calls("Create", &link, "1").unwrap();
    town
}

/// Runs two events of one object, which take turns whenever they wait.
fn together<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..10_000 {
        if first.is_none()
            && let Poll::Ready(done) = one.as_mut().poll(&mut context)
        {
            first = Some(done);
        }
        if second.is_none()
            && let Poll::Ready(done) = other.as_mut().poll(&mut context)
        {
            second = Some(done);
        }
        if let (Some(_), Some(_)) = (&first, &second) {
            return (first.unwrap(), second.unwrap());
        }
    }
    panic!("the two wait for each other");
}

// security.md row 42
#[test]
fn an_alarm_never_fails_and_a_lost_one_is_made_up_for() {
    let town = announced();
    // Nothing can be written: each ring says when to try again, and not at once.
    town.store.crashes_after.set(Some(0));
    for _ in 0..7 {
        let Wake { next, failures } = now(workspace::wake(&town));
        assert!(!failures.is_empty());
        let wait = next.unwrap().duration_since(town.clock.now()).as_secs();
        assert!((60..=3_600).contains(&wait), "{wait}");
        town.clock.advance(SignedDuration::from_secs(wait));
    }
    assert_eq!(town.http.calls.get(), 0, "nothing is done that could not be noted");
    town.store.crashes_after.set(None);
    // The platform lost the alarm; days later the sweeper rings.
    town.clock.advance(SignedDuration::from_hours(72));
    let Wake { next, failures } = now(workspace::wake(&town));
    assert!(failures.is_empty() && next.is_some(), "{failures:?}");
    assert_eq!(town.state(), ConnectionState::AwaitingReport);
}

// security.md row 43
#[test]
fn an_alarm_that_rings_twice_at_once_does_each_job_once() {
    let alone = announced();
    alone.http.is_slow.set(true);
    together(workspace::wake(&alone), async {});
    let calls = alone.http.calls.get();
    assert!(calls >= 4, "the four proofs: {calls}");

    let town = announced();
    town.http.is_slow.set(true);
    let (first, second) = together(workspace::wake(&town), workspace::wake(&town));
    assert!(first.failures.is_empty() && second.failures.is_empty());
    assert_eq!(town.http.calls.get(), calls);
    assert_eq!(town.http.answers.borrow().len(), 1, "CloudFormation is answered once");
    assert_eq!(town.state(), ConnectionState::AwaitingReport);
}

// security.md row 43
#[test]
fn a_lease_whose_holder_died_ends_by_itself() {
    // The process dies after the lease, and after every later transaction.
    for place in 1..6 {
        let town = announced();
        town.store.crashes_after.set(Some(place));
        now(workspace::wake(&town));
        town.store.crashes_after.set(None);
        let next = jobs::next_due(&town).unwrap().unwrap();
        let wait = next.duration_since(town.clock.now()).as_secs();
        assert!(wait <= 300, "{wait} s after {place} transactions");
        town.pass(300);
        assert_eq!(town.state(), ConnectionState::AwaitingReport);
    }
}

// security.md row 63
#[test]
fn two_tabs_that_disconnect_at_once_end_it_once_and_the_other_is_told() {
    for keeps in [true, false] {
        let town = a_town().connected();
        town.a_figure();
        town.http.is_slow.set(true);
        let call = Call {
            route: Route::PostDisconnect,
            params: Vec::new(),
            query: String::new(),
            body: json!({"keep_figures": keeps}).to_string().into_bytes().into(),
            email: "dana@example.com".to_owned(),
        };
        let (first, second) = together(workspace::serve(&town, &call), workspace::serve(&town, &call));
        let codes: Vec<(u16, &str)> = [first, second]
            .into_iter()
            .map(|answer| answer.map_or_else(|error| (409, error.code), |reply| (reply.status, "")))
            .collect();
        assert_eq!(codes, [(200, ""), (409, "already_disconnecting")], "kept: {keeps}");
        assert_eq!(town.connection().epoch, 1, "ended once");
        let log = audit::list(&town).unwrap();
        assert_eq!(log.iter().filter(|row| row.event == "disconnect_pressed").count(), 1);
    }
}

// security.md row 76
#[test]
fn ids_of_another_workspace_s_news_mark_nothing_here() {
    let (town, other) = (a_town(), a_town());
    for (town, key) in [(&town, "ours"), (&other, "theirs")] {
        let news = notifications::News {
            key: key.to_owned(),
            topic: shared::api::Topic::Report,
            title: "Ready".to_owned(),
            text: String::new(),
            page: None,
            needs_action: false,
        };
        town.store.commit(&notifications::tell(town, &news, "dana@example.com").unwrap()).unwrap();
    }
    let inbox = |town: &Town| town.call(Route::ListNotifications, json!({})).unwrap();
    let before = (inbox(&town), inbox(&other));
    assert_eq!(before.1["rows"][0]["id"], "theirs");
    let marked = town.call(Route::PostNotificationsRead, json!({"ids": ["theirs"]})).unwrap();
    assert_eq!((&marked, marked["unread"].as_u64()), (&before.0, Some(1)));
    // A workspace named beside them is refused, and marks nothing either.
    let named = json!({"ids": [], "workspace": other.workspace});
    assert_eq!(town.call(Route::PostNotificationsRead, named).unwrap_err().code, "body_invalid");
    assert_eq!((inbox(&town), inbox(&other)), before);
}

// Whether AWS let us is kept as such, and what went wrong without a code is told in words.
#[test]
fn what_aws_answered_is_told_in_words() {
    let check = |fault: Option<Fault>, outcome: &str, allowed: Option<bool>| {
        let town = announced();
        town.http.fault.set(fault);
        town.pass(1);
        let calls = town.call(Route::GetCalls, json!({})).unwrap();
        let rows = calls["rows"].as_array().unwrap();
        assert!(!rows.is_empty());
        let oldest = rows.last().unwrap();
        assert_eq!((&oldest["outcome"], &oldest["allowed"]), (&json!(outcome), &json!(allowed)), "{oldest}");
        for row in rows {
            let outcome = row["outcome"].as_str().unwrap();
            assert!(!outcome.contains(['(', '{']), "{outcome}");
        }
    };
    check(None, "ok", Some(true));
    check(Some(Fault::Html), "AWS failed with status 500", None);
    check(Some(Fault::Silence), "no answer", None);
    check(Some(Fault::Throttle), "Throttling", None);
    check(Some(Fault::Huge), "the answer was too large", None);
    // Refused without an id, as it must be.
    let town = announced();
    town.pass(1);
    let calls = town.call(Route::GetCalls, json!({})).unwrap();
    let refused = calls["rows"].as_array().unwrap().iter().filter(|row| row["allowed"] == false).count();
    assert!(refused >= 2, "{calls}");
}

#[test]
fn a_row_written_before_it_said_whether_it_was_allowed_is_read() {
    let old = json!({
        "at": "2026-11-23T09:00:00Z", "action": "ce:GetTags", "purpose": "tags", "cached": false, "cost": "0.01",
        "request_id": null, "outcome": "ok",
    });
    let row: shared::api::CallRow = serde_json::from_value(old).unwrap();
    assert_eq!(row.allowed, None);
}

// security.md row 82
#[test]
fn news_whose_mark_is_lost_is_in_the_inbox_once_and_its_mail_bears_one_key() {
    let mut repeats = 0;
    for place in 0..40 {
        let town = announced();
        town.pass(60);
        town.http.trust.borrow_mut().takes_none = true;
        // The daily look finds the trust open and tells it; the process dies somewhere on the way.
        let due = jobs::find_due(&town, jobs::Job::Inspect).unwrap().unwrap();
        town.clock.advance(due.duration_since(town.clock.now()));
        town.store.crashes_after.set(Some(place));
        for _ in 0..2 {
            now(workspace::wake(&town));
        }
        town.store.crashes_after.set(None);
        town.pass(2 * 3_600);
        let inbox = town.call(Route::ListNotifications, json!({})).unwrap();
        let told = |row: &&serde_json::Value| row["title"].as_str().unwrap().contains("broken");
        assert_eq!(inbox["rows"].as_array().unwrap().iter().filter(told).count(), 1, "after {place}");
        let sent = town.mailer.sent.borrow();
        let mails: Vec<_> = sent.iter().filter(|mail| mail.subject.contains("broken")).collect();
        assert!(!mails.is_empty() && mails.iter().all(|mail| mail == &mails[0]), "{mails:?}");
        repeats += mails.len() - 1;
        assert!(town.store.list(Table::Outbox, "mail/", false, 10).unwrap().is_empty());
    }
    assert_eq!(repeats, 1, "a mail goes out again only where its mark was lost");
}

#[test]
fn the_same_news_is_told_once_however_often_its_cause_is_seen() {
    let town = a_town();
    let news = notifications::News {
        key: "a".to_owned(),
        topic: shared::api::Topic::Report,
        title: "Ready".to_owned(),
        text: String::new(),
        page: None,
        needs_action: false,
    };
    for expect in [true, false, false] {
        let writes = notifications::tell(&town, &news, "dana@example.com").unwrap();
        assert_eq!(!writes.is_empty(), expect);
        town.store.commit(&writes).unwrap();
    }
}

#[test]
fn a_note_of_identity_is_taken_in_once_and_the_chain_holds() {
    let town = a_town().connected();
    let note = Note {
        id: "w/signed_in/u/1".to_owned(),
        workspace: town.workspace.clone(),
        at: "2026-11-23T08:59:00Z".parse().unwrap(),
        actor: "dana@example.com".to_owned(),
        event: "signed_in".to_owned(),
        detail: "Firefox on Linux".to_owned(),
    };
    for _ in 0..2 {
        audit::take_note(&town, &note).unwrap();
    }
    let saved = json!({"page": "costs", "rows": 12, "query": "?r=mtd"});
    town.call(Route::PostExport, saved).unwrap();
    let odd = json!({"page": "costs", "rows": 1, "query": "?r=mtd\n"});
    assert_eq!(town.call(Route::PostExport, odd).unwrap_err().code, "export_invalid");
    let mut rows = audit::list(&town).unwrap();
    assert_eq!(rows.iter().filter(|row| row.event == "signed_in").count(), 1);
    assert_eq!((rows[0].event.as_str(), rows[0].detail.as_str()), ("exported", "costs, 12 rows: r=mtd"));
    assert_eq!((rows[1].at, rows[1].actor.as_str()), (note.at, "dana@example.com"));
    rows.reverse();
    assert!(audit::is_unbroken(&rows));
    rows[0].detail.push('x');
    assert!(!audit::is_unbroken(&rows));
}
