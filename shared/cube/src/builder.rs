//! Collects cells into a cube.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use shared::Day;

use crate::cells::{Column, Cube, Figures, Header};
use crate::places::{NO_CELL, Places};
use crate::sorted;
use crate::{Dimension, Metric};

/// No tuple: such a row is passed over.
pub const NO_TUPLE: u32 = u32::MAX;

/// Hashes codes, which are dense numbers of our own giving, never texts from outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct CodeHasher(u64);

impl Hasher for CodeHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.write_u64(rest.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte)));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        mixed ^ (mixed >> 32)
    }
}

/// Collects cells into a cube, in any order. Values are interned once; a cell is a tuple of codes and a day.
#[derive(Clone, Debug)]
pub struct CubeBuilder {
    header: Header,
    dimensions: Vec<Interned>,
    metrics: Vec<Metric>,
    tuples: HashMap<Box<[u32]>, u32, BuildHasherDefault<CodeHasher>>,
    /// Tuple and day of each cell.
    cells: Vec<(u32, i32)>,
    places: Places,
    /// Figures of all cells, one per metric, as far as they fit; what does not is in `wide`.
    units: Vec<i64>,
    wide: HashMap<usize, i128, BuildHasherDefault<CodeHasher>>,
    /// Places of the cells of the rows under way.
    at: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Interned {
    dimension: Dimension,
    codes: HashMap<String, u32>,
}

impl CubeBuilder {
    /// An empty cube with these dimensions and metrics, in this order.
    pub fn new(header: Header, dimensions: Vec<Dimension>, metrics: Vec<Metric>) -> Self {
        let dimensions =
            dimensions.into_iter().map(|dimension| Interned { dimension, codes: HashMap::new() }).collect();
        Self {
            header,
            dimensions,
            metrics,
            tuples: HashMap::default(),
            cells: Vec::new(),
            places: Places::default(),
            units: Vec::new(),
            wide: HashMap::default(),
            at: Vec::new(),
        }
    }

    /// The code of a value in the dimension at `place`. Codes are dense, in order of first appearance.
    pub fn intern(&mut self, place: usize, value: &str) -> u32 {
        let Some(interned) = self.dimensions.get_mut(place) else { return 0 };
        if let Some(code) = interned.codes.get(value) {
            return *code;
        }
        let code = u32::try_from(interned.codes.len()).unwrap_or(u32::MAX);
        interned.codes.insert(value.to_owned(), code);
        code
    }

    /// The number of a combination of values, one per dimension.
    pub fn tuple<'a>(&mut self, values: impl Iterator<Item = &'a str>) -> u32 {
        let codes: Vec<u32> = values.enumerate().map(|(place, value)| self.intern(place, value)).collect();
        self.tuple_of(&codes)
    }

    fn tuple_of(&mut self, codes: &[u32]) -> u32 {
        let next = u32::try_from(self.tuples.len()).unwrap_or(u32::MAX);
        match self.tuples.get(codes) {
            Some(tuple) => *tuple,
            None => *self.tuples.entry(codes.into()).or_insert(next),
        }
    }

    /// The place of the first figure of a cell. Days outside the header's are held at its nearest end.
    #[inline]
    fn cell(&mut self, tuple: u32, day: i32) -> usize {
        let first = self.header.days.start.epoch_days();
        let last = self.header.days.end.epoch_days().wrapping_sub(1).max(first);
        let day = day.clamp(first, last);
        let next = self.cells.len();
        let cell = self.places.of(tuple, day, next as u32) as usize;
        if cell == next {
            self.cells.push((tuple, day));
            self.units.resize(self.units.len().saturating_add(self.metrics.len()), 0);
        }
        cell.wrapping_mul(self.metrics.len())
    }

    /// Adds figures (units of 10⁻¹², one per metric) to the cell of these codes (one per dimension) and day. Days
    /// outside the header's are held at its nearest end.
    pub fn add(&mut self, codes: &[u32], day: Day, units: &[i128]) {
        let tuple = self.tuple_of(codes);
        self.add_to(tuple, day, units);
    }

    /// As `add`, to the cell of a tuple that [`CubeBuilder::tuple`] has numbered.
    pub fn add_to(&mut self, tuple: u32, day: Day, units: &[i128]) {
        let first = self.cell(tuple, day.epoch_days());
        let sums = self.units.get_mut(first..first.saturating_add(self.metrics.len())).unwrap_or_default();
        for (place, (sum, units)) in sums.iter_mut().zip(units).enumerate() {
            match i64::try_from(*units).ok().and_then(|units| sum.checked_add(units)) {
                Some(narrow) => *sum = narrow,
                None => {
                    let wide = self.wide.entry(first.saturating_add(place)).or_default();
                    *wide = wide.saturating_add(*units);
                }
            }
        }
    }

