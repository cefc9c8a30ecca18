//! Resources in billed and in effective cost.

use super::*;

fn asked(end: &str) -> String {
    called("GET", end).unwrap()["query"].as_str().unwrap().to_owned()
}

#[wasm_bindgen_test]
async fn resources_keep_the_metric_of_the_address_in_all_they_show() {
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
    let _shown = open(&here("resources?m=effective"));
    until_says("Page 1 of 3").await;
    assert!(asked("/resources").contains("m=effective"), "{}", asked("/resources"));
    assert!(all("thead th").contains(&"Effective cost".to_owned()), "{:?}", all("thead th"));
    let badge = text("[aria-labelledby=resources] .source").unwrap();
    assert_eq!(badge, "Report · through 22 Nov UTC · estimated · effective cost");
    assert!(has("Effective cost: Savings Plans and reservations spread over their use."));
    press("thead th:nth-child(5) button");
    until("sorted", || asked("/resources").contains("s=-change")).await;
    assert!(asked("/resources").contains("m=effective") && address().contains("m=effective"));
    until("the row", || text("tbody button").is_some()).await;
    press_words("tbody button", "api");
    until("the panel's badge", || text("dialog .source").is_some()).await;
    assert!(asked("/resource").contains("m=effective"), "{}", asked("/resource"));
    assert!(text("dialog .source").unwrap().ends_with("effective cost"));
    assert!(all("dialog thead th").contains(&"Effective cost".to_owned()));
}

#[wasm_bindgen_test]
async fn the_metric_of_resources_is_chosen_as_that_of_costs() {
    edge(&live(), Role::Owner);
    figures();
    says(&route("GET", "resources"), &resources(1));
    let _shown = open(&here("resources"));
    until_says("Page 1 of 3").await;
    assert!(!asked("/resources").contains("m=effective"));
    enter(".toolbar label:nth-of-type(2) select", "effective", "change");
    until("the address", || address().contains("m=effective")).await;
    until("the edge is asked", || asked("/resources").contains("m=effective")).await;
}

#[wasm_bindgen_test]
async fn a_metric_that_resources_do_not_have_is_told() {
    edge(&live(), Role::Owner);
    figures();
    says(&route("GET", "resources"), &resources(1));
    let _shown = open(&here("resources?m=list"));
    until_says("Resources have billed and effective cost: billed is shown instead of list.").await;
    until_says("Page 1 of 3").await;
    assert!(!asked("/resources").contains("m=list"));
}

#[wasm_bindgen_test]
async fn a_row_says_what_it_has_and_nothing_of_what_it_lacks() {
    edge(&live(), Role::Owner);
    figures();
    let mut page = resources(1);
    page.rows[0].tags = BTreeMap::from([("Name".to_owned(), "api".to_owned())]);
    page.rows[0].region = String::new();
    says(&route("GET", "resources"), &page);
    let _shown = open(&here("resources"));
    until_says("Page 1 of 3").await;
    let cells = all("tbody tr:nth-child(2) td.col-wide");
    assert_eq!(cells, ["Amazon EC2Production", "name only"]);
}
