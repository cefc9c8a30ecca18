//! Creates, updates and deletes stacks: synchronous checks first, then one resource after the other with its events.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::custom::{self, Demand};
use super::resolve::{Physical, Scope};
use super::resources::{self, Place};
use super::stack::{Event, Stack, StackResource, pseudo};
use super::template::Template;
use crate::state::State;
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

/// What an instance of a stack set made, and why it stopped.
pub type AtOnce = (Vec<(String, Value, Physical)>, Option<String>);

/// Makes a template's resources at once, without events: an instance of a stack set.
pub fn make_at_once(
    state: &mut State,
    place: &Place,
    template: &Template,
    parameters: &BTreeMap<String, String>,
    stack_id: &str,
) -> AtOnce {
    let pseudo = pseudo(&place.account, &place.region, stack_id, &place.stack);
    let mut physical = BTreeMap::new();
    let mut made = Vec::new();
    let order = Scope { template, parameters, pseudo: &pseudo, physical: &physical }.order();
    let order = match order {
        Ok(order) => order,
        Err(words) => return (made, Some(words)),
    };
    for logical in order {
        let Some(resource) = template.resource(&logical) else { continue };
        let scope = Scope { template, parameters, pseudo: &pseudo, physical: &physical };
        let at = Place { logical: logical.clone(), ..place.clone() };
        let result = scope.resolve(&resource.properties).and_then(|properties| {
            let properties = properties.map_or(Value::Null, |node| node.json());
            resources::create(state, &at, &resource.kind, &properties).map(|physical| (properties, physical))
        });
        match result {
            Ok((properties, one)) => {
                physical.insert(logical, one.clone());
                made.push((resource.kind.clone(), properties, one));
            }
            Err(words) => return (made, Some(words)),
        }
    }
    (made, None)
}

/// A stack under way.
struct Run {
    world: Arc<World>,
    id: String,
}

/// What an update did to a resource, to undo it.
enum Change {
    Created(String),
    Updated(StackResource),
    Replaced(StackResource),
}

impl Run {
    fn with<T>(&self, act: impl FnOnce(&mut State, &mut Stack) -> T) -> Option<T> {
        let mut state = self.world.lock();
        // The stack is taken out so that both can be changed, and put back.
        let mut stack = state.stacks.remove(&self.id)?;
        let result = act(&mut state, &mut stack);
        state.stacks.insert(self.id.clone(), stack);
        Some(result)
    }

    async fn pause(&self) {
        tokio::time::sleep(self.world.options.step).await;
    }

    /// Sets the stack's status.
    fn stack(&self, status: &str, reason: Option<&str>) {
        let now = self.world.clock.now();
        self.with(|state, stack| {
            stack.status = status.to_owned();
            stack.reason = reason.map(str::to_owned);
            if status == "DELETE_COMPLETE" {
                stack.deleted = Some(now);
            }
            stack.events.push(Event {
                id: state.random.uuid(),
                at: now,
                logical: stack.name.clone(),
                physical: stack.id.clone(),
                kind: "AWS::CloudFormation::Stack".to_owned(),
                status: status.to_owned(),
                reason: reason.map(str::to_owned),
            });
        });
    }

    /// Sets a resource's status.
    fn resource(&self, logical: &str, status: &str, reason: Option<&str>) {
        let now = self.world.clock.now();
        self.with(|state, stack| {
            let id = state.random.uuid();
            if let Some(resource) = stack.resources.iter_mut().find(|resource| resource.logical == logical) {
                resource.status = status.to_owned();
                resource.reason = reason.map(str::to_owned);
                resource.changed = now;
                stack.events.push(Event {
                    id: format!("{logical}-{id}"),
                    at: now,
                    logical: logical.to_owned(),
                    physical: resource.physical.id.clone(),
                    kind: resource.kind.clone(),
                    status: status.to_owned(),
                    reason: reason.map(str::to_owned),
                });
            }
        });
    }

    fn order(&self, template: &Template) -> Result<Vec<String>, String> {
        self.with(|_, stack| {
            let pseudo = stack.pseudo();
            Scope { template, parameters: &stack.parameters, pseudo: &pseudo, physical: &BTreeMap::new() }
                .order()
        })
        .unwrap_or_else(|| Ok(Vec::new()))
    }

