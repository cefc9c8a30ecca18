//! Keeps a month within memory: what is finest and smallest becomes Other, and every total stays as it is.

use std::collections::BTreeMap;

use cube::cells::Cube;
use cube::{CubeBuilder, Dimension, Metric};
use shared::Currency;

use crate::error::DecodeError;
use crate::partial::{OTHER, each_cell, like};

/// Dimensions of detail that are given up, finest first.
const GIVEN_UP: [Dimension; 3] =
    [Dimension::XOperation, Dimension::CommitmentDiscount, Dimension::XUsageType];

fn too_large(most: usize) -> DecodeError {
    DecodeError::TooLarge { thing: "what differs between the rows of a month", limit: most as u64 }
}

/// Gives up dimensions until the cells are at most so many.
pub fn detail(cubes: &mut BTreeMap<Currency, CubeBuilder>, most: usize) -> Result<(), DecodeError> {
    let cells = |cubes: &BTreeMap<Currency, CubeBuilder>| cubes.values().map(CubeBuilder::len).sum::<usize>();
    for dimension in &GIVEN_UP {
        if cells(cubes) <= most {
            return Ok(());
        }
        for (currency, builder) in std::mem::take(cubes) {
            let cube = builder.finish();
            cubes.insert(currency, folded(&cube, dimension, |_| false));
        }
    }
    if cells(cubes) <= most { Ok(()) } else { Err(too_large(most)) }
}

/// Makes the smaller half of a service's resources Other, of the service with most cells first, until the cells are at
/// most so many.
pub fn resources(
    cubes: &mut BTreeMap<(Currency, String), CubeBuilder>,
    most: usize,
) -> Result<(), DecodeError> {
    while cubes.values().map(CubeBuilder::len).sum::<usize>() > most {
        let largest = cubes.iter().max_by_key(|(_, builder)| builder.len()).map(|(key, _)| key.clone());
        let Some((key, builder)) = largest.and_then(|key| cubes.remove_entry(&key)) else { break };
        let (before, cube) = (builder.len(), builder.finish());
        let costs = costs_of(&cube);
        let mut sorted = costs.clone();
        sorted.sort_unstable();
        let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
        let folded =
            folded(&cube, &Dimension::Resource, |tuple| costs.get(tuple).is_some_and(|cost| *cost > middle));
        if folded.len() >= before {
            return Err(too_large(most));
        }
        cubes.insert(key, folded);
    }
    Ok(())
}

/// What each tuple's effective cost amounts to, whatever its sign.
fn costs_of(cube: &Cube) -> Vec<u128> {
    let figures = cube.find_figures(Metric::EffectiveCost);
    let cost = |cell: usize| figures.map_or(0, |figures| figures.at(cell).unsigned_abs());
    (0..cube.tuples()).map(|tuple| cube.cells_of(tuple).map(cost).fold(0, u128::saturating_add)).collect()
}

/// The same cells with a dimension's value Other where it is not kept.
fn folded(cube: &Cube, dimension: &Dimension, keep: impl Fn(usize) -> bool) -> CubeBuilder {
    let place = cube.columns().iter().position(|column| column.dimension == *dimension);
    let mut builder = like(cube, cube.header().as_of);
    each_cell(cube, |tuple, values, day, units| {
        let mut values = values.to_vec();
        if let Some(value) = place.and_then(|place| values.get_mut(place))
            && !keep(tuple)
        {
            *value = OTHER;
        }
        builder.add_values(&values, day, units);
    });
    builder
}
