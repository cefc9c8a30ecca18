//! What the decoder asks and reports. Every request may come twice, late, or for work that is no more.

use aws::session_policy;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::month::{self, PartRecord, PeriodRecord, Work, part_key};
use super::protocol::{Accepted, PartClaim, PartTask, SessionCredentials, Wanted};
use super::{commit, parts};
use crate::connection::inspect::{bucket, report_prefix};
use crate::connection::{self, Connection};
use crate::error::{Error, Kind, Result};
use crate::ports::{Clock, PartMessage, Table, WorkspaceStore};
use crate::workspace::jobs::{self, Job};
use crate::workspace::records;
use crate::workspace::session;
use crate::workspace::world::World;

/// Answers one request of the decoder; `protocol` lists them.
pub async fn serve<W: World>(world: &W, what: &str, body: &[u8]) -> Result<String> {
    match what {
        "part/claim" => json(&claim(world, read(body)?, true).await?),
        "part/renew" => json(&claim(world, read(body)?, false).await?),
        "part/wanted" => json(&wanted(world, &read(body)?)?),
        "part/split" => json(&parts::split(world, read(body)?).await?),
        "part/done" => json(&parts::done(world, read(body)?).await?),
        "part/failed" => json(&parts::failed(world, read(body)?)?),
        "part/dead" => json(&parts::dead(world, read(body)?)?),
        "merge/claim" => json(&commit::claim(world, &read(body)?)?),
        "merge/missing" => json(&commit::missing(world, read(body)?).await?),
        "merge/done" => json(&commit::done(world, read(body)?).await?),
        _ => Err(Error::new(Kind::NotFound, "not_found", "There is no such request.", "")),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|cause| Error::bug(format!("a request of the decoder: {cause}")))
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::bug)
}

/// The work a message belongs to, with its connection; none when it is late.
pub fn current<W: World>(
    world: &W,
    message: &PartMessage,
) -> Result<Option<(Connection, PeriodRecord, Work)>> {
    let Some(connection) = connection::record::find(world)? else { return Ok(None) };
    let record = month::find(world, message.period)?;
    let is_ours =
        message.workspace == *world.workspace() && message.epoch == connection.epoch && connection.may_read();
    let work = record.work.clone().filter(|work| is_ours && work.manifest == message.manifest);
    Ok(work.map(|work| (connection, record, work)))
}

/// The part a message names, if it is part of the same delivery.
pub fn find_part<W: World>(world: &W, message: &PartMessage) -> Result<Option<PartRecord>> {
    let Some(number) = message.part else { return Ok(None) };
    let part: Option<PartRecord> =
        records::find(world.store(), Table::Part, &part_key(message.period, number))?;
    Ok(part.filter(|part| part.manifest == message.manifest))
}

/// The answer to what comes too late. Blobs it left are to go where figures were erased: nothing would find them later.
pub fn late<W: World>(world: &W, blobs: Vec<String>) -> Result<Accepted> {
    let is_erased = match connection::record::find(world)? {
        None => true,
        Some(connection) => connection.ending.is_some_and(|ending| !ending.keeps_figures),
    };
    Ok(Accepted { discard: if is_erased { blobs } else { Vec::new() }, ..Accepted::default() })
}

fn wanted<W: World>(world: &W, message: &PartMessage) -> Result<Wanted> {
    let part = if current(world, message)?.is_some() { find_part(world, message)? } else { None };
    Ok(Wanted { is_wanted: part.is_some_and(|part| part.partial.is_none()) })
}

/// Hands out a part. A first claim is written down: who claims it again without a word in between finds a reader that
/// died.
async fn claim<W: World>(world: &W, message: PartMessage, is_first: bool) -> Result<PartClaim> {
    let Some((connection, _, work)) = current(world, &message)? else { return Ok(PartClaim::Drop) };
    let Some(part) = find_part(world, &message)?.filter(|part| part.partial.is_none()) else {
        return Ok(PartClaim::Drop);
    };
    let (Some(bucket), Some(access)) = (bucket(&connection), connection.access()) else {
        return Ok(PartClaim::Drop);
    };
    let policy = session_policy::ingest(&bucket.name, &report_prefix(&connection))
        .ok_or_else(|| Error::bug("a prefix too long"))?;
    if !is_first {
        // AWS said that the ones we hold have ended, whatever our clock says.
        session::forget_all(world);
    }
    let credentials = match session::credentials(world, &access, "ingest", policy).await {
        Ok(credentials) => credentials,
        Err(failure) if session::is_denied(&failure) => {
            // The role is gone or trusts otherwise: the proofs find out, and nothing is read until they have.
            if current(world, &message)?.is_some() {
                let mut record = month::find(world, message.period)?;
                record.work = None;
                let now = world.clock().now();
                world
                    .store()
                    .commit(&[month::put(message.period, &record)?, jobs::due(Job::Inspect, now)?])?;
            }
            return Ok(PartClaim::Drop);
        }
        Err(failure) => return Err(failure.into_error()),
    };
    // Asking AWS took time: only what is still current is handed out.
    if current(world, &message)?.is_none() {
        return Ok(PartClaim::Drop);
    }
    let (Some(mut part), Some(number)) = (
        find_part(world, &message)?.filter(|now| now.piece == part.piece && now.partial.is_none()),
        message.part,
    ) else {
        return Ok(PartClaim::Drop);
    };
    let splits = part.claims > 0;
    if is_first {
        part.claims = part.claims.saturating_add(1);
        world.store().commit(&[records::put(Table::Part, part_key(message.period, number), &part)?])?;
    }
    let token = credentials.reveal_session_token().ok_or_else(|| Error::bug("a session without token"))?;
    Ok(PartClaim::Read(Box::new(PartTask {
        workspace: world.workspace().clone(),
        period: message.period,
        bucket: bucket.name,
        region: bucket.region,
        owner: bucket.owner,
        piece: part.piece,
        size: part.size,
        splits,
        columns: work.columns,
        credentials: SessionCredentials {
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: credentials.reveal_secret_access_key().to_owned(),
            session_token: token.to_owned(),
            expires_at: credentials
                .expires_at()
                .unwrap_or_else(|| jobs::after_minutes(world.clock().now(), 10)),
        },
    })))
}
