//! From a batch of rows to charges: the costs of each row, its day, and the dimensions of FOCUS it falls under.
//! Costs are computed column by column; [`ChargeBlock::row`] does the same row by row, for batches with odd values in
//! them and as the reference of tests.

use cube::Metric;
use shared::{BillingPeriod, Currency, Day, DayRange, order};

use crate::batch::Batch;
use crate::dimensions::Words;
use crate::each::Each;
use crate::error::{DecodeError, shortened};
use crate::kinds::{DECISIVE, KINDS, Kind, Term};
use crate::lanes::{Amount, FLOOR, NARROW, NO_DAY, NONE, Shape, TextLane, UnitLane};
use crate::roll_up::METRICS;
use crate::schema::{Dialect, Field_ as F, name_of};

/// Charges of a batch.
#[derive(Clone, Copy, Debug)]
pub struct ChargeBlock<'a> {
    batch: &'a Batch,
    charges: &'a Charges,
}

/// A row after cost math.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A charge.
    Charge(Charge),
    /// Repeats cost counted elsewhere.
    LeftOut,
    /// A cost in it is no number.
    Rejected,
}

/// Costs in units of 10⁻¹², and the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// UTC day of its start, held within its billing period.
    pub day: Day,
    /// Whether the day had to be held.
    pub is_outside: bool,
    /// One figure per metric, as [`METRICS`] has them.
    pub figures: [i128; METRICS.len()],
}

impl Charge {
    /// A figure.
    pub fn figure(&self, metric: Metric) -> i128 {
        self.figures.get(place_of(metric)).copied().unwrap_or(0)
    }
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A charge whose figures stand in the columns.
    Charge,
    /// A charge that stands apart, because a figure of it has more than 64 bits.
    Apart,
    /// Repeats cost counted elsewhere.
    LeftOut,
    /// A cost in it is no number, or it has no start.
    Rejected,
}

const fn place_of(metric: Metric) -> usize {
    match metric {
        Metric::BilledCost => 0,
        Metric::EffectiveCost => 1,
        Metric::XNetBilledCost => 2,
        Metric::XNetEffectiveCost => 3,
        Metric::ListCost => 4,
        Metric::ConsumedQuantity => 5,
    }
}

/// What the cost math made of the present batch, and what it remembers from batch to batch.
#[derive(Clone, Debug)]
pub struct Charges {
    dialect: Dialect,
    metrics: Vec<Metric>,
    /// Every amount the figures are made of.
    fields: Vec<F>,
    holder: Holder,
    /// Kinds of line item types, and which operations are left out, by their codes.
    kinds_of: Vec<Kind>,
    is_unknown: Vec<bool>,
    is_left_out: Vec<bool>,
    /// Currencies by their codes.
    currencies_of: Vec<Currency>,
    generation: u32,
    kinds: Each<Kind>,
    days: Vec<i32>,
    /// Rows that had to be held within their period.
    outside: Vec<u32>,
    figures: [Vec<i64>; METRICS.len()],
    /// One per row, or none where every row is a charge.
    statuses: Vec<Status>,
    apart: Vec<(usize, Charge)>,
    /// The kind most rows are of.
    usual: Kind,
    /// Rows of each kind but the usual one.
    others: [Vec<u32>; KINDS],
    rows: Vec<u32>,
}

