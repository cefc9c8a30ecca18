//! The app's parts in a real browser: what is shown, what is announced, what a press does.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "browser/pages.rs"]
mod pages;

use app::api::{self, ApiError};
use app::format::{money, time};
use app::widgets::{
    Badge, Button, Change, Dialog, Direction, Fault, Field, PanelError, PasswordField, Segmented, field_fault,
};
use leptos::prelude::*;
use leptos::task::tick;
use shared::api::{Remedy, WhoActs};
use shared::view::View;
use shared::{Money, Problem};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement, HtmlInputElement};

wasm_bindgen_test_configure!(run_in_browser);

/// Shows a view in a place of its own.
fn show<V: IntoView + 'static>(view: impl FnOnce() -> V + 'static) -> Element {
    let place = document().create_element("section").unwrap();
    document().body().unwrap().append_child(&place).unwrap();
    leptos::mount::mount_to(place.clone().unchecked_into(), view).forget();
    place
}

fn find(place: &Element, selector: &str) -> HtmlElement {
    let found = place.query_selector(selector).unwrap();
    found.unwrap_or_else(|| panic!("no {selector} in {}", place.inner_html())).unchecked_into()
}

fn text(place: &Element) -> String {
    place.text_content().unwrap_or_default()
}

/// Types into an input as a person would.
fn enter(input: &HtmlElement, value: &str) {
    let input: &HtmlInputElement = input.unchecked_ref();
    input.set_value(value);
    let event = web_sys::Event::new_with_event_init_dict("input", &bubbling()).unwrap();
    input.dispatch_event(&event).unwrap();
}

fn bubbling() -> web_sys::EventInit {
    let init = web_sys::EventInit::new();
    init.set_bubbles(true);
    init
}

fn problem(code: &str, field: Option<&str>) -> ApiError {
    ApiError::Problem(Box::new(Problem {
        kind: format!("urn:cloudthread:problem:{code}"),
        status: 400,
        code: code.to_owned(),
        title: "A password needs 15 characters.".to_owned(),
        hint: "Four words do well.".to_owned(),
        field: field.map(str::to_owned),
        retry_after: None,
        request_id: "r-1".to_owned(),
    }))
}

#[wasm_bindgen_test]
async fn a_button_acts_once_a_press_and_never_while_busy() {
    let (presses, busy) = (RwSignal::new(0), RwSignal::new(false));
    let place = show(move || {
        view! { <Button label="Check now" busy=busy on_press=move |()| presses.update(|all| *all += 1)/> }
    });
    let button = find(&place, "button");
    button.click();
    assert_eq!(presses.get_untracked(), 1);
    busy.set(true);
    tick().await;
    button.click();
    assert_eq!(presses.get_untracked(), 1);
    assert_eq!(button.get_attribute("aria-busy").as_deref(), Some("true"));
}

#[wasm_bindgen_test]
async fn a_refused_button_stays_visible_and_says_why() {
    let presses = RwSignal::new(0);
    let refused = RwSignal::new(Some("Only an owner may do this.".to_owned()));
    let place = show(move || {
        view! { <Button label="Delete" refused=refused on_press=move |()| presses.update(|all| *all += 1)/> }
    });
    let button = find(&place, "button");
    button.click();
    assert_eq!(presses.get_untracked(), 0);
    assert_eq!(button.get_attribute("aria-disabled").as_deref(), Some("true"));
    assert!(text(&place).contains("Only an owner may do this."));
    assert!(!button.has_attribute("disabled"), "it can be reached by keyboard");
    refused.set(None);
    tick().await;
    button.click();
    assert_eq!(presses.get_untracked(), 1);
}

#[wasm_bindgen_test]
async fn a_field_says_its_rule_before_and_its_fault_beside() {
    let (value, error) = (RwSignal::new(String::new()), RwSignal::new(None));
    let place = show(move || {
        view! { <Field id="given" label="Name" value=value hint="As colleagues know it." fault=field_fault(error, "given")/> }
    });
    let input = find(&place, "input");
    assert_eq!(find(&place, "label").get_attribute("for").as_deref(), Some("given"));
    for id in input.get_attribute("aria-describedby").unwrap().split(' ') {
        find(&place, &format!("#{id}"));
    }
    assert!(text(&place).contains("As colleagues know it."));
    assert!(!input.has_attribute("aria-invalid"));
    error.set(Some(problem("name_invalid", Some("given"))));
    tick().await;
    assert_eq!(input.get_attribute("aria-invalid").as_deref(), Some("true"));
    assert!(text(&find(&place, "#given-fault")).contains("A password needs 15 characters."));
    enter(&input, "Acme");
    assert_eq!(value.get_untracked(), "Acme");
}

