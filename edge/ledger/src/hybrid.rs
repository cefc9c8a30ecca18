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
    /// From this byte on; so many values were taken, and so many are left.
    Packed(usize, usize, u64),
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
                Run::Same(_, 0) | Run::Packed(_, _, 0) => {
                    self.advance()?;
                    continue;
                }
                Run::Same(value, left) => {
                    let count = out.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left = left.saturating_sub(count as u64);
                    let Some((now, _)) = out.split_at_mut_checked(count) else { return Err(BROKEN) };
                    now.fill(*value);
                    count
                }
                Run::Packed(start, taken, left) => {
                    let count = out.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    let Some((now, _)) = out.split_at_mut_checked(count) else { return Err(BROKEN) };
                    let Some(packed) = self.bytes.get(*start..) else { return Err(BROKEN) };
                    unpack(packed, *taken, self.width, now)?;
                    *taken = taken.saturating_add(count);
                    *left = left.saturating_sub(count as u64);
                    count
                }
            };
            let Some((_, rest)) = out.split_at_mut_checked(taken) else { return Err(BROKEN) };
            out = rest;
        }
        Ok(())
    }

    /// Passes over the next numbers.
    pub fn skip(&mut self, mut count: u64) -> Result<(), DecodeError> {
        while count > 0 {
            let passed = match &mut self.run {
                Run::Same(_, 0) | Run::Packed(_, _, 0) => {
                    self.advance()?;
                    continue;
                }
                Run::Same(_, left) => {
                    let passed = count.min(*left);
                    *left = left.saturating_sub(passed);
                    passed
                }
                Run::Packed(_, taken, left) => {
                    let passed = count.min(*left);
                    *taken = taken.saturating_add(usize::try_from(passed).map_err(|_| BROKEN)?);
                    *left = left.saturating_sub(passed);
                    passed
                }
            };
            count = count.saturating_sub(passed);
        }
        Ok(())
    }

    /// The value of the next so many numbers, if one run holds them all; they are then taken.
    pub fn run(&mut self, count: u64) -> Result<Option<u32>, DecodeError> {
        if matches!(self.run, Run::Same(_, 0) | Run::Packed(_, _, 0)) {
            self.advance()?;
        }
        match &mut self.run {
            Run::Same(value, left) if *left >= count => {
                *left = left.saturating_sub(count);
                Ok(Some(*value))
            }
            _ => Ok(None),
        }
    }

    /// Whether more numbers are left than the last group of eight is filled up with.
    pub fn are_left(&self) -> bool {
        let left = match self.run {
            Run::Same(_, left) => left,
            Run::Packed(_, _, left) => left.saturating_sub(7),
        };
        // Of numbers without bits there are always more.
        self.width > 0 && (left > 0 || self.at < self.bytes.len())
    }

    /// The next run's head.
    fn advance(&mut self) -> Result<(), DecodeError> {
        let head = self.varint()?;
        let count = head >> 1;
        if head & 1 == 0 {
            let mut value = 0_u32;
            for place in 0..self.width.div_ceil(8) {
                let Some(byte) = self.bytes.get(self.at).copied() else { return Err(BROKEN) };
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
            self.run = Run::Packed(self.at, 0, values);
            self.at = self.at.saturating_add(usize::try_from(length).map_err(|_| BROKEN)?);
        }
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let Some(byte) = self.bytes.get(self.at).copied() else { return Err(BROKEN) };
            self.at = self.at.saturating_add(1);
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(BROKEN)
    }
}

/// Numbers of `width` bits (1 to 32), from the one at `first` on.
fn unpack(packed: &[u8], first: usize, width: u32, out: &mut [u32]) -> Result<(), DecodeError> {
    // Eight numbers fill whole bytes: those are taken together, the rest one by one.
    let before = (first.wrapping_neg() & 7).min(out.len());
    let Some((head, rest)) = out.split_at_mut_checked(before) else { return Err(BROKEN) };
    if before > 0 {
        one_by_one(packed, first, width, head)?;
    }
    let first = first.saturating_add(before);
    let (groups, _) = rest.as_chunks_mut::<8>();
    let Some(from) = packed.get((first >> 3).saturating_mul(width as usize)..) else { return Err(BROKEN) };
    let done = by_eight(from, width, groups).saturating_mul(8);
    match rest.get_mut(done..) {
        Some([]) => Ok(()),
        Some(rest) => one_by_one(packed, first.saturating_add(done), width, rest),
        None => Err(BROKEN),
    }
}