impl Charges {
    /// Nothing yet. `period` is the manifest's, if there is one; else each row's own counts. Figures are made for these
    /// metrics, and always for billed and effective cost.
    pub fn new(dialect: Dialect, metrics: &[Metric], period: Option<BillingPeriod>) -> Self {
        let wanted = |metric: &&Metric| {
            matches!(metric, Metric::BilledCost | Metric::EffectiveCost) || metrics.contains(metric)
        };
        let metrics: Vec<Metric> = METRICS.iter().filter(wanted).copied().collect();
        let terms = ALL.iter().flat_map(|kind| metrics.iter().flat_map(|metric| kind.terms(*metric)));
        let fields = terms.flat_map(|term| [Some(term.field), term.otherwise]).flatten();
        let fields = order::distinct(fields);
        Self {
            dialect,
            metrics,
            fields,
            holder: Holder::new(period),
            kinds_of: Vec::new(),
            is_unknown: Vec::new(),
            is_left_out: Vec::new(),
            currencies_of: Vec::new(),
            generation: 0,
            kinds: Each::default(),
            days: Vec::new(),
            outside: Vec::new(),
            figures: Default::default(),
            statuses: Vec::new(),
            apart: Vec::new(),
            usual: Kind::Other,
            others: Default::default(),
            rows: Vec::new(),
        }
    }

    /// Sorts the rows of a batch into kinds; whether the [`SELDOM`] needed columns are needed for them.
    pub fn sort(&mut self, batch: &Batch) -> Result<bool, DecodeError> {
        self.learn(batch)?;
        let kind_of = |code: u32| self.kinds_of.get(code as usize).copied().unwrap_or(Kind::Other);
        let needs_more = |kind: Kind| matches!(kind, Kind::Fee | Kind::Refund);
        let codes = batch.texts(self.type_field()).map(|lane| lane.codes());
        match codes.map(|codes| (codes.same(), codes.rows())) {
            None => self.kinds.set(kind_of(0)),
            Some((Some(code), _)) if !needs_more(kind_of(code)) => self.kinds.set(kind_of(code)),
            Some((Some(code), _)) => self.kinds.begin().resize(batch.rows, kind_of(code)),
            Some((None, codes)) => self.kinds.begin().extend(codes.iter().map(|code| kind_of(*code))),
        }
        let is_any = self.kinds.rows().iter().fold(false, |any, kind| any | needs_more(*kind));
        if is_any && self.is_untold(batch) {
            return Err(DecodeError::MissingColumn(name_of(self.dialect, F::Description).to_owned()));
        }
        Ok(is_any || lacks_product_codes(batch))
    }

    /// Parts the rows of a batch that was sorted: now it is known which amounts they need.
    pub fn part(&mut self, batch: &Batch) {
        self.sort_out_upfront(batch);
        self.find_usual();
    }

    /// Which rows need a field's amounts: all of them, if there is no list.
    pub fn wanted(&mut self, field: F) -> Option<&[u32]> {
        let metrics = &self.metrics;
        let needs = |kind: Kind| {
            let terms = metrics.iter().flat_map(|metric| kind.terms(*metric));
            terms.into_iter().any(|term| term.field == field || term.otherwise == Some(field))
        };
        if needs(self.usual) {
            return None;
        }
        self.rows.clear();
        for (kind, rows) in ALL.iter().zip(&self.others) {
            if !rows.is_empty() && needs(*kind) {
                self.rows.extend_from_slice(rows);
            }
        }
        Some(&self.rows)
    }

    /// Computes a batch that was parted.
    pub fn of<'a>(&'a mut self, batch: &'a Batch) -> ChargeBlock<'a> {
        self.statuses.clear();
        self.apart.clear();
        self.find_left_out(batch);
        let is_odd = |field: &F| batch.units(*field).is_some_and(|lane| lane.shape() == Shape::Odd);
        if self.fields.iter().any(is_odd) {
            self.row_by_row(batch);
        } else {
            self.hold_days(batch);
            for metric in self.metrics.clone() {
                self.compute(batch, metric);
            }
        }
        ChargeBlock { batch, charges: self }
    }

    /// Whether the cost math needs a column, whatever the dimensions.
    pub fn reads(&self, field: F) -> bool {
        let of_a_row = matches!(field, F::Start | F::BillingPeriod | F::Currency | F::Invoice);
        let of_its_kind = match self.dialect {
            Dialect::Focus => matches!(field, F::ChargeCategory),
            _ => matches!(
                field,
                F::LineItemType
                    | F::Operation
                    | F::SplitParent
                    | F::ReservationArn
                    | F::ProductCode
                    | F::Description
            ),
        };
        of_a_row || of_its_kind || self.fields.contains(&field)
    }

