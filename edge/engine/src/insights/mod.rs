//! Insights of Cost Explorer: what is asked when, what it may cost, and what stands in for the report until it comes.

mod ask;
mod facet;
mod index;
mod panels;
mod plan;
mod reconcile;
mod record;

use shared::api::{Check, Grant, InsightsView};
use shared::{Money, Timestamp};

pub use index::{index, through};
pub use panels::view;
pub use plan::Item;
pub use reconcile::reconcile;
pub use record::{ItemRecord, find as find_item};

use crate::connection::{self, Event, Held, happen};
use crate::error::{Error, Kind, Result};
use crate::ports::{Clock, Table, WorkspaceStore};
use crate::workspace::world::World;
use crate::workspace::{jobs, records, session};

/// What a page of Cost Explorer costs the customer: $0.01.
pub const PAGE_PRICE: Money = Money::from_units(shared::money::ONE / 100);
/// Pages one run may ask for: $0.20.
const MAX_PAGES: u32 = 20;
/// Refreshes by hand in a day.
const REFRESHES: u8 = 4;

/// The monthly cap nobody has changed: $5.
const DEFAULT_CAP: Money = Money::from_units(shared::money::ONE * 5);
/// The highest cap that can be set: $100.
const HIGHEST_CAP: Money = Money::from_units(shared::money::ONE * 100);

