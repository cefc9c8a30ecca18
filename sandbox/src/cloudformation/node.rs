//! A template's text as a tree: YAML with CloudFormation's short tags, or JSON, which is YAML.

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::Value;

/// A value of a template, in the order it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Nothing.
    Null,
    /// `true` or `false`, unquoted.
    Bool(bool),
    /// A whole number, unquoted.
    Number(i64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut events = Parser::new_from_str(text);
        let mut depth = 0;
        loop {
            match next(&mut events)? {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd | Event::DocumentEnd => {
                    return Err("Template format error: the template is empty".to_owned());
                }
                event => return build(event, &mut events, &mut depth),
            }
        }
    }

    /// A member of a mapping.
    pub fn get(&self, name: &str) -> Option<&Node> {
        match self {
            Self::Map(pairs) => pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The pairs of a mapping, none for anything else.
    pub fn pairs(&self) -> &[(String, Node)] {
        match self {
            Self::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// The members of a list, or the value itself as the only one.
    pub fn items(&self) -> Vec<&Node> {
        match self {
            Self::List(items) => items.iter().collect(),
            other => vec![other],
        }
    }

    /// A scalar as text.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Bool(flag) => Some(flag.to_string()),
            Self::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A scalar member as text.
    pub fn member(&self, name: &str) -> Option<String> {
        self.get(name).and_then(Self::text)
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::from(*number),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(items) => Value::Array(items.iter().map(Self::json).collect()),
            Self::Map(pairs) => {
                Value::Object(pairs.iter().map(|(key, value)| (key.clone(), value.json())).collect())
            }
        }
    }

    /// The function call this mapping is, if it is one.
    pub fn call(&self) -> Option<(&str, &Node)> {
        match self {
            Self::Map(pairs) => match pairs.as_slice() {
                [(name, argument)] if name == "Ref" || name == "Condition" || name.starts_with("Fn::") => {
                    Some((name, argument))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

type Events<'a> = Parser<'a, saphyr_parser::StrInput<'a>>;

fn next<'a>(events: &mut Events<'a>) -> Result<Event<'a>, String> {
    match events.next_event() {
        Some(Ok((event, _))) => Ok(event),
        Some(Err(error)) => Err(format!("Template format error: YAML not well-formed. ({error})")),
        None => Err("Template format error: the template ends too early".to_owned()),
    }
}

fn build<'a>(event: Event<'a>, events: &mut Events<'a>, depth: &mut usize) -> Result<Node, String> {
    if *depth > 64 {
        return Err("Template format error: nested too deeply".to_owned());
    }
    *depth += 1;
    let built = match event {
        Event::Scalar(text, style, _, tag) => {
            let plain = style == ScalarStyle::Plain && tag.is_none();
            let node = if plain { scalar(&text) } else { Node::Text(text.into_owned()) };
            tagged(tag.as_deref(), node)
        }
        Event::SequenceStart(_, tag) => {
            let mut items = Vec::new();
            loop {
                match next(events)? {
                    Event::SequenceEnd => break,
                    event => items.push(build(event, events, depth)?),
                }
            }
            tagged(tag.as_deref(), Node::List(items))
        }
        Event::MappingStart(_, tag) => {
            let mut pairs: Vec<(String, Node)> = Vec::new();
            loop {
                let key = match next(events)? {
                    Event::MappingEnd => break,
                    Event::Scalar(text, ..) => text.into_owned(),
                    _ => return Err("Template format error: mapping keys must be strings".to_owned()),
                };
                if pairs.iter().any(|(known, _)| *known == key) {
                    return Err(format!("Template format error: duplicate key {key}"));
                }
                let event = next(events)?;
                pairs.push((key, build(event, events, depth)?));
            }
            tagged(tag.as_deref(), Node::Map(pairs))
        }
        Event::Alias(_) => {
            Err("Template error: YAML aliases are not allowed in CloudFormation templates".to_owned())
        }
        _ => Err("Template format error: unexpected end".to_owned()),
    };
    *depth -= 1;
    built
}

fn scalar(text: &str) -> Node {
    match text {
        "" | "~" | "null" => Node::Null,
        "true" | "True" => Node::Bool(true),
        "false" | "False" => Node::Bool(false),
        text => {
            // `007` and `1_000` stay text.
            let number = text.parse::<i64>().ok().filter(|number| number.to_string() == text);
            number.map_or_else(|| Node::Text(text.to_owned()), Node::Number)
        }
    }
}

/// Turns a short tag into the long form.
fn tagged(tag: Option<&Tag>, node: Node) -> Result<Node, String> {
    let Some(tag) = tag else { return Ok(node) };
    if tag.is_yaml_core_schema() {
        return Ok(node);
    }
    let name = match tag.suffix.as_str() {
        "Ref" | "Condition" => tag.suffix.clone(),
        "GetAtt" => {
            let argument = match &node {
                Node::Text(text) => match text.split_once('.') {
                    Some((resource, attribute)) => {
                        Node::List(vec![Node::Text(resource.to_owned()), Node::Text(attribute.to_owned())])
                    }
                    None => return Err(format!("Template error: !GetAtt {text} names no attribute")),
                },
                _ => node,
            };
            return Ok(Node::Map(vec![("Fn::GetAtt".to_owned(), argument)]));
        }
        "Sub" | "If" | "Split" | "Select" | "Join" | "FindInMap" | "Equals" | "And" | "Or" | "Not"
        | "Base64" => {
            format!("Fn::{}", tag.suffix)
        }
        other => return Err(format!("Template error: the function !{other} is not simulated")),
    };
    Ok(Node::Map(vec![(name, node)]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_tags_become_functions() {
        let check =
            |text: &str, expect: Value| assert_eq!(Node::parse(text).unwrap().json(), expect, "{text}");
        check("a: !Ref b", json!({ "a": { "Ref": "b" } }));
        check("a: !GetAtt b.c.d", json!({ "a": { "Fn::GetAtt": ["b", "c.d"] } }));
        check(
            "a: !If [x, !Sub '${b}-1', !Ref AWS::NoValue]",
            json!({ "a": { "Fn::If": ["x", { "Fn::Sub": "${b}-1" }, { "Ref": "AWS::NoValue" }] } }),
        );
        check(
            "a: !Select [0, !Split [\"-\", !Ref b]]",
            json!({ "a": { "Fn::Select": [0, { "Fn::Split": ["-", { "Ref": "b" }] }] } }),
        );
        check(
            "a: !Condition b\nc: '2012-10-17'\nd: 2012-10-17\ne: true\nf: \"true\"\ng: 300",
            json!({ "a": { "Condition": "b" }, "c": "2012-10-17", "d": "2012-10-17", "e": true, "f": "true", "g": 300 }),
        );
        check(
            "a: !Join\n  - ','\n  - - x\n    - !Ref y",
            json!({ "a": { "Fn::Join": [",", ["x", { "Ref": "y" }]] } }),
        );
    }

    #[test]
    fn broken_templates_are_refused() {
        for text in ["", "a: [", "a: 1\na: 2", "a: !Transform x", "a: &x 1\nb: *x"] {
            assert!(Node::parse(text).is_err(), "{text}");
        }
    }
}
