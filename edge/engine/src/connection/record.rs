//! What is known of a connection. One record, replaced as a whole.

use std::collections::BTreeMap;

use aws::AwsError;
use serde::{Deserialize, Serialize};
use shared::api::{AccessLevel, ConnectionState, Grant, LinkChoice};
use shared::{AccountId, ExternalId, Region, RoleArn, Timestamp};

use crate::error::{Error, Kind, Result};
use crate::ports::{Table, WorkspaceStore};
use crate::workspace::records;
use crate::workspace::session::RoleAccess;
use crate::workspace::world::World;

/// A connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Where it stands.
    pub state: ConnectionState,
    /// Since when.
    pub since: Timestamp,
    /// Raised by every disconnect: work of an older epoch is dropped.
    pub epoch: u32,
    /// Our name of it, in CloudFormation's physical id.
    pub id: String,
    /// Its external id; retired for ever when it ends.
    pub external_id: ExternalId,
    /// What the user chose.
    pub choice: LinkChoice,
    /// Who gets the mail.
    pub notify_email: String,
    /// When the link was opened.
    pub opened_at: Option<Timestamp>,
    /// A stack that called and was refused, while none was taken.
    #[serde(default)]
    pub refused: Option<RefusedStack>,
    /// The stack, once it called.
    pub stack: Option<Stack>,
    /// The role, once announced.
    pub role: Option<RoleArn>,
    /// When.
    pub role_at: Option<Timestamp>,
    /// As installed.
    pub access_level: AccessLevel,
    /// As installed.
    pub grants: BTreeMap<Grant, bool>,
    /// The report of the stack, or the one found.
    pub report: Option<ReportRef>,
    /// How the proofs stand.
    pub proof: Proof,
    /// First figures of Cost Explorer.
    pub insights_at: Option<Timestamp>,
    /// Why Cost Explorer gives none.
    pub insights_held: Option<Held>,
    /// When the report's definition was seen.
    pub report_at: Option<Timestamp>,
    /// What AWS says of the last delivery.
    pub delivery: Option<(Timestamp, String)>,
    /// Why the report does not come.
    pub report_held: Option<Held>,
    /// First committed month.
    pub first_period_at: Option<Timestamp>,
    /// Why the connection is broken.
    pub broken: Option<Held>,
    /// How its end stands.
    pub ending: Option<Ending>,
    /// Whose figures an earlier connection left here. Those of another account would mix with them.
    #[serde(default)]
    pub figures_of: Option<AccountId>,
    /// The report an earlier connection left at AWS: it can be used again.
    #[serde(default)]
    pub earlier_report: Option<ReportRef>,
    /// The organization, as far as the role may see it.
    pub organization: Option<OrganizationFacts>,
}

/// A stack that was answered FAILED.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedStack {
    /// When.
    pub at: Timestamp,
    /// Why, in the words that stand in its events.
    pub why: String,
}

/// The customer's stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// ARN.
    pub id: String,
    /// Version of its template.
    pub template_version: String,
}

/// Where report files lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRef {
    /// Whether the stack made it.
    pub is_ours: bool,
    /// Report or export name.
    pub name: String,
    /// Bucket.
    pub bucket: String,
    /// Prefix, may be empty.
    pub prefix: String,
    /// Region of the bucket.
    pub region: Region,
}

/// How the four proofs stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// When the first was tried.
    pub since: Option<Timestamp>,
    /// Tries so far.
    pub tries: u32,
    /// Assumed with our external id.
    pub assumed: bool,
    /// Refused without one.
    pub refused_without: bool,
    /// Refused with a wrong one.
    pub refused_wrong: bool,
    /// The caller's account is the role's.
    pub same_account: bool,
    /// When all held last.
    pub proven_at: Option<Timestamp>,
    /// When all held for the first time since the role was announced.
    #[serde(default)]
    pub first_proven_at: Option<Timestamp>,
    /// Refusals of a role that once was proven, an hour's worth of which means it is gone.
    pub refusals: Vec<Timestamp>,
}

/// What holds something up, and who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Code of the remedy table: `trust_too_open`.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// AWS's code and request id.
    pub aws: Option<(String, String)>,
    /// When it is tried again by itself.
    pub retry_at: Option<Timestamp>,
}

/// How the end of a connection stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Whether stored figures stay.
    pub keeps_figures: bool,
    /// When AWS refused us; two, a minute apart, are the proof.
    pub refused_at: Vec<Timestamp>,
    /// Tries so far.
    pub tries: u32,
    /// Sub-accounts in which the stack's StackSet may have made a role of ours.
    #[serde(default)]
    pub members: Vec<AccountId>,
    /// Those of them in which AWS refused us since.
    #[serde(default)]
    pub members_refused: Vec<AccountId>,
}

impl Ending {
    /// Sub-accounts in which AWS has not refused us yet.
    pub fn members_left(&self) -> impl Iterator<Item = &AccountId> {
        self.members.iter().filter(|member| !self.members_refused.contains(member))
    }
}

impl Proof {
    /// Since when access is proven; later looks that confirm it do not move this.
    pub fn since_when(&self) -> Option<Timestamp> {
        self.proven_at.map(|last| self.first_proven_at.unwrap_or(last))
    }
}

