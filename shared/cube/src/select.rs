//! Which tuples of a cube a filter admits: each value is tested once, tuples look the outcome up.

use std::borrow::Cow;

use shared::ChargeCategory;

use crate::Dimension;
use crate::cells::Cube;
use crate::query::{Filter, Metric, Operator, Query, Token};

/// The question that is answered: quantities are split by their units, for two units are never added.
pub fn by_unit(query: &Query) -> Cow<'_, Query> {
    let is_split = query.metric != Metric::ConsumedQuantity || query.group_by.contains(&Dimension::Unit);
    if is_split {
        return Cow::Borrowed(query);
    }
    let mut split = query.clone();
    split.group_by.push(Dimension::Unit);
    Cow::Owned(split)
}

/// Dimensions a query needs to be answered.
pub fn needed(query: &Query) -> Vec<Dimension> {
    let mut needed = query.group_by.clone();
    needed.extend(query.filter.any_of.iter().flatten().map(|token| token.dimension.clone()));
    if !query.leave_out.is_empty() {
        needed.push(Dimension::ChargeCategory);
    }
    needed.sort();
    needed.dedup();
    needed
}

/// Whether each tuple is admitted; none means all are.
pub fn admitted(cube: &Cube, filter: &Filter, leave_out: &[ChargeCategory]) -> Option<Vec<bool>> {
    if filter.any_of.is_empty() && leave_out.is_empty() {
        return None;
    }
    let mut admitted = vec![filter.any_of.is_empty(); cube.tuples()];
    for set in &filter.any_of {
        let mut all = vec![true; cube.tuples()];
        for token in set {
            narrow(cube, &token.dimension, &mut all, |value| holds(token, value));
        }
        for (sum, one) in admitted.iter_mut().zip(all) {
            *sum |= one;
        }
    }
    if !leave_out.is_empty() {
        let is_kept = |value: &str| !leave_out.iter().any(|category| category.as_str() == value);
        narrow(cube, &Dimension::ChargeCategory, &mut admitted, is_kept);
    }
    Some(admitted)
}

fn narrow(cube: &Cube, dimension: &Dimension, admitted: &mut [bool], holds: impl Fn(&str) -> bool) {
    let Some(column) = cube.find_column(dimension) else {
        admitted.fill(false);
        return;
    };
    let held: Vec<bool> = column.dictionary.iter().map(|value| holds(value)).collect();
    for (admitted, code) in admitted.iter_mut().zip(&column.codes) {
        *admitted &= held.get(*code as usize).copied().unwrap_or(false);
    }
}

/// Whether a condition holds for a value.
pub(crate) fn holds(token: &Token, value: &str) -> bool {
    let any = token.values.iter().any(|wanted| match token.operator {
        Operator::Is => value == wanted,
        Operator::StartsWith => value.starts_with(wanted.as_str()),
        Operator::Contains => value.to_lowercase().contains(&wanted.to_lowercase()),
    });
    any != token.negated
}
