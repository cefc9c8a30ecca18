//! Keeps a month within memory: what is finest and smallest becomes Other, and every total stays as it is. What is given
//! up depends on what the month holds and on nothing else: not on the order its parts come in, nor on how they are cut.

use std::collections::{BTreeMap, HashMap};

use cube::cells::Cube;
use cube::resources::OTHER;
use cube::{CubeBuilder, Dimension, Metric};
use shared::{Currency, Timestamp, order};

use crate::error::DecodeError;
use crate::merge::like;
use crate::partial::broken;

/// Values of a tag that a month names, none aside. Of more, the largest by effective cost keep their name.
pub const VALUES: usize = 200;
/// Distinct values of a dimension that are weighed to find the largest. A tag of more has nearly one for each resource:
/// it is told apart only from none.
const WEIGHED: usize = 10_000;
/// Bytes of them.
const WEIGHED_BYTES: usize = 1024 * 1024;
/// Accounts that keep their name where not even all of them fit: as many as these, one after the other.
const ACCOUNTS: [usize; 3] = [1_000, 100, 10];

/// What can be given up.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Every value of a dimension.
    All(Dimension),
    /// All accounts but so many of the largest.
    Accounts(usize),
}

/// What is given up of a month. What once was stays given up for all that comes later.
#[derive(Debug)]
pub struct Folding {
    /// By currency and dimension, the values that keep their name, largest first: of tags with too many, and accounts.
    kept: Vec<(Currency, Dimension, Vec<String>)>,
    /// What is given up next, and after that.
    steps: Vec<Step>,
    /// How many of them are.
    taken: usize,
    /// Bytes there is room for, as [`bytes`] counts them.
    most: usize,
}

impl Folding {
    /// Whether no value of a dimension keeps its name, be it for want of room or because they are endless.
    pub fn is_given_up(&self, currency: Currency, dimension: &Dimension) -> bool {
        self.named(currency, dimension).is_some_and(|named| named.is_empty())
    }

    /// Whether there was no room for a dimension: then rows that have none of its values are Other as well.
    pub fn is_gone(&self, dimension: &Dimension) -> bool {
        self.taken().iter().any(|step| matches!(step, Step::All(known) if known == dimension))
    }

    fn taken(&self) -> &[Step] {
        self.steps.get(..self.taken).unwrap_or_default()
    }

    /// The values of a cube's dimension that keep their name, in order; nothing where all do.
    fn named(&self, currency: Currency, dimension: &Dimension) -> Option<Vec<String>> {
        if self.is_gone(dimension) {
            return Some(Vec::new());
        }
        let (.., kept) = self.kept.iter().find(|(of, known, _)| *of == currency && known == dimension)?;
        let most = if is_tag(dimension) {
            VALUES
        } else {
            self.taken().iter().rev().find_map(|step| match step {
                Step::Accounts(most) => Some(*most),
                Step::All(_) => None,
            })?
        };
        Some(order::distinct(kept.iter().take(most).cloned()))
    }

    /// Adds a cube under the names that are left.
    fn add(&self, builder: &mut CubeBuilder, cube: &Cube) {
        let currency = cube.header().currency;
        let rules: Vec<Option<Vec<String>>> =
            cube.columns().iter().map(|column| self.named(currency, &column.dimension)).collect();
        // Of what a tag gives up, none stays apart: it is no value, and to find it is what tags are asked for.
        let has_none: Vec<bool> = cube
            .columns()
            .iter()
            .map(|column| is_tag(&column.dimension) && !self.is_gone(&column.dimension))
            .collect();
        builder.add_cube_as(cube, &|place, value| match rules.get(place) {
            Some(Some(named)) => {
                let is_none = value.is_empty() && has_none.get(place) == Some(&true);
                let is_named = named.binary_search_by(|known| known.as_str().cmp(value)).is_ok();
                if is_none || is_named { value } else { OTHER }
            }
            _ => value,
        });
    }

    /// Adds a cube to those of its month, and gives up what there is no room for.
    pub fn take(
        &mut self,
        cubes: &mut BTreeMap<Currency, CubeBuilder>,
        cube: &Cube,
        as_of: Timestamp,
    ) -> Result<(), DecodeError> {
        self.add(cubes.entry(cube.header().currency).or_insert_with(|| like(cube, as_of)), cube);
        while bytes(cubes) > self.most {
            if self.taken >= self.steps.len() {
                let thing = "what differs between the rows of a month";
                return Err(DecodeError::TooLarge { thing, limit: self.most as u64 });
            }
            self.taken = self.taken.saturating_add(1);
            for (currency, builder) in std::mem::take(cubes) {
                let held = builder.finish();
                let mut folded = like(&held, as_of);
                self.add(&mut folded, &held);
                cubes.insert(currency, folded);
            }
        }
        Ok(())
    }
}

/// Bytes of a month so far: of the codes of what is told apart, and of its figures.
pub fn bytes(cubes: &BTreeMap<Currency, CubeBuilder>) -> usize {
    cubes.values().map(CubeBuilder::bytes).sum()
}

