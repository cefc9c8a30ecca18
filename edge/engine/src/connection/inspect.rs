//! The daily look: are the proofs still true, what does each set allow, is the installed template the published one.

use std::collections::BTreeMap;

use aws::cloud_formation::{DescribeStacks, GetTemplate};
use aws::cloud_watch::ListMetrics;
use aws::cost_and_usage_report::DescribeReportDefinitions;
use aws::iam::{GetRolePolicy, ListRolePolicies};
use aws::organizations::{DescribeOrganization, ListRoots};
use aws::s3::{Bucket, GetBucketPolicy, ListObjects};
use aws::session_policy;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::api::{ConnectionState, Grant};
use shared::{Money, Region, Timestamp};

use super::happen::happen;
use super::prove::{self, Finding};
use super::record::{self, Connection, Held, OrganizationFacts};
use super::step::Event;
use crate::error::Result;
use crate::ports::{Clock, Entropy, Table, WorkspaceStore, Write};
use crate::workspace::session::{self, Failure, RoleAccess};
use crate::workspace::world::World;
use crate::workspace::{audit, jobs, records};

/// Refusals of a proven role, an hour apart from first to last, after which it counts as gone.
const REFUSALS: usize = 3;
/// Minutes between two of them.
const REFUSALS_APART: i64 = 30;

/// What the role may read of itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Installed {
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// SHA-256 of the installed template.
    pub template_sha256: Option<String>,
    /// Inline policies by name: JSON.
    pub policies: BTreeMap<String, String>,
    /// What CloudFormation says of the stack.
    pub stack_status: Option<String>,
}

/// What is installed, as far as it was read.
pub fn installed<W: World>(world: &W) -> Result<Installed> {
    Ok(records::find(world.store(), Table::Setting, "installed")?.unwrap_or_default())
}

/// Looks once.
pub async fn run<W: World>(world: &W) -> Result<Option<Timestamp>> {
    let Some(before) = record::find(world)? else { return Ok(None) };
    let may_look = before.may_read() || before.state == ConnectionState::Broken;
    let Some(access) = before.access().filter(|_| may_look) else { return Ok(None) };
    session::forget_all(world);
    let mut proof = before.proof.clone();
    let finding = prove::all(world, &access, &mut proof).await?;
    let now = world.clock().now();
    let Some(mut connection) = record::reload(world, &before)? else { return Ok(None) };
    match finding {
        Finding::Holds => {
            proof.proven_at = Some(now);
            proof.refusals.clear();
            let connection = happen(world, connection, Event::Proven(proof), Vec::new())?;
            probe(world, &connection, &access).await?;
            Ok(Some(jobs::after_seconds(now, 86_400 + jitter(world))))
        }
        Finding::Fails(reason, aws) => {
            happen(world, connection, Event::NotProven(Held { aws, ..Held::new(reason, now) }), Vec::new())?;
            Ok(None)
        }
        Finding::Refused(aws) => {
            proof.refusals.push(now);
            let lasts =
                proof.refusals.first().is_some_and(|first| now.duration_since(*first).as_secs() >= 3_600);
            if proof.refusals.len() >= REFUSALS && lasts && connection.state != ConnectionState::Broken {
                happen(
                    world,
                    connection,
                    Event::NotProven(Held { aws, ..Held::new("role_gone", now) }),
                    Vec::new(),
                )?;
                return Ok(None);
            }
            connection.proof.refusals = proof.refusals;
            let is_broken = connection.state == ConnectionState::Broken;
            record::save(world, &connection)?;
            Ok((!is_broken).then(|| jobs::after_minutes(now, REFUSALS_APART)))
        }
        Finding::Unknown => Ok(Some(jobs::after_minutes(now, 5))),
    }
}

/// A quarter of an hour at most, so that not all workspaces look at the same minute.
fn jitter<W: World>(world: &W) -> i64 {
    let [first, ..] = world.entropy().token();
    i64::from(first) * 3
}

