//! Roles of others, roles that go, permissions that shrink, buckets that change hands: what stops, what stays, who is
//! told.

use engine::ingest::protocol::{Accepted, FailureCause, PartClaim, PartFailed};
use engine::ingest::serve;
use engine::ports::Clock;
use serde_json::{Value, json};
use shared::route::Route;

use crate::report::{deliver, work_off};
use crate::town::{
    MANAGEMENT, Town, a_neighbour, a_town, call, connect, connection, control, link, messages, pass, reasons,
    run, step,
};

/// Pastes a role into a workspace that has no stack; what the page says when AWS has refused it for good.
async fn pasted(town: &Town, role: &Value) -> (Vec<String>, Value) {
    link(town, json!("look"), json!({})).await;
    call(town, Route::PostRole, "", json!({ "role_arn": role })).await.unwrap();
    pass(town, 700).await;
    let log = call(town, Route::ListAudit, "", Value::Null).await.unwrap();
    assert!(log.to_string().contains("role_refused"), "{log}");
    let mut remedy = step(&connection(town).await, "role")["remedy"].clone();
    remedy["aws"][1] = Value::Null;
    (reasons(town), remedy)
}

// security.md row 5
#[test]
fn the_role_of_another_workspace_is_refused_like_one_that_never_was() {
    run(async {
        let town = a_town();
        connect(&town, MANAGEMENT).await;
        let theirs = pasted(&a_neighbour(&town), &connection(&town).await["role_arn"]).await;
        let nobodys = "arn:aws:iam::447120569018:role/cloudthread/never-was";
        let nobodys = pasted(&a_neighbour(&town), &json!(nobodys)).await;
        assert_eq!(theirs.0, ["trust_refused"]);
        assert_eq!(theirs, nobodys, "nobody learns that the role exists");
    });
}

// security.md row 17
#[test]
fn a_policy_that_loses_cost_explorer_stops_its_figures_and_nothing_else() {
    run(async {
        let town = a_town();
        connect(&town, MANAGEMENT).await;
        let role = connection(&town).await["role_arn"].clone();
        let policy = {
            let state = town.http.world.lock();
            let names = state.roles[role.as_str().unwrap()].policies.keys();
            names.clone().find(|name| name.contains("CostExplorer")).cloned().unwrap()
        };
        control(&town, "role", json!({ "arn": role, "do": "drop-policy", "policy": policy })).await;
        pass(&town, 26 * 3_600).await;
        assert_eq!(reasons(&town), ["cost_explorer_denied"]);
        let view = connection(&town).await;
        assert_eq!((&view["state"], &view["has_figures"]), (&json!("awaiting_report"), &json!(true)));
        deliver(&town).await;
        work_off(&town, 1).await;
        assert_eq!(connection(&town).await["state"], "live");
        assert_eq!(reasons(&town), ["cost_explorer_denied"]);
    });
}

// security.md row 15
#[test]
fn a_role_that_is_deleted_while_files_are_read_is_missed_within_hours_and_figures_stay() {
    run(async {
        let town = a_town();
        connect(&town, MANAGEMENT).await;
        deliver(&town).await;
        work_off(&town, 1).await;
        let shown = call(&town, Route::GetData, "", Value::Null).await.unwrap()["blobs"].clone();
        deliver(&town).await;
        let waiting = messages(&town);
        assert!(!waiting.is_empty());
        let role = connection(&town).await["role_arn"].clone();
        control(&town, "role", json!({ "arn": role, "do": "delete" })).await;
        pass(&town, 20 * 60).await;
        // The decoder gets no credentials: the work ends here, and the proofs find out why.
        let asked = serde_json::to_vec(&waiting[0]).unwrap();
        let claim: PartClaim =
            serde_json::from_str(&serve(&town, "part/claim", &asked).await.unwrap()).unwrap();
        assert!(matches!(claim, PartClaim::Drop));
        pass(&town, 2 * 3_600).await;
        let view = connection(&town).await;
        assert_eq!((view["state"].as_str(), reasons(&town)[0].as_str()), (Some("broken"), "role_gone"));
        assert_eq!(call(&town, Route::GetData, "", Value::Null).await.unwrap()["blobs"], shown);
        // Whoever comes now finds nothing to do, and AWS is left alone.
        let claim: PartClaim =
            serde_json::from_str(&serve(&town, "part/claim", &asked).await.unwrap()).unwrap();
        assert!(matches!(claim, PartClaim::Drop));
        let calls = town.http.world.lock().calls.len();
        pass(&town, 24 * 3_600).await;
        assert_eq!(town.http.world.lock().calls.len(), calls);
    });
}

