//! Numbers of 64-bit keys in a flat table.
#![allow(unsafe_code, reason = "places are masked to the table's size")]

use cube::NO_TUPLE;

/// A flat table with linear probing, at most a quarter full.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// None, or a power of two.
    slots: Vec<(u64, u32)>,
    len: usize,
    shift: u32,
}

impl Table {
    fn place_of(&self, key: u64) -> usize {
        let mixed = (key ^ (key >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9).wrapping_shr(self.shift) as usize
    }

    /// Looks each key up at the two places where nearly all are; whether any was not found there. Nothing is decided on
    /// the way, so that one key need not wait for another's memory.
    #[inline(never)]
    pub fn find_all(&self, keys: &[u64], ids: &mut [u32]) -> bool {
        if self.slots.is_empty() {
            ids.fill(NO_TUPLE);
            return !ids.is_empty();
        }
        debug_assert!(self.slots.len().is_power_of_two());
        let mask = self.slots.len().wrapping_sub(1);
        let mut missing = false;
        for (key, id) in keys.iter().zip(ids) {
            let at = self.place_of(*key);
            // SAFETY: the number of slots is a power of two, so what is left of a place by the mask is less.
            let (first, second) = unsafe {
                (self.slots.get_unchecked(at & mask), self.slots.get_unchecked(at.wrapping_add(1) & mask))
            };
            let other = if second.0 == *key { second.1 } else { NO_TUPLE };
            *id = if first.0 == *key { first.1 } else { other };
            missing |= *id == NO_TUPLE;
        }
        missing
    }

    /// The number of a key; [`NO_TUPLE`] where it has none.
    pub fn find(&self, key: u64) -> u32 {
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

    /// How many it holds.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// How many it holds, which is the next number to give.
    pub fn next(&self) -> u32 {
        u32::try_from(self.len).unwrap_or(NO_TUPLE)
    }

    /// Gives a key that has none its number.
    pub fn insert(&mut self, key: u64, id: u32) {
        if self.len.saturating_mul(4) >= self.slots.len() {
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
        let keys: Vec<u64> = (0..20_001).map(key).collect();
        let mut ids = vec![0; keys.len()];
        assert!(table.find_all(&keys, &mut ids));
        assert!((0..).zip(&ids).all(|(id, found)| *found == id || *found == NO_TUPLE));
        assert!(ids.iter().filter(|id| **id == NO_TUPLE).count() < 4_000);
        assert!(Table::default().find_all(&keys, &mut ids));
    }
}
