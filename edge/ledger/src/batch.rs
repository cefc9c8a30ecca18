//! A batch of rows under way: a lane for each column that is read, found by what the column means.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::each::Each;
use crate::error::DecodeError;
use crate::lanes::{Amount, DayLane, TextLane, UnitLane};
use crate::limits;
use crate::schema::{Bound, Field_ as F, tag_key};
use crate::texts::Dictionary;

/// A column's values.
#[derive(Clone, Debug)]
pub enum Column {
    /// Texts.
    Texts(TextLane),
    /// Costs and quantities.
    Units(UnitLane),
    /// Moments, as days.
    Days(DayLane),
    /// Keys and values.
    Map(Box<MapLane>),
}

/// Maps: of each row the values under the keys that are wanted.
#[derive(Clone, Debug, Default)]
pub struct MapLane {
    /// Keys of all entries.
    pub keys: TextLane,
    /// Values of all entries.
    pub values: TextLane,
    /// Where each row's entries begin, one more place at the end.
    pub starts: Vec<u32>,
    /// Wanted keys, as [`tag_key`] makes them.
    wanted: Vec<String>,
    /// Which wanted key each distinct key is.
    which: Vec<Option<u32>>,
    /// Per wanted key: codes of the rows' values.
    found: Vec<Each<u32>>,
}

impl MapLane {
    /// An empty lane for values under these keys.
    pub fn new(name: &str, wanted: Vec<String>) -> Self {
        let found = wanted.iter().map(|_| Each::default()).collect();
        Self { keys: TextLane::new(name), values: TextLane::new(name), wanted, found, ..Self::default() }
    }

    /// Finds the wanted values among the entries that were read.
    pub fn settle(&mut self) {
        let known = self.keys.dictionary();
        for code in self.which.len()..known.len() {
            let normal = tag_key(known.text(u32::try_from(code).unwrap_or(0)));
            let place = self.wanted.iter().position(|wanted| *wanted == normal);
            self.which.push(place.and_then(|place| u32::try_from(place).ok()));
        }
        let rows = self.starts.len().saturating_sub(1);
        for found in &mut self.found {
            found.begin().resize(rows, 0);
        }
        let ends = self.starts.iter().skip(1);
        for (row, (from, to)) in self.starts.iter().zip(ends).enumerate() {
            for entry in *from as usize..*to as usize {
                let key = self.keys.codes().at(entry).unwrap_or(0);
                let Some(Some(place)) = self.which.get(key as usize) else { continue };
                let value = self.values.codes().at(entry).unwrap_or(0);
                let rows = self.found.get_mut(*place as usize).map(Each::rows_mut);
                if let Some(slot) = rows.and_then(|rows| rows.get_mut(row)).filter(|_| value != 0) {
                    *slot = value;
                }
            }
        }
    }

    fn place_of(&self, key: &str) -> Option<usize> {
        self.wanted.iter().position(|wanted| wanted == key)
    }

    fn at(&self, place: usize, row: usize) -> &str {
        let code = self.found.get(place).and_then(|codes| codes.at(row));
        self.values.dictionary().text(code.unwrap_or(0))
    }
}

/// A column of codes: a lane, and of a lane of maps one of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    lane: usize,
    part: usize,
}

/// The lanes of a file, filled batch by batch.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Rows of the batch.
    pub rows: usize,
    lanes: Vec<Column>,
    fields: BTreeMap<F, usize>,
    /// Lanes of tags that have a column of their own, by key.
    tag_columns: Vec<(usize, String)>,
    /// Lanes of maps of tags, newer first.
    tag_maps: Vec<usize>,
    product: Option<usize>,
    generation: u32,
}

/// Keys of CUR 2.0's map of product attributes that are read.
const PRODUCT_KEYS: [&str; 3] = ["region", "sku", "product_name"];

/// A number no batch had before.
fn next_generation() -> u32 {
    static GENERATIONS: AtomicU32 = AtomicU32::new(1);
    GENERATIONS.fetch_add(1, Ordering::Relaxed)
}

