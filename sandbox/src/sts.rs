//! STS: AssumeRole under the role's trust policy, GetCallerIdentity.

use std::collections::BTreeMap;

use shared::Timestamp;

use crate::clock;
use crate::iam::policy::{Ask, Form, Policy};
use crate::iam::{Caller, Power, authorize, trusts};
use crate::state::{Credential, State};
use crate::wire::{Answer, Refusal, element};

/// Longest session policy, in characters.
const POLICY_LIMIT: usize = 2_048;

/// Answers an action with the inner XML of its result.
pub fn handle(
    state: &mut State,
    caller: &Caller,
    action: &str,
    form: &BTreeMap<String, String>,
    now: Timestamp,
) -> Answer<String> {
    match action {
        "GetCallerIdentity" => Ok([
            element("Arn", &caller.arn),
            element("UserId", &caller.user_id),
            element("Account", &caller.account),
        ]
        .concat()),
        "AssumeRole" => assume_role(state, caller, form, now),
        _ => Err(Refusal::bad(
            "InvalidAction",
            format!("Could not find operation {action} for version 2011-06-15"),
        )),
    }
}

fn invalid(message: String) -> Refusal {
    Refusal::bad("ValidationError", message)
}

fn assume_role(
    state: &mut State,
    caller: &Caller,
    form: &BTreeMap<String, String>,
    now: Timestamp,
) -> Answer<String> {
    const MEMBERS: [&str; 7] =
        ["Action", "Version", "RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds", "Policy"];
    if let Some(unknown) = form.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
        return Err(invalid(format!("Parameter {unknown} is not simulated")));
    }
    let required = |name: &str| {
        form.get(name).ok_or_else(|| {
            invalid(format!("1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"))
        })
    };
    let arn = required("RoleArn")?;
    let session = required("RoleSessionName")?;
    if !(2..=64).contains(&session.len()) || !session.bytes().all(named) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{session}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        )));
    }
    if !(20..=2_048).contains(&arn.len()) || !arn.starts_with("arn:") {
        return Err(invalid(format!("{arn} is invalid")));
    }
    let external_id = form.get("ExternalId").map(String::as_str);
    if let Some(id) = external_id
        && (!(2..=1_224).contains(&id.len()) || !id.bytes().all(|byte| named(byte) || b":/".contains(&byte)))
    {
        return Err(invalid("1 validation error detected: Value at 'externalId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@:\\/-]*".to_owned()));
    }
    let policy = form.get("Policy").map(|text| session_policy(text)).transpose()?;
    let seconds = match form.get("DurationSeconds") {
        None => 3_600,
        Some(text) => text.parse::<i64>().ok().filter(|seconds| (900..=43_200).contains(seconds)).ok_or_else(|| {
            invalid(format!("1 validation error detected: Value '{text}' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"))
        })?,
    };
    // The caller's own policy comes first; every reason reads the same.
    let refused = || {
        Refusal::denied(format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            caller.arn
        ))
    };
    authorize(state, caller, &Ask::new("sts:AssumeRole", arn), None).map_err(|_| refused())?;
    let role = state.role(arn).filter(|role| now >= role.visible_from).cloned().ok_or_else(refused)?;
    if !trusts(&role, caller, external_id) {
        return Err(refused());
    }
    if seconds > role.max_session {
        return Err(invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".to_owned(),
        ));
    }
    let expires = clock::after(now, seconds);
    let key = format!("ASIA{}", state.random.upper(16));
    let secret = state.random.mixed(40);
    let token = format!("{}==", state.random.mixed(340));
    let user_id = format!("{}:{session}", role.id);
    let session_arn = format!("arn:aws:sts::{}:assumed-role/{}/{session}", role.account, role.name);
    let session_caller = Caller {
        account: role.account.clone(),
        arn: session_arn.clone(),
        principal_arn: role.arn(),
        user_id: user_id.clone(),
        power: Power::Session { role: role.arn(), role_id: role.id.clone(), policy },
    };
    state
        .credentials
        .retain(|_, credential| credential.expires.is_none_or(|end| clock::after(end, 86_400) > now));
    state.credentials.insert(
        key.clone(),
        Credential {
            secret: secret.clone(),
            token: Some(token.clone()),
            expires: Some(expires),
            caller: session_caller,
        },
    );
    Ok(format!(
        "<AssumedRoleUser>{}{}</AssumedRoleUser><Credentials>{}{}{}{}</Credentials><PackedPolicySize>6</PackedPolicySize>",
        element("AssumedRoleId", &user_id),
        element("Arn", &session_arn),
        element("AccessKeyId", &key),
        element("SecretAccessKey", &secret),
        element("SessionToken", &token),
        element("Expiration", &clock::iso_seconds(expires)),
    ))
}

fn session_policy(text: &str) -> Answer<Policy> {
    if text.chars().count() > POLICY_LIMIT {
        return Err(invalid("1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048".to_owned()));
    }
    Policy::parse_text(text, Form::Identity).map_err(|words| Refusal::bad("MalformedPolicyDocument", words))
}

fn named(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)
}
