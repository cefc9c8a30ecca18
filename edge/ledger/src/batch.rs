//! A batch of rows under way: a lane for each column that is read, found by what the column means.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::dimensions::PRODUCT_NAME;
use crate::each::Each;
use crate::error::DecodeError;
use crate::lanes::{Amount, DayLane, Lane, TextLane, UnitLane};
use crate::limits::Held;
use crate::schema::{Asked, Bound, Field_ as F, Labels, asked_tag, folded, tag_key, tag_rank};
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

impl Column {
    /// No row of the batch says anything.
    pub fn set_absent(&mut self) {
        match self {
            Self::Texts(lane) => lane.rows().set(TextLane::ABSENT),
            Self::Map(map) => map.found.iter_mut().for_each(|found| found.set(TextLane::ABSENT)),
            Self::Units(_) | Self::Days(_) => {}
        }
    }
}

/// Maps: of each row the values under the keys that are wanted.
#[derive(Clone, Debug)]
pub struct MapLane {
    /// Keys of all entries.
    pub keys: TextLane,
    /// Values of all entries.
    pub values: TextLane,
    /// Where each row's entries begin, one more place at the end.
    pub starts: Vec<u32>,
    /// Wanted keys, as `key_of` makes them.
    wanted: Vec<String>,
    /// How keys are compared.
    key_of: fn(&str) -> String,
    /// Which wanted key each distinct key is, and its rank among those that mean the same.
    which: Vec<Option<(u32, u8)>>,
    /// Whether any rank but the first was met, so that a row's values have to be weighed.
    has_ranks: bool,
    /// Per wanted key: codes of the rows' values.
    found: Vec<Each<u32>>,
}

impl MapLane {
    /// An empty lane for values under these keys, which `key_of` made.
    pub fn new(name: &str, wanted: Vec<String>, key_of: fn(&str) -> String) -> Self {
        Self {
            keys: TextLane::new(name),
            values: TextLane::new(name),
            starts: Vec::new(),
            found: wanted.iter().map(|_| Each::default()).collect(),
            wanted,
            key_of,
            which: Vec::new(),
            has_ranks: false,
        }
    }

