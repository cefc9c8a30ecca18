//! Charges into cubes, and the receipt of what was read.

use std::collections::BTreeMap;

use cube::{Cube, CubeBuilder, Dimension, Header, Metric};
use serde::{Deserialize, Serialize};
use shared::api::Source;
use shared::{BillingPeriod, Currency, Day, DayRange, Money, Timestamp};

use crate::charge::{ChargeBlock, Status};
use crate::dimensions::Words;
use crate::granularity::Lengths;
use crate::keys::Keys;
use crate::limits;

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
    /// What they cost, billed and effective, by currency.
    pub outside_totals: BTreeMap<Currency, (Money, Money)>,
    /// Rows of a type nobody here knows; they count as Adjustment.
    pub unknown: u64,
    /// How long usage lasts, as far as it was looked at.
    pub lengths: Lengths,
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
    dimensions: Vec<Dimension>,
    metrics: Vec<Metric>,
    days: DayRange,
    as_of: Timestamp,
    /// Whether a cell stands for a month, on its first day.
    is_monthly: bool,
    targets: BTreeMap<Currency, Target>,
    scratch: Vec<i32>,
}

/// A cube under way, and how rows find their place in it.
#[derive(Debug)]
struct Target {
    builder: CubeBuilder,
    keys: Keys,
}

impl RollUp {
    /// A roll-up by these dimensions. Days outside of `days` are held at its ends.
    pub fn new(dimensions: &[Dimension], metrics: &[Metric], days: DayRange, as_of: Timestamp) -> Self {
        Self {
            dimensions: dimensions.to_vec(),
            metrics: metrics.to_vec(),
            days,
            as_of,
            is_monthly: false,
            targets: BTreeMap::new(),
            scratch: Vec::new(),
        }
    }

    /// The same by month instead of by day.
    pub fn monthly(self) -> Self {
        Self { is_monthly: true, ..self }
    }

    /// Adds the charges of a block.
    pub fn add(&mut self, block: &ChargeBlock<'_>) {
        let Self { dimensions, metrics, days, as_of, is_monthly, targets, scratch } = self;
        scratch.clear();
        scratch.extend_from_slice(block.days());
        if *is_monthly {
            to_months(scratch);
        }
        let currencies = block.currencies();
        for currency in &currencies {
            let target = targets.entry(*currency).or_insert_with(|| {
                let header = Header {
                    currency: *currency,
                    source: Source::Report,
                    as_of: *as_of,
                    days: *days,
                    monthly: *is_monthly,
                };
                Target {
                    builder: CubeBuilder::new(header, dimensions.clone(), metrics.clone()),
                    keys: Keys::default(),
                }
            });
            let wanted = wanted(block, *currency, currencies.len() > 1);
            target.add(block, dimensions, metrics, scratch, wanted.as_deref());
            for (row, charge) in block.apart() {
                if block.currency(*row) == Some(*currency) {
                    let day = scratch.get(*row).map_or(charge.day, |day| Day::from_epoch_days(*day));
                    let units: Vec<i128> = metrics.iter().map(|metric| charge.figure(*metric)).collect();
                    let tuple = tuple_of(&mut target.builder, &block.words(), dimensions, *row);
                    target.builder.add_to(tuple, day, &units);
                }
            }
        }
    }

    /// Cells so far.
    pub fn cells(&self) -> usize {
        self.targets.values().map(|target| target.builder.len()).sum()
    }

    /// The cubes, one per currency.
    pub fn finish(self) -> Vec<Cube> {
        let builders = self.targets.into_values().map(|target| target.builder);
        builders.filter(|builder| !builder.is_empty()).map(CubeBuilder::finish).collect()
    }
}

/// Which rows are charges of a currency, one by one; nothing where all are.
fn wanted(block: &ChargeBlock<'_>, currency: Currency, are_several: bool) -> Option<Vec<bool>> {
    let statuses = block.statuses();
    if statuses.is_empty() && !are_several {
        return None;
    }
    let is_charge = |row: usize| matches!(statuses.get(row), None | Some(Status::Charge));
    let is_wanted = |row: usize| is_charge(row) && (!are_several || block.currency(row) == Some(currency));
    Some((0..block.rows()).map(is_wanted).collect())
}

/// Days become the first of their month.
fn to_months(days: &mut [i32]) {
    let mut month = 0..0;
    for day in days {
        if !month.contains(day) {
            let days = Day::from_epoch_days(*day).period().days();
            month = days.start.epoch_days()..days.end.epoch_days();
        }
        *day = month.start;
    }
}

/// The tuple of a row, by its words.
fn tuple_of(builder: &mut CubeBuilder, words: &Words<'_>, dimensions: &[Dimension], row: usize) -> u32 {
    let values: Vec<String> = dimensions.iter().map(|dimension| words.value(dimension, row)).collect();
    builder.tuple(values.iter().map(String::as_str))
}

impl Target {
    fn add(
        &mut self,
        block: &ChargeBlock<'_>,
        dimensions: &[Dimension],
        metrics: &[Metric],
        days: &[i32],
        wanted: Option<&[bool]>,
    ) {
        let (builder, words) = (&mut self.builder, block.words());
        let tuples = self.keys.tuples(&words, dimensions, block.rows(), wanted, &mut |row| {
            tuple_of(builder, &words, dimensions, row)
        });
        builder.add_rows(tuples, days, metrics.iter().map(|metric| block.figures(*metric)));
    }
}