/// What the role may see of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationFacts {
    /// Whether there is one.
    pub exists: bool,
    /// Whether the connected account is its payer.
    pub is_payer: bool,
    /// Its root, for the StackSet.
    pub root_id: Option<String>,
}

impl Held {
    /// Something that holds up since now.
    pub fn new(reason: &str, since: Timestamp) -> Self {
        Self { reason: reason.to_owned(), since, aws: None, retry_at: None }
    }

    /// As AWS said it.
    pub fn by(mut self, error: &AwsError) -> Self {
        self.aws = Some((error.code.clone(), error.request_id.clone()));
        self
    }

    /// When it is tried again.
    pub fn retried_at(mut self, at: Timestamp) -> Self {
        self.retry_at = Some(at);
        self
    }
}

impl Connection {
    /// A connection nobody has pressed for yet.
    pub fn fresh(
        id: String,
        external_id: ExternalId,
        epoch: u32,
        choice: LinkChoice,
        email: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            state: ConnectionState::NotConnected,
            since: now,
            epoch,
            id,
            external_id,
            access_level: choice.access_level,
            grants: choice.grants.clone(),
            choice,
            notify_email: email.to_owned(),
            opened_at: None,
            refused: None,
            stack: None,
            role: None,
            role_at: None,
            report: None,
            proof: Proof::default(),
            insights_at: None,
            insights_held: None,
            report_at: None,
            delivery: None,
            report_held: None,
            first_period_at: None,
            broken: None,
            ending: None,
            figures_of: None,
            earlier_report: None,
            organization: None,
        }
    }

    /// The role and the id it is assumed with.
    pub fn access(&self) -> Option<RoleAccess> {
        self.role.clone().map(|role| RoleAccess { role, external_id: self.external_id.clone() })
    }

    /// The role that the stack's StackSet makes in a sub-account, and the id it is assumed with.
    pub fn member_access(&self, member: &AccountId) -> Option<(RoleArn, String)> {
        let short: String = self.external_id.as_str().chars().take(8).collect();
        let role = format!("arn:aws:iam::{member}:role/cloudthread/cloudthread-member-{short}");
        Some((role.parse().ok()?, format!("{}:{member}", self.external_id)))
    }

    /// Whether a set is granted; one that is not named is.
    pub fn grants(&self, grant: Grant) -> bool {
        self.grants.get(&grant).copied().unwrap_or(true)
    }

    /// Whether calls to AWS may be made for figures: proven, not broken, not ending.
    pub fn may_read(&self) -> bool {
        matches!(
            self.state,
            ConnectionState::FirstInsights | ConnectionState::AwaitingReport | ConnectionState::Live
        )
    }

    /// The account whose figures stay here when this connection has ended; none when they were erased.
    pub fn account_of_kept_figures(&self) -> Option<AccountId> {
        let keeps = self.ending.as_ref().is_some_and(|ending| ending.keeps_figures);
        let had_figures = self.insights_at.is_some() || self.first_period_at.is_some();
        let own = self.role.as_ref().filter(|_| had_figures).map(RoleArn::account);
        own.or_else(|| self.figures_of.clone()).filter(|_| keeps)
    }

    /// The report that stays at AWS when this connection has ended.
    pub fn report_left(&self) -> Option<ReportRef> {
        self.report.clone().filter(|report| !report.bucket.is_empty()).or_else(|| self.earlier_report.clone())
    }

    /// Whether a stack is still to call: none was taken, and nothing is ending.
    pub fn awaits_stack(&self) -> bool {
        use ConnectionState::{AwaitingStack, Broken, NotConnected};
        self.role.is_none() && matches!(self.state, NotConnected | AwaitingStack | Broken)
    }

    /// Where a proven connection stands: as far as the earlier unfinished track has come.
    pub fn settled(&self) -> ConnectionState {
        if self.first_period_at.is_some() {
            ConnectionState::Live
        } else if self.insights_at.is_none() && self.insights_held.is_none() {
            ConnectionState::FirstInsights
        } else {
            ConnectionState::AwaitingReport
        }
    }
}

/// The connection of a workspace, if there ever was one.
pub fn find<W: World>(world: &W) -> Result<Option<Connection>> {
    records::find(world.store(), Table::Connection, "current")
}

/// The connection, or the words for someone who asks for what only a connection has.
pub fn load<W: World>(world: &W) -> Result<Connection> {
    find(world)?.ok_or_else(|| {
        Error::new(
            Kind::Conflict,
            "not_connected",
            "This workspace is not connected to AWS yet.",
            "Press Connect Cloudthread via CF Stack on the Connect page.",
        )
    })
}

/// Stores a connection whose state did not change.
pub fn save<W: World>(world: &W, connection: &Connection) -> Result<()> {
    world.store().commit(&[records::put(Table::Connection, "current", connection)?])
}

/// The connection as it stands after waiting for AWS, if it is still the one that was asked about.
pub fn reload<W: World>(world: &W, before: &Connection) -> Result<Option<Connection>> {
    let now = find(world)?;
    Ok(now.filter(|now| now.epoch == before.epoch && now.role == before.role && now.id == before.id))
}
