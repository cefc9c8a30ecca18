//! Charges into cubes, and the receipt of what was read.

use std::collections::BTreeMap;

use cube::{Cube, CubeBuilder, Dimension, Header, Metric};
use serde::{Deserialize, Serialize};
use shared::api::Source;
use shared::{BillingPeriod, Currency, Day, DayRange, Money, Timestamp};

use crate::charge::{Charge, ChargeBlock, Row};

/// Metrics of report cubes, in this order.
pub const METRICS: [Metric; 6] = [
    Metric::BilledCost,
    Metric::EffectiveCost,
    Metric::XNetBilledCost,
    Metric::XNetEffectiveCost,
    Metric::ListCost,
    Metric::ConsumedQuantity,
];

/// Counts and sums of what was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows, all of them.
    pub rows: u64,
    /// Rows that repeat cost counted elsewhere.
    pub left_out: u64,
    /// Rows set aside because a cost in them is no number.
    pub rejected: u64,
    /// Rows outside their billing period.
    pub outside_period: u64,
    /// First and last day with charges.
    pub first_day: Option<Day>,
    /// See `first_day`.
    pub last_day: Option<Day>,
    /// Whether every row bears an invoice.
    pub is_final: bool,
    /// Billed and effective cost by currency.
    pub totals: BTreeMap<Currency, (Money, Money)>,
}

/// A roll-up under way: cells of a choice of dimensions, one cube per currency.
#[derive(Debug)]
pub struct RollUp {
    /// Dimensions of the blocks, and of which of them this cube is made.
    picks: Vec<usize>,
    dimensions: Vec<Dimension>,
    metrics: Vec<Metric>,
    days: DayRange,
    as_of: Timestamp,
    /// Whether a cell stands for a month, on its first day.
    is_monthly: bool,
    builders: BTreeMap<Currency, CubeBuilder>,
}

impl RollUp {
    /// A roll-up by `dimensions`, out of blocks that bring `available`. Days outside of `days` are held at its ends.
    pub fn new(
        available: &[Dimension],
        dimensions: &[Dimension],
        metrics: &[Metric],
        days: DayRange,
        as_of: Timestamp,
    ) -> Self {
        let picked: Vec<(usize, Dimension)> = dimensions
            .iter()
            .filter_map(|dimension| {
                Some((available.iter().position(|known| known == dimension)?, dimension.clone()))
            })
            .collect();
        let (picks, dimensions) = picked.into_iter().unzip();
        let metrics = metrics.to_vec();
        Self { picks, dimensions, metrics, days, as_of, is_monthly: false, builders: BTreeMap::new() }
    }

    /// The same by month instead of by day.
    pub fn monthly(self) -> Self {
        Self { is_monthly: true, ..self }
    }

    /// Adds the charges of a block.
    pub fn add(&mut self, block: &ChargeBlock) {
        let currencies: Vec<Option<Currency>> =
            block.currencies.values.iter().map(|text| text.parse().ok()).collect();
        for (code, currency) in (0_u32..).zip(&currencies) {
            let Some(currency) = *currency else { continue };
            let (dimensions, metrics, days, as_of) = (&self.dimensions, &self.metrics, self.days, self.as_of);
            let monthly = self.is_monthly;
            let mut month: Option<DayRange> = None;
            let builder = self.builders.entry(currency).or_insert_with(|| {
                let header = Header { currency, source: Source::Report, as_of, days, monthly };
                CubeBuilder::new(header, dimensions.clone(), metrics.clone())
            });
            // Each value is interned once a block, not once a row.
            let mut translated: Vec<Vec<Option<u32>>> = Vec::with_capacity(self.picks.len());
            for pick in &self.picks {
                translated
                    .push(vec![None; block.dimensions.get(*pick).map_or(0, |texts| texts.values.len())]);
            }
            let mut codes = vec![0_u32; self.picks.len()];
            let mut units = vec![0_i128; self.metrics.len()];
            for (row, charge) in block.charges.iter().enumerate() {
                let Row::Charge(charge) = charge else { continue };
                if block.currencies.code(row) != code {
                    continue;
                }
                for (place, pick) in self.picks.iter().enumerate() {
                    let Some(texts) = block.dimensions.get(*pick) else { continue };
                    let own = texts.code(row) as usize;
                    let Some(slot) = translated.get_mut(place).and_then(|column| column.get_mut(own)) else {
                        continue;
                    };
                    let translated = match slot {
                        Some(code) => *code,
                        None => {
                            let code =
                                builder.intern(place, texts.values.get(own).map_or("", String::as_str));
                            *slot = Some(code);
                            code
                        }
                    };
                    if let Some(code) = codes.get_mut(place) {
                        *code = translated;
                    }
                }
                for (unit, metric) in units.iter_mut().zip(&self.metrics) {
                    *unit = figure(charge, *metric);
                }
                let day = if monthly {
                    let held = month.filter(|days| (days.start..days.end).contains(&charge.day));
                    month.insert(held.unwrap_or_else(|| charge.day.period().days())).start
                } else {
                    charge.day
                };
                builder.add(&codes, day, &units);
            }
        }
    }

