//! A stack under way: one resource after the other with its events, and back again when one fails.

mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::custom::{self, Demand};
use super::resolve::{Physical, Scope};
use super::resources::{self, Place};
use super::stack::{Event, Stack, StackResource};
use super::template::Template;
use crate::state::State;
use crate::world::World;

/// A stack under way.
pub struct Run {
    /// Where it runs.
    pub world: Arc<World>,
    /// ARN of the stack.
    pub id: String,
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
    pub fn stack(&self, status: &str, reason: Option<&str>) {
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

    /// Makes every resource; takes them away again when one fails.
    pub async fn create(&self, template: Template) {
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

    /// Deletes the stack with what is in it.
    pub async fn delete(&self) {
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
}
