//! Stacks that were changed, fail or come twice: what is refused, with which words, and how a person goes on.

use serde_json::{Value, json};
use shared::route::Route;

use crate::town::{
    MANAGEMENT, Town, a_neighbour, a_town, call, connect, connect_with, connection, control, delete, launch,
    link, pass, reasons, run, settles, status, step, until,
};

/// What the stack's events say went wrong with the connection.
fn words(town: &Town, stack: &str) -> String {
    let state = town.http.world.lock();
    let failed = state.stacks[stack].events.iter().find(|event| event.status == "CREATE_FAILED");
    failed.and_then(|event| event.reason.clone()).unwrap_or_default()
}

// security.md row 19
#[test]
fn a_stack_whose_prefilled_values_were_changed_is_refused_with_the_reason() {
    let check = |name: &'static str, value: &'static str, expect: &'static str| {
        run(async move {
            let town = a_town();
            let mut parameters = link(&town, json!("look"), json!({})).await;
            assert!(parameters.insert(name.to_owned(), value.to_owned()).is_some(), "{name}");
            let stack = launch(&town, MANAGEMENT, "cloudthread-access", parameters).await;
            settles(&town, &stack, "ROLLBACK_COMPLETE").await;
            assert!(words(&town, &stack).contains(expect), "{name}: {}", words(&town, &stack));
            let view = connection(&town).await;
            assert_eq!((view["state"].as_str(), view["role_arn"].as_str()), (Some("awaiting_stack"), None));
            let log = call(&town, Route::ListAudit, "", Value::Null).await.unwrap();
            assert!(log.to_string().contains("stack_refused"), "{log}");
            // The timeline says it too: nobody has to find the row in the stack's events.
            let refused = step(&view, "stack");
            assert_eq!(
                (&refused["status"], &refused["remedy"]["code"]),
                (&json!("needs_you"), &json!("stack_refused"))
            );
            assert!(refused["remedy"]["text"].as_str().unwrap().starts_with(expect), "{refused}");
            // With a new link it is forgotten; the stack that failed keeps its name, so the next one has another.
            let parameters = link(&town, json!("look"), json!({})).await;
            assert_eq!(step(&connection(&town).await, "stack")["status"], "waiting");
            launch(&town, MANAGEMENT, "cloudthread-again", parameters).await;
            pass(&town, 120).await;
            assert_eq!(connection(&town).await["state"], "awaiting_report");
        });
    };
    check("ExternalId", "11111111-2222-4333-8444-555555555555", "The external id was changed.");
    let token = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-";
    check("StackToken", token, "Cloudthread does not know this stack's token.");
}

// security.md row 19
#[test]
fn a_stack_that_trusts_another_principal_is_not_ours() {
    run(async {
        let town = a_town();
        let mut parameters = link(&town, json!("look"), json!({})).await;
        let other = "arn:aws:iam::905418203411:user/cloudthread/another";
        assert!(parameters.insert("OperatorPrincipalArn".to_owned(), other.to_owned()).is_some());
        launch(&town, MANAGEMENT, "cloudthread-access", parameters).await;
        pass(&town, 700).await;
        assert_eq!(reasons(&town), ["trust_refused"]);
        let view = connection(&town).await;
        let role = step(&view, "role");
        assert_eq!((&view["state"], &role["status"]), (&json!("broken"), &json!("needs_you")));
        assert!(role["remedy"]["text"].as_str().unwrap().contains("leave the prefilled values"), "{role}");
    });
}

// security.md row 18
#[test]
fn a_stack_that_never_calls_is_late_after_an_hour_and_a_new_link_connects() {
    run(async {
        let town = a_town();
        link(&town, json!("look"), json!({})).await;
        pass(&town, 59 * 60).await;
        assert_eq!(step(&connection(&town).await, "stack")["status"], "waiting");
        pass(&town, 2 * 60).await;
        let view = connection(&town).await;
        let late = step(&view, "stack");
        assert_eq!(
            (late["status"].as_str(), late["remedy"]["code"].as_str()),
            (Some("late"), Some("stack_late"))
        );
        assert!(late["remedy"]["text"].as_str().unwrap().contains("ROLLBACK_COMPLETE"), "{late}");
        connect(&town, MANAGEMENT).await;
        assert_eq!(connection(&town).await["state"], "awaiting_report");
    });
}

