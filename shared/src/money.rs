//! Exact money: fixed-point integers of 10⁻¹², a string on the wire, never a float.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Decimal places of a [`Money`] unit.
pub const SCALE: u32 = 12;
/// Units in one whole of the currency.
pub const ONE: i128 = 1_000_000_000_000;
/// Magnitudes from here on are refused as nonsense: 10¹² of any currency.
pub const LIMIT: i128 = ONE * 1_000_000_000_000;

/// An exact amount in units of 10⁻¹² of a currency that stands beside it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i128);

/// Why a text or number is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    /// Empty, NaN, infinite or not a decimal number.
    #[error("not a decimal number")]
    NotANumber,
    /// At or above 10¹².
    #[error("larger than any bill")]
    TooLarge,
}

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// From units of 10⁻¹².
    pub const fn from_units(units: i128) -> Self {
        Self(units)
    }

    /// In units of 10⁻¹².
    pub const fn units(self) -> i128 {
        self.0
    }

    /// From a report's double, once, by the rule of the ledger: below 2,048 in magnitude the product with 10¹²
    /// rounded half to even; from there on the shortest decimal that reads back as the same double.
    pub fn from_f64(value: f64) -> Result<Self, InvalidMoney> {
        if !value.is_finite() {
            return Err(InvalidMoney::NotANumber);
        }
        if value.abs() < 2_048.0 {
            // Below 2.1 × 10¹⁵, so that 64 bits hold it.
            return Ok(Self(i128::from((value * 1e12).round_ties_even() as i64)));
        }
        if value.abs() >= 1e12 {
            return Err(InvalidMoney::TooLarge);
        }
        format!("{value}").parse()
    }

    /// For pixels only.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// The magnitude.
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// Whether this is exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// To the cent, for a sentence: `$1,234.50`, `−$0.07`, `12.00 EUR`.
    pub fn written(self, currency: Currency) -> String {
        let cents = (self.rounded(2).0 / (ONE / 100)).unsigned_abs();
        let sign = if self.rounded(2).0 < 0 { "−" } else { "" };
        let digits = (cents / 100).to_string();
        let mut whole = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                whole.push(',');
            }
            whole.push(digit);
        }
        let amount = format!("{whole}.{:02}", cents % 100);
        if currency == Currency::USD {
            format!("{sign}${amount}")
        } else {
            format!("{sign}{amount} {}", currency.as_str())
        }
    }

    /// The same with a sign in front of an increase: `+$12.40`.
    pub fn written_as_change(self, currency: Currency) -> String {
        let sign = if self.rounded(2).0 > 0 { "+" } else { "" };
        format!("{sign}{}", self.written(currency))
    }

    /// Rounded half to even to `places` decimals (at most 12), still exact in its own unit.
    pub fn rounded(self, places: u32) -> Self {
        let step = 10_i128.pow(SCALE.saturating_sub(places));
        let (whole, rest) = (self.0.div_euclid(step), self.0.rem_euclid(step));
        let up = rest * 2 > step || (rest * 2 == step && whole % 2 != 0);
        Self((whole + i128::from(up)) * step)
    }
}

/// Rounds `amounts` to `places` so that the rounded values add up to the rounded total (largest remainder).
pub fn round_to_sum(amounts: &[Money], places: u32) -> Vec<Money> {
    let step = 10_i128.pow(SCALE.saturating_sub(places));
    let target = amounts.iter().copied().sum::<Money>().rounded(places).0 / step;
    let mut floors: Vec<i128> = amounts.iter().map(|amount| amount.0.div_euclid(step)).collect();
    let mut order: Vec<(i128, usize)> =
        amounts.iter().enumerate().map(|(place, amount)| (amount.0.rem_euclid(step), place)).collect();
    order.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let missing = target - floors.iter().sum::<i128>();
    for (_, place) in order.into_iter().take(usize::try_from(missing).unwrap_or(0)) {
        if let Some(floor) = floors.get_mut(place) {
            *floor += 1;
        }
    }
    floors.into_iter().map(|floor| Money(floor * step)).collect()
}

impl FromStr for Money {
    type Err = InvalidMoney;

    /// Reads a decimal with an optional sign and exponent (`-7.0E-10`), exactly to 12 places, ties to even.
    fn from_str(text: &str) -> Result<Self, InvalidMoney> {
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..).unwrap_or_default()),
            Some(b'+') => (false, text.get(1..).unwrap_or_default()),
            _ => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                (mantissa, exponent.parse::<i32>().map_err(|_| InvalidMoney::NotANumber)?)
            }
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !digits_only(whole) || !digits_only(fraction) {
            return Err(InvalidMoney::NotANumber);
        }
        let digits: Vec<u8> = whole
            .bytes()
            .chain(fraction.bytes())
            .map(|byte| byte - b'0')
            .skip_while(|digit| *digit == 0)
            .collect();
        if digits.is_empty() {
            return Ok(Self::ZERO);
        }
        // The value is 0.d₁d₂d₃… × 10^point; units keep `point + 12` of those digits.
        let point = i64::from(exponent) + digits.len() as i64 - fraction.len() as i64;
        if point > 12 {
            return Err(InvalidMoney::TooLarge);
        }
        let kept = point + i64::from(SCALE);
        if kept < 0 {
            return Ok(Self::ZERO);
        }
        let kept = usize::try_from(kept).unwrap_or(0);
        let mut units: i128 = 0;
        for place in 0..kept {
            units = units * 10 + i128::from(digits.get(place).copied().unwrap_or(0));
        }
        let rest = digits.get(kept..).unwrap_or_default();
        let half = rest.first().map_or(std::cmp::Ordering::Less, |first| {
            first.cmp(&5).then(if rest.iter().skip(1).any(|digit| *digit > 0) {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            })
        });
        if half.is_gt() || (half.is_eq() && units % 2 != 0) {
            units += 1;
        }
        Ok(Self(if negative { -units } else { units }))
    }
}

