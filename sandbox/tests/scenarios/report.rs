//! The report's way in: each delivery is one commit, whatever is doubled, lost, replaced or broken on the way.

use engine::ingest::protocol::{
    FailureCause, MergeClaim, MergeDone, PartClaim, PartDone, PartFailed, Receipt,
};
use engine::ingest::serve;
use engine::ports::PartMessage;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::route::Route;

use crate::decoder;
use crate::town::{
    MANAGEMENT, Town, a_neighbour, a_town, call, connect, connect_granting, connect_with, connection,
    control, delete, messages, pass, reasons, run, update,
};

/// A question of the decoder.
pub async fn ask<T: DeserializeOwned>(town: &Town, what: &str, body: &impl Serialize) -> T {
    let body = serde_json::to_vec(body).unwrap();
    let answer = serve(town, what, &body).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    serde_json::from_str(&answer).unwrap()
}

/// Does what one message asks for, as the decoder would. Whether there was anything to do.
async fn decode(town: &Town, message: &PartMessage) -> bool {
    if message.part.is_none() {
        let MergeClaim::Merge(task) = ask(town, "merge/claim", message).await else { return false };
        assert!(!task.partials.is_empty());
        let done = MergeDone {
            message: message.clone(),
            cubes: Vec::new(),
            resources: Vec::new(),
            receipt: Receipt { rows: 7 * task.partials.len() as u64, ..Receipt::default() },
            tags: Vec::new(),
        };
        let _: Value = ask(town, "merge/done", &done).await;
        return true;
    }
    let PartClaim::Read(task) = ask(town, "part/claim", message).await else { return false };
    assert!(task.piece.key.ends_with(".parquet") && task.size > 0);
    let done = PartDone {
        message: message.clone(),
        partial: format!("{}/part/{}", town.workspace, task.piece.etag.trim_matches('"')),
        piece: task.piece,
        receipt: Receipt { rows: 7, ..Receipt::default() },
    };
    let _: Value = ask(town, "part/done", &done).await;
    true
}

/// Works the queue off, each message as often as `times` says.
pub async fn work_off(town: &Town, times: usize) {
    loop {
        let waiting = messages(town);
        if waiting.is_empty() {
            return;
        }
        for message in waiting.iter().rev() {
            for _ in 0..times {
                decode(town, message).await;
            }
        }
    }
}

pub async fn deliver(town: &Town) {
    let view = call(town, Route::GetReport, "", json!({})).await.unwrap();
    control(town, "deliver", json!({ "name": view["name"] })).await;
    pass(town, 3 * 3_600 + 60).await;
}

/// Months as the Settings page lists them.
async fn months(town: &Town) -> Vec<Value> {
    call(town, Route::GetReport, "", json!({})).await.unwrap()["months"].as_array().unwrap().clone()
}

/// A key of the report's bucket, and the bucket.
async fn object(town: &Town, end: &str) -> (String, String) {
    let view = call(town, Route::GetReport, "", json!({})).await.unwrap();
    let bucket = view["bucket"].as_str().unwrap().to_owned();
    let state = town.http.world.lock();
    let keys = state.buckets[&bucket].objects.keys().filter(|key| key.ends_with(end));
    let key = keys.max().unwrap().clone();
    (bucket, key)
}

async fn connected() -> Town {
    let town = a_town();
    connect(&town, MANAGEMENT).await;
    town
}

// security.md rows 38 and 39
#[test]
fn a_delivery_is_committed_once_however_often_its_messages_come() {
    run(async {
        let town = connected().await;
        deliver(&town).await;
        work_off(&town, 3).await;
        let held = months(&town).await;
        assert_eq!(held.len(), 1, "{held:?}");
        assert_eq!(connection(&town).await["state"], "live");
        // Messages of yesterday come again: nothing is there to do.
        pass(&town, 24 * 3_600).await;
        assert!(messages(&town).is_empty(), "an unchanged report is not read again");
        assert_eq!(months(&town).await, held);
        let mails = town.mailer.sent.borrow();
        let told = mails.iter().filter(|mail| mail.subject.to_lowercase().contains("report")).count();
        assert_eq!(told, 1, "{:?}", mails.iter().map(|mail| &mail.subject).collect::<Vec<_>>());
    });
}

