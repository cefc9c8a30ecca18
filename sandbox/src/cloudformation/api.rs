//! CloudFormation's reads.

use std::collections::BTreeMap;

use super::stack::Stack;
use crate::clock::iso;
use crate::iam::policy::Ask;
use crate::iam::{Caller, authorize};
use crate::state::State;
use crate::wire::{Answer, Refusal, element};

fn invalid(words: impl Into<String>) -> Refusal {
    Refusal::bad("ValidationError", words)
}

/// Answers an action with the inner XML of its result.
pub fn handle(
    state: &State,
    caller: &Caller,
    region: &str,
    action: &str,
    form: &BTreeMap<String, String>,
) -> Answer<String> {
    let members: &[&str] = match action {
        "DescribeStacks" | "DescribeStackEvents" => &["StackName", "NextToken"],
        "DescribeStackResources" => &["StackName", "LogicalResourceId"],
        "GetTemplate" => &["StackName", "TemplateStage"],
        "ListStackInstances" => &["StackSetName", "NextToken", "MaxResults", "CallAs"],
        _ => {
            return Err(Refusal::bad(
                "InvalidAction",
                format!("Could not find operation {action} for version 2010-05-15"),
            ));
        }
    };
    if let Some(unknown) = form
        .keys()
        .find(|key| !matches!(key.as_str(), "Action" | "Version") && !members.contains(&key.as_str()))
    {
        return Err(invalid(format!("Parameter {unknown} is not simulated")));
    }
    let may = |resource: &str| {
        authorize(state, caller, &Ask::new(&format!("cloudformation:{action}"), resource), None)
    };
    if action == "ListStackInstances" {
        return list_stack_instances(state, caller, region, form, may);
    }
    let name = form.get("StackName").map(String::as_str);
    let Some(name) = name else {
        may("*")?;
        return if action == "DescribeStacks" {
            all_stacks(state, caller, region)
        } else {
            Err(invalid("StackName is required"))
        };
    };
    let stack = find(state, caller, region, name);
    let resource = match stack {
        Some(stack) => stack.id.clone(),
        None if name.starts_with("arn:") => name.to_owned(),
        None => format!("arn:aws:cloudformation:{region}:{}:stack/{name}/*", caller.account),
    };
    may(&resource)?;
    let stack = stack.ok_or_else(|| match action {
        "DescribeStacks" => invalid(format!("Stack with id {name} does not exist")),
        _ => invalid(format!("Stack [{name}] does not exist")),
    })?;
    match action {
        "DescribeStacks" => Ok(format!("<Stacks>{}</Stacks>", describe(stack))),
        "DescribeStackEvents" => events(state, stack, form),
        "DescribeStackResources" => Ok(resources(stack, form)),
        _ => Ok(format!(
            "<StagesAvailable><member>Original</member><member>Processed</member></StagesAvailable>{}",
            element("TemplateBody", &stack.template)
        )),
    }
}

/// By ARN any stack, by name one that is not deleted.
fn find<'a>(state: &'a State, caller: &Caller, region: &str, name: &str) -> Option<&'a Stack> {
    state.stacks.values().find(|stack| {
        stack.account == caller.account
            && stack.region == region
            && (stack.id == name || (stack.name == name && !stack.is_deleted()))
    })
}

fn all_stacks(state: &State, caller: &Caller, region: &str) -> Answer<String> {
    let shown: String = state
        .stacks
        .values()
        .filter(|stack| stack.account == caller.account && stack.region == region && !stack.is_deleted())
        .map(describe)
        .collect();
    Ok(format!("<Stacks>{shown}</Stacks>"))
}

fn describe(stack: &Stack) -> String {
    let member = |inner: String| format!("<member>{inner}</member>");
    let parameters: String = stack
        .parameters
        .iter()
        .map(|(key, value)| member(element("ParameterKey", key) + &element("ParameterValue", value)))
        .collect();
    let outputs: String = stack
        .outputs
        .iter()
        .map(|(key, value, words)| {
            member(
                [element("OutputKey", key), element("OutputValue", value), element("Description", words)]
                    .concat(),
            )
        })
        .collect();
    let capabilities: String = stack.capabilities.iter().map(|one| element("member", one)).collect();
    let mut parts = vec![
        element("StackId", &stack.id),
        element("StackName", &stack.name),
        element("CreationTime", &iso(stack.created)),
        element("StackStatus", &stack.status),
        element("DisableRollback", "false"),
        format!("<NotificationARNs/><Capabilities>{capabilities}</Capabilities>"),
        format!("<Parameters>{parameters}</Parameters><Outputs>{outputs}</Outputs><Tags/>"),
        "<EnableTerminationProtection>false</EnableTerminationProtection>".to_owned(),
        "<DriftInformation><StackDriftStatus>NOT_CHECKED</StackDriftStatus></DriftInformation>".to_owned(),
    ];
    parts.extend(stack.reason.as_deref().map(|reason| element("StackStatusReason", reason)));
    parts.extend(stack.updated.map(|at| element("LastUpdatedTime", &iso(at))));
    parts.extend(stack.deleted.map(|at| element("DeletionTime", &iso(at))));
    member(parts.concat())
}

