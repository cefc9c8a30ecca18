//! Where what `step` decides is done.

use super::record::Connection;
use super::step::{Effect, Event, step};
use crate::error::Result;
use crate::ports::{Clock, Table, WorkspaceStore, Write};
use crate::workspace::world::World;
use crate::workspace::{audit, jobs, notifications, records, session};

/// Lets an event happen: decides, and commits record, jobs, notifications and log in one transaction, together with
/// the caller's own writes.
pub fn happen<W: World>(world: &W, before: Connection, event: Event, more: Vec<Write>) -> Result<Connection> {
    let now = world.clock().now();
    let (after, effects) = step(before, event, now);
    let mut writes = more;
    writes.push(records::put(Table::Connection, "current", &after)?);
    let mut rows = Vec::new();
    for effect in effects {
        match effect {
            Effect::Due(job, at) => writes.push(jobs::due(job, at)?),
            Effect::Cancel(job) => writes.push(jobs::cancel(job)),
            Effect::Tell(news) => writes.extend(notifications::tell(world, &news, &after.notify_email)?),
            Effect::Log(event, detail) => rows.push((event, detail)),
            Effect::ForgetSessions => session::forget_all(world),
        }
    }
    if !rows.is_empty() {
        writes.extend(audit::append(world, audit::CLOUDTHREAD, &rows)?);
    }
    world.store().commit(&writes)?;
    Ok(after)
}
