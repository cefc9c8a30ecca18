//! Lines of the bill: one per resource and usage type, plus the fees, taxes, credits and discounts of the payer.

mod fees;
mod metered;

use shared::Day;

use super::catalogue::{Grain, SERVICES};
use super::noise;
use super::organization::{ACCOUNTS, Account};

/// What kind of charge a line makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// On demand or spot.
    Usage,
    /// Covered by the savings plan; each has its negation.
    SavingsPlanCovered,
    /// The offset of covered usage.
    SavingsPlanNegation,
    /// The hourly commitment.
    SavingsPlanFee,
    /// Covered by a reservation.
    Reserved,
    /// The monthly fee of the reservations.
    ReservationFee,
    /// A marketplace subscription.
    MarketplaceFee,
    /// The support plan; lands on the sixth of the next month.
    Support,
    /// Tax on the month so far.
    Tax,
    /// Promotional credit.
    Credit,
    /// A refund.
    Refund,
    /// A bundled discount.
    Discount,
}

/// A line of the bill.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its place, for ids and noise.
    pub number: u64,
    /// What kind of charge.
    pub kind: Kind,
    /// Who used it.
    pub account: &'static Account,
    /// Product code.
    pub code: &'static str,
    /// Product name.
    pub product: &'static str,
    /// Cost Explorer's service.
    pub cost_explorer: &'static str,
    /// Region; `global`, or empty for none.
    pub region: &'static str,
    /// Usage type with its region prefix.
    pub usage_type: String,
    /// Operation.
    pub operation: &'static str,
    /// Pricing unit.
    pub unit: &'static str,
    /// Product family.
    pub family: &'static str,
    /// Price of a unit, in 10⁻¹⁰ dollars.
    pub price: i64,
    /// Resource id; empty for none.
    pub resource: String,
    /// Tags.
    pub tags: Vec<(&'static str, String)>,
    /// Metering.
    pub grain: Grain,
    /// Cost of an ordinary weekday at the anchor day, in 10⁻¹⁰ dollars; for monthly lines of a month.
    pub base: i64,
    /// First day with use.
    pub from: Day,
    /// The day after the last.
    pub until: Day,
    /// Share of use left on Saturdays and Sundays.
    pub weekend: f64,
    /// Whether its cost belongs to the month as a whole, on the first.
    pub monthly: bool,
}

/// The savings plan of the management account.
#[derive(Clone, Debug)]
pub struct SavingsPlan {
    /// Commitment of an hour, in 10⁻¹⁰ dollars.
    pub hourly: i64,
}

/// ARN of the savings plan.
pub const SAVINGS_PLAN: &str =
    "arn:aws:savingsplans::447120569018:savingsplan/3c1f2d5e-77aa-4c0b-9e1d-6a2f90b41c55";
/// ARN of the reservation.
pub const RESERVATION: &str = "arn:aws:rds:us-east-1:219384756102:ri:ri-2026-02-11-09-14-22-120";
/// What a covered hour costs under the savings plan, in hundredths of on demand.
pub const SAVINGS_PLAN_RATE: i64 = 72;
/// Effective cost of a reserved hour, in hundredths of on demand.
pub const RESERVED_RATE: i64 = 66;
/// Reserved instances that are used, and those that are not.
pub const RESERVED: (usize, i64) = (5, 1);

const DOLLAR: f64 = 1e10;
const EVER: i32 = 1_000;

impl SavingsPlan {
    /// A plan whose commitment the busiest hour so far just does not use up.
    pub fn sized_for(lines: &[Line], seed: u64, anchor: Day) -> Self {
        let busiest = (0..400)
            .map(|back| {
                let day = anchor.plus(-back);
                lines
                    .iter()
                    .filter(|line| line.kind == Kind::SavingsPlanCovered)
                    .map(|line| day_cost(line, day, seed, anchor) * SAVINGS_PLAN_RATE / 100)
                    .sum::<i64>()
            })
            .max()
            .unwrap_or(0);
        Self { hourly: busiest / 24 * 108 / 100 / 10_000_000 * 10_000_000 + 10_000_000 }
    }
}

/// Cost of a metered line on a whole day, in 10⁻¹⁰ dollars.
pub fn day_cost(line: &Line, day: Day, seed: u64, anchor: Day) -> i64 {
    if day < line.from || day >= line.until {
        return 0;
    }
    let age = f64::from(day.epoch_days() - anchor.epoch_days());
    let is_weekend = (day.epoch_days() + 3).rem_euclid(7) >= 5;
    let mut factor = if is_weekend { line.weekend } else { 1.0 };
    if line.grain == Grain::Day {
        let wobble = noise::unit(seed, &[line.number, day.epoch_days() as u64]);
        factor *= (age * 0.000_55).exp() * (0.94 + 0.12 * wobble);
    }
    factor *= event(line, age as i32);
    (line.base as f64 * factor).round() as i64
}

/// What happened to the organization lately.
fn event(line: &Line, age: i32) -> f64 {
    let in_production = line.account.name == "production";
    match line.code {
        "AWSDataTransfer"
            if in_production
                && line.resource.starts_with("i-0c41d9e27ab3f5108")
                && (-6..=-5).contains(&age) =>
        {
            8.5
        }
        "AmazonEC2"
            if in_production
                && line.kind == Kind::Usage
                && line.usage_type.starts_with("BoxUsage")
                && age >= -11 =>
        {
            1.45
        }
        _ => 1.0,
    }
}

/// Every line, in a fixed order.
pub fn generate(seed: u64, anchor: Day) -> Vec<Line> {
    let mut lines = Vec::new();
    for service in SERVICES {
        for (place, account) in ACCOUNTS.iter().enumerate() {
            metered::add(&mut lines, seed, anchor, service, place, account);
        }
    }
    fees::add(&mut lines, anchor);
    for (number, line) in lines.iter_mut().enumerate() {
        line.number = number as u64;
    }
    lines
}

impl Line {
    /// The value of a tag, if the line's resource carries it.
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
    }
}
