//! The resource types that stacks may hold, besides custom ones. Other types and unknown properties fail.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use shared::Timestamp;

use super::resolve::Physical;
use super::stack_set;
use crate::clock;
use crate::iam::Role;
use crate::iam::policy::{Form, Policy};
use crate::reports::Report;
use crate::s3::Bucket;
use crate::state::State;

/// Where a resource is made.
#[derive(Clone, Debug)]
pub struct Place {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Stack's name.
    pub stack: String,
    /// Logical id.
    pub logical: String,
    /// Now.
    pub now: Timestamp,
}

type Made<T = Physical> = Result<T, String>;

/// Whether a type exists at all in a region.
pub fn exists(kind: &str, region: &str) -> bool {
    match kind {
        "AWS::IAM::Role"
        | "AWS::IAM::Policy"
        | "AWS::S3::Bucket"
        | "AWS::S3::BucketPolicy"
        | "AWS::CloudFormation::StackSet" => true,
        // Billing's control plane lives in one region.
        "AWS::CUR::ReportDefinition" => region == "us-east-1",
        kind => kind.starts_with("Custom::"),
    }
}

/// Makes a resource.
pub fn create(state: &mut State, place: &Place, kind: &str, properties: &Value) -> Made {
    match kind {
        "AWS::IAM::Role" => create_role(state, place, properties),
        "AWS::IAM::Policy" => put_policy(state, place, properties, None),
        "AWS::S3::Bucket" => create_bucket(state, place, properties),
        "AWS::S3::BucketPolicy" => put_bucket_policy(state, place, properties),
        "AWS::CUR::ReportDefinition" => create_report(state, place, properties),
        "AWS::CloudFormation::StackSet" => stack_set::create(state, place, properties),
        other => Err(format!("Resource type {other} is not simulated")),
    }
}

/// Changes a resource; `None`: it must be replaced.
pub fn update(
    state: &mut State,
    place: &Place,
    kind: &str,
    old: &Value,
    new: &Value,
    physical: &Physical,
) -> Made<Option<Physical>> {
    let changed = |names: &[&str]| names.iter().any(|name| old.get(name) != new.get(name));
    match kind {
        "AWS::IAM::Role" if changed(&["RoleName", "Path"]) => Ok(None),
        "AWS::IAM::Role" => {
            let made = read_role(new)?;
            let arn = physical.attributes.get("Arn").cloned().unwrap_or_default();
            let role = state
                .roles
                .get_mut(&arn)
                .ok_or_else(|| format!("The role with name {} cannot be found.", physical.id))?;
            for name in text_list(old, "Policies", "PolicyName") {
                role.policies.remove(&name);
            }
            role.trust = made.trust;
            role.max_session = made.max_session;
            role.policies.extend(made.policies);
            Ok(Some(physical.clone()))
        }
        "AWS::IAM::Policy" => {
            delete(state, place, kind, old, physical)?;
            put_policy(state, place, new, Some(physical.id.clone())).map(Some)
        }
        "AWS::S3::Bucket" if changed(&["BucketName"]) => Ok(None),
        "AWS::S3::Bucket" => known(new, BUCKET).map(|()| Some(physical.clone())),
        "AWS::S3::BucketPolicy" if changed(&["Bucket"]) => Ok(None),
        "AWS::S3::BucketPolicy" => put_bucket_policy(state, place, new).map(Some),
        "AWS::CUR::ReportDefinition"
            if changed(&[
                "ReportName",
                "AdditionalSchemaElements",
                "TimeUnit",
                "ReportVersioning",
                "BillingViewArn",
            ]) =>
        {
            Ok(None)
        }
        "AWS::CUR::ReportDefinition" => {
            let fresh =
                Report::from_definition(new, &place.account, place.now).map_err(|refusal| refusal.message)?;
            let account = state.account_mut(&place.account).map_err(|refusal| refusal.message)?;
            match account.reports.get_mut(&physical.id) {
                Some(report) => report.redefine(fresh),
                None => return Err(format!("Report {} does not exist", physical.id)),
            }
            Ok(Some(physical.clone()))
        }
        "AWS::CloudFormation::StackSet" if changed(&["StackSetName", "PermissionModel"]) => Ok(None),
        "AWS::CloudFormation::StackSet" => stack_set::update(state, place, new, physical).map(Some),
        other => Err(format!("Resource type {other} is not simulated")),
    }
}

