//! Policy documents and their evaluation: the part of IAM's language that the product's policies use. What is not
//! understood is refused, never guessed.

use std::collections::BTreeMap;

use serde_json::Value;

/// A policy document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    allow: bool,
    principals: Option<Vec<(String, String)>>,
    actions: Vec<String>,
    not_action: bool,
    resources: Vec<String>,
    not_resource: bool,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    operator: Operator,
    if_exists: bool,
    negated: bool,
    key: String,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    ArnLike,
    Bool,
    Null,
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// `s3:GetObject`.
    pub action: String,
    /// The ARN, `*` if the action has no resource level.
    pub resource: String,
    /// Condition keys in lower case; a key that is not there never satisfies a positive condition.
    pub keys: BTreeMap<String, String>,
    /// Who asks: principal kind (`AWS`, `Service`) and every name it answers to.
    pub principal: Vec<(String, String)>,
}

impl Ask {
    /// An action on a resource.
    pub fn new(action: &str, resource: &str) -> Self {
        Self { action: action.to_owned(), resource: resource.to_owned(), ..Self::default() }
    }

    /// With a condition key.
    pub fn key(mut self, name: &str, value: &str) -> Self {
        self.keys.insert(name.to_ascii_lowercase(), value.to_owned());
        self
    }
}

/// What one policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An explicit deny.
    Deny,
    /// An allow, and no deny.
    Allow,
    /// Nothing.
    Silent,
}

/// The kinds of documents, which differ in what a statement must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Attached to an identity, or a session policy.
    Identity,
    /// Attached to a resource.
    Resource,
    /// Who may assume a role.
    Trust,
}

impl Policy {
    /// Reads a document, or says in words why it is malformed.
    pub fn parse(document: &Value, form: Form) -> Result<Self, String> {
        let object = document.as_object().ok_or("Syntax errors in policy.")?;
        for key in object.keys() {
            if !matches!(key.as_str(), "Version" | "Id" | "Statement") {
                return Err(format!("Syntax error in policy: unknown element {key}"));
            }
        }
        match object.get("Version").and_then(Value::as_str) {
            Some("2012-10-17" | "2008-10-17") | None => {}
            Some(other) => {
                return Err(format!("Policy document must be version 2012-10-17 or greater, not {other}"));
            }
        }
        let statements = object.get("Statement").ok_or("Missing required field Statement")?;
        let list: Vec<&Value> = match statements {
            Value::Array(list) => list.iter().collect(),
            other => vec![other],
        };
        let statements =
            list.into_iter().map(|value| Statement::parse(value, form)).collect::<Result<_, _>>()?;
        Ok(Self { statements })
    }

    /// Reads a document from text.
    pub fn parse_text(text: &str, form: Form) -> Result<Self, String> {
        let document =
            serde_json::from_str(text).map_err(|_| "This policy contains invalid Json".to_owned())?;
        Self::parse(&document, form)
    }

    /// What the document says to a question.
    pub fn says(&self, ask: &Ask) -> Effect {
        let mut effect = Effect::Silent;
        for statement in self.statements.iter().filter(|statement| statement.matches(ask)) {
            if !statement.allow {
                return Effect::Deny;
            }
            effect = Effect::Allow;
        }
        effect
    }
}

impl Statement {
    fn parse(value: &Value, form: Form) -> Result<Self, String> {
        let object = value.as_object().ok_or("Statement must be an object")?;
        for key in object.keys() {
            if !matches!(
                key.as_str(),
                "Sid"
                    | "Effect"
                    | "Principal"
                    | "Action"
                    | "NotAction"
                    | "Resource"
                    | "NotResource"
                    | "Condition"
            ) {
                return Err(format!("Syntax error in policy: unsupported element {key}"));
            }
        }
        let allow = match object.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => {
                return Err("Statement/policy already has instance of Effect or Effect is invalid".to_owned());
            }
        };
        let (actions, not_action) =
            either(object, "Action", "NotAction")?.ok_or("Policy statement must contain actions.")?;
        if let Some(bad) = actions.iter().find(|action| *action != "*" && !action.contains(':')) {
            return Err(format!(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: {bad}"
            ));
        }
        let resources = either(object, "Resource", "NotResource")?;
        let (resources, not_resource) = match (resources, form) {
            (Some(_), Form::Trust) => return Err("Has prohibited field Resource".to_owned()),
            (Some(found), _) => found,
            (None, Form::Trust) => (vec!["*".to_owned()], false),
            (None, _) => return Err("Policy statement must contain resources.".to_owned()),
        };
        let principals = object.get("Principal").map(principals).transpose()?;
        match (&principals, form) {
            (Some(_), Form::Identity) => {
                return Err("Policy document should not specify a principal.".to_owned());
            }
            (None, Form::Resource | Form::Trust) => return Err("Missing required field Principal".to_owned()),
            _ => {}
        }
        let mut conditions = Vec::new();
        if let Some(condition) = object.get("Condition") {
            let blocks = condition.as_object().ok_or("Condition must be an object")?;
            for (operator, keys) in blocks {
                for (key, values) in keys.as_object().ok_or("Condition must map keys to values")? {
                    conditions.push(Condition::parse(operator, key, values)?);
                }
            }
        }
        Ok(Self { allow, principals, actions, not_action, resources, not_resource, conditions })
    }

    fn matches(&self, ask: &Ask) -> bool {
        let action = ask.action.to_ascii_lowercase();
        let named = self.actions.iter().any(|pattern| like(&pattern.to_ascii_lowercase(), &action));
        let reached = self.resources.iter().any(|pattern| like(pattern, &ask.resource));
        named != self.not_action
            && reached != self.not_resource
            && self.principals.as_ref().is_none_or(|wanted| {
                wanted.iter().any(|(kind, name)| {
                    ask.principal.iter().any(|(own_kind, own)| {
                        (kind == "*" || kind == own_kind) && (name == "*" || name == own)
                    })
                })
            })
            && self.conditions.iter().all(|condition| condition.holds(ask))
    }
}