/// Whether any figure of Cost Explorer is held.
pub fn has_figures<W: World>(world: &W) -> Result<bool> {
    for item in Item::COSTS {
        if record::find(world, item)?.asked_at.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One tick per question, for the timeline.
pub fn checks<W: World>(world: &W) -> Result<Vec<Check>> {
    Item::ALL
        .into_iter()
        .map(|item| {
            let record = record::find(world, item)?;
            let refused = record.held.as_ref().filter(|_| record.asked_at.is_none());
            let note = refused.map(|held| connection::remedy_of(&held.reason).title);
            let passed = record.asked_at.map(|_| true).or(refused.map(|_| false));
            Ok(Check { label: item.title().to_owned(), passed, note })
        })
        .collect()
}

/// The monthly cap.
pub fn cap<W: World>(world: &W) -> Result<Money> {
    Ok(records::find(world.store(), Table::Setting, "cap")?.unwrap_or(DEFAULT_CAP))
}

/// Sets the monthly cap.
pub fn set_cap<W: World>(world: &W, cap: Money) -> Result<()> {
    if cap < Money::ZERO || cap > HIGHEST_CAP {
        let hint = "Figures that are already here stay, whatever the cap.";
        return Err(Error::new(Kind::Invalid, "cap_invalid", "The cap lies between $0 and $100.", hint)
            .on_field("cap"));
    }
    world.store().commit(&[
        records::put(Table::Setting, "cap", &cap)?,
        jobs::due(jobs::Job::Insights, world.clock().now())?,
    ])?;
    retry_now(world, |reason| reason == "budget_reached")
}

/// Makes the questions about costs that are held up due at once: a person says the obstacle is gone.
pub fn retry_held<W: World>(world: &W) -> Result<()> {
    retry_now(world, |_| true)
}

fn retry_now<W: World>(world: &W, of: impl Fn(&str) -> bool) -> Result<()> {
    let mut found = Vec::new();
    for item in Item::COSTS {
        found.push((item, record::find(world, item)?));
    }
    if found.iter().any(|(_, record)| record.held.as_ref().is_some_and(|held| of(&held.reason))) {
        for (item, record) in found {
            record::put(world, item, &ItemRecord { retry_at: None, ..record })?;
        }
    }
    Ok(())
}

/// Refreshes by hand that are left today.
pub fn refreshes_left<W: World>(world: &W) -> Result<u8> {
    Ok(REFRESHES.saturating_sub(refreshes(world)?.1))
}

fn refreshes<W: World>(world: &W) -> Result<(shared::Day, u8)> {
    let today = shared::Day::of(world.clock().now());
    let held: Option<(shared::Day, u8)> = records::find(world.store(), Table::Setting, "refreshes")?;
    Ok(held.filter(|(day, _)| *day == today).unwrap_or((today, 0)))
}

/// Asks again now, because a person wants it.
pub async fn refresh<W: World>(world: &W) -> Result<InsightsView> {
    let (today, used) = refreshes(world)?;
    if used >= REFRESHES {
        let hint =
            "Four refreshes a day keep the cost of asking small. The next is free to use after midnight UTC.";
        return Err(Error::new(Kind::TooMany, "refreshes_used", "Today's refreshes are used up.", hint));
    }
    let connection = connection::record::load(world)?;
    if !connection.may_read() {
        let hint = "The Connect page says what to do.";
        return Err(Error::new(
            Kind::Conflict,
            "not_readable",
            "The connection does not allow it now.",
            hint,
        ));
    }
    world.store().commit(&[records::put(Table::Setting, "refreshes", &(today, used.saturating_add(1)))?])?;
    ask_for(world, &Item::REFRESHED).await?;
    view(world)
}

/// Asks for what is due. Each question fails alone; what is held stays until something newer is there.
pub async fn run<W: World>(world: &W) -> Result<Option<Timestamp>> {
    let Some(connection) = connection::record::find(world)?.filter(connection::Connection::may_read) else {
        return Ok(None);
    };
    let now = world.clock().now();
    if !connection.grants(Grant::CostExplorer) {
        happen(world, connection, Event::FiguresHeld(Held::new("cost_explorer_off", now)), Vec::new())?;
        return Ok(None);
    }
    let mut due = Vec::new();
    for item in Item::ALL {
        let mut record = record::find(world, item)?;
        if is_of_an_earlier_role(&connection, &record) {
            record = ItemRecord::default();
        }
        if plan::next(item, &record, connection.first_period_at.is_some(), now) <= now {
            due.push(item);
        }
    }
    ask_for(world, &due).await?;
    next(world)
}

/// A new role answers for itself: what an earlier connection left is shown meanwhile, but asked anew.
fn is_of_an_earlier_role(connection: &connection::Connection, record: &ItemRecord) -> bool {
    let last = record.asked_at.max(record.tried_at);
    connection.insights_at.is_none() && last < connection.role_at
}

/// When the first question is due again.
fn next<W: World>(world: &W) -> Result<Option<Timestamp>> {
    let Some(connection) = connection::record::find(world)?.filter(connection::Connection::may_read) else {
        return Ok(None);
    };
    let now = world.clock().now();
    let mut next: Option<Timestamp> = None;
    for item in Item::ALL {
        let at = plan::next(item, &record::find(world, item)?, connection.first_period_at.is_some(), now);
        next = Some(next.map_or(at, |held| held.min(at)));
    }
    // Whatever the clock says, not in a circle.
    Ok(next.map(|next| next.max(jobs::after_minutes(now, 1))))
}

async fn ask_for<W: World>(world: &W, items: &[Item]) -> Result<()> {
    let mut pages = MAX_PAGES;
    for item in items {
        let Some(connection) = connection::record::find(world)?.filter(connection::Connection::may_read)
        else {
            return Ok(());
        };
        let Some(access) = connection.access() else { return Ok(()) };
        let now = world.clock().now();
        let outcome = ask::ask(world, &access, *item, &mut pages).await?;
        // Waiting for AWS takes time in which a person may disconnect.
        let Some(connection) = connection::record::reload(world, &connection)? else { return Ok(()) };
        match outcome {
            Ok(record) => {
                record::put(world, *item, &record)?;
                if item.is_cost() {
                    happen(world, connection, Event::FiguresArrived, Vec::new())?;
                }
            }
            Err(held) => {
                let before = record::find(world, *item)?;
                let retry_at = Some(plan::again(&held.reason, before.failures, now));
                let held = Held { retry_at, ..held };
                let failures = before.failures.saturating_add(1);
                let tried_at = Some(now);
                let record = ItemRecord { held: Some(held.clone()), tried_at, retry_at, failures, ..before };
                record::put(world, *item, &record)?;
                // What stops one question about costs stops them all.
                if item.is_cost() {
                    happen(world, connection, Event::FiguresHeld(held), Vec::new())?;
                    for other in Item::ALL.into_iter().filter(|other| items.contains(other)) {
                        let before = record::find(world, other)?;
                        if before.tried_at.is_none_or(|tried| tried < now)
                            && before.asked_at.is_none_or(|asked| asked < now)
                        {
                            record::put(world, other, &ItemRecord { tried_at, retry_at, ..before })?;
                        }
                    }
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Whether the cap leaves room for one more page.
fn has_budget<W: World>(world: &W) -> Result<bool> {
    let totals = session::totals(world)?;
    let month = shared::Day::of(world.clock().now()).period();
    let spent = totals.months.get(&month).copied().unwrap_or_default();
    Ok(spent + PAGE_PRICE <= cap(world)?)
}