    fn properties(&self, template: &Template, logical: &str) -> Result<Value, String> {
        self.with(|_, stack| {
            let (pseudo, physical) = (stack.pseudo(), stack.physical());
            let scope =
                Scope { template, parameters: &stack.parameters, pseudo: &pseudo, physical: &physical };
            let node = template.resource(logical).map(|resource| &resource.properties);
            node.map_or(Ok(None), |node| scope.resolve(node))
                .map(|node| node.map_or(Value::Null, |node| node.json()))
        })
        .unwrap_or(Ok(Value::Null))
    }

    fn place(&self, stack: &Stack, logical: &str) -> Place {
        Place {
            account: stack.account.clone(),
            region: stack.region.clone(),
            stack: stack.name.clone(),
            logical: logical.to_owned(),
            now: self.world.clock.now(),
        }
    }

    fn demand(
        &self,
        request: &'static str,
        resource: &StackResource,
        properties: Value,
        old: Option<Value>,
    ) -> Demand {
        let region = self.id.split(':').nth(3).unwrap_or_default().to_owned();
        Demand {
            request,
            stack: self.id.clone(),
            region,
            logical: resource.logical.clone(),
            kind: resource.kind.clone(),
            properties,
            old,
            physical: Some(resource.physical.id.clone()).filter(|id| !id.is_empty()),
        }
    }

    async fn create(&self, template: Template) {
        let order = match self.order(&template) {
            Ok(order) => order,
            Err(words) => return self.stack("ROLLBACK_COMPLETE", Some(&words)),
        };
        self.pause().await;
        for logical in &order {
            if let Err(words) = self.create_one(&template, logical).await {
                self.resource(logical, "CREATE_FAILED", Some(&words));
                self.stack(
                    "ROLLBACK_IN_PROGRESS",
                    Some(&format!(
                        "The following resource(s) failed to create: [{logical}]. Rollback requested by user."
                    )),
                );
                let clean = self.delete_all().await;
                return self.stack(if clean { "ROLLBACK_COMPLETE" } else { "ROLLBACK_FAILED" }, None);
            }
        }
        match self.set_outputs(&template) {
            Ok(()) => self.stack("CREATE_COMPLETE", None),
            Err(words) => {
                self.stack("ROLLBACK_IN_PROGRESS", Some(&words));
                let clean = self.delete_all().await;
                self.stack(if clean { "ROLLBACK_COMPLETE" } else { "ROLLBACK_FAILED" }, None);
            }
        }
    }

    async fn create_one(&self, template: &Template, logical: &str) -> Result<(), String> {
        let Some(resource) = template.resource(logical) else { return Ok(()) };
        let properties = self.properties(template, logical);
        let row = StackResource {
            logical: logical.to_owned(),
            kind: resource.kind.clone(),
            physical: Physical::default(),
            properties: properties.clone().unwrap_or(Value::Null),
            status: String::new(),
            reason: None,
            retain: resource.retain,
            retain_replaced: resource.retain_replaced,
            changed: self.world.clock.now(),
        };
        self.with(|_, stack| {
            stack.resources.retain(|known| known.logical != logical);
            stack.resources.push(row.clone());
        });
        self.resource(logical, "CREATE_IN_PROGRESS", None);
        let properties = properties?;
        self.pause().await;
        let made = self.make(&row, &properties).await;
        let (physical, failed) = match made {
            Ok(physical) => (physical, None),
            Err((words, physical)) => (physical, Some(words)),
        };
        self.with(|_, stack| {
            if let Some(row) = stack.resources.iter_mut().find(|row| row.logical == logical) {
                row.physical = physical;
            }
        });
        match failed {
            Some(words) => Err(words),
            None => {
                self.resource(logical, "CREATE_IN_PROGRESS", Some("Resource creation Initiated"));
                self.resource(logical, "CREATE_COMPLETE", None);
                Ok(())
            }
        }
    }

