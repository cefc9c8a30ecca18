//! What a cube holds: each combination of dimension values once, below it sorted days with their figures.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use serde::{Deserialize, Serialize};
use shared::api::Source;
use shared::{Currency, Day, DayRange, Money, Timestamp};

use crate::{Dimension, Metric};

/// What stands above the cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Currency of every cost.
    pub currency: Currency,
    /// Where the figures come from.
    pub source: Source,
    /// When AWS was asked, or delivered.
    pub as_of: Timestamp,
    /// The days its cells may fall in.
    pub days: DayRange,
    /// Whether a cell stands for a whole month, on the month's first day.
    pub monthly: bool,
}

/// Figures of one metric, one per cell, in units of 10⁻¹²: narrow where they fit, wide where one does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Figures {
    /// Each fits 64 bits: up to 9.2 million of the currency.
    Narrow(Vec<i64>),
    /// At least one does not.
    Wide(Vec<i128>),
}

/// A dimension: its distinct values, and which one each tuple has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Which dimension.
    pub dimension: Dimension,
    /// Distinct values, sorted; an empty text means none.
    pub dictionary: Vec<String>,
    /// Place in the dictionary, one per tuple.
    pub codes: Vec<u32>,
}

/// Cells of one currency and source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cube {
    pub(crate) header: Header,
    pub(crate) columns: Vec<Column>,
    /// Place of each tuple's first cell, and one more at the end.
    pub(crate) starts: Vec<u32>,
    /// Day of each cell, counted from the first day of the header.
    pub(crate) days: Vec<u16>,
    /// Metrics it knows, with their figures.
    pub(crate) figures: Vec<(Metric, Figures)>,
}

impl Figures {
    /// The figure of a cell.
    pub fn at(&self, cell: usize) -> i128 {
        match self {
            Self::Narrow(units) => units.get(cell).copied().map_or(0, i128::from),
            Self::Wide(units) => units.get(cell).copied().unwrap_or(0),
        }
    }

    /// How many cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Narrow(units) => units.len(),
            Self::Wide(units) => units.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything, exactly.
    pub fn total(&self) -> Money {
        Money::from_units(match self {
            Self::Narrow(units) => units.iter().map(|units| i128::from(*units)).sum(),
            Self::Wide(units) => units.iter().fold(0, |sum: i128, units| sum.saturating_add(*units)),
        })
    }

    fn narrowed(units: Vec<i128>) -> Self {
        let narrow: Result<Vec<i64>, _> = units.iter().map(|units| i64::try_from(*units)).collect();
        narrow.map_or(Self::Wide(units), Self::Narrow)
    }
}

impl Cube {
    /// What stands above the cells.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Its dimensions.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of a dimension, if the cube knows it.
    pub fn find_column(&self, dimension: &Dimension) -> Option<&Column> {
        self.columns.iter().find(|column| column.dimension == *dimension)
    }

    /// The figures of a metric, if the cube knows it.
    pub fn find_figures(&self, metric: Metric) -> Option<&Figures> {
        self.figures.iter().find(|(known, _)| *known == metric).map(|(_, figures)| figures)
    }

    /// Metrics it knows.
    pub fn metrics(&self) -> impl Iterator<Item = Metric> + '_ {
        self.figures.iter().map(|(metric, _)| *metric)
    }

    /// Distinct combinations of dimension values.
    pub fn tuples(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Cells.
    pub fn cells(&self) -> usize {
        self.days.len()
    }

    /// Sum of a metric over all cells; zero for a metric the cube does not know.
    pub fn total(&self, metric: Metric) -> Money {
        self.find_figures(metric).map_or(Money::ZERO, Figures::total)
    }

    /// Places of a tuple's cells.
    pub fn cells_of(&self, tuple: usize) -> std::ops::Range<usize> {
        let at = |place: usize| self.starts.get(place).map_or(0, |start| *start as usize);
        at(tuple)..at(tuple + 1)
    }

    /// Day of a cell.
    pub fn day_of(&self, cell: usize) -> Day {
        self.header.days.start.plus(self.days.get(cell).copied().map_or(0, i32::from))
    }

    /// One cube with the cells of all; equal tuples and days are added. They must agree in dimensions, metrics and
    /// currency; the latest `as_of` wins, days are those of all.
    pub fn merged(cubes: &[Cube]) -> Result<Cube, Unmergeable> {
        let first = cubes.first().ok_or(Unmergeable)?;
        let dimensions: Vec<Dimension> =
            first.columns.iter().map(|column| column.dimension.clone()).collect();
        let metrics: Vec<Metric> = first.metrics().collect();
        let mut header = first.header.clone();
        for cube in cubes {
            let agrees = cube.columns.iter().map(|column| &column.dimension).eq(dimensions.iter())
                && cube.metrics().eq(metrics.iter().copied())
                && cube.header.currency == header.currency
                && cube.header.monthly == header.monthly;
            if !agrees {
                return Err(Unmergeable);
            }
            header.as_of = header.as_of.max(cube.header.as_of);
            header.days = DayRange::new(
                header.days.start.min(cube.header.days.start),
                header.days.end.max(cube.header.days.end),
            );
        }
        let mut builder = CubeBuilder::new(header, dimensions, metrics);
        for cube in cubes {
            builder.add_cube(cube);
        }
        Ok(builder.finish())
    }
}

/// The cubes differ in dimensions, metrics or currency, or there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these cubes cannot be merged")]
pub struct Unmergeable;

/// Hashes codes, which are dense numbers of our own giving, never texts from outside.
#[derive(Clone, Copy, Debug, Default)]
struct CodeHasher(u64);

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
}

