//! Calls to AWS with the customer's role: narrowed to a job, for fifteen minutes, and every call in the ledger.

use aws::sts::{AssumeRole, SessionName};
use aws::{AwsError, Client, Credentials, ErrorKind, Operation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::api::CallRow;
use shared::{ExternalId, Money, RoleArn};

use super::jobs::{self, Job};
use super::records;
use super::world::World;
use crate::error::{Error, Kind, Result};
use crate::ports::{Clock, Table, WorkspaceStore};

/// Rows of the call ledger that are kept.
const KEPT_CALLS: usize = 400;

/// Which role, and how it is ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAccess {
    /// The role.
    pub role: RoleArn,
    /// The id it must be assumed with.
    pub external_id: ExternalId,
}

/// The client for one event.
pub fn client<W: World>(world: &W) -> Client<'_, W::Http, W::Pace> {
    Client {
        http: world.http(),
        pace: world.pace(),
        endpoints: &world.settings().endpoints,
        experience: &world.memory().experience,
    }
}

/// The operator's own credentials.
pub fn operator<W: World>(world: &W) -> Result<&Credentials> {
    world.settings().credentials.as_ref().ok_or_else(|| {
        Error::new(
            Kind::Upstream,
            "no_operator_credential",
            "This instance has no AWS credential yet.",
            "Its operator sets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; until then nothing can be connected.",
        )
    })
}

/// Session credentials for a job, from memory while they are fresh.
pub async fn credentials<W: World>(
    world: &W,
    access: &RoleAccess,
    job: &str,
    policy: String,
) -> std::result::Result<Credentials, Failure> {
    let key = format!("{} {}", access.role, hex::encode(Sha256::digest(policy.as_bytes())));
    let now = world.clock().now();
    if let Some(held) = world.memory().sessions.borrow().get(&key).filter(|held| held.are_fresh(now)) {
        return Ok(held.clone());
    }
    let operation = AssumeRole {
        role: access.role.clone(),
        session_name: SessionName::new(world.workspace(), job),
        external_id: Some(access.external_id.as_str().to_owned()),
        policy: Some(policy),
    };
    let answer = match call_as_operator(world, &operation, purpose(job)).await {
        // The first proof judges refusals itself.
        Err(refusal) if job != "prove" && is_access_denied(&refusal) => {
            doubt(world)?;
            return Err(refusal);
        }
        outcome => outcome?,
    };
    world.memory().sessions.borrow_mut().insert(key, answer.credentials.clone());
    Ok(answer.credentials)
}

/// What a job's credentials are for, in the words of the ledger.
fn purpose(job: &str) -> &str {
    match job {
        "prove" => "prove whose role it is",
        "insights" => "ask Cost Explorer",
        "watch" => "check access and the report",
        "ingest" => "read the report",
        "self-read" => "compare what is installed with what is published",
        other => other,
    }
}

/// AWS refuses a role that was proven: the proofs are looked at again now rather than tomorrow.
fn doubt<W: World>(world: &W) -> Result<()> {
    let now = world.clock().now();
    let is_far = jobs::find_due(world, Job::Inspect)?.is_some_and(|due| due > jobs::after_hours(now, 1));
    if is_far { world.store().commit(&[jobs::due(Job::Inspect, now)?]) } else { Ok(()) }
}

/// Drops credentials that ran out.
pub fn forget_stale<W: World>(world: &W) {
    let now = world.clock().now();
    world.memory().sessions.borrow_mut().retain(|_, held| held.are_fresh(now));
}

/// Drops all credentials: the connection ended or changed.
pub fn forget_all<W: World>(world: &W) {
    world.memory().sessions.borrow_mut().clear();
}

/// Why a call came to nothing.
#[derive(Clone, Debug)]
pub enum Failure {
    /// AWS said no, or did not answer.
    Aws(AwsError),
    /// We failed.
    Ours(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        Self::Aws(error)
    }
}

impl Failure {
    /// As a failed use case: for the log, and for a person who waits.
    pub fn into_error(self) -> Error {
        match self {
            Self::Ours(error) => error,
            Self::Aws(error) => Error::new(
                Kind::Upstream,
                "aws_failed",
                "AWS did not answer as it should.",
                "Cloudthread tries again by itself; what is already there stays.",
            )
            .because(&error),
        }
    }
}