/// Start of a page and whether more follow, for tokens `<kind>-<number>`.
fn page_start(form: &BTreeMap<String, String>, kind: &str) -> Answer<usize> {
    match form.get("NextToken") {
        None => Ok(0),
        Some(token) => token
            .strip_prefix(kind)
            .and_then(|rest| hex::decode(rest).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok())
            .ok_or_else(|| invalid("Invalid NextToken")),
    }
}

fn next_token(kind: &str, start: usize) -> String {
    element("NextToken", &format!("{kind}{}", hex::encode(start.to_string())))
}

fn events(state: &State, stack: &Stack, form: &BTreeMap<String, String>) -> Answer<String> {
    let start = page_start(form, "ev")?;
    let size = state.settings.page.max(1);
    let shown: String = stack
        .events
        .iter()
        .rev()
        .skip(start)
        .take(size)
        .map(|event| {
            let mut parts = vec![
                element("EventId", &event.id),
                element("StackId", &stack.id),
                element("StackName", &stack.name),
                element("LogicalResourceId", &event.logical),
                element("PhysicalResourceId", &event.physical),
                element("ResourceType", &event.kind),
                element("Timestamp", &iso(event.at)),
                element("ResourceStatus", &event.status),
            ];
            parts.extend(event.reason.as_deref().map(|reason| element("ResourceStatusReason", reason)));
            format!("<member>{}</member>", parts.concat())
        })
        .collect();
    let more = if start + size < stack.events.len() { next_token("ev", start + size) } else { String::new() };
    Ok(format!("<StackEvents>{shown}</StackEvents>{more}"))
}

fn resources(stack: &Stack, form: &BTreeMap<String, String>) -> String {
    let wanted = form.get("LogicalResourceId");
    let shown: String = stack
        .resources
        .iter()
        .filter(|row| wanted.is_none_or(|wanted| *wanted == row.logical))
        .take(100)
        .map(|row| {
            let mut parts = vec![
                element("StackName", &stack.name),
                element("StackId", &stack.id),
                element("LogicalResourceId", &row.logical),
                element("PhysicalResourceId", &row.physical.id),
                element("ResourceType", &row.kind),
                element("Timestamp", &iso(row.changed)),
                element("ResourceStatus", &row.status),
            ];
            parts.extend(row.reason.as_deref().map(|reason| element("ResourceStatusReason", reason)));
            format!("<member>{}</member>", parts.concat())
        })
        .collect();
    format!("<StackResources>{shown}</StackResources>")
}

fn list_stack_instances(
    state: &State,
    caller: &Caller,
    region: &str,
    form: &BTreeMap<String, String>,
    may: impl Fn(&str) -> Answer<()>,
) -> Answer<String> {
    let name = form.get("StackSetName").ok_or_else(|| invalid("StackSetName is required"))?;
    let set = state
        .stack_sets
        .values()
        .find(|set| set.account == caller.account && (set.name == *name || set.id == *name));
    let id = set.map_or_else(|| format!("{name}:*"), |set| set.id.clone());
    may(&format!("arn:aws:cloudformation:{region}:{}:stackset/{id}", caller.account))?;
    let set = set.ok_or_else(|| {
        Refusal::new(404, "StackSetNotFoundException", format!("StackSet {name} not found"))
    })?;
    let start = page_start(form, "in")?;
    let size = state.settings.page.max(1);
    let shown: String = set
        .instances
        .iter()
        .skip(start)
        .take(size)
        .map(|one| {
            let (status, detail) = match one.failure {
                None => ("CURRENT", "SUCCEEDED"),
                Some(_) => ("OUTDATED", "FAILED"),
            };
            let mut parts = vec![
                element("StackSetId", &set.id),
                element("Region", &one.region),
                element("Account", &one.account),
                element("StackId", &one.stack_id),
                element("Status", status),
                element("OrganizationalUnitId", &state.organization.root),
                format!("<StackInstanceStatus>{}</StackInstanceStatus>", element("DetailedStatus", detail)),
            ];
            parts.extend(one.failure.as_deref().map(|words| element("StatusReason", words)));
            format!("<member>{}</member>", parts.concat())
        })
        .collect();
    let more =
        if start + size < set.instances.len() { next_token("in", start + size) } else { String::new() };
    Ok(format!("<Summaries>{shown}</Summaries>{more}"))
}
