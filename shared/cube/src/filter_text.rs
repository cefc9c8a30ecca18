//! Filters as text, as they stand in an address: `|` joins sets (any), `;` tokens (all), `,` values (any). `:` is, `^`
//! starts with, `~` contains; `!` before the operator negates. Delimiters inside values are percent-encoded.

use std::fmt::{self, Write};
use std::str::FromStr;

use crate::query::{Filter, Operator, Token};

/// Not a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a filter")]
pub struct InvalidFilter;

const DELIMITERS: &[char] = &['|', ';', ',', ':', '^', '~', '!', '%'];

impl FromStr for Filter {
    type Err = InvalidFilter;

    fn from_str(text: &str) -> Result<Self, InvalidFilter> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let any_of =
            text.split('|').map(|set| set.split(';').map(token).collect()).collect::<Result<_, _>>()?;
        Ok(Self { any_of })
    }
}

fn token(text: &str) -> Result<Token, InvalidFilter> {
    let place = text.find([':', '^', '~', '!']).ok_or(InvalidFilter)?;
    let (name, rest) = text.split_at(place);
    let (negated, rest) = rest.strip_prefix('!').map_or((false, rest), |rest| (true, rest));
    let mut letters = rest.chars();
    let operator = match letters.next() {
        Some(':') => Operator::Is,
        Some('^') => Operator::StartsWith,
        Some('~') => Operator::Contains,
        _ => return Err(InvalidFilter),
    };
    let dimension = decoded(name)?.parse().map_err(|_| InvalidFilter)?;
    let values = letters.as_str().split(',').map(decoded).collect::<Result<_, _>>()?;
    Ok(Token { dimension, operator, negated, values })
}

fn decoded(text: &str) -> Result<String, InvalidFilter> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or(InvalidFilter);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| InvalidFilter)?);
    }
    String::from_utf8(bytes).map_err(|_| InvalidFilter)
}

fn encode(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for letter in text.chars() {
        if DELIMITERS.contains(&letter) {
            write!(f, "%{:02X}", u32::from(letter))?;
        } else {
            f.write_char(letter)?;
        }
    }
    Ok(())
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, set) in self.any_of.iter().enumerate() {
            if place > 0 {
                f.write_char('|')?;
            }
            for (place, token) in set.iter().enumerate() {
                if place > 0 {
                    f.write_char(';')?;
                }
                encode(f, &token.dimension.to_string())?;
                if token.negated {
                    f.write_char('!')?;
                }
                f.write_char(match token.operator {
                    Operator::Is => ':',
                    Operator::StartsWith => '^',
                    Operator::Contains => '~',
                })?;
                for (place, value) in token.values.iter().enumerate() {
                    if place > 0 {
                        f.write_char(',')?;
                    }
                    encode(f, value)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dimension;

    #[test]
    fn text_and_filter_are_the_same() {
        for text in [
            "",
            "sub_account:111122223333;tag.Owner:",
            "service!:Amazon EC2,Amazon S3|region^eu-",
            "tag.a%3Ab!~100%25%2C",
            "resource~arn%3Aaws%3As3",
        ] {
            assert_eq!(text.parse::<Filter>().unwrap().to_string(), text);
        }
        let filter: Filter = "tag.a%3Ab!~x%2Cy,z".parse().unwrap();
        let token = &filter.any_of[0][0];
        assert_eq!((&token.dimension, token.negated), (&Dimension::Tag("a:b".to_owned()), true));
        assert_eq!(token.values, ["x,y", "z"]);
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for text in
            ["x", "service", ";", "nonsense:1", "service!1", "service:%4", "service:%zz", "service:%ff", "|"]
        {
            assert_eq!(text.parse::<Filter>(), Err(InvalidFilter), "{text}");
        }
    }
}
