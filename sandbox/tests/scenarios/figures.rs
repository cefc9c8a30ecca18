//! First figures: what Cost Explorer gives, refuses or garbles.

use serde_json::json;
use shared::route::Route;

use crate::town::{
    MANAGEMENT, a_town, call, connect, connection, control, messages, pass, reasons, run, step,
};

#[test]
fn first_figures_arrive_and_are_told_once() {
    run(async {
        let town = a_town();
        connect(&town, MANAGEMENT).await;
        let view = connection(&town).await;
        assert_eq!(view["state"], "awaiting_report");
        assert_eq!(step(&view, "insights")["status"], "done");
        for check in step(&view, "access")["checks"].as_array().unwrap() {
            assert_eq!(check["passed"], true, "{check}");
        }
        pass(&town, 3 * 24 * 3_600).await;
        for step in connection(&town).await["steps"].as_array().unwrap() {
            let (from, to) = (step["started_at"].as_str(), step["finished_at"].as_str());
            assert!(to.is_none() || from <= to, "no step ends before it begins: {step}");
        }
        let mails: Vec<String> = town.mailer.sent.borrow().iter().map(|mail| mail.subject.clone()).collect();
        assert_eq!(mails.iter().filter(|subject| subject.contains("First insights")).count(), 1, "{mails:?}");
        assert!(messages(&town).is_empty(), "nothing is decoded before a report is there");
    });
}

#[test]
fn cost_explorer_that_was_never_opened_holds_figures_and_nothing_else() {
    run(async {
        let town = a_town();
        control(&town, "cost-explorer", json!({ "account": MANAGEMENT, "state": "off" })).await;
        connect(&town, MANAGEMENT).await;
        let view = connection(&town).await;
        assert_eq!(
            (view["state"].as_str(), view["has_figures"].as_bool()),
            (Some("awaiting_report"), Some(false))
        );
        let remedy = &step(&view, "insights")["remedy"];
        assert_eq!(
            (remedy["code"].as_str(), remedy["who"].as_str()),
            (Some("cost_explorer_not_enabled"), Some("you"))
        );
        // It is opened; the next look finds it by itself.
        control(&town, "cost-explorer", json!({ "account": MANAGEMENT, "state": "open" })).await;
        pass(&town, 7 * 3_600).await;
        assert_eq!(connection(&town).await["has_figures"], true);
    });
}

#[test]
fn cost_explorer_that_aws_is_preparing_is_waited_for() {
    run(async {
        let town = a_town();
        control(&town, "cost-explorer", json!({ "account": MANAGEMENT, "state": "ingesting" })).await;
        connect(&town, MANAGEMENT).await;
        let view = connection(&town).await;
        assert_eq!((&view["state"], &view["has_figures"]), (&json!("awaiting_report"), &json!(false)));
        let waiting = step(&view, "insights");
        assert_eq!((&waiting["status"], &waiting["remedy"]["who"]), (&json!("waiting"), &json!("aws")));
        assert_eq!(waiting["remedy"]["code"], "cost_explorer_ingesting");
        assert_eq!(waiting["remedy"]["aws"][0], "DataUnavailableException");
        // It is no refusal: the permission set is not said to be refused.
        let checks = step(&view, "access")["checks"].as_array().unwrap();
        let explorer = checks.iter().find(|check| check["label"] == "Cost Explorer").unwrap();
        assert_ne!(explorer["passed"], false, "{explorer}");
        assert_ne!(step(&view, "report_defined")["status"], "needs_you", "the report goes on");
        // A day later AWS is ready, and nobody had to do anything.
        pass(&town, 31 * 3_600).await;
        let view = connection(&town).await;
        assert_eq!(
            (&view["has_figures"], &step(&view, "insights")["status"]),
            (&json!(true), &json!("done"))
        );
    });
}

