//! What a part leaves behind, and how parts become a month. A partial is a function of its file, its columns and the
//! tracked tags alone: the same input makes the same bytes.

use std::collections::BTreeMap;

use cube::cells::Cube;
use cube::{CubeBuilder, Dimension, Metric};
use serde::{Deserialize, Serialize};
use shared::{BillingPeriod, Currency, Money, Timestamp};

use crate::charge::ChargeBlock;
use crate::error::DecodeError;
use crate::fold;
use crate::roll_up::{Counts, METRICS, OVERVIEW, RollUp, days_of, detail_dimensions, resource_dimensions};

/// Version of what is rolled up how; another version's partials are not merged.
pub const VERSION: u16 = 2;

/// Metrics of resource cubes.
const RESOURCE_METRICS: [Metric; 2] = [Metric::BilledCost, Metric::EffectiveCost];

/// Cells after which a part writes down what it has and begins anew.
const RUN_CELLS: usize = 120_000;
/// Bytes of a partial.
const PARTIAL_BYTES: usize = 24 * 1024 * 1024;
/// Cells of a month's detail; beyond, fine dimensions become Other.
const DETAIL_CELLS: usize = 350_000;
/// Cells of a month's resources; beyond, the small ones become Other.
const RESOURCE_CELLS: usize = 600_000;
/// What stands in the place of what was folded.
pub const OTHER: &str = "Other";

/// A part, rolled up: runs of cells, each a blob of its own.
#[derive(Debug, Serialize, Deserialize)]
pub struct Partial {
    version: u16,
    /// Counts and sums.
    pub counts: Counts,
    detail: Vec<Vec<u8>>,
    resources: Vec<Vec<u8>>,
}

/// A part under way.
#[derive(Debug)]
pub struct PartRollUp {
    period: BillingPeriod,
    tracked: Vec<String>,
    counts: Counts,
    detail: RollUp,
    resources: RollUp,
    runs: (Vec<Vec<u8>>, Vec<Vec<u8>>),
    run_cells: usize,
}

impl PartRollUp {
    /// Nothing read yet.
    pub fn new(period: BillingPeriod, tracked: &[String]) -> Self {
        let (detail, resources) = Self::empty(period, tracked);
        Self {
            period,
            tracked: tracked.to_vec(),
            counts: Counts::new(),
            detail,
            resources,
            runs: (Vec::new(), Vec::new()),
            run_cells: RUN_CELLS,
        }
    }

    /// The present is not part of it: partials of the same file are the same.
    fn empty(period: BillingPeriod, tracked: &[String]) -> (RollUp, RollUp) {
        let (days, as_of) = (days_of(period), Timestamp::UNIX_EPOCH);
        let detail = RollUp::new(&detail_dimensions(tracked), &METRICS, days, as_of);
        let dimensions = resource_dimensions(tracked);
        (detail, RollUp::new(&dimensions, &RESOURCE_METRICS, days, as_of))
    }

    /// Adds a block. What it takes in memory does not grow with the file, but with what differs in it, and that is
    /// written down run by run.
    pub fn add(&mut self, block: &ChargeBlock<'_>) -> Result<(), DecodeError> {
        self.counts.add(block);
        self.detail.add(block);
        self.resources.add(block);
        if self.detail.cells().saturating_add(self.resources.cells()) > self.run_cells {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), DecodeError> {
        let (detail, resources) = Self::empty(self.period, &self.tracked);
        let (detail, resources) =
            (std::mem::replace(&mut self.detail, detail), std::mem::replace(&mut self.resources, resources));
        for (runs, roll_up) in [(&mut self.runs.0, detail), (&mut self.runs.1, resources)] {
            for cube in roll_up.finish() {
                runs.push(cube::blob::encode(&cube).map_err(broken)?);
            }
        }
        let bytes: usize = self.runs.0.iter().chain(&self.runs.1).map(Vec::len).sum();
        if bytes > PARTIAL_BYTES {
            return Err(DecodeError::TooLarge {
                thing: "what differs between the rows of a file",
                limit: PARTIAL_BYTES as u64,
            });
        }
        Ok(())
    }

    /// The partial's bytes, with its counts.
    pub fn finish(mut self) -> Result<(Vec<u8>, Counts), DecodeError> {
        self.flush()?;
        let (detail, resources) = self.runs;
        let partial = Partial { version: VERSION, counts: self.counts, detail, resources };
        Ok((postcard::to_allocvec(&partial).map_err(broken)?, partial.counts))
    }
}

/// What a stored partial counted.
pub fn counts(bytes: &[u8]) -> Result<Counts, DecodeError> {
    let partial: Partial = postcard::from_bytes(bytes).map_err(broken)?;
    Ok(partial.counts)
}

/// A month's cubes.
#[derive(Debug)]
pub struct Merged {
    /// Counts and sums of all parts.
    pub counts: Counts,
    /// By currency: few dimensions.
    pub overview: Vec<Cube>,
    /// By currency: all dimensions.
    pub detail: Vec<Cube>,
    /// By currency and service.
    pub resources: Vec<Cube>,
}

/// Merges partials, one at a time: their detail, their resources, or both at once where memory is no matter.
#[derive(Debug)]
pub struct Merge {
    counts: Counts,
    detail: Option<BTreeMap<Currency, CubeBuilder>>,
    resources: Option<BTreeMap<(Currency, String), CubeBuilder>>,
}

impl Default for Merge {
    fn default() -> Self {
        Self { resources: Some(BTreeMap::new()), ..Self::of_detail() }
    }
}

impl Merge {
    /// Of detail and overview alone.
    pub fn of_detail() -> Self {
        Self { counts: Counts::new(), detail: Some(BTreeMap::new()), resources: None }
    }

