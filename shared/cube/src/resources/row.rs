//! One resource of one sub-account: its parts, and below each its days.

use std::cmp::Ordering;
use std::rc::Rc;

use super::OTHER;
use crate::query::{Filter, Token};
use crate::select::holds;
use crate::{Dimension, Metric};

/// Whether resources are told apart by a dimension: whether a filter on it can be asked of them. Of tags, those that are
/// tracked.
pub fn knows(dimension: &Dimension) -> bool {
    matches!(
        dimension,
        Dimension::SubAccount
            | Dimension::Resource
            | Dimension::Service
            | Dimension::Region
            | Dimension::XUsageType
            | Dimension::Tag(_)
    )
}

/// A resource of a month. Without an id it is cost that has none, and then each part is a row of its own, so that no row
/// grows with the month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose.
    pub sub_account: Rc<str>,
    /// ARN or id, as the report has it.
    pub resource: Rc<str>,
    /// By service, region, usage type and tags, in this order.
    pub parts: Vec<Part>,
}

/// What a resource costs under one service, region, usage type and set of tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Service.
    pub service: Rc<str>,
    /// Region.
    pub region: Rc<str>,
    /// Usage type.
    pub x_usage_type: Rc<str>,
    /// Values of the tracked tags, in their order; empty where there is none.
    pub tags: Vec<Rc<str>>,
    /// By day, sorted.
    pub cells: Vec<Cell>,
}

/// Cost of a day, in units of 10⁻¹².
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Counted from the month's first day.
    pub day: u16,
    /// Billed cost.
    pub billed: i128,
    /// Effective cost.
    pub effective: i128,
}

impl Cell {
    /// Billed or effective cost; resources know no other.
    pub fn figure(&self, metric: Metric) -> i128 {
        if metric == Metric::EffectiveCost { self.effective } else { self.billed }
    }
}

impl Part {
    /// What it differs from other parts in.
    fn key(&self) -> (&str, &str, &str, &[Rc<str>]) {
        (&self.service, &self.region, &self.x_usage_type, &self.tags)
    }

    /// Adds the cells of another.
    fn absorb(&mut self, cells: &[Cell]) {
        for cell in cells {
            match self.cells.binary_search_by_key(&cell.day, |own| own.day) {
                Ok(place) => {
                    if let Some(own) = self.cells.get_mut(place) {
                        own.billed = own.billed.saturating_add(cell.billed);
                        own.effective = own.effective.saturating_add(cell.effective);
                    }
                }
                Err(place) => self.cells.insert(place, *cell),
            }
        }
    }

    /// Its value in a dimension, if it knows that one: those that `knows` says, tags as far as they are tracked.
    fn value<'a>(&'a self, row: &'a Row, dimension: &Dimension, tags: &[String]) -> Option<&'a str> {
        Some(match dimension {
            Dimension::SubAccount => &row.sub_account,
            Dimension::Resource => &row.resource,
            Dimension::Service => &self.service,
            Dimension::Region => &self.region,
            Dimension::XUsageType => &self.x_usage_type,
            Dimension::Tag(key) => self.tags.get(tags.iter().position(|tag| tag == key)?)?,
            _ => return None,
        })
    }

    /// Whether a filter admits it; of `row`, with tags of these keys.
    pub fn is_admitted(&self, row: &Row, filter: &Filter, tags: &[String]) -> bool {
        let admits =
            |token: &Token| self.value(row, &token.dimension, tags).is_some_and(|value| holds(token, value));
        filter.any_of.is_empty() || filter.any_of.iter().any(|set| set.iter().all(admits))
    }
}

impl Row {
    /// The order of rows. Cost without a resource is told apart by its only part.
    pub fn order(&self, other: &Self) -> Ordering {
        let by_key = self.key().cmp(&other.key());
        by_key.then_with(|| {
            if self.resource.is_empty() {
                self.parts.first().map(Part::key).cmp(&other.parts.first().map(Part::key))
            } else {
                Ordering::Equal
            }
        })
    }

    /// Sub-account and resource.
    pub fn key(&self) -> (&str, &str) {
        (&self.sub_account, &self.resource)
    }

    /// Adds the parts of the same resource. Above `most` parts usage types become Other, then tags.
    pub fn absorb(&mut self, other: Row, most: usize) {
        for part in other.parts {
            self.add(part);
        }
        self.narrow(most);
    }

    fn add(&mut self, part: Part) {
        match self.parts.binary_search_by(|own| own.key().cmp(&part.key())) {
            Ok(place) => {
                if let Some(own) = self.parts.get_mut(place) {
                    own.absorb(&part.cells);
                }
            }
            Err(place) => self.parts.insert(place, part),
        }
    }

    fn narrow(&mut self, most: usize) {
        let other: Rc<str> = Rc::from(OTHER);
        for gives_up_tags in [false, true] {
            if self.parts.len() <= most {
                return;
            }
            for mut part in std::mem::take(&mut self.parts) {
                part.x_usage_type = Rc::clone(&other);
                if gives_up_tags {
                    part.tags.fill(Rc::clone(&other));
                }
                self.add(part);
            }
        }
    }

    /// Cells, all of them.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.parts.iter().flat_map(|part| &part.cells)
    }

    /// No sum of its days is larger, in either metric and whatever the sign: what rows are ranked by.
    pub fn size(&self) -> u128 {
        let add = |sum: u128, units: i128| sum.saturating_add(units.unsigned_abs());
        let sums = self.cells().fold((0, 0), |(billed, effective), cell| {
            (add(billed, cell.billed), add(effective, cell.effective))
        });
        sums.0.max(sums.1)
    }

    /// Sum over all days.
    pub fn total(&self, metric: Metric) -> i128 {
        self.cells().fold(0, |sum, cell| sum.saturating_add(cell.figure(metric)))
    }

    /// The service of its dearest part.
    pub fn service(&self) -> Rc<str> {
        let cost = |part: &Part| {
            part.cells.iter().fold(0_u128, |sum, cell| sum.saturating_add(cell.effective.unsigned_abs()))
        };
        let mut best: Option<(u128, &Part)> = None;
        for part in &self.parts {
            let cost = cost(part);
            if best.is_none_or(|(most, _)| cost > most) {
                best = Some((cost, part));
            }
        }
        best.map_or_else(|| Rc::from(""), |(_, part)| Rc::clone(&part.service))
    }
}