    /// The field that says of which kind a row is.
    const fn type_field(&self) -> F {
        if matches!(self.dialect, Dialect::Focus) { F::ChargeCategory } else { F::LineItemType }
    }

    /// Looks at texts that are new since the batch before.
    fn learn(&mut self, batch: &Batch) -> Result<(), DecodeError> {
        if self.generation != batch.generation() {
            self.generation = batch.generation();
            self.kinds_of.clear();
            self.is_unknown.clear();
            self.is_left_out.clear();
            self.currencies_of.clear();
        }
        let new = |field: F, known: usize| {
            let dictionary = batch.texts(field).map(|lane| lane.dictionary());
            let codes = known..dictionary.map_or(1, |dictionary| dictionary.len());
            codes.map(move |code| {
                dictionary.map_or("", |dictionary| dictionary.text(u32::try_from(code).unwrap_or(0)))
            })
        };
        for text in new(self.type_field(), self.kinds_of.len()) {
            let kind = Kind::of(self.dialect, text);
            if let Some(missing) = kind.needs().iter().find(|field| !batch.has(**field)) {
                return Err(DecodeError::MissingColumn(name_of(self.dialect, *missing).to_owned()));
            }
            self.kinds_of.push(kind);
            self.is_unknown.push(!kind.is_known(text));
        }
        let field = split_field(batch);
        let is_split =
            |text: &str| if field == F::Operation { SPLIT.contains(&text) } else { !text.is_empty() };
        if self.dialect != Dialect::Focus {
            self.is_left_out.extend(new(field, self.is_left_out.len()).map(is_split));
        }
        for text in new(F::Currency, self.currencies_of.len()) {
            let currency =
                if text.is_empty() { "USD" } else { text }.parse().map_err(|_| DecodeError::BadValue {
                    column: name_of(self.dialect, F::Currency).to_owned(),
                    value: shortened(text),
                })?;
            self.currencies_of.push(currency);
        }
        Ok(())
    }

    /// Whether a refund of Savings Plans has nothing to tell whether it was paid before, in a report that has the column
    /// which spreads what was: both would count.
    fn is_untold(&self, batch: &Batch) -> bool {
        let mut kinds = self.kinds.rows().iter().enumerate();
        batch.has(F::SavingsPlanEffective)
            && !batch.has(F::Description)
            && kinds.any(|(row, kind)| *kind == Kind::Refund && batch.text(F::ProductCode, row) == PLANS)
    }

    /// What some kinds come to depends on more of their row.
    fn sort_out_upfront(&mut self, batch: &Batch) {
        for (row, kind) in self.kinds.rows_mut().iter_mut().enumerate() {
            let is_upfront = match kind {
                Kind::Fee => !batch.text(F::ReservationArn, row).is_empty(),
                Kind::Refund => {
                    batch.text(F::ProductCode, row) == PLANS
                        && batch
                            .text(F::Description, row)
                            .starts_with("Refund for one-time fee for Savings Plan ID")
                }
                _ => false,
            };
            if is_upfront {
                *kind = Kind::Upfront;
            }
        }
    }

    fn find_left_out(&mut self, batch: &Batch) {
        if !self.is_left_out.iter().any(|is| *is) {
            return;
        }
        let Some(codes) = batch.texts(split_field(batch)).map(|lane| lane.codes()) else { return };
        let is = |code: Option<u32>| code.and_then(|code| self.is_left_out.get(code as usize)) == Some(&true);
        for row in 0..batch.rows {
            if is(codes.at(row)) {
                set(&mut self.statuses, batch.rows, row, Status::LeftOut);
            }
        }
    }

