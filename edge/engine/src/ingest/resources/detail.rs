//! One resource in depth: its days by usage type.

use std::collections::BTreeMap;

use shared::api::{ResourceDetail, ResourceKey, UsageTypeSeries};
use shared::{Currency, Money};

use super::question::Question;
use super::sum::Sum;
use super::{console, shelf};
use crate::error::{Error, Kind, Result};
use crate::workspace::world::World;

/// One resource in depth. Of each month one block is read.
pub async fn detail<W: World>(world: &W, key: &ResourceKey) -> Result<ResourceDetail> {
    let question = Question::new(&key.r, &key.m, "")?;
    let held = shelf::months(world)?;
    question.needed(&held)?;
    let question = question.comparing(&held);
    let (has_previous, span) = (question.has_previous(), question.span().periods());
    let in_span = span.iter().filter_map(|period| held.get(period));
    let (shelves, currency) = shelf::open(world, in_span).await?;
    let mut found: Option<Sum> = None;
    let mut series: BTreeMap<String, (Vec<Money>, Money)> = BTreeMap::new();
    let days = usize::try_from(question.range.len()).unwrap_or(0);
    for shelf in &shelves {
        let Some(row) = shelf.find(world, &key.sub_account, &key.id).await? else { continue };
        let Some(sum) = Sum::of(&row, &shelf.directory, &question) else { continue };
        match &mut found {
            Some(found) => found.absorb(sum),
            None => found = Some(sum),
        }
        for part in &row.parts {
            let (daily, previous) = series
                .entry(part.x_usage_type.to_string())
                .or_insert_with(|| (vec![Money::ZERO; days], Money::ZERO));
            for cell in &part.cells {
                let day = shelf.directory.days.start.plus(i32::from(cell.day));
                let cost = Money::from_units(cell.figure(question.metric));
                let place = day.epoch_days().saturating_sub(question.range.start.epoch_days());
                let slot = usize::try_from(place).ok().and_then(|place| daily.get_mut(place));
                if let Some(slot) = slot {
                    *slot += cost;
                } else if question.previous.contains(day) {
                    *previous += cost;
                }
            }
        }
    }
    let Some(sum) = found else {
        let hint = "It has no cost in this range, or belongs to another account.";
        return Err(Error::new(Kind::NotFound, "not_found", "There is no such resource.", hint));
    };
    let mut usage_types: Vec<UsageTypeSeries> = series
        .into_iter()
        .map(|(x_usage_type, (daily, previous))| UsageTypeSeries {
            x_usage_type,
            cost: daily.iter().copied().sum(),
            previous_cost: has_previous.then_some(previous),
            daily,
        })
        .collect();
    usage_types
        .sort_by(|a, b| b.cost.abs().cmp(&a.cost.abs()).then_with(|| a.x_usage_type.cmp(&b.x_usage_type)));
    let row = sum.into_row(has_previous);
    Ok(ResourceDetail {
        console_url: console::url(&row.resource, &row.region),
        row,
        range: question.range,
        usage_types,
        currency: currency.unwrap_or(Currency::USD),
    })
}
