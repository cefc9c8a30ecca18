//! Runs and packed bits, the encoding of levels and of dictionary codes. Nothing is allocated for what a run claims:
//! values are handed out as they are asked for.

use bytes::Bytes;

use crate::error::DecodeError;

/// A reader of numbers of a fixed width.
#[derive(Clone, Debug)]
pub struct Hybrid {
    bytes: Bytes,
    at: usize,
    width: u32,
    run: Run,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    /// The same value so many times more.
    Same(u32, u64),
    /// So many values more, from this bit on.
    Packed(usize, u64),
}

const BROKEN: DecodeError = DecodeError::Truncated("runs of values end too early");

impl Hybrid {
    /// Numbers of so many bits. No bits at all: zeros without end.
    pub fn new(bytes: Bytes, width: u32) -> Result<Self, DecodeError> {
        if width > 32 {
            return Err(DecodeError::Truncated("codes are too wide"));
        }
        let run = if width == 0 { Run::Same(0, u64::MAX) } else { Run::Same(0, 0) };
        Ok(Self { bytes, at: 0, width, run })
    }

    /// The next numbers, as many as there is room for.
    pub fn fill(&mut self, mut out: &mut [u32]) -> Result<(), DecodeError> {
        while !out.is_empty() {
            let taken = match &mut self.run {
                Run::Same(_, 0) | Run::Packed(_, 0) => {
                    self.advance()?;
                    continue;
                }
                Run::Same(value, left) => {
                    let count = out.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left = left.saturating_sub(count as u64);
                    let (now, _) = out.split_at_mut_checked(count).ok_or(BROKEN)?;
                    now.fill(*value);
                    count
                }
                Run::Packed(bit, left) => {
                    let count = out.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    let (now, _) = out.split_at_mut_checked(count).ok_or(BROKEN)?;
                    *bit = unpack(&self.bytes, *bit, self.width, now)?;
                    *left = left.saturating_sub(count as u64);
                    count
                }
            };
            out = out.split_at_mut_checked(taken).ok_or(BROKEN)?.1;
        }
        Ok(())
    }

    /// The next number.
    pub fn next(&mut self) -> Result<u32, DecodeError> {
        let mut one = [0];
        self.fill(&mut one)?;
        let [value] = one;
        Ok(value)
    }

    /// The next run's head.
    fn advance(&mut self) -> Result<(), DecodeError> {
        let head = self.varint()?;
        let count = head >> 1;
        if head & 1 == 0 {
            let mut value = 0_u32;
            for place in 0..self.width.div_ceil(8) {
                let byte = self.bytes.get(self.at).copied().ok_or(BROKEN)?;
                value |= u32::from(byte) << (place.wrapping_mul(8) & 31);
                self.at = self.at.saturating_add(1);
            }
            self.run = Run::Same(value, count);
        } else {
            // Groups of eight; the last may be cut off after its last value.
            let held = self.bytes.len().saturating_sub(self.at) as u64;
            let length = count.checked_mul(u64::from(self.width)).ok_or(BROKEN)?.min(held);
            let values =
                (length.saturating_mul(8) / u64::from(self.width.max(1))).min(count.saturating_mul(8));
            if values == 0 {
                return Err(BROKEN);
            }
            self.run = Run::Packed(self.at.saturating_mul(8), values);
            self.at = self.at.saturating_add(usize::try_from(length).map_err(|_| BROKEN)?);
        }
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.bytes.get(self.at).copied().ok_or(BROKEN)?;
            self.at = self.at.saturating_add(1);
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(BROKEN)
    }
}

/// Numbers of `width` bits (at most 32) from a bit on; the bit after them.
fn unpack(bytes: &[u8], from: usize, width: u32, out: &mut [u32]) -> Result<usize, DecodeError> {
    let wide = width as usize;
    let mask = if width >= 32 { u64::from(u32::MAX) } else { (1_u64 << width).wrapping_sub(1) };
    let mut bit = from;
    for slot in out {
        let Some(rest) = bytes.get(bit >> 3..) else { return Err(BROKEN) };
        let word = match rest.first_chunk::<8>() {
            Some(chunk) => u64::from_le_bytes(*chunk),
            None => rest.iter().rev().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte)),
        };
        *slot = ((word >> (bit & 7)) & mask) as u32;
        bit = bit.saturating_add(wide);
    }
    if bit > bytes.len().saturating_mul(8) { Err(BROKEN) } else { Ok(bit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], width: u32, count: usize) -> Result<Vec<u32>, DecodeError> {
        let mut out = vec![0; count];
        Hybrid::new(Bytes::copy_from_slice(bytes), width)?.fill(&mut out)?;
        Ok(out)
    }

    #[test]
    fn runs_and_packed_bits_alternate() {
        // The example of the specification: 0 to 7 in three bits.
        assert_eq!(read(&[0x03, 0x88, 0xC6, 0xFA], 3, 8).unwrap(), (0..8).collect::<Vec<_>>());
        assert_eq!(read(&[0x08, 0x05], 3, 4).unwrap(), vec![5; 4]);
        assert_eq!(read(&[0x08, 0x05, 0x03, 0x88, 0xC6, 0xFA], 3, 6).unwrap(), vec![5, 5, 5, 5, 0, 1]);
        assert_eq!(read(&[], 0, 3).unwrap(), vec![0; 3]);
        assert_eq!(read(&[0x02, 1, 2, 3, 4], 32, 1).unwrap(), vec![0x0403_0201]);
    }

    // security.md row 59
    #[test]
    fn what_ends_too_early_is_an_error() {
        for bytes in [&[][..], &[0x80], &[0x08], &[0x03], &[0xFF; 12], &[0x08, 5], &[0x00, 0x01, 0x00]] {
            assert!(read(bytes, 3, 9).is_err(), "{bytes:?}");
        }
        assert!(read(&[0x03], 33, 1).is_err());
    }
}
