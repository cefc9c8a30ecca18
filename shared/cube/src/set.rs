//! Questions over several cubes: one source per billing period, the smallest cube that can answer it.

use std::collections::HashMap;

use shared::api::{PeriodIndex, Source};
use shared::{BillingPeriod, DayRange, Money};

use crate::answer::{Answer, Bin, Group, Unanswerable};
use crate::cells::Cube;
use crate::query::{BinBy, Query};
use crate::{Dimension, bins, select};

/// The cubes one holds, and which source answers which period.
#[derive(Clone, Debug, Default)]
pub struct CubeSet {
    periods: Vec<PeriodIndex>,
    cubes: Vec<Cube>,
}

/// A cube and the days of it that are asked for.
#[derive(Clone, Copy, Debug)]
struct Piece<'a> {
    cube: &'a Cube,
    days: DayRange,
}

/// Figures of one range while they are added up: groups × bins.
struct Sums {
    keys: HashMap<Vec<String>, usize>,
    values: Vec<Vec<i128>>,
    bins: usize,
}

impl CubeSet {
    /// A set that knows these periods and holds no cube yet.
    pub fn new(periods: Vec<PeriodIndex>) -> Self {
        Self { periods, cubes: Vec::new() }
    }

    /// Adds a cube.
    pub fn push(&mut self, cube: Cube) {
        self.cubes.push(cube);
    }

    /// The periods it knows.
    pub fn periods(&self) -> &[PeriodIndex] {
        &self.periods
    }

    /// Distinct values of a dimension in any cube, sorted; for filters and lists.
    pub fn values(&self, dimension: &Dimension) -> Vec<String> {
        let columns = self.cubes.iter().filter_map(|cube| cube.find_column(dimension));
        let mut values: Vec<String> = columns.flat_map(|column| column.dictionary.iter().cloned()).collect();
        values.sort();
        values.dedup();
        values
    }

    /// Answers a question. Every sum is exact: in each bin Σ groups + other = total. Quantities are split by their units
    /// also where nobody asked for them: a group holds one unit, after its other values; a total of several means
    /// nothing.
    pub fn query(&self, query: &Query) -> Result<Answer, Unanswerable> {
        let query = &*select::by_unit(query);
        let needed = select::needed(query);
        let current = self.sums(query, query.range, &needed)?;
        let previous = query.compare.map(|range| {
            self.holds(range)?;
            self.sums(query, range, &needed)
        });
        let previous = previous.transpose()?;
        let previous_bins = query.compare.map_or(0, |range| bins::cut(range, query.bin).len());
        let mut groups = joined(current, previous, query.compare.is_some(), previous_bins);
        let bins = self.bins(query.range, query.bin);
        let mut total = Group {
            key: Vec::new(),
            values: vec![Money::ZERO; bins.len()],
            cost: Money::ZERO,
            previous_values: vec![Money::ZERO; previous_bins],
            previous_cost: query.compare.map(|_| Money::ZERO),
        };
        for group in &groups {
            total.absorb(group);
        }
        groups.sort_by(|a, b| b.cost.abs().cmp(&a.cost.abs()).then_with(|| a.key.cmp(&b.key)));
        let mut other = None;
        let mut other_groups = 0;
        if let Some(top) = query.top.filter(|top| groups.len() > *top) {
            let rest = groups.split_off(top);
            other_groups = rest.len();
            let mut sum = Group {
                key: Vec::new(),
                values: vec![Money::ZERO; bins.len()],
                cost: Money::ZERO,
                previous_values: vec![Money::ZERO; previous_bins],
                previous_cost: query.compare.map(|_| Money::ZERO),
            };
            for group in &rest {
                sum.absorb(group);
            }
            other = Some(sum);
        }
        let previous_bins = query.compare.map(|range| self.bins(range, query.bin)).unwrap_or_default();
        Ok(Answer { bins, previous_bins, groups, other, other_groups, total })
    }

    /// Refuses days of a comparison that are held in part: a sum of some of them would look like a rise.
    fn holds(&self, range: DayRange) -> Result<(), Unanswerable> {
        let is_held = |period| self.find_period(period).is_some();
        let gap = Unanswerable::NoFigures(range.start, range.end);
        if range.periods().into_iter().all(is_held) { Ok(()) } else { Err(gap) }
    }

