//! The pages of a column chunk. Every header is walked before anything is inflated (sizes, ratios, counts), and a page
//! is inflated into exactly what its header says.

use std::io::Read;

use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;

use crate::error::DecodeError;
use crate::footer::Chunk;
use crate::limits;
use crate::thrift::{Kind, Thrift};

/// A page, not yet inflated.
#[derive(Clone, Debug)]
pub struct Page {
    /// What it holds.
    pub kind: PageKind,
    /// Its values, nulls included.
    pub values: u64,
    /// How they are encoded, as Parquet counts encodings.
    pub encoding: i64,
    /// Bytes when inflated.
    raw: usize,
    /// Checksum of the body, where the writer gave one.
    checksum: Option<u32>,
    body: Bytes,
}

/// What a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// Values, levels inside.
    Data {
        /// How definition and repetition levels are encoded.
        levels: (i64, i64),
    },
    /// Values, levels before them and never compressed.
    DataV2 {
        /// Bytes of definition levels.
        definition: usize,
        /// Bytes of repetition levels.
        repetition: usize,
        /// Whether the values are compressed.
        is_compressed: bool,
    },
    /// Distinct values that codes refer to.
    Dictionary,
    /// Nothing of use.
    Index,
}

/// What inflating a page left: levels apart in newer pages.
#[derive(Clone, Debug, Default)]
pub struct Inflated {
    /// Repetition and definition levels, where they stand apart.
    pub levels: Option<(Bytes, Bytes)>,
    /// The rest.
    pub values: Bytes,
}

/// What decoding a chunk takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// Bytes held at once: its largest page and its dictionary with what is noted about each entry.
    pub held: u64,
    /// Whether all its values are codes of its dictionary.
    pub is_coded: bool,
}

/// Walks the pages of a chunk.
#[derive(Clone, Debug)]
pub struct Pages {
    rest: Bytes,
    codec: i64,
    left: u64,
}

const BROKEN: DecodeError = DecodeError::Truncated("a page header");
const TWO_SIZES: DecodeError = DecodeError::Truncated("a page has two sizes");
const NOT_INFLATED: DecodeError = DecodeError::Truncated("a page cannot be decompressed");

// Codecs, as Parquet counts them.
const NONE: i64 = 0;
const SNAPPY: i64 = 1;
const GZIP: i64 = 2;

/// Checks every page of a chunk. `most` is how many values it may hold: the rows of its group, or more for a map.
pub fn check(bytes: &Bytes, chunk: &Chunk, most: u64) -> Result<Cost, DecodeError> {
    if !matches!(chunk.codec, NONE | SNAPPY | GZIP) {
        let codec = match chunk.codec {
            3 => "LZO compression",
            4 => "Brotli compression",
            5 | 7 => "LZ4 compression",
            6 => "Zstandard compression",
            _ => "this compression",
        };
        return Err(DecodeError::Unsupported(codec.to_owned()));
    }
    if chunk.values > most {
        return Err(DecodeError::TooLarge { thing: "the number of values of a column", limit: most });
    }
    let mut pages = Pages::new(bytes.clone(), chunk);
    let (mut page_held, mut dictionary_held, mut is_coded) = (0_u64, 0_u64, true);
    while let Some(page) = pages.next()? {
        let raw = page.raw as u64;
        limit("a page", raw, chunk.raw)?;
        if page.kind == PageKind::Dictionary {
            limit("a dictionary", raw, limits::DICTIONARY)?;
            // Each value takes a bit at least; texts and numbers take more.
            limit("the number of values of a dictionary", page.values, raw)?;
            dictionary_held = dictionary_held.max(raw.saturating_add(page.values.saturating_mul(24)));
        } else {
            page_held = page_held.max(raw);
            is_coded &= page.kind == PageKind::Index || matches!(page.encoding, 2 | 8);
        }
    }
    Ok(Cost { held: page_held.saturating_add(dictionary_held), is_coded })
}

fn limit(thing: &'static str, size: u64, limit: u64) -> Result<(), DecodeError> {
    if size > limit { Err(DecodeError::TooLarge { thing, limit }) } else { Ok(()) }
}

