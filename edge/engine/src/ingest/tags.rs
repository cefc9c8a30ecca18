//! Which tags a month's cubes know: those that tell most cost apart, as far as other months show it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use shared::BillingPeriod;

use super::manifest::{Manifest, bare};
use super::month;
use super::protocol::TagCover;
use crate::error::{Error, Result};
use crate::insights::{Item, find_item};
use crate::workspace::world::World;

/// Tag keys a workspace's cubes know.
const TRACKED: usize = 8;

/// Tag keys of a period's cubes: as before if the month is committed, else the best of those that the manifest names, or
/// Cost Explorer where it names none.
pub fn tracked<W: World>(world: &W, period: BillingPeriod, manifest: &Manifest) -> Result<Vec<String>> {
    if let Some(month) = month::find(world, period)?.committed {
        return Ok(month.tracked_tags);
    }
    let named: Vec<String> = manifest.tags.iter().map(|key| bare(key).to_owned()).collect();
    let told: Vec<String> = find_item(world, Item::Tags)?
        .value
        .map(serde_json::from_value)
        .transpose()
        .map_err(Error::bug)?
        .unwrap_or_default();
    // What the newest month says of a key counts.
    let known = month::months(world)?.into_values().flat_map(|month| month.tags);
    let known: BTreeMap<String, TagCover> = known.map(|cover| (cover.key.clone(), cover)).collect();
    Ok(choose(if named.is_empty() { told } else { named }, &known))
}

/// The best of some keys. First those that are known to tell cost apart, the most cost first; then what nobody knows yet,
/// customers' own before AWS's, and `Name` last, since it nearly always names one resource; then what tells nothing apart,
/// and at last what keeps no value by its name. One merely cut to its largest values tells cost apart as any other.
fn choose(mut keys: Vec<String>, known: &BTreeMap<String, TagCover>) -> Vec<String> {
    keys.retain(|key| !key.is_empty() && key.len() <= 128);
    keys.sort_by_cached_key(|key| {
        let cover = known.get(key);
        let cost = cover.map_or(0, |cover| cover.effective_cost.units().unsigned_abs());
        let class = match cover {
            Some(cover) if cover.is_given_up => 3,
            Some(_) if cost == 0 => 2,
            Some(_) => 0,
            None => 1,
        };
        (class, Reverse(cost), key.starts_with("aws:"), key.eq_ignore_ascii_case("name"), key.clone())
    });
    keys.dedup();
    keys.truncate(TRACKED);
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Money;

    #[test]
    fn keys_that_tell_cost_apart_come_first_and_near_unique_ones_last() {
        let check = |keys: &str, known: &[(&str, i128, bool)], expect: &str| {
            let known = known.iter().map(|(key, cost, is_given_up)| {
                let (key, effective_cost) = ((*key).to_owned(), Money::from_units(*cost));
                (key.clone(), TagCover { key, effective_cost, is_given_up: *is_given_up })
            });
            let keys = keys.split(' ').map(str::to_owned).collect();
            assert_eq!(choose(keys, &known.collect()).join(" "), expect);
        };
        check("team Name aws:createdBy env Name", &[], "env team Name aws:createdBy");
        let nine = "a b c d e f g h i";
        check(nine, &[], "a b c d e f g h");
        // What is in use stays; of the rest a key nobody knows comes before one that told nothing.
        check(nine, &[("i", 5, false), ("h", -9, false), ("a", 0, false)], "h i b c d e f g");
        check(nine, &[("a", 100, true), ("b", 1, false)], "b c d e f g h i");
        check("a b", &[("a", 100, true)], "b a");
    }
}
