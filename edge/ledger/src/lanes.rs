//! The columns of a batch in the forms the cost math wants: texts as codes, amounts as whole units, days. Each lane
//! takes values as they are stored, whatever their type, and turns each distinct one once.

use shared::money::InvalidMoney;
use shared::{Day, Money};

use crate::each::Each;
use crate::error::{DecodeError, shortened};
use crate::limits;
use crate::texts::Dictionary;
use crate::tree::Meaning;

/// What values of a column become.
pub trait Lane {
    /// What a row holds.
    type Value: Copy + Default + PartialEq;
    /// The value of a row that has none.
    const ABSENT: Self::Value;
    /// What no value is: it stands for texts nobody asked for yet.
    const UNKNOWN: Self::Value;
    /// Takes whole numbers.
    fn integers(
        &mut self,
        values: &[i64],
        meaning: Meaning,
        out: &mut Vec<Self::Value>,
    ) -> Result<(), DecodeError>;
    /// Takes doubles.
    fn doubles(&mut self, values: &[f64], out: &mut Vec<Self::Value>) -> Result<(), DecodeError>;
    /// Takes a whole number that may have 16 bytes.
    fn wide(&mut self, value: i128, meaning: Meaning) -> Result<Self::Value, DecodeError>;
    /// Takes a text.
    fn text(&mut self, text: &[u8]) -> Result<Self::Value, DecodeError>;
    /// Changes whenever values that were given before mean nothing any more.
    fn generation(&self) -> u32;
    /// The rows of the batch.
    fn rows(&mut self) -> &mut Each<Self::Value>;
    /// A column chunk begins: nothing of the one before is needed any more.
    fn begin_chunk(&mut self) {}
    /// The chunk's dictionary was taken, whose values stay until the next chunk.
    fn keep_entries(&mut self) {}
    /// A batch begins: nothing of the one before is needed any more.
    fn begin_batch(&mut self) {}
    /// All rows of the batch are there.
    fn end_batch(&mut self) {}
}

fn wrong(name: &str, found: &str) -> DecodeError {
    DecodeError::WrongType { column: name.to_owned(), found: found.to_owned() }
}

const fn words(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Date => "date",
        Meaning::Moment(_) => "timestamp",
        Meaning::Plain | Meaning::Decimal(_) => "integer",
    }
}

/// Texts, as codes of a dictionary that stays from batch to batch.
#[derive(Clone, Debug, Default)]
pub struct TextLane {
    name: String,
    is_accounts: bool,
    dictionary: Dictionary,
    codes: Each<u32>,
    /// The code before, whose text the next value often repeats.
    last: u32,
    generation: u32,
    /// Bytes the dictionary may reach within this batch.
    most: usize,
}

impl TextLane {
    /// An empty lane.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), most: limits::BATCH_TEXTS, ..Self::default() }
    }

    /// Distinct texts so far.
    pub const fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// A code per row.
    pub const fn codes(&self) -> &Each<u32> {
        &self.codes
    }

    /// The text of a row.
    pub fn at(&self, row: usize) -> &str {
        self.dictionary.text(self.codes.at(row).unwrap_or(0))
    }

    /// How many more bytes of texts this lane may take within the batch that begins.
    pub fn allow(&mut self, more: usize) {
        self.most = self.dictionary.bytes().saturating_add(more);
    }

    /// Forgets all texts.
    pub fn clear(&mut self) {
        self.dictionary.clear();
        self.last = 0;
        self.generation = self.generation.wrapping_add(1);
    }

    /// A lane of account ids: twelve digits, also where somebody made numbers of them.
    pub fn of_accounts(name: &str) -> Self {
        Self { is_accounts: true, ..Self::new(name) }
    }

    /// A whole number in words.
    fn number(&mut self, number: i128) -> Result<u32, DecodeError> {
        let text = if self.is_accounts { format!("{number:012}") } else { number.to_string() };
        self.text(text.as_bytes())
    }

    /// Tags and the like that another tool took for days or moments.
    fn moment(&mut self, day: i32, rest: Option<i64>) -> Result<u32, DecodeError> {
        if day == NO_DAY {
            return Ok(Self::ABSENT);
        }
        let day = Day::from_epoch_days(day);
        match rest {
            None | Some(0) => self.text(day.to_string().as_bytes()),
            Some(seconds) => {
                let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
                self.text(format!("{day}T{hour:02}:{minute:02}:{second:02}Z").as_bytes())
            }
        }
    }
}

