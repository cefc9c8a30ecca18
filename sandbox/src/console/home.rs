//! The overview: accounts, stacks, reports, and the buttons that take the place of waiting.

use std::sync::Arc;

use serde_json::json;

use super::page;
use crate::accounts::{CostExplorer, OPERATOR};
use crate::clock::iso_seconds;
use crate::control;
use crate::wire::{Reply, Request, encode, escape};
use crate::world::World;

/// Buttons: name of the act, what it says, what it does.
fn button(what: &str, label: &str, fields: &[(&str, &str)]) -> String {
    let hidden: String = fields
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
        .collect();
    format!(
        "<form class=\"inline\" method=\"post\" action=\"/console/act\"><input type=\"hidden\" name=\"what\" value=\"{what}\">{hidden}<button class=\"plain\" data-testid=\"{what}\">{}</button></form>",
        escape(label)
    )
}

/// The page.
pub fn overview(world: &World) -> String {
    let now = world.clock.now();
    let state = world.lock();
    let stacks: String = state
        .stacks
        .values()
        .map(|stack| {
            format!(
                "<tr><td><a href=\"/console/stack?id={}\">{}</a></td><td>{}</td><td>{}</td><td>{}</td></tr>",
                encode(&stack.id),
                escape(&stack.name),
                escape(&stack.account),
                escape(&stack.region),
                escape(&stack.status)
            )
        })
        .collect();
    let reports: String = state
        .accounts
        .values()
        .flat_map(|account| account.reports.values().chain(account.exports.values()))
        .map(|report| {
            let last = report.last_delivery.map_or_else(|| "never".to_owned(), iso_seconds);
            let next = report.next_delivery.map_or_else(|| "–".to_owned(), iso_seconds);
            let name = [("name", report.name.as_str())];
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{last} {}</td><td>{next}</td><td>{}{}</td></tr>",
                escape(&report.name),
                escape(&report.account),
                escape(&report.bucket),
                report.last_status.unwrap_or(""),
                button("deliver", "Deliver now", &name),
                button("backfill", "Backfill all months", &name),
            )
        })
        .collect();
    let accounts: String = state
        .accounts
        .values()
        .filter(|account| account.id != OPERATOR)
        .map(|account| {
            let cost_explorer = match account.cost_explorer {
                CostExplorer::Open => "open",
                CostExplorer::Off => "never opened",
                CostExplorer::Ingesting(until) if now < until => "preparing",
                CostExplorer::Ingesting(_) => "open",
                CostExplorer::BillingAccessOff => "no access to billing",
            };
            let id = account.id.as_str();
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(&account.name),
                escape(id),
                if account.in_organization { "member of the organization" } else { "alone" },
                format_args!(
                    "{cost_explorer} {}{}",
                    button("cost-explorer", "Open", &[("account", id), ("state", "open")]),
                    button("cost-explorer", "Turn off", &[("account", id), ("state", "off")])
                ),
            )
        })
        .collect();
    let deliveries: String = state
        .topic
        .log
        .iter()
        .rev()
        .take(8)
        .map(|one| {
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                iso_seconds(one.at),
                escape(&one.kind),
                escape(&one.outcome)
            )
        })
        .collect();
    let head = |names: &str| names.split('|').map(|name| format!("<th>{name}</th>")).collect::<String>();
    let table = |names: &str, rows: &str| {
        format!(
            "<div class=\"wide\"><table><thead><tr>{}</tr></thead><tbody>{rows}</tbody></table></div>",
            head(names)
        )
    };
    format!(
        "<h1>Simulated AWS</h1><p class=\"quiet\">Nothing here is AWS. Time: {} ({} s ahead of this machine)</p>\
         <section class=\"panel\"><h2>Stacks</h2>{}</section><section class=\"panel\"><h2>Reports</h2><p class=\"quiet\">AWS takes up to 48 hours; a button does not.</p>{}</section>\
         <section class=\"panel\"><h2>Accounts</h2>{}</section><section class=\"panel\"><h2>Notifications sent</h2>{}</section>",
        iso_seconds(now),
        world.clock.offset_seconds(),
        table("Name|Account|Region|Status", &stacks),
        table("Report|Account|Bucket|Last delivery|Next|", &reports),
        table("Account|Id|Organization|Cost Explorer", &accounts),
        table("Time|Kind|Outcome", &deliveries),
    )
}

/// The page AWS's own console has for Cost Explorer: opening it is what turns it on.
pub fn cost_explorer(world: &World) -> String {
    let state = world.lock();
    let rows: String = state
        .accounts
        .values()
        .filter(|account| account.cost_explorer == CostExplorer::Off)
        .map(|account| {
            button(
                "cost-explorer",
                &format!("Open Cost Explorer in {}", account.name),
                &[("account", &account.id), ("state", "ingesting")],
            )
        })
        .collect();
    let rows =
        if rows.is_empty() { "<p>Cost Explorer is open in every account.</p>".to_owned() } else { rows };
    format!("<h1>Cost Explorer</h1><section class=\"panel\">{rows}</section>")
}

/// Presses a button.
pub async fn act(world: &Arc<World>, request: &Request) -> Reply {
    let form = request.form();
    let what = form.get("what").cloned().unwrap_or_default();
    let input = form
        .iter()
        .filter(|(name, _)| *name != "what")
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    match control::act(world, &what, &serde_json::Value::Object(input)).await {
        Ok(_) => Reply::see_other("/console"),
        Err(words) => page(
            "Simulated AWS",
            &format!("<div class=\"alert\" role=\"alert\">{}</div>{}", escape(&words), overview(world)),
        ),
    }
}
