//! Beginning a month: its manifest is read, each of its files pinned by ETag, each part handed out.

use std::collections::{BTreeMap, BTreeSet};

use aws::s3::{Bucket, GetObject, HeadObject, ObjectSummary};
use aws::{Credentials, ErrorKind};
use shared::api::RefusedFile;
use shared::{BillingPeriod, Money, Timestamp};

use super::listing::{self, Place};
use super::look::held;
use super::manifest::{Manifest, ManifestError};
use super::month::{self, PartRecord, Work, part_key};
use super::parts::await_file;
use super::protocol::{Piece, Receipt};
use super::tags;
use crate::connection::{self, Connection, Event, Held, happen};
use crate::error::{Error, Kind, Result};
use crate::ports::{Clock, PartMessage, Queue, Table, WorkspaceStore};
use crate::workspace::records;
use crate::workspace::session::{self, Failure};
use crate::workspace::world::World;

/// Largest manifest that is read.
const MAX_MANIFEST: usize = 4 * 1024 * 1024;
/// Files that were not listed and are asked for one by one; of more, their folders are listed.
const ONE_BY_ONE: usize = 8;
/// Minutes without any movement after which parts are handed out again.
const STUCK: i64 = 20;
/// Minutes a file newer than its manifest is given: AWS writes the manifest last, so another is under way.
const SETTLED: i64 = 60;

/// Whether a manifest is neither committed, nor being read, nor refused, nor put off. Work that does not move is begun again.
pub fn is_new<W: World>(
    world: &W,
    period: BillingPeriod,
    object: &ObjectSummary,
    now: Timestamp,
) -> Result<bool> {
    let record = month::find(world, period)?;
    let is_committed = record.committed.as_ref().is_some_and(|month| month.manifest == object.etag);
    let is_refused = record.refused_manifest.as_deref() == Some(&object.etag);
    let is_resting = record.rests(&object.etag, now);
    let is_moving = record.work.as_ref().is_some_and(|work| {
        work.manifest == object.etag && now.duration_since(work.moved_at).as_secs() < STUCK * 60
    });
    Ok(!(is_committed || is_refused || is_resting || is_moving))
}

/// A month that may begin.
pub struct Delivery<'a> {
    /// The bucket.
    pub bucket: &'a Bucket,
    /// Everything of the report lies below it.
    pub prefix: &'a str,
    /// Billing period.
    pub period: BillingPeriod,
    /// The manifest.
    pub manifest: &'a ObjectSummary,
    /// What lies below the prefix, by key.
    pub objects: &'a BTreeMap<&'a str, &'a ObjectSummary>,
}

