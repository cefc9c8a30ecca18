//! A page of resources.
//!
//! The dearest of one whole month are asked for most, and are answered from the directory and the rows that stand
//! there by size. Everything else streams the rows of all its months side by side, by key.

use std::collections::BTreeMap;

use cube::resources::{At, Block, Group, Next, Row, Weave};
use shared::api::{ResourcePage, ResourceQuery};
use shared::{Currency, Money};

use super::question::Question;
use super::ranked::{Ranked, Sort};
use super::shelf::{self, Reading, Shelf};
use super::sum::Sum;
use crate::error::{Error, Kind, Result};
use crate::workspace::world::World;

/// Rows of a page.
const PAGE: usize = 100;
/// Rows that can be paged through: as many are held until the page is known.
const DEEPEST: usize = 10_000;

/// What a page is cut from.
struct Found {
    ranked: Ranked,
    matches: u64,
    cost: Money,
    previous: Money,
}

/// A page of resources.
pub async fn page<W: World>(world: &W, query: &ResourceQuery) -> Result<ResourcePage> {
    let question = Question::new(&query.r, &query.m, &query.f)?.searching(&query.q, query.untagged);
    let (number, sort) = (query.page.max(1), Sort::parse(&query.s));
    let end = usize::try_from(number).unwrap_or(usize::MAX).saturating_mul(PAGE);
    if end > DEEPEST {
        let hint = "Search, filter, or sort the other way round.";
        let title = "Only the first 10,000 resources can be paged through.";
        return Err(Error::new(Kind::Invalid, "query_invalid", title, hint).on_field("page"));
    }
    let held = shelf::months(world)?;
    let months = question.needed(&held)?;
    let question = question.comparing(&held);
    let (has_previous, span) = (question.has_previous(), question.span().periods());
    let in_span = span.iter().filter_map(|period| held.get(period));
    let (shelves, currency) = shelf::open(world, in_span).await?;
    let in_range = || shelves.iter().filter(|shelf| shelf.touches(question.range));
    question.knows_its_tags(in_range().map(|shelf| shelf.directory.tags.as_slice()))?;
    let ranked = || Ranked::new(sort, end);
    let quick = if question.is_plain() && sort == Sort::Dearest {
        dearest(world, &shelves, &question, ranked()).await?
    } else {
        None
    };
    let is_quick = quick.is_some();
    let found = match quick {
        Some(found) => found,
        None => woven(world, &shelves, &question, sort, ranked()).await?,
    };
    let mut rows = found.ranked.into_page(end.saturating_sub(PAGE));
    if is_quick && has_previous {
        complete(world, &shelves, &question, &mut rows).await?;
    }
    let (without_resource, other) = besides(world, &shelves, &question).await?;
    let complete_until = months.last().map(|(period, month)| month.complete_until(*period));
    Ok(ResourcePage {
        rows: rows.into_iter().map(|sum| sum.into_row(has_previous)).collect(),
        matches: found.matches,
        cost: found.cost,
        previous_cost: has_previous.then_some(found.previous),
        without_resource,
        other,
        in_other: in_range().map(|shelf| shelf.directory.in_other).max().unwrap_or(0),
        page: number,
        range: question.range,
        previous: has_previous.then_some(question.previous),
        currency: currency.unwrap_or(Currency::USD),
        complete_until: complete_until.unwrap_or(question.range.end),
        as_of: months.iter().map(|(_, month)| month.as_of).max().unwrap_or_default(),
        is_final: months.len() == question.range.periods().len()
            && months.iter().all(|(_, month)| month.receipt.is_final),
    })
}

/// The dearest of one whole month, where the rows that stand by size suffice.
async fn dearest<W: World>(
    world: &W,
    shelves: &[Shelf],
    question: &Question,
    mut ranked: Ranked,
) -> Result<Option<Found>> {
    let mut in_range = shelves.iter().filter(|shelf| shelf.touches(question.range));
    let (Some(shelf), None) = (in_range.next(), in_range.next()) else { return Ok(None) };
    let directory = &shelf.directory;
    if !directory.is_within(question.range) {
        return Ok(None);
    }
    // No resource costs more than its size says.
    let suffices = |ranked: &Ranked, size: u128| {
        ranked.last().is_some_and(|last| u128::try_from(last.cost.units()).is_ok_and(|cost| cost > size))
    };
    let mut top = shelf.top();
    while let Some(largest) = top.largest() {
        if suffices(&ranked, largest) {
            break;
        }
        for bytes in top.next(world).await? {
            let mut block = Block::open(&bytes).map_err(Error::bug)?;
            while let Some(row) = block.next_row().map_err(Error::bug)? {
                let sum = Sum::of(&row, directory, question);
                sum.filter(|sum| !sum.cost.is_zero()).into_iter().for_each(|sum| ranked.offer(sum));
            }
        }
    }
    let holds_all = directory.top.iter().map(|at| u64::from(at.rows)).sum::<u64>() == directory.resources;
    if top.largest().is_none() && !holds_all && !suffices(&ranked, directory.largest_below) {
        return Ok(None);
    }
    let matches = match question.metric {
        cube::Metric::EffectiveCost => directory.with_cost.1,
        _ => directory.with_cost.0,
    };
    let cost = |range| {
        let of = |shelf: &Shelf| shelf.directory.named.cost(shelf.directory.days, range, question.metric);
        Money::from_units(shelves.iter().map(of).fold(0, i128::saturating_add))
    };
    let (cost, previous) = (cost(question.range), cost(question.previous));
    Ok(Some(Found { ranked, matches, cost, previous }))
}