#[wasm_bindgen_test]
async fn the_fault_of_another_field_is_not_this_fields() {
    let error = RwSignal::new(Some(problem("x", Some("email"))));
    let place = show(move || {
        view! { <Field id="other" label="Name" value=RwSignal::new(String::new()) fault=field_fault(error, "other")/> }
    });
    tick().await;
    assert!(!find(&place, "input").has_attribute("aria-invalid"));
}

#[wasm_bindgen_test]
async fn a_password_is_hidden_until_shown() {
    let value = RwSignal::new("seven anvils".to_owned());
    let place = show(move || view! { <PasswordField id="secret" value=value autocomplete="new-password"/> });
    let (input, eye) = (find(&place, "input"), find(&place, "button"));
    assert_eq!(input.get_attribute("type").as_deref(), Some("password"));
    eye.click();
    tick().await;
    assert_eq!(input.get_attribute("type").as_deref(), Some("text"));
    assert_eq!(eye.get_attribute("aria-pressed").as_deref(), Some("true"));
    assert_eq!(input.get_attribute("autocomplete").as_deref(), Some("new-password"));
}

#[wasm_bindgen_test]
async fn a_fault_is_announced_once_and_can_be_quoted() {
    let error = RwSignal::new(None);
    let place = show(move || view! { <Fault error=error fields=&["password"]/> });
    error.set(Some(problem("password_short", Some("password"))));
    tick().await;
    assert_eq!(text(&place), "", "its field shows it");
    error.set(Some(problem("store_down", None)));
    tick().await;
    assert_eq!(find(&place, "[role=alert]").get_attribute("role").as_deref(), Some("alert"));
    assert!(text(&place).contains("Four words do well.") && text(&place).contains("r-1"));
    error.set(Some(ApiError::Offline));
    tick().await;
    assert!(text(&place).contains("What you see stays valid."));
}

#[wasm_bindgen_test]
async fn a_panel_that_failed_says_what_to_do_and_retries() {
    let tries = RwSignal::new(0);
    let place = show(move || {
        view! { <PanelError error=problem("upstream", None) on_retry=move |()| tries.update(|all| *all += 1)/> }
    });
    find(&place, "button").click();
    assert_eq!(tries.get_untracked(), 1);
    assert!(text(&place).contains("Four words do well."));
}

#[wasm_bindgen_test]
async fn a_change_is_told_by_word_and_arrow_never_by_colour_alone() {
    for (direction, words, arrows) in [
        (Direction::Rise, "up $4,120 (12 %)", 1),
        (Direction::Fall, "down $4,120 (12 %)", 1),
        (Direction::Flat, "no change", 0),
    ] {
        let place = show(move || view! { <Change direction amount="$4,120" percent="(12 %)"/> });
        assert_eq!(text(&place), words);
        assert_eq!(place.query_selector_all("svg[aria-hidden=true]").unwrap().length(), arrows);
    }
}

#[wasm_bindgen_test]
async fn a_badge_tells_estimated_from_final() {
    let estimated = RwSignal::new(true);
    let place = show(move || {
        view! { <Badge text=Signal::stored("Report · through 21 Nov UTC".to_owned()) estimated=estimated/> }
    });
    assert!(find(&place, ".source").has_attribute("data-estimated"));
    estimated.set(false);
    tick().await;
    assert!(!find(&place, ".source").has_attribute("data-estimated"));
}

#[wasm_bindgen_test]
async fn a_segmented_control_is_a_group_of_radio_buttons() {
    let (chosen, wished) = (RwSignal::new(1), RwSignal::new(0));
    let place = show(move || {
        view! { <Segmented name="level" label="Level" options=vec![(1, "One"), (2, "Two")] value=chosen on_change=move |wish| wished.set(wish)/> }
    });
    assert_eq!(find(&place, "[role=radiogroup]").get_attribute("aria-label").as_deref(), Some("Level"));
    let inputs = place.query_selector_all("input[type=radio]").unwrap();
    assert_eq!(inputs.length(), 2);
    inputs.item(1).unwrap().unchecked_into::<HtmlElement>().click();
    assert_eq!(wished.get_untracked(), 2);
}