    /// Of resources alone.
    pub fn of_resources() -> Self {
        Self { counts: Counts::new(), detail: None, resources: Some(BTreeMap::new()) }
    }

    /// Adds a partial.
    pub fn add(&mut self, bytes: &[u8], as_of: Timestamp) -> Result<(), DecodeError> {
        let partial: Partial = postcard::from_bytes(bytes).map_err(broken)?;
        if partial.version != VERSION {
            return Err(DecodeError::Damaged("a partial of another version".to_owned()));
        }
        absorb(&mut self.counts, &partial.counts);
        if let Some(detail) = &mut self.detail {
            for blob in &partial.detail {
                let cube = cube::blob::decode(blob).map_err(broken)?;
                detail.entry(cube.header().currency).or_insert_with(|| like(&cube, as_of)).add_cube(&cube);
                fold::detail(detail, DETAIL_CELLS)?;
            }
        }
        if let Some(resources) = &mut self.resources {
            for blob in &partial.resources {
                let cube = cube::blob::decode(blob).map_err(broken)?;
                for (service, part) in by_service(&cube) {
                    let key = (cube.header().currency, service);
                    resources.entry(key).or_insert_with(|| like(&cube, as_of)).add_cube(&part);
                }
                fold::resources(resources, RESOURCE_CELLS)?;
            }
        }
        Ok(())
    }

    /// The month. Cubes that do not add up to their parts are an error.
    pub fn finish(self) -> Result<Merged, DecodeError> {
        let detail: Option<Vec<Cube>> =
            self.detail.map(|cubes| cubes.into_values().map(CubeBuilder::finish).collect());
        let resources: Option<Vec<Cube>> =
            self.resources.map(|cubes| cubes.into_values().map(CubeBuilder::finish).collect());
        for cubes in [&detail, &resources].into_iter().flatten() {
            add_up(&self.counts, cubes)?;
        }
        let detail = detail.unwrap_or_default();
        Ok(Merged {
            counts: self.counts,
            overview: detail.iter().map(|cube| folded(cube, &OVERVIEW)).collect(),
            detail,
            resources: resources.unwrap_or_default(),
        })
    }
}

/// Whether cubes hold what was counted, to the last unit.
fn add_up(counts: &Counts, cubes: &[Cube]) -> Result<(), DecodeError> {
    let mut totals: BTreeMap<Currency, (Money, Money)> = BTreeMap::new();
    for cube in cubes {
        let total = totals.entry(cube.header().currency).or_default();
        total.0 += cube.total(Metric::BilledCost);
        total.1 += cube.total(Metric::EffectiveCost);
    }
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
    counts.first_day = [counts.first_day, other.first_day].into_iter().flatten().min();
    counts.last_day = counts.last_day.max(other.last_day);
    counts.is_final &= other.is_final;
    for (currency, (billed, effective)) in &other.totals {
        let total = counts.totals.entry(*currency).or_default();
        total.0 += *billed;
        total.1 += *effective;
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
    each_cell(cube, |_, values, day, units| {
        let picked: Vec<&str> =
            places.iter().map(|place| values.get(*place).copied().unwrap_or_default()).collect();
        builder.add_values(&picked, day, units);
    });
    builder.finish()
}

/// A cube for each service, so that a page of resources loads few of them.
fn by_service(cube: &Cube) -> Vec<(String, Cube)> {
    let Some(place) = cube.columns().iter().position(|column| column.dimension == Dimension::Service) else {
        return vec![(String::new(), cube.clone())];
    };
    let mut builders: BTreeMap<String, CubeBuilder> = BTreeMap::new();
    each_cell(cube, |_, values, day, units| {
        let service = values.get(place).copied().unwrap_or_default();
        if !builders.contains_key(service) {
            builders.insert(service.to_owned(), like(cube, cube.header().as_of));
        }
        if let Some(builder) = builders.get_mut(service) {
            builder.add_values(values, day, units);
        }
    });
    builders.into_iter().map(|(service, builder)| (service, builder.finish())).collect()
}

/// Every cell: tuple, values, day, figures.
pub(crate) fn each_cell(cube: &Cube, mut take: impl FnMut(usize, &[&str], shared::Day, &[i128])) {
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
            take(tuple, &values, cube.day_of(cell), &units);
        }
    }
}

