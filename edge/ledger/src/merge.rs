//! How parts become a month: their detail merged cube by cube, and held against what was counted.

use std::collections::BTreeMap;

use cube::cells::Cube;
use cube::{CubeBuilder, Dimension, Metric};
use shared::{Currency, Money, Timestamp};

use crate::error::DecodeError;
use crate::fold::{self, Folding, Survey};
use crate::partial::broken;
use crate::roll_up::{Counts, OVERVIEW};

/// Bytes of a month's codes and figures; beyond, what is finest becomes Other. They are those of 350,000 cells where all
/// of a month's days are there, 28 of them or more, and of 139,000 of its first day, when each cell has a tuple of its own.
const DETAIL_BYTES: usize = 17_800_000;

/// A month's cubes.
#[derive(Debug)]
pub struct Merged {
    /// Counts and sums of all parts.
    pub counts: Counts,
    /// By currency: few dimensions.
    pub overview: Vec<Cube>,
    /// By currency: all dimensions.
    pub detail: Vec<Cube>,
    /// How much of the month each tracked tag tells apart.
    pub tags: Vec<Cover>,
}

/// How much of a month a tag tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// Its key.
    pub key: String,
    /// Effective cost of what bears it, in the currency of the most cells; zero where there was no room for it.
    pub effective_cost: Money,
    /// Whether none of its values keeps its name: they are endless, or there was no room for them.
    pub is_given_up: bool,
}

/// Merges the detail of partials, one cube at a time.
#[derive(Debug)]
pub struct Merge {
    counts: Counts,
    detail: BTreeMap<Currency, CubeBuilder>,
    as_of: Timestamp,
    folding: Option<Folding>,
}

impl Merge {
    /// Of a delivery.
    pub fn new(as_of: Timestamp) -> Self {
        Self { counts: Counts::new(), detail: BTreeMap::new(), as_of, folding: None }
    }

    /// Of a delivery that is too large to name everything, after all of its cubes were surveyed.
    pub fn folded(as_of: Timestamp, survey: Survey) -> Self {
        Self::within(as_of, survey.folding(DETAIL_BYTES))
    }

    pub(crate) fn within(as_of: Timestamp, folding: Folding) -> Self {
        Self { folding: Some(folding), ..Self::new(as_of) }
    }

    /// Counts a partial.
    pub fn count(&mut self, counts: &Counts) {
        absorb(&mut self.counts, counts);
    }

    /// Adds a cube of a partial. Whether there is room for it: where there is none, all cubes are to be surveyed, and
    /// merged from the beginning.
    pub fn add(&mut self, blob: &[u8]) -> Result<bool, DecodeError> {
        let cube = cube::blob::decode(blob).map_err(broken)?;
        let as_of = self.as_of;
        if let Some(folding) = &mut self.folding {
            return folding.take(&mut self.detail, &cube, as_of).map(|()| true);
        }
        let builder = self.detail.entry(cube.header().currency).or_insert_with(|| like(&cube, as_of));
        builder.add_cube(&cube);
        let has_many = |(place, column): (usize, &cube::cells::Column)| {
            matches!(column.dimension, Dimension::Tag(_)) && builder.values(place) > fold::VALUES
        };
        Ok(!cube.columns().iter().enumerate().any(has_many) && fold::bytes(&self.detail) <= DETAIL_BYTES)
    }

    /// The month. Cubes that do not add up to their parts are an error, and so is a report with one row a month.
    pub fn finish(self) -> Result<Merged, DecodeError> {
        self.counts.lengths.judge()?;
        let detail: Vec<Cube> = self.detail.into_values().map(CubeBuilder::finish).collect();
        let total = |cube: &Cube| {
            let totals = (cube.total(Metric::BilledCost), cube.total(Metric::EffectiveCost));
            (cube.header().currency, totals)
        };
        add_up(&self.counts, &detail.iter().map(total).collect())?;
        let largest = detail.iter().max_by_key(|cube| cube.cells());
        Ok(Merged {
            counts: self.counts,
            overview: detail.iter().map(|cube| folded(cube, &OVERVIEW)).collect(),
            tags: largest.map(|cube| covers(cube, self.folding.as_ref())).unwrap_or_default(),
            detail,
        })
    }
}