/// Deletes a resource. What is gone already is deleted well.
pub fn delete(
    state: &mut State,
    place: &Place,
    kind: &str,
    properties: &Value,
    physical: &Physical,
) -> Made<()> {
    match kind {
        "AWS::IAM::Role" => {
            let arn = physical.attributes.get("Arn").cloned().unwrap_or_default();
            state.roles.remove(&arn);
        }
        "AWS::IAM::Policy" => {
            let name = properties.get("PolicyName").and_then(Value::as_str).unwrap_or_default();
            for role in texts(properties, "Roles") {
                if let Some(role) = role_mut(state, &place.account, &role) {
                    role.policies.remove(name);
                }
            }
        }
        "AWS::S3::Bucket" => {
            if state.buckets.get(&physical.id).is_some_and(|bucket| !bucket.objects.is_empty()) {
                return Err(
                    "The bucket you tried to delete is not empty (Service: S3, Status Code: 409)".to_owned()
                );
            }
            state.buckets.remove(&physical.id);
        }
        "AWS::S3::BucketPolicy" => {
            let name = properties.get("Bucket").and_then(Value::as_str).unwrap_or_default();
            if let Some(bucket) = state.buckets.get_mut(name) {
                bucket.policy = None;
            }
        }
        "AWS::CUR::ReportDefinition" => {
            if let Some(account) = state.accounts.get_mut(&place.account) {
                account.reports.remove(&physical.id);
            }
        }
        "AWS::CloudFormation::StackSet" => stack_set::delete(state, physical),
        _ => {}
    }
    Ok(())
}

fn known(properties: &Value, names: &[&str]) -> Made<()> {
    let unknown =
        properties.as_object().and_then(|object| object.keys().find(|name| !names.contains(&name.as_str())));
    match unknown {
        Some(name) => {
            Err(format!("Properties validation failed: #: extraneous key [{name}] is not permitted"))
        }
        None => Ok(()),
    }
}

/// A required text.
pub fn required(properties: &Value, name: &str) -> Made<String> {
    properties
        .get(name)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| format!("Properties validation failed: #: required key [{name}] not found"))
}

/// A list of texts, empty if absent.
pub fn texts(properties: &Value, name: &str) -> Vec<String> {
    properties
        .get(name)
        .and_then(Value::as_array)
        .map(|items| items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default()
}

fn text_list(properties: &Value, list: &str, name: &str) -> Vec<String> {
    properties
        .get(list)
        .and_then(Value::as_array)
        .map(|items| items.iter().filter_map(|item| item.get(name)?.as_str()).map(str::to_owned).collect())
        .unwrap_or_default()
}

struct ReadRole {
    trust: Value,
    policies: BTreeMap<String, Value>,
    max_session: i64,
}

fn read_role(properties: &Value) -> Made<ReadRole> {
    known(
        properties,
        &[
            "AssumeRolePolicyDocument",
            "Description",
            "MaxSessionDuration",
            "Path",
            "Policies",
            "RoleName",
            "Tags",
        ],
    )?;
    let trust = properties
        .get("AssumeRolePolicyDocument")
        .cloned()
        .ok_or("Properties validation failed: #: required key [AssumeRolePolicyDocument] not found")?;
    Policy::parse(&trust, Form::Trust).map_err(|words| format!("MalformedPolicyDocument: {words}"))?;
    let mut policies = BTreeMap::new();
    let mut size = 0;
    for inline in properties.get("Policies").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    {
        let document = inline.get("PolicyDocument").cloned().unwrap_or(Value::Null);
        Policy::parse(&document, Form::Identity)
            .map_err(|words| format!("MalformedPolicyDocument: {words}"))?;
        size += document.to_string().len();
        if policies.insert(required(inline, "PolicyName")?, document).is_some() {
            return Err("Two policies of a role have the same name".to_owned());
        }
    }
    if size > 10_240 {
        return Err("Maximum policy size of 10240 bytes exceeded for role".to_owned());
    }
    let max_session = match properties.get("MaxSessionDuration") {
        None => 3_600,
        Some(value) => number(value)
            .filter(|seconds| (3_600..=43_200).contains(seconds))
            .ok_or("MaxSessionDuration must be between 3600 and 43200")?,
    };
    Ok(ReadRole { trust, policies, max_session })
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn create_role(state: &mut State, place: &Place, properties: &Value) -> Made {
    let read = read_role(properties)?;
    let path = properties.get("Path").and_then(Value::as_str).unwrap_or("/").to_owned();
    if !path.starts_with('/') || !path.ends_with('/') {
        return Err("The specified value for path is invalid. It must begin and end with /".to_owned());
    }
    let name = match properties.get("RoleName").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => generated(state, place, 64),
    };
    if state.role_named(&place.account, &name).is_some() {
        return Err(format!("{name} already exists"));
    }
    let role = Role {
        account: place.account.clone(),
        path,
        name: name.clone(),
        id: format!("AROA{}", state.random.upper(17)),
        trust: read.trust,
        policies: read.policies,
        max_session: read.max_session,
        created: place.now,
        visible_from: clock::after(place.now, state.settings.role_delay),
    };
    let attributes =
        [("Arn".to_owned(), role.arn()), ("RoleId".to_owned(), role.id.clone())].into_iter().collect();
    state.roles.insert(role.arn(), role);
    Ok(Physical { id: name, attributes })
}

/// `<stack>-<logical>-<RANDOM>`, cut to a length.
fn generated(state: &mut State, place: &Place, length: usize) -> String {
    let tail = state.random.mixed(12);
    let mut name = format!("{}-{}", place.stack, place.logical);
    name.truncate(length.saturating_sub(13));
    format!("{name}-{tail}")
}

fn role_mut<'a>(state: &'a mut State, account: &str, name: &str) -> Option<&'a mut Role> {
    state.roles.values_mut().find(|role| role.account == account && role.name == name)
}