    /// Finds the wanted values among the entries that were read. Of several under one key the last that says anything
    /// counts, as Parquet has it and as texts of JSON are read.
    pub fn settle(&mut self) {
        let known = self.keys.dictionary();
        for code in self.which.len()..known.len() {
            let key = known.text(u32::try_from(code).unwrap_or(0));
            let normal = (self.key_of)(key);
            let place = self.wanted.iter().position(|wanted| *wanted == normal);
            let rank = tag_rank(key);
            self.has_ranks |= place.is_some() && rank > 0;
            self.which.push(place.and_then(|place| Some((u32::try_from(place).ok()?, rank))));
        }
        let rows = self.starts.len().saturating_sub(1);
        for found in &mut self.found {
            found.begin().resize(rows, 0);
        }
        // Ranks of the values a row has so far.
        let mut ranks = vec![u8::MAX; if self.has_ranks { self.wanted.len() } else { 0 }];
        let ends = self.starts.iter().skip(1);
        for (row, (from, to)) in self.starts.iter().zip(ends).enumerate() {
            ranks.fill(u8::MAX);
            for entry in *from as usize..*to as usize {
                let key = self.keys.codes().at(entry).unwrap_or(0);
                let Some(Some((place, rank))) = self.which.get(key as usize) else { continue };
                let value = self.values.codes().at(entry).unwrap_or(0);
                if value == 0 {
                    continue;
                }
                if let Some(held) = ranks.get_mut(*place as usize) {
                    if *held < *rank {
                        continue;
                    }
                    *held = *rank;
                }
                let rows = self.found.get_mut(*place as usize).map(Each::rows_mut);
                if let Some(slot) = rows.and_then(|rows| rows.get_mut(row)) {
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
    /// How much may be held.
    pub held: Held,
    lanes: Vec<Column>,
    fields: BTreeMap<F, usize>,
    /// Lanes of the tags, by their columns' keys, and of their maps.
    tags: Labels,
    /// Lanes of the cost categories.
    cost_categories: Labels,
    product: Option<usize>,
    generation: u32,
}

/// Keys of CUR 2.0's map of product attributes that are read.
const PRODUCT_KEYS: [&str; 3] = ["region", "sku", PRODUCT_NAME];

/// A number no batch had before.
fn next_generation() -> u32 {
    static GENERATIONS: AtomicU32 = AtomicU32::new(1);
    GENERATIONS.fetch_add(1, Ordering::Relaxed)
}

impl Batch {
    /// Lanes for these root columns: places in the file's schema with their names, and whether each is a map.
    pub fn new(bound: &Bound, columns: &[(usize, &str, bool)], asked: &Asked) -> Self {
        let lane_of = |place: usize| columns.iter().position(|(known, _, _)| *known == place);
        let lanes = columns
            .iter()
            .map(|(place, name, is_map)| {
                let field = bound.fields.iter().find(|(_, known)| *known == place).map(|(field, _)| *field);
                match (is_map, field) {
                    (true, _) => Column::Map(Box::new(Self::map_lane(bound, *place, name, asked))),
                    (false, Some(F::Start | F::BillingPeriod)) => Column::Days(DayLane::new(name)),
                    (false, Some(field)) if field.is_amount() => Column::Units(UnitLane::new(name)),
                    (false, Some(F::BillingAccount | F::SubAccount)) => {
                        Column::Texts(TextLane::of_accounts(name))
                    }
                    (false, _) => Column::Texts(TextLane::new(name)),
                }
            })
            .collect();
        let fields =
            bound.fields.iter().filter_map(|(field, place)| Some((*field, lane_of(*place)?))).collect();
        let lanes_of = |labels: &Labels| Labels {
            columns: labels
                .columns
                .iter()
                .filter_map(|(place, key)| Some((lane_of(*place)?, key.clone())))
                .collect(),
            maps: labels.maps.iter().filter_map(|place| lane_of(*place)).collect(),
        };
        Self {
            rows: 0,
            held: Held::default(),
            lanes,
            fields,
            tags: lanes_of(&bound.tags),
            cost_categories: lanes_of(&bound.cost_categories),
            product: bound.product.and_then(lane_of),
            generation: next_generation(),
        }
    }

    fn map_lane(bound: &Bound, place: usize, name: &str, asked: &Asked) -> MapLane {
        if bound.product == Some(place) {
            MapLane::new(name, PRODUCT_KEYS.map(folded).to_vec(), folded)
        } else if bound.cost_categories.maps.contains(&place) {
            MapLane::new(name, asked.cost_categories.clone(), folded)
        } else {
            MapLane::new(name, asked.tags.clone(), tag_key)
        }
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
        if self.lanes.iter().map(texts).sum::<usize>() <= self.held.kept_texts {
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
        self.product.map(|lane| self.of_map(lane, &folded(key), folded, row)).unwrap_or_default()
    }

    /// The value of a tag.
    pub fn tag(&self, key: &str, row: usize) -> String {
        self.label(&self.tags, &asked_tag(key), tag_key, row)
    }

    /// The value of a cost category.
    pub fn cost_category(&self, name: &str, row: usize) -> String {
        self.label(&self.cost_categories, &folded(name), folded, row)
    }

    /// Of the columns of its own, else of the maps, the newer one first: the first that says anything.
    fn label(&self, labels: &Labels, normal: &str, key_of: fn(&str) -> String, row: usize) -> String {
        let own = labels.columns.iter().filter(|(_, known)| *known == normal);
        let own = own.filter_map(|(lane, _)| match self.lanes.get(*lane) {
            Some(Column::Texts(lane)) => Some(lane.at(row).to_owned()),
            _ => None,
        });
        let maps = labels.maps.iter().map(|lane| self.of_map(*lane, normal, key_of, row));
        own.chain(maps).find(|value| !value.is_empty()).unwrap_or_default()
    }

    fn of_map(&self, lane: usize, normal: &str, key_of: fn(&str) -> String, row: usize) -> String {
        match self.lanes.get(lane) {
            Some(Column::Map(map)) => map.place_of(normal).map_or("", |place| map.at(place, row)).to_owned(),
            Some(Column::Texts(texts)) => of_json(texts.at(row), normal, key_of),
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
        self.product.and_then(|lane| self.key_of_map(lane, &folded(key))).into_iter().collect()
    }

    /// Columns that decide a tag.
    pub fn keys_of_tag(&self, key: &str) -> Vec<Key> {
        self.keys_of_label(&self.tags, &asked_tag(key))
    }

    /// Columns that decide a cost category.
    pub fn keys_of_cost_category(&self, name: &str) -> Vec<Key> {
        self.keys_of_label(&self.cost_categories, &folded(name))
    }

    fn keys_of_label(&self, labels: &Labels, normal: &str) -> Vec<Key> {
        let own = labels.columns.iter().filter(|(_, known)| *known == normal);
        let own = own.map(|(lane, _)| Key { lane: *lane, part: 0 });
        own.chain(labels.maps.iter().filter_map(|lane| self.key_of_map(*lane, normal))).collect()
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

    /// Begins a batch whose rows are added one by one.
    pub fn begin_texts(&mut self) {
        self.begin(0);
        for column in &mut self.lanes {
            match column {
                Column::Texts(lane) => {
                    lane.allow(self.held.batch_texts);
                    begin_texts(lane);
                }
                Column::Units(lane) => begin_texts(lane),
                Column::Days(lane) => begin_texts(lane),
                Column::Map(_) => {}
            }
        }
    }

    /// Adds a row of texts, one per lane; an absent one is empty.
    pub fn push_texts<'a>(&mut self, text: impl Fn(usize) -> &'a [u8]) -> Result<(), DecodeError> {
        for (place, column) in self.lanes.iter_mut().enumerate() {
            match column {
                Column::Texts(lane) => push_text(lane, text(place))?,
                Column::Units(lane) => push_text(lane, text(place))?,
                Column::Days(lane) => push_text(lane, text(place))?,
                Column::Map(_) => {}
            }
        }
        self.rows = self.rows.saturating_add(1);
        Ok(())
    }

    /// All rows of the batch are there.
    pub fn end_texts(&mut self) {
        for column in &mut self.lanes {
            if let Column::Units(lane) = column {
                lane.end_batch();
            }
        }
    }
}

fn begin_texts<L: Lane>(lane: &mut L) {
    lane.begin_batch();
    lane.rows().begin();
}

fn push_text<L: Lane>(lane: &mut L, text: &[u8]) -> Result<(), DecodeError> {
    let value = lane.text(text)?;
    lane.rows().rows_mut().push(value);
    Ok(())
}

/// A value of a map that is written as JSON, by the rule of [`MapLane::settle`]; what is no map has none.
fn of_json(text: &str, normal: &str, key_of: fn(&str) -> String) -> String {
    let mut found = (u8::MAX, String::new());
    let Pairs(pairs) = serde_json::from_str(text).unwrap_or_default();
    for (key, value) in pairs {
        let value = match value {
            Value::String(value) => value,
            Value::Null => continue,
            other => other.to_string(),
        };
        let rank = tag_rank(&key);
        if !value.is_empty() && rank <= found.0 && key_of(&key) == normal {
            found = (rank, value);
        }
    }
    found.1
}

/// The entries of a JSON object in their order, those of equal keys too.
#[derive(Default)]
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = entries.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}
