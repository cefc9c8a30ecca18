//! Everything the simulated accounts hold. Nothing is kept on disk.

use std::collections::BTreeMap;

use shared::Timestamp;

use crate::accounts::{Account, Organization};
use crate::cloudformation::stack::Stack;
use crate::cloudformation::stack_set::StackSet;
use crate::faults::Faults;
use crate::iam::policy::Policy;
use crate::iam::{Caller, Role};
use crate::mailbox::Mail;
use crate::random::Random;
use crate::s3::Bucket;
use crate::sns::Topic;
use crate::wire::Refusal;

/// An access key.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Secret access key.
    pub secret: String,
    /// Session token of temporary credentials.
    pub token: Option<String>,
    /// End of temporary credentials.
    pub expires: Option<Timestamp>,
    /// Whose it is.
    pub caller: Caller,
}

/// One signed call, for tests and the console.
#[derive(Clone, Debug)]
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// Service of the credential scope.
    pub service: String,
    /// Operation.
    pub operation: String,
    /// ARN of the caller.
    pub caller: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Error code, empty on success.
    pub code: String,
}

/// How the world behaves until told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Seconds until a new role can be assumed.
    pub role_delay: i64,
    /// Results on a page of most listings.
    pub page: usize,
    /// Seconds from a report's definition to its first delivery; `None`: 1 to 47 hours by seed.
    pub first_delivery: Option<i64>,
    /// Hours are this many times shorter in the demonstration.
    pub hour: i64,
    /// Rows in a file of a report.
    pub rows_per_file: usize,
    /// Seconds of Cost Explorer's preparation after it was opened.
    pub ingesting: i64,
}

/// A custom resource's answer that is awaited.
#[derive(Clone, Debug, Default)]
pub struct Awaited {
    /// What was put, once.
    pub answer: Option<bytes::Bytes>,
    /// Until when the pre-signed URL works.
    pub url_expires: Timestamp,
}

/// The simulated AWS.
#[derive(Debug)]
pub struct State {
    /// Source of names and tokens.
    pub random: Random,
    /// How the world behaves.
    pub settings: Settings,
    /// Accounts by id.
    pub accounts: BTreeMap<String, Account>,
    /// The organization of the management account.
    pub organization: Organization,
    /// Access keys by id.
    pub credentials: BTreeMap<String, Credential>,
    /// Roles by ARN.
    pub roles: BTreeMap<String, Role>,
    /// Buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// Stacks by ARN.
    pub stacks: BTreeMap<String, Stack>,
    /// Stack sets by id.
    pub stack_sets: BTreeMap<String, StackSet>,
    /// The operator's topic.
    pub topic: Topic,
    /// Custom resources that wait, by request id.
    pub awaited: BTreeMap<String, Awaited>,
    /// Mails, oldest first.
    pub mails: Vec<Mail>,
    /// Faults to come.
    pub faults: Faults,
    /// Signed calls, oldest first, the last thousands.
    pub calls: Vec<Call>,
    /// Successful Cost Explorer requests by account, $0.01 each.
    pub cost_requests: BTreeMap<String, u64>,
}

impl State {
    /// A role by ARN.
    pub fn role(&self, arn: &str) -> Option<&Role> {
        self.roles.get(arn)
    }

    /// A role by account and name; names are unique whatever the path.
    pub fn role_named(&self, account: &str, name: &str) -> Option<&Role> {
        self.roles.values().find(|role| role.account == account && role.name == name)
    }

    /// The policy of the organization that binds an account; the management account is never bound.
    pub fn service_control_policy(&self, account: &str) -> Option<&Policy> {
        self.accounts.get(account).and_then(|account| account.service_control_policy.as_ref())
    }

    /// An account that a signed caller lives in.
    pub fn account(&self, id: &str) -> Result<&Account, Refusal> {
        self.accounts
            .get(id)
            .ok_or_else(|| Refusal::new(500, "InternalFailure", "The account does not exist"))
    }

    /// The same, to change it.
    pub fn account_mut(&mut self, id: &str) -> Result<&mut Account, Refusal> {
        self.accounts
            .get_mut(id)
            .ok_or_else(|| Refusal::new(500, "InternalFailure", "The account does not exist"))
    }

    /// Notes a call.
    pub fn note(&mut self, call: Call) {
        const KEPT: usize = 5_000;
        if self.calls.len() >= KEPT {
            self.calls.drain(..KEPT / 5);
        }
        self.calls.push(call);
    }
}
