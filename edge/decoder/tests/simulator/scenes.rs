//! Rows of the matrix one by one, in a world where nothing else fails.

use serde_json::{Value, json};
use shared::route::Route;

use crate::dice::Dice;
use crate::plan::{Content, Layout};
use crate::reports::{PREFIX, Poison, lines, manifest};
use crate::simulation::Simulation;

/// Files of some rows each.
fn files(seed: u64, count: usize) -> Vec<Content> {
    let mut dice = Dice::new(seed);
    let mut file = || loop {
        let rows = lines(&mut dice);
        if rows.len() > 6 {
            return (rows, None);
        }
    };
    (0..count).map(|_| file()).collect()
}

fn report(scene: &Simulation) -> Value {
    scene.call(Route::GetReport, json!({}))
}

// security.md rows 33 and 34
#[test]
fn without_a_manifest_nothing_is_read_and_the_wait_has_words() {
    let mut scene = Simulation::quiet();
    scene.deliver("2026-11", &files(27, 2), "Manifest.json");
    let status = |scene: &Simulation| {
        let view = scene.call(Route::GetConnection, json!({}));
        assert_eq!(view["state"], "awaiting_report", "{view}");
        let steps = view["steps"].as_array().unwrap().clone();
        let step = steps.into_iter().find(|step| step["step"] == "first_files").unwrap();
        assert!(step["next_check_at"].is_string() && step["expected_by"].is_string(), "{step}");
        (step["status"].as_str().unwrap().to_owned(), step["remedy"].is_null())
    };
    scene.pass(47);
    assert_eq!(status(&scene), ("waiting".to_owned(), true));
    scene.pass(3);
    assert_eq!(status(&scene), ("late".to_owned(), true));
    scene.pass(24);
    assert_eq!(status(&scene), ("late".to_owned(), false));
    assert_eq!(scene.town().bucket.borrow().ranges, 0);
    assert!(scene.committed().is_empty());
}

// security.md row 37
#[test]
fn a_file_that_is_missing_is_awaited_and_told_after_six_hours() {
    let mut scene = Simulation::quiet();
    let tag = scene.deliver("2026-11", &files(1, 2), "00002.snappy.parquet");
    scene.pass(5);
    assert!(scene.committed().is_empty() && scene.letters().is_empty(), "{:?}", scene.letters());
    scene.pass(3);
    assert_eq!(scene.letters(), ["A file of your report could not be read"]);
    scene.pass(24);
    assert_eq!(scene.letters().len(), 1, "it is told once");
    let late = scene.delivery(&tag).files[1].clone();
    let now = scene.town().now();
    scene.town().bucket.borrow_mut().put(&late.key, late.bytes, None, now);
    scene.pass(2);
    assert_eq!(scene.committed(), [tag]);
}

// security.md row 37: a file that goes while it is read, or comes short each time.
#[test]
fn a_file_that_does_not_come_is_asked_for_again_without_a_word_for_six_hours() {
    let mut scene = Simulation::quiet();
    let tag = scene.deliver("2026-11", &files(2, 2), "");
    let mut rates = scene.town().rates.get();
    rates.cut = 1_000;
    scene.town().rates.set(rates);
    scene.pass(5);
    assert!(scene.committed().is_empty() && scene.letters().is_empty(), "{:?}", scene.letters());
    scene.pass(4);
    assert_eq!(scene.letters(), ["A file of your report could not be read"]);
    rates.cut = 0;
    scene.town().rates.set(rates);
    scene.pass(30);
    assert_eq!(scene.committed(), [tag]);
}

// security.md row 36
#[test]
fn a_file_replaced_while_it_is_read_begins_the_month_anew() {
    let mut scene = Simulation::quiet();
    let old = scene.deliver("2026-11", &files(3, 3), "");
    while scene.town().bucket.borrow().ranges < 2 {
        scene.steps(1);
    }
    let new = scene.deliver("2026-11", &files(4, 3), "");
    scene.pass(2);
    assert_eq!(scene.committed(), [new]);
    assert!(scene.town().stats.borrow().faults["412"] > 0, "If-Match found it out");
    assert_ne!(scene.committed(), [old]);
}