    /// The day of each row, within its period.
    fn hold_days(&mut self, batch: &Batch) {
        let (rows, days) = (batch.rows, &mut self.days);
        days.clear();
        self.outside.clear();
        match batch.days(F::Start).map(|lane| lane.days()) {
            Some(starts) if starts.rows().len() == rows => days.extend_from_slice(starts.rows()),
            starts => days.resize(rows, starts.and_then(Each::same).unwrap_or(NO_DAY)),
        }
        if days.iter().fold(i32::MAX, |least, day| least.min(*day)) == NO_DAY {
            for (row, day) in days.iter().enumerate() {
                if *day == NO_DAY && self.statuses.get(row) != Some(&Status::LeftOut) {
                    set(&mut self.statuses, rows, row, Status::Rejected);
                }
            }
        }
        let own = batch.days(F::BillingPeriod);
        let same = own.and_then(|lane| lane.days().same()).filter(|day| *day != NO_DAY);
        let period = self.holder.given.or_else(|| same.map(|day| Day::from_epoch_days(day).period().days()));
        if let Some(period) = period {
            let (first, last) = (period.start.epoch_days(), period.end.epoch_days().wrapping_sub(1));
            let is_inside = |day: &i32| (first..=last).contains(day);
            if days.iter().fold(true, |all, day| all & is_inside(day)) {
                return;
            }
        }
        for (row, day) in days.iter_mut().enumerate() {
            if matches!(self.statuses.get(row), None | Some(Status::Charge)) {
                let own = own.and_then(|lane| lane.at(row));
                let (held, is_outside) = self.holder.hold(Day::from_epoch_days(*day), own);
                *day = held.epoch_days();
                if is_outside {
                    self.outside.push(row as u32);
                }
            }
        }
    }

    /// Finds the kind most rows are of, as in the batch before if it can be, and the rows of all others.
    fn find_usual(&mut self) {
        self.others.iter_mut().for_each(Vec::clear);
        self.usual = self.kinds.same().unwrap_or(self.usual);
        if self.kinds.same().is_some() {
            return;
        }
        let kinds = self.kinds.rows();
        let mut found = compress(kinds, self.usual, &mut self.rows);
        if found.saturating_mul(2) > kinds.len() {
            let mut counts = [0_u32; KINDS];
            for kind in kinds {
                if let Some(count) = counts.get_mut(*kind as usize) {
                    *count = count.wrapping_add(1);
                }
            }
            let most = ALL.iter().zip(counts).max_by_key(|(_, count)| *count);
            self.usual = most.map_or(Kind::Other, |(kind, _)| *kind);
            found = compress(kinds, self.usual, &mut self.rows);
        }
        let usual = self.usual;
        for row in self.rows.iter().take(found) {
            let kind = kinds.get(*row as usize).copied().unwrap_or(usual);
            if let Some(rows) = self.others.get_mut(kind as usize) {
                rows.push(*row);
            }
        }
    }

    /// A metric of every row: as if all were of the usual kind, then the others anew. No amount is odd.
    fn compute(&mut self, batch: &Batch, metric: Metric) {
        let Some(figure) = self.figures.get_mut(place_of(metric)) else { return };
        let usual = self.usual.terms(metric);
        sum_into(batch, usual, figure);
        for (kind, rows) in ALL.iter().zip(&self.others).filter(|(_, rows)| !rows.is_empty()) {
            let terms = kind.terms(metric);
            if terms != usual {
                sum_anew(batch, terms, rows, figure);
            }
        }
    }

