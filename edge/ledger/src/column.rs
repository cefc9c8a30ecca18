//! Columns of a batch in the three forms the cost math wants: texts with codes, exact amounts, days.

use std::collections::HashMap;

use shared::{Day, Money};

use crate::error::{DecodeError, shortened};
use crate::tree::Meaning;

/// A column of a batch, as it was stored.
#[derive(Clone, Debug)]
pub enum Column {
    /// Texts.
    Texts(Texts),
    /// Whole numbers.
    Integers(Vec<Option<i64>>, Meaning),
    /// Decimals of more than 8 bytes.
    Wide(Vec<Option<i128>>, Meaning),
    /// Doubles.
    Doubles(Vec<Option<f64>>),
    /// Keys and values.
    Map(MapColumn),
}

/// A column of maps: where each row's entries begin, one more place at the end, and the entries.
#[derive(Clone, Debug)]
pub struct MapColumn {
    /// One more than rows.
    pub starts: Vec<u32>,
    /// One per entry.
    pub keys: Texts,
    /// One per entry; an absent value is empty.
    pub values: Texts,
}

/// Texts: distinct ones once, a code per row. An absent text is an empty one.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// Distinct values.
    pub values: Vec<String>,
    /// Place among them, per row.
    pub codes: Vec<u32>,
}

impl Texts {
    /// The same text in every row.
    pub fn constant(value: &str, rows: usize) -> Self {
        Self { values: vec![value.to_owned()], codes: vec![0; rows] }
    }

    /// Reads a column of texts, or of numbers that stand for texts, such as account ids.
    pub fn of(column: &Column, name: &str) -> Result<Self, DecodeError> {
        let number = |number: Option<i128>| match number {
            // Account ids lose their leading zeros when somebody makes numbers of them.
            Some(number) => format!("{number:012}"),
            None => String::new(),
        };
        let mut found = Interner::default();
        match column {
            Column::Texts(texts) => return Ok(texts.clone()),
            Column::Integers(numbers, Meaning::Plain | Meaning::Decimal(0)) => {
                numbers.iter().for_each(|value| found.push(&number(value.map(i128::from))));
            }
            Column::Wide(numbers, Meaning::Decimal(0)) => {
                numbers.iter().for_each(|value| found.push(&number(*value)));
            }
            Column::Doubles(numbers) => {
                for value in numbers {
                    let whole = value.filter(|value| value.abs() < 1e15);
                    found.push(&number(whole.map(|value| value as i128)));
                }
            }
            _ => return Err(wrong(column, name)),
        }
        Ok(found.done())
    }

    /// The text of a row.
    pub fn at(&self, row: usize) -> &str {
        self.codes.get(row).and_then(|code| self.values.get(*code as usize)).map_or("", String::as_str)
    }

    /// The code of a row.
    pub fn code(&self, row: usize) -> u32 {
        self.codes.get(row).copied().unwrap_or(0)
    }

    /// Texts derived from these, value by value.
    pub fn map(&self, derive: impl Fn(&str) -> String) -> Self {
        let mut found = Interner::default();
        let codes: Vec<u32> = self.values.iter().map(|value| found.code(&derive(value))).collect();
        found.codes = self.codes.iter().map(|code| codes.get(*code as usize).copied().unwrap_or(0)).collect();
        found.done()
    }

    /// Texts derived from these and others, pair by pair.
    pub fn zip(&self, other: &Self, derive: impl Fn(&str, &str) -> String) -> Self {
        let mut found = Interner::default();
        // Codes are few: a table over their pairs answers without hashing, row by row.
        let width = other.values.len().max(1);
        let table = self.values.len().max(1).saturating_mul(width);
        let mut dense = vec![u32::MAX; if table <= DENSE { table } else { 0 }];
        let mut sparse: HashMap<(u32, u32), u32> = HashMap::new();
        for (row, code) in self.codes.iter().enumerate() {
            let pair = (*code, other.code(row));
            let place = dense.get_mut(pair.0 as usize * width + pair.1 as usize);
            let known = match &place {
                Some(place) => Some(**place).filter(|known| *known != u32::MAX),
                None => sparse.get(&pair).copied(),
            };
            let derived = known.unwrap_or_else(|| {
                let derived = found.code(&derive(self.at(row), other.at(row)));
                match place {
                    Some(place) => *place = derived,
                    None => drop(sparse.insert(pair, derived)),
                }
                derived
            });
            found.codes.push(derived);
        }
        found.done()
    }
}