fn put_policy(state: &mut State, place: &Place, properties: &Value, id: Option<String>) -> Made {
    known(properties, &["PolicyDocument", "PolicyName", "Roles"])?;
    let name = required(properties, "PolicyName")?;
    let document = properties.get("PolicyDocument").cloned().unwrap_or(Value::Null);
    Policy::parse(&document, Form::Identity).map_err(|words| format!("MalformedPolicyDocument: {words}"))?;
    let roles = texts(properties, "Roles");
    if roles.is_empty() {
        return Err("At least one of [Groups,Roles,Users] must be non-empty.".to_owned());
    }
    for role in &roles {
        role_mut(state, &place.account, role)
            .ok_or_else(|| format!("The role with name {role} cannot be found."))?
            .policies
            .insert(name.clone(), document.clone());
    }
    let id = id.unwrap_or_else(|| generated(state, place, 64));
    Ok(Physical { attributes: [("Id".to_owned(), id.clone())].into_iter().collect(), id })
}

const BUCKET: &[&str] = &[
    "BucketEncryption",
    "BucketName",
    "LifecycleConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "Tags",
    "VersioningConfiguration",
];

fn create_bucket(state: &mut State, place: &Place, properties: &Value) -> Made {
    known(properties, BUCKET)?;
    let name = match properties.get("BucketName").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => {
            let mut stem = format!("{}-{}", place.stack, place.logical).to_ascii_lowercase();
            stem.truncate(50);
            format!("{stem}-{}", state.random.lower(12))
        }
    };
    if state.buckets.contains_key(&name) {
        return Err(format!("{name} already exists"));
    }
    state.buckets.insert(name.clone(), Bucket::new(&name, &place.account, &place.region, place.now));
    let attributes = [
        ("Arn", format!("arn:aws:s3:::{name}")),
        ("DomainName", format!("{name}.s3.amazonaws.com")),
        ("RegionalDomainName", format!("{name}.s3.{}.amazonaws.com", place.region)),
    ];
    let attributes = attributes.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Ok(Physical { id: name, attributes })
}

fn put_bucket_policy(state: &mut State, place: &Place, properties: &Value) -> Made {
    known(properties, &["Bucket", "PolicyDocument"])?;
    let name = required(properties, "Bucket")?;
    let document = properties.get("PolicyDocument").cloned().unwrap_or(Value::Null);
    Policy::parse(&document, Form::Resource)
        .map_err(|words| format!("Policy has invalid syntax: {words}"))?;
    let bucket = state
        .buckets
        .get_mut(&name)
        .filter(|bucket| bucket.account == place.account)
        .ok_or("The specified bucket does not exist")?;
    bucket.policy = Some(document);
    Ok(Physical { id: name, attributes: BTreeMap::new() })
}

fn create_report(state: &mut State, place: &Place, properties: &Value) -> Made {
    let report =
        Report::from_definition(properties, &place.account, place.now).map_err(|refusal| refusal.message)?;
    let name = report.name.clone();
    state.define_report(&place.account, report, place.now).map_err(|refusal| {
        format!(
            "{} (Service: CostAndUsageReport, Status Code: 400, Error Code: {})",
            refusal.message, refusal.code
        )
    })?;
    Ok(Physical { id: name, attributes: BTreeMap::new() })
}

/// Every scalar as text, as custom resources receive their properties.
pub fn stringified(value: &Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(
            object.iter().map(|(key, value)| (key.clone(), stringified(value))).collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(stringified).collect()),
        Value::String(text) => Value::String(text.clone()),
        Value::Null => Value::String(String::new()),
        other => Value::String(other.to_string()),
    }
}