// security.md row 35
#[test]
fn a_delivery_under_way_is_not_mixed_with_the_one_before() {
    let mut scene = Simulation::quiet();
    let first = scene.deliver("2026-11", &files(5, 2), "");
    scene.pass(1);
    assert_eq!(scene.committed(), std::slice::from_ref(&first));
    // The second delivery has replaced one file and not yet the manifest.
    let second = files(6, 2);
    let mut beside = Simulation::quiet();
    beside.deliver("2026-11", &files(5, 2), "");
    let tag = beside.deliver("2026-11", &second, "");
    let file = beside.delivery(&tag).files[0].clone();
    let now = scene.town().now();
    scene.town().bucket.borrow_mut().put(&file.key, file.bytes, None, now);
    scene.pass(4);
    assert_eq!(scene.committed(), [first], "what was committed stands");
    assert_eq!(scene.deliver("2026-11", &second, ""), tag);
    scene.pass(4);
    assert_eq!(scene.committed(), [tag]);
}

// security.md rows 38 and 39
#[test]
fn an_unchanged_report_is_not_read_again_and_a_changed_file_costs_itself() {
    let mut scene = Simulation::quiet();
    let mut content = files(7, 3);
    scene.deliver("2026-11", &content, "");
    scene.pass(1);
    let ranges = scene.town().bucket.borrow().ranges;
    scene.pass(48);
    assert_eq!(scene.town().bucket.borrow().ranges, ranges, "nothing new");
    content[1] = files(8, 1).remove(0);
    let tag = scene.deliver("2026-11", &content, "");
    scene.pass(4);
    let groups = content[1].0.len().div_ceil(2) as u64;
    assert_eq!(
        scene.town().bucket.borrow().ranges,
        ranges + 1 + groups,
        "the footer and the row groups of one file"
    );
    assert_eq!(scene.committed(), [tag]);
    // Nothing that nobody refers to is left: partials and cubes of two states before are gone.
    let partials = |scene: &mut Simulation| {
        let held = scene.machine().kept.blobs.held.borrow();
        held.keys().filter(|key| key.0.contains("/partial/")).count()
    };
    assert_eq!(partials(&mut scene), 3);
}

// security.md row 47
#[test]
fn a_closed_month_that_changes_shows_by_how_much() {
    let mut scene = Simulation::quiet();
    let before = files(9, 1);
    let first = scene.deliver("2026-10", &before, "");
    scene.pass(1);
    assert_eq!(report(&scene)["months"][0]["changes"], json!([]));
    let second = scene.deliver("2026-10", &files(10, 1), "");
    scene.pass(4);
    let [first, second] = [first, second].map(|tag| scene.delivery(&tag).sums().currencies);
    let changes = report(&scene)["months"][0]["changes"].as_array().unwrap().clone();
    assert_eq!(
        changes.len(),
        first.keys().chain(second.keys()).collect::<std::collections::BTreeSet<_>>().len()
    );
    for change in changes {
        let currency = change["currency"].as_str().unwrap().parse().unwrap();
        let text = |sums: &std::collections::BTreeMap<_, shared::Money>| {
            sums.get(&currency).copied().unwrap_or_default().to_string()
        };
        assert_eq!((&change["before"], &change["after"]), (&json!(text(&first)), &json!(text(&second))));
    }
    assert!(scene.letters().contains(&"AWS corrected October 2026".to_owned()), "{:?}", scene.letters());
}

// security.md row 47
#[test]
fn the_last_hours_of_a_month_are_no_correction_of_it() {
    let mut scene = Simulation::quiet();
    let corrected = |scene: &Simulation| {
        scene.letters().iter().filter(|letter| *letter == "AWS corrected November 2026").count()
    };
    // From 23 November, 09:00, to 1 December, 03:00.
    scene.pass(7 * 24 + 18);
    scene.deliver("2026-11", &files(9, 1), "");
    scene.pass(20);
    // A day and three hours after its end, all that was used in it is there.
    scene.pass(4);
    scene.deliver("2026-11", &files(10, 1), "");
    scene.pass(4);
    assert_eq!((scene.committed().len(), corrected(&scene)), (1, 0), "{:?}", scene.letters());
    scene.deliver("2026-11", &files(11, 1), "");
    scene.pass(4);
    assert_eq!((scene.committed().len(), corrected(&scene)), (1, 1), "{:?}", scene.letters());
}