fn is_tag(dimension: &Dimension) -> bool {
    matches!(dimension, Dimension::Tag(_) | Dimension::CostCategory(_))
}

/// The values of a month's tags and its accounts, weighed: effective cost is added up by value, so neither the order of
/// the cubes nor how rows are spread over them matters.
#[derive(Debug, Default)]
pub struct Survey(Vec<(Currency, Dimension, Values)>);

#[derive(Debug, Default)]
struct Values {
    codes: HashMap<String, u32>,
    sums: Vec<i128>,
    bytes: usize,
}

impl Values {
    fn is_endless(&self) -> bool {
        self.sums.len() > WEIGHED || self.bytes > WEIGHED_BYTES
    }

    fn add(&mut self, value: &str, units: i128) {
        if self.is_endless() || value.is_empty() {
            return;
        }
        let next = self.sums.len();
        let code = match self.codes.get(value) {
            Some(code) => *code as usize,
            None => {
                self.codes.insert(value.to_owned(), u32::try_from(next).unwrap_or(u32::MAX));
                self.bytes = self.bytes.saturating_add(value.len());
                self.sums.push(0);
                next
            }
        };
        if let Some(sum) = self.sums.get_mut(code) {
            *sum = sum.saturating_add(units);
        }
    }

    /// The values, largest first; of equal ones by name. None where there are too many.
    fn largest(self, most: usize) -> Vec<String> {
        if self.is_endless() {
            return Vec::new();
        }
        let held: Vec<(String, u32)> = self.codes.into_iter().collect();
        let of = |place: usize| {
            let (text, code) = held.get(place).map_or(("", 0), |(text, code)| (text.as_str(), *code));
            (self.sums.get(code as usize).map_or(0, |sum| sum.unsigned_abs()), text)
        };
        let sorted = order::places(held.len(), &|a, b| {
            let ((a, name), (b, other)) = (of(a), of(b));
            b.cmp(&a).then_with(|| name.cmp(other))
        });
        sorted.into_iter().take(most).map(|place| of(place).1.to_owned()).collect()
    }
}

impl Survey {
    /// Weighs a cube of a part.
    pub fn add(&mut self, blob: &[u8]) -> Result<(), DecodeError> {
        let cube = cube::blob::decode(blob).map_err(broken)?;
        let currency = cube.header().currency;
        let Some(costs) = cube.find_figures(Metric::EffectiveCost) else { return Ok(()) };
        for column in cube.columns() {
            if !is_tag(&column.dimension) && column.dimension != Dimension::SubAccount {
                continue;
            }
            let mut sums = vec![0_i128; column.dictionary.len()];
            for (tuple, code) in column.codes.iter().enumerate() {
                let Some(sum) = sums.get_mut(*code as usize) else { continue };
                *sum = cube.cells_of(tuple).fold(*sum, |sum, cell| sum.saturating_add(costs.at(cell)));
            }
            let is_it = |(of, known, _): &(Currency, Dimension, Values)| {
                *of == currency && *known == column.dimension
            };
            let place = self.0.iter().position(is_it).unwrap_or(self.0.len());
            if place == self.0.len() {
                self.0.push((currency, column.dimension.clone(), Values::default()));
            }
            if let Some((.., values)) = self.0.get_mut(place) {
                column.dictionary.iter().zip(sums).for_each(|(value, sum)| values.add(value, sum));
            }
        }
        Ok(())
    }

    /// What a month of these values gives up, and in which order: first what is finest and least asked for, of the tags
    /// the one with the most values first; at last all but account, service, category and day, and most accounts.
    pub fn folding(self, most: usize) -> Folding {
        let mut tags: Vec<(usize, Dimension)> = Vec::new();
        for (_, dimension, values) in self.0.iter().filter(|(_, dimension, _)| is_tag(dimension)) {
            let count = values.sums.len().min(VALUES);
            match tags.iter_mut().find(|(_, known)| known == dimension) {
                Some((held, _)) => *held = count.max(*held),
                None => tags.push((count, dimension.clone())),
            }
        }
        let at =
            |place: usize| tags.get(place).map(|(count, dimension)| (std::cmp::Reverse(*count), dimension));
        let finest = order::places(tags.len(), &|a, b| at(a).cmp(&at(b)));
        let before = [Dimension::XOperation, Dimension::CommitmentDiscount];
        let tags = finest.into_iter().filter_map(|place| Some(tags.get(place)?.1.clone()));
        let after = [
            Dimension::XUsageType,
            Dimension::Unit,
            Dimension::XLineItemType,
            Dimension::PricingCategory,
            Dimension::Publisher,
            Dimension::Region,
        ];
        let steps = before.into_iter().chain(tags).chain(after).map(Step::All);
        let steps = steps.chain(ACCOUNTS.map(Step::Accounts)).collect();
        let kept = self.0.into_iter().filter_map(|(currency, dimension, values)| {
            let is_kept = is_tag(&dimension) && values.sums.len() <= VALUES;
            let most = if is_tag(&dimension) { VALUES } else { WEIGHED };
            (!is_kept).then(|| (currency, dimension, values.largest(most)))
        });
        Folding { kept: kept.collect(), steps, taken: 0, most }
    }
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
