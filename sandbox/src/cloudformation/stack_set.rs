//! Service-managed stack sets: the same role in every member account.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::Timestamp;

use super::resolve::{Physical, Scope};
use super::resources::{self, Place, required, texts};
use super::stack::pseudo;
use super::template::Template;
use crate::state::State;

/// A stack set.
#[derive(Clone, Debug)]
pub struct StackSet {
    /// `name:uuid`.
    pub id: String,
    /// Name.
    pub name: String,
    /// Account that owns it.
    pub account: String,
    /// One per member account.
    pub instances: Vec<Instance>,
}

/// What a stack set made in an account.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// ARN of the stack in that account.
    pub stack_id: String,
    /// Whether it succeeded, and why not.
    pub failure: Option<String>,
    made: Vec<(String, Value, Physical)>,
}

/// Makes a stack set and its instances.
pub fn create(state: &mut State, place: &Place, properties: &Value) -> Result<Physical, String> {
    let name = required(properties, "StackSetName")?;
    if state.stack_sets.values().any(|set| set.account == place.account && set.name == name) {
        return Err(format!("Name already exists: {name}"));
    }
    let instances = deploy(state, place, properties)?;
    let id = format!("{name}:{}", state.random.uuid());
    let attributes = [("StackSetId".to_owned(), id.clone())].into_iter().collect();
    state
        .stack_sets
        .insert(id.clone(), StackSet { id: id.clone(), name, account: place.account.clone(), instances });
    Ok(Physical { id, attributes })
}

/// Makes its instances anew.
pub fn update(
    state: &mut State,
    place: &Place,
    properties: &Value,
    physical: &Physical,
) -> Result<Physical, String> {
    withdraw(state, &physical.id);
    let instances = deploy(state, place, properties)?;
    if let Some(set) = state.stack_sets.get_mut(&physical.id) {
        set.instances = instances;
    }
    Ok(physical.clone())
}

/// Deletes it with its instances.
pub fn delete(state: &mut State, physical: &Physical) {
    withdraw(state, &physical.id);
    state.stack_sets.remove(&physical.id);
}

fn withdraw(state: &mut State, id: &str) {
    let instances =
        state.stack_sets.get_mut(id).map(|set| std::mem::take(&mut set.instances)).unwrap_or_default();
    for instance in instances {
        let place = member_place(&instance.account, &instance.region, id, Timestamp::UNIX_EPOCH);
        for (kind, properties, physical) in instance.made.iter().rev() {
            // Roles and policies never refuse deletion.
            let _ = resources::delete(state, &place, kind, properties, physical);
        }
    }
}

fn member_place(account: &str, region: &str, set: &str, now: Timestamp) -> Place {
    let stem = set.split(':').next().unwrap_or_default();
    Place {
        account: account.to_owned(),
        region: region.to_owned(),
        stack: format!("StackSet-{stem}"),
        logical: String::new(),
        now,
    }
}

fn deploy(state: &mut State, place: &Place, properties: &Value) -> Result<Vec<Instance>, String> {
    for name in properties.as_object().map(|object| object.keys()).into_iter().flatten() {
        if !matches!(
            name.as_str(),
            "AutoDeployment"
                | "CallAs"
                | "Capabilities"
                | "Description"
                | "ManagedExecution"
                | "OperationPreferences"
                | "Parameters"
                | "PermissionModel"
                | "StackInstancesGroup"
                | "StackSetName"
                | "TemplateBody"
        ) {
            return Err(format!("Properties validation failed: #: extraneous key [{name}] is not permitted"));
        }
    }
    if properties.get("PermissionModel").and_then(Value::as_str) != Some("SERVICE_MANAGED") {
        return Err("Only service-managed stack sets are simulated".to_owned());
    }
    let organization = &state.organization;
    if organization.management != place.account || !organization.trusted_access {
        return Err("You must enable organizations access to operate a service managed stack set".to_owned());
    }
    let template = Template::parse(&required(properties, "TemplateBody")?)?;
    let capabilities = texts(properties, "Capabilities");
    if let Some(needed) = template.capability()
        && !capabilities.iter().any(|given| given == needed || given == "CAPABILITY_NAMED_IAM")
    {
        return Err(format!("Requires capabilities : [{needed}]"));
    }
    let given = properties
        .get("Parameters")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .map(|pair| Ok((required(pair, "ParameterKey")?, required(pair, "ParameterValue")?)))
        .collect::<Result<_, String>>()?;
    let parameters = template.values(&given).map_err(|complaints| {
        complaints.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join("; ")
    })?;
    let name = required(properties, "StackSetName")?;
    let root = organization.root.clone();
    let members: Vec<String> = state
        .accounts
        .values()
        .filter(|account| account.in_organization && account.id != place.account)
        .map(|account| account.id.clone())
        .collect();
    let mut instances = Vec::new();
    let groups = properties.get("StackInstancesGroup").and_then(Value::as_array).cloned().unwrap_or_default();
    for group in &groups {
        let units = group
            .get("DeploymentTargets")
            .map(|targets| texts(targets, "OrganizationalUnitIds"))
            .unwrap_or_default();
        if units.iter().any(|unit| *unit != root) {
            return Err("The organizational unit does not exist".to_owned());
        }
        for region in texts(group, "Regions") {
            for account in &members {
                let at = member_place(account, &region, &name, place.now);
                instances.push(instance(state, &at, &template, &parameters));
            }
        }
    }
    Ok(instances)
}

fn instance(
    state: &mut State,
    place: &Place,
    template: &Template,
    parameters: &BTreeMap<String, String>,
) -> Instance {
    let stack_id = format!(
        "arn:aws:cloudformation:{}:{}:stack/{}-{}/{}",
        place.region,
        place.account,
        place.stack,
        state.random.uuid(),
        state.random.uuid()
    );
    let (made, failure) = make_at_once(state, place, template, parameters, &stack_id);
    Instance { account: place.account.clone(), region: place.region.clone(), stack_id, failure, made }
}

/// What an instance made, and why it stopped.
type AtOnce = (Vec<(String, Value, Physical)>, Option<String>);

/// Makes a template's resources at once, without events.
fn make_at_once(
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
