//! One row per route: who may call it, and what the others are told. A route without a row fails the build.

use jiff::SignedDuration;
use shared::id::{UserId, WorkspaceId};
use shared::route::{Role, Route};

use super::*;
use crate::error::Kind;

/// Callers in this order: nobody, a pending sign-up, an expired session, a stranger with a workspace of their own, a
/// viewer, a member, an admin, an owner, and an owner whose password was entered ten minutes ago.
/// `.` may call, `1` is not signed in (401), `3` may not (403), `4` finds nothing (404).
const ROWS: &[(Route, &str)] = &[
    (Route::GetHealth, "........."),
    (Route::GetInstance, "........."),
    (Route::GetTemplateText, "........."),
    (Route::SignUp, "........."),
    (Route::GetSignUp, "1.1111111"),
    (Route::ResendSignUp, "1.1111111"),
    (Route::Confirm, "........."),
    (Route::SignIn, "........."),
    (Route::SignOut, "........."),
    (Route::Forgot, "........."),
    (Route::Reset, "........."),
    (Route::GetMe, "111......"),
    (Route::Reauthenticate, "111......"),
    (Route::PutProfile, "111......"),
    (Route::PutPassword, "111.....3"),
    (Route::ListSessions, "111......"),
    (Route::DeleteSession, "111......"),
    (Route::GetConnection, "1114....."),
    (Route::PostLink, "111433..."),
    (Route::PostLinkOpened, "111433..."),
    (Route::PostRole, "111433..."),
    (Route::PostCheck, "1114....."),
    (Route::PostDisconnect, "111433..3"),
    (Route::GetTemplate, "1114....."),
    (Route::GetPolicies, "1114....."),
    (Route::GetReport, "1114....."),
    (Route::GetReconcile, "1114....."),
    (Route::GetCalls, "1114....."),
    (Route::PutCallsCap, "111433..."),
    (Route::PostRefresh, "11143...."),
    (Route::GetData, "1114....."),
    (Route::GetBlob, "1114....."),
    (Route::GetInsights, "1114....."),
    (Route::ListResources, "1114....."),
    (Route::GetResource, "1114....."),
    (Route::PostExport, "1114....."),
    (Route::ListNotifications, "1114....."),
    (Route::PostNotificationsRead, "1114....."),
    (Route::ListAudit, "1114....."),
    (Route::ListMembers, "1114....."),
    (Route::PutWorkspace, "111433..."),
    (Route::DeleteWorkspace, "1114333.3"),
    (Route::RestoreWorkspace, "1114333.."),
    // Proven by SNS's signature, and by the test key.
    (Route::StackCallback, "........."),
    (Route::MoveClock, "........."),
];

const CALLERS: [&str; 9] =
    ["nobody", "pending", "expired", "stranger", "viewer", "member", "admin", "owner", "stale owner"];

struct Cast {
    town: Town,
    browsers: Vec<Browser>,
    workspace: WorkspaceId,
}

/// Everyone, in the order of `CALLERS`.
fn a_cast() -> Cast {
    let town = a_town();
    let expired = town.a_user("expired@example.com", "Gone");
    town.later(SignedDuration::from_hours(2));
    let mut stale = town.a_user("stale@example.com", "Acme");
    let me = stale.me(&town).unwrap();
    let workspace: WorkspaceId = me["workspaces"][0]["id"].as_str().unwrap().parse().unwrap();
    town.later(SignedDuration::from_mins(10));
    let join = |name: &str, role: Role| {
        let mut browser = Browser { ip: name.to_owned(), ..a_browser() };
        browser.sign_up(&town, &format!("{name}@example.com"), "Own").unwrap();
        let mail = town.post().pop().unwrap();
        let proof = serde_json::json!({"token": token_in(&mail)});
        let me = browser.call(&town, Route::Confirm, &[], proof).unwrap();
        let user: UserId = me["user"].as_str().unwrap().parse().unwrap();
        town.world.identity.join(&workspace, &user, role);
        browser.tokens.pending = None;
        browser
    };
    let members: Vec<_> =
        [("viewer", Role::Viewer), ("member", Role::Member), ("admin", Role::Admin), ("owner", Role::Owner)]
            .into_iter()
            .map(|(name, role)| join(name, role))
            .collect();
    let mut pending = a_browser();
    pending.sign_up(&town, "pending@example.com", "Soon").unwrap();
    let mut stranger = a_browser();
    stranger.sign_up(&town, "stranger@example.com", "Elsewhere").unwrap();
    let token = token_in(town.post().iter().find(|mail| mail.to.starts_with("stranger")).unwrap());
    stranger.call(&town, Route::Confirm, &[], serde_json::json!({"token": token})).unwrap();
    for browser in [&mut stranger, &mut stale] {
        browser.tokens.pending = None;
    }
    let expired = Browser { tokens: Tokens { pending: None, ..expired.tokens }, ..expired };
    let mut browsers = vec![a_browser(), pending, expired, stranger];
    browsers.extend(members);
    browsers.push(stale);
    Cast { town, browsers, workspace }
}

fn outcome(cast: &Cast, browser: &Browser, route: Route) -> char {
    let params = [cast.workspace.as_str().to_owned(), "x".to_owned()];
    match now(authorise(&cast.town.world, route, &params, &browser.tokens)) {
        Ok(_) => '.',
        Err(error) => match error.kind {
            Kind::Unauthenticated => '1',
            Kind::Forbidden => '3',
            Kind::NotFound => '4',
            kind => panic!("{kind:?}"),
        },
    }
}

// security.md section 4, number 2
#[test]
fn every_route_lets_in_whom_its_row_says() {
    let cast = a_cast();
    assert_eq!(cast.browsers.len(), CALLERS.len());
    for route in Route::ALL {
        let rows: Vec<_> = ROWS.iter().filter(|(named, _)| named == route).collect();
        assert_eq!(rows.len(), 1, "{} needs one row", route.name());
        for ((browser, caller), expect) in cast.browsers.iter().zip(CALLERS).zip(rows[0].1.chars()) {
            // An expired session is deleted when it is seen: each route sees it anew.
            assert_eq!(outcome(&cast, browser, *route), expect, "{} called by {caller}", route.name());
        }
    }
}

// security.md row 76
#[test]
fn tampered_workspace_ids_find_nothing() {
    let cast = a_cast();
    let owner = &cast.browsers[7];
    for id in ["", "x", "' OR 1=1 --", "00000000-0000-4000-8000-000000000000", "../../me"] {
        let answer = now(authorise(&cast.town.world, Route::GetConnection, &[id.to_owned()], &owner.tokens));
        assert_eq!(code(answer), "not_found", "{id}");
    }
    let upper = cast.workspace.as_str().to_uppercase();
    let answer = now(authorise(&cast.town.world, Route::GetConnection, &[upper], &owner.tokens));
    assert_eq!(code(answer), "not_found");
}

#[test]
fn a_store_that_is_down_lets_nobody_in() {
    let cast = a_cast();
    cast.town.world.identity.set_down(true);
    let params = [cast.workspace.as_str().to_owned()];
    let answer = now(authorise(&cast.town.world, Route::GetConnection, &params, &cast.browsers[7].tokens));
    assert_eq!(code(answer), "store_unavailable");
}
