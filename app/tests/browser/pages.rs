//! Whole pages against an edge that answers what each test says.

use std::any::Any;
use std::collections::BTreeMap;

use cube::{CubeBuilder, Dimension, Header, Metric, blob};
use serde::Serialize;
use serde_json::{Value, json};
use shared::api::*;
use shared::route::Role;
use shared::view::View;
use shared::{Currency, Day, DayRange, Money};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

mod complete;
mod ended;
#[path = "../../../shared/cube/tests/golden.rs"]
mod golden;
mod metric;
mod told;
mod waiting;

#[wasm_bindgen(inline_js = r#"
// The real chart library, from where it is built; charts need a size.
const map = document.createElement("script");
map.type = "importmap";
map.textContent = JSON.stringify({ imports: { "/assets/charts.js": "/assets-built/charts.js" } });
const style = document.createElement("style");
style.textContent = ".chart-canvas { width: 600px; height: 200px } :root { --cat-1: #246; --card: #fff }";
document.head.append(map, style);

// The edge: what a test says, and nobody else.
const answers = new Map();
let calls = [];
const real = window.fetch.bind(window);
window.fetch = async (request, options) => {
  const url = new URL(request.url ?? request, location.href);
  if (!within() || !url.pathname.startsWith("/api/")) return real(request, options);
  const method = request.method ?? "GET";
  const body = method === "GET" ? "" : await request.text();
  calls.push({ method, path: url.pathname, query: url.search, body });
  const known = answers.get(`${method} ${url.pathname}`);
  if (!known) throw new TypeError("nobody answers");
  return new Response(known.status === 204 ? null : known.body, { status: known.status });
};
export function reset() { answers.clear(); calls = []; localStorage.clear(); document.documentElement.removeAttribute("data-theme"); }
export function answer(route, status, body) { answers.set(route, { status, body }); }
export function answer_bytes(route, bytes) { answers.set(route, { status: 200, body: bytes.slice() }); }
export function page() { return within()?.textContent ?? ""; }
export function calls_made() { return JSON.stringify(calls); }
const within = () => document.getElementById("app-under-test");
const at = (selector) => (selector === "html" ? document.documentElement : within()?.querySelector(selector));
export function text(selector) { return at(selector)?.textContent ?? undefined; }
export function texts(selector) { return JSON.stringify([...(within()?.querySelectorAll(selector) ?? [])].map((one) => one.textContent)); }
export function attribute(selector, name) { return at(selector)?.getAttribute(name) ?? undefined; }
export function press(selector) { const one = at(selector); if (!one) throw new Error(`nothing is ${selector}`); one.click(); }
export function press_words(selector, words) {
  const one = [...(within()?.querySelectorAll(selector) ?? [])].find((one) => one.textContent.includes(words));
  if (!one) throw new Error(`no ${selector} says ${words}`);
  one.click();
}
export function enter(selector, value, event) {
  const one = at(selector);
  if (!one) throw new Error(`nothing is ${selector}`);
  one.value = value;
  one.dispatchEvent(new Event(event, { bubbles: true }));
}
export function go(address) { history.replaceState(null, "", address); }
export function address() { return location.pathname + location.search; }
export function stored(key) { return localStorage.getItem(key) ?? undefined; }
export function painted(selector) {
  const canvas = at(selector);
  if (!canvas?.width || !canvas.height) return false;
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte !== 0);
}
export function pause(milliseconds) { return new Promise((done) => setTimeout(done, milliseconds)); }
"#)]
extern "C" {
    fn reset();
    fn answer(route: &str, status: u16, body: &str);
    fn answer_bytes(route: &str, bytes: &[u8]);
    fn calls_made() -> String;
    fn page() -> String;
    fn text(selector: &str) -> Option<String>;
    fn texts(selector: &str) -> String;
    fn attribute(selector: &str, name: &str) -> Option<String>;
    fn press(selector: &str);
    fn press_words(selector: &str, words: &str);
    fn enter(selector: &str, value: &str, event: &str);
    fn go(address: &str);
    fn address() -> String;
    fn stored(key: &str) -> Option<String>;
    fn painted(selector: &str) -> bool;
    fn pause(milliseconds: u32) -> js_sys::Promise;
}

const WORKSPACE: &str = "0f9c2b4e-7a31-4c5d-8e6f-102938475601";
const NOW: &str = "2026-11-23T12:00:00Z";

fn here(page: &str) -> String {
    format!("/w/{WORKSPACE}/{page}")
}

fn route(method: &str, rest: &str) -> String {
    format!("{method} /api/workspaces/{WORKSPACE}/{rest}")
}

fn says(route: &str, body: &impl Serialize) {
    answer(route, 200, &serde_json::to_string(body).unwrap());
}

