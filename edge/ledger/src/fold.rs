//! Keeps a month within memory: what is finest and smallest becomes Other, and every total stays as it is.

use std::collections::BTreeMap;

use cube::cells::Cube;
use cube::resources::OTHER;
use cube::{CubeBuilder, Dimension};
use shared::Currency;

use crate::error::DecodeError;
use crate::partial::{each_cell, like};

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
            cubes.insert(currency, folded(&cube, dimension));
        }
    }
    if cells(cubes) <= most { Ok(()) } else { Err(too_large(most)) }
}

/// The same cells with Other for every value of a dimension.
fn folded(cube: &Cube, dimension: &Dimension) -> CubeBuilder {
    let place = cube.columns().iter().position(|column| column.dimension == *dimension);
    let mut builder = like(cube, cube.header().as_of);
    each_cell(cube, |values, day, units| {
        let mut values = values.to_vec();
        if let Some(value) = place.and_then(|place| values.get_mut(place)) {
            *value = OTHER;
        }
        builder.add_values(&values, day, units);
    });
    builder
}
