//! Reports an account already has, listed while none is read: the customer names one of them in the stack.
//!
//! Nothing is chosen here. The role may read a bucket only after the stack was updated, and its owner does that.

use aws::{Credentials, session_policy};
use shared::api::FoundReport;
use shared::id::ReportName;
use shared::{BucketName, Region, Timestamp};

use super::definition::{self, Definition};
use crate::connection::{Connection, Held, link};
use crate::error::Result;
use crate::ports::{Table, WorkspaceStore};
use crate::workspace::records;
use crate::workspace::session::{self, Failure};
use crate::workspace::world::World;

/// Where the list is kept.
const KEY: &str = "reports_found";
/// Definitions kept of one account. AWS allows ten reports and a few exports.
const MAX: usize = 60;

/// Lists what there is, keeps it for the pages, and says what holds the report up: `otherwise` unless there is a choice.
/// The list of before stands while AWS does not answer.
pub async fn look<W: World>(
    world: &W,
    connection: &Connection,
    otherwise: &'static str,
    now: Timestamp,
) -> Result<Held> {
    let Some(access) = connection.access() else { return Ok(Held::new(otherwise, now)) };
    let listed = match session::credentials(world, &access, "watch", session_policy::watch(None)).await {
        Ok(credentials) => list(world, &credentials, connection).await,
        Err(failure) => Err(failure),
    };
    let found = match listed {
        Ok(found) => {
            world.store().commit(&[records::put(Table::Setting, KEY, &found)?])?;
            found
        }
        Err(Failure::Ours(error)) => return Err(error),
        Err(Failure::Aws(_)) => kept(world)?,
    };
    let has_choice = found.iter().any(|definition| definition.refused.is_none());
    Ok(Held::new(if has_choice { "report_choice" } else { otherwise }, now))
}

async fn list<W: World>(
    world: &W,
    credentials: &Credentials,
    connection: &Connection,
) -> std::result::Result<Vec<Definition>, Failure> {
    let mut found = definition::all(world, credentials).await?;
    // What the stack names already is not to be chosen again.
    found.retain(|found| {
        !connection
            .report
            .as_ref()
            .is_some_and(|report| report.name == found.name && report.bucket == found.bucket)
    });
    found.truncate(MAX);
    for definition in &mut found {
        definition.refused = definition.refused.take().or_else(|| unusable(definition).map(str::to_owned));
    }
    // Those that can be read come first, each group in AWS's order.
    found.sort_by_key(|definition| definition.refused.is_some());
    Ok(found)
}

/// Why the stack cannot name a report, though its format is right.
fn unusable(definition: &Definition) -> Option<&'static str> {
    if definition.bucket.parse::<BucketName>().is_err() {
        Some("Its bucket has a name with dots, which cannot be used.")
    } else if definition.name.parse::<ReportName>().is_err() {
        Some("Its name has signs the template does not take.")
    } else if definition.region.parse::<Region>().is_err() {
        Some("Its bucket lies in a region Cloudthread does not know.")
    } else {
        None
    }
}

fn kept<W: World>(world: &W) -> Result<Vec<Definition>> {
    Ok(records::find(world.store(), Table::Setting, KEY)?.unwrap_or_default())
}

/// Forgets the list.
pub fn forgotten() -> crate::ports::Write {
    records::delete(Table::Setting, KEY)
}

/// What a person may choose from; empty once a report is read.
pub fn view<W: World>(world: &W, connection: Option<&Connection>) -> Result<Vec<FoundReport>> {
    const OPEN: [&str; 4] = ["report_choice", "report_not_found", "report_gone", "report_unsupported"];
    let held = connection.filter(|connection| connection.may_read()).and_then(|connection| {
        let held = connection.report_held.as_ref()?;
        OPEN.contains(&held.reason.as_str()).then_some(connection)
    });
    let Some(connection) = held else { return Ok(Vec::new()) };
    let stack = connection.stack.as_ref();
    Ok(kept(world)?
        .into_iter()
        .map(|found| FoundReport {
            update_cli: stack
                .filter(|_| found.refused.is_none())
                .map(|stack| link::update_command(&stack.id, &found.name, &found.bucket, &found.prefix)),
            name: found.name,
            bucket: found.bucket,
            prefix: found.prefix,
            region: found.region,
            settings: found.settings,
            refused: found.refused,
        })
        .collect())
}
