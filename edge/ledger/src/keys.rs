//! Finds the tuple of each row by the codes of its columns. Codes are packed into 64-bit keys and looked up in a flat
//! table; where they do not fit, in several, one after the other. A tuple's words are looked at only once.

use std::ops::Range;

use cube::{Dimension, NO_TUPLE};

use crate::batch::Key;
use crate::dimensions::Words;
use crate::probe::Table;

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
    #[inline(never)]
    pub fn tuples(
        &mut self,
        words: &Words<'_>,
        dimensions: &[Dimension],
        rows: usize,
        is_wanted: Option<&[bool]>,
        resolve: &mut dyn FnMut(usize) -> u32,
    ) -> &[u32] {
        self.fit(words, dimensions);
        self.ids.clear();
        self.ids.resize(rows, 0);
        let stages = self.stages.len();
        for (place, stage) in self.stages.iter_mut().enumerate() {
            pack(&mut self.packed, &self.ids, place > 0, words, stage, &self.columns, &self.widths);
            let is_last = place.saturating_add(1) == stages;
            let is_wanted = |row: usize| is_wanted.is_none_or(|wanted| wanted.get(row) == Some(&true));
            let are_missing = stage.table.find_all(&self.packed, &mut self.ids);
            if are_missing {
                for (row, (key, id)) in self.packed.iter().zip(&mut self.ids).enumerate() {
                    if *id == NO_TUPLE && is_wanted(row) {
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
            }
        }
        if let Some(wanted) = is_wanted {
            for (id, is_wanted) in self.ids.iter_mut().zip(wanted) {
                *id = if *is_wanted { *id } else { NO_TUPLE };
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
        if self.stages.iter().any(|stage| stage.table.len() > REMEMBERED) {
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
            match codes.same() {
                Some(code) => same |= u64::from(code).wrapping_shl(shift),
                None => put(packed, codes.rows(), shift),
            }
        }
        shift = shift.saturating_add(*width);
    }
    if same != 0 {
        packed.iter_mut().for_each(|key| *key |= same);
    }
}

/// Puts the codes of a column into the keys.
#[inline(never)]
fn put(packed: &mut [u64], codes: &[u32], shift: u32) {
    let shift = shift & 63;
    for (key, code) in packed.iter_mut().zip(codes) {
        *key |= u64::from(*code) << shift;
    }
}