#[test]
fn a_manifest_without_files_leaves_a_month_as_it_is() {
    let mut scene = Simulation::quiet();
    let tag = scene.deliver("2026-11", &files(9, 2), "");
    scene.pass(4);
    let before = report(&scene)["months"][0].clone();
    scene.deliver_manifest(manifest(2, &[]));
    scene.pass(24);
    assert_eq!((scene.committed(), &report(&scene)["months"][0]), (vec![tag], &before));
    assert_eq!(scene.refused(), Vec::new(), "another delivery is under way, as far as can be seen");
}

#[test]
fn a_manifest_that_is_too_large_is_told_once() {
    let mut scene = Simulation::quiet();
    let tag = scene.deliver("2026-11", &files(9, 2), "");
    scene.pass(4);
    scene.deliver_manifest(vec![b' '; 5 << 20].into());
    scene.pass(24);
    let refused = scene.refused();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0].1, "Not read: the manifest has more than 4 MiB.");
    assert_eq!(scene.committed(), [tag], "what stood goes on standing");
}

// security.md row 48
#[test]
fn months_come_one_by_one_and_one_that_cannot_holds_up_no_other() {
    let mut scene = Simulation::quiet();
    let mut tags = Vec::new();
    for (number, period) in
        ["2026-11", "2026-10", "2026-09", "2026-08", "2026-07", "2026-06"].iter().enumerate()
    {
        let left_out = if number == 0 { "00001.snappy.parquet" } else { "" };
        let mut content = files(20 + number as u64, 1);
        if number == 1 {
            content[0].1 = Some(Poison::Garbage);
        }
        tags.push(scene.deliver(period, &content, left_out));
    }
    scene.pass(2);
    let mut committed = scene.committed();
    committed.sort();
    let mut expect = tags.split_off(2);
    expect.sort();
    assert_eq!(committed, expect);
}

/// Deliveries that stay beside each other until the bucket holds far more than a listing's hundred pages.
#[test]
fn a_bucket_too_large_to_be_listed_whole_is_listed_month_by_month() {
    for layout in [Layout::CreateNew, Layout::NewExport] {
        let mut scene = Simulation::quiet();
        // Three months of two hundred deliveries each, of three objects or four: 500 are as many as one listing has.
        let mut last = Vec::new();
        for (number, period) in ["2026-08", "2026-09", "2026-10"].iter().enumerate() {
            let content = files(30 + number as u64, 2);
            let deliver = |_| {
                scene.town().pass(1);
                scene.deliver_in(layout, period, &content)
            };
            last.push((0..200).map(deliver).last().unwrap());
        }
        scene.pass(2);
        assert_eq!(scene.committed(), last, "{layout:?}");
        last.push(scene.deliver_in(layout, "2026-11", &files(34, 12)));
        scene.pass(4);
        assert_eq!(scene.committed(), last, "{layout:?}: the newest month stands last in the listing");
        // August is looked at weekly, the month before this one with each look.
        let changed = [("2026-10", 2), ("2026-08", 0)].map(|(period, place)| {
            last[place] = scene.deliver_in(layout, period, &files(35 + place as u64, 1));
            last[place].clone()
        });
        scene.pass(4);
        assert!(scene.committed().contains(&changed[0]) && !scene.committed().contains(&changed[1]));
        scene.pass(24 * 7);
        assert_eq!(scene.committed(), last, "{layout:?}");
    }
}

#[test]
fn a_month_of_more_objects_than_can_be_listed_holds_the_report_with_a_reason() {
    let mut scene = Simulation::quiet();
    let good = scene.deliver("2026-11", &files(40, 1), "");
    scene.pass(1);
    let now = scene.town().now();
    for number in 0..520 {
        let key = format!("{PREFIX}daily/year=2026/month=11/a-{number:05}.snappy.parquet");
        scene.town().bucket.borrow_mut().put(&key, bytes::Bytes::from_static(b"?"), None, now);
    }
    scene.pass(4);
    assert_eq!(scene.committed(), [good], "what was read stays");
    let is_held = |scene: &Simulation| {
        scene.call(Route::GetConnection, json!({})).to_string().contains("holds more than can be listed")
    };
    assert!(is_held(&scene));
    scene.town().bucket.borrow_mut().objects.retain(|key, _| !key.contains("/a-"));
    scene.pass(4);
    assert!(!is_held(&scene), "it is over as soon as the listing ends");
}

