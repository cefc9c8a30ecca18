//! What pages say: where each figure comes from, what was left out, and AWS's codes in words.

use super::*;

fn insights() -> InsightsView {
    let fetched_at = Some(moment("2026-11-23T09:00:00Z"));
    let used = Utilization {
        used_percent: 97.5,
        commitment: "100".parse().unwrap(),
        unused: "2.5".parse().unwrap(),
    };
    let forecast = Forecast {
        period: "2026-11".parse().unwrap(),
        mean: "1800".parse().unwrap(),
        low: "1700".parse().unwrap(),
        high: "1900".parse().unwrap(),
        currency: Currency::USD,
    };
    InsightsView {
        forecast: Panel { value: Some(forecast), fetched_at, remedy: None },
        anomalies: Panel { value: Some(Vec::new()), fetched_at, remedy: None },
        savings_plans: Panel { value: Some(used.clone()), fetched_at, remedy: None },
        reservations: Panel { value: Some(used), fetched_at, remedy: None },
        refreshes_left: 4,
    }
}

/// The badge in the card of this heading.
fn badge(heading: &str) -> String {
    text(&format!("[aria-labelledby={heading}] .source")).unwrap_or_default()
}

#[wasm_bindgen_test]
async fn every_figure_of_the_overview_has_source_reach_and_status() {
    edge(&live(), Role::Owner);
    figures();
    says(&route("GET", "insights"), &insights());
    let _shown = open(&here("overview"));
    until("the commitments", || !badge("commitments").is_empty()).await;
    until("what moved", || text("[aria-labelledby=moved] tbody").is_some()).await;
    for heading in ["mtd", "daily", "moved", "by-service", "by-sub-account", "by-region"] {
        assert_eq!(badge(heading), "Report · through 22 Nov UTC · estimated", "{heading}");
    }
    for heading in ["anomalies", "commitments"] {
        let badge = badge(heading);
        assert!(badge.starts_with("Cost Explorer · through 21 Nov UTC · estimated · fetched "), "{badge}");
    }
    let forecast = badge("forecast");
    assert!(forecast.starts_with("Cost Explorer · through 30 Nov UTC · estimated · fetched "), "{forecast}");
    assert_eq!(all("[aria-labelledby=commitments] .source").len(), 2);
    let cards = all("main section.card").len();
    assert_eq!(all("main section.card:has(.source)").len(), cards, "no card without");
}

#[wasm_bindgen_test]
async fn what_cost_explorer_cannot_say_now_can_be_asked_again() {
    edge(&live(), Role::Owner);
    figures();
    refuses(&route("GET", "insights"), 503, "unavailable", None);
    let _shown = open(&here("overview"));
    until("the fault", || {
        text("[aria-labelledby=anomalies]").unwrap_or_default().contains("It was refused.")
    })
    .await;
    assert!(text("[aria-labelledby=commitments]").unwrap().contains("Choose another, then try again."));
    assert!(text("[aria-labelledby=forecast]").unwrap().contains("It was refused."));
    says(&route("GET", "insights"), &insights());
    press_words("[aria-labelledby=anomalies] button", "Retry");
    until("all of them", || !badge("anomalies").is_empty() && !badge("commitments").is_empty()).await;
    until("the forecast", || !badge("forecast").is_empty()).await;
}

#[wasm_bindgen_test]
async fn a_resource_says_where_its_figures_come_from() {
    edge(&live(), Role::Owner);
    figures();
    let page = resources(1);
    says(&route("GET", "resources"), &page);
    let detail = ResourceDetail {
        row: page.rows[0].clone(),
        range: page.range,
        usage_types: Vec::new(),
        currency: Currency::USD,
        console_url: None,
    };
    says(&route("GET", "resource"), &detail);
    let _shown = open(&here("resources?id=111122223333/i-api"));
    until("the badge", || text("dialog .source").is_some()).await;
    assert_eq!(text("dialog .source").as_deref(), Some("Report · through 22 Nov UTC · estimated"));
}

#[wasm_bindgen_test]
async fn drilling_to_resources_leaves_out_what_they_do_not_know_and_says_so() {
    edge(&live(), Role::Owner);
    figures();
    says(&route("GET", "resources"), &resources(1));
    let _shown = open(&here("resources?f=service%3AAmazon%20EC2&out=x_operation"));
    let words = "Not told apart by operation: that filter was left out.";
    until_says(words).await;
    until_says("250 resources").await;
    assert_eq!(text(".notice").as_deref(), Some(words));
    // It outlives a sort, as it outlives a reload, and goes with the filters.
    press("thead th:nth-child(5) button");
    until("sorted", || address().contains("s=-change")).await;
    assert!(address().contains("out=x_operation") && has(words), "{}", address());
    press(".token button");
    until("no filter", || text(".token").is_none()).await;
    assert!(!address().contains("out=") && !has(words), "{}", address());
}

