//! Values as Parquet stores them, without their pages: handed to a lane in small blocks, whatever their type.

use bytes::Bytes;

use crate::error::DecodeError;
use crate::gather::gather;
use crate::lanes::Lane;
use crate::tree::{Leaf, Meaning, Physical};

const BROKEN: DecodeError = DecodeError::Truncated("a page has fewer values than it says");

/// Takes `count` values that stand there as they are, from the byte `at` on.
pub fn plain<L: Lane>(
    lane: &mut L,
    leaf: &Leaf,
    bytes: &[u8],
    at: &mut usize,
    count: usize,
    out: &mut Vec<L::Value>,
) -> Result<(), DecodeError> {
    let mut integers = |lane: &mut L, block: &[i64]| lane.integers(block, leaf.meaning, out);
    match leaf.physical {
        Physical::Int32 => in_blocks(
            bytes,
            at,
            count,
            0,
            |four| i64::from(i32::from_le_bytes(four)),
            |block| integers(lane, block),
        ),
        Physical::Int64 => in_blocks(bytes, at, count, 0, i64::from_le_bytes, |block| integers(lane, block)),
        Physical::Int96 => in_blocks(bytes, at, count, 0, milliseconds, |block| integers(lane, block)),
        Physical::Float => {
            let double = |four| f64::from(f32::from_le_bytes(four));
            in_blocks(bytes, at, count, 0.0, double, |block| lane.doubles(block, out))
        }
        Physical::Double => {
            in_blocks(bytes, at, count, 0.0, f64::from_le_bytes, |block| lane.doubles(block, out))
        }
        Physical::Fixed(length) => {
            for _ in 0..count {
                let end = at.checked_add(length as usize).ok_or(BROKEN)?;
                out.push(text(lane, leaf, bytes.get(*at..end).ok_or(BROKEN)?)?);
                *at = end;
            }
            Ok(())
        }
        Physical::Bytes => {
            for _ in 0..count {
                let (start, end) = text_at(bytes, *at)?;
                out.push(text(lane, leaf, bytes.get(start..end).ok_or(BROKEN)?)?);
                *at = end;
            }
            Ok(())
        }
        // Eight to a byte: `at` counts bits.
        Physical::Boolean => {
            for _ in 0..count {
                let byte = bytes.get(*at >> 3).ok_or(BROKEN)?;
                out.push(lane.text(truth(u32::from(byte >> (*at & 7) & 1)))?);
                *at = at.saturating_add(1);
            }
            Ok(())
        }
        Physical::Other => Err(BROKEN),
    }
}

/// A truth value in words.
pub const fn truth(bit: u32) -> &'static [u8] {
    if bit == 0 { b"false" } else { b"true" }
}

/// Hands values of fixed width on, some hundred at a time.
fn in_blocks<const N: usize, T: Copy>(
    bytes: &[u8],
    at: &mut usize,
    count: usize,
    nothing: T,
    read: impl Fn([u8; N]) -> T,
    mut take: impl FnMut(&[T]) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    const BLOCK: usize = 256;
    let end = count.checked_mul(N).and_then(|length| at.checked_add(length)).ok_or(BROKEN)?;
    let (values, _) = bytes.get(*at..end).ok_or(BROKEN)?.as_chunks::<N>();
    let mut block = [nothing; BLOCK];
    for values in values.chunks(BLOCK) {
        for (slot, value) in block.iter_mut().zip(values) {
            *slot = read(*value);
        }
        take(block.get(..values.len()).ok_or(BROKEN)?)?;
    }
    *at = end;
    Ok(())
}

/// A value that is stored as bytes: a text, or a decimal.
pub fn text<L: Lane>(lane: &mut L, leaf: &Leaf, bytes: &[u8]) -> Result<L::Value, DecodeError> {
    match leaf.meaning {
        Meaning::Decimal(_) => lane.wide(big_endian(bytes)?, leaf.meaning),
        _ => lane.text(bytes),
    }
}

/// Where a text lies whose length stands before it.
pub fn text_at(bytes: &[u8], at: usize) -> Result<(usize, usize), DecodeError> {
    let Some(head) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()) else { return Err(BROKEN) };
    let start = at.checked_add(4).ok_or(BROKEN)?;
    let length = usize::try_from(u32::from_le_bytes(*head)).map_err(|_| BROKEN)?;
    let end = start.checked_add(length).filter(|end| *end <= bytes.len()).ok_or(BROKEN)?;
    Ok((start, end))
}

/// A moment in the form of old writers, in milliseconds since 1970.
fn milliseconds(bytes: [u8; 12]) -> i64 {
    let [a, b, c, d, e, f, g, h, day @ ..] = bytes;
    let nanoseconds = i64::from_le_bytes([a, b, c, d, e, f, g, h]);
    let days = i64::from(i32::from_le_bytes(day)).saturating_sub(2_440_588);
    days.saturating_mul(86_400_000).saturating_add(nanoseconds.div_euclid(1_000_000))
}

/// A signed number, highest byte first.
fn big_endian(bytes: &[u8]) -> Result<i128, DecodeError> {
    if bytes.len() > 16 {
        return Err(DecodeError::Unsupported("a decimal of more than 16 bytes".to_owned()));
    }
    let sign = if bytes.first().is_some_and(|byte| *byte >= 0x80) { -1_i128 } else { 0 };
    Ok(bytes.iter().fold(sign, |value, byte| (value << 8) | i128::from(*byte)))
}