#[wasm_bindgen_test]
async fn a_dialog_opens_as_one_and_closes_by_its_button() {
    let open = RwSignal::new(false);
    let place = show(move || {
        view! { <Dialog id="ask" title=Signal::stored("Disconnect".to_owned()) open><p>"Sure?"</p></Dialog> }
    });
    tick().await;
    assert!(!text(&place).contains("Sure?"), "its body is built when it opens");
    open.set(true);
    tick().await;
    let dialog = find(&place, "dialog");
    assert!(dialog.has_attribute("open") && text(&place).contains("Sure?"));
    assert_eq!(dialog.get_attribute("aria-labelledby").as_deref(), Some("ask"));
    find(&place, "[aria-label=Close]").click();
    tick().await;
    assert!(!dialog.has_attribute("open") && !open.get_untracked());
}

#[wasm_bindgen_test]
async fn a_remedy_names_who_acts_the_way_on_and_what_aws_said() {
    let remedy = Remedy {
        code: "cost_explorer_not_enabled".to_owned(),
        title: "Cost Explorer was never opened in this account.".to_owned(),
        text: "Open it once.".to_owned(),
        who: WhoActs::You,
        link: Some(("Open Cost Explorer in AWS".to_owned(), "https://console.example/".to_owned())),
        aws: Some(("AccessDeniedException".to_owned(), "req-7".to_owned())),
        retry_at: None,
    };
    let place = show(move || app::pages::connect::remedy(remedy));
    let words = text(&place);
    for expect in
        ["Cost Explorer was never opened", "Open it once.", "Who acts: ", "AccessDeniedException", "req-7"]
    {
        assert!(words.contains(expect), "{expect} in {words}");
    }
    let link = find(&place, "a");
    assert_eq!(link.get_attribute("href").as_deref(), Some("https://console.example/"));
    assert!(link.get_attribute("rel").unwrap_or_default().contains("noopener"));
}

#[wasm_bindgen_test]
fn clock_times_follow_the_persons_zone() {
    let moment = "2026-11-23T22:30:00Z".parse().unwrap();
    time::set_zone(Some("Europe/Berlin".to_owned()));
    assert_eq!((time::clock(moment), time::day(moment)), ("23:30".to_owned(), "Mon 23 Nov".to_owned()));
    time::set_zone(Some("Asia/Kolkata".to_owned()));
    assert_eq!((time::clock(moment), time::day(moment)), ("04:00".to_owned(), "Tue 24 Nov".to_owned()));
    time::set_zone(Some("No/Such_Zone".to_owned()));
    assert_eq!(time::clock(moment).len(), 5, "an unknown zone is the browser's");
    time::set_zone(None);
    assert_eq!(time::utc_clock(moment), "22:30 UTC");
}

#[wasm_bindgen_test]
fn money_is_written_alike_whatever_the_browsers_language() {
    let check = |text: &str, expect: &str| assert_eq!(money::dollars(text.parse::<Money>().unwrap()), expect);
    check("1234567.891", "$1,234,567.89");
    check("-0.004", "> −$0.01");
    check("-12.5", "−$12.50");
}

#[wasm_bindgen_test]
fn the_browser_reads_back_the_address_the_app_wrote() {
    for query in ["", "?r=mtd", "?r=2026-10-01..2026-10-31&g=sub_account&c=line&top=7&q=a%26b%20c"] {
        let params = web_sys::UrlSearchParams::new_with_str(query).unwrap();
        let (view, odd) = View::read(|key| params.get(key));
        assert!(odd.is_empty(), "{query}: {odd:?}");
        let written = view.write();
        let again = web_sys::UrlSearchParams::new_with_str(&written).unwrap();
        assert_eq!(View::read(|key| again.get(key)).0, view, "{query} became {written}");
    }
}

#[wasm_bindgen_test]
fn values_survive_the_way_through_an_address() {
    for value in ["i-0abc", "arn:aws:s3:::a/b c", "ü & ? # + %", "a=b,c;d"] {
        let address = format!("?q={}", api::encode(value));
        let params = web_sys::UrlSearchParams::new_with_str(&address).unwrap();
        assert_eq!(params.get("q").as_deref(), Some(value), "{address}");
    }
}

#[wasm_bindgen_test]
async fn an_answer_that_is_none_of_ours_is_an_error_in_words() {
    // The server of the tests answers, but not as the edge does.
    let error = api::fetch_me().await.unwrap_err();
    assert!(matches!(error, ApiError::Contract(_) | ApiError::Offline), "{error:?}");
}