fn refuses(route: &str, status: u16, code: &str, field: Option<&str>) {
    let problem = json!({
        "type": format!("urn:cloudthread:problem:{code}"), "status": status, "code": code, "title": "It was refused.",
        "hint": "Choose another, then try again.", "field": field, "request_id": "7f3c",
    });
    answer(route, status, &problem.to_string());
}

fn moment(text: &str) -> shared::Timestamp {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn calls() -> Vec<Value> {
    serde_json::from_str(&calls_made()).unwrap()
}

fn called(method: &str, end: &str) -> Option<Value> {
    calls()
        .into_iter()
        .rev()
        .find(|call| call["method"] == method && call["path"].as_str().unwrap().ends_with(end))
}

fn all(selector: &str) -> Vec<String> {
    serde_json::from_str(&texts(selector)).unwrap()
}

fn has(words: &str) -> bool {
    page().contains(words)
}

/// Waits until something holds; what the page says instead stands in the failure.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = js_sys::Date::now();
    while !holds() {
        if js_sys::Date::now() - started > 15_000.0 {
            panic!("{what}; at {} the page says: {:?}", address(), page());
        }
        JsFuture::from(pause(15)).await.unwrap();
    }
}

async fn until_says(words: &str) {
    until(words, || has(words)).await;
}

/// The app, until dropped.
struct Shown {
    root: web_sys::HtmlElement,
    app: Option<Box<dyn Any>>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.app.take();
        self.root.remove();
        go("/");
    }
}

fn open(at: &str) -> Shown {
    go(at);
    let document = web_sys::window().unwrap().document().unwrap();
    let root: web_sys::HtmlElement = document.create_element("div").unwrap().unchecked_into();
    root.set_id("app-under-test");
    document.body().unwrap().append_child(&root).unwrap();
    let app = leptos::mount::mount_to(root.clone(), app::App);
    Shown { root, app: Some(Box::new(app)) }
}

fn me(role: Role) -> Me {
    Me {
        user: "0f9c2b4e-7a31-4c5d-8e6f-102938475602".parse().unwrap(),
        email: "dana@example.com".into(),
        profile: Profile { time_zone: "Europe/Berlin".into(), ..Profile::default() },
        workspaces: vec![WorkspaceSummary {
            id: WORKSPACE.parse().unwrap(),
            name: "Acme".into(),
            role,
            delete_at: None,
        }],
        idle_until: moment(NOW),
        ends_at: moment(NOW),
        fresh_until: None,
    }
}

fn step(step: Step, status: StepStatus) -> StepView {
    StepView {
        step,
        status,
        started_at: Some(moment("2026-11-23T11:48:00Z")),
        finished_at: (status == StepStatus::Done).then(|| moment("2026-11-23T11:54:00Z")),
        expected_by: None,
        usual: "usually 2 min".into(),
        detail: String::new(),
        checks: Vec::new(),
        remedy: None,
        otherwise: Vec::new(),
        last_check_at: None,
        next_check_at: None,
    }
}

const STEPS: [Step; 7] = [
    Step::Stack,
    Step::Role,
    Step::Access,
    Step::Insights,
    Step::ReportDefined,
    Step::FirstFiles,
    Step::History,
];

/// A connection whose steps before the current one are done.
fn connection(state: ConnectionState, current: usize, status: StepStatus) -> ConnectionView {
    let at = |place: usize| match place {
        _ if place < current => StepStatus::Done,
        _ if place == current => status,
        _ => StepStatus::NotStarted,
    };
    ConnectionView {
        state,
        since: moment("2026-11-23T11:48:00Z"),
        remedy: None,
        account: None,
        role_arn: None,
        external_id: None,
        access_level: AccessLevel::ReadOnly,
        grants: BTreeMap::new(),
        template_version: None,
        stack_url: None,
        delete_cli: None,
        steps: STEPS.iter().enumerate().map(|(place, which)| step(*which, at(place))).collect(),
        has_figures: false,
        has_report: false,
        report_expected_by: None,
        through: None,
        last_check_at: None,
        next_check_at: None,
        calls: 12,
        calls_cost: "0.12".parse().unwrap(),
        notify_email: "dana@example.com".into(),
        unread: 0,
        receipt: None,
        earlier_report: None,
        now: moment(NOW),
    }
}

fn live() -> ConnectionView {
    ConnectionView {
        has_figures: true,
        has_report: true,
        through: Some("2026-11-22".into()),
        ..connection(ConnectionState::Live, 7, StepStatus::Done)
    }
}

/// An edge that knows the user and the connection.
fn edge(view: &ConnectionView, role: Role) {
    reset();
    says("GET /api/me", &me(role));
    says(&route("GET", "connection"), view);
}

/// Figures of three months: EC2 costs 10 a day, 40 since 24 October; S3 costs 5 throughout.
fn figures() {
    let whole = [("2026-09", "2026-10-01"), ("2026-10", "2026-11-01"), ("2026-11", "2026-11-23")];
    figures_of("2026-11-23", &whole.map(|(period, end)| (period, end, end)));
}

