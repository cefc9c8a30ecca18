//! Up to which day figures are complete, and what is compared.

use super::*;

/// On 1 November: October lacks its last day, and a few hours of November are there.
const ON_THE_FIRST: [(&str, &str, &str); 3] = [
    ("2026-09", "2026-10-01", "2026-10-01"),
    ("2026-10", "2026-10-31", "2026-11-01"),
    ("2026-11", "2026-10-31", "2026-11-02"),
];

fn card(id: &str) -> String {
    text(&format!("section[aria-labelledby={id}]")).unwrap_or_default()
}

fn figure(id: &str) -> Option<String> {
    text(&format!("[data-testid=figure-{id}]"))
}

// A month that has just ended still gets usage: compared whole, it would look cheaper than it was.
#[wasm_bindgen_test]
async fn a_month_that_fills_up_is_compared_by_its_complete_days() {
    edge(&live(), Role::Owner);
    figures_of("2026-11-01", &ON_THE_FIRST);
    let _shown = open(&here("overview"));
    let is_there = || figure("last-month").as_deref() == Some("$660.00");
    until("October up to its last complete day", is_there).await;
    let month = card("last-month");
    assert!(month.contains("1–30 Oct") && month.contains("complete days"), "{month}");
    assert!(month.contains("through 30 Oct UTC · estimated"), "{month}");
    let days = card("last-30");
    assert!(days.contains("1–30 Oct"), "thirty days, the last of them complete: {days}");
    assert!(has("No complete day this month yet."));
}

#[wasm_bindgen_test]
async fn on_the_first_of_a_month_what_moved_in_it_has_words() {
    edge(&live(), Role::Owner);
    figures_of("2026-11-01", &ON_THE_FIRST);
    let _shown = open(&here("overview?r=mtd"));
    until("words", || card("moved").contains("No complete day this month yet.")).await;
    assert!(!card("moved").contains("against"), "{}", card("moved"));
}

#[wasm_bindgen_test]
async fn what_moved_needs_days_to_compare_with() {
    edge(&live(), Role::Owner);
    figures();
    let _shown = open(&here("overview?cmp=off"));
    until("words", || card("moved").contains("Nothing is compared.")).await;
}

// Without Cost Explorer the first report may be all there is.
#[wasm_bindgen_test]
async fn a_figure_without_earlier_days_stands_by_itself() {
    edge(&live(), Role::Owner);
    figures_of("2026-11-23", &[("2026-11", "2026-11-22", "2026-11-23")]);
    let _shown = open(&here("overview"));
    until("month to date", || figure("mtd").as_deref() == Some("$945.00")).await;
    let month = card("mtd");
    assert!(month.contains("There are no figures for 1–21 Oct 2026 to compare with."), "{month}");
    let days = card("last-30");
    assert!(days.contains("from 1 Nov through 21 Nov UTC"), "{days}");
}

// A report that stopped is not made whole by the month after it.
#[wasm_bindgen_test]
async fn figures_end_where_the_report_stopped() {
    edge(&live(), Role::Owner);
    let months = [
        ("2026-09", "2026-10-01", "2026-10-01"),
        ("2026-10", "2026-10-26", "2026-10-26"),
        ("2026-11", "2026-11-22", "2026-11-23"),
    ];
    figures_of("2026-11-23", &months);
    let _shown = open(&here("overview"));
    // Of the last 30 days two are complete: the 24th and the 25th.
    until("the badge", || card("moved").contains("through 25 Oct UTC")).await;
    assert!(card("moved").contains("24–25 Oct 2026 against 19–20 Sep 2026"), "{}", card("moved"));
    until("thirty complete days", || figure("last-30").is_some()).await;
    assert!(card("last-30").contains("through 25 Oct UTC"), "{}", card("last-30"));
}