    async fn make(&self, row: &StackResource, properties: &Value) -> Result<Physical, (String, Physical)> {
        if row.kind.starts_with("Custom::") {
            let fresh = StackResource { physical: Physical::default(), ..row.clone() };
            let demand = self.demand("Create", &fresh, properties.clone(), None);
            return custom::call(&self.world, &demand)
                .await
                .map_err(|(words, id)| (words, Physical { id, attributes: BTreeMap::new() }));
        }
        self.with(|state, stack| {
            let place = self.place(stack, &row.logical);
            resources::create(state, &place, &row.kind, properties)
                .map_err(|words| (words, Physical::default()))
        })
        .unwrap_or_else(|| Err(("The stack is gone".to_owned(), Physical::default())))
    }

    fn set_outputs(&self, template: &Template) -> Result<(), String> {
        self.with(|_, stack| {
            let (pseudo, physical) = (stack.pseudo(), stack.physical());
            let scope =
                Scope { template, parameters: &stack.parameters, pseudo: &pseudo, physical: &physical };
            let mut outputs = Vec::new();
            for (name, output) in &template.outputs {
                let wanted =
                    output.member("Condition").map_or(Ok(true), |condition| scope.condition(&condition))?;
                if let (true, Some(value)) = (wanted, output.get("Value")) {
                    outputs.push((
                        name.clone(),
                        scope.text(value)?,
                        output.member("Description").unwrap_or_default(),
                    ));
                }
            }
            stack.outputs = outputs;
            Ok(())
        })
        .unwrap_or(Ok(()))
    }

    /// Deletes every resource in reverse; whether all went.
    async fn delete_all(&self) -> bool {
        let rows = self.with(|_, stack| stack.resources.clone()).unwrap_or_default();
        let mut clean = true;
        for row in rows.iter().rev().filter(|row| !row.status.starts_with("DELETE_COMPLETE")) {
            clean &= self.delete_one(row, row.retain, true).await;
        }
        clean
    }

    /// Deletes a resource unless it is retained. `listed`: its row follows along.
    async fn delete_one(&self, row: &StackResource, retain: bool, listed: bool) -> bool {
        let note = |status: &str, reason: Option<&str>| {
            if listed {
                self.resource(&row.logical, status, reason);
            }
        };
        if row.physical.id.is_empty() {
            note("DELETE_COMPLETE", None);
            return true;
        }
        if retain {
            note("DELETE_SKIPPED", None);
            return true;
        }
        note("DELETE_IN_PROGRESS", None);
        self.pause().await;
        let result = if row.kind.starts_with("Custom::") {
            let demand = self.demand("Delete", row, row.properties.clone(), None);
            custom::call(&self.world, &demand).await.map(|_| ()).map_err(|(words, _)| words)
        } else {
            self.with(|state, stack| {
                let place = self.place(stack, &row.logical);
                resources::delete(state, &place, &row.kind, &row.properties, &row.physical)
            })
            .unwrap_or(Ok(()))
        };
        match result {
            Ok(()) => note("DELETE_COMPLETE", None),
            Err(words) => {
                note("DELETE_FAILED", Some(&words));
                return false;
            }
        }
        true
    }

    async fn delete(&self) {
        self.pause().await;
        if self.delete_all().await {
            return self.stack("DELETE_COMPLETE", None);
        }
        let failed = self.with(|_, stack| {
            let names: Vec<&str> = stack
                .resources
                .iter()
                .filter(|row| row.status == "DELETE_FAILED")
                .map(|row| row.logical.as_str())
                .collect();
            names.join(", ")
        });
        let words = format!("The following resource(s) failed to delete: [{}].", failed.unwrap_or_default());
        self.stack("DELETE_FAILED", Some(&words));
    }

