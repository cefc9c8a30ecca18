//! The work that is timed: a report's files into the cube of a month.

use std::ops::Range;

use bytes::Bytes;
use cube::{Cube, Dimension, Metric};
use ledger::{DecodeError, Opened, ReportFile, RollUp, Sparse, first_range};
use shared::{BillingPeriod, Timestamp};

/// By day, these.
pub const DIMENSIONS: [Dimension; 6] = [
    Dimension::SubAccount,
    Dimension::Service,
    Dimension::Region,
    Dimension::XUsageType,
    Dimension::ChargeCategory,
    Dimension::PricingCategory,
];

/// What is added up.
pub const METRICS: [Metric; 3] = [Metric::BilledCost, Metric::EffectiveCost, Metric::ConsumedQuantity];

/// The month of the generated report.
pub fn period() -> BillingPeriod {
    "2026-10".parse().expect("a period")
}

/// A roll-up under way.
#[derive(Debug)]
pub struct Roller {
    roll_up: RollUp,
    rows: u64,
}

impl Default for Roller {
    fn default() -> Self {
        Self { roll_up: RollUp::new(&DIMENSIONS, &METRICS, period().days(), Timestamp::UNIX_EPOCH), rows: 0 }
    }
}

impl Roller {
    /// Adds a file of this size, read by its ranges.
    pub fn add(&mut self, size: u64, mut read: impl FnMut(Range<u64>) -> Bytes) -> Result<(), DecodeError> {
        let mut file = open(size, &mut read)?;
        let mut fetched = Sparse::new(size);
        for row_group in 0..file.row_groups() {
            fetched.clear();
            for range in file.ranges(row_group) {
                fetched.add(range.start, read(range));
            }
            let Self { roll_up, rows } = self;
            file.read(row_group, &fetched, |block| {
                *rows += block.rows() as u64;
                roll_up.add(block);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The cube, and how many rows went into it.
    pub fn finish(self) -> (Cube, u64) {
        (self.roll_up.finish().swap_remove(0), self.rows)
    }
}

/// Opens a file for this work.
pub fn open(size: u64, read: &mut impl FnMut(Range<u64>) -> Bytes) -> Result<Box<ReportFile>, DecodeError> {
    let mut range = first_range(size);
    loop {
        match ReportFile::open(&read(range), size, &DIMENSIONS, &METRICS, Some(period()))? {
            Opened::File(file) => return Ok(file),
            Opened::Need(wider) => range = wider,
        }
    }
}

/// The groups as lines: day, values, and exact figures, between tabs.
pub fn lines(cube: &Cube) -> impl Iterator<Item = String> {
    let columns: Vec<_> = DIMENSIONS.iter().filter_map(|dimension| cube.find_column(dimension)).collect();
    let figures: Vec<_> = METRICS.iter().filter_map(|metric| cube.find_figures(*metric)).collect();
    let tuples = (0..cube.tuples()).flat_map(|tuple| cube.cells_of(tuple).map(move |cell| (tuple, cell)));
    tuples.map(move |(tuple, cell)| {
        let mut line = cube.day_of(cell).to_string();
        for column in &columns {
            let code = column.codes.get(tuple).copied().unwrap_or(0);
            line.push('\t');
            line.push_str(column.dictionary.get(code as usize).map_or("", String::as_str));
        }
        for figures in &figures {
            line.push('\t');
            line.push_str(&shared::Money::from_units(figures.at(cell)).to_string());
        }
        line
    })
}