impl Batch {
    /// Lanes for these root columns: places in the file's schema with their names, and whether each is a map.
    pub fn new(bound: &Bound, columns: &[(usize, &str, bool)], tracked: &[String]) -> Self {
        let lane_of = |place: usize| columns.iter().position(|(known, _, _)| *known == place);
        let tags = || tracked.iter().map(|key| tag_key(key)).collect();
        let lanes = columns
            .iter()
            .map(|(place, name, is_map)| {
                let field = bound.fields.iter().find(|(_, known)| *known == place).map(|(field, _)| *field);
                match (is_map, field) {
                    (true, _) if bound.product == Some(*place) => {
                        Column::Map(Box::new(MapLane::new(name, PRODUCT_KEYS.map(tag_key).to_vec())))
                    }
                    (true, _) => Column::Map(Box::new(MapLane::new(name, tags()))),
                    (false, Some(F::Start | F::BillingPeriod)) => Column::Days(DayLane::new(name)),
                    (false, Some(field)) if field.is_amount() => Column::Units(UnitLane::new(name)),
                    (false, _) => Column::Texts(TextLane::new(name)),
                }
            })
            .collect();
        let fields =
            bound.fields.iter().filter_map(|(field, place)| Some((*field, lane_of(*place)?))).collect();
        let tag_columns = bound.tags.columns.iter();
        let tag_columns =
            tag_columns.filter_map(|(place, key)| Some((lane_of(*place)?, key.clone()))).collect();
        let tag_maps = bound.tags.maps.iter().filter_map(|place| lane_of(*place)).collect();
        let product = bound.product.and_then(lane_of);
        Self { rows: 0, lanes, fields, tag_columns, tag_maps, product, generation: next_generation() }
    }

    /// Begins a batch of so many rows. Where texts have become many, all are forgotten: codes begin anew, and the
    /// generation changes.
    pub fn begin(&mut self, rows: usize) {
        self.rows = rows;
        let texts = |column: &Column| match column {
            Column::Texts(lane) => lane.dictionary().bytes(),
            Column::Map(map) => map.keys.dictionary().bytes().saturating_add(map.values.dictionary().bytes()),
            _ => 0,
        };
        if self.lanes.iter().map(texts).sum::<usize>() <= limits::KEPT_TEXTS {
            return;
        }
        self.generation = next_generation();
        for column in &mut self.lanes {
            match column {
                Column::Texts(lane) => lane.clear(),
                Column::Map(map) => {
                    map.keys.clear();
                    map.values.clear();
                    map.which.clear();
                }
                _ => {}
            }
        }
    }

    /// Another one for each file, and whenever codes that were given before mean nothing any more.
    pub const fn generation(&self) -> u32 {
        self.generation
    }

    /// The lanes, one per column.
    pub fn lanes(&self) -> &[Column] {
        &self.lanes
    }

    /// The lanes, to fill them.
    pub fn lanes_mut(&mut self) -> &mut [Column] {
        &mut self.lanes
    }

    /// The lane of amounts of a field; none where the file has no such column.
    pub fn units(&self, field: F) -> Option<&UnitLane> {
        match self.lanes.get(*self.fields.get(&field)?) {
            Some(Column::Units(lane)) => Some(lane),
            _ => None,
        }
    }

    /// The amount of a row.
    pub fn amount(&self, field: F, row: usize) -> Amount {
        self.units(field).map_or(Amount::None, |lane| lane.at(row))
    }

    /// The lane of days of a field.
    pub fn days(&self, field: F) -> Option<&DayLane> {
        match self.lanes.get(*self.fields.get(&field)?) {
            Some(Column::Days(lane)) => Some(lane),
            _ => None,
        }
    }

    /// The lane of texts of a field.
    pub fn texts(&self, field: F) -> Option<&TextLane> {
        match self.lanes.get(*self.fields.get(&field)?) {
            Some(Column::Texts(lane)) => Some(lane),
            _ => None,
        }
    }

    /// The text of a row; empty where the file has no such column.
    pub fn text(&self, field: F, row: usize) -> &str {
        self.texts(field).map_or("", |lane| lane.at(row))
    }

    /// Whether the file has such a column.
    pub fn has(&self, field: F) -> bool {
        self.fields.contains_key(&field)
    }

    /// An attribute of the product, out of the map of CUR 2.0.
    pub fn product(&self, key: &str, row: usize) -> String {
        self.product.map(|lane| self.of_map(lane, &tag_key(key), row)).unwrap_or_default()
    }