impl Pages {
    /// Of a chunk's bytes.
    pub fn new(bytes: Bytes, chunk: &Chunk) -> Self {
        Self { rest: bytes, codec: chunk.codec, left: chunk.values }
    }

    /// The next page, none after the last value.
    pub fn next(&mut self) -> Result<Option<Page>, DecodeError> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut thrift = Thrift::new(&self.rest);
        let header = header(&mut thrift)?;
        let start = self.rest.len().saturating_sub(thrift.left());
        limit("a page", header.compressed, limits::PAGE_COMPRESSED)?;
        limit("a page", header.raw, limits::PAGE_RAW)?;
        if self.codec == NONE && header.compressed != header.raw {
            return Err(TWO_SIZES);
        }
        let ratio = if self.codec == GZIP { limits::GZIP_RATIO } else { limits::RATIO };
        if header.raw > header.compressed.saturating_mul(ratio).max(4_096) {
            return Err(DecodeError::TooLarge { thing: "the compression ratio of a page", limit: ratio });
        }
        if matches!(header.kind, PageKind::Data { .. } | PageKind::DataV2 { .. }) {
            self.left = self
                .left
                .checked_sub(header.values)
                .ok_or(DecodeError::TooLarge { thing: "the number of values of a page", limit: self.left })?;
        }
        let length = usize::try_from(header.compressed).map_err(|_| BROKEN)?;
        let end = start.checked_add(length).filter(|end| *end <= self.rest.len());
        let end = end.ok_or(DecodeError::Truncated("a page ends after its column"))?;
        let body = self.rest.slice(start..end);
        self.rest = self.rest.slice(end..);
        let raw = usize::try_from(header.raw).map_err(|_| BROKEN)?;
        let Header { kind, values, encoding, checksum, .. } = header;
        Ok(Some(Page { kind, values, encoding, raw, checksum, body }))
    }

    /// Passes over the next page, if it is one of data with at most so many values; how many it has.
    pub fn pass(&mut self, most: u64) -> Result<Option<u64>, DecodeError> {
        let mut ahead = self.clone();
        let page = ahead.next()?;
        let is_data = |page: &Page| matches!(page.kind, PageKind::Data { .. } | PageKind::DataV2 { .. });
        let Some(page) = page.filter(|page| is_data(page) && page.values <= most && page.values > 0) else {
            return Ok(None);
        };
        *self = ahead;
        Ok(Some(page.values))
    }

    /// Inflates a page whose checksum, if it has one, is right. `room` is what another page was inflated into, or
    /// nothing.
    pub fn inflate(&self, page: &Page, room: BytesMut) -> Result<Inflated, DecodeError> {
        if page.checksum.is_some_and(|checksum| crc32fast::hash(&page.body) != checksum) {
            return Err(DecodeError::Damaged("a page differs from its checksum".to_owned()));
        }
        match page.kind {
            PageKind::DataV2 { definition, repetition, is_compressed } => {
                let values_at = repetition.checked_add(definition).ok_or(BROKEN)?;
                let raw = page.raw.checked_sub(values_at).ok_or(BROKEN)?;
                if values_at > page.body.len() {
                    return Err(BROKEN);
                }
                let body = page.body.slice(values_at..);
                let values = if is_compressed && self.codec != NONE {
                    inflated(self.codec, &body, raw, room)?
                } else if body.len() == raw {
                    body
                } else {
                    return Err(TWO_SIZES);
                };
                let levels = (page.body.slice(..repetition), page.body.slice(repetition..values_at));
                Ok(Inflated { levels: Some(levels), values })
            }
            _ if self.codec != NONE => {
                Ok(Inflated { levels: None, values: inflated(self.codec, &page.body, page.raw, room)? })
            }
            _ => Ok(Inflated { levels: None, values: page.body.clone() }),
        }
    }
}