/// Distinct values of a chunk. Texts are given to the lane when they are first met, numbers at once.
#[derive(Debug)]
pub struct Entries<V> {
    /// Values; of texts that were not met yet, what no value is.
    values: Vec<V>,
    texts: Option<TextEntries>,
}

/// Texts of a dictionary page: where they lie.
#[derive(Debug)]
struct TextEntries {
    bytes: Bytes,
    places: Vec<(u32, u32)>,
    /// How many were not met yet.
    unknown: usize,
    generation: u32,
}

/// What a page has whose number of values is wrong, or their type.
pub const MORE: DecodeError = DecodeError::Truncated("a page has more values than it says");
const NO_ENTRY: DecodeError = DecodeError::Truncated("a code points beyond its dictionary");

impl<V: Copy + PartialEq> Entries<V> {
    /// Reads a dictionary page of `count` values.
    pub fn learn<L: Lane<Value = V>>(
        lane: &mut L,
        leaf: &Leaf,
        bytes: Bytes,
        count: usize,
    ) -> Result<Self, DecodeError> {
        if leaf.physical != Physical::Bytes || matches!(leaf.meaning, Meaning::Decimal(_)) {
            let (mut values, mut at) = (Vec::new(), 0);
            plain(lane, leaf, &bytes, &mut at, count, &mut values)?;
            return if at == bytes.len() { Ok(Self { values, texts: None }) } else { Err(MORE) };
        }
        let mut places = Vec::new();
        let mut at = 0_usize;
        for _ in 0..count {
            let (start, end) = text_at(&bytes, at)?;
            let place = |place: usize| u32::try_from(place).map_err(|_| BROKEN);
            places.push((place(start)?, place(end)?));
            at = end;
        }
        // Fewer than are there: what a code names would not be known, and a text that is there not be found.
        if at != bytes.len() {
            return Err(MORE);
        }
        let (unknown, generation) = (count, lane.generation());
        let texts = Some(TextEntries { bytes, places, unknown, generation });
        Ok(Self { values: vec![L::UNKNOWN; count], texts })
    }

    /// Whether a text is among them. Numbers are no texts.
    pub fn has_any(&self, wanted: &[&str]) -> bool {
        let Some(texts) = &self.texts else { return false };
        texts.places.iter().any(|(start, end)| {
            let text = texts.bytes.get(*start as usize..*end as usize);
            text.is_some_and(|text| wanted.iter().any(|wanted| wanted.as_bytes() == text))
        })
    }

    /// The value of a code.
    pub fn value<L: Lane<Value = V>>(
        &mut self,
        lane: &mut L,
        leaf: &Leaf,
        code: u32,
    ) -> Result<V, DecodeError> {
        self.forget::<L>(lane.generation());
        let Some(slot) = self.values.get_mut(code as usize) else { return Err(NO_ENTRY) };
        if let (true, Some(texts)) = (*slot == L::UNKNOWN, &mut self.texts) {
            let Some((start, end)) = texts.places.get(code as usize).copied() else { return Err(NO_ENTRY) };
            let Some(bytes) = texts.bytes.get(start as usize..end as usize) else { return Err(NO_ENTRY) };
            *slot = text(lane, leaf, bytes)?;
            texts.unknown = texts.unknown.saturating_sub(1);
        }
        Ok(*slot)
    }

    /// Values that were given to another generation of the lane mean nothing any more.
    fn forget<L: Lane<Value = V>>(&mut self, generation: u32) {
        if let Some(texts) = self.texts.as_mut().filter(|texts| texts.generation != generation) {
            self.values.fill(L::UNKNOWN);
            texts.unknown = self.values.len();
            texts.generation = generation;
        }
    }

    /// The values of many codes.
    pub fn values<L: Lane<Value = V>>(
        &mut self,
        lane: &mut L,
        leaf: &Leaf,
        codes: &[u32],
        out: &mut Vec<V>,
    ) -> Result<(), DecodeError> {
        self.forget::<L>(lane.generation());
        let begun = out.len();
        if !gather(&self.values, codes, out) {
            return Err(NO_ENTRY);
        }
        if self.texts.as_ref().is_none_or(|texts| texts.unknown == 0) {
            return Ok(());
        }
        let new = out.get_mut(begun..).unwrap_or_default();
        if new.iter().fold(false, |any, value| any | (*value == L::UNKNOWN)) {
            for (slot, code) in new.iter_mut().zip(codes).filter(|(slot, _)| **slot == L::UNKNOWN) {
                *slot = self.value(lane, leaf, *code)?;
            }
        }
        Ok(())
    }

    /// The values of some of many codes; of the others nothing. `wanted` are places among the codes.
    pub fn some_values<L: Lane<Value = V>>(
        &mut self,
        lane: &mut L,
        leaf: &Leaf,
        codes: &[u32],
        wanted: impl Iterator<Item = usize>,
        out: &mut [V],
    ) -> Result<(), DecodeError> {
        for place in wanted {
            if let (Some(code), Some(slot)) = (codes.get(place), out.get_mut(place)) {
                *slot = self.value(lane, leaf, *code)?;
            }
        }
        Ok(())
    }
}