impl Lane for TextLane {
    type Value = u32;
    const ABSENT: u32 = 0;
    const UNKNOWN: u32 = u32::MAX;

    fn integers(&mut self, values: &[i64], meaning: Meaning, out: &mut Vec<u32>) -> Result<(), DecodeError> {
        for value in values {
            out.push(match meaning {
                Meaning::Plain | Meaning::Decimal(_) => self.wide(i128::from(*value), meaning)?,
                Meaning::Date => self.moment(day_of(*value), None)?,
                Meaning::Moment(per_second) => {
                    let seconds = value.div_euclid(per_second.max(1));
                    self.moment(day_of(seconds.div_euclid(86_400)), Some(seconds.rem_euclid(86_400)))?
                }
            });
        }
        Ok(())
    }

    fn doubles(&mut self, values: &[f64], out: &mut Vec<u32>) -> Result<(), DecodeError> {
        for value in values {
            out.push(match value {
                value if value.is_nan() => Self::ABSENT,
                value if value.abs() < 1e15 && value.fract() == 0.0 => self.number(*value as i128)?,
                value => self.text(value.to_string().as_bytes())?,
            });
        }
        Ok(())
    }

    fn wide(&mut self, value: i128, meaning: Meaning) -> Result<u32, DecodeError> {
        match meaning {
            Meaning::Decimal(scale @ 1..=38) => {
                let factor = 10_i128.pow(scale.unsigned_abs());
                let (whole, rest) = ((value / factor).unsigned_abs(), (value % factor).unsigned_abs());
                let sign = if value < 0 { "-" } else { "" };
                let text = format!("{sign}{whole}.{rest:0width$}", width = scale as usize);
                self.text(text.trim_end_matches('0').trim_end_matches('.').as_bytes())
            }
            Meaning::Plain | Meaning::Decimal(0) => self.number(value),
            _ => Err(wrong(&self.name, "decimal")),
        }
    }

    fn text(&mut self, text: &[u8]) -> Result<u32, DecodeError> {
        if self.dictionary.text(self.last).as_bytes() != text {
            self.last = self.dictionary.code(text);
            if self.dictionary.bytes() > self.most {
                return Err(DecodeError::TooLarge {
                    thing: "the texts of a batch",
                    limit: limits::BATCH_TEXTS as u64,
                });
            }
        }
        Ok(self.last)
    }

    fn generation(&self) -> u32 {
        self.generation
    }

    fn rows(&mut self) -> &mut Each<u32> {
        &mut self.codes
    }
}

/// Amounts in units of 10⁻¹². Below [`FLOOR`] a value is none: it says what stands in its place.
#[derive(Clone, Debug, Default)]
pub struct UnitLane {
    name: String,
    units: Each<i64>,
    /// Amounts beyond ±[`NARROW`]: those of the chunk's dictionary, then those of the batch.
    wide: Vec<i128>,
    /// How many of them are the dictionary's.
    kept: usize,
    shape: Shape,
}

/// Magnitudes below this one are added up in 64 bits; two of them have a sum and a difference.
pub const NARROW: i64 = 1 << 62;
/// What is less than this is no amount.
pub const FLOOR: i64 = -NARROW;
/// No value.
pub const NONE: i64 = i64::MIN;
/// A text that is no number.
const BAD: i64 = i64::MIN + 1;
/// From here on, places of wide amounts.
const WIDE: i64 = i64::MIN + 2;

/// What a row of amounts holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// An amount, in units.
    Is(i128),
    /// Nothing.
    None,
    /// A text that is no number.
    Bad,
}

/// How ordinary the rows of a batch are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Each an amount of 64 bits.
    #[default]
    Full,
    /// Some are absent.
    Gaps,
    /// Some are wide, or no numbers.
    Odd,
}

impl UnitLane {
    /// An empty lane.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Units per row, or what stands in their place.
    pub const fn units(&self) -> &Each<i64> {
        &self.units
    }

    /// The amount of a row.
    pub fn at(&self, row: usize) -> Amount {
        match self.units.at(row) {
            None | Some(NONE) => Amount::None,
            Some(BAD) => Amount::Bad,
            Some(value) if value >= FLOOR => Amount::Is(i128::from(value)),
            Some(value) => {
                let place = usize::try_from(value.wrapping_sub(WIDE)).ok();
                place.and_then(|place| self.wide.get(place)).map_or(Amount::None, |units| Amount::Is(*units))
            }
        }
    }

