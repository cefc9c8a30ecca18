//! The tree of a file's columns: walked without recursion, flattened into the two forms that reports have, plain
//! columns and maps. Everything else is known by name and not read.

use crate::error::DecodeError;
use crate::limits;
use crate::thrift::{Kind, Thrift};

/// How the values of a leaf are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Physical {
    /// 4 bytes, little-endian.
    Int32,
    /// 8 bytes, little-endian.
    Int64,
    /// 12 bytes: nanoseconds of a day and its Julian number.
    Int96,
    /// 4 bytes.
    Float,
    /// 8 bytes.
    Double,
    /// Length and bytes.
    Bytes,
    /// So many bytes.
    Fixed(u32),
    /// A bit.
    Boolean,
    /// What nobody knows.
    Other,
}

impl Physical {
    /// In Parquet's words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int32 => "INT32",
            Self::Int64 => "INT64",
            Self::Int96 => "INT96",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::Bytes => "BYTE_ARRAY",
            Self::Fixed(_) => "FIXED_LEN_BYTE_ARRAY",
            Self::Boolean => "BOOLEAN",
            Self::Other => "unknown",
        }
    }
}

/// What the values of a leaf mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// What the storage says: texts, numbers.
    Plain,
    /// A whole number of 10^-scale.
    Decimal(i32),
    /// Days since 1970.
    Date,
    /// Moments since 1970, so many to a second.
    Moment(i64),
}

/// A leaf of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Which root column it belongs to.
    pub root: usize,
    /// How it is stored.
    pub physical: Physical,
    /// What it means.
    pub meaning: Meaning,
    /// Definition level of a value that is there.
    pub definition: u8,
    /// Repetition level of a value that is not the first of its row.
    pub repetition: u8,
    /// Whether it may itself be null.
    pub is_optional: bool,
}

impl Leaf {
    /// Definition level of an entry that is there, whether or not it holds a value.
    pub const fn entry(&self) -> u8 {
        self.definition.saturating_sub(if self.is_optional { 1 } else { 0 })
    }
}

/// A root column: what it is called and which leaves it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Its name in the file.
    pub name: String,
    /// Its form.
    pub form: Form,
}

/// The forms of root columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One value per row, in this leaf.
    Flat(usize),
    /// Keys and values per row, in these leaves.
    Map(usize, usize),
    /// Something nobody reads.
    Other,
}

/// The columns of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Root columns in order.
    pub roots: Vec<Root>,
    /// Leaves in order, as row groups list them.
    pub leaves: Vec<Leaf>,
}

impl Schema {
    /// Name of a leaf's root column.
    pub fn name_of(&self, leaf: usize) -> &str {
        let root = self.leaves.get(leaf).and_then(|leaf| self.roots.get(leaf.root));
        root.map_or("", |root| root.name.as_str())
    }
}

/// A node as the footer describes it.
#[derive(Default)]
struct Element {
    name: String,
    kind: Option<i64>,
    length: i64,
    repetition: i64,
    children: i64,
    converted: Option<i64>,
    scale: i64,
    logical: Option<Meaning>,
}

/// A group that is being walked.
struct Open {
    left: u64,
    definition: u8,
    repetition: u8,
}

const BROKEN: DecodeError = DecodeError::Truncated("the schema is no tree");
const TOO_DEEP: DecodeError =
    DecodeError::TooLarge { thing: "the depth of the schema", limit: limits::DEPTH as u64 };

/// Reads the list of nodes, depth first, into the schema.
pub fn read(thrift: &mut Thrift<'_>) -> Result<Schema, DecodeError> {
    let (_, elements) = thrift.list()?;
    if elements > limits::COLUMNS {
        return Err(DecodeError::TooLarge { thing: "the number of columns", limit: limits::COLUMNS as u64 });
    }
    let mut schema = Schema::default();
    let mut open: Vec<Open> = Vec::new();
    // Depth of each leaf, root columns being 1.
    let mut depths: Vec<usize> = Vec::new();
    for place in 0..elements {
        let element = element(thrift)?;
        let children = u64::try_from(element.children).map_err(|_| BROKEN)?;
        if place == 0 {
            open.push(Open { left: children, definition: 0, repetition: 0 });
            continue;
        }
        while open.len() > 1 && open.last().is_some_and(|group| group.left == 0) {
            open.pop();
        }
        let depth = open.len();
        let group = open.last_mut().ok_or(BROKEN)?;
        group.left = group.left.checked_sub(1).ok_or(BROKEN)?;
        let definition = group.definition.saturating_add(u8::from(element.repetition != 0));
        let repetition = group.repetition.saturating_add(u8::from(element.repetition == 2));
        if depth == 1 {
            schema.roots.push(Root { name: element.name.clone(), form: Form::Other });
        }
        if children > 0 {
            open.push(Open { left: children, definition, repetition });
            if open.len() > limits::DEPTH {
                return Err(TOO_DEEP);
            }
            continue;
        }
        depths.push(depth);
        schema.leaves.push(Leaf {
            root: schema.roots.len().saturating_sub(1),
            physical: physical(&element),
            meaning: meaning(&element)?,
            definition,
            repetition,
            is_optional: element.repetition == 1,
        });
    }
    if open.is_empty() || open.iter().any(|group| group.left > 0) {
        return Err(BROKEN);
    }
    shape(&mut schema, &depths);
    Ok(schema)
}