    fn sums(&self, query: &Query, range: DayRange, needed: &[Dimension]) -> Result<Sums, Unanswerable> {
        let cut = bins::cut(range, query.bin);
        let places = bins::places(range, &cut);
        let mut sums = Sums { keys: HashMap::new(), values: Vec::new(), bins: cut.len() };
        for piece in self.pieces(query, range, needed)? {
            sums.add(query, range, &places, piece);
        }
        Ok(sums)
    }

    /// The cubes that answer a range, period by period. Neighbouring periods of one cube become one piece.
    fn pieces(
        &self,
        query: &Query,
        range: DayRange,
        needed: &[Dimension],
    ) -> Result<Vec<Piece<'_>>, Unanswerable> {
        let mut pieces: Vec<Piece<'_>> = Vec::new();
        let mut is_known = false;
        for period in range.periods() {
            let Some(index) = self.find_period(period) else { continue };
            let days = period
                .days()
                .intersect(range)
                .intersect(DayRange::new(period.first_day(), index.known_until));
            is_known = true;
            if days.is_empty() {
                continue;
            }
            let cube = self.choose(query, index, days, range, needed)?;
            match pieces.last_mut() {
                Some(last) if std::ptr::eq(last.cube, cube) && last.days.end == days.start => {
                    last.days.end = days.end
                }
                _ => pieces.push(Piece { cube, days }),
            }
        }
        if is_known { Ok(pieces) } else { Err(Unanswerable::NoFigures(range.start, range.end)) }
    }

    fn choose(
        &self,
        query: &Query,
        index: &PeriodIndex,
        days: DayRange,
        range: DayRange,
        needed: &[Dimension],
    ) -> Result<&Cube, Unanswerable> {
        let whole_month = range.intersect(index.period.days()) == index.period.days()
            || (range.start <= index.period.first_day() && range.end >= index.known_until);
        let monthly_will_do =
            whole_month && matches!(query.bin, BinBy::Month | BinBy::Quarter | BinBy::Year | BinBy::Whole);
        let fits = |cube: &&Cube| {
            let header = cube.header();
            header.source == index.source
                && header.currency == query.currency
                && (!header.monthly || monthly_will_do)
                && header.days.start <= days.start
                && header.days.end >= days.end
                && cube.find_figures(query.metric).is_some()
        };
        let missing = |cube: &Cube| -> Vec<Dimension> {
            needed.iter().filter(|dimension| cube.find_column(dimension).is_none()).cloned().collect()
        };
        // Months are asked for less often than days: a month of days is the newer one, and the sum of its days.
        let rank = |cube: &&Cube| (missing(cube).len(), cube.header().monthly, cube.cells());
        let best = self.cubes.iter().filter(fits).min_by_key(rank);
        match best.map(|cube| (cube, missing(cube))) {
            Some((cube, lacks)) if lacks.is_empty() => Ok(cube),
            Some((_, missing)) => Err(Unanswerable::Missing { missing, days }),
            None => Err(Unanswerable::Missing { missing: needed.to_vec(), days }),
        }
    }

    fn find_period(&self, period: BillingPeriod) -> Option<&PeriodIndex> {
        self.periods.iter().find(|index| index.period == period)
    }

    /// Bins of a range with what is known of them.
    fn bins(&self, range: DayRange, bin: BinBy) -> Vec<Bin> {
        bins::cut(range, bin).into_iter().map(|days| self.bin(days)).collect()
    }

    fn bin(&self, days: DayRange) -> Bin {
        let mut bin =
            Bin { days, sources: Vec::new(), is_estimated: false, is_undelivered: false, as_of: None };
        for period in days.periods() {
            let within = period.days().intersect(days);
            let Some(index) = self.find_period(period) else {
                bin.is_undelivered = true;
                continue;
            };
            if !bin.sources.contains(&index.source) {
                bin.sources.push(index.source);
            }
            bin.is_undelivered |= within.end > index.known_until;
            bin.is_estimated |= !index.is_final;
            bin.as_of = Some(bin.as_of.map_or(index.as_of, |held| held.min(index.as_of)));
        }
        bin.sources.sort();
        bin
    }

    /// The day on which Cost Explorer's figures end and the report's begin, if both lie within the range.
    pub fn seam(&self, range: DayRange) -> Option<shared::Day> {
        let periods = range.periods();
        periods.windows(2).find_map(|pair| {
            let source = |place: usize| {
                pair.get(place).and_then(|period| self.find_period(*period)).map(|index| index.source)
            };
            let is_seam = source(0) == Some(Source::CostExplorer) && source(1) == Some(Source::Report);
            pair.get(1).filter(|_| is_seam).map(|period| period.first_day())
        })
    }
}