/// Pairs of codes up to which a table over all of them is kept: 256 KiB.
const DENSE: usize = 1 << 16;

/// Gives codes to texts.
#[derive(Default)]
pub(crate) struct Interner {
    known: HashMap<String, u32>,
    values: Vec<String>,
    pub(crate) codes: Vec<u32>,
}

impl Interner {
    /// The code of a text.
    pub(crate) fn code(&mut self, value: &str) -> u32 {
        if let Some(code) = self.known.get(value) {
            return *code;
        }
        let code = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.known.insert(value.to_owned(), code);
        self.values.push(value.to_owned());
        code
    }

    fn push(&mut self, value: &str) {
        let code = self.code(value);
        self.codes.push(code);
    }

    pub(crate) fn done(self) -> Texts {
        Texts { values: self.values, codes: self.codes }
    }
}

/// Amounts in units of 10⁻¹²; none where there is none.
#[derive(Clone, Debug, Default)]
pub struct Amounts {
    values: Vec<Option<i128>>,
    /// Rows whose text is no number.
    pub bad: Vec<usize>,
}

impl Amounts {
    /// Reads a column of costs or quantities. What is no finite number below 10¹² condemns the file; a text that is no
    /// number only its row.
    pub fn of(column: &Column, name: &str) -> Result<Self, DecodeError> {
        let mut bad = Vec::new();
        let scaled = |value: Option<i128>, meaning: Meaning| {
            let scale = if let Meaning::Decimal(scale) = meaning { scale } else { 0 };
            value.map(|value| rescaled(value, scale, name)).transpose()
        };
        let values: Vec<Option<i128>> = match column {
            Column::Doubles(numbers) => numbers
                .iter()
                .map(|value| {
                    value.map(|value| Money::from_f64(value).map(Money::units)).transpose().map_err(|_| {
                        let value = shortened(&value.unwrap_or_default().to_string());
                        DecodeError::BadValue { column: name.to_owned(), value }
                    })
                })
                .collect::<Result<_, _>>()?,
            Column::Integers(numbers, meaning @ (Meaning::Plain | Meaning::Decimal(_))) => numbers
                .iter()
                .map(|value| scaled(value.map(i128::from), *meaning))
                .collect::<Result<_, _>>()?,
            Column::Wide(numbers, meaning) => {
                numbers.iter().map(|value| scaled(*value, *meaning)).collect::<Result<_, _>>()?
            }
            Column::Texts(texts) => {
                let parsed: Vec<Result<Option<i128>, ()>> = texts
                    .values
                    .iter()
                    .map(|text| match text.trim() {
                        "" => Ok(None),
                        text => text.parse::<Money>().map(|money| Some(money.units())).map_err(|_| ()),
                    })
                    .collect();
                let mut values = Vec::with_capacity(texts.codes.len());
                for (row, code) in texts.codes.iter().enumerate() {
                    match parsed.get(*code as usize) {
                        Some(Ok(value)) => values.push(*value),
                        _ => {
                            bad.push(row);
                            values.push(None);
                        }
                    }
                }
                values
            }
            _ => return Err(wrong(column, name)),
        };
        Ok(Self { values, bad })
    }

    /// The amount of a row.
    pub fn at(&self, row: usize) -> Option<i128> {
        self.values.get(row).copied().flatten()
    }
}

/// A decimal of another scale, ties to even.
fn rescaled(value: i128, scale: i32, name: &str) -> Result<i128, DecodeError> {
    let bad = || DecodeError::BadValue { column: name.to_owned(), value: shortened(&value.to_string()) };
    let places = 12_i32.saturating_sub(scale);
    let factor = 10_i128.checked_pow(places.unsigned_abs()).ok_or_else(bad)?;
    let units = if places >= 0 {
        value.checked_mul(factor).ok_or_else(bad)?
    } else {
        let (whole, rest) = (value.div_euclid(factor), value.rem_euclid(factor));
        let up = rest * 2 > factor || (rest * 2 == factor && whole % 2 != 0);
        whole + i128::from(up)
    };
    if units.unsigned_abs() >= shared::money::LIMIT.unsigned_abs() { Err(bad()) } else { Ok(units) }
}