impl Counts {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self { is_final: true, ..Self::default() }
    }

    /// Counts a block.
    pub fn add(&mut self, block: &ChargeBlock<'_>) {
        self.rows = self.rows.saturating_add(block.rows() as u64);
        self.is_final &= block.has_invoices();
        self.outside_period = self.outside_period.saturating_add(block.outside().len() as u64);
        self.unknown = self.unknown.saturating_add(block.unknown());
        let statuses = block.statuses();
        let of = |status: Status| statuses.iter().filter(|known| **known == status).count() as u64;
        self.left_out = self.left_out.saturating_add(of(Status::LeftOut));
        self.rejected = self.rejected.saturating_add(of(Status::Rejected));
        let is_charge = |row: usize| matches!(statuses.get(row), None | Some(Status::Charge | Status::Apart));
        let wider = |(first, last): (i32, i32), day: &i32| (first.min(*day), last.max(*day));
        let (first, last) = if statuses.is_empty() {
            block.days().iter().fold((i32::MAX, i32::MIN), wider)
        } else {
            let days = block.days().iter().enumerate().filter(|(row, _)| is_charge(*row));
            days.map(|(_, day)| day).fold((i32::MAX, i32::MIN), wider)
        };
        if first <= last {
            let (first, last) = (Day::from_epoch_days(first), Day::from_epoch_days(last));
            self.first_day = Some(self.first_day.map_or(first, |day| day.min(first)));
            self.last_day = Some(self.last_day.map_or(last, |day| day.max(last)));
        }
        let (billed, effective) = (block.figures(Metric::BilledCost), block.figures(Metric::EffectiveCost));
        for row in block.outside().iter().map(|row| *row as usize) {
            let apart = block.apart().iter().find(|(place, _)| *place == row).map(|(_, charge)| charge);
            let of = |metric: Metric, units: &[i64]| match apart {
                Some(charge) => charge.figure(metric),
                None => units.get(row).copied().map_or(0, i128::from),
            };
            let [billed, effective] = [of(Metric::BilledCost, billed), of(Metric::EffectiveCost, effective)];
            if let Some(currency) = block.currency(row) {
                add(&mut self.outside_totals, currency, billed, effective);
            }
        }
        if let Some(currency) = block.same_currency().filter(|_| statuses.is_empty()) {
            add(&mut self.totals, currency, sum(billed), sum(effective));
            return;
        }
        for (row, (billed, effective)) in billed.iter().zip(effective).enumerate() {
            if let (Some(currency), true) = (block.currency(row), is_charge(row)) {
                add(&mut self.totals, currency, i128::from(*billed), i128::from(*effective));
            }
        }
        for (row, charge) in block.apart() {
            if let Some(currency) = block.currency(*row) {
                let figure = |metric: Metric| charge.figure(metric);
                let (billed, effective) = (figure(Metric::BilledCost), figure(Metric::EffectiveCost));
                add(&mut self.totals, currency, billed, effective);
            }
        }
    }

    /// Whether so many rows were set aside that the file is not to be believed: above 0.1 %.
    pub fn is_doubtful(&self) -> bool {
        self.rejected.saturating_mul(1_000) > self.rows
    }
}

fn add(totals: &mut BTreeMap<Currency, (Money, Money)>, currency: Currency, billed: i128, effective: i128) {
    let total = totals.entry(currency).or_default();
    total.0 += Money::from_units(billed);
    total.1 += Money::from_units(effective);
}

/// The sum of a block.
fn sum(units: &[i64]) -> i128 {
    /// So many rows of amounts below this one add up within 64 bits.
    const SMALL: u64 = 1 << 50;
    let seen = units.iter().fold(0, |seen, units| seen | units.cast_unsigned().wrapping_add(SMALL));
    if seen < SMALL << 1 && units.len() <= limits::BATCH {
        return i128::from(units.iter().fold(0_i64, |sum, units| sum.wrapping_add(*units)));
    }
    units.iter().map(|units| i128::from(*units)).sum()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charge::tests::with_rows;

    // security.md row 52
    #[test]
    fn what_does_not_count_as_it_stands_is_counted_with_its_cost() {
        let texts = |values: [&str; 5]| values.map(str::to_owned).to_vec();
        let columns = [
            ("line_item_line_item_type", texts(["Usage", "Usage", "BottledUsage", "EdpDiscount", "Usage"])),
            ("line_item_usage_account_id", texts(["1"; 5])),
            ("line_item_product_code", texts(["AmazonS3"; 5])),
            ("line_item_operation", texts(["", "", "", "", "EKSPod-EC2"])),
            ("bill_billing_period_start_date", texts(["2026-10-01"; 5])),
            (
                "line_item_usage_start_date",
                texts(["2026-11-01", "2026-10-31", "2026-09-30", "2026-10-02", "2026-11-03"]),
            ),
            ("line_item_unblended_cost", texts(["2", "3", "20000000", "-1", "7"])),
        ];
        let mut counts = Counts::new();
        with_rows(&columns, |block| counts.add(block)).unwrap();
        assert_eq!((counts.rows, counts.left_out, counts.outside_period, counts.unknown), (5, 1, 2, 1));
        let dollars = |dollars: i128| Money::from_units(dollars * 1_000_000_000_000);
        let usd = "USD".parse().unwrap();
        assert_eq!(counts.outside_totals[&usd], (dollars(20_000_002), dollars(20_000_002)));
        assert_eq!(counts.totals[&usd], (dollars(20_000_004), dollars(20_000_004)));
        assert_eq!(
            (counts.first_day, counts.last_day),
            ("2026-10-01".parse().ok(), "2026-10-31".parse().ok())
        );
    }
}
