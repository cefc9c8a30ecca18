//! The page headers of a column chunk, walked before anything is inflated: sizes, ratios and counts.

use crate::error::DecodeError;
use crate::footer::Chunk;
use crate::limits;
use crate::thrift::{Kind, Thrift};

/// Checks every page of a chunk. `most` is how many values it may hold: the rows of its group, or more for a map.
pub fn check(bytes: &[u8], chunk: &Chunk, most: u64) -> Result<(), DecodeError> {
    if !matches!(chunk.codec, 0 | 1) {
        let codec = match chunk.codec {
            2 => "gzip compression",
            4 => "Brotli compression",
            6 => "Zstandard compression",
            _ => "this compression",
        };
        return Err(DecodeError::Unsupported(codec.to_owned()));
    }
    if chunk.values > most {
        return Err(DecodeError::TooLarge { thing: "the number of values of a column", limit: most });
    }
    let mut rest = bytes;
    let mut values = 0_u64;
    while values < chunk.values {
        let mut thrift = Thrift::new(rest);
        let page = header(&mut thrift)?;
        let header_length = rest.len().saturating_sub(thrift.left());
        limit("a page", page.compressed, limits::PAGE_COMPRESSED)?;
        limit("a page", page.raw, limits::PAGE_RAW)?;
        if chunk.codec == 0 && page.compressed != page.raw {
            return Err(DecodeError::Truncated("a page has two sizes"));
        }
        if page.raw > page.compressed.saturating_mul(limits::RATIO).max(4_096) {
            return Err(DecodeError::TooLarge {
                thing: "the compression ratio of a page",
                limit: limits::RATIO,
            });
        }
        match page.kind {
            Page::Dictionary => limit("a dictionary", page.raw, limits::DICTIONARY)?,
            Page::Data => {
                values = values.checked_add(page.values).filter(|sum| *sum <= chunk.values).ok_or(
                    DecodeError::TooLarge { thing: "the number of values of a page", limit: chunk.values },
                )?;
                if page.values == 0 {
                    return Err(DecodeError::Truncated("a page without values"));
                }
            }
            Page::Index => {}
        }
        let body = usize::try_from(page.compressed).map_err(|_| DecodeError::Truncated("a page"))?;
        let next = header_length.checked_add(body).and_then(|next| rest.get(next..));
        rest = next.ok_or(DecodeError::Truncated("a page ends after its column"))?;
    }
    Ok(())
}

fn limit(thing: &'static str, size: u64, limit: u64) -> Result<(), DecodeError> {
    if size > limit { Err(DecodeError::TooLarge { thing, limit }) } else { Ok(()) }
}

enum Page {
    Data,
    Index,
    Dictionary,
}

struct Header {
    kind: Page,
    raw: u64,
    compressed: u64,
    values: u64,
}

fn header(thrift: &mut Thrift<'_>) -> Result<Header, DecodeError> {
    let broken = DecodeError::Truncated("a page header");
    let (mut kind, mut raw, mut compressed, mut values) = (None, None, None, 0);
    thrift.fields(|thrift, id, field| match (id, field) {
        (1, Kind::I32) => {
            kind = Some(thrift.number()?);
            Ok(true)
        }
        (2, Kind::I32) => {
            raw = Some(thrift.number()?);
            Ok(true)
        }
        (3, Kind::I32) => {
            compressed = Some(thrift.number()?);
            Ok(true)
        }
        // Headers of data pages of both versions and of dictionaries begin with the number of values.
        (5 | 7 | 8, Kind::Struct) => {
            thrift.fields(|thrift, id, field| match (id, field) {
                (1, Kind::I32) => {
                    values = thrift.number()?;
                    Ok(true)
                }
                _ => Ok(false),
            })?;
            Ok(true)
        }
        _ => Ok(false),
    })?;
    let size =
        |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).ok_or(broken.clone());
    let kind = match kind {
        Some(0 | 3) => Page::Data,
        Some(1) => Page::Index,
        Some(2) => Page::Dictionary,
        _ => return Err(broken),
    };
    Ok(Header { kind, raw: size(raw)?, compressed: size(compressed)?, values: size(Some(values))? })
}