    /// The same, a row after the other, whatever the rows hold.
    fn row_by_row(&mut self, batch: &Batch) {
        self.outside.clear();
        self.days.clear();
        self.figures.iter_mut().for_each(Vec::clear);
        for row in 0..batch.rows {
            let mut narrow = [0_i64; METRICS.len()];
            let mut day = 0;
            match row_of(batch, &self.kinds, &self.is_left_out, &mut self.holder, row) {
                Row::LeftOut => set(&mut self.statuses, batch.rows, row, Status::LeftOut),
                Row::Rejected => set(&mut self.statuses, batch.rows, row, Status::Rejected),
                Row::Charge(charge) => {
                    day = charge.day.epoch_days();
                    if charge.is_outside {
                        self.outside.push(row as u32);
                    }
                    let fits = |units: &i128| units.unsigned_abs() < i128::from(NARROW).unsigned_abs();
                    if charge.figures.iter().all(fits) {
                        narrow = charge.figures.map(|units| units as i64);
                    } else {
                        set(&mut self.statuses, batch.rows, row, Status::Apart);
                        self.apart.push((row, charge));
                    }
                }
            }
            self.days.push(day);
            for (figures, units) in self.figures.iter_mut().zip(narrow) {
                figures.push(units);
            }
        }
    }
}

/// Operations of rows that repeat cost counted elsewhere.
pub const SPLIT: [&str; 2] = ["EKSPod-EC2", "ECSTask-EC2"];

/// What says so: the operation, else the instance a row has its share of, which no other row names.
fn split_field(batch: &Batch) -> F {
    if batch.has(F::Operation) { F::Operation } else { F::SplitParent }
}

/// The product code of Savings Plans.
const PLANS: &str = "ComputeSavingsPlans";

/// Columns that only fees and refunds need, and the one that stands in for an empty product code.
pub const SELDOM: [F; 3] = [F::ReservationArn, F::Description, F::ServiceCode];

/// Whether a row has no product code, and another column may name its service.
fn lacks_product_codes(batch: &Batch) -> bool {
    let codes = batch.texts(F::ProductCode).filter(|_| batch.has(F::ServiceCode)).map(TextLane::codes);
    codes.is_some_and(|codes| {
        codes.same() == Some(0) || codes.rows().iter().fold(false, |any, code| any | (*code == 0))
    })
}

/// Every kind.
const ALL: [Kind; KINDS] = [
    Kind::Usage,
    Kind::Discounted,
    Kind::Covered,
    Kind::Upfront,
    Kind::PlanFee,
    Kind::ReservationFee,
    Kind::Fee,
    Kind::Refund,
    Kind::Other,
    Kind::FocusUsage,
    Kind::FocusOther,
];

fn set(statuses: &mut Vec<Status>, rows: usize, row: usize, status: Status) {
    statuses.resize(rows, Status::Charge);
    if let Some(slot) = statuses.get_mut(row) {
        *slot = status;
    }
}

/// Puts the rows of other kinds first, without a branch: which they are, nobody can foresee. How many they are.
fn compress(kinds: &[Kind], usual: Kind, rows: &mut Vec<u32>) -> usize {
    rows.resize(kinds.len(), 0);
    let mut found = 0_usize;
    for (row, kind) in (0_u32..).zip(kinds) {
        if let Some(slot) = rows.get_mut(found) {
            *slot = row;
        }
        found = found.wrapping_add(usize::from(*kind != usual));
    }
    found
}