// security.md row 76
#[test]
fn resources_of_another_workspace_do_not_exist() {
    run(async {
        let town = connected().await;
        deliver(&town).await;
        decoder::work_off(&town).await;
        let days = "r=2026-11-01..2026-11-23";
        let listed = call(&town, Route::ListResources, days, json!({})).await.unwrap();
        let key = |resource: &Value, sub_account: &Value| {
            let asked = json!({ "id": resource, "sub_account": sub_account, "r": "2026-11-01..2026-11-23" });
            format!("{}&workspace={}", serde_qs::to_string(&asked).unwrap(), town.workspace)
        };
        let (resource, sub_account) = (&listed["rows"][0]["resource"], &listed["rows"][0]["sub_account"]);
        let theirs = key(resource, sub_account);
        let found = call(&town, Route::GetResource, &theirs, json!({})).await.unwrap();
        assert_eq!(&found["row"]["resource"], resource);
        // An id of another account answers as one nobody has.
        for odd in [key(resource, &json!("999999999999")), key(&json!("i-0000000000000000"), sub_account)] {
            let error = call(&town, Route::GetResource, &odd, json!({})).await.unwrap_err();
            assert_eq!((error.code, error.title.as_ref()), ("not_found", "There is no such resource."));
        }
        // Elsewhere the same address, which names this workspace and its resource, finds nothing of it.
        let neighbour = a_neighbour(&town);
        let named = format!("{days}&workspace={}", town.workspace);
        for (route, query) in [(Route::GetResource, &theirs), (Route::ListResources, &named)] {
            let error = call(&neighbour, route, query, json!({})).await.unwrap_err();
            assert_eq!(error.code, "needs_report", "{}", route.name());
        }
    });
}

// A filter by what resources are not told apart by is no empty list.
#[test]
fn a_filter_resources_do_not_know_is_refused() {
    run(async {
        let town = connected().await;
        deliver(&town).await;
        decoder::work_off(&town).await;
        for filter in ["x_operation:RunInstances", "charge_category!:Tax", "region:us-east-1;tag.NoSuchTag:"]
        {
            let query = format!("r=2026-11-01..2026-11-23&f={filter}");
            let error = call(&town, Route::ListResources, &query, json!({})).await.unwrap_err();
            assert_eq!((error.code, error.field), ("query_invalid", Some("f")), "{filter}");
        }
        let known = "r=2026-11-01..2026-11-23&f=sub_account:219384756102";
        assert_ne!(call(&town, Route::ListResources, known, json!({})).await.unwrap()["matches"], 0);
    });
}

#[test]
fn messages_that_were_lost_are_sent_again() {
    run(async {
        let town = connected().await;
        deliver(&town).await;
        assert!(!messages(&town).is_empty(), "taken and lost");
        pass(&town, 3_600).await;
        work_off(&town, 1).await;
        assert_eq!(months(&town).await.len(), 1);
    });
}

// security.md row 35
#[test]
fn a_manifest_replaced_during_the_work_begins_it_anew() {
    run(async {
        let town = connected().await;
        deliver(&town).await;
        let old = messages(&town);
        let (bucket, manifest) = object(&town, "anifest.json").await;
        control(&town, "object", json!({ "bucket": bucket, "key": manifest, "do": "touch" })).await;
        pass(&town, 2 * 3_600).await;
        let new = messages(&town);
        assert!(new.iter().all(|message| message.manifest != old[0].manifest), "{new:?}");
        for message in &old {
            assert!(!decode(&town, message).await, "work for the manifest of before is dropped");
        }
        assert!(months(&town).await.is_empty());
        town.queue.sent.borrow_mut().extend(new);
        work_off(&town, 1).await;
        assert_eq!(months(&town).await.len(), 1);
    });
}

// security.md row 36
#[test]
fn a_file_replaced_while_it_is_read_sends_the_work_back() {
    run(async {
        let town = connected().await;
        deliver(&town).await;
        let old = messages(&town);
        let failed =
            PartFailed { message: old[0].clone(), cause: FailureCause::Changed, words: "412".to_owned() };
        let _: Value = ask(&town, "part/failed", &failed).await;
        pass(&town, 60).await;
        work_off(&town, 1).await;
        assert_eq!(months(&town).await.len(), 1);
    });
}

