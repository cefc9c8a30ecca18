//! From lines to charges: by day for Cost Explorer, by hour for reports. An hour is an exact part of its day, so both
//! add up to the same.

use shared::{BillingPeriod, Day, DayRange};

use super::Billing;
use super::catalogue::Grain;
use super::lines::{self, Kind, Line, RESERVED, RESERVED_RATE, SAVINGS_PLAN_RATE};

/// Tax rate, in hundredths.
const TAX: i64 = 8;

/// What a charge amounts to, in 10⁻¹⁰ dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Amounts {
    /// As invoiced.
    pub unblended: i64,
    /// With commitments spread over what they cover.
    pub amortized: i64,
    /// At public on-demand prices.
    pub public: i64,
    /// In pricing units.
    pub quantity: f64,
    /// Savings plan: commitment of the time, and the part of it that was used.
    pub commitment: (i64, i64),
    /// Reservation: recurring fee of the time that nothing used.
    pub unused_fee: i64,
}

impl Amounts {
    /// Adds another amount, member by member.
    pub fn add(&mut self, other: &Self) {
        self.unblended += other.unblended;
        self.amortized += other.amortized;
        self.public += other.public;
        self.quantity += other.quantity;
        self.commitment.0 += other.commitment.0;
        self.commitment.1 += other.commitment.1;
        self.unused_fee += other.unused_fee;
    }
}

/// Charges of a line on a day, or in an hour of it.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The line.
    pub line: &'a Line,
    /// Its kind; a covered line also makes negations.
    pub kind: Kind,
    /// First hour, since 1970.
    pub from_hour: i64,
    /// The hour after the last.
    pub until_hour: i64,
    /// What it amounts to.
    pub amounts: Amounts,
}

/// The exact part of a day's amount that falls before hour `hours`.
fn before(total: i64, hours: i64) -> i64 {
    total.div_euclid(24) * hours + (total.rem_euclid(24) * hours).div_euclid(24)
}

fn between(total: i64, from: i64, until: i64) -> i64 {
    before(total, until) - before(total, from)
}