// security.md row 18
#[test]
fn a_stack_that_could_not_be_deleted_leaves_a_role_that_is_called_live() {
    run(async {
        let town = a_town();
        let stack = connect_with(&town, MANAGEMENT, json!("look")).await;
        call(&town, Route::PostDisconnect, "", json!({ "keep_figures": true })).await.unwrap();
        pass(&town, 25 * 3_600).await;
        let view = connection(&town).await;
        assert_eq!(view["state"], "disconnecting");
        assert!(view.to_string().contains("\"role_live\""), "{view}");
        // Once it is deleted a look proves it, without waiting for the next hour.
        delete(&town, &stack).await;
        call(&town, Route::PostCheck, "", json!({})).await.unwrap();
        pass(&town, 180).await;
        assert_eq!(connection(&town).await["state"], "disconnected");
    });
}

// security.md row 33
#[test]
fn a_report_that_does_not_come_is_awaited_then_late_then_explained() {
    run(async {
        let town = a_town();
        control(&town, "settings", json!({ "first_delivery": 30 * 86_400 })).await;
        connect(&town, MANAGEMENT).await;
        let files = async || step(&connection(&town).await, "first_files").clone();
        pass(&town, 46 * 3_600).await;
        let waiting = files().await;
        assert_eq!(waiting["status"], "waiting");
        assert!(waiting["expected_by"].is_string() && waiting["remedy"].is_null(), "{waiting}");
        pass(&town, 3 * 3_600).await;
        assert_eq!(files().await["status"], "late");
        pass(&town, 24 * 3_600).await;
        let late = files().await;
        assert_eq!((&late["status"], &late["remedy"]["code"]), (&json!("late"), &json!("report_late")));
        // Time alone breaks nothing.
        assert_eq!(connection(&town).await["state"], "awaiting_report");
    });
}

// security.md row 8
#[test]
fn an_external_id_in_a_request_is_refused_and_the_stored_one_stays() {
    run(async {
        let town = a_town();
        link(&town, json!("look"), json!({})).await;
        let before = connection(&town).await["external_id"].clone();
        let own = "11111111-2222-4333-8444-555555555555";
        for (route, body) in [
            (
                Route::PostLink,
                json!({ "account": "management", "report": "look", "access_level": "ReadOnly", "external_id": own }),
            ),
            (Route::PostLinkOpened, json!({ "external_id": own })),
            (
                Route::PostRole,
                json!({ "role_arn": "arn:aws:iam::447120569018:role/cloudthread/a", "external_id": own }),
            ),
            (Route::PostDisconnect, json!({ "keep_figures": true, "external_id": own })),
        ] {
            let error = call(&town, route, "", body).await.unwrap_err();
            assert_eq!(error.code, "body_invalid", "{}", route.name());
        }
        assert_eq!(connection(&town).await["external_id"], before);
        assert_eq!(connection(&town).await["role_arn"], Value::Null);
    });
}

// security.md row 9
#[test]
fn two_workspaces_of_one_account_have_ids_and_roles_of_their_own() {
    run(async {
        let town = a_town();
        connect(&town, MANAGEMENT).await;
        let neighbour = a_neighbour(&town);
        let parameters = link(&neighbour, json!("look"), json!({})).await;
        let stack = launch(&neighbour, MANAGEMENT, "cloudthread-second", parameters).await;
        until("the stack", || (status(&neighbour, &stack) == "CREATE_COMPLETE").then_some(())).await;
        pass(&neighbour, 120).await;
        let (first, second) = (connection(&town).await, connection(&neighbour).await);
        assert_eq!(
            (&first["state"], &second["state"]),
            (&json!("awaiting_report"), &json!("awaiting_report"))
        );
        assert_ne!(first["external_id"], second["external_id"]);
        assert_ne!(first["role_arn"], second["role_arn"]);
        // The second is told; neither is named, and the first hears nothing.
        let told = |town: &Town| {
            let sent = town.mailer.sent.borrow();
            sent.iter().filter(|mail| mail.subject.contains("another workspace")).cloned().collect::<Vec<_>>()
        };
        assert_eq!((told(&town).len(), told(&neighbour).len()), (0, 1));
        assert!(!told(&neighbour)[0].text.contains(town.workspace.as_str()));
        // The end of one is not the end of the other.
        call(&neighbour, Route::PostDisconnect, "", json!({ "keep_figures": false })).await.unwrap();
        delete(&neighbour, &stack).await;
        pass(&neighbour, 600).await;
        assert_eq!(connection(&neighbour).await["state"], "disconnected");
        pass(&town, 25 * 3_600).await;
        assert_eq!(connection(&town).await["state"], "awaiting_report");
    });
}
