//! One golden exchange per route that identity answers, in `tests/golden/api/<route>.json`: what is asked, what comes
//! back, which cookies are set. `UPDATE_GOLDEN=1` rewrites them.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use shared::route::Route;

use super::super::serves;
use super::*;

struct Album {
    town: Town,
    seen: Vec<Route>,
}

impl Album {
    fn check(&mut self, browser: &mut Browser, route: Route, params: &[&str], body: Value) -> Value {
        let sent = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let reply = browser.raw(&self.town, route, params, &sent).unwrap();
        let answer: Value = reply.body.map_or(Value::Null, |body| serde_json::from_str(&body).unwrap());
        let cookie = |cookie: &Cookie| match cookie {
            Cookie::Session(token) => format!("session {}", if token.is_some() { "set" } else { "dropped" }),
            Cookie::Pending(token) => format!("pending {}", if token.is_some() { "set" } else { "dropped" }),
            Cookie::Device(token) => format!("device {}", if token.is_some() { "set" } else { "dropped" }),
        };
        let exchange = json!({
            "request": {"method": route.method().as_str(), "path": route.path(), "body": hide(body)},
            "response": {
                "status": reply.status,
                "cookies": reply.cookies.iter().map(cookie).collect::<Vec<_>>(),
                "body": answer,
            },
        });
        compare(route, &exchange);
        self.seen.push(route);
        answer
    }
}

/// Tokens and codes change with the key; the shape is what matters.
fn hide(mut body: Value) -> Value {
    for field in ["token", "code"] {
        if let Some(value) = body.get_mut(field) {
            *value = json!(format!("<{field}>"));
        }
    }
    body
}

fn compare(route: Route, exchange: &Value) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/golden/api")
        .join(format!("{}.json", route.name()));
    let text = format!("{}\n", serde_json::to_string_pretty(exchange).unwrap());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &text).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, text, "{}: run with UPDATE_GOLDEN=1 and review the difference", file.display());
}

#[test]
fn every_route_of_identity_has_a_golden_exchange() {
    let mut album = Album { town: a_town(), seen: Vec::new() };
    let mut dana = a_browser();
    let form = json!({"email": "dana@example.com", "password": PASSWORD, "workspace_name": "Acme"});
    album.check(&mut dana, Route::SignUp, &[], form);
    album.check(&mut dana, Route::GetSignUp, &[], Value::Null);
    album.town.later(jiff::SignedDuration::from_secs(60));
    album.check(&mut dana, Route::ResendSignUp, &[], json!({}));
    let mail = album.town.post().pop().unwrap();
    album.check(&mut dana, Route::Confirm, &[], json!({"code": code_in(&mail)}));
    let me = album.check(&mut dana, Route::GetMe, &[], Value::Null);
    let id = me["workspaces"][0]["id"].as_str().unwrap();
    album.check(&mut dana, Route::Reauthenticate, &[], json!({"password": PASSWORD}));
    let profile = json!({"name": "Dana", "theme": "dark", "time_zone": "Europe/Zurich", "locale": "en-GB", "shortcuts": true});
    album.check(&mut dana, Route::PutProfile, &[], profile);
    album.check(&mut dana, Route::PutPassword, &[], json!({"password": "eight nails in the wall"}));
    album.check(&mut dana, Route::ListMembers, &[id], Value::Null);
    album.check(&mut dana, Route::PutWorkspace, &[id], json!({"name": "Acme Ltd"}));
    album.check(&mut dana, Route::DeleteWorkspace, &[id], json!({"name": "Acme Ltd"}));
    album.check(&mut dana, Route::RestoreWorkspace, &[id], json!({}));
    let mut phone = a_browser();
    let form = json!({"email": "dana@example.com", "password": "eight nails in the wall"});
    album.check(&mut phone, Route::SignIn, &[], form);
    let rows = album.check(&mut dana, Route::ListSessions, &[], Value::Null);
    let other = rows.as_array().unwrap().iter().find(|row| row["current"] == false).unwrap();
    album.check(&mut dana, Route::DeleteSession, &[other["id"].as_str().unwrap()], Value::Null);
    album.check(&mut dana, Route::Forgot, &[], json!({"email": "dana@example.com"}));
    let reset = album.town.post().into_iter().find(|mail| mail.subject.starts_with("Set a new")).unwrap();
    let form = json!({"token": token_in(&reset), "password": "nine bolts under the bed"});
    album.check(&mut dana, Route::Reset, &[], form);
    album.check(&mut dana, Route::SignOut, &[], json!({}));
    for route in Route::ALL.iter().filter(|route| serves(**route)) {
        assert!(album.seen.contains(route), "{} has no golden exchange", route.name());
    }
}
