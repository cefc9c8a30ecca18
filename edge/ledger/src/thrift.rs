//! Thrift's compact protocol, as much of it as footers and page headers need. Reads structures field by field, skips
//! what it does not know, and never recurses deeper than a fixed depth.

use crate::error::DecodeError;

/// Structures within structures.
const MAX_DEPTH: u8 = 16;

/// A reader over bytes.
#[derive(Clone, Copy, Debug)]
pub struct Thrift<'a> {
    rest: &'a [u8],
    depth: u8,
}

/// The types a field can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are Thrift's")]
pub enum Kind {
    True,
    False,
    Byte,
    I16,
    I32,
    I64,
    Double,
    Binary,
    List,
    Set,
    Map,
    Struct,
}

type Read<T> = Result<T, DecodeError>;

const BROKEN: DecodeError = DecodeError::Truncated("a header cannot be read");

impl<'a> Thrift<'a> {
    /// From the start of these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, depth: 0 }
    }

    /// Bytes that are left.
    pub const fn left(&self) -> usize {
        self.rest.len()
    }

    fn byte(&mut self) -> Read<u8> {
        let (first, rest) = self.rest.split_first().ok_or(BROKEN)?;
        self.rest = rest;
        Ok(*first)
    }

    fn varint(&mut self) -> Read<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F).checked_shl(shift).ok_or(BROKEN)?;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(BROKEN)
    }

    /// A zigzag number.
    pub fn number(&mut self) -> Read<i64> {
        let raw = self.varint()?;
        let magnitude = i64::try_from(raw >> 1).map_err(|_| BROKEN)?;
        Ok(if raw & 1 == 0 { magnitude } else { !magnitude })
    }

    fn take(&mut self, length: u64) -> Read<&'a [u8]> {
        let length = usize::try_from(length).map_err(|_| BROKEN)?;
        let taken = self.rest.get(..length).ok_or(BROKEN)?;
        self.rest = self.rest.get(length..).ok_or(BROKEN)?;
        Ok(taken)
    }

    /// A text; what is no UTF-8 in it is replaced.
    pub fn text(&mut self) -> Read<String> {
        let length = self.varint()?;
        self.take(length).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Visits the fields of a structure; `visit` reads the field, or answers false to have it skipped.
    pub fn fields(&mut self, mut visit: impl FnMut(&mut Self, i16, Kind) -> Read<bool>) -> Read<()> {
        self.depth = self.depth.checked_add(1).filter(|depth| *depth <= MAX_DEPTH).ok_or(BROKEN)?;
        let mut id = 0_i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                break;
            }
            let kind = kind(head & 0x0F)?;
            id = match head >> 4 {
                0 => i16::try_from(self.number()?).map_err(|_| BROKEN)?,
                step => id.checked_add(i16::from(step)).ok_or(BROKEN)?,
            };
            if !visit(self, id, kind)? {
                self.skip(kind)?;
            }
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }

    /// The head of a list: type and number of its elements. Each element takes a byte at least.
    pub fn list(&mut self) -> Read<(Kind, usize)> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        let length = usize::try_from(length).map_err(|_| BROKEN)?;
        if length > self.rest.len() {
            return Err(BROKEN);
        }
        Ok((kind(head & 0x0F)?, length))
    }

    /// Passes over a value.
    pub fn skip(&mut self, kind: Kind) -> Read<()> {
        match kind {
            Kind::True | Kind::False => Ok(()),
            Kind::Byte => self.byte().map(|_| ()),
            Kind::I16 | Kind::I32 | Kind::I64 => self.varint().map(|_| ()),
            Kind::Double => self.take(8).map(|_| ()),
            Kind::Binary => {
                let length = self.varint()?;
                self.take(length).map(|_| ())
            }
            Kind::List | Kind::Set => {
                self.depth = self.depth.checked_add(1).filter(|depth| *depth <= MAX_DEPTH).ok_or(BROKEN)?;
                let (element, length) = self.list()?;
                for _ in 0..length {
                    self.skip_element(element)?;
                }
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            Kind::Map => Err(BROKEN),
            Kind::Struct => self.fields(|_, _, _| Ok(false)),
        }
    }

    /// Within lists a truth value takes a byte of its own.
    fn skip_element(&mut self, kind: Kind) -> Read<()> {
        match kind {
            Kind::True | Kind::False => self.byte().map(|_| ()),
            other => self.skip(other),
        }
    }
}

fn kind(code: u8) -> Read<Kind> {
    Ok(match code {
        1 => Kind::True,
        2 => Kind::False,
        3 => Kind::Byte,
        4 => Kind::I16,
        5 => Kind::I32,
        6 => Kind::I64,
        7 => Kind::Double,
        8 => Kind::Binary,
        9 => Kind::List,
        10 => Kind::Set,
        11 => Kind::Map,
        12 => Kind::Struct,
        _ => return Err(BROKEN),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_zigzag() {
        let check = |bytes: &[u8], expect: i64| assert_eq!(Thrift::new(bytes).number(), Ok(expect));
        check(&[0], 0);
        check(&[1], -1);
        check(&[2], 1);
        check(&[0xFE, 0xFF, 0xFF, 0xFF, 0x0F], i64::from(i32::MAX));
        assert!(Thrift::new(&[0x80]).number().is_err());
        assert!(Thrift::new(&[0xFF; 11]).number().is_err());
    }

    // security.md row 57
    #[test]
    fn nesting_ends_somewhere() {
        let deep = vec![0x1C; 100_000];
        assert!(Thrift::new(&deep).skip(Kind::Struct).is_err());
        let lists = vec![0x19; 100_000];
        assert!(Thrift::new(&lists).skip(Kind::List).is_err());
    }
}