impl Condition {
    fn parse(operator: &str, key: &str, values: &Value) -> Result<Self, String> {
        let (name, if_exists) = match operator.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (operator, false),
        };
        let (operator, negated) = match name {
            "StringEquals" => (Operator::StringEquals, false),
            "StringNotEquals" => (Operator::StringEquals, true),
            "StringEqualsIgnoreCase" => (Operator::StringEqualsIgnoreCase, false),
            "StringLike" => (Operator::StringLike, false),
            "StringNotLike" => (Operator::StringLike, true),
            "ArnEquals" | "ArnLike" => (Operator::ArnLike, false),
            "ArnNotEquals" | "ArnNotLike" => (Operator::ArnLike, true),
            "Bool" => (Operator::Bool, false),
            "Null" => (Operator::Null, false),
            other => return Err(format!("Invalid Condition type : {other}.")),
        };
        Ok(Self { operator, if_exists, negated, key: key.to_ascii_lowercase(), values: texts(values)? })
    }

    fn holds(&self, ask: &Ask) -> bool {
        let actual = ask.keys.get(&self.key);
        if self.operator == Operator::Null {
            return self.values.iter().any(|value| (value == "true") == actual.is_none());
        }
        // A key that is absent never satisfies a positive operator, and always a negated one.
        let Some(actual) = actual else { return self.if_exists || self.negated };
        let found = self.values.iter().any(|value| match self.operator {
            Operator::StringEquals => value == actual,
            Operator::StringEqualsIgnoreCase | Operator::Bool => value.eq_ignore_ascii_case(actual),
            Operator::StringLike => like(value, actual),
            Operator::ArnLike => arn_like(value, actual),
            Operator::Null => false,
        });
        found != self.negated
    }
}

/// One of two members that exclude each other, and whether it was the second.
fn either(
    object: &serde_json::Map<String, Value>,
    plain: &str,
    negated: &str,
) -> Result<Option<(Vec<String>, bool)>, String> {
    match (object.get(plain), object.get(negated)) {
        (Some(_), Some(_)) => Err(format!("{plain} and {negated} exclude each other")),
        (Some(value), None) => texts(value).map(|values| Some((values, false))),
        (None, Some(value)) => texts(value).map(|values| Some((values, true))),
        (None, None) => Ok(None),
    }
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err("Expected a string or a list of strings".to_owned()),
    };
    match value {
        Value::Array(list) => list.iter().map(text).collect(),
        other => text(other).map(|text| vec![text]),
    }
}

fn principals(value: &Value) -> Result<Vec<(String, String)>, String> {
    if value.as_str() == Some("*") {
        return Ok(vec![("*".to_owned(), "*".to_owned())]);
    }
    let object = value.as_object().ok_or("Invalid principal in policy")?;
    let mut found = Vec::new();
    for (kind, names) in object {
        if !matches!(kind.as_str(), "AWS" | "Service" | "Federated") {
            return Err(format!("Invalid principal in policy: {kind}"));
        }
        for name in texts(names)? {
            // An account id alone means the account's root.
            let account = name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit());
            found.push((kind.clone(), if account { format!("arn:aws:iam::{name}:root") } else { name }));
        }
    }
    Ok(found)
}

/// Whether a text matches a pattern with `*` and `?`.
pub fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match (pattern.get(at), text.get(seen)) {
            (Some('*'), _) => {
                star = Some((at, seen));
                at += 1;
            }
            (Some(wanted), Some(actual)) if *wanted == '?' || wanted == actual => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((back, from)) = star else { return false };
                star = Some((back, from + 1));
                at = back + 1;
                seen = from + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == '*')
}