fn broken(cause: impl std::fmt::Display) -> DecodeError {
    DecodeError::Damaged(crate::error::shortened(&cause.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charge::tests::with_rows;

    /// Adds rows that differ in resource, operation, service and day.
    fn add(part: &mut PartRollUp, rows: usize, from: usize) {
        let texts = |make: &dyn Fn(usize) -> String| (from..from + rows).map(make).collect::<Vec<String>>();
        let columns = [
            ("line_item_line_item_type", texts(&|_| "Usage".to_owned())),
            ("line_item_usage_account_id", texts(&|_| "1".to_owned())),
            ("line_item_resource_id", texts(&|row| format!("arn:{row}"))),
            ("line_item_operation", texts(&|row| format!("operation {}", row % 50))),
            ("line_item_product_code", texts(&|row| format!("service {}", row % 3))),
            ("line_item_usage_start_date", texts(&|row| format!("2026-10-{:02}", row % 31 + 1))),
            ("line_item_unblended_cost", texts(&|row| format!("{row}.000003"))),
        ];
        with_rows(&columns, |block| part.add(block).unwrap()).unwrap();
    }

    fn part(run_cells: usize) -> Vec<u8> {
        let mut part = PartRollUp::new("2026-10".parse().unwrap(), &[]);
        part.run_cells = run_cells;
        for place in 0..8 {
            add(&mut part, 500, place * 500);
        }
        part.finish().unwrap().0
    }

    fn month(bytes: &[u8]) -> Merged {
        let mut merge = Merge::default();
        merge.add(bytes, Timestamp::UNIX_EPOCH).unwrap();
        merge.finish().unwrap()
    }

    #[test]
    fn runs_come_to_the_same_month_as_one() {
        let (one, many) = (part(usize::MAX), part(700));
        assert_ne!(one, many);
        let (one, many) = (month(&one), month(&many));
        assert_eq!((one.detail, one.resources), (many.detail, many.resources));
        assert_eq!(one.counts, many.counts);
    }

    #[test]
    fn what_is_folded_keeps_every_total() {
        let month = month(&part(usize::MAX));
        let total = |cubes: &[Cube]| cubes.iter().map(|cube| cube.total(Metric::BilledCost)).sum::<Money>();
        let mut detail: BTreeMap<Currency, CubeBuilder> = BTreeMap::new();
        for cube in &month.detail {
            detail
                .entry(cube.header().currency)
                .or_insert_with(|| like(cube, cube.header().as_of))
                .add_cube(cube);
        }
        let before: usize = detail.values().map(CubeBuilder::len).sum();
        fold::detail(&mut detail, 200).unwrap();
        let after: Vec<Cube> = detail.into_values().map(CubeBuilder::finish).collect();
        assert!(before > 200 && after.iter().all(|cube| cube.cells() <= 200));
        assert_eq!(total(&after), total(&month.detail));

        let mut resources: BTreeMap<(Currency, String), CubeBuilder> = BTreeMap::new();
        for cube in &month.resources {
            for (service, part) in by_service(cube) {
                let key = (cube.header().currency, service);
                resources.entry(key).or_insert_with(|| like(cube, cube.header().as_of)).add_cube(&part);
            }
        }
        fold::resources(&mut resources, 1_000).unwrap();
        assert!(resources.values().map(CubeBuilder::len).sum::<usize>() <= 1_000);
        let after: Vec<Cube> = resources.into_values().map(CubeBuilder::finish).collect();
        assert_eq!(total(&after), total(&month.resources));
        let largest = |cubes: &[Cube]| {
            let known = |cube: &Cube| cube.find_column(&Dimension::Resource).unwrap().dictionary.clone();
            cubes.iter().flat_map(known).any(|name| name == "arn:3999")
        };
        assert!(largest(&after), "what costs most stays");
    }

    #[test]
    fn a_month_that_does_not_add_up_is_refused() {
        let month = month(&part(usize::MAX));
        let mut counts = month.counts.clone();
        assert_eq!(add_up(&counts, &month.detail), Ok(()));
        counts.totals.values_mut().for_each(|total| total.1 += Money::from_units(1));
        assert!(add_up(&counts, &month.detail).is_err());
    }

    #[test]
    fn any_bytes_are_a_partial_or_an_error() {
        let bytes = part(700);
        for end in (0..bytes.len()).step_by(bytes.len() / 200) {
            assert!(Merge::default().add(&bytes[..end], Timestamp::UNIX_EPOCH).is_err());
        }
    }
}
