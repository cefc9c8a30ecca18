//! What lies in the report's bucket, as far as a look needs it: all of it where that is little, else month by month. A
//! listing that does not come to its end is never taken for a whole one.

use std::collections::BTreeSet;

use aws::s3::{Bucket, ListObjects, Listing, ObjectSummary};
use aws::{Credentials, ErrorKind, Next, PageGuard};
use shared::{BillingPeriod, Day, Money, Region, Timestamp};

use super::{layout, month};
use crate::connection::Held;
use crate::error::Result;
use crate::ports::WorkspaceStore;
use crate::workspace::session::{self, Failure};
use crate::workspace::world::World;

/// Pages of a report that is listed whole.
const WHOLE: usize = 10;
/// Folders that are looked into in one look.
const FOLDERS: usize = 400;
/// Why the report is held up where a listing does not end.
pub const ENDLESS: &str = "report_endless";
/// Days after which a committed month is looked at again, once it is neither this one nor the one before.
const OLDER: i64 = 7;

/// What a look at the bucket came to.
pub enum Look {
    /// What lies there.
    Objects(Vec<ObjectSummary>),
    /// Why nothing can be read.
    Held(Held),
    /// The bucket lies in another region than was thought.
    Elsewhere(Region),
}

/// Why there is no listing.
enum Stop {
    Failed(Failure),
    /// It does not come to an end.
    Endless,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Where to list.
pub struct Place<'a> {
    /// For these.
    pub credentials: &'a Credentials,
    /// In this bucket.
    pub bucket: &'a Bucket,
    /// Below this, a slash at its end.
    pub prefix: &'a str,
}

/// What lies below the report's prefix; none when AWS does not answer.
pub async fn list<W: World>(
    world: &W,
    place: &Place<'_>,
    may_move: bool,
    now: Timestamp,
) -> Result<Option<Look>> {
    let listed = match pages(world, place, place.prefix, false, WHOLE).await {
        Err(Stop::Endless) => by_month(world, place, now).await,
        listed => listed.map(|listing| listing.objects),
    };
    match listed {
        Ok(objects) => Ok(Some(Look::Objects(objects))),
        Err(Stop::Endless) => Ok(Some(Look::Held(Held::new(ENDLESS, now)))),
        Err(Stop::Failed(Failure::Ours(error))) => Err(error),
        Err(Stop::Failed(Failure::Aws(error))) => Ok(match error.kind {
            ErrorKind::WrongRegion(Some(region)) if may_move && region != place.bucket.region => {
                Some(Look::Elsewhere(region))
            }
            _ => super::look::held(&error, now).map(Look::Held),
        }),
    }
}

/// What lies directly in a folder; nothing where that cannot be told.
pub async fn folder<W: World>(world: &W, place: &Place<'_>, folder: &str) -> Result<Vec<ObjectSummary>> {
    match pages(world, place, folder, true, usize::MAX).await {
        Ok(listing) => Ok(listing.objects),
        Err(Stop::Failed(Failure::Ours(error))) => Err(error),
        Err(_) => Ok(Vec::new()),
    }
}

/// The folders that name months are looked into where the month is due; others until they do. Of a month whose manifest
/// stands in its folder nothing below is listed: there lies every delivery there ever was.
async fn by_month<W: World>(
    world: &W,
    place: &Place<'_>,
    now: Timestamp,
) -> std::result::Result<Vec<ObjectSummary>, Stop> {
    let (mut objects, mut looked) = (Vec::new(), BTreeSet::new());
    let mut folders = vec![place.prefix.to_owned()];
    let mut left = FOLDERS;
    while let Some(folder) = folders.pop() {
        let period = layout::period(&folder);
        if let Some(period) = period {
            if !is_due(world, period, now).map_err(Failure::Ours)? {
                continue;
            }
            looked.insert(period);
        }
        left = left.checked_sub(1).ok_or(Stop::Endless)?;
        // Of an export a month's manifests lie apart from its data, each delivery's in a folder of its own.
        let is_shallow = period.is_none() || !folder.contains("/metadata/");
        let listing = pages(world, place, &folder, is_shallow, usize::MAX).await?;
        let has_manifest = listing.objects.iter().any(|object| layout::is_manifest(&object.key));
        objects.extend(listing.objects);
        if period.is_none() || !has_manifest {
            // An export keeps its data beside its manifests: files are pinned when their manifest is read.
            let has_manifests = listing.folders.iter().any(|folder| folder.ends_with("/metadata/"));
            let below = listing.folders.into_iter();
            folders.extend(below.filter(|folder| !(has_manifests && folder.ends_with("/data/"))));
        }
    }
    let mut writes = Vec::new();
    for period in looked.into_iter().filter(|period| is_old(*period, now)) {
        let mut record = month::find(world, period).map_err(Failure::Ours)?;
        record.looked_at = Some(now);
        writes.push(month::put(period, &record).map_err(Failure::Ours)?);
    }
    if !writes.is_empty() {
        world.store().commit(&writes).map_err(Failure::Ours)?;
    }
    Ok(objects)
}

/// Whether a month is neither this one nor the one before.
fn is_old(period: BillingPeriod, now: Timestamp) -> bool {
    period < Day::of(now).period().plus(-1)
}

/// Whether a month is looked at: this one and the one before always, others until they are held, and then each week.
fn is_due<W: World>(world: &W, period: BillingPeriod, now: Timestamp) -> Result<bool> {
    if !is_old(period, now) {
        return Ok(true);
    }
    let record = month::find(world, period)?;
    let is_held = record.committed.is_some() && record.work.is_none();
    let days = record.looked_at.map(|at| now.duration_since(at).as_secs() / 86_400);
    Ok(!is_held || days.is_none_or(|days| days >= OLDER))
}

/// The pages of a listing, at most so many.
async fn pages<W: World>(
    world: &W,
    place: &Place<'_>,
    prefix: &str,
    is_shallow: bool,
    most: usize,
) -> std::result::Result<Listing, Stop> {
    let purpose = "look for new files of the report";
    let (mut guard, mut read) = (PageGuard::default(), 0);
    let mut operation = ListObjects {
        bucket: place.bucket.clone(),
        prefix: prefix.to_owned(),
        is_shallow,
        max_keys: None,
        page: None,
    };
    let mut all = Listing { objects: Vec::new(), folders: Vec::new(), next_page: None };
    loop {
        let page = session::call(world, place.credentials, &operation, purpose, Money::ZERO).await?;
        all.objects.extend(page.objects);
        all.folders.extend(page.folders);
        read += 1;
        match guard.after(page.next_page.as_deref()) {
            Next::Page(token) if read < most => operation.page = Some(token),
            Next::Page(_) | Next::Partial => return Err(Stop::Endless),
            Next::Complete => return Ok(all),
        }
    }
}