/// What each tag of a cube tells apart.
fn covers(cube: &Cube, folding: Option<&Folding>) -> Vec<Cover> {
    let Some(costs) = cube.find_figures(Metric::EffectiveCost) else { return Vec::new() };
    let cover = |column: &cube::cells::Column| {
        let Dimension::Tag(key) = &column.dimension else { return None };
        let is_gone = folding.is_some_and(|folding| folding.is_gone(&column.dimension));
        let is_tagged = |code: u32| {
            !is_gone && column.dictionary.get(code as usize).is_some_and(|value| !value.is_empty())
        };
        let tagged = column.codes.iter().enumerate().filter(|(_, code)| is_tagged(**code));
        let cells = tagged.flat_map(|(tuple, _)| cube.cells_of(tuple));
        Some(Cover {
            key: key.clone(),
            effective_cost: Money::from_units(cells.fold(0, |sum, cell| sum.saturating_add(costs.at(cell)))),
            is_given_up: folding
                .is_some_and(|folding| folding.is_given_up(cube.header().currency, &column.dimension)),
        })
    };
    cube.columns().iter().filter_map(cover).collect()
}

/// Whether sums, billed and effective, are what was counted, to the last unit.
pub fn add_up(counts: &Counts, totals: &BTreeMap<Currency, (Money, Money)>) -> Result<(), DecodeError> {
    let none = (Money::ZERO, Money::ZERO);
    let is_equal = counts.totals.keys().chain(totals.keys()).all(|currency| {
        counts.totals.get(currency).unwrap_or(&none) == totals.get(currency).unwrap_or(&none)
    });
    if is_equal { Ok(()) } else { Err(DecodeError::Damaged("the cubes differ from their parts".to_owned())) }
}

fn absorb(counts: &mut Counts, other: &Counts) {
    counts.rows = counts.rows.saturating_add(other.rows);
    counts.left_out = counts.left_out.saturating_add(other.left_out);
    counts.rejected = counts.rejected.saturating_add(other.rejected);
    counts.outside_period = counts.outside_period.saturating_add(other.outside_period);
    counts.unknown = counts.unknown.saturating_add(other.unknown);
    counts.lengths.absorb(other.lengths);
    counts.first_day = [counts.first_day, other.first_day].into_iter().flatten().min();
    counts.last_day = counts.last_day.max(other.last_day);
    counts.is_final &= other.is_final;
    for (totals, others) in
        [(&mut counts.totals, &other.totals), (&mut counts.outside_totals, &other.outside_totals)]
    {
        for (currency, (billed, effective)) in others {
            let total = totals.entry(*currency).or_default();
            total.0 += *billed;
            total.1 += *effective;
        }
    }
}

pub(crate) fn like(cube: &Cube, as_of: Timestamp) -> CubeBuilder {
    let dimensions = cube.columns().iter().map(|column| column.dimension.clone()).collect();
    let header = cube::Header { as_of, ..cube.header().clone() };
    CubeBuilder::new(header, dimensions, cube.metrics().collect())
}

/// The same cells by fewer dimensions.
pub fn folded(cube: &Cube, dimensions: &[Dimension]) -> Cube {
    let places: Vec<usize> = dimensions
        .iter()
        .filter_map(|wanted| cube.columns().iter().position(|column| column.dimension == *wanted))
        .collect();
    let kept: Vec<Dimension> =
        places.iter().filter_map(|place| Some(cube.columns().get(*place)?.dimension.clone())).collect();
    let mut builder = CubeBuilder::new(cube.header().clone(), kept, cube.metrics().collect());
    each_cell(cube, |values, day, units| {
        let picked: Vec<&str> =
            places.iter().map(|place| values.get(*place).copied().unwrap_or_default()).collect();
        builder.add_values(&picked, day, units);
    });
    builder.finish()
}

/// Every cell: values, day, figures.
fn each_cell(cube: &Cube, mut take: impl FnMut(&[&str], shared::Day, &[i128])) {
    let figures: Vec<&cube::cells::Figures> =
        cube.metrics().filter_map(|metric| cube.find_figures(metric)).collect();
    let mut units = vec![0_i128; figures.len()];
    for tuple in 0..cube.tuples() {
        let values: Vec<&str> = cube
            .columns()
            .iter()
            .map(|column| {
                let code = column.codes.get(tuple).copied().unwrap_or(0);
                column.dictionary.get(code as usize).map_or("", String::as_str)
            })
            .collect();
        for cell in cube.cells_of(tuple) {
            for (unit, figures) in units.iter_mut().zip(&figures) {
                *unit = figures.at(cell);
            }
            take(&values, cube.day_of(cell), &units);
        }
    }
}
