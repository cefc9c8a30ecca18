//! The report arrives, and what is wrong with it is named while the last good figures stand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use serde_json::{Value, json};
use workerd_tests::aws::{MANAGEMENT, account, connected, control, link, state};
use workerd_tests::person::{Person, mail_to};
use workerd_tests::until;

/// Name and bucket of the report the person's stack made.
fn report(person: &Person) -> (String, String) {
    let view = until("the report's definition", || {
        let view = person.get("report").json();
        view["bucket"].is_string().then_some(view)
    });
    (view["name"].as_str().unwrap().to_owned(), view["bucket"].as_str().unwrap().to_owned())
}

fn keys(bucket: &str) -> Vec<String> {
    let buckets = state()["buckets"].as_array().unwrap().clone();
    let own = buckets.into_iter().find(|one| one["name"] == bucket).unwrap();
    own["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()).collect()
}

/// Looks until there is something; asks the product to look too.
fn checking<T>(person: &Person, what: &str, look: impl Fn() -> Option<T>) -> T {
    until(what, || {
        person.post("connection/check", &json!({}));
        look()
    })
}

fn live() -> (Person, String) {
    let person = connected(link);
    let (name, bucket) = report(&person);
    control("deliver", &json!({ "name": name }));
    checking(&person, "the report", || (person.get("connection").json()["has_report"] == true).then_some(()));
    (person, bucket)
}

/// The month so far, as the address of the Resources page has it.
fn month(person: &Person) -> String {
    let today = person.get("data").json()["today"].as_str().unwrap().to_owned();
    format!("{}-01..{today}", &today[..7])
}

fn committed(person: &Person) -> Value {
    let index = person.get("data").json();
    let own = |name: &str| {
        let all = index[name].as_array().unwrap().iter();
        all.filter(|one| one["source"] == "report").cloned().collect::<Vec<_>>()
    };
    json!([own("periods"), own("blobs")])
}

/// A new manifest over a spoilt file: what AWS would have delivered.
fn spoil(person: &Person, bucket: &str, what: &str, how: &Value) -> Value {
    let all = keys(bucket);
    let file = all.iter().find(|key| key.ends_with(".parquet")).unwrap();
    let manifests: Vec<_> = all.iter().filter(|key| key.to_lowercase().ends_with("manifest.json")).collect();
    let mut change = how.clone();
    change["bucket"] = json!(bucket);
    let spoilt: Vec<&String> = if what == "file" { vec![file] } else { manifests.clone() };
    for key in spoilt {
        change["key"] = json!(key);
        control("object", &change);
    }
    if what == "file" {
        for manifest in &manifests {
            control("object", &json!({ "bucket": bucket, "key": manifest, "do": "touch" }));
        }
    }
    checking(person, "the refusal", || {
        let view = person.get("report").json();
        let refused = view["refused"].as_array().cloned().unwrap_or_default();
        refused.into_iter().next()
    })
}

#[test]
fn a_delivery_opens_resources_and_is_told_in_app_and_mail() {
    let _own = account();
    let (person, _) = live();
    let month = month(&person);
    let page = person.get(&format!("resources?r={month}")).json();
    assert!(page["matches"].as_u64().unwrap() > 100, "{page}");
    let first = &page["rows"][0];
    let found = person.get(&format!(
        "resources?r={month}&q={}",
        first["resource"].as_str().unwrap().replace('/', "%2F").replace(':', "%3A")
    ));
    assert!(found.json()["matches"].as_u64().unwrap() >= 1, "{}", found.body);
    let inbox = person.get("notifications").json();
    assert!(inbox.to_string().contains("report"), "{inbox}");
    assert!(mail_to(&person.email, "eport").contains("esource"));
    assert_eq!(person.get("connection").json()["account"], MANAGEMENT);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_last_good_figures_stand() {
    let _own = account();
    for (how, reason) in
        [(json!({ "do": "truncate" }), "truncated"), (json!({ "do": "html" }), "no Parquet file")]
    {
        let (person, bucket) = live();
        let before = committed(&person);
        let refused = spoil(&person, &bucket, "file", &how);
        assert!(refused["key"].as_str().unwrap().ends_with(".parquet"), "{reason}: {refused}");
        assert!(refused["reason"].as_str().unwrap().contains(reason), "{reason}: {refused}");
        assert_eq!(committed(&person), before, "{reason}");
        let inbox = person.get("notifications").json().to_string();
        assert!(inbox.contains("could not be read"), "{inbox}");
        assert_eq!(person.get(&format!("resources?r={}", month(&person))).status, 200);
    }
}

#[test]
fn a_manifest_that_is_none_is_refused_and_the_last_good_figures_stand() {
    let _own = account();
    let (person, bucket) = live();
    let before = committed(&person);
    let refused = spoil(&person, &bucket, "manifest", &json!({ "do": "html" }));
    assert!(refused["key"].as_str().unwrap().to_lowercase().contains("manifest"), "{refused}");
    assert_eq!(committed(&person), before);
}
