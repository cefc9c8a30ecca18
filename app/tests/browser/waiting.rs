//! Pages that wait: how politely they ask, and what outlives each new answer.

use super::*;

#[wasm_bindgen(inline_js = r#"
// Whether the page is seen is up to the test; and what would be asked in seconds is asked in hundredths of them.
let state = "visible";
Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
export function show_page(is_shown) {
  state = is_shown ? "visible" : "hidden";
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}
const real = window.setTimeout.bind(window);
export function hasten(is_hasty) {
  window.setTimeout = is_hasty ? (act, wait, ...rest) => real(act, wait >= 3000 ? wait / 100 : wait, ...rest) : real;
}
"#)]
extern "C" {
    fn show_page(is_shown: bool);
    fn hasten(is_hasty: bool);
}

/// Time runs faster until this is dropped; then the page is seen again, too.
struct Hasty;

impl Hasty {
    fn new() -> Self {
        hasten(true);
        Self
    }
}

impl Drop for Hasty {
    fn drop(&mut self) {
        hasten(false);
        show_page(true);
    }
}

fn asked(end: &str) -> usize {
    calls()
        .iter()
        .filter(|call| call["method"] == "GET" && call["path"].as_str().unwrap().ends_with(end))
        .count()
}

/// Questions that end so are asked again and again, none while the page is hidden, and one at once on return.
async fn is_asked_only_while_seen(end: &str) {
    let before = asked(end);
    until("it is asked again and again", || asked(end) >= before + 3).await;
    show_page(false);
    // An answer may be under way.
    JsFuture::from(pause(50)).await.unwrap();
    let at_rest = asked(end);
    JsFuture::from(pause(600)).await.unwrap();
    assert_eq!(asked(end), at_rest, "nothing is asked while hidden; seen, it would have been six times");
    hasten(false);
    show_page(true);
    until("it is asked on return", || asked(end) == at_rest + 1).await;
    hasten(true);
}

#[wasm_bindgen_test]
async fn the_timeline_asks_only_while_it_is_seen() {
    edge(&connection(ConnectionState::AwaitingStack, 0, StepStatus::Waiting), Role::Owner);
    let _hasty = Hasty::new();
    let _shown = open(&here("connect"));
    until_says("I have the role ARN").await;
    is_asked_only_while_seen("/connection").await;
}

#[wasm_bindgen_test]
async fn confirming_asks_only_while_it_is_seen() {
    reset();
    let pending = PendingSignUp {
        masked_email: "d•••@example.com".into(),
        confirmed: false,
        resend_at: moment("2026-01-01T00:00:00Z"),
        resends_left: 3,
    };
    says("GET /api/sign-up", &pending);
    let _hasty = Hasty::new();
    let _shown = open("/confirm");
    until_says("d•••@example.com").await;
    assert!(!has("Possible from"), "a moment that is past is none to wait for");
    is_asked_only_while_seen("/sign-up").await;
    // Another tab confirmed.
    says("GET /api/sign-up", &PendingSignUp { confirmed: true, ..pending });
    says("GET /api/me", &me(Role::Owner));
    says(&route("GET", "connection"), &live());
    show_page(true);
    until("the workspace", || address().starts_with("/w/")).await;
}

#[wasm_bindgen_test]
async fn a_letter_that_may_not_go_out_yet_has_its_time() {
    reset();
    let pending = PendingSignUp {
        masked_email: "d•••@example.com".into(),
        confirmed: false,
        resend_at: moment("2999-11-24T13:00:00Z"),
        resends_left: 0,
    };
    says("GET /api/sign-up", &pending);
    let _shown = open("/confirm");
    until_says("Possible from Sun 24 Nov,").await;
}

#[wasm_bindgen_test]
async fn what_else_may_be_seen_is_folded_below_its_step_and_stays_open() {
    let mut view = connection(ConnectionState::AwaitingStack, 0, StepStatus::Waiting);
    let otherwise = |symptom: &str| {
        vec![Otherwise {
            symptom: symptom.to_owned(),
            remedy: "Tick the box at the end of the page.".to_owned(),
        }]
    };
    view.steps[0].otherwise = otherwise("Requires capabilities : [CAPABILITY_NAMED_IAM]");
    edge(&view, Role::Owner);
    let _hasty = Hasty::new();
    let _shown = open(&here("connect"));
    until_says("If it does not").await;
    assert_eq!(all(".otherwise summary"), ["If it does not"], "only where there is something to say");
    assert_eq!(attribute("[data-step=Stack] .otherwise", "open"), None);
    press(".otherwise summary");
    enter("#role_arn", "arn:aws:iam::111122223333:role/x", "input");
    assert_eq!(text(".otherwise dt").as_deref(), Some("Requires capabilities : [CAPABILITY_NAMED_IAM]"));
    // The next look brings news of the step: what was opened and typed stays.
    view.calls += 1;
    view.now = moment("2026-11-23T12:00:05Z");
    view.steps[0].detail = "Still waiting.".into();
    says(&route("GET", "connection"), &view);
    until_says("Still waiting.").await;
    assert!(attribute("[data-step=Stack] .otherwise", "open").is_some(), "it stays open");
    refuses(&route("POST", "connection/role"), 422, "not_a_role", Some("role_arn"));
    press("aside form button[type=submit]");
    until("the fault", || attribute("#role_arn", "aria-invalid").as_deref() == Some("true")).await;
    let sent = called("POST", "/role").unwrap();
    assert!(sent["body"].as_str().unwrap().contains("arn:aws:iam::111122223333:role/x"), "{sent}");
    // A step that is done has nothing left to say.
    let mut done = connection(ConnectionState::VerifyingRole, 1, StepStatus::Running);
    done.steps[0].otherwise = otherwise("Requires capabilities");
    says(&route("GET", "connection"), &done);
    until("no more of it", || text(".otherwise").is_none()).await;
}

#[wasm_bindgen_test]
async fn what_was_noted_of_a_tick_is_shown_with_it() {
    let mut view = connection(ConnectionState::Broken, 2, StepStatus::NeedsYou);
    let check = |label: &str, passed, note: Option<&str>| Check {
        label: label.into(),
        passed,
        note: note.map(str::to_owned),
    };
    view.steps[2].checks = vec![
        check("CloudWatch metrics", Some(false), Some("AWS refused it. See Policies.")),
        check("Cost Explorer", Some(true), None),
    ];
    edge(&view, Role::Owner);
    let _shown = open(&here("connect"));
    until_says("CloudWatch metrics: AWS refused it. See Policies.").await;
    assert_eq!(
        all(".ticks li"),
        ["CloudWatch metrics: AWS refused it. See Policies.", "Cost Explorer: passed"]
    );
    assert_eq!(all(".ticks .visually-hidden"), ["", ": passed"]);
}

#[wasm_bindgen_test]
async fn a_moment_of_another_day_says_which() {
    let mut view = connection(ConnectionState::AwaitingReport, 5, StepStatus::Waiting);
    view.now = moment("2026-11-26T12:00:00Z");
    view.steps[5].started_at = Some(moment("2026-11-26T08:00:00Z"));
    edge(&view, Role::Owner);
    let _shown = open(&here("connect"));
    until_says("since 09:00 · ").await;
    assert!(text("[data-step=Stack] .when").unwrap().contains("Mon 23 Nov, 12:48–12:54 · 6 min"));
}