    /// How ordinary the rows are.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    fn shape_of(&self) -> Shape {
        let of = |value: i64| match value {
            NONE => Shape::Gaps,
            value if value < FLOOR => Shape::Odd,
            _ => Shape::Full,
        };
        if let Some(same) = self.units.same() {
            return of(same);
        }
        let rows = self.units.rows();
        // What is below the floor, and only that, has its highest bit set and not the next.
        if rows.iter().fold(0, |any, value| any | (value & !(value << 1))) >= 0 {
            return Shape::Full;
        }
        rows.iter().map(|value| of(*value)).max().unwrap_or(Shape::Full)
    }

    fn value(&mut self, units: i128) -> i64 {
        if units.unsigned_abs() < i128::from(NARROW).unsigned_abs() {
            return units as i64;
        }
        let place = i64::try_from(self.wide.len()).unwrap_or(0);
        self.wide.push(units);
        WIDE.wrapping_add(place)
    }

    fn bad(&self, value: &str) -> DecodeError {
        DecodeError::BadValue { column: self.name.clone(), value: shortened(value) }
    }

    /// A decimal of some scale, ties to even.
    fn rescaled(&mut self, value: i128, meaning: Meaning) -> Result<i64, DecodeError> {
        let scale = match meaning {
            Meaning::Plain => 0,
            Meaning::Decimal(scale) => scale,
            Meaning::Date | Meaning::Moment(_) => return Err(wrong(&self.name, words(meaning))),
        };
        let places = 12_i32.saturating_sub(scale);
        let bad = || self.bad(&value.to_string());
        let factor = 10_i128.checked_pow(places.unsigned_abs()).ok_or_else(bad)?;
        let units = if places >= 0 {
            value.checked_mul(factor).ok_or_else(bad)?
        } else {
            let (whole, rest) = (value.div_euclid(factor), value.rem_euclid(factor));
            let above = rest.cmp(&factor.wrapping_sub(rest));
            whole.wrapping_add(i128::from(above.is_gt() || (above.is_eq() && whole % 2 != 0)))
        };
        if units.unsigned_abs() >= shared::money::LIMIT.unsigned_abs() {
            return Err(bad());
        }
        Ok(self.value(units))
    }
}

/// Added to a double below 2⁵¹ it leaves the nearest whole number, ties to even, in the lowest bits.
const ROUNDING: f64 = 6_755_399_441_055_744.0;

/// [`Money::from_f64`] for magnitudes below 2,048, without a branch.
fn rounded(value: f64) -> i64 {
    let bits = (value * 1e12 + ROUNDING).to_bits();
    (bits as i64).wrapping_sub(ROUNDING.to_bits() as i64)
}

/// Whether a text spells what a double can be and no bill can: it makes every total as doubtful as the double would.
fn is_without_end(text: &str) -> bool {
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    ["nan", "inf", "infinity"].iter().any(|word| bare.eq_ignore_ascii_case(word))
}

impl Lane for UnitLane {
    type Value = i64;
    const ABSENT: i64 = NONE;
    const UNKNOWN: i64 = i64::MAX;

    fn integers(&mut self, values: &[i64], meaning: Meaning, out: &mut Vec<i64>) -> Result<(), DecodeError> {
        for value in values {
            out.push(self.rescaled(i128::from(*value), meaning)?);
        }
        Ok(())
    }

    fn doubles(&mut self, values: &[f64], out: &mut Vec<i64>) -> Result<(), DecodeError> {
        for block in values.chunks(64) {
            if block.iter().fold(true, |all, value| all & (value.abs() < 2_048.0)) {
                out.extend(block.iter().map(|value| rounded(*value)));
                continue;
            }
            for value in block {
                let units = Money::from_f64(*value).map_err(|_| self.bad(&value.to_string()))?;
                out.push(self.value(units.units()));
            }
        }
        Ok(())
    }

    fn wide(&mut self, value: i128, meaning: Meaning) -> Result<i64, DecodeError> {
        self.rescaled(value, meaning)
    }

