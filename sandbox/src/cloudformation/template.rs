//! A template's sections, and what can be said about it before anything is created.

use std::collections::BTreeMap;

use regex::Regex;

use super::node::Node;

/// A template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its text, as given.
    pub text: String,
    /// What it says it is.
    pub description: String,
    /// Parameters in order.
    pub parameters: Vec<Parameter>,
    /// Groups of parameters for display: label and names.
    pub groups: Vec<(String, Vec<String>)>,
    /// Rules.
    pub rules: Vec<(String, Node)>,
    /// Conditions.
    pub conditions: Vec<(String, Node)>,
    /// Mappings.
    pub mappings: Node,
    /// Resources in order.
    pub resources: Vec<Resource>,
    /// Outputs.
    pub outputs: Vec<(String, Node)>,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Label of the interface section.
    pub label: Option<String>,
    /// What it is for.
    pub description: String,
    /// Value if none is given.
    pub default: Option<String>,
    /// Whether it is hidden.
    pub no_echo: bool,
    allowed_values: Vec<String>,
    allowed_pattern: Option<String>,
    constraint: Option<String>,
    length: (Option<usize>, Option<usize>),
}

/// A resource.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Logical id.
    pub id: String,
    /// `AWS::IAM::Role`.
    pub kind: String,
    /// Properties, unresolved.
    pub properties: Node,
    /// Name of its condition.
    pub condition: Option<String>,
    /// Explicit dependencies.
    pub depends_on: Vec<String>,
    /// Whether deletion leaves it.
    pub retain: bool,
    /// Whether replacement leaves the old one.
    pub retain_replaced: bool,
}

const SECTIONS: [&str; 9] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Resources",
    "Outputs",
];

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, String> {
        let root = Node::parse(text)?;
        for (section, _) in root.pairs() {
            if !SECTIONS.contains(&section.as_str()) {
                return Err(format!("Invalid template property or properties [{section}]"));
            }
        }
        let interface = root.get("Metadata").and_then(|data| data.get("AWS::CloudFormation::Interface"));
        let label = |name: &str| interface?.get("ParameterLabels")?.get(name)?.member("default");
        let groups = interface.and_then(|part| part.get("ParameterGroups")).map(groups).unwrap_or_default();
        let section = |name: &str| root.get(name).map(|node| node.pairs().to_vec()).unwrap_or_default();
        let parameters = section("Parameters")
            .iter()
            .map(|(name, node)| Parameter::parse(name, node, label(name)))
            .collect::<Result<Vec<_>, _>>()?;
        let resources = section("Resources")
            .iter()
            .map(|(id, node)| Resource::parse(id, node))
            .collect::<Result<Vec<_>, _>>()?;
        if resources.is_empty() {
            return Err("Template format error: At least one Resources member must be defined.".to_owned());
        }
        Ok(Self {
            text: text.to_owned(),
            description: root.member("Description").unwrap_or_default(),
            parameters,
            groups,
            rules: section("Rules"),
            conditions: section("Conditions"),
            mappings: root.get("Mappings").cloned().unwrap_or(Node::Map(Vec::new())),
            resources,
            outputs: section("Outputs"),
        })
    }

    /// A resource by logical id.
    pub fn resource(&self, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// Every parameter's value, or every complaint. Unknown names are ignored, as the console does.
    pub fn values(
        &self,
        given: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Vec<(String, String)>> {
        let mut values = BTreeMap::new();
        let mut complaints = Vec::new();
        for parameter in &self.parameters {
            match given.get(&parameter.name).cloned().or_else(|| parameter.default.clone()) {
                None => complaints.push((
                    parameter.name.clone(),
                    format!("Parameters: [{}] must have values", parameter.name),
                )),
                Some(value) => {
                    if let Err(words) = parameter.check(&value) {
                        complaints.push((parameter.name.clone(), words));
                    }
                    values.insert(parameter.name.clone(), value);
                }
            }
        }
        if complaints.is_empty() { Ok(values) } else { Err(complaints) }
    }

    /// The capability its resources need.
    pub fn capability(&self) -> Option<&'static str> {
        let mut needed = None;
        for resource in &self.resources {
            match resource.kind.as_str() {
                "AWS::IAM::Role" if resource.properties.get("RoleName").is_some() => {
                    return Some("CAPABILITY_NAMED_IAM");
                }
                "AWS::IAM::Role" | "AWS::IAM::Policy" => needed = Some("CAPABILITY_IAM"),
                _ => {}
            }
        }
        needed
    }
}