/// Inflates into exactly so many bytes: fewer or more are an error, and no more are ever held.
fn inflated(codec: i64, body: &[u8], raw: usize, mut room: BytesMut) -> Result<Bytes, DecodeError> {
    if raw == 0 && body.is_empty() {
        return Ok(Bytes::new());
    }
    if room.capacity() < raw {
        room = BytesMut::zeroed(raw);
    }
    room.resize(raw, 0);
    match codec {
        SNAPPY => {
            if snap::raw::decompress_len(body).map_err(|_| NOT_INFLATED)? != raw {
                return Err(TWO_SIZES);
            }
            let written = snap::raw::Decoder::new().decompress(body, &mut room).map_err(|_| NOT_INFLATED)?;
            if written == raw { Ok(room.freeze()) } else { Err(TWO_SIZES) }
        }
        GZIP => {
            let mut inflating = MultiGzDecoder::new(body);
            inflating.read_exact(&mut room).map_err(|_| NOT_INFLATED)?;
            // Only at the very end does it compare length and checksum.
            match inflating.read(&mut [0]) {
                Ok(0) => Ok(room.freeze()),
                Ok(_) => Err(TWO_SIZES),
                Err(_) => Err(NOT_INFLATED),
            }
        }
        _ => Err(NOT_INFLATED),
    }
}

struct Header {
    kind: PageKind,
    raw: u64,
    compressed: u64,
    values: u64,
    encoding: i64,
    checksum: Option<u32>,
}

/// Numbers of a header's inner structure by field, and a truth value.
#[derive(Default)]
struct Inner {
    numbers: [i64; 8],
    is_raw: bool,
}