/// ARNs match part by part: a `*` does not reach over a colon, except in the last part.
fn arn_like(pattern: &str, text: &str) -> bool {
    let (wanted, actual): (Vec<&str>, Vec<&str>) =
        (pattern.splitn(6, ':').collect(), text.splitn(6, ':').collect());
    wanted.len() == actual.len() && wanted.iter().zip(&actual).all(|(wanted, actual)| like(wanted, actual))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identity(statement: Value) -> Policy {
        Policy::parse(&json!({ "Version": "2012-10-17", "Statement": statement }), Form::Identity).unwrap()
    }

    fn check(statement: Value, ask: &Ask, expect: Effect) {
        assert_eq!(identity(statement.clone()).says(ask), expect, "{statement}");
    }

    #[test]
    fn actions_and_resources_match_by_wildcard() {
        let ask = Ask::new("ce:GetCostAndUsage", "*");
        check(json!({ "Effect": "Allow", "Action": "ce:*", "Resource": "*" }), &ask, Effect::Allow);
        check(json!({ "Effect": "Allow", "Action": "CE:get*", "Resource": "*" }), &ask, Effect::Allow);
        check(
            json!({ "Effect": "Allow", "Action": ["ce:List*", "cur:*"], "Resource": "*" }),
            &ask,
            Effect::Silent,
        );
        check(json!({ "Effect": "Allow", "NotAction": "ce:*", "Resource": "*" }), &ask, Effect::Silent);
        check(
            json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }, { "Effect": "Deny", "Action": "ce:Get*", "Resource": "*" }]),
            &ask,
            Effect::Deny,
        );
        let object = Ask::new("s3:GetObject", "arn:aws:s3:::mine/report/a");
        let deny =
            |resource: &str| json!({ "Effect": "Deny", "Action": "s3:GetObject", "NotResource": resource });
        check(deny("arn:aws:s3:::mine/*"), &object, Effect::Silent);
        check(deny("arn:aws:s3:::other/*"), &object, Effect::Deny);
    }

    #[test]
    fn conditions_hold_only_on_keys_that_are_there() {
        let when = |condition: Value| json!({ "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Condition": condition });
        let ask = |value: &str| Ask::new("s3:ListBucket", "arn:aws:s3:::mine").key("s3:prefix", value);
        let none = Ask::new("s3:ListBucket", "arn:aws:s3:::mine");
        check(
            when(json!({ "StringLike": { "s3:prefix": "report/x/*" } })),
            &ask("report/x/y"),
            Effect::Allow,
        );
        check(when(json!({ "StringLike": { "s3:prefix": "report/x/*" } })), &ask("report/"), Effect::Silent);
        check(when(json!({ "StringLike": { "s3:prefix": "*" } })), &none, Effect::Silent);
        check(when(json!({ "StringEquals": { "S3:Prefix": ["a", "b"] } })), &ask("b"), Effect::Allow);
        check(when(json!({ "StringEquals": { "s3:prefix": "" } })), &none, Effect::Silent);
        check(when(json!({ "StringNotEquals": { "s3:prefix": "a" } })), &none, Effect::Allow);
        check(when(json!({ "StringEqualsIfExists": { "s3:prefix": "a" } })), &none, Effect::Allow);
        check(when(json!({ "Bool": { "aws:SecureTransport": "false" } })), &none, Effect::Silent);
        check(
            when(json!({ "Bool": { "aws:SecureTransport": false } })),
            &none.clone().key("aws:SecureTransport", "false"),
            Effect::Allow,
        );
        check(when(json!({ "Null": { "s3:prefix": "true" } })), &none, Effect::Allow);
        let arn = none.clone().key("aws:SourceArn", "arn:aws:cur:us-east-1:111122223333:definition/x");
        check(
            when(
                json!({ "ArnEquals": { "aws:SourceArn": "arn:aws:cur:us-east-1:111122223333:definition/*" } }),
            ),
            &arn,
            Effect::Allow,
        );
        check(
            when(json!({ "ArnEquals": { "aws:SourceArn": "arn:aws:cur:*:definition/*" } })),
            &arn,
            Effect::Silent,
        );
    }

    #[test]
    fn what_is_not_understood_is_malformed() {
        let malformed = |statement: Value, form: Form| {
            assert!(Policy::parse(&json!({ "Statement": statement }), form).is_err(), "{statement}");
        };
        malformed(json!({ "Effect": "Allow", "Action": "ce:*" }), Form::Identity);
        malformed(json!({ "Effect": "Maybe", "Action": "ce:*", "Resource": "*" }), Form::Identity);
        malformed(json!({ "Effect": "Allow", "Action": "ce", "Resource": "*" }), Form::Identity);
        malformed(
            json!({ "Effect": "Allow", "Action": "ce:*", "Resource": "*", "Principal": "*" }),
            Form::Identity,
        );
        malformed(json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }), Form::Resource);
        malformed(
            json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Resource": "*" }),
            Form::Trust,
        );
        malformed(
            json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": { "NumericEquals": { "a": "1" } } }),
            Form::Identity,
        );
    }

    #[test]
    fn patterns_backtrack() {
        assert!(like("a*b?d*", "axxbcbxd!"));
        assert!(like("*", ""));
        assert!(!like("a?", "a"));
    }
}