// security.md row 61
#[test]
fn a_file_that_kills_large_readers_is_cut_and_read() {
    let mut scene = Simulation::quiet();
    let mut content = files(11, 1);
    content[0].1 = Some(Poison::Deadly(4));
    let tag = scene.deliver("2026-11", &content, "");
    scene.pass(3);
    assert_eq!(scene.committed(), [tag]);
    assert!(scene.letters().iter().all(|subject| !subject.contains("could not be read")));
    // It stays cut: the next delivery reads nothing of it again.
    let ranges = scene.town().bucket.borrow().ranges;
    let mut second = content.clone();
    second.push(files(12, 1).remove(0));
    let tag = scene.deliver("2026-11", &second, "");
    scene.pass(4);
    assert_eq!(scene.committed(), [tag]);
    let groups = second[1].0.len().div_ceil(2) as u64;
    assert_eq!(scene.town().bucket.borrow().ranges, ranges + 1 + groups);
}

// security.md rows 41 and 61
#[test]
fn a_file_that_kills_every_reader_is_refused_in_the_end_and_named() {
    let mut scene = Simulation::quiet();
    let good = scene.deliver("2026-11", &files(13, 1), "");
    scene.pass(1);
    let mut content = files(14, 1);
    content[0].1 = Some(Poison::Deadly(1));
    let bad = scene.deliver("2026-11", &content, "");
    let other = scene.deliver("2026-10", &files(15, 1), "");
    scene.pass(24 * 10);
    assert_eq!(scene.committed(), [other, good], "the last good figures stand, other months come");
    let refused = scene.refused();
    assert_eq!(refused[0].0, scene.delivery(&bad).files[0].key);
    assert!(refused[0].1.contains("again and again"), "{refused:?}");
    let reads = scene.town().stats.borrow().faults["deadly file"];
    scene.pass(24 * 5);
    assert_eq!(scene.town().stats.borrow().faults["deadly file"], reads, "it is not tried for ever");
}

// security.md row 20
#[test]
fn credentials_that_end_on_the_way_are_renewed_and_the_range_comes_again() {
    let mut scene = Simulation::quiet();
    let tag = scene.deliver("2026-11", &files(16, 2), "");
    while scene.town().bucket.borrow().ranges < 2 {
        scene.steps(1);
    }
    scene.town().bucket.borrow_mut().end_sessions();
    scene.pass(1);
    assert_eq!(scene.committed(), [tag]);
    assert!(scene.letters().iter().all(|subject| !subject.contains("could not be read")));
    assert!(!scene.town().stats.borrow().faults.contains_key("dead letter"));
}

// security.md row 20
#[test]
fn of_requests_whose_credentials_end_together_one_renews_them() {
    let mut scene = Simulation::quiet();
    let tag = scene.deliver_wide("2026-11", &files(29, 1));
    while scene.town().bucket.borrow().ranges < 1 {
        scene.steps(1);
    }
    scene.town().bucket.borrow_mut().end_sessions();
    let before = scene.town().bucket.borrow().sessions();
    scene.pass(1);
    assert_eq!(scene.committed(), [tag]);
    assert!(scene.town().stats.borrow().faults["ended session"] > 1, "several found it out");
    assert_eq!(scene.town().bucket.borrow().sessions(), before + 1);
}

// security.md row 15
#[test]
fn a_role_deleted_during_the_work_stops_it_and_leaves_what_was_committed() {
    let mut scene = Simulation::quiet();
    let good = scene.deliver("2026-11", &files(17, 1), "");
    scene.pass(1);
    scene.deliver("2026-11", &files(18, 3), "");
    let ranges = scene.town().bucket.borrow().ranges;
    while scene.town().bucket.borrow().ranges == ranges {
        if !scene.machine().step() {
            scene.town().pass(60);
        }
    }
    scene.town().bucket.borrow_mut().is_role_gone = true;
    scene.town().bucket.borrow_mut().end_sessions();
    scene.pass(30);
    assert_eq!(scene.committed(), [good]);
    let view = scene.call(Route::GetConnection, json!({}));
    assert_eq!(view["state"], "broken", "{view}");
}