/// Recognises flat columns and maps.
fn shape(schema: &mut Schema, depths: &[usize]) {
    let mut leaves_of: Vec<Vec<usize>> = vec![Vec::new(); schema.roots.len()];
    for (place, leaf) in schema.leaves.iter().enumerate() {
        if let Some(leaves) = leaves_of.get_mut(leaf.root) {
            leaves.push(place);
        }
    }
    for (root, leaves) in schema.roots.iter_mut().zip(&leaves_of) {
        let at = |place: usize| Some((schema.leaves.get(place)?, depths.get(place)?));
        root.form = match leaves.as_slice() {
            [only] => match at(*only) {
                Some((leaf, 1)) if leaf.repetition == 0 => Form::Flat(*only),
                _ => Form::Other,
            },
            // A map, whatever its writer calls the levels between; or a list of pairs, one level deeper. Some make
            // the key optional.
            [key, value] => match (at(*key), at(*value)) {
                (Some((first, depth)), Some((second, other)))
                    if depth == other
                        && matches!(depth, 2..=4)
                        && first.repetition == 1
                        && second.repetition == 1
                        && first.physical == Physical::Bytes
                        && first.entry() == second.entry() =>
                {
                    Form::Map(*key, *value)
                }
                _ => Form::Other,
            },
            _ => Form::Other,
        };
    }
}

fn element(thrift: &mut Thrift<'_>) -> Result<Element, DecodeError> {
    let mut element = Element::default();
    thrift.fields(|thrift, id, kind| {
        match (id, kind) {
            (1, Kind::I32) => element.kind = Some(thrift.number()?),
            (2, Kind::I32) => element.length = thrift.number()?,
            (3, Kind::I32) => element.repetition = thrift.number()?,
            (4, Kind::Binary) => element.name = thrift.text()?,
            (5, Kind::I32) => element.children = thrift.number()?,
            (6, Kind::I32) => element.converted = Some(thrift.number()?),
            (7, Kind::I32) => element.scale = thrift.number()?,
            (10, Kind::Struct) => element.logical = logical(thrift)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(element)
}

/// The newer way to say what values mean: a union.
fn logical(thrift: &mut Thrift<'_>) -> Result<Option<Meaning>, DecodeError> {
    let mut meaning = None;
    thrift.fields(|thrift, id, kind| {
        match (id, kind) {
            (5, Kind::Struct) => {
                let mut scale = 0;
                thrift.fields(|thrift, id, kind| match (id, kind) {
                    (1, Kind::I32) => {
                        scale = thrift.number()?;
                        Ok(true)
                    }
                    _ => Ok(false),
                })?;
                meaning = Some(Meaning::Decimal(i32::try_from(scale).unwrap_or(i32::MAX)));
            }
            (8, Kind::Struct) => {
                let mut per_second = 1_000;
                thrift.fields(|thrift, id, kind| match (id, kind) {
                    (2, Kind::Struct) => {
                        thrift.fields(|_, id, _| {
                            per_second = match id {
                                2 => 1_000_000,
                                3 => 1_000_000_000,
                                _ => 1_000,
                            };
                            Ok(false)
                        })?;
                        Ok(true)
                    }
                    _ => Ok(false),
                })?;
                meaning = Some(Meaning::Moment(per_second));
            }
            (1, Kind::Struct) => {
                meaning = Some(Meaning::Plain);
                return Ok(false);
            }
            (6, Kind::Struct) => {
                meaning = Some(Meaning::Date);
                return Ok(false);
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(meaning)
}

fn physical(element: &Element) -> Physical {
    match element.kind {
        Some(0) => Physical::Boolean,
        Some(1) => Physical::Int32,
        Some(2) => Physical::Int64,
        Some(3) => Physical::Int96,
        Some(4) => Physical::Float,
        Some(5) => Physical::Double,
        Some(6) => Physical::Bytes,
        Some(7) => match u32::try_from(element.length) {
            Ok(length) if length > 0 && length <= 1_024 => Physical::Fixed(length),
            _ => Physical::Other,
        },
        _ => Physical::Other,
    }
}

/// What both ways to say it come to: where they contradict each other, one of them is damaged.
fn meaning(element: &Element) -> Result<Meaning, DecodeError> {
    if physical(element) == Physical::Int96 {
        // Turned into milliseconds where it is read.
        return Ok(Meaning::Moment(1_000));
    }
    let older = match element.converted {
        // UTF8, ENUM, JSON, BSON.
        Some(0 | 4 | 19 | 20) => Some(Meaning::Plain),
        Some(5) => Some(Meaning::Decimal(i32::try_from(element.scale).unwrap_or(i32::MAX))),
        Some(6) => Some(Meaning::Date),
        Some(9) => Some(Meaning::Moment(1_000)),
        Some(10) => Some(Meaning::Moment(1_000_000)),
        _ => None,
    };
    match (element.logical, older) {
        (Some(logical), Some(older)) if logical != older => {
            Err(DecodeError::Truncated("a column has two meanings"))
        }
        (logical, older) => Ok(logical.or(older).unwrap_or(Meaning::Plain)),
    }
}
