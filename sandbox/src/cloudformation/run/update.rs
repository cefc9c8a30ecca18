//! An update of a stack: changes resources in place or makes new ones, and takes it all back when one fails.

use serde_json::Value;

use super::Run;
use crate::cloudformation::resolve::Physical;
use crate::cloudformation::stack::{Stack, StackResource};
use crate::cloudformation::template::Template;
use crate::cloudformation::{custom, resources};

/// What an update did to a resource, to undo it.
enum Change {
    Created(String),
    Updated(StackResource),
    Replaced(StackResource),
}

impl Run {
    /// Runs the update; what `before` had is restored when it fails.
    pub async fn update(&self, template: Template, before: Stack) {
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