/// Calls an operation and writes the ledger row, whatever comes of it.
pub async fn call<W: World, O: Operation>(
    world: &W,
    credentials: &Credentials,
    operation: &O,
    purpose: &str,
    cost: Money,
) -> std::result::Result<O::Output, Failure> {
    let outcome = client(world).call(credentials, operation).await;
    let (request_id, words, allowed, cost) = match &outcome {
        Ok(answer) => (answer.request_id.clone(), "ok".to_owned(), Some(true), cost),
        Err(error) => {
            let allowed = error.kind.is_denied().then_some(false);
            (error.request_id.clone(), outcome_words(error), allowed, Money::ZERO)
        }
    };
    let row = CallRow {
        at: world.clock().now(),
        action: O::NAME.to_owned(),
        purpose: purpose.to_owned(),
        cached: false,
        cost,
        request_id: (!request_id.is_empty()).then_some(request_id),
        outcome: words,
        allowed,
    };
    record(world, &row)?;
    Ok(outcome?.output)
}

/// Calls a free operation with the operator's own key. A key that AWS does not know, or no longer, gives way to the
/// second one; the ledger keeps both rows.
pub async fn call_as_operator<W: World, O: Operation>(
    world: &W,
    operation: &O,
    purpose: &str,
) -> std::result::Result<O::Output, Failure> {
    let outcome = call(world, operator(world)?, operation, purpose, Money::ZERO).await;
    match (&outcome, &world.settings().second_credentials) {
        (Err(Failure::Aws(error)), Some(second)) if error.kind == ErrorKind::BadKey => {
            call(world, second, operation, purpose, Money::ZERO).await
        }
        _ => outcome,
    }
}

fn outcome_words(error: &AwsError) -> String {
    if error.code.is_empty() { error.kind.in_words() } else { error.code.clone() }
}

/// How often calls were made, what they cost, and which actions were used when.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CallTotals {
    /// Rows ever written; also the next row's key.
    pub rows: u64,
    /// Calls that reached AWS.
    pub calls: u32,
    /// What AWS charged for them.
    pub cost: Money,
    /// By action: last success and how many.
    pub uses: std::collections::BTreeMap<String, (shared::Timestamp, u32)>,
    /// By action: whether the last answer allowed it, and when.
    pub probes: std::collections::BTreeMap<String, (bool, shared::Timestamp)>,
    /// Dollars by calendar month.
    pub months: std::collections::BTreeMap<shared::BillingPeriod, Money>,
}

/// The totals of all calls.
pub fn totals<W: World>(world: &W) -> Result<CallTotals> {
    Ok(records::find(world.store(), Table::Setting, "calls")?.unwrap_or_default())
}

/// Writes a ledger row and adds it to the totals, in one transaction.
pub fn record<W: World>(world: &W, row: &CallRow) -> Result<()> {
    let mut totals = totals(world)?;
    let key = format!("{:012}", totals.rows);
    let mut writes = Vec::new();
    if let Some(old) = totals.rows.checked_sub(KEPT_CALLS as u64) {
        writes.push(records::delete(Table::Call, format!("{old:012}")));
    }
    totals.rows += 1;
    if !row.cached {
        totals.calls += 1;
        totals.cost += row.cost;
        let period = shared::Day::of(row.at).period();
        *totals.months.entry(period).or_default() += row.cost;
    }
    if row.allowed == Some(true) {
        let used = totals.uses.entry(row.action.clone()).or_insert((row.at, 0));
        *used = (row.at, used.1.saturating_add(1));
    }
    if let Some(allowed) = row.allowed {
        totals.probes.insert(row.action.clone(), (allowed, row.at));
    }
    writes.push(records::put(Table::Call, key, row)?);
    writes.push(records::put(Table::Setting, "calls", &totals)?);
    world.store().commit(&writes)
}

/// Whether AWS itself refused access: the only answer that proves something.
pub fn is_access_denied(failure: &Failure) -> bool {
    matches!(failure, Failure::Aws(error) if error.is_access_denied())
}

/// Whether AWS refused, rather than failed.
pub fn is_denied(failure: &Failure) -> bool {
    matches!(failure, Failure::Aws(error) if error.kind.is_denied())
}