    /// Cells so far.
    pub fn cells(&self) -> usize {
        self.builders.values().map(CubeBuilder::len).sum()
    }

    /// The cubes, one per currency.
    pub fn finish(self) -> Vec<Cube> {
        self.builders.into_values().filter(|builder| !builder.is_empty()).map(CubeBuilder::finish).collect()
    }
}

fn figure(charge: &Charge, metric: Metric) -> i128 {
    match metric {
        Metric::BilledCost => charge.billed,
        Metric::EffectiveCost => charge.effective,
        Metric::XNetBilledCost => charge.net_billed,
        Metric::XNetEffectiveCost => charge.net_effective,
        Metric::ListCost => charge.list,
        Metric::ConsumedQuantity => charge.quantity,
    }
}

impl Counts {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self { is_final: true, ..Self::default() }
    }

    /// Counts a block.
    pub fn add(&mut self, block: &ChargeBlock) {
        self.rows = self.rows.saturating_add(block.rows as u64);
        self.is_final &= block.has_invoices;
        let mut sums: Vec<(i128, i128)> = vec![(0, 0); block.currencies.values.len()];
        for (row, charge) in block.charges.iter().enumerate() {
            match charge {
                Row::LeftOut => self.left_out = self.left_out.saturating_add(1),
                Row::Rejected => self.rejected = self.rejected.saturating_add(1),
                Row::Charge(charge) => {
                    self.outside_period = self.outside_period.saturating_add(u64::from(charge.is_outside));
                    self.first_day = Some(self.first_day.map_or(charge.day, |day| day.min(charge.day)));
                    self.last_day = Some(self.last_day.map_or(charge.day, |day| day.max(charge.day)));
                    if let Some(sum) = sums.get_mut(block.currencies.code(row) as usize) {
                        sum.0 = sum.0.saturating_add(charge.billed);
                        sum.1 = sum.1.saturating_add(charge.effective);
                    }
                }
            }
        }
        for (text, (billed, effective)) in block.currencies.values.iter().zip(sums) {
            let Ok(currency) = text.parse::<Currency>() else { continue };
            let total = self.totals.entry(currency).or_default();
            total.0 += Money::from_units(billed);
            total.1 += Money::from_units(effective);
        }
    }

    /// Whether so many rows were set aside that the file is not to be believed: above 0.1 %.
    pub fn is_doubtful(&self) -> bool {
        self.rejected.saturating_mul(1_000) > self.rows
    }
}

/// Dimensions of detail cubes; tracked tags follow.
pub fn detail_dimensions(tracked: &[String]) -> Vec<Dimension> {
    let mut dimensions = vec![
        Dimension::BillingAccount,
        Dimension::SubAccount,
        Dimension::Service,
        Dimension::ChargeCategory,
        Dimension::Region,
        Dimension::XUsageType,
        Dimension::XOperation,
        Dimension::PricingCategory,
        Dimension::CommitmentDiscount,
        Dimension::Publisher,
        Dimension::XLineItemType,
        Dimension::Unit,
    ];
    dimensions.extend(tracked.iter().cloned().map(Dimension::Tag));
    dimensions
}

/// Dimensions of overview cubes.
pub const OVERVIEW: [Dimension; 4] =
    [Dimension::BillingAccount, Dimension::SubAccount, Dimension::Service, Dimension::ChargeCategory];

/// Dimensions of resource cubes; tracked tags follow.
pub fn resource_dimensions(tracked: &[String]) -> Vec<Dimension> {
    let mut dimensions = vec![
        Dimension::SubAccount,
        Dimension::Service,
        Dimension::Region,
        Dimension::Resource,
        Dimension::XUsageType,
    ];
    dimensions.extend(tracked.iter().cloned().map(Dimension::Tag));
    dimensions
}

/// Every dimension a part is read by.
pub fn part_dimensions(tracked: &[String]) -> Vec<Dimension> {
    let mut dimensions = detail_dimensions(tracked);
    dimensions.push(Dimension::Resource);
    dimensions
}

/// The days of a period.
pub fn days_of(period: BillingPeriod) -> DayRange {
    period.days()
}
