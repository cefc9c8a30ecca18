//! Names, members and the end of workspaces.

use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::id::{UserId, WorkspaceId};
use shared::route::{Role, Route};

use super::super::forget_deleted;
use super::*;
use crate::error::Error;

fn workspace_of(me: &Value) -> String {
    me["workspaces"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn members_are_listed_and_the_name_changes() {
    let town = a_town();
    let mut owner = town.a_user("dana@example.com", "Acme");
    let id = workspace_of(&owner.me(&town).unwrap());
    let rows = owner.call(&town, Route::ListMembers, &[&id], Value::Null).unwrap();
    assert_eq!((&rows[0]["email"], &rows[0]["role"]), (&json!("dana@example.com"), &json!("owner")));
    let renamed = owner.call(&town, Route::PutWorkspace, &[&id], json!({"name": " Acme Ltd "})).unwrap();
    assert_eq!(renamed, json!({"id": id, "name": "Acme Ltd", "role": "owner"}));
    let error = owner.call(&town, Route::PutWorkspace, &[&id], json!({"name": ""})).unwrap_err();
    assert_eq!((error.code, error.field), ("name_invalid", Some("name")));
}

// security.md row 76
#[test]
fn another_workspace_named_in_a_body_is_refused_and_nothing_changes() {
    let town = a_town();
    let mut owner = town.a_user("dana@example.com", "Acme");
    let mut other = town.a_user("kim@example.com", "Beta");
    let id = workspace_of(&owner.me(&town).unwrap());
    let theirs = workspace_of(&other.me(&town).unwrap());
    for field in ["id", "workspace", "workspace_id"] {
        for (route, mut body) in [
            (Route::PutWorkspace, json!({"name": "Mine"})),
            (Route::DeleteWorkspace, json!({"name": "Acme"})),
        ] {
            body[field] = json!(theirs);
            let refused = owner.call(&town, route, &[&id], body);
            assert_eq!(code(refused), "body_invalid", "{} with {field}", route.name());
        }
    }
    for (browser, name) in [(&mut owner, "Acme"), (&mut other, "Beta")] {
        let workspaces = browser.me(&town).unwrap()["workspaces"].clone();
        assert_eq!(workspaces[0]["name"], name);
        assert_eq!(workspaces[0]["delete_at"], Value::Null, "{name}");
    }
}

#[test]
fn a_deletion_can_be_taken_back_for_a_week() {
    let town = a_town();
    let mut owner = town.a_user("dana@example.com", "Acme");
    let id = workspace_of(&owner.me(&town).unwrap());
    let wrong = owner.call(&town, Route::DeleteWorkspace, &[&id], json!({"name": "Acne"}));
    assert_eq!(code(wrong), "name_differs");
    owner.call(&town, Route::DeleteWorkspace, &[&id], json!({"name": "Acme"})).unwrap();
    assert!(town.post()[0].text.contains("30 November 2026"));
    assert_eq!(owner.me(&town).unwrap()["workspaces"][0]["delete_at"], "2026-11-30T09:01:01Z");
    owner.call(&town, Route::RestoreWorkspace, &[&id], Value::Null).unwrap();
    town.later(SignedDuration::from_hours(8 * 24));
    owner.sign_in(&town, "dana@example.com", PASSWORD).unwrap();
    assert_eq!(owner.me(&town).unwrap()["workspaces"][0]["name"], "Acme");
}

#[test]
fn after_the_week_the_workspace_is_purged_and_nobody_finds_it() {
    let town = a_town();
    let mut owner = town.a_user("dana@example.com", "Acme");
    let id = workspace_of(&owner.me(&town).unwrap());
    owner.call(&town, Route::DeleteWorkspace, &[&id], json!({"name": "Acme"})).unwrap();
    assert_eq!(now(forget_deleted(&town.world, |_| async { Ok(()) })).unwrap(), 0);
    town.later(SignedDuration::from_hours(7 * 24));
    owner.sign_in(&town, "dana@example.com", PASSWORD).unwrap();
    assert_eq!(code(owner.call(&town, Route::RestoreWorkspace, &[&id], Value::Null)), "not_found");
    let failed = now(forget_deleted(&town.world, |_| async { Err(Error::store("R2 is down")) }));
    assert_eq!(code(failed), "store_unavailable");
    assert_eq!(now(forget_deleted(&town.world, |_| async { Ok(()) })).unwrap(), 1);
    assert_eq!(now(forget_deleted(&town.world, |_| async { Ok(()) })).unwrap(), 0);
    assert_eq!(owner.me(&town).unwrap()["workspaces"], json!([]));
}

#[test]
fn a_viewer_reads_and_is_told_what_is_missing_for_more() {
    let town = a_town();
    let mut owner = town.a_user("dana@example.com", "Acme");
    let mut kim = town.a_user("kim@example.com", "Beta");
    let id: WorkspaceId = workspace_of(&owner.me(&town).unwrap()).parse().unwrap();
    let user: UserId = kim.me(&town).unwrap()["user"].as_str().unwrap().parse().unwrap();
    assert_eq!(code(kim.call(&town, Route::ListMembers, &[id.as_str()], Value::Null)), "not_found");
    town.world.identity.join(&id, &user, Role::Viewer);
    kim.call(&town, Route::ListMembers, &[id.as_str()], Value::Null).unwrap();
    let error = kim.call(&town, Route::PutWorkspace, &[id.as_str()], json!({"name": "Mine"})).unwrap_err();
    assert_eq!(error.code, "role_too_low");
    assert_eq!(error.title, "Your role in this workspace is Viewer.");
}