/// Begins a month, unless its files are not there yet or are being replaced; whether it began. Parts whose file is
/// unchanged keep their partial, and files that were cut stay cut.
pub async fn begin<W: World>(
    world: &W,
    connection: &Connection,
    credentials: &Credentials,
    delivery: &Delivery<'_>,
) -> Result<bool> {
    let Delivery { bucket, prefix, period, manifest: object, .. } = *delivery;
    let now = world.clock().now();
    let get = GetObject {
        bucket: bucket.clone(),
        key: object.key.clone(),
        range: None,
        if_match: Some(object.etag.clone()),
        max_bytes: MAX_MANIFEST,
    };
    let bytes = match session::call(world, credentials, &get, "read the report's manifest", Money::ZERO).await
    {
        Ok(found) => found.bytes,
        Err(Failure::Aws(error)) if error.kind == ErrorKind::TooLarge => {
            return refuse(world, connection, period, object, ManifestError::TooLarge, now);
        }
        Err(failure) => return put_off(world, connection, failure, now),
    };
    let manifest = match Manifest::parse(&bytes, bucket.name.as_str(), prefix) {
        Ok(manifest) => manifest,
        Err(error) => return refuse(world, connection, period, object, error, now),
    };
    // A delivery without files says nothing of a month; taken for one, it would empty the month that stands.
    if manifest.files.is_empty() {
        return Ok(false);
    }
    let listed = list_folders(world, credentials, delivery, &manifest.files).await?;
    let mut pinned = Vec::with_capacity(manifest.files.len());
    for key in &manifest.files {
        match pin(world, credentials, delivery, &listed, key).await {
            Ok(pin) if is_being_replaced(&pin, object, now) => return Ok(false),
            Ok(pin) => pinned.push((key.clone(), pin)),
            Err(Failure::Aws(error)) if error.kind == ErrorKind::NotFound => {
                if let Some(connection) = connection::record::reload(world, connection)? {
                    await_file(world, &connection, period, &object.etag, key, now)?;
                }
                return Ok(false);
            }
            Err(failure) => return put_off(world, connection, failure, now),
        }
    }
    if connection::record::reload(world, connection)?.is_none() {
        return Ok(false);
    }
    let tracked_tags = tags::tracked(world, period, &manifest)?;
    let held = month::parts(world, period)?;
    let mut parts = Vec::with_capacity(pinned.len());
    for (place, (key, pin)) in (0_u32..).zip(&pinned) {
        let piece = Piece {
            key: key.clone(),
            etag: pin.etag.clone(),
            row_groups: None,
            tracked_tags: tracked_tags.clone(),
        };
        let is_same = |part: &&PartRecord| Piece { row_groups: None, ..part.piece.clone() } == piece;
        let known: Vec<&PartRecord> = held.iter().filter(is_same).collect();
        let part = PartRecord {
            manifest: object.etag.clone(),
            place,
            piece: piece.clone(),
            size: pin.size,
            claims: 0,
            losses: 0,
            partial: None,
            receipt: Receipt::default(),
        };
        if known.is_empty() {
            parts.push(part);
        } else {
            parts.extend(known.into_iter().map(|known| PartRecord {
                piece: known.piece.clone(),
                partial: known.partial.clone(),
                receipt: known.receipt.clone(),
                ..part.clone()
            }));
        }
    }
    if parts.len() > month::MOST_PARTS {
        return refuse(world, connection, period, object, ManifestError::TooMany, now);
    }
    let count = u32::try_from(parts.len()).map_err(Error::bug)?;
    let work = Work {
        key: object.key.clone(),
        manifest: object.etag.clone(),
        columns: manifest.expected(&tracked_tags),
        version: manifest.version,
        as_of: object.last_modified.unwrap_or(now),
        started_at: now,
        moved_at: now,
        files: u32::try_from(pinned.len()).map_err(Error::bug)?,
        parts: count,
        open: u32::try_from(parts.iter().filter(|part| part.partial.is_none()).count()).ok(),
        tracked_tags,
    };
    let mut record = month::find(world, period)?;
    let kept = |partial: &String| parts.iter().any(|part| part.partial.as_ref() == Some(partial));
    record
        .garbage
        .extend(held.iter().filter_map(|part| part.partial.clone()).filter(|partial| !kept(partial)));
    let mut writes = Vec::new();
    let mut messages = Vec::new();
    let message = |part| PartMessage {
        workspace: world.workspace().clone(),
        epoch: connection.epoch,
        period,
        manifest: work.manifest.clone(),
        part,
    };
    for (number, part) in (0_u32..).zip(&parts) {
        if part.partial.is_none() {
            messages.push(message(Some(number)));
        }
        writes.push(records::put(Table::Part, part_key(period, number), part)?);
    }
    for number in count..u32::try_from(held.len()).unwrap_or(u32::MAX) {
        writes.push(records::delete(Table::Part, part_key(period, number)));
    }
    if messages.is_empty() {
        messages.push(message(None));
    }
    record.work = Some(work);
    writes.push(month::put(period, &record)?);
    // Recorded first: a message that comes early finds its part, one that is lost is sent again by the next look.
    world.store().commit(&writes)?;
    for batch in messages.chunks(100) {
        world.queue().send(batch).await?;
    }
    Ok(true)
}

/// What a file is pinned to.
struct Pin {
    etag: String,
    size: u64,
    modified: Option<Timestamp>,
}

