//! A stack: status, events as they happen, outputs, update and deletion.

use std::sync::Arc;

use super::{alert, page};
use crate::clock::iso_seconds;
use crate::cloudformation::engine;
use crate::cloudformation::stack::Stack;
use crate::cloudformation::template::{Parameter, Template};
use crate::wire::{Refusal, Reply, Request, encode, escape};
use crate::world::World;

/// Shows a stack. The page looks again while something happens.
pub fn show(world: &World, request: &Request) -> Reply {
    let id = request.query_value("id").unwrap_or_default();
    match world.lock().stacks.get(&id) {
        Some(stack) => page(&stack.name, &inside(stack, None)),
        None => page(
            "Stacks",
            &alert(&Refusal::bad("ValidationError", format!("Stack with id {id} does not exist"))),
        ),
    }
}

fn inside(stack: &Stack, refused: Option<&Refusal>) -> String {
    let tone = |status: &str| match status {
        status if status.contains("FAILED") || status.contains("ROLLBACK") => "bad",
        status if status.ends_with("COMPLETE") => "good",
        _ => "quiet",
    };
    let row = |cells: &[&str]| {
        format!("<tr>{}</tr>", cells.iter().map(|cell| format!("<td>{cell}</td>")).collect::<String>())
    };
    let events: String = stack
        .events
        .iter()
        .rev()
        .map(|event| {
            let status =
                format!("<span class=\"status {}\">{}</span>", tone(&event.status), escape(&event.status));
            row(&[
                &iso_seconds(event.at),
                &escape(&event.logical),
                &status,
                &escape(event.reason.as_deref().unwrap_or("")),
            ])
        })
        .collect();
    let outputs: String = stack
        .outputs
        .iter()
        .map(|(key, value, words)| {
            row(&[&escape(key), &format!("<code>{}</code>", escape(value)), &escape(words)])
        })
        .collect();
    let resources: String = stack
        .resources
        .iter()
        .map(|one| {
            row(&[
                &escape(&one.logical),
                &escape(&one.kind),
                &format!("<code>{}</code>", escape(&one.physical.id)),
                &escape(&one.status),
            ])
        })
        .collect();
    let parameters: String = match Template::parse(&stack.template) {
        Ok(template) => template
            .parameters
            .iter()
            .map(|one| field(one, stack.parameters.get(&one.name).map_or("", String::as_str)))
            .collect(),
        Err(_) => String::new(),
    };
    let id = escape(&stack.id);
    let refresh =
        if stack.is_busy() { "<script>setTimeout(() => location.reload(), 700)</script>" } else { "" };
    let delete = if stack.is_deleted() || stack.is_busy() {
        String::new()
    } else {
        format!(
            "<form class=\"inline\" method=\"post\" action=\"/console/stack/delete\"><input type=\"hidden\" name=\"id\" value=\"{id}\"><button class=\"harm\" data-testid=\"delete-stack\">Delete stack</button></form>"
        )
    };
    let table = |head: &str, rows: &str| {
        format!(
            "<div class=\"wide\"><table><thead><tr>{}</tr></thead><tbody>{rows}</tbody></table></div>",
            head.split('|').map(|name| format!("<th>{name}</th>")).collect::<String>()
        )
    };
    format!(
        "<h1>{}</h1>{}<section class=\"panel\"><p class=\"status {}\" data-testid=\"stack-status\">{}</p><p class=\"quiet\">{}</p><p class=\"quiet\">Account {} · {}</p><code data-testid=\"stack-id\">{id}</code><p></p>{delete}</section>\
         <section class=\"panel\"><h2>Events</h2>{}</section><section class=\"panel\"><h2>Outputs</h2>{}</section><section class=\"panel\"><h2>Resources</h2>{}</section>\
         <details class=\"panel\"><summary>Update this stack</summary><form method=\"post\" action=\"/console/stack/update\"><input type=\"hidden\" name=\"id\" value=\"{id}\">{parameters}\
         <label class=\"check\"><input type=\"checkbox\" name=\"capability\" value=\"CAPABILITY_IAM\"> I acknowledge that AWS CloudFormation might create IAM resources.</label><button>Update stack</button></form></details>{refresh}",
        escape(&stack.name),
        refused.map(alert).unwrap_or_default(),
        tone(&stack.status),
        escape(&stack.status),
        escape(stack.reason.as_deref().unwrap_or("")),
        escape(&stack.account),
        escape(&stack.region),
        table("Time|Logical id|Status|Reason", &events),
        table("Key|Value|Description", &outputs),
        table("Logical id|Type|Physical id|Status", &resources),
    )
}

/// A parameter of the update form, under the label AWS's console shows in place of its name.
fn field(parameter: &Parameter, value: &str) -> String {
    format!(
        "<label for=\"u_{name}\">{label}</label><input type=\"text\" id=\"u_{name}\" name=\"param_{name}\" value=\"{value}\">",
        name = escape(&parameter.name),
        label = escape(parameter.label.as_deref().unwrap_or(&parameter.name)),
        value = escape(value),
    )
}

fn after(world: &World, id: &str, outcome: Result<(), Refusal>) -> Reply {
    match outcome {
        Ok(()) => Reply::see_other(&format!("/console/stack?id={}", encode(id))),
        Err(refusal) => match world.lock().stacks.get(id) {
            Some(stack) => page(&stack.name, &inside(stack, Some(&refusal))),
            None => page("Stacks", &alert(&refusal)),
        },
    }
}

/// Deletes it.
pub fn delete(world: &Arc<World>, request: &Request) -> Reply {
    let id = request.form().get("id").cloned().unwrap_or_default();
    let outcome = engine::delete(world, &id);
    after(world, &id, outcome)
}

/// Updates its parameters, keeping the template.
pub fn update(world: &Arc<World>, request: &Request) -> Reply {
    let form = request.form();
    let id = form.get("id").cloned().unwrap_or_default();
    let parameters = form
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("param_")?.to_owned(), value.clone())))
        .collect();
    let outcome =
        engine::update(world, &id, None, &parameters, form.get("capability").cloned().into_iter().collect());
    after(world, &id, outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_update_form_shows_the_template_s_labels() {
        let template = Template::parse(include_str!("../../../template/customer.yaml")).unwrap();
        for parameter in &template.parameters {
            let label = parameter.label.as_deref().unwrap();
            let shown = field(parameter, "x\"y");
            assert!(shown.contains(&format!(">{}</label>", escape(label))), "{shown}");
            assert!(!shown.contains(&format!(">{}</label>", parameter.name)), "{shown}");
            assert!(shown.contains(&format!("name=\"param_{}\"", parameter.name)), "{shown}");
            assert!(!shown.contains("x\"y"), "{shown}");
        }
    }
}