/// What the rows of a page cost in the months before.
async fn complete<W: World>(
    world: &W,
    shelves: &[Shelf],
    question: &Question,
    rows: &mut [Sum],
) -> Result<()> {
    for shelf in shelves.iter().filter(|shelf| !shelf.touches(question.range)) {
        let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (place, row) in rows.iter().enumerate() {
            places.insert((row.sub_account.to_string(), row.resource.to_string()), place);
        }
        // What is dear now mostly was before; the rest is looked up.
        let mut found: Vec<(usize, Option<Sum>)> = Vec::new();
        let take = |places: &mut BTreeMap<(String, String), usize>, row: &Row| {
            let place = places.remove(&(row.sub_account.to_string(), row.resource.to_string()))?;
            Some((place, Sum::of(row, &shelf.directory, question)))
        };
        shelf.top().each(world, |row| found.extend(take(&mut places, row))).await?;
        let mut blocks: Vec<At> =
            places.keys().filter_map(|key| shelf.directory.find(&key.0, &key.1).cloned()).collect();
        blocks.dedup();
        shelf.blocks(&blocks).each(world, |row| found.extend(take(&mut places, row))).await?;
        for (place, sum) in found {
            if let (Some(mut sum), Some(later)) = (sum, rows.get_mut(place)) {
                std::mem::swap(later, &mut sum);
                later.absorb(sum);
            }
        }
    }
    Ok(())
}

/// Every resource of all months, those of the same key together.
async fn woven<W: World>(
    world: &W,
    shelves: &[Shelf],
    question: &Question,
    sort: Sort,
    ranked: Ranked,
) -> Result<Found> {
    let mut found = Found { ranked, matches: 0, cost: Money::ZERO, previous: Money::ZERO };
    let mut readings: Vec<Reading<'_>> = shelves.iter().map(Shelf::named).collect();
    let mut weave = Weave::new(readings.len());
    let mut held: Option<(Row, Option<Sum>)> = None;
    let mut take = |sum: Option<Sum>| {
        let Some(sum) = sum.filter(|sum| sum.matches(question)) else { return };
        found.cost += sum.cost;
        found.previous += sum.previous;
        // What costs nothing any more is listed where the change is what matters.
        if !sum.cost.is_zero() || (sort.is_by_change() && !sum.previous.is_zero()) {
            found.matches = found.matches.saturating_add(1);
            found.ranked.offer(sum);
        }
    };
    loop {
        match weave.next_row().map_err(|(_, cause)| Error::bug(cause))? {
            Next::Feed(place) => {
                let blocks = match readings.get_mut(place) {
                    Some(reading) => reading.next(world).await?,
                    None => Vec::new(),
                };
                weave.feed(place, blocks);
            }
            Next::Row(place, row) => {
                let sum = shelves.get(place).and_then(|shelf| Sum::of(&row, &shelf.directory, question));
                match &mut held {
                    // Shelves are in the order of their months, and so are equal rows.
                    Some((first, Some(earlier))) if first.key() == row.key() => {
                        sum.into_iter().for_each(|sum| earlier.absorb(sum));
                    }
                    Some((first, none)) if first.key() == row.key() => *none = sum,
                    _ => {
                        if let Some((_, sum)) = held.replace((row, sum)) {
                            take(sum);
                        }
                    }
                }
            }
            Next::End => {
                take(held.and_then(|(_, sum)| sum));
                return Ok(found);
            }
        }
    }
}

/// What the range costs besides its resources: without one, and of those that are too many.
async fn besides<W: World>(world: &W, shelves: &[Shelf], question: &Question) -> Result<(Money, Money)> {
    let mut sums = (0_i128, 0_i128);
    for shelf in shelves.iter().filter(|shelf| shelf.touches(question.range)) {
        let directory = &shelf.directory;
        if question.filter.any_of.is_empty() {
            let cost = |group: &Group| group.cost(directory.days, question.range, question.metric);
            sums.0 = sums.0.saturating_add(cost(&directory.nameless));
            sums.1 = sums.1.saturating_add(cost(&directory.other));
            continue;
        }
        for (mut reading, sum) in [(shelf.nameless(), &mut sums.0), (shelf.other(), &mut sums.1)] {
            let add = |row: &Row| {
                let cost = Sum::of(row, directory, question).map_or(0, |sum| sum.cost.units());
                *sum = sum.saturating_add(cost);
            };
            reading.each(world, add).await?;
        }
    }
    Ok((Money::from_units(sums.0), Money::from_units(sums.1)))
}