// security.md row 20
#[test]
fn credentials_that_expire_during_a_download_are_renewed_and_the_file_is_read_again() {
    run(async {
        let town = a_town();
        connect(&town, MANAGEMENT).await;
        deliver(&town).await;
        let waiting = messages(&town);
        let asked = serde_json::to_vec(&waiting[0]).unwrap();
        let claim = async || match serde_json::from_str(&serve(&town, "part/claim", &asked).await.unwrap()) {
            Ok(PartClaim::Read(task)) => task.credentials,
            other => panic!("{other:?}"),
        };
        let first = claim().await;
        pass(&town, 16 * 60).await;
        assert!(first.expires_at < town.clock.now(), "they ran out on the way");
        // S3 answers ExpiredToken: the message comes again, and its credentials are new.
        let message = waiting[0].clone();
        let failed = PartFailed { message, cause: FailureCause::Upstream, words: "ExpiredToken".to_owned() };
        let failed = serde_json::to_vec(&failed).unwrap();
        let accepted: Accepted =
            serde_json::from_str(&serve(&town, "part/failed", &failed).await.unwrap()).unwrap();
        assert!(accepted.again_after.is_some());
        let second = claim().await;
        assert_ne!(first.access_key_id, second.access_key_id);
        assert!(second.expires_at > town.clock.now());
        town.queue.sent.borrow_mut().extend(waiting);
        work_off(&town, 1).await;
        assert_eq!(connection(&town).await["state"], "live");
    });
}

// security.md row 12
#[test]
fn a_bucket_that_a_stranger_made_again_is_never_read() {
    run(async {
        let town = a_town();
        connect(&town, MANAGEMENT).await;
        deliver(&town).await;
        work_off(&town, 1).await;
        let report = call(&town, Route::GetReport, "", Value::Null).await.unwrap();
        let (name, key) = {
            let mut state = town.http.world.lock();
            let bucket = state.buckets.get_mut(report["bucket"].as_str().unwrap()).unwrap();
            bucket.account = "666666666666".to_owned();
            // A stranger may even let everyone in: a report that pays them would be believed.
            bucket.policy = Some(json!({ "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Principal": "*", "Action": "s3:*",
                  "Resource": [format!("arn:aws:s3:::{}", bucket.name), format!("arn:aws:s3:::{}/*", bucket.name)] }
            ] }));
            let key = bucket.objects.keys().find(|key| key.ends_with("anifest.json")).unwrap().clone();
            (bucket.name.clone(), key)
        };
        control(&town, "object", json!({ "bucket": name, "key": key, "do": "touch" })).await;
        pass(&town, 4 * 3_600).await;
        assert_eq!(reasons(&town), ["bucket_denied"]);
        assert!(messages(&town).is_empty(), "nothing of theirs is read");
        let months = call(&town, Route::GetReport, "", Value::Null).await.unwrap()["months"].clone();
        assert_eq!(months, report["months"]);
    });
}

// security.md row 85
#[test]
fn refreshing_without_end_is_stopped_by_the_day_and_by_the_cap() {
    run(async {
        let town = a_town();
        connect(&town, MANAGEMENT).await;
        let view = |town| call(town, Route::GetCalls, "", Value::Null);
        let paid = |town: &Town| town.http.world.lock().cost_requests[MANAGEMENT];
        let mut allowed = 0;
        for _ in 0..50 {
            match call(&town, Route::PostRefresh, "", json!({})).await {
                Ok(_) => allowed += 1,
                Err(error) => assert_eq!(error.code, "refreshes_used"),
            }
        }
        assert_eq!((allowed, view(&town).await.unwrap()["refreshes_left"].as_u64()), (4, Some(0)));
        // Day after day, until the month's cap stands in the way: what was spent is shown, to the cent.
        call(&town, Route::PutCallsCap, "", json!({ "cap": "1" })).await.unwrap();
        for _ in 0..7 {
            for _ in 0..10 {
                let _ = call(&town, Route::PostRefresh, "", json!({})).await;
            }
            pass(&town, 24 * 3_600).await;
        }
        let calls = view(&town).await.unwrap();
        let spent: f64 = calls["month_cost"].as_str().unwrap().parse().unwrap();
        assert!(spent <= 1.0, "{spent}");
        assert_eq!((spent * 100.0).round() as u64, paid(&town), "every cent AWS charged is in the ledger");
        assert_eq!(reasons(&town), ["budget_reached"]);
        assert_eq!(connection(&town).await["has_figures"], true, "figures stay, with their age");
    });
}
