//! Finds the tuple of each row by the codes of its columns. Codes are packed into 64-bit keys and looked up in a flat
//! table; where they do not fit, in several, one after the other. A tuple's words are looked at only once.

use std::ops::Range;

use cube::Dimension;

use crate::batch::Key;
use crate::dimensions::Words;

/// No tuple.
pub const NO_TUPLE: u32 = u32::MAX;
/// Keys that are remembered; beyond, all are forgotten and found again.
const REMEMBERED: usize = 1 << 18;
/// Bits of an intermediate result in the key of the next table.
const ID_BITS: u32 = 20;

/// Tables from codes to tuples of some dimensions. They only remember: what they forget, they ask for again.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    columns: Vec<Key>,
    /// Bits of each column's codes.
    widths: Vec<u32>,
    stages: Vec<Stage>,
    generation: u32,
    packed: Vec<u64>,
    ids: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Stage {
    columns: Range<usize>,
    table: Table,
}

impl Keys {
    /// The tuple of each row, [`NO_TUPLE`] where `is_wanted` says no. `resolve` names the tuple of a row whose
    /// combination of codes was not seen before.
    pub fn tuples(
        &mut self,
        words: &Words<'_>,
        dimensions: &[Dimension],
        rows: usize,
        is_wanted: Option<&[bool]>,
        mut resolve: impl FnMut(usize) -> u32,
    ) -> &[u32] {
        self.fit(words, dimensions);
        self.ids.clear();
        self.ids.resize(rows, 0);
        let stages = self.stages.len();
        for (place, stage) in self.stages.iter_mut().enumerate() {
            pack(&mut self.packed, &self.ids, place > 0, words, stage, &self.columns, &self.widths);
            let is_last = place.saturating_add(1) == stages;
            for (row, (key, id)) in self.packed.iter().zip(&mut self.ids).enumerate() {
                if is_wanted.is_some_and(|wanted| wanted.get(row) != Some(&true)) {
                    *id = NO_TUPLE;
                    continue;
                }
                *id = match stage.table.find(*key) {
                    NO_TUPLE => {
                        let found = if is_last { resolve(row) } else { stage.table.next() };
                        stage.table.insert(*key, found);
                        found
                    }
                    found => found,
                };
            }
        }
        &self.ids
    }

    /// Makes room for new codes: where they need more bits than before, the tables begin anew.
    fn fit(&mut self, words: &Words<'_>, dimensions: &[Dimension]) {
        let mut is_new = self.generation != words.generation() || self.stages.is_empty();
        if is_new {
            self.columns = words.keys(dimensions);
            self.widths = vec![0; self.columns.len()];
        }
        for (key, width) in self.columns.iter().zip(&mut self.widths) {
            let most = words.codes(*key).map_or(0, |(_, dictionary)| dictionary.len().saturating_sub(1));
            let needed = usize::BITS.saturating_sub(most.leading_zeros());
            if needed > *width {
                // A bit to spare, so that it does not happen often.
                *width = needed.saturating_add(1);
                is_new = true;
            }
        }
        if self.stages.iter().any(|stage| stage.table.len > REMEMBERED) {
            is_new = true;
        }
        if !is_new {
            return;
        }
        self.generation = words.generation();
        self.stages.clear();
        let (mut start, mut bits) = (0_usize, 0_u32);
        for (place, width) in self.widths.iter().enumerate() {
            if bits.saturating_add(*width) > 64 {
                self.stages.push(Stage { columns: start..place, table: Table::default() });
                (start, bits) = (place, ID_BITS);
            }
            bits = bits.saturating_add(*width);
        }
        self.stages.push(Stage { columns: start..self.widths.len(), table: Table::default() });
    }
}

/// Packs the codes of a stage's columns, above what the stage before found.
fn pack(
    packed: &mut Vec<u64>,
    ids: &[u32],
    has_ids: bool,
    words: &Words<'_>,
    stage: &Stage,
    columns: &[Key],
    widths: &[u32],
) {
    packed.clear();
    packed.extend(ids.iter().map(|id| u64::from(*id)));
    let mut shift = if has_ids { ID_BITS } else { 0 };
    let mut same = 0_u64;
    let of_stage = columns.iter().zip(widths).take(stage.columns.end).skip(stage.columns.start);
    for (key, width) in of_stage {
        if let Some((codes, _)) = words.codes(*key) {
            let shifted = |code: u32| u64::from(code).wrapping_shl(shift);
            match codes.same() {
                Some(code) => same |= shifted(code),
                None => packed.iter_mut().zip(codes.rows()).for_each(|(key, code)| *key |= shifted(*code)),
            }
        }
        shift = shift.saturating_add(*width);
    }
    if same != 0 {
        packed.iter_mut().for_each(|key| *key |= same);
    }
}

/// A flat table with linear probing, at most half full.
#[derive(Clone, Debug, Default)]
struct Table {
    slots: Vec<(u64, u32)>,
    len: usize,
    shift: u32,
}

impl Table {
    fn place_of(&self, key: u64) -> usize {
        let mixed = (key ^ (key >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9).wrapping_shr(self.shift) as usize
    }

    fn find(&self, key: u64) -> u32 {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = self.place_of(key);
        // It is never full: the search ends.
        while let Some((known, id)) = self.slots.get(at & mask) {
            if *known == key || *id == NO_TUPLE {
                return *id;
            }
            at = at.wrapping_add(1);
        }
        NO_TUPLE
    }

    /// How many it holds, which is the next number to give.
    fn next(&self) -> u32 {
        u32::try_from(self.len).unwrap_or(NO_TUPLE)
    }

    fn insert(&mut self, key: u64, id: u32) {
        if self.len.saturating_mul(2) >= self.slots.len() {
            let size = self.slots.len().saturating_mul(2).max(1_024);
            let old = std::mem::replace(&mut self.slots, vec![(0, NO_TUPLE); size]);
            self.shift = 64_u32.saturating_sub(size.trailing_zeros());
            for (key, id) in old.into_iter().filter(|(_, id)| *id != NO_TUPLE) {
                self.put(key, id);
            }
        }
        self.put(key, id);
        self.len = self.len.saturating_add(1);
    }

    fn put(&mut self, key: u64, id: u32) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = self.place_of(key);
        while let Some(slot) = self.slots.get_mut(at & mask) {
            if slot.1 == NO_TUPLE {
                *slot = (key, id);
                return;
            }
            at = at.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_finds_what_was_put_there_however_it_grows() {
        let mut table = Table::default();
        let key = |id: u32| u64::from(id) << 40 | u64::from(id % 7);
        for id in 0..20_000 {
            assert_eq!(table.find(key(id)), NO_TUPLE);
            assert_eq!(table.next(), id);
            table.insert(key(id), id);
        }
        assert!((0..20_000).all(|id| table.find(key(id)) == id));
    }
}
