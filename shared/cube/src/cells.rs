//! What a cube holds: each combination of dimension values once, below it sorted days with their figures.

use serde::{Deserialize, Serialize};
use shared::api::Source;
use shared::{Currency, Day, DayRange, Money, Timestamp};

use crate::builder::CubeBuilder;
use crate::{Dimension, Metric};

/// What stands above the cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Currency of every cost.
    pub currency: Currency,
    /// Where the figures come from.
    pub source: Source,
    /// When AWS was asked, or delivered.
    pub as_of: Timestamp,
    /// The days its cells may fall in.
    pub days: DayRange,
    /// Whether a cell stands for a whole month, on the month's first day.
    pub monthly: bool,
}

/// Figures of one metric, one per cell, in units of 10⁻¹²: narrow where they fit, wide where one does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Figures {
    /// Each fits 64 bits: up to 9.2 million of the currency.
    Narrow(Vec<i64>),
    /// At least one does not.
    Wide(Vec<i128>),
}

/// A dimension: its distinct values, and which one each tuple has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Which dimension.
    pub dimension: Dimension,
    /// Distinct values, sorted; an empty text means none.
    pub dictionary: Vec<String>,
    /// Place in the dictionary, one per tuple.
    pub codes: Vec<u32>,
}

/// Cells of one currency and source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cube {
    pub(crate) header: Header,
    pub(crate) columns: Vec<Column>,
    /// Place of each tuple's first cell, and one more at the end.
    pub(crate) starts: Vec<u32>,
    /// Day of each cell, counted from the first day of the header.
    pub(crate) days: Vec<u16>,
    /// Metrics it knows, with their figures.
    pub(crate) figures: Vec<(Metric, Figures)>,
}

impl Figures {
    /// The figure of a cell.
    pub fn at(&self, cell: usize) -> i128 {
        match self {
            Self::Narrow(units) => units.get(cell).copied().map_or(0, i128::from),
            Self::Wide(units) => units.get(cell).copied().unwrap_or(0),
        }
    }

    /// How many cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Narrow(units) => units.len(),
            Self::Wide(units) => units.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything, exactly.
    pub fn total(&self) -> Money {
        Money::from_units(match self {
            Self::Narrow(units) => units.iter().map(|units| i128::from(*units)).sum(),
            Self::Wide(units) => units.iter().fold(0, |sum: i128, units| sum.saturating_add(*units)),
        })
    }

    pub(crate) fn narrowed(units: Vec<i128>) -> Self {
        let narrow: Result<Vec<i64>, _> = units.iter().map(|units| i64::try_from(*units)).collect();
        narrow.map_or(Self::Wide(units), Self::Narrow)
    }
}

impl Cube {
    /// What stands above the cells.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Its dimensions.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of a dimension, if the cube knows it.
    pub fn find_column(&self, dimension: &Dimension) -> Option<&Column> {
        self.columns.iter().find(|column| column.dimension == *dimension)
    }

    /// The figures of a metric, if the cube knows it.
    pub fn find_figures(&self, metric: Metric) -> Option<&Figures> {
        self.figures.iter().find(|(known, _)| *known == metric).map(|(_, figures)| figures)
    }

    /// Metrics it knows.
    pub fn metrics(&self) -> impl Iterator<Item = Metric> + '_ {
        self.figures.iter().map(|(metric, _)| *metric)
    }

    /// Distinct combinations of dimension values.
    pub fn tuples(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Cells.
    pub fn cells(&self) -> usize {
        self.days.len()
    }

    /// Sum of a metric over all cells; zero for a metric the cube does not know.
    pub fn total(&self, metric: Metric) -> Money {
        self.find_figures(metric).map_or(Money::ZERO, Figures::total)
    }

    /// Places of a tuple's cells.
    pub fn cells_of(&self, tuple: usize) -> std::ops::Range<usize> {
        let at = |place: usize| self.starts.get(place).map_or(0, |start| *start as usize);
        at(tuple)..at(tuple + 1)
    }

    /// Day of a cell.
    pub fn day_of(&self, cell: usize) -> Day {
        self.header.days.start.plus(self.days.get(cell).copied().map_or(0, i32::from))
    }

    /// One cube with the cells of all; equal tuples and days are added. They must agree in dimensions, metrics and
    /// currency; the latest `as_of` wins, days are those of all.
    pub fn merged(cubes: &[Cube]) -> Result<Cube, Unmergeable> {
        let first = cubes.first().ok_or(Unmergeable)?;
        let dimensions: Vec<Dimension> =
            first.columns.iter().map(|column| column.dimension.clone()).collect();
        let metrics: Vec<Metric> = first.metrics().collect();
        let mut header = first.header.clone();
        for cube in cubes {
            let agrees = cube.columns.iter().map(|column| &column.dimension).eq(dimensions.iter())
                && cube.metrics().eq(metrics.iter().copied())
                && cube.header.currency == header.currency
                && cube.header.monthly == header.monthly;
            if !agrees {
                return Err(Unmergeable);
            }
            header.as_of = header.as_of.max(cube.header.as_of);
            header.days = DayRange::new(
                header.days.start.min(cube.header.days.start),
                header.days.end.max(cube.header.days.end),
            );
        }
        let mut builder = CubeBuilder::new(header, dimensions, metrics);
        for cube in cubes {
            builder.add_cube(cube);
        }
        Ok(builder.finish())
    }
}

/// The cubes differ in dimensions, metrics or currency, or there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these cubes cannot be merged")]
pub struct Unmergeable;