/// The same on a day, of these months, with the days that each is complete and known until.
fn figures_of(today: &str, months: &[(&str, &str, &str)]) {
    let days = DayRange::new(day("2026-09-01"), day("2026-11-23"));
    let header = Header {
        currency: Currency::USD,
        source: Source::Report,
        as_of: moment(NOW),
        days: DayRange::new(days.start, day("2026-12-01")),
        monthly: false,
    };
    let dimensions = vec![Dimension::SubAccount, Dimension::Service, Dimension::Region];
    let names: Vec<String> = dimensions.iter().map(ToString::to_string).collect();
    let mut builder = CubeBuilder::new(header, dimensions, vec![Metric::BilledCost]);
    let units = |text: &str| text.parse::<Money>().unwrap().units();
    for at in days.days() {
        let ec2 = if at < day("2026-10-24") { "10" } else { "40" };
        builder.add_values(&["111122223333", "Amazon EC2", "eu-west-1"], at, &[units(ec2)]);
        builder.add_values(&["444455556666", "Amazon S3", "us-east-1"], at, &[units("5")]);
    }
    let bytes = blob::encode(&builder.finish()).unwrap();
    let hash = "ab".repeat(32);
    let period = |(text, complete, known): &(&str, &str, &str)| PeriodIndex {
        period: text.parse().unwrap(),
        source: Source::Report,
        complete_until: day(complete),
        known_until: day(known),
        is_final: false,
        as_of: moment(NOW),
    };
    let index = DataIndex {
        today: day(today),
        blobs: vec![BlobRef {
            hash: hash.clone(),
            kind: BlobKind::Detail,
            source: Source::Report,
            currency: Currency::USD,
            days: DayRange::new(days.start, day("2026-12-01")),
            dimensions: names,
            monthly: false,
            bytes: bytes.len() as u64,
        }],
        periods: months.iter().map(period).collect(),
        account_names: BTreeMap::from([("111122223333".to_owned(), "Production".to_owned())]),
        tag_keys: Vec::new(),
    };
    says(&route("GET", "data"), &index);
    answer_bytes(&route("GET", &format!("blobs/{hash}")), &bytes);
}

fn resources(page: u32) -> ResourcePage {
    let range = DayRange::new(day("2026-11-01"), day("2026-11-23"));
    let row = |name: &str, cost: &str| ResourceRow {
        resource: format!("i-{name}"),
        name: Some(name.to_owned()),
        service: "Amazon EC2".into(),
        sub_account: "111122223333".into(),
        region: "eu-west-1".into(),
        tags: BTreeMap::from([("team".to_owned(), "web".to_owned())]),
        cost: cost.parse().unwrap(),
        previous_cost: "100".parse().ok(),
        first_seen: range.start,
        last_seen: day("2026-11-22"),
    };
    ResourcePage {
        rows: vec![row("api", "1234.567"), row("worker", "0.004")],
        matches: 250,
        cost: "9999.999".parse().unwrap(),
        previous_cost: "10000".parse().ok(),
        without_resource: "3.1".parse().unwrap(),
        other: "0".parse().unwrap(),
        in_other: 0,
        page,
        range,
        previous: None,
        currency: Currency::USD,
        complete_until: day("2026-11-23"),
        as_of: moment(NOW),
        is_final: false,
    }
}

async fn costs(query: &str) -> Shown {
    edge(&live(), Role::Owner);
    figures();
    let shown = open(&here(&format!("costs{query}")));
    until("the table has its total", || text("[data-testid=table-total]").is_some()).await;
    shown
}

// ── Getting in

#[wasm_bindgen_test]
async fn sign_up_says_its_rules_before_anything_is_entered() {
    reset();
    let _shown = open("/sign-up");
    until_says("At least 15 characters. Any characters, spaces too.").await;
    assert_eq!(attribute("#password", "aria-describedby").as_deref(), Some("password-hint password-fault"));
    assert_eq!(text("#password-hint").as_deref(), Some(app::words::PASSWORD_RULE));
    for (id, autocomplete) in
        [("email", "username"), ("password", "new-password"), ("workspace_name", "organization")]
    {
        assert_eq!(attribute(&format!("#{id}"), "autocomplete").as_deref(), Some(autocomplete));
        assert!(text(&format!("label[for={id}]")).is_some_and(|label| !label.is_empty()), "{id} has a label");
        assert_eq!(attribute(&format!("#{id}"), "aria-invalid"), None);
    }
}

