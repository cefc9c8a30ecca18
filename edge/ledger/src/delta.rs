//! Differences in packed blocks, the encoding of newer files for whole numbers and lengths. Numbers are handed out one
//! by one; nothing is allocated for what a header claims.

use bytes::Bytes;

use crate::error::DecodeError;

/// A reader of delta-encoded numbers.
#[derive(Clone, Debug)]
pub struct Delta {
    bytes: Bytes,
    /// The byte after what was read.
    at: usize,
    /// Numbers still to come.
    left: u64,
    is_first: bool,
    value: i64,
    minimum: i64,
    /// Blocks within a block, and values in each.
    minis: usize,
    per_mini: usize,
    /// Widths of the blocks of the present block: where they stand, and which is next.
    widths: (usize, usize),
    /// The present inner block: its first bit, its width, values left.
    mini: (usize, u32, usize),
}

const BROKEN: DecodeError = DecodeError::Truncated("differences end too early");

impl Delta {
    /// From the head of a block sequence on.
    pub fn new(bytes: Bytes) -> Result<Self, DecodeError> {
        let mut delta = Self {
            bytes,
            at: 0,
            left: 0,
            is_first: true,
            value: 0,
            minimum: 0,
            minis: 0,
            per_mini: 0,
            widths: (0, 0),
            mini: (0, 0, 0),
        };
        let block = delta.varint()?;
        let minis = delta.varint()?;
        delta.left = delta.varint()?;
        delta.value = delta.zigzag()?;
        let per_mini = block.checked_div(minis).ok_or(BROKEN)?;
        let is_sound = block <= 65_536 && minis <= 512 && per_mini > 0 && per_mini % 8 == 0;
        if !is_sound || per_mini.checked_mul(minis) != Some(block) {
            return Err(DecodeError::Truncated("blocks of differences have no sensible size"));
        }
        delta.minis = usize::try_from(minis).map_err(|_| BROKEN)?;
        delta.per_mini = usize::try_from(per_mini).map_err(|_| BROKEN)?;
        delta.widths = (0, delta.minis);
        Ok(delta)
    }

    /// The next number.
    pub fn next(&mut self) -> Result<i64, DecodeError> {
        self.left = self.left.checked_sub(1).ok_or(BROKEN)?;
        if self.is_first {
            self.is_first = false;
            return Ok(self.value);
        }
        let (_, _, in_mini) = self.mini;
        if in_mini == 0 {
            self.advance()?;
        }
        let (bit, width, in_mini) = self.mini;
        let difference = bits(&self.bytes, bit, width)?;
        let next = bit.checked_add(width as usize).ok_or(BROKEN)?;
        self.mini = (next, width, in_mini.saturating_sub(1));
        self.value = self.value.wrapping_add(self.minimum).wrapping_add(difference as i64);
        Ok(self.value)
    }

    /// Passes over all numbers that are left; the byte after them.
    pub fn end(mut self) -> Result<usize, DecodeError> {
        if self.is_first && self.left > 0 {
            self.left = self.left.saturating_sub(1);
        }
        let (_, _, in_mini) = self.mini;
        self.left = self.left.saturating_sub(in_mini as u64);
        while self.left > 0 {
            self.advance()?;
            self.left = self.left.saturating_sub(self.per_mini as u64);
        }
        Ok(self.at)
    }

    /// The next inner block, and the next block before it where one ends.
    fn advance(&mut self) -> Result<(), DecodeError> {
        let (start, next) = self.widths;
        let (start, next) = if next >= self.minis {
            self.minimum = self.zigzag()?;
            let start = self.at;
            self.at = start.checked_add(self.minis).filter(|at| *at <= self.bytes.len()).ok_or(BROKEN)?;
            (start, 0)
        } else {
            (start, next)
        };
        let width = u32::from(self.bytes.get(start.saturating_add(next)).copied().ok_or(BROKEN)?);
        if width > 64 {
            return Err(BROKEN);
        }
        let length = (self.per_mini / 8).checked_mul(width as usize).ok_or(BROKEN)?;
        let end = self.at.checked_add(length).ok_or(BROKEN)?;
        self.mini = (self.at.saturating_mul(8), width, self.per_mini);
        // The last inner block may be cut off after its last value.
        self.at = end.min(self.bytes.len());
        self.widths = (start, next.saturating_add(1));
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.bytes.get(self.at).copied().ok_or(BROKEN)?;
            self.at = self.at.saturating_add(1);
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(BROKEN)
    }

    fn zigzag(&mut self) -> Result<i64, DecodeError> {
        let raw = self.varint()?;
        let magnitude = (raw >> 1) as i64;
        Ok(if raw & 1 == 0 { magnitude } else { !magnitude })
    }
}

/// So many bits (at most 64) from a bit on.
fn bits(bytes: &[u8], from: usize, width: u32) -> Result<u64, DecodeError> {
    if width == 0 {
        return Ok(0);
    }
    let end = from.checked_add(width as usize).ok_or(BROKEN)?;
    let held = bytes.get(from >> 3..end.div_ceil(8)).ok_or(BROKEN)?;
    let word = held.iter().rev().fold(0_u128, |word, byte| (word << 8) | u128::from(*byte));
    let mask = u64::MAX >> (64_u32.saturating_sub(width));
    Ok((word >> (from & 7)) as u64 & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<i64>, DecodeError> {
        let mut delta = Delta::new(Bytes::copy_from_slice(bytes))?;
        (0..delta.left).map(|_| delta.next()).collect()
    }

    #[test]
    fn differences_become_numbers() {
        // The specification's example: 1 to 5, blocks of 128 in 4, first value 1, all differences 1.
        assert_eq!(read(&[0x80, 0x01, 4, 5, 2, 2, 0, 0, 0, 0]).unwrap(), vec![1, 2, 3, 4, 5]);
        // 7, 5, 3, 1, 2, 3, 4, 5: least difference -2, the rest 0 0 0 3 3 3 3 in two bits.
        let bytes = [0x80, 0x01, 4, 8, 14, 3, 2, 0, 0, 0, 0b1100_0000, 0b0011_1111, 0, 0, 0, 0, 0, 0];
        assert_eq!(read(&bytes).unwrap(), vec![7, 5, 3, 1, 2, 3, 4, 5]);
        assert_eq!(Delta::new(Bytes::copy_from_slice(&bytes)).unwrap().end().unwrap(), bytes.len());
        assert_eq!(read(&[0x80, 0x01, 4, 0, 0]).unwrap(), Vec::<i64>::new());
    }

    // security.md row 59
    #[test]
    fn nonsense_is_an_error() {
        for bytes in [
            &[][..],
            &[0x80, 0x01, 0, 5, 2],
            &[0x80, 0x01, 3, 5, 2],
            &[0x80, 0x01, 4, 5, 2],
            &[0x80, 0x01, 4, 5, 2, 2, 65, 0, 0, 0],
            &[0x80, 0x01, 4, 5, 2, 2, 64, 0, 0, 0],
        ] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
    }
}