fn groups(node: &Node) -> Vec<(String, Vec<String>)> {
    node.items()
        .into_iter()
        .map(|group| {
            let label = group.get("Label").and_then(|label| label.member("default")).unwrap_or_default();
            let names = group
                .get("Parameters")
                .map(|names| names.items().into_iter().filter_map(Node::text).collect());
            (label, names.unwrap_or_default())
        })
        .collect()
}

impl Parameter {
    fn parse(name: &str, node: &Node, label: Option<String>) -> Result<Self, String> {
        for (key, _) in node.pairs() {
            if !matches!(
                key.as_str(),
                "Type"
                    | "Description"
                    | "Default"
                    | "NoEcho"
                    | "AllowedValues"
                    | "AllowedPattern"
                    | "ConstraintDescription"
                    | "MinLength"
                    | "MaxLength"
            ) {
                return Err(format!(
                    "Template format error: the parameter property {key} of {name} is not simulated"
                ));
            }
        }
        if node.member("Type").as_deref() != Some("String") {
            return Err(format!(
                "Template format error: only String parameters are simulated, {name} is not"
            ));
        }
        let size = |key: &str| node.member(key).and_then(|text| text.parse().ok());
        Ok(Self {
            name: name.to_owned(),
            label,
            description: node.member("Description").unwrap_or_default(),
            default: node.get("Default").map(|value| value.text().unwrap_or_default()),
            no_echo: node.member("NoEcho").as_deref() == Some("true"),
            allowed_values: node
                .get("AllowedValues")
                .map(|values| values.items().into_iter().filter_map(Node::text).collect())
                .unwrap_or_default(),
            allowed_pattern: node.member("AllowedPattern"),
            constraint: node.member("ConstraintDescription"),
            length: (size("MinLength"), size("MaxLength")),
        })
    }

    /// The values it allows, if they are listed.
    pub fn choices(&self) -> &[String] {
        &self.allowed_values
    }

    fn check(&self, value: &str) -> Result<(), String> {
        let fails = |what: String| {
            let words = self.constraint.clone().unwrap_or(what);
            Err(format!("Parameter {} failed to satisfy constraint: {words}", self.name))
        };
        if !self.allowed_values.is_empty() && !self.allowed_values.iter().any(|allowed| allowed == value) {
            return Err(format!("Parameter '{}' must be one of AllowedValues", self.name));
        }
        if let Some(pattern) = &self.allowed_pattern {
            // AWS matches the whole value.
            let whole = Regex::new(&format!("^(?:{pattern})$"))
                .map_err(|_| format!("Template format error: the pattern of {} is not valid", self.name))?;
            if !whole.is_match(value) {
                return fails(format!("must match pattern {pattern}"));
            }
        }
        let count = value.chars().count();
        match self.length {
            (Some(least), _) if count < least => fails(format!("must contain at least {least} characters")),
            (_, Some(most)) if count > most => fails(format!("must contain at most {most} characters")),
            _ => Ok(()),
        }
    }
}

impl Resource {
    fn parse(id: &str, node: &Node) -> Result<Self, String> {
        for (key, _) in node.pairs() {
            if !matches!(
                key.as_str(),
                "Type"
                    | "Properties"
                    | "Condition"
                    | "DependsOn"
                    | "DeletionPolicy"
                    | "UpdateReplacePolicy"
                    | "Metadata"
            ) {
                return Err(format!("Invalid template resource property '{key}'"));
            }
        }
        let retains = |key: &str| match node.member(key).as_deref() {
            None | Some("Delete") => Ok(false),
            Some("Retain") => Ok(true),
            Some(other) => Err(format!("Template error: {key} {other} of {id} is not simulated")),
        };
        Ok(Self {
            id: id.to_owned(),
            kind: node.member("Type").ok_or_else(|| format!("Template format error: [/Resources/{id}] Every Resources object must contain a Type member."))?,
            properties: node.get("Properties").cloned().unwrap_or(Node::Map(Vec::new())),
            condition: node.member("Condition"),
            depends_on: node
                .get("DependsOn")
                .map(|on| on.items().into_iter().filter_map(Node::text).collect())
                .unwrap_or_default(),
            retain: retains("DeletionPolicy")?,
            retain_replaced: retains("UpdateReplacePolicy")?,
        })
    }
}