#[wasm_bindgen_test]
async fn a_fault_stands_beside_its_field_alone() {
    reset();
    refuses("POST /api/sign-up", 422, "password_too_common", Some("password"));
    let _shown = open("/sign-up");
    until("the form", || text("form").is_some()).await;
    enter("#email", "dana@example.com", "input");
    enter("#password", "correct horse battery", "input");
    press("form button[type=submit]");
    until("the fault", || attribute("#password", "aria-invalid").as_deref() == Some("true")).await;
    assert_eq!(text("#password-fault").as_deref(), Some("It was refused. Choose another, then try again."));
    assert_eq!(attribute("#email", "aria-invalid"), None);
    assert_eq!(text("[role=alert]"), None, "said once, beside the field");
}

#[wasm_bindgen_test]
async fn a_failure_of_no_field_is_announced_with_its_request() {
    reset();
    refuses("POST /api/sign-up", 503, "unavailable", None);
    let _shown = open("/sign-up");
    until("the form", || text("form").is_some()).await;
    press("form button[type=submit]");
    until("the alert", || text("[role=alert]").is_some()).await;
    let alert = text("[role=alert]").unwrap();
    assert!(alert.contains("It was refused.") && alert.contains("7f3c"), "{alert}");
}

// security.md row 83
#[wasm_bindgen_test]
async fn an_edge_out_of_reach_is_told_apart() {
    reset();
    let _shown = open("/sign-up");
    until("the form", || text("form").is_some()).await;
    press("form button[type=submit]");
    until("the alert", || text("[role=alert]").is_some_and(|text| text.contains("cannot be reached"))).await;
}

