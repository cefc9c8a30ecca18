//! Quick-create: the parameters of the link, the acknowledgement, and what AWS refuses.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{alert, page};
use crate::billing::MANAGEMENT;
use crate::cloudformation::engine::{self, Launch};
use crate::cloudformation::template::{Parameter, Template};
use crate::wire::{Refusal, Reply, Request, encode, escape};
use crate::world::{TEMPLATES, World};

const REGIONS: [(&str, &str); 4] = [
    ("us-east-1", "US East (N. Virginia)"),
    ("us-west-2", "US West (Oregon)"),
    ("eu-central-1", "Europe (Frankfurt)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
];

/// Shows the form, filled in from the link or from a refused attempt.
pub fn show(world: &World, request: &Request, refused: Option<&Refusal>) -> Reply {
    let fields: BTreeMap<String, String> =
        if request.method == "POST" { request.form() } else { request.query_pairs().into_iter().collect() };
    let url = fields.get("templateURL").cloned().unwrap_or_default();
    let template = match template(world, &url)
        .and_then(|text| Template::parse(&text).map_err(|words| Refusal::bad("ValidationError", words)))
    {
        Ok(template) => template,
        Err(refusal) => return page("Create stack", &format!("<h1>Create stack</h1>{}", alert(&refusal))),
    };
    let field =
        |name: &str, otherwise: &str| fields.get(name).cloned().unwrap_or_else(|| otherwise.to_owned());
    let region = field("region", "us-east-1");
    let account = field("account", MANAGEMENT);
    let accounts: String = {
        let state = world.lock();
        let all = state.accounts.values().filter(|one| one.id != crate::accounts::OPERATOR);
        all.map(|one| {
            option(
                &one.id,
                &format!(
                    "{} ({}{})",
                    one.name,
                    one.id,
                    if one.id == MANAGEMENT { ", management account" } else { "" }
                ),
                &account,
            )
        })
        .collect()
    };
    let regions: String =
        REGIONS.iter().map(|(id, name)| option(id, &format!("{name} {id}"), &region)).collect();
    let known: BTreeMap<&str, &Parameter> =
        template.parameters.iter().map(|one| (one.name.as_str(), one)).collect();
    let mut shown: Vec<&str> = Vec::new();
    let mut groups = String::new();
    for (label, names) in &template.groups {
        let inputs: String =
            names.iter().filter_map(|name| known.get(name.as_str())).map(|one| input(one, &fields)).collect();
        shown.extend(names.iter().map(String::as_str));
        groups += &format!("<section class=\"panel\"><h2>{}</h2>{inputs}</section>", escape(label));
    }
    let rest: String = template
        .parameters
        .iter()
        .filter(|one| !shown.contains(&one.name.as_str()))
        .map(|one| input(one, &fields))
        .collect();
    if !rest.is_empty() {
        groups += &format!("<section class=\"panel\"><h2>Parameters</h2>{rest}</section>");
    }
    let capability = match template.capability() {
        Some(needed) => format!(
            "<section class=\"panel\"><h2>Capabilities</h2><p class=\"quiet\">The following resource(s) require capabilities: [AWS::IAM::Role]</p>\
             <label class=\"check\"><input type=\"checkbox\" name=\"capability\" value=\"{needed}\"> I acknowledge that AWS CloudFormation might create IAM resources.</label></section>"
        ),
        None => String::new(),
    };
    let inside = format!(
        "<h1>Quick create stack</h1>{}<form method=\"post\" action=\"/console/create\"><input type=\"hidden\" name=\"templateURL\" value=\"{url}\">\
         <section class=\"panel\"><h2>Template</h2><p class=\"quiet\">Template URL</p><code>{url}</code><p class=\"quiet\">{}</p></section>\
         <section class=\"panel\"><h2>Where</h2><label for=\"account\">Signed in to account</label><select id=\"account\" name=\"account\">{accounts}</select>\
         <label for=\"region\">Region</label><select id=\"region\" name=\"region\">{regions}</select>\
         <label for=\"stackName\">Stack name</label><input type=\"text\" id=\"stackName\" name=\"stackName\" value=\"{}\"></section>\
         {groups}{capability}<button data-testid=\"create-stack\">Create stack</button></form>",
        refused.map(alert).unwrap_or_default(),
        escape(&template.description),
        escape(&field("stackName", "")),
        url = escape(&url),
    );
    page("Create stack", &inside)
}

fn option(value: &str, label: &str, chosen: &str) -> String {
    let selected = if value == chosen { " selected" } else { "" };
    format!("<option value=\"{}\"{selected}>{}</option>", escape(value), escape(label))
}

fn input(parameter: &Parameter, fields: &BTreeMap<String, String>) -> String {
    let name = format!("param_{}", parameter.name);
    // A link cannot fill in a hidden parameter.
    let given = fields.get(&name).filter(|_| !parameter.no_echo);
    let value = given.or(parameter.default.as_ref()).cloned().unwrap_or_default();
    let label = parameter.label.as_deref().unwrap_or(&parameter.name);
    let control = if parameter.choices().is_empty() {
        format!("<input type=\"text\" id=\"{name}\" name=\"{name}\" value=\"{}\">", escape(&value))
    } else {
        let options: String =
            parameter.choices().iter().map(|choice| option(choice, choice, &value)).collect();
        format!("<select id=\"{name}\" name=\"{name}\">{options}</select>")
    };
    format!(
        "<label for=\"{name}\">{}</label><p class=\"quiet\">{}</p>{control}",
        escape(label),
        escape(&parameter.description)
    )
}

/// The template of an address, from the simulated S3 alone.
fn template(world: &World, url: &str) -> Result<String, Refusal> {
    let invalid = || Refusal::bad("ValidationError", "TemplateURL must be a supported URL.");
    let base = format!("{}/{TEMPLATES}/", world.origin());
    let key = url.strip_prefix(&base).filter(|_| url.len() <= 1_024).ok_or_else(invalid)?;
    let state = world.lock();
    let object = state.buckets.get(TEMPLATES).and_then(|bucket| bucket.objects.get(key));
    let object = object.ok_or_else(|| Refusal::bad("ValidationError", "S3 error: Access Denied"))?;
    String::from_utf8(object.bytes.to_vec()).map_err(|_| invalid())
}

/// Starts the stack, or shows the form again with AWS's words.
pub fn create(world: &Arc<World>, request: &Request) -> Reply {
    let form = request.form();
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let launch = template(world, &field("templateURL")).map(|text| Launch {
        account: field("account"),
        region: field("region"),
        name: field("stackName"),
        template: text,
        template_url: field("templateURL"),
        parameters: form
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("param_")?.to_owned(), value.clone())))
            .collect(),
        capabilities: form.get("capability").cloned().into_iter().collect(),
    });
    match launch.and_then(|launch| engine::create(world, launch)) {
        Ok(id) => Reply::see_other(&format!("/console/stack?id={}", encode(&id))),
        Err(refusal) => show(world, request, Some(&refusal)),
    }
}