    fn text(&mut self, text: &[u8]) -> Result<i64, DecodeError> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Ok(NONE);
        }
        let text = std::str::from_utf8(text).unwrap_or("\u{FFFD}");
        match text.parse::<Money>() {
            Ok(money) => Ok(self.value(money.units())),
            Err(InvalidMoney::TooLarge) => Err(self.bad(text)),
            Err(InvalidMoney::NotANumber) if is_without_end(text) => Err(self.bad(text)),
            Err(InvalidMoney::NotANumber) => Ok(BAD),
        }
    }

    fn generation(&self) -> u32 {
        0
    }

    fn rows(&mut self) -> &mut Each<i64> {
        &mut self.units
    }

    fn begin_chunk(&mut self) {
        self.kept = 0;
    }

    fn keep_entries(&mut self) {
        self.kept = self.wide.len();
    }

    fn begin_batch(&mut self) {
        self.wide.truncate(self.kept);
    }

    fn end_batch(&mut self) {
        self.shape = self.shape_of();
    }
}

/// UTC days, counted from 1970.
#[derive(Clone, Debug, Default)]
pub struct DayLane {
    name: String,
    days: Each<i32>,
}

/// No day.
pub const NO_DAY: i32 = i32::MIN;

impl DayLane {
    /// An empty lane.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// A day per row.
    pub const fn days(&self) -> &Each<i32> {
        &self.days
    }

    /// The day of a row.
    pub fn at(&self, row: usize) -> Option<Day> {
        self.days.at(row).filter(|day| *day != NO_DAY).map(Day::from_epoch_days)
    }
}

/// Within the years 1 to 9999; anything else is no day of a bill.
fn day_of(day: i64) -> i32 {
    i32::try_from(day).ok().filter(|day| (-719_162..=2_932_896).contains(day)).unwrap_or(NO_DAY)
}

/// The day an ISO text begins with.
pub fn day_of_text(text: &[u8]) -> i32 {
    let day = text.get(..10).and_then(|day| std::str::from_utf8(day).ok());
    day.and_then(|day| day.parse::<Day>().ok()).map_or(NO_DAY, Day::epoch_days)
}

impl Lane for DayLane {
    type Value = i32;
    const ABSENT: i32 = NO_DAY;
    const UNKNOWN: i32 = i32::MAX;

    fn integers(&mut self, values: &[i64], meaning: Meaning, out: &mut Vec<i32>) -> Result<(), DecodeError> {
        match meaning {
            Meaning::Moment(per_second) => {
                let per_day = per_second.saturating_mul(86_400).max(1);
                out.extend(values.iter().map(|value| day_of(value.div_euclid(per_day))));
            }
            Meaning::Date => out.extend(values.iter().map(|value| day_of(*value))),
            Meaning::Plain | Meaning::Decimal(_) => return Err(wrong(&self.name, words(meaning))),
        }
        Ok(())
    }

    fn doubles(&mut self, _: &[f64], _: &mut Vec<i32>) -> Result<(), DecodeError> {
        Err(wrong(&self.name, "double"))
    }

    fn wide(&mut self, _: i128, _: Meaning) -> Result<i32, DecodeError> {
        Err(wrong(&self.name, "decimal"))
    }

    fn text(&mut self, text: &[u8]) -> Result<i32, DecodeError> {
        Ok(day_of_text(text))
    }

    fn generation(&self) -> u32 {
        0
    }