impl Sums {
    fn add(&mut self, query: &Query, range: DayRange, places: &[u32], piece: Piece<'_>) {
        let cube = piece.cube;
        let Some(figures) = cube.find_figures(query.metric) else { return };
        let admitted = select::admitted(cube, &query.filter, &query.leave_out);
        let columns: Vec<_> =
            query.group_by.iter().filter_map(|dimension| cube.find_column(dimension)).collect();
        // Combinations of codes, mixed by radix, lead to groups; strings are made once per combination.
        let mut by_codes: HashMap<u128, usize> = HashMap::new();
        let mut last = (u128::MAX, 0);
        let cut = piece.days.intersect(range);
        let first = cut.start.epoch_days() - cube.header().days.start.epoch_days();
        let offset = cube.header().days.start.epoch_days() - range.start.epoch_days();
        let end = cut.end.epoch_days() - cube.header().days.start.epoch_days();
        for tuple in 0..cube.tuples() {
            if admitted.as_ref().is_some_and(|admitted| admitted.get(tuple) != Some(&true)) {
                continue;
            }
            let mixed = columns.iter().fold(0_u128, |mixed, column| {
                mixed * (column.dictionary.len() as u128 + 1)
                    + column.codes.get(tuple).map_or(0, |code| u128::from(*code))
            });
            if last.0 != mixed {
                let group = *by_codes.entry(mixed).or_insert_with(|| {
                    let value = |column: &&crate::cells::Column| {
                        let code = column.codes.get(tuple).map_or(0, |code| *code as usize);
                        column.dictionary.get(code).cloned().unwrap_or_default()
                    };
                    let key: Vec<String> = columns.iter().map(value).collect();
                    let next = self.values.len();
                    let group = *self.keys.entry(key).or_insert(next);
                    if group == next {
                        self.values.push(vec![0; self.bins]);
                    }
                    group
                });
                last = (mixed, group);
            }
            let Some(values) = self.values.get_mut(last.1) else { continue };
            for cell in cube.cells_of(tuple) {
                let day = cube.days.get(cell).map_or(0, |day| i32::from(*day));
                if day < first || day >= end {
                    continue;
                }
                let place = usize::try_from(day + offset).ok().and_then(|place| places.get(place));
                if let Some(sum) = place.and_then(|place| values.get_mut(*place as usize)) {
                    *sum = sum.saturating_add(figures.at(cell));
                }
            }
        }
    }
}

/// Groups of both ranges under one key each. Groups without any figure in either are dropped.
fn joined(current: Sums, previous: Option<Sums>, is_compared: bool, previous_bins: usize) -> Vec<Group> {
    let money = |units: &[i128]| units.iter().map(|units| Money::from_units(*units)).collect::<Vec<_>>();
    let mut groups: HashMap<Vec<String>, Group> = HashMap::new();
    for (key, place) in current.keys {
        let values = current.values.get(place).map(|units| money(units)).unwrap_or_default();
        let group = Group {
            key: key.clone(),
            cost: values.iter().copied().sum(),
            values,
            previous_values: vec![Money::ZERO; previous_bins],
            previous_cost: is_compared.then_some(Money::ZERO),
        };
        groups.insert(key, group);
    }
    let bins = current.bins;
    for (key, place) in previous.iter().flat_map(|sums| &sums.keys) {
        let group = groups.entry(key.clone()).or_insert_with(|| Group {
            key: key.clone(),
            values: vec![Money::ZERO; bins],
            cost: Money::ZERO,
            previous_values: Vec::new(),
            previous_cost: None,
        });
        let values = previous
            .as_ref()
            .and_then(|sums| sums.values.get(*place))
            .map(|units| money(units))
            .unwrap_or_default();
        group.previous_cost = Some(values.iter().copied().sum());
        group.previous_values = values;
    }
    groups.into_values().filter(|group| !group.is_empty()).collect()
}

impl Group {
    fn absorb(&mut self, other: &Group) {
        let add = |sums: &mut [Money], values: &[Money]| {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += *value;
            }
        };
        add(&mut self.values, &other.values);
        add(&mut self.previous_values, &other.previous_values);
        self.cost += other.cost;
        self.previous_cost = self.previous_cost.map(|cost| cost + other.previous_cost.unwrap_or_default());
    }

    fn is_empty(&self) -> bool {
        self.values.iter().chain(&self.previous_values).all(|value| value.is_zero())
    }
}