/// Days of a column of moments: the UTC day each one falls on.
pub fn days(column: &Column, name: &str) -> Result<Vec<Option<Day>>, DecodeError> {
    // Within the years 1 to 9999; anything else is no moment of a bill.
    let day = |day: i64| {
        i32::try_from(day).ok().filter(|day| (-719_162..=2_932_896).contains(day)).map(Day::from_epoch_days)
    };
    match column {
        Column::Integers(numbers, Meaning::Moment(per_second)) => {
            let per_day = per_second.saturating_mul(86_400);
            Ok(numbers
                .iter()
                .map(|value| value.and_then(|value| value.checked_div_euclid(per_day)).and_then(day))
                .collect())
        }
        Column::Integers(numbers, Meaning::Date) => {
            Ok(numbers.iter().map(|value| value.and_then(day)).collect())
        }
        Column::Texts(texts) => {
            let parsed: Vec<Option<Day>> =
                texts.values.iter().map(|text| text.get(..10).and_then(|day| day.parse().ok())).collect();
            Ok(texts.codes.iter().map(|code| parsed.get(*code as usize).copied().flatten()).collect())
        }
        _ => Err(wrong(column, name)),
    }
}

/// Values of a column of maps under some keys: per key one column of texts. Keys are compared in their `normal` form.
/// Maps that another tool wrote as JSON are read as well.
pub fn map_values(
    column: &Column,
    name: &str,
    keys: &[String],
    normal: impl Fn(&str) -> String,
) -> Result<Vec<Texts>, DecodeError> {
    let map = match column {
        Column::Map(map) => map,
        Column::Texts(texts) => return Ok(keys.iter().map(|key| of_json(texts, key, &normal)).collect()),
        _ => return Err(wrong(column, name)),
    };
    // Which wanted key each distinct key is.
    let places: Vec<Option<usize>> = map
        .keys
        .values
        .iter()
        .map(|key| {
            let normal = normal(key);
            keys.iter().position(|wanted| *wanted == normal)
        })
        .collect();
    let mut columns: Vec<Interner> = keys.iter().map(|_| Interner::default()).collect();
    let mut found: Vec<&str> = vec![""; keys.len()];
    let ends = map.starts.iter().skip(1);
    for (from, to) in map.starts.iter().zip(ends) {
        found.fill("");
        for entry in *from as usize..*to as usize {
            let place = places.get(map.keys.code(entry) as usize).copied().flatten();
            let value = map.values.at(entry);
            if let Some(slot) = place.and_then(|place| found.get_mut(place)).filter(|_| !value.is_empty()) {
                *slot = value;
            }
        }
        columns.iter_mut().zip(&found).for_each(|(column, value)| column.push(value));
    }
    Ok(columns.into_iter().map(Interner::done).collect())
}

/// A value of maps that are written as JSON; what is no map has none.
fn of_json(texts: &Texts, key: &str, normal: impl Fn(&str) -> String) -> Texts {
    texts.map(|text| {
        let map: HashMap<String, serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
        let found = map.into_iter().find(|(known, _)| normal(known) == key);
        match found {
            Some((_, serde_json::Value::String(value))) => value,
            Some((_, serde_json::Value::Null)) | None => String::new(),
            Some((_, other)) => other.to_string(),
        }
    })
}

fn wrong(column: &Column, name: &str) -> DecodeError {
    let found = match column {
        Column::Texts(_) => "text",
        Column::Integers(_, Meaning::Date) => "date",
        Column::Integers(_, Meaning::Moment(_)) => "timestamp",
        Column::Integers(..) => "integer",
        Column::Wide(..) => "decimal",
        Column::Doubles(_) => "double",
        Column::Map(_) => "map",
    };
    DecodeError::WrongType { column: name.to_owned(), found: found.to_owned() }
}