    fn rows(&mut self) -> &mut Each<i32> {
        &mut self.days
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amounts(values: &[f64]) -> Result<Vec<Amount>, DecodeError> {
        let mut lane = UnitLane::new("cost");
        let mut out = Vec::new();
        lane.doubles(values, &mut out)?;
        *lane.units.begin() = out;
        Ok((0..values.len()).map(|row| lane.at(row)).collect())
    }

    #[test]
    fn doubles_become_units_as_money_does_it() {
        let mut values =
            vec![0.0, -0.0, 0.1, -7.0e-10, 1e-12, 5e-13, 1.5e-12, 2.5e-12, 2_047.999_999_999_999];
        values.extend((0..2_000).map(|place| f64::from(place) * 0.987_654_321 - 1_000.0));
        values.extend([2_048.0, 5_000_000.25, -999_999_999_999.0]);
        let expect: Vec<Amount> =
            values.iter().map(|value| Amount::Is(Money::from_f64(*value).unwrap().units())).collect();
        assert_eq!(amounts(&values), Ok(expect));
    }

    // security.md row 51
    #[test]
    fn a_cost_that_is_no_finite_number_condemns_the_file() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e12] {
            assert!(matches!(amounts(&[1.0, value]), Err(DecodeError::BadValue { .. })), "{value}");
        }
        let mut lane = UnitLane::new("cost");
        for text in ["NaN", "nan", "Infinity", "-Infinity", "inf", "+INF", "1e308", "-1E12", "1000000000000"]
        {
            let expect = DecodeError::BadValue { column: "cost".to_owned(), value: text.to_owned() };
            assert_eq!(lane.text(text.as_bytes()), Err(expect));
        }
        // Words are no amount, and no end of the file either.
        for text in ["nano", "infinite", "many", "1e", "--1", "\u{221E}"] {
            assert_eq!(lane.text(text.as_bytes()), Ok(BAD), "{text}");
        }
        assert_eq!(lane.text(b"\xFF"), Ok(BAD));
        assert!(lane.wide(1_000_000_000_000, Meaning::Plain).is_err());
    }

    // security.md row 50
    #[test]
    fn texts_and_decimals_are_amounts_too() {
        let mut lane = UnitLane::new("cost");
        let mut check = |value: Result<i64, DecodeError>, expect: Amount| {
            *lane.units.begin() = vec![value.unwrap()];
            assert_eq!(lane.at(0), expect);
        };
        let mut other = UnitLane::new("cost");
        check(other.text(b" -7.0E-10 "), Amount::Is(-700));
        check(other.text(b""), Amount::None);
        check(other.text(b"eight"), Amount::Bad);
        check(other.wide(123, Meaning::Decimal(2)), Amount::Is(1_230_000_000_000));
        check(other.wide(25, Meaning::Decimal(13)), Amount::Is(2));
        check(other.wide(35, Meaning::Decimal(13)), Amount::Is(4));
        assert!(other.wide(1, Meaning::Date).is_err());
    }

    #[test]
    fn rows_say_how_ordinary_they_are() {
        let mut lane = UnitLane::new("cost");
        for (texts, expect) in [
            (["1", "2"], Shape::Full),
            (["1", ""], Shape::Gaps),
            (["", "x"], Shape::Odd),
            (["1", "5e9"], Shape::Odd),
        ] {
            let rows = texts.map(|text| lane.text(text.as_bytes()).unwrap());
            *lane.units.begin() = rows.to_vec();
            lane.end_batch();
            assert_eq!(lane.shape(), expect, "{texts:?}");
        }
    }

    #[test]
    fn moments_fall_on_days() {
        let mut lane = DayLane::new("start");
        let mut out = Vec::new();
        lane.integers(&[-1, 0, 86_399_999, 86_400_000, i64::MAX], Meaning::Moment(1_000), &mut out).unwrap();
        assert_eq!(out, [-1, 0, 0, 1, NO_DAY]);
        assert_eq!(lane.text(b"1970-01-02T03:04:05Z"), Ok(1));
        assert_eq!(lane.text(b"soon"), Ok(NO_DAY));
        assert!(lane.integers(&[1], Meaning::Plain, &mut out).is_err());
    }

    #[test]
    fn account_ids_get_their_zeros_back() {
        let mut lane = TextLane::of_accounts("account");
        let mut out = Vec::new();
        lane.integers(&[12_345], Meaning::Plain, &mut out).unwrap();
        lane.doubles(&[12_345.0], &mut out).unwrap();
        lane.wide(12_345, Meaning::Decimal(0)).unwrap();
        assert_eq!((out[0], lane.dictionary.text(out[1])), (out[1], "000000012345"));
        assert_eq!(lane.dictionary.len(), 2);
    }

    #[test]
    fn numbers_and_days_become_words_where_words_are_wanted() {
        let mut lane = TextLane::new("tag");
        let mut out = Vec::new();
        lane.integers(&[-7], Meaning::Plain, &mut out).unwrap();
        lane.integers(&[250], Meaning::Decimal(2), &mut out).unwrap();
        lane.integers(&[-5], Meaning::Decimal(3), &mut out).unwrap();
        lane.integers(&[i64::MIN], Meaning::Decimal(38), &mut out).unwrap();
        lane.integers(&[1], Meaning::Date, &mut out).unwrap();
        lane.integers(&[86_400_000, 5_000, i64::MAX], Meaning::Moment(1_000), &mut out).unwrap();
        lane.doubles(&[42.0, 0.5, f64::NAN], &mut out).unwrap();
        let words: Vec<&str> = out.iter().map(|code| lane.dictionary.text(*code)).collect();
        let expect = [
            "-7",
            "2.5",
            "-0.005",
            "-0.00000000000000000009223372036854775808",
            "1970-01-02",
            "1970-01-02",
            "1970-01-01T00:00:05Z",
            "",
            "42",
            "0.5",
            "",
        ];
        assert_eq!(words, expect);
    }
}