#[wasm_bindgen_test]
async fn the_menu_of_a_row_opens_resources_with_filters_they_know() {
    // Nothing of a sort, a comparison or a way of drawing goes along: Resources have their own.
    let _shown = costs("?r=mtd&g=region&f=service:Amazon%20EC2&c=line&s=-name").await;
    let hrefs = "section[aria-labelledby=groups] tbody a[href*='/resources']";
    let href = attribute(hrefs, "href").unwrap();
    assert_eq!(href, here("resources?r=mtd&f=service:Amazon%20EC2;region:eu-west-1"));
}

#[wasm_bindgen_test]
async fn cost_without_a_resource_is_told_where_nothing_else_matches() {
    edge(&live(), Role::Owner);
    figures();
    says(&route("GET", "resources"), &ResourcePage { rows: Vec::new(), matches: 0, ..resources(1) });
    let _shown = open(&here("resources?f=service%3ATax"));
    until_says("What matches is $3.10 of cost that has no resource id.").await;
}

#[wasm_bindgen_test]
async fn a_mistyped_cap_is_a_fault_of_its_field() {
    edge(&live_with_role(), Role::Owner);
    let calls = CallsView {
        rows: Vec::new(),
        month_cost: "0.12".parse().unwrap(),
        cap: "5".parse().unwrap(),
        refreshes_left: 4,
    };
    says(&route("GET", "calls"), &calls);
    let _shown = open(&here("settings/connection"));
    until("the cap", || text("label[for=cap]").is_some()).await;
    enter("#cap", "five", "input");
    press_words("form button", "Save");
    until("the fault", || attribute("#cap", "aria-invalid").as_deref() == Some("true")).await;
    assert_eq!(text("#cap-fault").as_deref(), Some("A cap is a number of dollars, such as 5.00."));
    assert_eq!(text("[role=alert]"), None, "said once, beside the field");
    assert_eq!(called("PUT", "/cap"), None);
}

fn live_with_role() -> ConnectionView {
    ConnectionView {
        role_arn: "arn:aws:iam::111122223333:role/cloudthread/cloudthread-access-Role-1".parse().ok(),
        ..live()
    }
}

#[wasm_bindgen_test]
async fn the_proof_that_access_has_ended_has_its_days_and_utc() {
    let receipt = Receipt {
        refused_at: vec![moment("2026-11-22T13:07:00Z"), moment("2026-11-22T23:08:00Z")],
        here: Vec::new(),
        at_aws: Vec::new(),
        commands: Vec::new(),
    };
    let view = ConnectionView {
        receipt: Some(receipt),
        ..connection(ConnectionState::Disconnected, 7, StepStatus::Done)
    };
    edge(&view, Role::Owner);
    let _shown = open(&here("settings/danger"));
    until("the proof", || text("[data-testid=proof]").is_some()).await;
    assert_eq!(
        text("[data-testid=proof]").as_deref(),
        Some("Sun 22 Nov, 14:07 (13:07 UTC) and Mon 23 Nov, 00:08 (23:08 UTC): AWS refused Cloudthread.")
    );
}

#[wasm_bindgen_test]
async fn a_delivery_that_failed_is_told_in_words() {
    let said = [
        ("SUCCESS", "Sun 22 Nov, 14:07, delivered"),
        ("ERROR_PERMISSIONS", "Sun 22 Nov, 14:07, not delivered: AWS may not write to the bucket"),
        ("ERROR_NO_BUCKET", "Sun 22 Nov, 14:07, not delivered: the bucket is gone"),
        ("ERROR_OF_TOMORROW", "Sun 22 Nov, 14:07, not delivered: AWS reports ERROR_OF_TOMORROW"),
    ];
    for (code, words) in said {
        edge(&live(), Role::Owner);
        let report = ReportView {
            name: Some("cloudthread".into()),
            bucket: Some("acme-reports".into()),
            prefix: None,
            settings: Vec::new(),
            last_delivery_at: Some(moment("2026-11-22T13:07:00Z")),
            last_status: Some(code.into()),
            months: Vec::new(),
            refused: Vec::new(),
            notes: vec!["October 2026: 3 rows set aside.".into()],
            backfill_text: None,
            found: Vec::new(),
            stack_url: None,
        };
        says(&route("GET", "report"), &report);
        let _shown = open(&here("settings/report"));
        until("the note", || all("[aria-labelledby=notes] li") == ["October 2026: 3 rows set aside."]).await;
        until("the delivery", || all("[aria-labelledby=where] dd").iter().any(|said| said == words)).await;
    }
}
