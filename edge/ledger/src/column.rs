//! Columns of a batch in the three forms the cost math wants: texts with codes, exact amounts, days.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float32Array, Float64Array, MapArray};
use arrow::datatypes::{
    DataType, Date32Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use shared::{Day, Money};

use crate::error::{DecodeError, shortened};

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
    pub fn of(array: &ArrayRef, name: &str) -> Result<Self, DecodeError> {
        let mut found = Interner::default();
        match array.data_type() {
            DataType::Dictionary(key, value) if **key == DataType::Int32 && **value == DataType::Utf8 => {
                let dictionary = array.as_dictionary::<Int32Type>();
                let values = dictionary.values().as_string::<i32>();
                let mut codes: Vec<Option<u32>> = vec![None; values.len()];
                for row in 0..dictionary.len() {
                    let key = dictionary.key(row).filter(|_| dictionary.is_valid(row));
                    let code = match key.and_then(|key| codes.get(key).copied().map(|code| (key, code))) {
                        Some((_, Some(code))) => code,
                        Some((key, None)) => {
                            let code = found.code(if values.is_valid(key) { values.value(key) } else { "" });
                            if let Some(slot) = codes.get_mut(key) {
                                *slot = Some(code);
                            }
                            code
                        }
                        None => found.code(""),
                    };
                    found.codes.push(code);
                }
            }
            DataType::Utf8 => found.all(array.as_string::<i32>().iter()),
            DataType::LargeUtf8 => found.all(array.as_string::<i64>().iter()),
            DataType::Utf8View => found.all(array.as_string_view().iter()),
            DataType::Int64 | DataType::Int32 => {
                // Account ids lose their leading zeros when somebody makes numbers of them.
                let texts: Vec<Option<String>> = integers(array, name)?
                    .map(|number| number.map(|number| format!("{number:012}")))
                    .collect();
                found.all(texts.iter().map(Option::as_deref));
            }
            DataType::Null => found.all(std::iter::repeat_n(None, array.len())),
            _ => return Err(wrong(array, name)),
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
        let mut known: HashMap<(u32, u32), u32> = HashMap::new();
        for (row, code) in self.codes.iter().enumerate() {
            let pair = (*code, other.code(row));
            let derived = match known.get(&pair) {
                Some(derived) => *derived,
                None => {
                    let derived = found.code(&derive(self.at(row), other.at(row)));
                    known.insert(pair, derived);
                    derived
                }
            };
            found.codes.push(derived);
        }
        found.done()
    }
}

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

    fn all<'a>(&mut self, values: impl Iterator<Item = Option<&'a str>>) {
        for value in values {
            let code = self.code(value.unwrap_or_default());
            self.codes.push(code);
        }
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
    pub fn of(array: &ArrayRef, name: &str) -> Result<Self, DecodeError> {
        let double = |value: f64| {
            let bad =
                || DecodeError::BadValue { column: name.to_owned(), value: shortened(&value.to_string()) };
            Money::from_f64(value).map(Money::units).map_err(|_| bad())
        };
        let mut bad = Vec::new();
        let values: Vec<Option<i128>> = match array.data_type() {
            DataType::Float64 => {
                let numbers =
                    array.as_any().downcast_ref::<Float64Array>().ok_or_else(|| wrong(array, name))?;
                numbers.iter().map(|value| value.map(double).transpose()).collect::<Result<_, _>>()?
            }
            DataType::Float32 => {
                let numbers =
                    array.as_any().downcast_ref::<Float32Array>().ok_or_else(|| wrong(array, name))?;
                numbers
                    .iter()
                    .map(|value| value.map(|value| double(f64::from(value))).transpose())
                    .collect::<Result<_, _>>()?
            }
            DataType::Int64 | DataType::Int32 => integers(array, name)?
                .map(|value| value.map(|value| i128::from(value) * shared::money::ONE))
                .collect(),
            DataType::Decimal128(_, scale) => {
                let numbers =
                    array.as_any().downcast_ref::<Decimal128Array>().ok_or_else(|| wrong(array, name))?;
                let scale = *scale;
                numbers
                    .iter()
                    .map(|value| value.map(|value| rescaled(value, scale, name)).transpose())
                    .collect::<Result<_, _>>()?
            }
            _ => {
                let texts = Texts::of(array, name)?;
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
        };
        Ok(Self { values, bad })
    }

    /// The amount of a row.
    pub fn at(&self, row: usize) -> Option<i128> {
        self.values.get(row).copied().flatten()
    }
}

/// A decimal of another scale, ties to even.
fn rescaled(value: i128, scale: i8, name: &str) -> Result<i128, DecodeError> {
    let bad = || DecodeError::BadValue { column: name.to_owned(), value: shortened(&value.to_string()) };
    let places = 12_i32.saturating_sub(i32::from(scale));
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
pub fn days(array: &ArrayRef, name: &str) -> Result<Vec<Option<Day>>, DecodeError> {
    let day = |seconds: i64| i32::try_from(seconds.div_euclid(86_400)).ok().map(Day::from_epoch_days);
    match array.data_type() {
        DataType::Timestamp(unit, _) => {
            let moments = |divisor: i64, numbers: &[i64]| -> Vec<Option<Day>> {
                let days = numbers.iter().map(|value| day(value.div_euclid(divisor))).enumerate();
                days.map(|(row, day)| day.filter(|_| array.is_valid(row))).collect()
            };
            Ok(match unit {
                TimeUnit::Second => moments(1, array.as_primitive::<TimestampSecondType>().values()),
                TimeUnit::Millisecond => {
                    moments(1_000, array.as_primitive::<TimestampMillisecondType>().values())
                }
                TimeUnit::Microsecond => {
                    moments(1_000_000, array.as_primitive::<TimestampMicrosecondType>().values())
                }
                TimeUnit::Nanosecond => {
                    moments(1_000_000_000, array.as_primitive::<TimestampNanosecondType>().values())
                }
            })
        }
        DataType::Date32 => {
            let numbers = array.as_primitive::<Date32Type>();
            Ok(numbers.iter().map(|value| value.map(Day::from_epoch_days)).collect())
        }
        _ => {
            let texts = Texts::of(array, name)?;
            let parsed: Vec<Option<Day>> =
                texts.values.iter().map(|text| text.get(..10).and_then(|day| day.parse().ok())).collect();
            Ok(texts.codes.iter().map(|code| parsed.get(*code as usize).copied().flatten()).collect())
        }
    }
}

/// Values of a map under some keys: per key one column of texts. Keys are compared as `same` says.
pub fn map_values(
    array: &ArrayRef,
    name: &str,
    keys: &[String],
    normal: impl Fn(&str) -> String,
) -> Result<Vec<Texts>, DecodeError> {
    let map = array.as_any().downcast_ref::<MapArray>().ok_or_else(|| wrong(array, name))?;
    let (map_keys, map_texts) = (Texts::of(map.keys(), name)?, Texts::of(map.values(), name)?);
    let mut columns: Vec<Interner> = keys.iter().map(|_| Interner::default()).collect();
    let mut places: HashMap<&str, Option<usize>> = HashMap::new();
    let offsets = map.value_offsets();
    let mut row_values: Vec<&str> = vec![""; keys.len()];
    for row in 0..map.len() {
        row_values.fill("");
        let from = offsets.get(row).copied().and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
        let to = offsets.get(row + 1).copied().and_then(|at| usize::try_from(at).ok()).unwrap_or(from);
        for place in from..to.min(map_keys.codes.len()) {
            if !map.is_valid(row) {
                continue;
            }
            let key = map_keys.at(place);
            let column = *places.entry(key).or_insert_with(|| {
                let normal = normal(key);
                keys.iter().position(|wanted| *wanted == normal)
            });
            if let Some(slot) = column.and_then(|column| row_values.get_mut(column)) {
                *slot = map_texts.at(place);
            }
        }
        for (column, value) in columns.iter_mut().zip(&row_values) {
            let code = column.code(value);
            column.codes.push(code);
        }
    }
    Ok(columns.into_iter().map(Interner::done).collect())
}

/// Whole numbers of either width.
fn integers<'a>(
    array: &'a ArrayRef,
    name: &str,
) -> Result<Box<dyn Iterator<Item = Option<i64>> + 'a>, DecodeError> {
    match array.data_type() {
        DataType::Int64 => Ok(Box::new(array.as_primitive::<Int64Type>().iter())),
        DataType::Int32 => {
            Ok(Box::new(array.as_primitive::<Int32Type>().iter().map(|value| value.map(i64::from))))
        }
        _ => Err(wrong(array, name)),
    }
}

fn wrong(array: &ArrayRef, name: &str) -> DecodeError {
    DecodeError::WrongType { column: name.to_owned(), found: shortened(&array.data_type().to_string()) }
}