    /// The value of a tag: of its own column, else of the maps, the newer one first.
    pub fn tag(&self, key: &str, row: usize) -> String {
        let normal = tag_key(key);
        if let Some((lane, _)) = self.tag_columns.iter().find(|(_, known)| *known == normal)
            && let Some(Column::Texts(lane)) = self.lanes.get(*lane)
        {
            return lane.at(row).to_owned();
        }
        let values = self.tag_maps.iter().map(|lane| self.of_map(*lane, &normal, row));
        values.into_iter().find(|value| !value.is_empty()).unwrap_or_default()
    }

    fn of_map(&self, lane: usize, normal: &str, row: usize) -> String {
        match self.lanes.get(lane) {
            Some(Column::Map(map)) => map.place_of(normal).map_or("", |place| map.at(place, row)).to_owned(),
            Some(Column::Texts(texts)) => of_json(texts.at(row), normal),
            _ => String::new(),
        }
    }

    /// Columns that decide a field's text.
    pub fn keys_of(&self, field: F) -> Vec<Key> {
        let lane = self.texts(field).and_then(|_| self.fields.get(&field));
        lane.map(|lane| Key { lane: *lane, part: 0 }).into_iter().collect()
    }

    /// Columns that decide an attribute of the product.
    pub fn keys_of_product(&self, key: &str) -> Vec<Key> {
        self.product.and_then(|lane| self.key_of_map(lane, &tag_key(key))).into_iter().collect()
    }

    /// Columns that decide a tag.
    pub fn keys_of_tag(&self, key: &str) -> Vec<Key> {
        let normal = tag_key(key);
        if let Some((lane, _)) = self.tag_columns.iter().find(|(_, known)| *known == normal) {
            return vec![Key { lane: *lane, part: 0 }];
        }
        self.tag_maps.iter().filter_map(|lane| self.key_of_map(*lane, &normal)).collect()
    }

    fn key_of_map(&self, lane: usize, normal: &str) -> Option<Key> {
        match self.lanes.get(lane) {
            Some(Column::Map(map)) => map.place_of(normal).map(|part| Key { lane, part }),
            _ => Some(Key { lane, part: 0 }),
        }
    }

    /// The codes of a column, and the dictionary they belong to.
    pub fn codes(&self, key: Key) -> Option<(&Each<u32>, &Dictionary)> {
        match self.lanes.get(key.lane)? {
            Column::Texts(lane) => Some((lane.codes(), lane.dictionary())),
            Column::Map(map) => Some((map.found.get(key.part)?, map.values.dictionary())),
            _ => None,
        }
    }

    /// Fills the lanes from rows of texts, one per lane and row; an absent one is empty.
    pub fn fill_texts<'a>(
        &mut self,
        rows: usize,
        text: impl Fn(usize, usize) -> &'a str,
    ) -> Result<(), DecodeError> {
        use crate::lanes::Lane;
        fn fill<L: Lane>(
            lane: &mut L,
            rows: usize,
            text: impl Fn(usize) -> Vec<u8>,
        ) -> Result<(), DecodeError> {
            let mut values = std::mem::take(lane.rows().begin());
            for row in 0..rows {
                values.push(lane.text(&text(row))?);
            }
            *lane.rows().begin() = values;
            lane.end_batch();
            Ok(())
        }
        self.begin(rows);
        for (place, column) in self.lanes.iter_mut().enumerate() {
            let text = |row: usize| text(place, row).as_bytes().to_vec();
            match column {
                Column::Texts(lane) => {
                    lane.allow(limits::BATCH_TEXTS);
                    fill(lane, rows, text)?;
                }
                Column::Units(lane) => fill(lane, rows, text)?,
                Column::Days(lane) => fill(lane, rows, text)?,
                Column::Map(_) => {}
            }
        }
        Ok(())
    }
}

/// A value of a map that is written as JSON; what is no map has none.
fn of_json(text: &str, normal: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let map: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    let found = map.into_iter().find(|(known, _)| tag_key(known) == normal);
    match found {
        Some((_, serde_json::Value::String(value))) => value,
        Some((_, serde_json::Value::Null)) | None => String::new(),
        Some((_, other)) => other.to_string(),
    }
}