#[test]
fn a_file_that_cannot_be_read_is_refused_and_the_next_delivery_is_taken() {
    run(async {
        let town = connected().await;
        deliver(&town).await;
        work_off(&town, 1).await;
        let good = months(&town).await;
        let (bucket, manifest) = object(&town, "anifest.json").await;
        let touch = json!({ "bucket": bucket, "key": manifest, "do": "touch" });
        let (_, file) = object(&town, ".parquet").await;
        control(&town, "object", json!({ "bucket": bucket, "key": file, "do": "truncate" })).await;
        control(&town, "object", touch.clone()).await;
        pass(&town, 4 * 3_600).await;
        let waiting = messages(&town);
        let words = "The file is truncated.".to_owned();
        let failed = PartFailed { message: waiting[0].clone(), cause: FailureCause::Refused, words };
        let _: Value = ask(&town, "part/failed", &failed).await;
        let view = call(&town, Route::GetReport, "", json!({})).await.unwrap();
        assert!(view["refused"][0]["reason"].as_str().unwrap().contains("truncated"), "{view}");
        assert_eq!(months(&town).await, good, "the last good figures stand");
        assert!(reasons(&town).contains(&"report_refused".to_owned()));
        pass(&town, 24 * 3_600).await;
        assert!(messages(&town).is_empty(), "a refused delivery is not tried again");
        control(&town, "object", touch).await;
        pass(&town, 4 * 3_600).await;
        work_off(&town, 1).await;
        assert!(reasons(&town).is_empty(), "{:?}", reasons(&town));
    });
}

// security.md row 41
#[test]
fn a_delivery_that_ended_among_the_dead_letters_is_tried_again_and_refused_in_the_end() {
    run(async {
        let town = connected().await;
        deliver(&town).await;
        let mut rounds = 0;
        loop {
            let waiting = messages(&town);
            if waiting.is_empty() {
                break;
            }
            rounds += 1;
            assert!(rounds < 20, "it is refused in the end");
            let _: Value = ask(&town, "part/dead", &waiting[0]).await;
            pass(&town, 28 * 3_600).await;
        }
        assert_eq!(rounds, 8);
        let told = town
            .mailer
            .sent
            .borrow()
            .iter()
            .filter(|mail| mail.subject.contains("could not be read"))
            .count();
        assert_eq!(told, 1, "the same delivery is told once");
    });
}

// security.md row 14
#[test]
fn a_manifest_that_is_none_or_names_files_elsewhere_is_refused() {
    run(async {
        let town = connected().await;
        deliver(&town).await;
        work_off(&town, 1).await;
        let good = months(&town).await;
        let (bucket, manifest) = object(&town, "anifest.json").await;
        for text in ["<html>", "{}", "{\"reportKeys\":[\"../other/x.parquet\"]}"] {
            let change = json!({ "bucket": bucket, "key": manifest, "do": "text", "text": text });
            control(&town, "object", change).await;
            pass(&town, 4 * 3_600).await;
            assert!(messages(&town).is_empty(), "{text}");
            assert_eq!(months(&town).await, good, "{text}");
            let view = call(&town, Route::GetReport, "", json!({})).await.unwrap();
            assert_eq!(view["refused"][0]["key"], manifest.as_str(), "{text}");
        }
        assert_eq!(refusals(&town).await, 3);
    });
}

async fn refusals(town: &Town) -> usize {
    call(town, Route::GetReport, "", json!({})).await.unwrap()["refused"].as_array().unwrap().len()
}