/// The sum of terms for every row. No amount is odd.
fn sum_into(batch: &Batch, terms: &[Term], sums: &mut Vec<i64>) {
    sums.clear();
    let mut terms = terms.iter().peekable();
    // Most figures are one column as it stands.
    if let Some(first) = terms.peek()
        && let Some(lane) = batch.units(first.field)
        && lane.shape() == Shape::Full
        && !first.is_minus
        && lane.units().same().is_none()
    {
        sums.extend_from_slice(lane.units().rows());
        terms.next();
    }
    sums.resize(batch.rows, 0);
    for term in terms {
        let lane = batch.units(term.field);
        let sign = |value: i64| if term.is_minus { value.wrapping_neg() } else { value };
        let gross = term.otherwise.and_then(|field| batch.units(field)).map(UnitLane::units);
        let or_gross = |row: usize| gross.and_then(|gross| gross.at(row)).filter(|value| *value != NONE);
        match lane.map(|lane| (lane.units(), lane.shape())) {
            Some((units, Shape::Full)) => match units.same() {
                Some(0) => {}
                Some(value) => sums.iter_mut().for_each(|sum| *sum = sum.wrapping_add(sign(value))),
                None if term.is_minus => subtract(sums, units.rows()),
                None => add(sums, units.rows()),
            },
            Some((units, _)) if units.same().is_none() => {
                for (row, (sum, value)) in sums.iter_mut().zip(units.rows()).enumerate() {
                    let value = if *value >= FLOOR { *value } else { or_gross(row).unwrap_or(0) };
                    *sum = sum.wrapping_add(sign(value));
                }
            }
            _ if gross.is_some() => {
                for (row, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.wrapping_add(sign(or_gross(row).unwrap_or(0)));
                }
            }
            _ => {}
        }
    }
}

fn add(sums: &mut [i64], values: &[i64]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.wrapping_add(*value));
}

fn subtract(sums: &mut [i64], values: &[i64]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.wrapping_sub(*value));
}

/// The sum of terms for some rows, in place of what stood there. No amount is odd.
fn sum_anew(batch: &Batch, terms: &[Term], rows: &[u32], sums: &mut [i64]) {
    let rows = || rows.iter().map(|row| *row as usize);
    for row in rows() {
        if let Some(sum) = sums.get_mut(row) {
            *sum = 0;
        }
    }
    for term in terms {
        let units = |field: F| batch.units(field).map(UnitLane::units);
        let (own, gross) = (units(term.field), term.otherwise.and_then(units));
        let at = |units: Option<&Each<i64>>, row: usize| {
            units.and_then(|units| units.at(row)).filter(|value| *value != NONE)
        };
        for row in rows() {
            let value = at(own, row).or_else(|| at(gross, row)).unwrap_or(0);
            if let Some(sum) = sums.get_mut(row) {
                *sum = sum.wrapping_add(if term.is_minus { value.wrapping_neg() } else { value });
            }
        }
    }
}

/// A row's charge, by the definition.
fn row_of(batch: &Batch, kinds: &Each<Kind>, is_left_out: &[bool], holder: &mut Holder, row: usize) -> Row {
    let split = batch.texts(split_field(batch)).and_then(|lane| lane.codes().at(row)).unwrap_or(0);
    if is_left_out.get(split as usize) == Some(&true) {
        return Row::LeftOut;
    }
    if DECISIVE.iter().any(|field| batch.amount(*field, row) == Amount::Bad) {
        return Row::Rejected;
    }
    let Some(start) = batch.days(F::Start).and_then(|lane| lane.at(row)) else { return Row::Rejected };
    let own = batch.days(F::BillingPeriod).and_then(|lane| lane.at(row));
    let (day, is_outside) = holder.hold(start, own);
    let kind = kinds.at(row).unwrap_or(Kind::Other);
    let amount = |field: F| match batch.amount(field, row) {
        Amount::Is(units) => Some(units),
        Amount::None | Amount::Bad => None,
    };
    let figures = METRICS.map(|metric| {
        kind.terms(metric).iter().fold(0_i128, |sum, term| {
            let units = amount(term.field).or_else(|| term.otherwise.and_then(amount)).unwrap_or(0);
            if term.is_minus { sum.saturating_sub(units) } else { sum.saturating_add(units) }
        })
    });
    Row::Charge(Charge { day, is_outside, figures })
}

impl<'a> ChargeBlock<'a> {
    /// Rows of the batch, those left out included.
    pub fn rows(&self) -> usize {
        self.batch.rows
    }