#[derive(Clone, Debug)]
struct Interned {
    dimension: Dimension,
    codes: HashMap<String, u32>,
}

/// Tuple and day to the place of the cell: a plain table over the days of one month, and over the first tuples, so
/// that it takes little; everything else is hashed.
#[derive(Clone, Debug, Default)]
struct Places {
    /// First day of the table.
    first: Option<i32>,
    table: Vec<u32>,
    others: HashMap<(u32, i32), u32, BuildHasherDefault<CodeHasher>>,
}

/// Days of the table.
const SPAN: usize = 31;
/// Tuples of the table: 8 MB.
const TABLED: u32 = 1 << 16;
/// No cell yet.
const NO_CELL: u32 = u32::MAX;

impl Places {
    /// The place of a cell, or of the next one.
    #[inline]
    fn of(&mut self, tuple: u32, day: i32, next: u32) -> u32 {
        let first = match self.first {
            Some(first) => first,
            None => *self.first.insert(Day::from_epoch_days(day).period().days().start.epoch_days()),
        };
        let offset = usize::try_from(day.wrapping_sub(first)).unwrap_or(usize::MAX);
        if offset >= SPAN || tuple >= TABLED {
            return *self.others.entry((tuple, day)).or_insert(next);
        }
        let at = (tuple as usize).wrapping_mul(SPAN).wrapping_add(offset);
        match self.table.get_mut(at) {
            Some(slot) if *slot != NO_CELL => *slot,
            Some(slot) => {
                *slot = next;
                next
            }
            None => {
                let rows = at.wrapping_div(SPAN).wrapping_add(1);
                self.table.resize(rows.wrapping_mul(SPAN), NO_CELL);
                if let Some(slot) = self.table.get_mut(at) {
                    *slot = next;
                }
                next
            }
        }
    }
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

    /// As `add_to`, with a day counted from 1970 and as many figures of 64 bits as there are metrics.
    #[inline]
    pub fn add_narrow<const METRICS: usize>(&mut self, tuple: u32, day: i32, units: [i64; METRICS]) {
        let first = self.cell(tuple, day);
        let sums =
            self.units.get_mut(first..first.wrapping_add(METRICS)).and_then(|sums| sums.as_mut_array());
        let Some(sums): Option<&mut [i64; METRICS]> = sums else { return };
        for (place, (sum, units)) in sums.iter_mut().zip(units).enumerate() {
            match sum.checked_add(units) {
                Some(narrow) => *sum = narrow,
                None => {
                    let wide = self.wide.entry(first.saturating_add(place)).or_default();
                    *wide = wide.saturating_add(i128::from(units));
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
        let translated: Vec<Vec<u32>> = cube
            .columns
            .iter()
            .enumerate()
            .map(|(place, column)| column.dictionary.iter().map(|value| self.intern(place, value)).collect())
            .collect();
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

    /// Cells so far; what its memory grows with.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is no cell yet.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Sorts everything: the same cells make the same cube, whatever order they came in.
    pub fn finish(self) -> Cube {
        let mut columns = Vec::with_capacity(self.dimensions.len());
        let mut sorted_codes = Vec::with_capacity(self.dimensions.len());
        for interned in self.dimensions {
            let mut entries: Vec<(String, u32)> = interned.codes.into_iter().collect();
            entries.sort_unstable();
            let mut sorted = vec![0; entries.len()];
            for (place, (_, code)) in (0_u32..).zip(&entries) {
                if let Some(slot) = sorted.get_mut(*code as usize) {
                    *slot = place;
                }
            }
            sorted_codes.push(sorted);
            let dictionary = entries.into_iter().map(|(value, _)| value).collect();
            columns.push(Column { dimension: interned.dimension, dictionary, codes: Vec::new() });
        }
        let mut tuples: Vec<(Vec<u32>, u32)> = self
            .tuples
            .into_iter()
            .map(|(codes, tuple)| {
                let sorted =
                    |(code, sorted): (&u32, &Vec<u32>)| sorted.get(*code as usize).copied().unwrap_or(0);
                (codes.iter().zip(&sorted_codes).map(sorted).collect(), tuple)
            })
            .collect();
        tuples.sort_unstable();
        let mut rank = vec![0_u32; tuples.len()];
        for (place, (codes, tuple)) in (0_u32..).zip(&tuples) {
            if let Some(slot) = rank.get_mut(*tuple as usize) {
                *slot = place;
            }
            for (column, code) in columns.iter_mut().zip(codes) {
                column.codes.push(*code);
            }
        }
        let mut cells: Vec<(u32, i32, u32)> = self
            .cells
            .into_iter()
            .zip(0_u32..)
            .map(|((tuple, day), cell)| (rank.get(tuple as usize).copied().unwrap_or(0), day, cell))
            .collect();
        cells.sort_unstable();
        let mut starts = vec![0_u32; tuples.len() + 1];
        for (tuple, _, _) in &cells {
            if let Some(end) = starts.get_mut(*tuple as usize + 1) {
                *end += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let first = self.header.days.start.epoch_days();
        let days = cells.iter().map(|(_, day, _)| u16::try_from(day - first).unwrap_or(0)).collect();
        let (units, wide, stride) = (self.units, self.wide, self.metrics.len());
        let narrow = |at: usize| units.get(at).copied().unwrap_or(0);
        let figures = self
            .metrics
            .into_iter()
            .enumerate()
            .map(|(place, metric)| {
                let at =
                    |cell: &(u32, i32, u32)| (cell.2 as usize).saturating_mul(stride).saturating_add(place);
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