#[test]
fn reports_that_are_there_are_offered_and_read_once_the_stack_names_one() {
    run(async {
        let town = a_town();
        let stack = connect_with(&town, MANAGEMENT, json!("look")).await;
        pass(&town, 3_600).await;
        assert_eq!(reasons(&town), ["report_choice"]);
        let view = call(&town, Route::GetReport, "", json!({})).await.unwrap();
        let found = view["found"].as_array().unwrap();
        let names: Vec<&str> = found.iter().map(|found| found["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["acme-cur2", "acme-focus", "acme-monthly"]);
        assert!(found[2]["refused"].is_string() && found[2]["update_cli"].is_null(), "{}", found[2]);
        let chosen = &found[0];
        assert_eq!(chosen["bucket"], "acme-finops-exports");
        let command = chosen["update_cli"].as_str().unwrap();
        assert!(command.contains(&stack), "{command}");
        // Every parameter of the template is given or kept: none falls back to its default.
        let template = include_str!("../../../template/customer.yaml");
        let parameters = template.split("\nParameters:").nth(1).unwrap().split("\nRules:").next().unwrap();
        for line in parameters.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
            let name = line.trim().trim_end_matches(':');
            let is_comment = name.starts_with('#');
            assert!(is_comment || command.contains(&format!("ParameterKey={name},")), "{name}: {command}");
        }
        update(
            &town,
            &stack,
            &[
                ("ReportMode", "Existing"),
                ("ExistingReportName", chosen["name"].as_str().unwrap()),
                ("ExistingReportBucket", chosen["bucket"].as_str().unwrap()),
                ("ExistingReportPrefix", chosen["prefix"].as_str().unwrap()),
            ],
        )
        .await;
        pass(&town, 120).await;
        assert!(reasons(&town).is_empty(), "{:?}", reasons(&town));
        deliver(&town).await;
        work_off(&town, 1).await;
        assert_eq!(months(&town).await.len(), 1);
        let view = call(&town, Route::GetReport, "", json!({})).await.unwrap();
        assert_eq!((&view["name"], &view["found"]), (&json!("acme-cur2"), &json!([])));
    });
}

#[test]
fn a_report_nobody_can_find_is_held_up_beside_those_there_are() {
    run(async {
        let town = a_town();
        let named = json!({ "existing": { "name": "no-such", "bucket": "acme-finops-exports", "prefix": "exports" } });
        connect_with(&town, MANAGEMENT, named).await;
        pass(&town, 3_600).await;
        assert_eq!(reasons(&town), ["report_choice"]);
        let view = call(&town, Route::GetReport, "", json!({})).await.unwrap();
        assert_eq!(view["found"].as_array().unwrap().len(), 3);
        assert_eq!(view["name"], "no-such");
    });
}

#[test]
fn connecting_again_offers_the_report_that_stayed() {
    run(async {
        let town = a_town();
        let stack = connect_with(&town, MANAGEMENT, json!("create")).await;
        let report = call(&town, Route::GetReport, "", json!({})).await.unwrap();
        call(&town, Route::PostDisconnect, "", json!({ "keep_figures": true })).await.unwrap();
        delete(&town, &stack).await;
        pass(&town, 600).await;
        assert_eq!(connection(&town).await["state"], "disconnected");
        let choice = json!({ "account": "management", "report": "create", "access_level": "ReadOnly" });
        call(&town, Route::PostLink, "", choice).await.unwrap();
        let offered = connection(&town).await["earlier_report"]["existing"].clone();
        for part in ["name", "bucket", "prefix"] {
            assert_eq!(offered[part], report[part], "{part}");
        }
        let parameters = json!({ "existing": offered });
        connect_with(&town, MANAGEMENT, parameters).await;
        deliver(&town).await;
        work_off(&town, 1).await;
        assert_eq!(connection(&town).await["state"], "live");
        assert_eq!(connection(&town).await["earlier_report"], Value::Null);
    });
}

#[test]
fn a_bucket_in_another_region_is_found_there_when_no_definition_tells() {
    run(async {
        let town = a_town();
        town.http.world.lock().buckets.get_mut("acme-finops-exports").unwrap().region =
            "eu-west-1".to_owned();
        let named = json!({ "existing": { "name": "acme-cur2", "bucket": "acme-finops-exports", "prefix": "exports" } });
        connect_granting(&town, MANAGEMENT, named, json!({ "report": false })).await;
        control(&town, "deliver", json!({ "name": "acme-cur2" })).await;
        pass(&town, 3_600).await;
        assert!(reasons(&town).is_empty(), "{:?}", reasons(&town));
        work_off(&town, 1).await;
        assert_eq!(months(&town).await.len(), 1);
    });
}
