//! Intrinsic functions, conditions and rules.

use std::collections::{BTreeMap, BTreeSet};

use super::node::Node;
use super::template::Template;

/// What a created resource answers to `Ref` and `GetAtt`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Physical {
    /// Physical id.
    pub id: String,
    /// Attributes by name.
    pub attributes: BTreeMap<String, String>,
}

/// Where a template is evaluated.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// The template.
    pub template: &'a Template,
    /// Values of its parameters.
    pub parameters: &'a BTreeMap<String, String>,
    /// `AWS::Region` and its kin.
    pub pseudo: &'a BTreeMap<String, String>,
    /// Resources made so far.
    pub physical: &'a BTreeMap<String, Physical>,
}

type Resolved<T> = Result<T, String>;

impl Scope<'_> {
    /// Resolves a node; `None` is `AWS::NoValue`.
    pub fn resolve(&self, node: &Node) -> Resolved<Option<Node>> {
        if let Some((name, argument)) = node.call() {
            return self.function(name, argument);
        }
        Ok(Some(match node {
            Node::List(items) => {
                let mut kept = Vec::new();
                for item in items {
                    kept.extend(self.resolve(item)?);
                }
                Node::List(kept)
            }
            Node::Map(pairs) => {
                let mut kept = Vec::new();
                for (key, value) in pairs {
                    if let Some(value) = self.resolve(value)? {
                        kept.push((key.clone(), value));
                    }
                }
                Node::Map(kept)
            }
            other => other.clone(),
        }))
    }

    /// Resolves a node that must be a scalar.
    pub fn text(&self, node: &Node) -> Resolved<String> {
        self.resolve(node)?
            .and_then(|value| value.text())
            .ok_or_else(|| "Template error: every value of a function must be a string".to_owned())
    }

    fn list(&self, node: &Node) -> Resolved<Vec<Node>> {
        match self.resolve(node)? {
            Some(Node::List(items)) => Ok(items),
            _ => Err("Template error: a function requires a list".to_owned()),
        }
    }

    fn texts(&self, node: &Node) -> Resolved<Vec<String>> {
        self.list(node)?
            .iter()
            .map(|item| item.text().ok_or_else(|| "Template error: a list must hold strings".to_owned()))
            .collect()
    }

    fn function(&self, name: &str, argument: &Node) -> Resolved<Option<Node>> {
        let arguments = argument.items();
        let wrong = || format!("Template error: {name} has the wrong number of arguments");
        let text = |text: String| Ok(Some(Node::Text(text)));
        match (name, arguments.as_slice()) {
            ("Ref", [target]) => match target.text().as_deref() {
                Some("AWS::NoValue") => Ok(None),
                Some(target) => text(self.reference(target)?),
                None => Err(wrong()),
            },
            ("Fn::GetAtt", [resource, attribute]) => {
                text(self.attribute(&resource.text().ok_or_else(wrong)?, &self.text(attribute)?)?)
            }
            ("Fn::Sub", [pattern]) => {
                text(self.substitute(&pattern.text().ok_or_else(wrong)?, &Node::Map(Vec::new()))?)
            }
            ("Fn::Sub", [pattern, names]) => {
                text(self.substitute(&pattern.text().ok_or_else(wrong)?, names)?)
            }
            ("Fn::Join", [separator, parts]) => {
                text(self.texts(parts)?.join(&separator.text().ok_or_else(wrong)?))
            }
            ("Fn::Split", [separator, whole]) => {
                let separator = separator.text().filter(|mark| !mark.is_empty()).ok_or_else(wrong)?;
                let parts =
                    self.text(whole)?.split(&separator).map(|part| Node::Text(part.to_owned())).collect();
                Ok(Some(Node::List(parts)))
            }
            ("Fn::Select", [index, list]) => {
                let index = self.text(index)?.parse::<usize>().map_err(|_| wrong())?;
                self.list(list)?.get(index).cloned().map(Some).ok_or_else(|| {
                    "Template error: Fn::Select cannot select nonexistent value at index ".to_owned()
                        + &index.to_string()
                })
            }
            ("Fn::If", [condition, yes, no]) => {
                let chosen = if self.condition(&condition.text().ok_or_else(wrong)?)? { yes } else { no };
                self.resolve(chosen)
            }
            ("Fn::FindInMap", [map, first, second]) => {
                let keys = [self.text(map)?, self.text(first)?, self.text(second)?];
                let mut found = Some(&self.template.mappings);
                for key in &keys {
                    found = found.and_then(|node| node.get(key));
                }
                found
                    .cloned()
                    .map(Some)
                    .ok_or_else(|| format!("Template error: Unable to get mapping for {}", keys.join("::")))
            }
            (
                "Fn::Equals"
                | "Fn::And"
                | "Fn::Or"
                | "Fn::Not"
                | "Condition"
                | "Fn::Contains"
                | "Fn::EachMemberEquals"
                | "Fn::EachMemberIn"
                | "Fn::RefAll",
                _,
            ) => Err(format!("Template error: {name} cannot be used here")),
            _ => Err(format!("Template error: {name} is not simulated or has the wrong arguments")),
        }
    }

    fn reference(&self, target: &str) -> Resolved<String> {
        if let Some(value) = self.parameters.get(target).or_else(|| self.pseudo.get(target)) {
            return Ok(value.clone());
        }
        if let Some(made) = self.physical.get(target) {
            return Ok(made.id.clone());
        }
        Err(format!(
            "Template format error: Unresolved resource dependencies [{target}] in the Resources block of the template"
        ))
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Resolved<String> {
        self.physical
            .get(resource)
            .ok_or_else(|| {
                format!("Template error: instance of Fn::GetAtt references undefined resource {resource}")
            })?
            .attributes
            .get(attribute)
            .cloned()
            .ok_or_else(|| format!("Requested attribute {attribute} does not exist in schema of {resource}"))
    }

    fn substitute(&self, pattern: &str, names: &Node) -> Resolved<String> {
        let mut built = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, tail) =
                after.split_once('}').ok_or("Template error: an Fn::Sub expression is not closed")?;
            built += before;
            if let Some(literal) = name.strip_prefix('!') {
                built += &format!("${{{literal}}}");
            } else if let Some(value) = names.get(name) {
                built += &self.text(value)?;
            } else if let Some((resource, attribute)) = name.split_once('.') {
                built += &self.attribute(resource, attribute)?;
            } else {
                built += &self.reference(name)?;
            }
            rest = tail;
        }
        Ok(built + rest)
    }

    /// Whether a named condition holds.
    pub fn condition(&self, name: &str) -> Resolved<bool> {
        let node = self
            .template
            .conditions
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, node)| node)
            .ok_or_else(|| {
                format!("Template format error: Unresolved condition dependency {name} in the template")
            })?;
        self.holds(node)
    }

    /// Whether a condition or a rule's assertion holds.
    pub fn holds(&self, node: &Node) -> Resolved<bool> {
        let Some((name, argument)) = node.call() else {
            return Err("Template format error: a condition must be one function".to_owned());
        };
        let arguments = argument.items();
        match (name, arguments.as_slice()) {
            ("Condition", [name]) => self.condition(&name.text().unwrap_or_default()),
            ("Fn::Equals", [left, right]) => Ok(self.text(left)? == self.text(right)?),
            ("Fn::Not", [inner]) => Ok(!self.holds(inner)?),
            ("Fn::And", parts) if (2..=10).contains(&parts.len()) => {
                parts.iter().try_fold(true, |all, part| Ok(self.holds(part)? && all))
            }
            ("Fn::Or", parts) if (2..=10).contains(&parts.len()) => {
                parts.iter().try_fold(false, |any, part| Ok(self.holds(part)? || any))
            }
            ("Fn::Contains", [list, wanted]) => {
                let wanted = self.text(wanted)?;
                Ok(self.texts(list)?.contains(&wanted))
            }
            _ => Err(format!("Template format error: {name} cannot be used in a condition")),
        }
    }

    /// Descriptions of the rules that fail.
    pub fn broken_rules(&self) -> Resolved<Vec<String>> {
        let mut broken = Vec::new();
        for (name, rule) in &self.template.rules {
            let applies = rule.get("RuleCondition").map_or(Ok(true), |condition| self.holds(condition))?;
            let assertions = rule.get("Assertions").map(Node::items).unwrap_or_default();
            for assertion in assertions.into_iter().filter(|_| applies) {
                let claim = assertion
                    .get("Assert")
                    .ok_or_else(|| format!("Template error: rule {name} asserts nothing"))?;
                if !self.holds(claim)? {
                    broken.push(assertion.member("AssertDescription").unwrap_or_else(|| name.clone()));
                }
            }
        }
        Ok(broken)
    }

    /// Logical ids of the resources a node needs, in the branches that are taken.
    pub fn needs(&self, node: &Node, found: &mut BTreeSet<String>) -> Resolved<()> {
        let mut add = |name: &str| {
            if self.template.resource(name).is_some() {
                found.insert(name.to_owned());
            }
        };
        match node.call() {
            Some(("Ref", target)) => {
                add(&target.text().unwrap_or_default());
                return Ok(());
            }
            Some(("Fn::GetAtt", argument)) => {
                add(&argument.items().first().and_then(|name| name.text()).unwrap_or_default());
                return Ok(());
            }
            Some(("Fn::Sub", argument)) => {
                let pattern = argument.items().first().and_then(|pattern| pattern.text()).unwrap_or_default();
                for part in pattern.split("${").skip(1) {
                    let name = part.split(['}', '.']).next().unwrap_or_default();
                    add(name);
                }
            }
            Some(("Fn::If", argument)) => {
                if let [condition, yes, no] = argument.items().as_slice() {
                    let chosen =
                        if self.condition(&condition.text().unwrap_or_default())? { yes } else { no };
                    return self.needs(chosen, found);
                }
            }
            _ => {}
        }
        match node {
            Node::List(items) => items.iter().try_for_each(|item| self.needs(item, found)),
            Node::Map(pairs) => pairs.iter().try_for_each(|(_, value)| self.needs(value, found)),
            _ => Ok(()),
        }
    }

    /// The resources whose condition holds, each after all it needs.
    pub fn order(&self) -> Resolved<Vec<String>> {
        let mut waiting: Vec<(String, BTreeSet<String>)> = Vec::new();
        for resource in &self.template.resources {
            if let Some(condition) = &resource.condition
                && !self.condition(condition)?
            {
                continue;
            }
            let mut needs: BTreeSet<String> = BTreeSet::new();
            for on in &resource.depends_on {
                if self.template.resource(on).is_none() {
                    return Err(format!(
                        "Template format error: Unresolved resource dependencies [{on}] in the Resources block of the template"
                    ));
                }
                needs.insert(on.clone());
            }
            self.needs(&resource.properties, &mut needs)?;
            waiting.push((resource.id.clone(), needs));
        }
        let present: BTreeSet<String> = waiting.iter().map(|(id, _)| id.clone()).collect();
        let mut order: Vec<String> = Vec::new();
        while !waiting.is_empty() {
            let ready = waiting.iter().position(|(_, needs)| {
                needs.iter().all(|need| order.contains(need) || !present.contains(need))
            });
            match ready {
                Some(index) => order.push(waiting.remove(index).0),
                None => {
                    let names: Vec<&str> = waiting.iter().map(|(id, _)| id.as_str()).collect();
                    return Err(format!("Circular dependency between resources: [{}]", names.join(", ")));
                }
            }
        }
        Ok(order)
    }
}