impl fmt::Display for Money {
    /// The exact decimal without trailing zeros: `12.5`, `-0.0000000007`, `0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, fraction) = (magnitude / ONE as u128, magnitude % ONE as u128);
        let sign = if self.0 < 0 { "-" } else { "" };
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let fraction = format!("{fraction:012}");
        write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Money({self})")
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(self.0.saturating_neg())
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A currency as its ISO 4217 letters. Two currencies are never added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The US dollar, in which AWS bills unless told otherwise.
    pub const USD: Currency = Currency(*b"USD");

    /// Three upper-case letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl FromStr for Currency {
    type Err = InvalidMoney;
    fn from_str(text: &str) -> Result<Self, InvalidMoney> {
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_| InvalidMoney::NotANumber)?;
        if letters.iter().all(u8::is_ascii_uppercase) {
            Ok(Self(letters))
        } else {
            Err(InvalidMoney::NotANumber)
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(text.parse::<Money>().map(|money| money.to_string()), Ok(expect.to_owned()), "{text:?}")
    }

    #[test]
    fn decimals_are_read_exactly() {
        check("12.5", "12.5");
        check("-7.0E-10", "-0.0000000007");
        check("1e3", "1000");
        check("0.0000000000005", "0");
        check("0.0000000000015", "0.000000000002");
        check("0.00000000000051", "0.000000000001");
        check("-0.0", "0");
        check("+0001.50", "1.5");
        check("999999999999.999999999999", "999999999999.999999999999");
        check("123456789012345678901234567890e-20", "1234567890.123456789012");
    }

    // security.md row 27
    #[test]
    fn nonsense_is_refused() {
        for text in ["", "NaN", "inf", "-", ".", "1,0", "0x1", "1e", "१२"] {
            assert_eq!(text.parse::<Money>(), Err(InvalidMoney::NotANumber), "{text:?}");
        }
        for text in ["1e400", "1000000000000", "123456789012345678901234567890"] {
            assert_eq!(text.parse::<Money>(), Err(InvalidMoney::TooLarge), "{text:?}");
        }
    }

    #[test]
    fn sentences_tell_cost_to_the_cent() {
        let check = |amount: &str, currency: &str, expect: &str, change: &str| {
            let (money, currency) = (amount.parse::<Money>().unwrap(), currency.parse().unwrap());
            let written = (money.written(currency), money.written_as_change(currency));
            assert_eq!(written, (expect.to_owned(), change.to_owned()), "{amount}");
        };
        check("0", "USD", "$0.00", "$0.00");
        check("0.004", "USD", "$0.00", "$0.00");
        check("-0.004", "USD", "$0.00", "$0.00");
        check("-12.4", "USD", "−$12.40", "−$12.40");
        check("999.999", "USD", "$1,000.00", "+$1,000.00");
        check("1234567.891", "USD", "$1,234,567.89", "+$1,234,567.89");
        check("-87.6", "EUR", "−87.60 EUR", "−87.60 EUR");
    }

    #[test]
    fn doubles_become_the_decimal_they_were_written_as() {
        for text in ["0.1", "2047.999999999999", "123456.789", "-0.000000000123", "9007199254.740993"] {
            assert_eq!(Money::from_f64(text.parse().unwrap()).unwrap().to_string(), text);
        }
        assert_eq!(Money::from_f64(f64::NAN), Err(InvalidMoney::NotANumber));
        assert_eq!(Money::from_f64(1e308), Err(InvalidMoney::TooLarge));
        assert_eq!(Money::from_f64(-0.0), Ok(Money::ZERO));
    }

    #[test]
    fn rounded_parts_add_up_to_the_rounded_total() {
        let parts: Vec<Money> =
            ["0.333333", "0.333333", "0.333334", "-0.004"].iter().map(|t| t.parse().unwrap()).collect();
        let rounded = round_to_sum(&parts, 2);
        assert_eq!(rounded.iter().copied().sum::<Money>(), parts.iter().copied().sum::<Money>().rounded(2));
    }

    #[test]
    fn rounding_is_half_to_even() {
        for (text, expect) in [("0.125", "0.12"), ("0.135", "0.14"), ("-0.125", "-0.12"), ("-0.126", "-0.13")]
        {
            assert_eq!(text.parse::<Money>().unwrap().rounded(2).to_string(), expect);
        }
    }
}
