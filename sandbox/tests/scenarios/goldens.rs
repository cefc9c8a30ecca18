//! One golden exchange per route that a workspace answers, in `tests/golden/api/<route>.json`, long lists and texts cut.
//! `UPDATE_GOLDEN=1` rewrites them.

use std::fs;
use std::path::PathBuf;

use engine::workspace::{self, Call};
use serde_json::{Value, json};
use shared::route::{Access, Route};

use crate::decoder;
use crate::report::deliver;
use crate::town::{MANAGEMENT, Town, a_town, connect, control, pass, run};

/// Items of a list and characters of a text that are kept.
const KEPT: (usize, usize) = (2, 200);

struct Album {
    town: Town,
    seen: Vec<Route>,
}

impl Album {
    async fn check(&mut self, route: Route, params: &[&str], query: &str, body: Value) -> Value {
        let call = Call {
            route,
            params: params.iter().map(|param| (*param).to_owned()).collect(),
            query: query.to_owned(),
            body: if body.is_null() { Vec::new().into() } else { body.to_string().into_bytes().into() },
            email: "dana@example.com".to_owned(),
        };
        let (status, answer) = match workspace::serve(&self.town, &call).await {
            Ok(reply) => {
                let text = serde_json::from_slice(&reply.body);
                (json!(reply.status), text.unwrap_or_else(|_| json!(format!("<{}>", reply.content_type))))
            }
            Err(error) => (json!(error.code), json!({ "title": error.title, "hint": error.hint })),
        };
        let exchange = json!({
            "request": { "method": route.method().as_str(), "path": route.path(), "query": query, "body": body },
            "response": { "status": status, "body": cut(answer.clone()) },
        });
        compare(route, &exchange);
        self.seen.push(route);
        answer
    }
}

fn cut(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let more = items.len().saturating_sub(KEPT.0);
            let mut kept: Vec<Value> = items.into_iter().take(KEPT.0).map(cut).collect();
            if more > 0 {
                kept.push(json!(format!("… {more} more")));
            }
            kept.into()
        }
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let value = if name == "request_id" { json!("<request id>") } else { cut(value) };
                (name, value)
            })
            .collect(),
        Value::String(text) if text.chars().count() > KEPT.1 => {
            json!(format!("{}…", text.chars().take(KEPT.1).collect::<String>()))
        }
        other => other,
    }
}

fn compare(route: Route, exchange: &Value) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/golden/api")
        .join(format!("{}.json", route.name()));
    let text = format!("{}\n", serde_json::to_string_pretty(exchange).unwrap());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, text, "{}: run with UPDATE_GOLDEN=1 and review the difference", file.display());
}

#[test]
fn every_route_of_a_workspace_has_a_golden_exchange() {
    run(async {
        let mut album = Album { town: a_town(), seen: Vec::new() };
        let choice =
            json!({ "account": "management", "report": "create", "access_level": "ReadOnly", "grants": {} });
        album.check(Route::PostLink, &[], "", choice).await;
        album.check(Route::PostLinkOpened, &[], "", json!({})).await;
        album.check(Route::GetTemplate, &[], "", Value::Null).await;
        let pasted = json!({ "role_arn": "arn:aws:iam::123456789012:role/elsewhere" });
        album.check(Route::PostRole, &[], "", pasted).await;
        connect(&album.town, MANAGEMENT).await;
        album.check(Route::GetConnection, &[], "", Value::Null).await;
        album.check(Route::PostCheck, &[], "", json!({})).await;
        pass(&album.town, 60).await;
        deliver(&album.town).await;
        decoder::work_off(&album.town).await;
        album.check(Route::GetPolicies, &[], "", Value::Null).await;
        album.check(Route::GetReport, &[], "", Value::Null).await;
        album.check(Route::GetCalls, &[], "", Value::Null).await;
        album.check(Route::PutCallsCap, &[], "", json!({ "cap": "7.5" })).await;
        let data = album.check(Route::GetData, &[], "", Value::Null).await;
        let hash = data["blobs"][0]["hash"].as_str().unwrap();
        album.check(Route::GetBlob, &[hash], "", Value::Null).await;
        album.check(Route::GetInsights, &[], "", Value::Null).await;
        album.check(Route::PostRefresh, &[], "", json!({})).await;
        let page = album.check(Route::ListResources, &[], "r=2026-11-01..2026-11-23", Value::Null).await;
        let first = &page["rows"][0];
        let key = serde_qs::to_string(&json!({
            "id": first["resource"], "sub_account": first["sub_account"], "r": "2026-11-01..2026-11-23",
        }));
        let found = album.check(Route::GetResource, &[], &key.unwrap(), Value::Null).await;
        assert_eq!(found["row"], *first);
        let reconciled = album.check(Route::GetReconcile, &[], "", Value::Null).await;
        assert_eq!(reconciled["months"][0]["verdict"], "open");
        let saved = json!({ "page": "costs", "rows": 12, "query": "?r=mtd&g=service" });
        album.check(Route::PostExport, &[], "", saved).await;
        let inbox = album.check(Route::ListNotifications, &[], "", Value::Null).await;
        assert!(!inbox["rows"].as_array().unwrap().is_empty());
        album.check(Route::PostNotificationsRead, &[], "", json!({ "ids": [] })).await;
        album.check(Route::ListAudit, &[], "", Value::Null).await;
        album.check(Route::PostDisconnect, &[], "", json!({ "keep_figures": true })).await;
        control(&album.town, "faults/clear", json!({})).await;
        for route in Route::ALL {
            let is_own = matches!(route.access(), Access::Workspace(_) | Access::FreshWorkspace(_))
                && !engine::identity::serves(*route);
            assert!(!is_own || album.seen.contains(route), "{} has no golden exchange", route.name());
        }
    });
}
