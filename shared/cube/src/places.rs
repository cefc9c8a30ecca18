//! Where a cell is: a plain table over the days of one month and over the first tuples, so that it takes little;
//! everything else is hashed.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use shared::Day;

use crate::builder::CodeHasher;

/// Tuple and day to the place of the cell.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// First day of the table.
    first: Option<i32>,
    /// By day, for reports stand in order of time; then by tuple.
    table: [Vec<u32>; SPAN],
    others: HashMap<(u32, i32), u32, BuildHasherDefault<CodeHasher>>,
}

/// Days of the table.
const SPAN: usize = 31;
/// Tuples of the table: 8 MB.
const TABLED: u32 = 1 << 16;
/// No cell.
pub const NO_CELL: u32 = u32::MAX;

impl Places {
    /// The place of a cell of the table that is there already.
    #[inline]
    pub fn find(&self, tuple: u32, day: i32) -> u32 {
        let offset = day.wrapping_sub(self.first.unwrap_or(0)) as usize;
        let cells = self.table.get(offset).map_or(&[][..], Vec::as_slice);
        cells.get(tuple as usize).copied().unwrap_or(NO_CELL)
    }

    /// The place of a cell, or of the next one.
    pub fn of(&mut self, tuple: u32, day: i32, next: u32) -> u32 {
        let first = match self.first {
            Some(first) => first,
            None => *self.first.insert(Day::from_epoch_days(day).period().days().start.epoch_days()),
        };
        let offset = usize::try_from(day.wrapping_sub(first)).unwrap_or(usize::MAX);
        let Some(cells) = self.table.get_mut(offset).filter(|_| tuple < TABLED) else {
            return *self.others.entry((tuple, day)).or_insert(next);
        };
        let place = tuple as usize;
        match cells.get_mut(place) {
            Some(cell) if *cell != NO_CELL => *cell,
            Some(cell) => {
                *cell = next;
                next
            }
            None => {
                cells.resize(place.saturating_add(1), NO_CELL);
                if let Some(cell) = cells.last_mut() {
                    *cell = next;
                }
                next
            }
        }
    }
}
