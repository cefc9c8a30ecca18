//! What people do is noted for the audit logs of their workspaces, with what it tells of or not at all.

use std::cell::RefCell;

use serde_json::{Value, json};
use shared::route::Route;

use super::super::deliver_notes;
use super::*;
use crate::ports::Note;

/// Brings what waits; a log that is `down` takes nothing.
fn deliver(town: &Town, down: &[&str]) -> (Vec<Note>, bool) {
    let taken = RefCell::new(Vec::new());
    let outcome = now(deliver_notes(&town.world, |note| {
        let refused = down.contains(&note.event.as_str());
        if !refused {
            taken.borrow_mut().push(note);
        }
        async move { if refused { Err(Error::store("the object is away")) } else { Ok(()) } }
    }));
    (taken.into_inner(), outcome.is_ok())
}

fn events(notes: &[Note]) -> Vec<&str> {
    notes.iter().map(|note| note.event.as_str()).collect()
}

#[test]
fn sign_ins_passwords_and_names_are_noted_and_brought_once() {
    let town = a_town();
    let mut dana = town.a_user("dana@example.com", "Acme");
    let workspace = dana.me(&town).unwrap()["workspaces"][0]["id"].as_str().unwrap().to_owned();
    let mut elsewhere = a_browser();
    elsewhere.sign_in(&town, "dana@example.com", PASSWORD).unwrap();
    town.later(SignedDuration::from_secs(1));
    dana.call(&town, Route::PutWorkspace, &[&workspace], json!({"name": "Acme Ltd"})).unwrap();
    town.later(SignedDuration::from_secs(1));
    let rows = dana.call(&town, Route::ListSessions, &[], Value::Null).unwrap();
    let other = rows.as_array().unwrap().iter().find(|row| row["current"] == false).unwrap();
    dana.call(&town, Route::DeleteSession, &[other["id"].as_str().unwrap()], Value::Null).unwrap();
    town.later(SignedDuration::from_secs(1));
    dana.call(&town, Route::SignOut, &[], Value::Null).unwrap();
    let (taken, is_whole) = deliver(&town, &[]);
    assert!(is_whole);
    assert_eq!(
        events(&taken),
        ["workspace_begun", "signed_in", "workspace_renamed", "session_ended", "signed_out"]
    );
    for note in &taken {
        assert_eq!((note.workspace.as_str(), note.actor.as_str()), (&*workspace, "dana@example.com"));
        assert!(!note.detail.contains(PASSWORD) && !note.id.contains('@'), "{note:?}");
    }
    assert_eq!(taken[1].detail, "Firefox on Linux");
    assert_eq!(deliver(&town, &[]).0, []);
}

#[test]
fn a_refused_sign_in_is_noted_nowhere_and_a_log_that_is_away_holds_up_no_other() {
    let town = a_town();
    town.a_user("dana@example.com", "Acme");
    assert_eq!(code(a_browser().sign_in(&town, "dana@example.com", "wrong password")), "sign_in_wrong");
    a_browser().sign_in(&town, "dana@example.com", PASSWORD).unwrap();
    let (taken, is_whole) = deliver(&town, &["workspace_begun"]);
    assert_eq!((events(&taken), is_whole), (vec!["signed_in"], false));
    let (taken, is_whole) = deliver(&town, &[]);
    assert_eq!((events(&taken), is_whole), (vec!["workspace_begun"], true));
}

#[test]
fn nothing_is_brought_to_a_workspace_that_is_being_erased() {
    let town = a_town();
    let mut dana = town.a_user("dana@example.com", "Acme");
    let workspace = dana.me(&town).unwrap()["workspaces"][0]["id"].as_str().unwrap().to_owned();
    dana.call(&town, Route::DeleteWorkspace, &[&workspace], json!({"name": "Acme"})).unwrap();
    assert_eq!(events(&deliver(&town, &[]).0), ["workspace_begun", "deletion_asked"]);
    town.later(SignedDuration::from_hours(7 * 24));
    a_browser().sign_in(&town, "dana@example.com", PASSWORD).unwrap();
    assert_eq!(deliver(&town, &[]).0, []);
}