#[test]
fn an_account_whose_billing_is_closed_to_roles_holds_figures_and_nothing_else() {
    run(async {
        let town = a_town();
        let closed = json!({ "account": MANAGEMENT, "state": "billing-access-off" });
        control(&town, "cost-explorer", closed).await;
        connect(&town, MANAGEMENT).await;
        let view = connection(&town).await;
        assert_eq!((&view["state"], &view["has_figures"]), (&json!("awaiting_report"), &json!(false)));
        let held = step(&view, "insights");
        assert_eq!((&held["status"], &held["remedy"]["who"]), (&json!("needs_you"), &json!("you")));
        assert_eq!(held["remedy"]["code"], "cost_explorer_denied");
        assert!(
            held["remedy"]["text"].as_str().unwrap().contains("activate IAM access to billing"),
            "{held}"
        );
        assert!(held["otherwise"].to_string().contains("IAM access to billing"), "{held}");
        assert_ne!(step(&view, "report_defined")["status"], "needs_you", "the report goes on");
        assert_eq!(reasons(&town), ["cost_explorer_denied"]);
        control(&town, "cost-explorer", json!({ "account": MANAGEMENT, "state": "open" })).await;
        pass(&town, 7 * 3_600).await;
        assert_eq!(connection(&town).await["has_figures"], true);
    });
}

#[test]
fn what_is_throttled_is_asked_again_and_never_in_a_circle() {
    run(async {
        let town = a_town();
        for kind in ["throttle", "html", "truncate", "endless", "unavailable", "empty"] {
            let fault = json!({ "operation": "ce:*", "kind": kind, "count": 40 });
            control(&town, "faults", fault).await;
        }
        connect(&town, MANAGEMENT).await;
        let before = town.http.world.lock().calls.len();
        pass(&town, 3_600).await;
        let asked = town.http.world.lock().calls.len() - before;
        assert!(asked < 300, "{asked} calls in an hour of faults");
        control(&town, "faults/clear", json!({})).await;
        pass(&town, 13 * 3_600).await;
        assert_eq!(connection(&town).await["has_figures"], true);
    });
}

#[test]
fn an_outage_delays_first_figures_by_minutes_and_an_obstacle_a_person_removes_not_at_all() {
    run(async {
        let town = a_town();
        for kind in ["throttle", "html", "truncate", "unavailable"] {
            let fault = json!({ "operation": "ce:GetCostAndUsage", "kind": kind, "count": 1 });
            control(&town, "faults", fault).await;
        }
        connect(&town, MANAGEMENT).await;
        pass(&town, 180).await;
        assert_eq!(connection(&town).await["has_figures"], true);
    });
    run(async {
        let town = a_town();
        control(&town, "cost-explorer", json!({ "account": MANAGEMENT, "state": "off" })).await;
        connect(&town, MANAGEMENT).await;
        control(&town, "cost-explorer", json!({ "account": MANAGEMENT, "state": "open" })).await;
        pass(&town, 600).await;
        assert_eq!(connection(&town).await["has_figures"], false, "nobody asked");
        call(&town, Route::PostCheck, "", json!({})).await.unwrap();
        pass(&town, 1).await;
        assert_eq!(connection(&town).await["has_figures"], true);
    });
}

#[test]
fn an_account_of_no_organization_has_figures_too() {
    run(async {
        let town = a_town();
        control(&town, "account", json!({ "account": MANAGEMENT, "in_organization": false })).await;
        connect(&town, MANAGEMENT).await;
        assert_eq!(connection(&town).await["has_figures"], true);
    });
}

#[test]
fn a_role_that_is_deleted_is_noticed_and_figures_stay() {
    run(async {
        let town = a_town();
        connect(&town, MANAGEMENT).await;
        let role = connection(&town).await["role_arn"].clone();
        control(&town, "role", json!({ "arn": role, "do": "delete" })).await;
        pass(&town, 27 * 3_600).await;
        let view = connection(&town).await;
        assert_eq!((view["state"].as_str(), reasons(&town)[0].as_str()), (Some("broken"), "role_gone"));
        assert_eq!(view["has_figures"], true);
        assert!(
            !call(&town, Route::GetData, "", json!({})).await.unwrap()["blobs"]
                .as_array()
                .unwrap()
                .is_empty()
        );
        let subjects: Vec<String> =
            town.mailer.sent.borrow().iter().map(|mail| mail.subject.clone()).collect();
        assert!(subjects.iter().any(|subject| subject.contains("broken")), "{subjects:?}");
    });
}