fn one_by_one(packed: &[u8], first: usize, width: u32, out: &mut [u32]) -> Result<(), DecodeError> {
    let wide = width as usize;
    let mask = u64::MAX >> 64_u32.saturating_sub(width).min(63);
    let mut bit = first.saturating_mul(wide);
    for slot in out {
        let end = bit.saturating_add(wide);
        let held = packed.get(bit >> 3..).filter(|_| end <= packed.len().saturating_mul(8));
        let Some(held) = held else { return Err(BROKEN) };
        let word = match held.first_chunk::<8>() {
            Some(chunk) => u64::from_le_bytes(*chunk),
            None => held.iter().rev().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte)),
        };
        *slot = ((word >> (bit & 7)) & mask) as u32;
        bit = end;
    }
    Ok(())
}

/// Numbers in groups of eight, from a group's first byte on; how many groups were taken. The last ones are left where
/// fewer bytes follow than are loaded at once.
fn by_eight(from: &[u8], width: u32, groups: &mut [[u32; 8]]) -> usize {
    /// `WINDOW` is at least 8 bytes more than the last number of a group begins at.
    fn taken<const WIDTH: usize, const WINDOW: usize>(from: &[u8], groups: &mut [[u32; 8]]) -> usize {
        let mask = u64::MAX >> (64 - WIDTH);
        let mut rest = from;
        let mut done = 0;
        for group in groups {
            let (Some(window), Some(next)) = (rest.first_chunk::<WINDOW>(), rest.get(WIDTH..)) else { break };
            for (place, slot) in group.iter_mut().enumerate() {
                let (byte, shift) = (place * WIDTH / 8, place * WIDTH % 8);
                let chunk = window.get(byte..).and_then(|bytes| bytes.first_chunk::<8>());
                *slot = (chunk.map_or(0, |chunk| u64::from_le_bytes(*chunk) >> shift) & mask) as u32;
            }
            rest = next;
            done += 1;
        }
        done
    }
    macro_rules! widths {
        ($($width:literal in $window:literal),*) => {
            match width {
                $($width => taken::<$width, $window>(from, groups),)*
                _ => 0,
            }
        };
    }
    widths!(
        1 in 16, 2 in 16, 3 in 16, 4 in 16, 5 in 16, 6 in 16, 7 in 16, 8 in 16, 9 in 32, 10 in 32, 11 in 32,
        12 in 32, 13 in 32, 14 in 32, 15 in 32, 16 in 32, 17 in 32, 18 in 32, 19 in 32, 20 in 32
    )
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

    #[test]
    fn packed_numbers_of_any_width_come_back_wherever_a_batch_ends() {
        for width in 1..=32_u32 {
            let mask = u64::MAX >> (64 - width);
            let numbers: Vec<u32> = (0..200_u64)
                .map(|place| (place.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7 & mask) as u32)
                .collect();
            let mut bytes = vec![(200 / 8) << 1 | 1];
            let (mut word, mut held) = (0_u128, 0);
            for number in &numbers {
                word |= u128::from(*number) << held;
                held += width;
                while held >= 8 {
                    bytes.push(word as u8);
                    (word, held) = (word >> 8, held - 8);
                }
            }
            for step in [1, 3, 8, 64, 200] {
                let mut hybrid = Hybrid::new(Bytes::copy_from_slice(&bytes), width).unwrap();
                let mut found = Vec::new();
                while found.len() < numbers.len() {
                    let mut out = vec![0; step.min(numbers.len() - found.len())];
                    hybrid.fill(&mut out).unwrap();
                    found.extend(out);
                }
                assert_eq!(found, numbers, "{width} bits in steps of {step}");
                let mut hybrid = Hybrid::new(Bytes::copy_from_slice(&bytes), width).unwrap();
                hybrid.skip(step as u64 / 2).unwrap();
                let mut out = [0; 100];
                hybrid.fill(&mut out).unwrap();
                assert_eq!(out, numbers[step / 2..][..100], "{width} bits after {step}");
            }
        }
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
