//! What is held of each question: the answer, when it was given, and what stood in the way of a newer one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::api::BlobRef;
use shared::{BillingPeriod, Day, DayRange, Money, Timestamp};

use super::plan::Item;
use crate::connection::Held;
use crate::error::Result;
use crate::ports::{Table, WorkspaceStore};
use crate::workspace::records;
use crate::workspace::world::World;

/// What is held of one question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ItemRecord {
    /// When AWS answered last.
    pub asked_at: Option<Timestamp>,
    /// When it was tried last, in vain.
    pub tried_at: Option<Timestamp>,
    /// Not to be asked before this moment, whatever else is due.
    #[serde(default)]
    pub retry_at: Option<Timestamp>,
    /// Tries in vain, in a row.
    #[serde(default)]
    pub failures: u32,
    /// Why there is nothing newer.
    pub held: Option<Held>,
    /// Days asked for.
    pub days: Option<DayRange>,
    /// One cube per currency.
    pub blobs: Vec<BlobRef>,
    /// Names of accounts.
    pub names: BTreeMap<String, String>,
    /// Months, and whether AWS may still change them.
    pub estimated: BTreeMap<BillingPeriod, bool>,
    /// Last day with any cost.
    pub last_day: Option<Day>,
    /// Billed cost by day in the first currency, for answers by day.
    pub daily: Vec<(Day, Money)>,
    /// Whether pages are missing.
    pub is_partial: bool,
    /// The figure of a panel.
    pub value: Option<serde_json::Value>,
}

/// The record of a question; an empty one when it was never asked.
pub fn find<W: World>(world: &W, item: Item) -> Result<ItemRecord> {
    Ok(records::find(world.store(), Table::Insight, item.name())?.unwrap_or_default())
}

/// Stores the record of a question.
pub fn put<W: World>(world: &W, item: Item, record: &ItemRecord) -> Result<()> {
    world.store().commit(&[records::put(Table::Insight, item.name(), record)?])
}
