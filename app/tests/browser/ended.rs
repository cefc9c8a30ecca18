//! What is said once something has ended: a connection, or a sign-in.

use super::*;

#[wasm_bindgen_test]
async fn a_page_without_figures_promises_only_what_will_come() {
    let states = [
        (ConnectionState::FirstInsights, "First insights are on their way", "connect"),
        (ConnectionState::Broken, "The connection needs attention", "connect"),
        (ConnectionState::Disconnecting, "The connection is ending", "settings/danger"),
        (ConnectionState::Disconnected, "Nothing is connected any more", "connect"),
    ];
    for (state, title, leads) in states {
        edge(&connection(state, 3, StepStatus::Waiting), Role::Owner);
        let _shown = open(&here("overview"));
        until_says(title).await;
        assert_eq!(has("we will e-mail you"), state == ConnectionState::FirstInsights, "{state:?}");
        assert_eq!(attribute(".state-body a", "href").unwrap(), here(leads), "{state:?}");
    }
}

#[wasm_bindgen_test]
async fn no_report_is_promised_once_the_connection_has_ended() {
    for state in [ConnectionState::Disconnecting, ConnectionState::Disconnected] {
        let view = ConnectionView { has_figures: true, ..connection(state, 5, StepStatus::Waiting) };
        edge(&view, Role::Owner);
        let _shown = open(&here("resources"));
        until_says("No report is held").await;
        assert!(!has("we will e-mail you"), "{state:?}");
    }
}

#[wasm_bindgen_test]
async fn signing_in_again_takes_away_what_said_that_the_sign_in_had_ended() {
    edge(&live(), Role::Owner);
    says("GET /api/me/sessions", &Vec::<SessionRow>::new());
    let _shown = open(&here("settings/profile"));
    until("the form", || text("#name").is_some()).await;
    enter("#name", "Dana of Acme", "input");
    refuses("PUT /api/me/profile", 401, "signed_out", None);
    press_words("main form button", "Save");
    until("the question", || text("dialog[open]").is_some_and(|text| text.contains("Sign-in ended"))).await;
    until("the fault", || text("main [role=alert]").is_some()).await;
    says("POST /api/sign-in", &me(Role::Owner));
    enter("#reauthenticate-password", "seven anvils on a roof", "input");
    press_words("dialog[open] button", "Sign in");
    until("the question is gone", || text("dialog[open]").is_none()).await;
    until("the fault is gone", || text("main [role=alert]").is_none()).await;
    // Any other fault outlives a sign-in.
    refuses("PUT /api/me/profile", 503, "unavailable", None);
    press_words("main form button", "Save");
    until("another fault", || text("main [role=alert]").is_some()).await;
}

#[wasm_bindgen_test]
async fn what_cannot_be_refreshed_is_not_offered() {
    let calls = CallsView {
        rows: Vec::new(),
        month_cost: "0".parse().unwrap(),
        cap: "5".parse().unwrap(),
        refreshes_left: 4,
    };
    let states = [
        (ConnectionState::NotConnected, false),
        (ConnectionState::Live, true),
        (ConnectionState::Disconnected, false),
    ];
    for (state, is_offered) in states {
        edge(&connection(state, 0, StepStatus::NotStarted), Role::Owner);
        says(&route("GET", "calls"), &calls);
        let _shown = open(&here("settings/connection"));
        until_says("AWS was not called yet.").await;
        until("the state", || text(".health").is_some_and(|text| !text.is_empty())).await;
        assert_eq!(text("[aria-labelledby=calls] table"), None);
        assert_eq!(has("Refresh for $0.04"), is_offered, "{state:?}");
    }
}

#[wasm_bindgen_test]
async fn an_address_that_leads_nowhere_has_a_way_home() {
    reset();
    let _shown = open("/nowhere");
    until_says("There is no such page").await;
    assert_eq!(attribute("header .logo", "href").as_deref(), Some("/"));
}