    /// Adds many rows: of each its tuple ([`NO_TUPLE`]: none), its day counted from 1970, and a figure per metric, whose
    /// columns come in the order of the metrics; a column that is too short ends in zeros.
    pub fn add_rows<'a>(&mut self, tuples: &[u32], days: &[i32], figures: impl Iterator<Item = &'a [i64]>) {
        self.find_cells(tuples, days);
        let figures: Vec<&[i64]> = figures.collect();
        match *figures.as_slice() {
            [a] => self.add_figures([a]),
            [a, b] => self.add_figures([a, b]),
            [a, b, c] => self.add_figures([a, b, c]),
            [a, b, c, d, e, f] => self.add_figures([a, b, c, d, e, f]),
            _ => {
                for (place, column) in figures.iter().enumerate() {
                    self.add_figure(place, column);
                }
            }
        }
    }

    /// First where each row's cell is, then what is added there: rows do not wait for each other's memory.
    #[inline(never)]
    fn find_cells(&mut self, tuples: &[u32], days: &[i32]) {
        let first = self.header.days.start.epoch_days();
        let last = self.header.days.end.epoch_days().wrapping_sub(1).max(first);
        self.at.clear();
        for (tuple, day) in tuples.iter().zip(days) {
            let day = (*day).clamp(first, last);
            let cell = match self.places.find(*tuple, day) {
                NO_CELL if *tuple != NO_TUPLE => self.begin_cell(*tuple, day),
                known => known,
            };
            self.at.push(cell);
        }
        self.units.resize(self.cells.len().saturating_mul(self.metrics.len()), 0);
    }

    /// The place of a cell that is not in the table, or not yet.
    #[cold]
    fn begin_cell(&mut self, tuple: u32, day: i32) -> u32 {
        let next = self.cells.len();
        let cell = self.places.of(tuple, day, next as u32);
        if cell as usize == next {
            self.cells.push((tuple, day));
        }
        cell
    }

    /// All metrics of the rows under way.
    #[inline(never)]
    fn add_figures<const METRICS: usize>(&mut self, figures: [&[i64]; METRICS]) {
        let rows = self.at.len();
        let columns = figures.map(|column| column.get(..rows));
        if columns.iter().any(Option::is_none) || self.metrics.len() != METRICS {
            for (place, column) in figures.iter().enumerate() {
                self.add_figure(place, column);
            }
            return;
        }
        let columns = columns.map(Option::unwrap_or_default);
        let (cells, _) = self.units.as_chunks_mut::<METRICS>();
        for (row, cell) in self.at.iter().enumerate() {
            let Some(sums) = cells.get_mut(*cell as usize) else { continue };
            let units = columns.map(|column| column.get(row).copied().unwrap_or(0));
            let mut totals = *sums;
            let mut overflow = 0;
            for ((total, sum), units) in totals.iter_mut().zip(*sums).zip(units) {
                *total = sum.wrapping_add(units);
                // Its highest bit is set where two numbers of one sign have a sum of the other.
                overflow |= (sum ^ *total) & (units ^ *total);
            }
            if overflow >= 0 {
                *sums = totals;
                continue;
            }
            for (place, (sum, units)) in sums.iter_mut().zip(units).enumerate() {
                match sum.checked_add(units) {
                    Some(total) => *sum = total,
                    None => {
                        let at = (*cell as usize).saturating_mul(METRICS).saturating_add(place);
                        let wide = self.wide.entry(at).or_default();
                        *wide = wide.saturating_add(i128::from(units));
                    }
                }
            }
        }
    }

    /// One metric of the rows under way.
    fn add_figure(&mut self, place: usize, column: &[i64]) {
        let stride = self.metrics.len();
        for (cell, units) in self.at.iter().zip(column).filter(|(cell, _)| **cell != NO_CELL) {
            let at = (*cell as usize).saturating_mul(stride).saturating_add(place);
            let Some(sum) = self.units.get_mut(at).filter(|_| place < stride) else { continue };
            match sum.checked_add(*units) {
                Some(total) => *sum = total,
                None => {
                    let wide = self.wide.entry(at).or_default();
                    *wide = wide.saturating_add(i128::from(*units));
                }
            }
        }
    }

    /// As `add`, with values instead of codes.
    pub fn add_values(&mut self, values: &[&str], day: Day, units: &[i128]) {
        let codes: Vec<u32> =
            values.iter().enumerate().map(|(place, value)| self.intern(place, value)).collect();
        self.add(&codes, day, units);
    }

    /// Adds every cell of a cube with the same dimensions and metrics.
    pub fn add_cube(&mut self, cube: &Cube) {
        self.add_cube_as(cube, &|_, value| value);
    }

    /// The same, but each value is called what `name` makes of it in the dimension at its place.
    pub fn add_cube_as<'a>(&mut self, cube: &'a Cube, name: &dyn Fn(usize, &'a str) -> &'a str) {
        let mut translated: Vec<Vec<u32>> = Vec::with_capacity(cube.columns.len());
        for (place, column) in cube.columns.iter().enumerate() {
            let values = column.dictionary.iter();
            translated.push(values.map(|value| self.intern(place, name(place, value))).collect());
        }
        let mut codes = vec![0; cube.columns.len()];
        let mut units = vec![0; cube.figures.len()];
        for tuple in 0..cube.tuples() {
            for ((code, column), translated) in codes.iter_mut().zip(&cube.columns).zip(&translated) {
                let held = column.codes.get(tuple).map_or(0, |code| *code as usize);
                *code = translated.get(held).copied().unwrap_or(0);
            }
            for cell in cube.cells_of(tuple) {
                for (units, (_, figures)) in units.iter_mut().zip(&cube.figures) {
                    *units = figures.at(cell);
                }
                self.add(&codes, cube.day_of(cell), &units);
            }
        }
    }

    /// Distinct values of the dimension at `place` so far, none aside.
    pub fn values(&self, place: usize) -> usize {
        let codes = self.dimensions.get(place).map(|interned| &interned.codes);
        codes.map_or(0, |codes| codes.len().saturating_sub(usize::from(codes.contains_key(""))))
    }

    /// Cells so far.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// What its memory grows with: bytes of the codes of its tuples and of the figures of its cells.
    pub fn bytes(&self) -> usize {
        let codes = self.tuples.len().saturating_mul(self.dimensions.len()).saturating_mul(size_of::<u32>());
        self.units.len().saturating_mul(size_of::<i64>()).saturating_add(codes)
    }

    /// Whether there is no cell yet.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Sorts everything: the same cells make the same cube, whatever order they came in.
    pub fn finish(self) -> Cube {
        let width = self.dimensions.len();
        let (mut columns, translated): (Vec<Column>, Vec<Vec<u32>>) = self
            .dimensions
            .into_iter()
            .map(|interned| {
                let (dictionary, codes) = sorted::dictionary(interned.codes.into_iter().collect());
                (Column { dimension: interned.dimension, dictionary, codes: Vec::new() }, codes)
            })
            .unzip();
        let count = self.tuples.len();
        let mut codes = vec![0; count.saturating_mul(width)];
        for (old, tuple) in self.tuples {
            let start = (tuple as usize).saturating_mul(width);
            let slots = codes.get_mut(start..).unwrap_or_default();
            for ((slot, code), translated) in slots.iter_mut().zip(&old).zip(&translated) {
                *slot = translated.get(*code as usize).copied().unwrap_or(0);
            }
        }
        let order = sorted::tuples(&codes, width, count);
        let mut rank = vec![0_u32; count];
        for (place, tuple) in (0_u32..).zip(&order) {
            if let Some(slot) = rank.get_mut(*tuple) {
                *slot = place;
            }
        }
        for (at, column) in columns.iter_mut().enumerate() {
            let code = |tuple: &usize| codes.get(tuple.saturating_mul(width).saturating_add(at)).copied();
            column.codes = order.iter().filter_map(code).collect();
        }
        let first = self.header.days.start.epoch_days();
        let ranks: Vec<u32> =
            self.cells.iter().map(|(tuple, _)| rank.get(*tuple as usize).copied().unwrap_or(0)).collect();
        let days: Vec<u16> =
            self.cells.iter().map(|(_, day)| u16::try_from(day.wrapping_sub(first)).unwrap_or(0)).collect();
        let span = days.iter().max().map_or(0, |last| usize::from(*last).saturating_add(1));
        let (cells, starts) = sorted::cells(&ranks, count, &days, span);
        let days = cells.iter().filter_map(|cell| days.get(*cell as usize).copied()).collect();
        let (units, wide, stride) = (self.units, self.wide, self.metrics.len());
        let narrow = |at: usize| units.get(at).copied().unwrap_or(0);
        let figures = self
            .metrics
            .into_iter()
            .enumerate()
            .map(|(place, metric)| {
                let at = |cell: &u32| (*cell as usize).saturating_mul(stride).saturating_add(place);
                let figures = if wide.is_empty() {
                    Figures::Narrow(cells.iter().map(|cell| narrow(at(cell))).collect())
                } else {
                    let exact = |at: usize| {
                        wide.get(&at).copied().unwrap_or(0).saturating_add(i128::from(narrow(at)))
                    };
                    Figures::narrowed(cells.iter().map(|cell| exact(at(cell))).collect())
                };
                (metric, figures)
            })
            .collect();
        Cube { header: self.header, columns, starts, days, figures }
    }
}