impl Billing {
    /// Charges of whole days, cut at `cutoff` (hours since 1970).
    pub fn daily(&self, days: DayRange, cutoff: i64, mut each: impl FnMut(Day, Row<'_>)) {
        for day in days.days() {
            let known = (cutoff - i64::from(day.epoch_days()) * 24).clamp(0, 24);
            if known > 0 {
                self.slice(day, 0, known, cutoff, &mut |row| each(day, row));
            }
        }
    }

    /// Charges of a period as a report has them: hourly where metered hourly.
    pub fn rows(&self, period: BillingPeriod, cutoff: i64, mut each: impl FnMut(Row<'_>)) {
        for day in period.days().days() {
            let known = (cutoff - i64::from(day.epoch_days()) * 24).clamp(0, 24);
            for hour in 0..known {
                self.slice(day, hour, hour + 1, cutoff, &mut each);
            }
        }
    }

    /// Charges whose time lies in the given hours of a day. Daily lines belong to its last hour, monthly ones to the
    /// first hour of the month.
    fn slice(&self, day: Day, from: i64, until: i64, cutoff: i64, each: &mut dyn FnMut(Row<'_>)) {
        let midnight = i64::from(day.epoch_days()) * 24;
        let is_first = day == day.period().first_day();
        let mut used = 0;
        for line in &self.lines {
            if day < line.from || day >= line.until {
                continue;
            }
            let (from_hour, until_hour) = match line.grain {
                _ if line.monthly => {
                    if is_first && from == 0 {
                        let end = i64::from(day.period().days().end.epoch_days()) * 24;
                        self.monthly(line, day.period(), cutoff, midnight, end, each);
                    }
                    continue;
                }
                Grain::Hour => (midnight + from, midnight + until),
                Grain::Day if until == 24 => (midnight, midnight + 24),
                Grain::Day => continue,
            };
            let row = |kind, amounts| Row { line, kind, from_hour, until_hour, amounts };
            if line.kind == Kind::SavingsPlanFee {
                let commitment = self.savings_plan.hourly * (until - from);
                each(row(
                    line.kind,
                    Amounts {
                        unblended: commitment,
                        amortized: commitment - used,
                        quantity: (until - from) as f64,
                        commitment: (commitment, used),
                        ..Amounts::default()
                    },
                ));
                continue;
            }
            let whole = self.day_cost(line, day);
            let part = |total: i64| match line.grain {
                Grain::Hour => between(total, from, until),
                Grain::Day => total,
            };
            let cost = part(whole);
            if cost == 0 {
                continue;
            }
            let quantity = cost as f64 / line.price.max(1) as f64;
            let plain = Amounts { public: cost, quantity, ..Amounts::default() };
            match line.kind {
                Kind::SavingsPlanCovered => {
                    let effective = part(whole * SAVINGS_PLAN_RATE / 100);
                    used += effective;
                    each(row(line.kind, Amounts { unblended: cost, amortized: effective, ..plain }));
                    each(row(Kind::SavingsPlanNegation, Amounts { unblended: -cost, ..Amounts::default() }));
                }
                Kind::Reserved => {
                    each(row(line.kind, Amounts { amortized: part(whole * RESERVED_RATE / 100), ..plain }));
                }
                _ => each(row(line.kind, Amounts { unblended: cost, amortized: cost, ..plain })),
            }
        }
    }

    fn monthly(
        &self,
        line: &Line,
        period: BillingPeriod,
        cutoff: i64,
        from_hour: i64,
        until_hour: i64,
        each: &mut dyn FnMut(Row<'_>),
    ) {
        let hours = (cutoff.min(until_hour) - from_hour).max(0);
        let whole_hours = until_hour - from_hour;
        let is_late =
            |day: i32| cutoff < i64::from(period.plus(1).first_day().plus(day - 1).epoch_days()) * 24;
        let amounts = match line.kind {
            Kind::Support if is_late(6) => return,
            Kind::ReservationFee => {
                let count = RESERVED.0 as i64 + RESERVED.1;
                let unused_fee = line.base * RESERVED.1 * hours;
                Amounts {
                    unblended: line.base * count * whole_hours,
                    amortized: unused_fee,
                    quantity: (count * whole_hours) as f64,
                    unused_fee,
                    ..Amounts::default()
                }
            }
            Kind::Tax => {
                let tax = self.taxable(line, period, cutoff) * TAX / 100;
                Amounts { unblended: tax, amortized: tax, quantity: 1.0, ..Amounts::default() }
            }
            _ => Amounts { unblended: line.base, amortized: line.base, quantity: 1.0, ..Amounts::default() },
        };
        each(Row { line, kind: line.kind, from_hour, until_hour, amounts });
    }

    /// What a tax line taxes: the metered usage of its account in the month so far.
    fn taxable(&self, tax: &Line, period: BillingPeriod, cutoff: i64) -> i64 {
        let mut sum = 0;
        for day in period.days().days() {
            let known = (cutoff - i64::from(day.epoch_days()) * 24).clamp(0, 24);
            for line in &self.lines {
                let taxed = line.kind == Kind::Usage && line.account == tax.account;
                if taxed && (known == 24 || line.grain == Grain::Hour) && known > 0 {
                    sum += before(self.day_cost(line, day), known);
                }
            }
        }
        sum
    }

    fn day_cost(&self, line: &Line, day: Day) -> i64 {
        let place = day.epoch_days() - self.first_day.epoch_days();
        usize::try_from(place)
            .ok()
            .and_then(|place| self.costs.get(line.number as usize)?.get(place).copied())
            .unwrap_or_else(|| lines::day_cost(line, day, self.seed, self.anchor))
    }
}