    /// The day of each row, counted from 1970.
    pub fn days(&self) -> &'a [i32] {
        &self.charges.days
    }

    /// Rows that had to be held within their period.
    pub fn outside(&self) -> &'a [u32] {
        &self.charges.outside
    }

    /// How many rows are of a type nobody here knows.
    pub fn unknown(&self) -> u64 {
        let is_unknown = &self.charges.is_unknown;
        if !is_unknown.contains(&true) {
            return 0;
        }
        let codes = self.batch.texts(self.charges.type_field()).map(TextLane::codes);
        let code = |row: usize| codes.and_then(|codes| codes.at(row)).unwrap_or(0);
        (0..self.rows()).filter(|row| is_unknown.get(code(*row) as usize) == Some(&true)).count() as u64
    }

    /// A figure per row; of metrics nobody asked for, none.
    pub fn figures(&self, metric: Metric) -> &'a [i64] {
        self.charges.figures.get(place_of(metric)).map_or(&[], Vec::as_slice)
    }

    /// What became of each row; empty where every row is a charge.
    pub fn statuses(&self) -> &'a [Status] {
        &self.charges.statuses
    }

    /// Charges with figures of more than 64 bits, and their rows.
    pub fn apart(&self) -> &'a [(usize, Charge)] {
        &self.charges.apart
    }

    /// A row, computed by itself.
    pub fn row(&self, row: usize) -> Row {
        let mut holder = self.charges.holder.clone();
        row_of(self.batch, &self.charges.kinds, &self.charges.is_left_out, &mut holder, row)
    }

    /// The currency of all rows, if it is one.
    pub fn same_currency(&self) -> Option<Currency> {
        match self.batch.texts(F::Currency).map(|lane| lane.codes().same()) {
            None => self.currency_of(0),
            Some(same) => self.currency_of(same?),
        }
    }

    /// The currency of a row.
    pub fn currency(&self, row: usize) -> Option<Currency> {
        let code = self.batch.texts(F::Currency).and_then(|lane| lane.codes().at(row));
        self.currency_of(code.unwrap_or(0))
    }

    fn currency_of(&self, code: u32) -> Option<Currency> {
        self.charges.currencies_of.get(code as usize).copied()
    }

    /// Currencies of the batch.
    pub fn currencies(&self) -> Vec<Currency> {
        if let Some(same) = self.same_currency() {
            return vec![same];
        }
        order::distinct((0..self.rows()).filter_map(|row| self.currency(row)))
    }

    /// Whether every row bears an invoice.
    pub fn has_invoices(&self) -> bool {
        match self.batch.texts(F::Invoice).map(|lane| (lane.codes().same(), lane.codes().rows())) {
            None => self.rows() == 0,
            Some((Some(same), _)) => same != 0,
            Some((None, codes)) => codes.iter().all(|code| *code != 0),
        }
    }

    /// What its rows are called.
    pub fn words(&self) -> Words<'a> {
        Words { batch: self.batch, dialect: self.charges.dialect }
    }
}

/// Finds the day a charge belongs to: of its start, held within its billing period.
#[derive(Clone, Debug)]
struct Holder {
    given: Option<DayRange>,
    /// The period of the row before, which most rows share.
    last: Option<(Day, DayRange)>,
}

impl Holder {
    fn new(given: Option<BillingPeriod>) -> Self {
        Self { given: given.map(BillingPeriod::days), last: None }
    }

    fn hold(&mut self, start: Day, own: Option<Day>) -> (Day, bool) {
        let days = match (self.given, own, self.last) {
            (Some(days), _, _) => days,
            (None, Some(own), Some((last, days))) if last == own => days,
            (None, Some(own), _) => {
                let days = own.period().days();
                self.last = Some((own, days));
                days
            }
            (None, None, _) => return (start, false),
        };
        if (days.start..days.end).contains(&start) {
            return (start, false);
        }
        let day = if start < days.start { days.start } else { days.end.plus(-1) };
        (day, day != start)
    }
}

#[cfg(test)]
#[path = "charge_tests.rs"]
pub(crate) mod tests;
