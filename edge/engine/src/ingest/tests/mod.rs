//! Use cases of ingest, on the in-memory world.

use serde_json::{Value, json};
use shared::route::Route;

use super::protocol::{FailureCause, PartDone, PartFailed, PartSplit, Piece, Receipt};
use crate::connection::tests::{Town, a_town, now};
use crate::ports::PartMessage;

fn a_message(town: &Town, epoch: u32, part: Option<u32>) -> PartMessage {
    let period = "2026-10".parse().unwrap();
    PartMessage { workspace: town.workspace.clone(), epoch, period, manifest: "\"m\"".to_owned(), part }
}

/// Every request the decoder may make about a message leaves the workspace as it is.
fn check_nothing_changes(town: &Town, epoch: u32) {
    let part = a_message(town, epoch, Some(0));
    let merge = a_message(town, epoch, None);
    let piece = Piece {
        key: "r/r-1.parquet".to_owned(),
        etag: "\"f\"".to_owned(),
        row_groups: None,
        tracked_tags: Vec::new(),
    };
    let partial = format!("{}/partial/x", town.workspace);
    let split = PartSplit { message: part.clone(), piece: piece.clone(), ranges: vec![(0, 1), (1, 2)] };
    let done = PartDone { message: part.clone(), piece, partial, receipt: Receipt::default() };
    let words = "no Parquet".to_owned();
    let failed = PartFailed { message: part.clone(), cause: FailureCause::Refused, words };
    let before = town.store.records.borrow().clone();
    for (what, body, expect) in [
        ("part/claim", json!(part), Some(json!("drop"))),
        ("part/renew", json!(part), Some(json!("drop"))),
        ("part/wanted", json!(part), Some(json!({"is_wanted": false}))),
        ("part/split", json!(split), None),
        ("part/done", json!(done), None),
        ("part/failed", json!(failed), None),
        ("part/dead", json!(part), None),
        ("merge/claim", json!(merge), Some(json!("drop"))),
    ] {
        let answer = now(super::serve(town, what, body.to_string().as_bytes())).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(expect.is_none_or(|expect| expect == answer), "{what} {answer}");
        assert_eq!(*town.store.records.borrow(), before, "{what}");
    }
}

#[test]
fn work_for_an_erased_workspace_is_dropped() {
    check_nothing_changes(&a_town(), 0);
}

#[test]
fn work_of_an_ended_connection_is_dropped() {
    let town = a_town().connected();
    let epoch = town.connection().epoch;
    check_nothing_changes(&town, epoch + 1);
    town.call(Route::PostDisconnect, json!({"keep_figures": true})).unwrap();
    check_nothing_changes(&town, epoch);
}