    async fn update(&self, template: Template, before: Stack) {
        self.pause().await;
        let order = self.order(&template).unwrap_or_default();
        let mut changes = Vec::new();
        for logical in &order {
            if let Err(words) = self.update_one(&template, logical, &mut changes).await {
                self.resource(logical, "UPDATE_FAILED", Some(&words));
                self.stack(
                    "UPDATE_ROLLBACK_IN_PROGRESS",
                    Some(&format!("The following resource(s) failed to update: [{logical}].")),
                );
                return self.undo(changes, before).await;
            }
        }
        if let Err(words) = self.set_outputs(&template) {
            self.stack("UPDATE_ROLLBACK_IN_PROGRESS", Some(&words));
            return self.undo(changes, before).await;
        }
        self.stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None);
        for change in changes.iter().rev() {
            if let Change::Replaced(old) = change {
                self.delete_one(old, old.retain_replaced, false).await;
            }
        }
        let gone: Vec<StackResource> =
            before.resources.iter().filter(|row| !order.contains(&row.logical)).cloned().collect();
        for row in gone.iter().rev().filter(|row| !row.status.starts_with("DELETE_")) {
            self.delete_one(row, row.retain, true).await;
        }
        self.with(|_, stack| stack.resources.retain(|row| order.contains(&row.logical)));
        self.stack("UPDATE_COMPLETE", None);
    }

    async fn update_one(
        &self,
        template: &Template,
        logical: &str,
        changes: &mut Vec<Change>,
    ) -> Result<(), String> {
        let existing = self.with(|_, stack| stack.resource(logical).cloned()).flatten();
        let Some(old) = existing.filter(|row| !row.status.starts_with("DELETE_")) else {
            changes.push(Change::Created(logical.to_owned()));
            return self.create_one(template, logical).await;
        };
        let new = self.properties(template, logical)?;
        if let Some(resource) = template.resource(logical) {
            self.with(|_, stack| {
                if let Some(row) = stack.resources.iter_mut().find(|row| row.logical == logical) {
                    row.retain = resource.retain;
                    row.retain_replaced = resource.retain_replaced;
                }
            });
        }
        if new == old.properties {
            return Ok(());
        }
        self.resource(logical, "UPDATE_IN_PROGRESS", None);
        self.pause().await;
        let (physical, replaced) = self.change(&old, &new).await?;
        changes.push(if replaced { Change::Replaced(old.clone()) } else { Change::Updated(old.clone()) });
        self.with(|_, stack| {
            if let Some(row) = stack.resources.iter_mut().find(|row| row.logical == logical) {
                row.physical = physical;
                row.properties = new;
            }
        });
        self.resource(logical, "UPDATE_COMPLETE", None);
        Ok(())
    }

    /// Changes a resource in place, or makes a new one; whether it is new.
    async fn change(&self, old: &StackResource, new: &Value) -> Result<(Physical, bool), String> {
        if old.kind.starts_with("Custom::") {
            let demand = self.demand("Update", old, new.clone(), Some(old.properties.clone()));
            let physical = custom::call(&self.world, &demand).await.map_err(|(words, _)| words)?;
            let replaced = physical.id != old.physical.id;
            return Ok((physical, replaced));
        }
        let updated = self
            .with(|state, stack| {
                let place = self.place(stack, &old.logical);
                resources::update(state, &place, &old.kind, &old.properties, new, &old.physical)
            })
            .unwrap_or(Err("The stack is gone".to_owned()))?;
        match updated {
            Some(physical) => Ok((physical, false)),
            None => self.make(old, new).await.map(|physical| (physical, true)).map_err(|(words, _)| words),
        }
    }

    /// Takes an update back.
    async fn undo(&self, changes: Vec<Change>, before: Stack) {
        for change in changes.iter().rev() {
            let (Change::Created(logical)
            | Change::Updated(StackResource { logical, .. })
            | Change::Replaced(StackResource { logical, .. })) = change;
            let Some(present) = self.with(|_, stack| stack.resource(logical).cloned()).flatten() else {
                continue;
            };
            match change {
                Change::Created(_) => {
                    self.delete_one(&present, present.retain, true).await;
                }
                Change::Replaced(_) => {
                    self.delete_one(&present, present.retain_replaced, false).await;
                }
                Change::Updated(old) => {
                    // What cannot be taken back keeps its new form; AWS would stop in UPDATE_ROLLBACK_FAILED.
                    if let Err(words) = self.change(&present, &old.properties).await {
                        self.resource(logical, "UPDATE_FAILED", Some(&words));
                        return self.stack("UPDATE_ROLLBACK_FAILED", Some(&words));
                    }
                }
            }
        }
        self.with(|_, stack| {
            stack.template = before.template;
            stack.parameters = before.parameters;
            stack.outputs = before.outputs;
            stack.capabilities = before.capabilities;
            stack.resources = before.resources;
        });
        self.stack("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", None);
        self.stack("UPDATE_ROLLBACK_COMPLETE", None);
    }
}
