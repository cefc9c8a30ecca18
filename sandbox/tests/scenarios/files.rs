//! A report's files as they lie in buckets: keys of any letters, and a file that poisons its own workspace alone.

use std::collections::{BTreeMap, BTreeSet};

use aws::s3::{Bucket, GetObject};
use aws::{Client, Credentials};
use engine::ingest::protocol::{FailureCause, PartClaim, PartFailed, PartTask};
use engine::ports::Experience;
use serde_json::{Value, json};
use shared::route::Route;

use crate::decoder;
use crate::report::{ask, deliver};
use crate::town::{
    MANAGEMENT, Town, a_neighbour, a_town, call, connect, control, launch, link, messages, pass, run, status,
    until,
};

async fn report(town: &Town) -> Value {
    call(town, Route::GetReport, "", json!({})).await.unwrap()
}

/// Keys of the report's bucket that end so.
async fn keys(town: &Town, end: &str) -> (String, Vec<String>) {
    let bucket = report(town).await["bucket"].as_str().unwrap().to_owned();
    let state = town.http.world.lock();
    let keys = state.buckets[&bucket].objects.keys().filter(|key| key.ends_with(end)).cloned().collect();
    (bucket, keys)
}

/// Asks S3 for a part's file, signed as the decoder signs it.
async fn fetch(town: &Town, task: &PartTask) -> Vec<u8> {
    let session = &task.credentials;
    let credentials = Credentials::session(
        session.access_key_id.as_str(),
        session.secret_access_key.as_str(),
        session.session_token.as_str(),
        session.expires_at,
    );
    let operation = GetObject {
        bucket: Bucket { name: task.bucket.clone(), region: task.region, owner: task.owner.clone() },
        key: task.piece.key.clone(),
        range: Some(0..task.size),
        if_match: Some(task.piece.etag.clone()),
        max_bytes: 64 << 20,
    };
    let (endpoints, experience) = (&town.settings.endpoints, &Experience::default());
    let client = Client { http: &town.http, pace: &town.pace, endpoints, experience };
    client.call(&credentials, &operation).await.unwrap().output.bytes.to_vec()
}

// security.md row 34
#[test]
fn keys_of_spaces_colons_and_other_letters_are_listed_signed_and_read() {
    run(async {
        let town = a_town();
        connect(&town, MANAGEMENT).await;
        deliver(&town).await;
        // The same month once more, under names that AWS would have to be asked for with care.
        let (bucket, manifests) = keys(&town, "anifest.json").await;
        let manifest = manifests.last().unwrap();
        let mut renamed = BTreeMap::new();
        {
            let now = "2026-11-23T13:00:00Z".parse().unwrap();
            let mut state = town.http.world.lock();
            let bucket = state.buckets.get_mut(&bucket).unwrap();
            let mut wire: Value = serde_json::from_slice(&bucket.objects[manifest].bytes).unwrap();
            for key in wire["reportKeys"].as_array_mut().unwrap() {
                let old = key.as_str().unwrap().to_owned();
                let (folder, name) = old.rsplit_once('/').unwrap();
                let new = format!("{folder}/2026-11-23T10:00:00Z=Zürich & Søn+100% 東京/a b {name}");
                let bytes = bucket.objects.remove(&old).unwrap().bytes;
                bucket.put(&new, bytes.clone(), now);
                renamed.insert(new.clone(), bytes);
                *key = json!(new);
            }
            bucket.put(manifest, wire.to_string().into_bytes().into(), now);
        }
        pass(&town, 4 * 3_600).await;
        let mut read = BTreeSet::new();
        for message in messages(&town).iter().filter(|message| message.part.is_some()) {
            let claim: PartClaim = ask(&town, "part/claim", message).await;
            let PartClaim::Read(task) = claim else { continue };
            assert_eq!(fetch(&town, &task).await, renamed[&task.piece.key], "{}", task.piece.key);
            // What was not read for long is sent again and again.
            if read.insert(task.piece.key) {
                town.queue.sent.borrow_mut().push(message.clone());
            }
        }
        assert_eq!(read.len(), renamed.len());
        decoder::work_off(&town).await;
        assert_eq!(report(&town).await["months"].as_array().unwrap().len(), 1);
    });
}

// security.md rows 41 and 61
#[test]
fn a_poisonous_file_of_one_workspace_leaves_the_other_as_it_is() {
    run(async {
        let town = a_town();
        connect(&town, MANAGEMENT).await;
        // Another workspace, whose people connect the same account with a stack and a report of their own.
        let neighbour = a_neighbour(&town);
        let parameters = link(&neighbour, json!("create"), json!({})).await;
        let stack = launch(&neighbour, MANAGEMENT, "cloudthread-second", parameters).await;
        until("the stack", || (status(&neighbour, &stack) == "CREATE_COMPLETE").then_some(())).await;
        pass(&neighbour, 120).await;
        for town in [&town, &neighbour] {
            deliver(town).await;
            decoder::work_off(town).await;
            assert_eq!(report(town).await["months"].as_array().unwrap().len(), 1);
        }
        let answers = async |town: &Town| {
            let days = "r=2026-11-01..2026-11-23";
            let mut answers = Vec::new();
            for (route, query) in [
                (Route::GetReport, ""),
                (Route::GetConnection, ""),
                (Route::GetData, ""),
                (Route::ListResources, days),
            ] {
                answers.push(call(town, route, query, json!({})).await.unwrap());
            }
            answers
        };
        let before = [answers(&town).await, answers(&neighbour).await];
        // One of the two gets a file that is none.
        let (bucket, files) = keys(&town, ".parquet").await;
        let (_, manifests) = keys(&town, "anifest.json").await;
        let (file, manifest) = (files.last().unwrap(), manifests.last().unwrap());
        control(&town, "object", json!({ "bucket": bucket, "key": file, "do": "truncate" })).await;
        control(&town, "object", json!({ "bucket": bucket, "key": manifest, "do": "touch" })).await;
        pass(&town, 4 * 3_600).await;
        let waiting = messages(&town);
        let part = waiting.iter().find(|message| message.part.is_some()).unwrap().clone();
        let words = "The file is truncated.".to_owned();
        let failed = PartFailed { message: part, cause: FailureCause::Refused, words };
        let _: Value = ask(&town, "part/failed", &failed).await;
        assert_eq!(report(&town).await["refused"].as_array().unwrap().len(), 1);
        // Its last good figures stand, and the other knows nothing of it …
        assert_eq!(answers(&town).await[2..], before[0][2..]);
        assert_eq!(answers(&neighbour).await, before[1]);
        // … and takes its own next delivery.
        let (bucket, manifests) = keys(&neighbour, "anifest.json").await;
        let touch = json!({ "bucket": bucket, "key": manifests.last().unwrap(), "do": "touch" });
        control(&neighbour, "object", touch).await;
        pass(&neighbour, 4 * 3_600).await;
        decoder::work_off(&neighbour).await;
        let committed = |report: &Value| report["months"][0]["committed_at"].clone();
        let new = report(&neighbour).await;
        assert_ne!(committed(&new), committed(&before[1][0]));
        assert_eq!(new["refused"], json!([]));
    });
}