fn header(thrift: &mut Thrift<'_>) -> Result<Header, DecodeError> {
    let (mut kind, mut raw, mut compressed, mut checksum) = (None, None, None, None);
    let mut inner: Option<(i16, Inner)> = None;
    thrift.fields(|thrift, id, field| {
        match (id, field) {
            (1, Kind::I32) => kind = Some(thrift.number()?),
            (2, Kind::I32) => raw = Some(thrift.number()?),
            (3, Kind::I32) => compressed = Some(thrift.number()?),
            (4, Kind::I32) => checksum = i32::try_from(thrift.number()?).ok().map(i32::cast_unsigned),
            (5 | 7 | 8, Kind::Struct) => {
                let mut found = Inner::default();
                thrift.fields(|thrift, id, field| {
                    let place = usize::try_from(id).ok();
                    match (place.and_then(|place| found.numbers.get_mut(place)), field) {
                        (Some(slot), Kind::I32) => {
                            *slot = thrift.number()?;
                            return Ok(true);
                        }
                        (_, Kind::False) if id == 7 => found.is_raw = true,
                        _ => {}
                    }
                    Ok(false)
                })?;
                inner = Some((id, found));
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let size = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).ok_or(BROKEN);
    let (raw, compressed) = (size(raw)?, size(compressed)?);
    let place = |number: i64| usize::try_from(number).map_err(|_| BROKEN);
    let (kind, values, encoding) = match (kind, inner) {
        (Some(0), Some((5, Inner { numbers: [_, values, encoding, definition, repetition, ..], .. }))) => {
            (PageKind::Data { levels: (definition, repetition) }, values, encoding)
        }
        (
            Some(3),
            Some((8, Inner { numbers: [_, values, _, _, encoding, definition, repetition, _], is_raw })),
        ) => {
            let (definition, repetition) = (place(definition)?, place(repetition)?);
            (PageKind::DataV2 { definition, repetition, is_compressed: !is_raw }, values, encoding)
        }
        (Some(2), Some((7, Inner { numbers: [_, values, encoding, ..], .. }))) => {
            (PageKind::Dictionary, values, encoding)
        }
        (Some(1), _) => (PageKind::Index, 0, 0),
        _ => return Err(BROKEN),
    };
    Ok(Header { kind, raw, compressed, values: size(Some(values))?, encoding, checksum })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits_tests::varint;

    /// A page header of the first version: its sizes and number of values, PLAIN.
    fn page(raw: u64, compressed: u64, values: u64) -> Vec<u8> {
        let field = |head: u8, value: u64| [vec![head], varint(value << 1)].concat();
        let inner = [field(0x15, values), field(0x15, 0), field(0x15, 3), field(0x15, 3), vec![0]].concat();
        [field(0x15, 0), field(0x15, raw), field(0x15, compressed), vec![0x2C], inner, vec![0]].concat()
    }

    fn checked(bytes: Vec<u8>, codec: i64, values: u64, most: u64) -> Result<Cost, DecodeError> {
        let chunk = Chunk { values, codec, raw: limits::PAGE_RAW, ..Chunk::default() };
        check(&bytes.into(), &chunk, most)
    }

    #[test]
    fn pages_within_their_column_are_passed() {
        let bytes = [page(16, 16, 2), vec![0; 16], page(24, 24, 3), vec![0; 24]].concat();
        assert_eq!(checked(bytes, 0, 5, 5).map(|cost| cost.held), Ok(24));
    }

    // security.md rows 54, 55 and 58
    #[test]
    fn what_a_header_claims_is_refused_before_it_is_allocated() {
        let refused = |bytes: Vec<u8>, codec: i64, values: u64, most: u64, expect: &str| {
            let found = checked(bytes, codec, values, most).map(|cost| cost.held);
            assert_eq!(found.map_err(|error| error.to_string()), Err(expect.to_owned()));
        };
        let body = |page: Vec<u8>| [page, vec![0; 16]].concat();
        refused(body(page(1 << 31, 16, 2)), 1, 2, 2, "a page is larger than 16777216");
        refused(body(page(16, 1 << 31, 2)), 1, 2, 2, "a page is larger than 8388608");
        refused(body(page(1 << 20, 16, 2)), 1, 2, 2, "the compression ratio of a page is larger than 200");
        refused(body(page(16, 16, 9)), 0, 2, 2, "the number of values of a page is larger than 2");
        refused(body(page(16, 16, 2)), 0, 2, 1, "the number of values of a column is larger than 1");
        refused(
            body(page(16, 17, 2)),
            1,
            2,
            2,
            "the file is truncated or damaged: a page ends after its column",
        );
        refused(body(page(16, 12, 2)), 0, 2, 2, "the file is truncated or damaged: a page has two sizes");
        refused(body(page(1 << 20, 16, 2)), 2, 2, 2, "the compression ratio of a page is larger than 1100");
        for (codec, name) in
            [(3, "LZO"), (4, "Brotli"), (5, "LZ4"), (6, "Zstandard"), (7, "LZ4"), (9, "this")]
        {
            let expect = format!("{name} compression is not supported");
            refused(body(page(16, 16, 2)), codec, 2, 2, &expect);
        }
        let chunk = |raw: u64| Chunk { values: 2, raw, ..Chunk::default() };
        let check = |raw: u64| check(&body(page(16, 16, 2)).into(), &chunk(raw), 2).map(|cost| cost.held);
        assert_eq!(check(16), Ok(16));
        // Its column as a whole is smaller.
        assert_eq!(check(15), Err(DecodeError::TooLarge { thing: "a page", limit: 15 }));
        refused(Vec::new(), 0, 2, 2, "the file is truncated or damaged: a header cannot be read");
    }

    #[test]
    fn a_page_becomes_exactly_what_its_header_says() {
        let raw = [[7; 60], [8; 60]].concat();
        let gzip = |bytes: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            std::io::Write::write_all(&mut encoder, bytes).unwrap();
            encoder.finish().unwrap()
        };
        let inflate = |codec: i64, packed: &[u8], raw: u64| {
            let bytes = [page(raw, packed.len() as u64, 1), packed.to_vec()].concat();
            let mut pages = Pages::new(bytes.into(), &Chunk { values: 1, codec, ..Chunk::default() });
            let page = pages.next()?.ok_or(BROKEN)?;
            pages.inflate(&page, BytesMut::new()).map(|inflated| inflated.values)
        };
        let snappy = snap::raw::Encoder::new().compress_vec(&raw).unwrap();
        // Some writers make several members of a page.
        let members = [gzip(&raw[..50]), gzip(&raw[50..])].concat();
        for (codec, packed) in [(SNAPPY, snappy), (GZIP, gzip(&raw)), (GZIP, members)] {
            assert_eq!(inflate(codec, &packed, 120), Ok(Bytes::from(raw.clone())));
            for other in [119, 121, 0, 2_000] {
                assert!(inflate(codec, &packed, other).is_err(), "{codec} into {other}");
            }
            for end in 0..packed.len() {
                assert!(inflate(codec, &packed[..end], 120).is_err(), "{codec} cut off at {end}");
            }
        }
        assert_eq!(inflate(GZIP, &[], 0), Ok(Bytes::new()));
    }
}