/// One harmless call for each granted set. What it comes to stands in the call ledger, and there the pages find it.
async fn probe<W: World>(world: &W, connection: &Connection, access: &RoleAccess) -> Result<()> {
    let bucket = bucket(connection);
    let watch = session_policy::watch(bucket.as_ref().map(|bucket| &bucket.name));
    let credentials =
        session::credentials(world, access, "watch", watch).await.map_err(Failure::into_error)?;
    let purpose = "check what each permission set allows";
    let region = Region::UsEast1;
    if connection.grants(Grant::Organization) {
        let organization =
            session::call(world, &credentials, &DescribeOrganization, purpose, Money::ZERO).await;
        let facts = match organization {
            Ok(organization) => {
                let roots =
                    session::call(world, &credentials, &ListRoots { page: None }, purpose, Money::ZERO).await;
                Some(OrganizationFacts {
                    exists: true,
                    is_payer: organization.management_account == access.role.account(),
                    root_id: ours(roots)?
                        .and_then(|roots| roots.roots.into_iter().next())
                        .map(|root| root.id),
                })
            }
            Err(Failure::Aws(error)) if error.code == "AWSOrganizationsNotInUseException" => {
                Some(OrganizationFacts { exists: false, is_payer: false, root_id: None })
            }
            Err(Failure::Aws(_)) => None,
            Err(Failure::Ours(error)) => return Err(error),
        };
        if let (Some(facts), Some(mut current)) = (facts, record::reload(world, connection)?) {
            current.organization = Some(facts);
            record::save(world, &current)?;
        }
    }
    if connection.grants(Grant::Metrics) {
        ours(
            session::call(
                world,
                &credentials,
                &ListMetrics { region, namespace: None, page: None },
                purpose,
                Money::ZERO,
            )
            .await,
        )?;
    }
    if connection.grants(Grant::Report) {
        ours(
            session::call(
                world,
                &credentials,
                &DescribeReportDefinitions { page: None },
                purpose,
                Money::ZERO,
            )
            .await,
        )?;
    }
    if let (true, Some(bucket)) = (connection.grants(Grant::ReportBucket), bucket) {
        let prefix = report_prefix(connection);
        let list =
            ListObjects { bucket: bucket.clone(), prefix, is_shallow: false, max_keys: Some(1), page: None };
        ours(session::call(world, &credentials, &list, purpose, Money::ZERO).await)?;
        if connection.report.as_ref().is_some_and(|report| report.is_ours) {
            ours(
                session::call(world, &credentials, &GetBucketPolicy { bucket }, purpose, Money::ZERO).await,
            )?;
        }
    }
    if connection.grants(Grant::SelfRead) {
        read_itself(world, connection, access).await?;
    }
    Ok(())
}

/// Reads stack, template and inline policies.
async fn read_itself<W: World>(world: &W, connection: &Connection, access: &RoleAccess) -> Result<()> {
    let purpose = "compare what is installed with what is published";
    let credentials = session::credentials(world, access, "self-read", session_policy::self_read())
        .await
        .map_err(Failure::into_error)?;
    let mut installed = Installed { read_at: Some(world.clock().now()), ..Installed::default() };
    if let Some(stack) = connection.stack.as_ref().map(|stack| stack.id.clone()) {
        let described = session::call(
            world,
            &credentials,
            &DescribeStacks { stack: stack.clone() },
            purpose,
            Money::ZERO,
        )
        .await;
        installed.stack_status = ours(described)?.map(|stack| stack.status.0);
        let template = session::call(world, &credentials, &GetTemplate { stack }, purpose, Money::ZERO).await;
        installed.template_sha256 = ours(template)?.map(|text| hex::encode(Sha256::digest(text.as_bytes())));
    }
    let role = access.role.role_name().to_owned();
    let names = session::call(
        world,
        &credentials,
        &ListRolePolicies { role: role.clone(), page: None },
        purpose,
        Money::ZERO,
    )
    .await;
    for policy in ours(names)?.map(|names| names.names).unwrap_or_default().into_iter().take(20) {
        let operation = GetRolePolicy { role: role.clone(), policy: policy.clone() };
        if let Some(document) =
            ours(session::call(world, &credentials, &operation, purpose, Money::ZERO).await)?
        {
            installed.policies.insert(policy, document);
        }
    }
    if record::reload(world, connection)?.is_some() {
        let mut writes = vec![records::put(Table::Setting, "installed", &installed)?];
        writes.extend(drift(world, &self::installed(world)?, &installed)?);
        world.store().commit(&writes)?;
    }
    Ok(())
}

/// The log's row of an installed template that is another than yesterday's.
fn drift<W: World>(world: &W, before: &Installed, after: &Installed) -> Result<Vec<Write>> {
    let (Some(old), Some(new)) = (&before.template_sha256, &after.template_sha256) else {
        return Ok(Vec::new());
    };
    if old == new {
        return Ok(Vec::new());
    }
    audit::append(world, audit::CLOUDTHREAD, &[("template_changed", format!("SHA-256 {new}"))])
}

/// What AWS refuses is a finding; only our own failures end the look.
fn ours<T>(outcome: std::result::Result<T, Failure>) -> Result<Option<T>> {
    match outcome {
        Ok(output) => Ok(Some(output)),
        Err(Failure::Aws(_)) => Ok(None),
        Err(Failure::Ours(error)) => Err(error),
    }
}

/// The report's bucket, as it must be.
pub fn bucket(connection: &Connection) -> Option<Bucket> {
    let report = connection.report.as_ref()?;
    Some(Bucket {
        name: report.bucket.parse().ok()?,
        region: report.region,
        owner: connection.role.as_ref()?.account(),
    })
}

/// Everything of the report lies below this, slash included.
pub fn report_prefix(connection: &Connection) -> String {
    let Some(report) = &connection.report else { return String::new() };
    let prefix = report.prefix.trim_matches('/');
    if prefix.is_empty() { format!("{}/", report.name) } else { format!("{prefix}/{}/", report.name) }
}
