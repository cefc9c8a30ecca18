//! IAM: roles, who may assume them and what a caller may do.

pub mod policy;
mod service;

use std::collections::BTreeMap;

use serde_json::Value;
use shared::Timestamp;

use crate::state::State;
use crate::wire::{Answer, Refusal};
use policy::{Ask, Effect, Form, Policy};

pub use service::handle;

/// A role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Twelve digits.
    pub account: String,
    /// `/cloudthread/`.
    pub path: String,
    /// Name without path.
    pub name: String,
    /// `AROA…`.
    pub id: String,
    /// Who may assume it.
    pub trust: Value,
    /// Inline policies by name.
    pub policies: BTreeMap<String, Value>,
    /// Longest session in seconds.
    pub max_session: i64,
    /// When it was made.
    pub created: Timestamp,
    /// From when on the rest of AWS knows it.
    pub visible_from: Timestamp,
}

impl Role {
    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:role{}{}", self.account, self.path, self.name)
    }
}

/// Who signed a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// ARN of the user or of the role session.
    pub arn: String,
    /// ARN of the user or role: `aws:PrincipalArn`.
    pub principal_arn: String,
    /// `AIDA…`, or `AROA…:session`.
    pub user_id: String,
    /// What it may do.
    pub power: Power,
}

/// Where a caller's permissions come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Power {
    /// A user with a policy of its own.
    User(Policy),
    /// A session of the role with this ARN and id, narrowed by a session policy.
    Session {
        /// ARN of the role.
        role: String,
        /// Id of the role: a session of a deleted and re-made role is dead.
        role_id: String,
        /// The session policy.
        policy: Option<Policy>,
    },
}

impl Caller {
    fn names(&self) -> Vec<(String, String)> {
        [&self.arn, &self.principal_arn, &format!("arn:aws:iam::{}:root", self.account)]
            .into_iter()
            .map(|name| ("AWS".to_owned(), name.clone()))
            .collect()
    }

    fn completed(&self, ask: &Ask) -> Ask {
        let mut ask = ask
            .clone()
            .key("aws:PrincipalArn", &self.principal_arn)
            .key("aws:PrincipalAccount", &self.account)
            // The simulation stands for HTTPS although its own socket is plain.
            .key("aws:SecureTransport", "true");
        ask.principal = self.names();
        ask
    }
}

/// Whether a caller may do what it asks; `resource_policy` is the bucket's, if there is one.
pub fn authorize(state: &State, caller: &Caller, ask: &Ask, resource_policy: Option<&Policy>) -> Answer<()> {
    let ask = caller.completed(ask);
    let refuse = |because: &str| {
        Err(Refusal::denied(format!(
            "User: {} is not authorized to perform: {} on resource: {} {because}",
            caller.arn, ask.action, ask.resource
        )))
    };
    if let Some(policy) = state.service_control_policy(&caller.account) {
        match policy.says(&ask) {
            Effect::Deny => return refuse("with an explicit deny in a service control policy"),
            Effect::Silent => {
                return refuse(&format!(
                    "because no service control policy allows the {} action",
                    ask.action
                ));
            }
            Effect::Allow => {}
        }
    }
    let from_resource = resource_policy.map_or(Effect::Silent, |policy| policy.says(&ask));
    if from_resource == Effect::Deny {
        return refuse("with an explicit deny in a resource-based policy");
    }
    let (identity, session) = match &caller.power {
        Power::User(policy) => (policy.says(&ask), None),
        Power::Session { role, role_id, policy } => {
            let says = state
                .role(role)
                .filter(|role| role.id == *role_id)
                .map_or(Effect::Silent, |role| identity_says(role, &ask));
            (says, policy.as_ref().map(|policy| policy.says(&ask)))
        }
    };
    if identity == Effect::Deny {
        return refuse("with an explicit deny in an identity-based policy");
    }
    if session == Some(Effect::Deny) {
        return refuse("with an explicit deny in a session policy");
    }
    // A resource policy that names the session itself could bypass the session policy; none here does.
    if session == Some(Effect::Silent) {
        return refuse(&format!("because no session policy allows the {} action", ask.action));
    }
    if identity == Effect::Silent && from_resource == Effect::Silent {
        return refuse(&format!("because no identity-based policy allows the {} action", ask.action));
    }
    Ok(())
}

fn identity_says(role: &Role, ask: &Ask) -> Effect {
    let mut effect = Effect::Silent;
    for document in role.policies.values() {
        let said = Policy::parse(document, Form::Identity).map_or(Effect::Silent, |policy| policy.says(ask));
        match said {
            Effect::Deny => return Effect::Deny,
            Effect::Allow => effect = Effect::Allow,
            Effect::Silent => {}
        }
    }
    effect
}

/// Whether a role's trust policy lets a caller in.
pub fn trusts(role: &Role, caller: &Caller, external_id: Option<&str>) -> bool {
    let Ok(policy) = Policy::parse(&role.trust, Form::Trust) else { return false };
    let mut ask = caller.completed(&Ask::new("sts:AssumeRole", &role.arn()));
    if let Some(id) = external_id {
        ask = ask.key("sts:ExternalId", id);
    }
    policy.says(&ask) == Effect::Allow
}
