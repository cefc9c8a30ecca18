//! What a part leaves behind, and how parts become a month. A partial is a function of its file, its columns and the
//! tracked tags alone: the same input makes the same bytes.

use std::collections::BTreeMap;

use cube::cells::Cube;
use cube::{CubeBuilder, Dimension, Metric};
use serde::{Deserialize, Serialize};
use shared::{BillingPeriod, Currency, Timestamp};

use crate::charge::ChargeBlock;
use crate::error::DecodeError;
use crate::roll_up::{
    Counts, METRICS, OVERVIEW, RollUp, days_of, detail_dimensions, part_dimensions, resource_dimensions,
};

/// Version of what is rolled up how; another version's partials are not merged.
pub const VERSION: u16 = 1;

/// Metrics of resource cubes.
const RESOURCE_METRICS: [Metric; 2] = [Metric::BilledCost, Metric::EffectiveCost];

/// A part, rolled up.
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
    counts: Counts,
    detail: RollUp,
    resources: RollUp,
}

impl PartRollUp {
    /// Nothing read yet. `as_of` must not be the present: partials of the same file are the same.
    pub fn new(period: BillingPeriod, tracked: &[String]) -> Self {
        let (available, days) = (part_dimensions(tracked), days_of(period));
        let as_of = Timestamp::UNIX_EPOCH;
        Self {
            counts: Counts::new(),
            detail: RollUp::new(&available, &detail_dimensions(tracked), &METRICS, days, as_of),
            resources: RollUp::new(&available, &resource_dimensions(tracked), &RESOURCE_METRICS, days, as_of),
        }
    }

    /// Adds a block.
    pub fn add(&mut self, block: &ChargeBlock) {
        self.counts.add(block);
        self.detail.add(block);
        self.resources.add(block);
    }

    /// Cells so far: what memory grows with.
    pub fn cells(&self) -> usize {
        self.detail.cells().saturating_add(self.resources.cells())
    }

    /// The partial's bytes, with its counts.
    pub fn finish(self) -> Result<(Vec<u8>, Counts), DecodeError> {
        let encode = |cubes: Vec<Cube>| {
            cubes.iter().map(cube::blob::encode).collect::<Result<Vec<_>, _>>().map_err(broken)
        };
        let partial = Partial {
            version: VERSION,
            counts: self.counts.clone(),
            detail: encode(self.detail.finish())?,
            resources: encode(self.resources.finish())?,
        };
        Ok((postcard::to_allocvec(&partial).map_err(broken)?, self.counts))
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

/// Merges partials, one at a time.
#[derive(Debug, Default)]
pub struct Merge {
    counts: Option<Counts>,
    detail: BTreeMap<Currency, CubeBuilder>,
    resources: BTreeMap<(Currency, String), CubeBuilder>,
}

impl Merge {
    /// Adds a partial.
    pub fn add(&mut self, bytes: &[u8], as_of: Timestamp) -> Result<(), DecodeError> {
        let partial: Partial = postcard::from_bytes(bytes).map_err(broken)?;
        if partial.version != VERSION {
            return Err(DecodeError::Damaged("a partial of another version".to_owned()));
        }
        let counts = self.counts.get_or_insert_with(Counts::new);
        absorb(counts, &partial.counts);
        for blob in &partial.detail {
            let cube = cube::blob::decode(blob).map_err(broken)?;
            let builder = self.detail.entry(cube.header().currency).or_insert_with(|| like(&cube, as_of));
            builder.add_cube(&cube);
        }
        for blob in &partial.resources {
            let cube = cube::blob::decode(blob).map_err(broken)?;
            for (service, part) in by_service(&cube) {
                let key = (cube.header().currency, service);
                self.resources.entry(key).or_insert_with(|| like(&cube, as_of)).add_cube(&part);
            }
        }
        Ok(())
    }

    /// The month.
    pub fn finish(self) -> Merged {
        let detail: Vec<Cube> = self.detail.into_values().map(CubeBuilder::finish).collect();
        Merged {
            counts: self.counts.unwrap_or_default(),
            overview: detail.iter().map(|cube| folded(cube, &OVERVIEW)).collect(),
            detail,
            resources: self.resources.into_values().map(CubeBuilder::finish).collect(),
        }
    }
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

fn like(cube: &Cube, as_of: Timestamp) -> CubeBuilder {
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

/// A cube for each service, so that a page of resources loads few of them.
fn by_service(cube: &Cube) -> Vec<(String, Cube)> {
    let Some(place) = cube.columns().iter().position(|column| column.dimension == Dimension::Service) else {
        return vec![(String::new(), cube.clone())];
    };
    let mut builders: BTreeMap<String, CubeBuilder> = BTreeMap::new();
    each_cell(cube, |values, day, units| {
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

fn broken(cause: impl std::fmt::Display) -> DecodeError {
    DecodeError::Damaged(crate::error::shortened(&cause.to_string()))
}