// security.md row 64
#[test]
fn after_a_disconnect_nothing_is_read_or_committed_any_more() {
    let mut scene = Simulation::quiet();
    scene.deliver("2026-11", &files(19, 3), "");
    while scene.town().bucket.borrow().ranges < 2 {
        scene.steps(1);
    }
    let now = scene.town().now();
    scene.town().ended_at.set(Some(now));
    scene.call(Route::PostDisconnect, json!({ "keep_figures": false }));
    scene.town().bucket.borrow_mut().is_role_gone = true;
    scene.pass(3);
    assert!(scene.committed().is_empty());
    let held = scene.machine().kept.blobs.held.borrow().len();
    assert_eq!(held, 0, "what was on its way was thrown away");
    assert_eq!(scene.call(Route::GetConnection, json!({}))["state"], "disconnected");
}

// security.md row 65
#[test]
fn a_workspace_deleted_during_the_work_leaves_nothing_behind() {
    let mut scene = Simulation::quiet();
    scene.deliver("2026-11", &files(28, 3), "");
    while scene.machine().kept.blobs.held.borrow().is_empty() {
        scene.steps(1);
    }
    let now = scene.town().now();
    scene.town().ended_at.set(Some(now));
    scene.machine().run(async |object| engine::workspace::purge::everything(&*object).await);
    scene.pass(24);
    assert!(scene.machine().kept.records.records.borrow().is_empty());
    assert!(scene.machine().kept.blobs.held.borrow().is_empty());
}

// security.md row 41
#[test]
fn a_poisonous_file_is_refused_at_once_and_the_next_delivery_is_taken() {
    let mut scene = Simulation::quiet();
    let good = scene.deliver("2026-11", &files(21, 1), "");
    scene.pass(1);
    let mut content = files(22, 2);
    content[1].1 = Some(Poison::Cut);
    let bad = scene.deliver("2026-11", &content, "");
    scene.pass(4);
    assert_eq!(scene.committed(), [good]);
    assert_eq!(scene.refused()[0].0, scene.delivery(&bad).files[1].key);
    let next = scene.deliver("2026-11", &files(23, 2), "");
    scene.pass(4);
    assert_eq!(scene.committed(), [next]);
}

// security.md row 59
#[test]
fn a_file_that_lacks_a_column_its_manifest_lists_is_refused_and_named() {
    for (layout, name) in
        [(Layout::Overwrite, "lineItem/ResourceId"), (Layout::Export, "line_item_resource_id")]
    {
        let mut scene = Simulation::quiet();
        let mut content = files(22, 2);
        content[1].1 = Some(Poison::Misnamed);
        let bad = scene.deliver_in(layout, "2026-11", &content);
        scene.pass(4);
        assert!(scene.committed().is_empty());
        let (key, reason) = &scene.refused()[0];
        assert_eq!(*key, scene.delivery(&bad).files[1].key);
        assert_eq!(*reason, format!("The column {name} is missing."));
        let next = scene.deliver_in(layout, "2026-11", &files(23, 2));
        scene.pass(4);
        assert_eq!(scene.committed(), [next]);
    }
}

// security.md row 62
#[test]
fn a_deployment_in_the_middle_goes_on_from_the_parts_that_are_in() {
    let mut scene = Simulation::quiet();
    let tag = scene.deliver("2026-11", &files(24, 3), "");
    while scene.machine().kept.blobs.held.borrow().is_empty() {
        scene.steps(1);
    }
    scene.machine().deploy();
    scene.pass(1);
    assert_eq!(scene.committed(), [tag]);
}

#[test]
fn a_partial_that_is_gone_or_damaged_is_made_anew() {
    let mut scene = Simulation::quiet();
    let content = files(25, 2);
    scene.deliver("2026-11", &content, "");
    scene.pass(1);
    let keys = scene.machine().kept.blobs.held.borrow().keys().cloned().collect::<Vec<_>>();
    for key in keys.iter().filter(|key| key.0.contains("/partial/")).take(1) {
        scene.machine().kept.blobs.held.borrow_mut().insert(key.clone(), bytes::Bytes::from_static(b"?"));
    }
    let tag = scene.deliver("2026-11", &[content, files(26, 1)].concat(), "");
    scene.pass(4);
    assert_eq!(scene.committed(), [tag]);
}