#[wasm_bindgen_test]
async fn signing_up_leads_to_confirming() {
    reset();
    let pending = PendingSignUp {
        masked_email: "d•••@example.com".into(),
        confirmed: false,
        resend_at: moment(NOW),
        resends_left: 3,
    };
    says("POST /api/sign-up", &pending);
    says("GET /api/sign-up", &pending);
    let _shown = open("/sign-up");
    until("the form", || text("form").is_some()).await;
    enter("#email", "  dana@example.com ", "input");
    enter("#password", " spaces are kept ", "input");
    enter("#workspace_name", "Acme", "input");
    press("form button[type=submit]");
    until_says("d•••@example.com").await;
    assert_eq!(address(), "/confirm");
    let sent: Value =
        serde_json::from_str(called("POST", "/sign-up").unwrap()["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        sent,
        json!({ "email": "dana@example.com", "password": " spaces are kept ", "workspace_name": "Acme" })
    );
}

#[wasm_bindgen_test]
async fn a_password_is_shown_on_demand() {
    reset();
    let _shown = open("/sign-up");
    until("the form", || text("form").is_some()).await;
    assert_eq!(attribute("#password", "type").as_deref(), Some("password"));
    press("[aria-label='Show password']");
    until("it is shown", || attribute("#password", "type").as_deref() == Some("text")).await;
    assert_eq!(attribute("[aria-label='Show password']", "aria-pressed").as_deref(), Some("true"));
}

#[wasm_bindgen_test]
async fn who_is_not_signed_in_is_asked_and_brought_back() {
    reset();
    refuses("GET /api/me", 401, "signed_out", None);
    let _shown = open(&here("costs?r=mtd"));
    until("sign-in", || address().starts_with("/sign-in?next=")).await;
    assert!(address().contains("costs"), "{}", address());
}

#[wasm_bindgen_test]
async fn a_foreign_workspace_is_not_found() {
    reset();
    says("GET /api/me", &me(Role::Owner));
    let _shown = open("/w/0f9c2b4e-7a31-4c5d-8e6f-999999999999/overview");
    until_says("There is no such page").await;
    assert_eq!(called("GET", "/connection"), None, "nothing is asked about it");
}

// ── Connecting

#[wasm_bindgen_test]
async fn an_unconnected_workspace_leads_to_the_one_button() {
    for page in ["costs", "resources"] {
        edge(&connection(ConnectionState::NotConnected, 0, StepStatus::NotStarted), Role::Owner);
        let _shown = open(&here(page));
        until_says("Nothing is connected yet").await;
        assert!(all(".state-body a").contains(&app::words::CONNECT.to_owned()));
        assert_eq!(attribute(".state-body a", "href").unwrap(), here("connect"));
    }
}

#[wasm_bindgen_test]
async fn every_waiting_state_marks_its_step() {
    use ConnectionState::{AwaitingReport, AwaitingStack, FirstInsights, VerifyingRole};
    let states = [
        (AwaitingStack, 0, "Stack", "Waiting for the stack"),
        (VerifyingRole, 1, "Role", "Verifying the role"),
        (FirstInsights, 3, "Insights", "First insights on their way"),
        (AwaitingReport, 5, "FirstFiles", "Waiting for the report"),
    ];
    for (state, place, name, health) in states {
        edge(&connection(state, place, StepStatus::Waiting), Role::Owner);
        let _shown = open(&here("connect"));
        until("the timeline", || all("ol.thread > li").len() == STEPS.len()).await;
        assert_eq!(attribute("[aria-current=step]", "data-step").as_deref(), Some(name), "{state:?}");
        assert!(text("[aria-current=step]").unwrap().contains("Waiting for AWS"), "{state:?}");
        assert_eq!(all("ol.thread > li.is-done").len(), place, "{state:?}");
        assert!(text(".health").unwrap().contains(health), "{state:?}: {:?}", text(".health"));
        assert!(has("You can close this page; we will e-mail dana@example.com."), "{state:?}");
        assert_eq!(text("progress"), None, "no invented progress");
    }
}

#[wasm_bindgen_test]
async fn waiting_for_the_stack_offers_the_way_without_a_callback() {
    edge(&connection(ConnectionState::AwaitingStack, 0, StepStatus::Waiting), Role::Owner);
    refuses(&route("POST", "connection/role"), 422, "not_a_role", Some("role_arn"));
    let _shown = open(&here("connect"));
    until_says("I have the role ARN").await;
    press("aside details summary");
    enter("#role_arn", "arn:aws:iam::1:user/x", "input");
    press("aside form button[type=submit]");
    until("the fault", || attribute("#role_arn", "aria-invalid").as_deref() == Some("true")).await;
    assert_eq!(text("#role_arn-fault").as_deref(), Some("It was refused. Choose another, then try again."));
}

#[wasm_bindgen_test]
async fn a_promise_names_local_time_and_utc() {
    let mut view = connection(ConnectionState::AwaitingReport, 5, StepStatus::Waiting);
    let by = moment("2026-11-24T13:00:00Z");
    view.report_expected_by = Some(by);
    view.steps[5].expected_by = Some(by);
    edge(&view, Role::Owner);
    let _shown = open(&here("connect"));
    until_says("Expected by Tue 24 Nov, 14:00 (13:00 UTC)").await;
    assert!(text(".health").unwrap().contains("Tue 24 Nov, 14:00"));
}

#[wasm_bindgen_test]
async fn a_late_step_and_its_remedy_say_who_acts() {
    let mut view = connection(ConnectionState::Broken, 2, StepStatus::NeedsYou);
    view.steps[2].remedy = Some(Remedy {
        code: "trust_too_open".into(),
        title: "The role can be used without our external id".into(),
        text: "Restore the trust policy.".into(),
        who: WhoActs::YourAdministrator,
        link: None,
        aws: Some(("AccessDenied".into(), "req-1".into())),
        retry_at: None,
    });
    edge(&view, Role::Owner);
    let _shown = open(&here("connect"));
    until_says("The role can be used without our external id").await;
    let remedy = text(".remedy").unwrap();
    assert!(remedy.contains("Who acts: Your organization's administrator"), "{remedy}");
    assert!(remedy.contains("AccessDenied") && remedy.contains("req-1"), "{remedy}");
    assert!(text("[data-step=Access]").unwrap().contains("Needs you"));
}

#[wasm_bindgen_test]
async fn a_viewer_sees_why_a_control_is_closed() {
    edge(&connection(ConnectionState::AwaitingStack, 0, StepStatus::Waiting), Role::Viewer);
    let _shown = open(&here("connect"));
    until_says("I have the role ARN").await;
    let button = "aside form button[type=submit]";
    assert_eq!(attribute(button, "aria-disabled").as_deref(), Some("true"));
    press(button);
    assert_eq!(called("POST", "/role"), None);
    assert!(has("Admins and owners may do this; you are a viewer."));
}

#[wasm_bindgen_test]
async fn resources_before_the_report_say_when_it_comes() {
    let mut view = connection(ConnectionState::AwaitingReport, 5, StepStatus::Waiting);
    view.has_figures = true;
    view.report_expected_by = Some(moment("2026-11-24T13:00:00Z"));
    edge(&view, Role::Owner);
    let _shown = open(&here("resources"));
    until_says("Expected by Tue 24 Nov, 14:00 (13:00 UTC). You can close this page; we will e-mail you.")
        .await;
    assert_eq!(attribute(".state-body a", "href").unwrap(), here("connect"));
}

// ── Costs

#[wasm_bindgen_test]
async fn figures_are_rounded_grouped_and_add_up() {
    let _shown = costs("?top=5").await;
    assert_eq!(text("[data-testid=table-total]").as_deref(), Some("$1,350.00"));
    assert_eq!(text("[data-testid=costs-total]").as_deref(), Some("$1,350.00"));
    let rows = all("table tbody tr");
    let row = |name: &str| rows.iter().find(|row| row.contains(name)).unwrap();
    let ec2 = row("Amazon EC2");
    for part in ["$1,200.00", "88.9 %", "$300.00", "+$900.00", "(+300 %)"] {
        assert!(ec2.contains(part), "{part} in {ec2}");
    }
    assert!(row("Amazon S3").contains("11.1 %"));
    assert!(has("24 Oct–22 Nov 2026 against 19 Sep–18 Oct 2026"), "inclusive days, same weekdays");
}

#[wasm_bindgen_test]
async fn an_address_is_read_and_written_back_unchanged() {
    let query = "?r=mtd&bin=week&g=sub_account,region&f=service:Amazon%20EC2&cmp=off&c=line&top=3&s=name";
    let _shown = costs(query).await;
    let reading = |search: &str| {
        let parameters = web_sys::UrlSearchParams::new_with_str(search).unwrap();
        View::read(|key| parameters.get(key))
    };
    let (view, odd) = reading(query);
    assert!(odd.is_empty(), "{odd:?}");
    assert_eq!(reading(&view.write()), (view.clone(), Vec::new()));
    assert_eq!(address(), here(&format!("costs{query}")), "opening changes nothing");
    assert_eq!(text("[data-testid=table-total]").as_deref(), Some("$880.00"), "EC2 on 22 days of November");
    let heads = all("#groups th, section[aria-labelledby=groups] thead th");
    assert!(heads.iter().any(|head| head.contains("Sub-account")), "{heads:?}");
    assert!(has("Production"), "accounts by name");
}

#[wasm_bindgen_test]
async fn what_a_link_means_badly_is_named() {
    let _shown = costs("?bin=fortnight").await;
    until_says("Part of this link was not understood: bin=fortnight.").await;
}

#[wasm_bindgen_test]
async fn filters_live_in_the_address() {
    let _shown = costs("").await;
    press_words("summary", "Show as a table");
    enter(".toolbar--filters label:nth-of-type(2) select", "Amazon S3", "change");
    until("the address", || address().contains("f=service")).await;
    until("the total", || text("[data-testid=table-total]").as_deref() == Some("$150.00")).await;
    assert_eq!(text(".token .v").as_deref(), Some("Amazon S3"));
    press(".token button");
    until("the whole total", || text("[data-testid=table-total]").as_deref() == Some("$1,350.00")).await;
    assert_eq!(address(), here("costs"));
}

#[wasm_bindgen_test]
async fn a_filter_that_matches_nothing_offers_to_clear_itself() {
    edge(&live(), Role::Owner);
    figures();
    let _shown = open(&here("costs?f=service:Nothing"));
    until_says("No charges match").await;
    press_words(".state-body button", "Clear filters");
    until("all costs", || text("[data-testid=table-total]").as_deref() == Some("$1,350.00")).await;
}

#[wasm_bindgen_test]
async fn heads_sort_and_say_how() {
    let _shown = costs("").await;
    let sorted = || attribute("section[aria-labelledby=groups] thead th", "aria-sort");
    assert_eq!(sorted(), None);
    press("section[aria-labelledby=groups] thead th button");
    until("falling", || sorted().as_deref() == Some("descending")).await;
    assert!(address().ends_with("?s=-name"), "{}", address());
    press("section[aria-labelledby=groups] thead th button");
    until("rising", || sorted().as_deref() == Some("ascending")).await;
    let rows = all("section[aria-labelledby=groups] tbody tr th");
    assert_eq!(rows, ["Total", "Amazon EC2", "Amazon S3"]);
}

// security.md row 83
#[wasm_bindgen_test]
async fn missing_figures_are_an_error_with_a_retry() {
    edge(&live(), Role::Owner);
    refuses(&route("GET", "data"), 503, "unavailable", None);
    let _shown = open(&here("costs"));
    until_says("Request 7f3c").await;
    figures();
    press_words(".state-body button", "Retry");
    until("the figures", || text("[data-testid=table-total]").is_some()).await;
}

#[wasm_bindgen_test]
async fn a_chart_is_drawn_named_and_told_as_a_table() {
    let _shown = costs("").await;
    until("the canvas has ink", || painted("#costs-chart canvas")).await;
    assert_eq!(attribute("#costs-chart", "role").as_deref(), Some("img"));
    assert_eq!(
        attribute("#costs-chart", "aria-label").as_deref(),
        Some("Cost over time by service, $1,350.00 in total")
    );
    let rows = all(".table--compact tbody tr");
    assert!(rows.len() >= 30, "a row for each day: {rows:?}");
    assert!(rows.iter().any(|row| row.contains("$45.00")), "{rows:?}");
}

#[wasm_bindgen_test]
fn the_cube_answers_here_as_anywhere() {
    assert_eq!(golden::answer(), golden::EXPECTED);
}

// ── Resources

#[wasm_bindgen_test]
async fn resources_are_sorted_and_paged_by_the_address() {
    edge(&live(), Role::Owner);
    figures();
    says(&route("GET", "resources"), &resources(1));
    let _shown = open(&here("resources"));
    until_says("Page 1 of 3").await;
    assert!(has("250 resources") && has("$1,234.57") && has("< $0.01") && has("$10,000.00"));
    says(&route("GET", "resources"), &resources(2));
    press_words(".card-foot button", "Next");
    until_says("Page 2 of 3").await;
    assert!(address().contains("page=2"), "{}", address());
    assert!(called("GET", "/resources").unwrap()["query"].as_str().unwrap().contains("page=2"));
}

#[wasm_bindgen_test]
async fn heads_of_resources_sort_by_the_edge() {
    edge(&live(), Role::Owner);
    figures();
    says(&route("GET", "resources"), &resources(1));
    let _shown = open(&here("resources"));
    let sorted =
        |column: u32| attribute(&format!("#app-under-test thead th:nth-child({column})"), "aria-sort");
    until("the rows", || sorted(4).as_deref() == Some("descending")).await;
    press("thead th:nth-child(5) button");
    until("by change", || sorted(5).as_deref() == Some("descending")).await;
    assert!(address().contains("s=-change"), "{}", address());
    assert_eq!(sorted(4), None);
    press("thead th:nth-child(4) button");
    until("the usual order", || sorted(4).as_deref() == Some("descending")).await;
    assert!(!address().contains("s="), "{}", address());
}

#[wasm_bindgen_test]
async fn a_link_to_a_resource_opens_it_and_closing_leaves_the_list() {
    edge(&live(), Role::Owner);
    figures();
    says(&route("GET", "resources"), &resources(1));
    let page = resources(1);
    let detail = ResourceDetail {
        row: page.rows[0].clone(),
        range: page.range,
        usage_types: Vec::new(),
        currency: Currency::USD,
        console_url: None,
    };
    says(&route("GET", "resource"), &detail);
    let _shown = open(&here("resources?id=111122223333/i-api"));
    until_says("Production (111122223333)").await;
    let asked = called("GET", "/resource").unwrap();
    assert!(asked["query"].as_str().unwrap().contains("id=i-api"), "{asked}");
    press("dialog [aria-label=Close]");
    until("the list alone", || !address().contains("id=")).await;
    press_words("tbody button", "worker");
    until("the other one in the address", || address().contains("i-worker")).await;
}

#[wasm_bindgen_test]
async fn filters_that_came_with_a_link_show_and_can_be_taken_away() {
    edge(&live(), Role::Owner);
    figures();
    says(&route("GET", "resources"), &resources(1));
    let _shown = open(&here("resources?f=sub_account%3A111122223333"));
    until_says("Page 1 of 3").await;
    until("the chip", || text(".token").is_some_and(|chip| chip.contains("Production"))).await;
    press(".token button");
    until("all of them", || !address().contains("f=") && text(".token").is_none()).await;
}

#[wasm_bindgen_test]
async fn days_of_one_s_own_choice_live_in_the_address() {
    let _shown = costs("").await;
    enter(".toolbar select", "days", "change");
    until("the two days", || all("label:has(input[type=date])") == ["From", "To"]).await;
    assert_eq!(attribute("input[type=date]", "max").as_deref(), Some("2026-11-23"));
    enter("input[type=date]", "2026-11-10", "change");
    until("the first day", || address().contains("r=2026-11-10..")).await;
    // A year half typed is no day anyone wants.
    enter("input[type=date]", "0202-11-10", "change");
    assert!(address().contains("r=2026-11-10.."), "{}", address());
}

#[wasm_bindgen_test]
async fn a_search_that_finds_nothing_says_so() {
    edge(&live(), Role::Owner);
    figures();
    says(&route("GET", "resources"), &ResourcePage { rows: Vec::new(), matches: 0, ..resources(1) });
    let _shown = open(&here("resources?q=nothing"));
    until_says("No resource matches").await;
    assert!(called("GET", "/resources").unwrap()["query"].as_str().unwrap().contains("q=nothing"));
}

// ── Notifications, settings

fn inbox(read: bool) -> Notifications {
    let row = Notification {
        id: "n1".into(),
        at: moment("2026-11-23T11:00:00Z"),
        topic: Topic::Report,
        title: "Your report is ready".into(),
        text: "Resource detail for 1–22 Nov 2026 is open in Cloudthread.".into(),
        page: Some("resources".into()),
        needs_action: false,
        read,
    };
    Notifications { rows: vec![row], unread: u32::from(!read) }
}

#[wasm_bindgen_test]
async fn the_bell_counts_until_everything_is_read() {
    edge(&ConnectionView { unread: 1, ..live() }, Role::Owner);
    says(&route("GET", "notifications"), &inbox(false));
    says(&route("POST", "notifications/read"), &inbox(true));
    let _shown = open(&here("notifications"));
    until_says("Your report is ready").await;
    assert_eq!(text(".count").as_deref(), Some("unread: 1"));
    assert_eq!(all(".inbox li.is-new").len(), 1);
    assert_eq!(attribute(".inbox a", "href").unwrap(), here("resources"));
    says(&route("GET", "connection"), &live());
    press_words(".page-head button", "Mark all as read");
    until("nothing is new", || all(".inbox li.is-new").is_empty() && text(".count").is_none()).await;
}

#[wasm_bindgen_test]
async fn an_empty_inbox_says_what_will_come() {
    edge(&live(), Role::Owner);
    says(&route("GET", "notifications"), &Notifications { rows: Vec::new(), unread: 0 });
    let _shown = open(&here("notifications"));
    until_says("You are told here and by e-mail when the report arrives").await;
}

#[wasm_bindgen_test]
async fn a_theme_is_shown_kept_and_stored() {
    edge(&live(), Role::Owner);
    says("GET /api/me/sessions", &Vec::<SessionRow>::new());
    says("PUT /api/me/profile", &me(Role::Owner));
    let _shown = open(&here("settings/profile"));
    until_says("Theme").await;
    press_words("label", "Dark");
    until("dark", || attribute("html", "data-theme").as_deref() == Some("dark")).await;
    assert_eq!(stored("theme").as_deref(), Some("dark"));
    until("it is saved", || called("PUT", "/profile").is_some()).await;
    assert!(called("PUT", "/profile").unwrap()["body"].as_str().unwrap().contains(r#""theme":"dark""#));
}

#[wasm_bindgen_test]
async fn reports_of_the_account_are_offered_with_the_values_of_the_stack() {
    edge(&connection(ConnectionState::AwaitingReport, 4, StepStatus::NeedsYou), Role::Owner);
    let found = |name: &str, refused: Option<&str>| FoundReport {
        name: name.into(),
        bucket: "acme-finops".into(),
        prefix: String::new(),
        region: "eu-west-1".into(),
        settings: vec!["Hourly".into()],
        refused: refused.map(str::to_owned),
        update_cli: refused.is_none().then(|| "aws cloudformation update-stack".to_owned()),
    };
    let report = ReportView {
        name: None,
        bucket: None,
        prefix: None,
        settings: Vec::new(),
        last_delivery_at: None,
        last_status: None,
        months: Vec::new(),
        refused: Vec::new(),
        notes: Vec::new(),
        backfill_text: None,
        found: vec![found("acme-cur2", None), found("acme-monthly", Some("It has one row a month."))],
        stack_url: Some("https://aws.test/stack".into()),
    };
    says(&route("GET", "report"), &report);
    let _shown = open(&here("settings/report"));
    until_says("acme-cur2").await;
    for words in [
        "Bucket of the existing report",
        "acme-finops",
        "(empty)",
        "It has one row a month.",
        "cannot be read",
    ] {
        assert!(has(words), "{words}");
    }
    assert_eq!(
        all("#found ~ * pre, [aria-labelledby=found] pre").len(),
        1,
        "a command for the one that can be read"
    );
    assert!(!has("No report is known"));
}

#[wasm_bindgen_test]
async fn policies_show_purpose_use_probe_and_the_whole_template() {
    edge(&live(), Role::Owner);
    let row = PermissionRow {
        grant: Grant::CostExplorer,
        granted: true,
        actions: vec!["ce:GetCostAndUsage".into(), "ce:GetCostForecast".into()],
        resources: "everything".into(),
        purpose: "First figures and the forecast".into(),
        last_used_at: Some(moment("2026-11-22T06:12:00Z")),
        uses: 3,
        probe: Some(false),
        probed_at: Some(moment("2026-11-23T06:12:00Z")),
    };
    let policies = PoliciesView {
        installed_version: Some("1.0.0".into()),
        matches: Some(false),
        read_at: None,
        access_level: AccessLevel::ReadOnly,
        ledger: vec![row],
        stack_url: None,
    };
    let template = TemplateView {
        version: "1.2.3".into(),
        sha256: "cd".repeat(32),
        text: "AWSTemplateFormatVersion: 2010-09-09".into(),
        published: true,
        sets: Vec::new(),
        summary: ("Read-only, except: two actions.".into(), String::new()),
    };
    says(&route("GET", "policies"), &policies);
    says(&route("GET", "template"), &template);
    let _shown = open(&here("settings/policies"));
    until_says("ce:GetCostAndUsage, ce:GetCostForecast").await;
    until_says("AWSTemplateFormatVersion: 2010-09-09").await;
    for words in [
        "First figures and the forecast",
        "22 Nov, 06:12 (3×)",
        "refused 23 Nov, 06:12",
        "differs from the published one",
        "Read-only, except: two actions.",
        &"cd".repeat(32),
    ] {
        assert!(has(words), "{words}");
    }
    assert_eq!(all("tr.ledger-group").len(), Grant::ALL.len());
}