/// Lists the folders of files that were not, where they are more than are asked for one by one.
async fn list_folders<W: World>(
    world: &W,
    credentials: &Credentials,
    delivery: &Delivery<'_>,
    files: &[String],
) -> Result<BTreeMap<String, ObjectSummary>> {
    let unlisted = || files.iter().filter(|key| !delivery.objects.contains_key(key.as_str()));
    let folders: BTreeSet<&str> =
        unlisted().filter_map(|key| key.rsplit_once('/').map(|(folder, _)| folder)).collect();
    let mut listed = BTreeMap::new();
    if unlisted().count() <= ONE_BY_ONE || folders.len() > ONE_BY_ONE {
        return Ok(listed);
    }
    let place = Place { credentials, bucket: delivery.bucket, prefix: delivery.prefix };
    for folder in folders {
        let objects = listing::folder(world, &place, &format!("{folder}/")).await?;
        listed.extend(objects.into_iter().map(|object| (object.key.clone(), object)));
    }
    Ok(listed)
}

/// Pins a file as it was listed; one that was not is asked for.
async fn pin<W: World>(
    world: &W,
    credentials: &Credentials,
    delivery: &Delivery<'_>,
    listed: &BTreeMap<String, ObjectSummary>,
    key: &str,
) -> std::result::Result<Pin, Failure> {
    if let Some(object) = delivery.objects.get(key).copied().or_else(|| listed.get(key)) {
        return Ok(Pin { etag: object.etag.clone(), size: object.size, modified: object.last_modified });
    }
    let head = HeadObject { bucket: delivery.bucket.clone(), key: key.to_owned() };
    let head = session::call(world, credentials, &head, "pin a file of the report", Money::ZERO).await?;
    Ok(Pin { etag: head.etag, size: head.size, modified: head.last_modified })
}

/// Whether a file belongs to a delivery whose manifest is still to come. One that has lain there for an hour does not.
fn is_being_replaced(pin: &Pin, manifest: &ObjectSummary, now: Timestamp) -> bool {
    let (Some(file), Some(manifest)) = (pin.modified, manifest.last_modified) else { return false };
    file > manifest && now.duration_since(file).as_secs() < SETTLED * 60
}

/// What fails now is tried again with the next look; what AWS forbids is told.
fn put_off<W: World>(world: &W, connection: &Connection, failure: Failure, now: Timestamp) -> Result<bool> {
    let error = match failure {
        Failure::Ours(error) => return Err(error),
        Failure::Aws(error) => error,
    };
    let is_replaced = matches!(error.kind, ErrorKind::Changed | ErrorKind::NotFound);
    match held(&error, now).filter(|_| !is_replaced) {
        Some(held) => {
            if let Some(connection) = connection::record::reload(world, connection)? {
                happen(world, connection, Event::ReportHeld(held), Vec::new())?;
            }
            Ok(false)
        }
        None => {
            Err(Error::new(Kind::Upstream, "report_unread", "The report could not be read just now.", "")
                .because(&error))
        }
    }
}

fn refuse<W: World>(
    world: &W,
    connection: &Connection,
    period: BillingPeriod,
    object: &ObjectSummary,
    error: ManifestError,
    now: Timestamp,
) -> Result<bool> {
    let Some(connection) = connection::record::reload(world, connection)? else { return Ok(false) };
    let mut record = month::find(world, period)?;
    record
        .refused
        .insert(0, RefusedFile { key: object.key.clone(), reason: format!("Not read: {error}."), at: now });
    record.refused.truncate(20);
    record.refused_manifest = Some(object.etag.clone());
    record.work = None;
    let reason = match error {
        ManifestError::Outside => "manifest_refused",
        ManifestError::NotParquet => "report_unsupported",
        ManifestError::Malformed | ManifestError::TooMany | ManifestError::TooLarge => "report_refused",
    };
    happen(world, connection, Event::ReportHeld(Held::new(reason, now)), vec![month::put(period, &record)?])?;
    Ok(false)
}
