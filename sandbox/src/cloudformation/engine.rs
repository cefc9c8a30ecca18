//! Takes what a person submits: checks all that AWS refuses before it starts, and starts the creation, the update or the
//! deletion of a stack.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::resolve::Scope;
use super::resources;
use super::run::Run;
use super::stack::{Stack, pseudo};
use super::template::Template;
use crate::wire::{Answer, Refusal};
use crate::world::World;

/// What a person submits.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Stack's name.
    pub name: String,
    /// Template's text.
    pub template: String,
    /// Where it came from.
    pub template_url: String,
    /// Parameters given.
    pub parameters: BTreeMap<String, String>,
    /// Capabilities acknowledged.
    pub capabilities: Vec<String>,
}

fn invalid(words: impl Into<String>) -> Refusal {
    Refusal::bad("ValidationError", words)
}

/// Everything AWS refuses before it starts: names, region, capabilities, parameters, rules, references.
pub fn check(launch: &Launch, id: &str) -> Answer<(Template, BTreeMap<String, String>)> {
    let template = Template::parse(&launch.template).map_err(invalid)?;
    let unknown: Vec<&str> = template
        .resources
        .iter()
        .map(|resource| resource.kind.as_str())
        .filter(|kind| !resources::exists(kind, &launch.region))
        .collect();
    if !unknown.is_empty() {
        return Err(invalid(format!(
            "Template format error: Unrecognized resource types: [{}]",
            unknown.join(", ")
        )));
    }
    let parameters = template.values(&launch.parameters).map_err(|complaints| {
        invalid(complaints.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join("\n"))
    })?;
    if let Some(needed) = template.capability()
        && !launch.capabilities.iter().any(|given| given == needed || given == "CAPABILITY_NAMED_IAM")
    {
        return Err(Refusal::bad(
            "InsufficientCapabilitiesException",
            format!("Requires capabilities : [{needed}]"),
        ));
    }
    let pseudo = pseudo(&launch.account, &launch.region, id, &launch.name);
    let scope =
        Scope { template: &template, parameters: &parameters, pseudo: &pseudo, physical: &BTreeMap::new() };
    let broken = scope.broken_rules().map_err(invalid)?;
    if !broken.is_empty() {
        return Err(invalid(format!("Template error: Rule assertion failed: {}", broken.join("; "))));
    }
    scope.order().map_err(invalid)?;
    Ok((template, parameters))
}

/// Starts a stack and answers its ARN.
pub fn create(world: &Arc<World>, launch: Launch) -> Answer<String> {
    let valid_name = launch.name.len() <= 128
        && launch.name.starts_with(|first: char| first.is_ascii_alphabetic())
        && launch.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !valid_name {
        return Err(invalid(format!(
            "1 validation error detected: Value '{}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
            launch.name
        )));
    }
    let now = world.clock.now();
    let mut state = world.lock();
    let id = format!(
        "arn:aws:cloudformation:{}:{}:stack/{}/{}",
        launch.region,
        launch.account,
        launch.name,
        state.random.uuid()
    );
    let (template, parameters) = check(&launch, &id)?;
    let taken = state.stacks.values().any(|stack| {
        stack.name == launch.name
            && stack.account == launch.account
            && stack.region == launch.region
            && !stack.is_deleted()
    });
    if taken {
        return Err(Refusal::bad(
            "AlreadyExistsException",
            format!("Stack [{}] already exists", launch.name),
        ));
    }
    state.stacks.insert(
        id.clone(),
        Stack {
            id: id.clone(),
            name: launch.name,
            account: launch.account,
            region: launch.region,
            status: String::new(),
            reason: None,
            template: launch.template,
            template_url: launch.template_url,
            parameters,
            capabilities: launch.capabilities,
            outputs: Vec::new(),
            resources: Vec::new(),
            events: Vec::new(),
            created: now,
            updated: None,
            deleted: None,
        },
    );
    drop(state);
    let run = Run { world: world.clone(), id: id.clone() };
    run.stack("CREATE_IN_PROGRESS", Some("User Initiated"));
    tokio::spawn(async move { run.create(template).await });
    Ok(id)
}

/// Starts an update; without a template the present one is kept.
pub fn update(
    world: &Arc<World>,
    id: &str,
    template: Option<String>,
    parameters: &BTreeMap<String, String>,
    capabilities: Vec<String>,
) -> Answer<()> {
    let mut state = world.lock();
    let stack = state.stacks.get(id).filter(|stack| !stack.is_deleted()).cloned();
    let stack = stack.ok_or_else(|| invalid(format!("Stack [{id}] does not exist")))?;
    if !matches!(stack.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE") {
        return Err(invalid(format!("Stack:{id} is in {} state and can not be updated.", stack.status)));
    }
    let text = template.unwrap_or_else(|| stack.template.clone());
    let mut given = stack.parameters.clone();
    given.extend(parameters.clone());
    let launch = Launch {
        account: stack.account.clone(),
        region: stack.region.clone(),
        name: stack.name.clone(),
        template: text.clone(),
        template_url: stack.template_url.clone(),
        parameters: given,
        capabilities: capabilities.clone(),
    };
    let (template, values) = check(&launch, id)?;
    if text == stack.template && values == stack.parameters {
        return Err(invalid("No updates are to be performed."));
    }
    let before = stack.clone();
    if let Some(stack) = state.stacks.get_mut(id) {
        stack.template = text;
        stack.parameters = values;
        stack.capabilities = capabilities;
        stack.updated = Some(world.clock.now());
    }
    drop(state);
    let run = Run { world: world.clone(), id: id.to_owned() };
    run.stack("UPDATE_IN_PROGRESS", Some("User Initiated"));
    tokio::spawn(async move { run.update(template, before).await });
    Ok(())
}

/// Starts a deletion. A stack that is gone stays gone.
pub fn delete(world: &Arc<World>, id: &str) -> Answer<()> {
    {
        let state = world.lock();
        let stack = state.stacks.get(id).ok_or_else(|| invalid(format!("Stack [{id}] does not exist")))?;
        if stack.is_deleted() {
            return Ok(());
        }
        if stack.is_busy() {
            return Err(invalid(format!("Stack [{id}] is in {} state and can not be deleted", stack.status)));
        }
    }
    let run = Run { world: world.clone(), id: id.to_owned() };
    run.stack("DELETE_IN_PROGRESS", Some("User Initiated"));
    tokio::spawn(async move { run.delete().await });
    Ok(())
}
