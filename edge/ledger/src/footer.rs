//! The footer of a file: counts, depths and places are checked against the file's size, so that nothing later allocates
//! or recurses on a file's word.

use std::ops::Range;

use crate::error::DecodeError;
use crate::limits;
use crate::thrift::{Kind, Thrift};
use crate::tree::{self, Schema};

/// Where a footer lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tail {
    /// It begins before the bytes at hand: these are needed.
    Need(Range<u64>),
    /// It is in the bytes at hand, from this place on.
    Here(Range<usize>),
}

/// A column chunk, as the footer places it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// First byte: of the dictionary page, if there is one.
    pub start: u64,
    /// Bytes, headers included.
    pub length: u64,
    /// Values it says it has.
    pub values: u64,
    /// Codec: 0 none, 1 Snappy, 2 gzip; others are not read.
    pub codec: i64,
    /// Bytes when uncompressed, headers included.
    pub raw: u64,
}

/// What the walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// The columns.
    pub schema: Schema,
    /// By row group: rows, and one chunk per leaf.
    pub row_groups: Vec<(u64, Vec<Chunk>)>,
    /// Rows of the file.
    pub rows: u64,
}

/// Finds the footer in the last bytes of a file of this size, which may be at most so large.
pub fn locate(tail: &[u8], size: u64, largest: u64) -> Result<Tail, DecodeError> {
    if size > largest {
        return Err(DecodeError::TooLarge { thing: "the file", limit: largest });
    }
    let end = tail.len();
    let magic = end.checked_sub(4).and_then(|at| tail.get(at..)).ok_or(DecodeError::NotParquet)?;
    match magic {
        b"PAR1" => {}
        b"PARE" => return Err(DecodeError::Encrypted),
        _ => return Err(DecodeError::NotParquet),
    }
    let length = end
        .checked_sub(8)
        .and_then(|at| tail.get(at..at.saturating_add(4)))
        .ok_or(DecodeError::NotParquet)?;
    let length = length.iter().rev().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    if length > limits::FOOTER {
        return Err(DecodeError::TooLarge { thing: "the footer", limit: limits::FOOTER });
    }
    let all = length
        .checked_add(12)
        .filter(|all| *all <= size)
        .ok_or(DecodeError::Truncated("the footer is larger than the file"))?;
    // The magic at the file's beginning is not part of the footer.
    let footer = all.saturating_sub(4);
    let held = u64::try_from(end).unwrap_or(0);
    if footer > held {
        return Ok(Tail::Need(size.saturating_sub(footer)..size));
    }
    let start = usize::try_from(held.saturating_sub(footer)).map_err(|_| DecodeError::NotParquet)?;
    Ok(Tail::Here(start..end.saturating_sub(8)))
}

/// Walks a footer. `size` is that of the file.
pub fn walk(footer: &[u8], size: u64) -> Result<Walked, DecodeError> {
    let mut walked = Walked::default();
    let (mut has_schema, mut has_rows, mut has_groups) = (false, false, false);
    let data_end = size.saturating_sub(u64::try_from(footer.len()).unwrap_or(0)).saturating_sub(8);
    Thrift::new(footer).fields(|thrift, id, kind| match (id, kind) {
        (2, Kind::List) => {
            walked.schema = tree::read(thrift)?;
            has_schema = true;
            Ok(true)
        }
        (3, Kind::I64) => {
            walked.rows = u64::try_from(thrift.number()?).map_err(|_| DecodeError::Truncated("rows"))?;
            has_rows = true;
            Ok(true)
        }
        (4, Kind::List) => {
            let (_, groups) = thrift.list()?;
            if groups > limits::ROW_GROUPS {
                return Err(DecodeError::TooLarge {
                    thing: "the number of row groups",
                    limit: limits::ROW_GROUPS as u64,
                });
            }
            for _ in 0..groups {
                walked.row_groups.push(row_group(thrift)?);
            }
            has_groups = true;
            Ok(true)
        }
        _ => Ok(false),
    })?;
    let rows = walked.row_groups.iter().try_fold(0_u64, |sum, (rows, _)| sum.checked_add(*rows));
    if !has_schema || !has_rows || !has_groups || rows != Some(walked.rows) {
        return Err(DecodeError::Truncated("the footer contradicts itself"));
    }
    for (rows, chunks) in &walked.row_groups {
        if *rows > limits::ROWS {
            return Err(DecodeError::TooLarge { thing: "the rows of a row group", limit: limits::ROWS });
        }
        if chunks.len() != walked.schema.leaves.len() {
            return Err(DecodeError::Truncated("a row group lacks columns"));
        }
        // What holds no rows may lie anywhere.
        for chunk in chunks.iter().filter(|_| *rows > 0) {
            let end = chunk.start.checked_add(chunk.length);
            if chunk.start < 4 || end.is_none_or(|end| end > data_end) {
                return Err(DecodeError::Truncated("a column lies outside the file"));
            }
        }
    }
    Ok(walked)
}

fn row_group(thrift: &mut Thrift<'_>) -> Result<(u64, Vec<Chunk>), DecodeError> {
    let mut chunks = Vec::new();
    let mut rows = 0_u64;
    thrift.fields(|thrift, id, kind| match (id, kind) {
        (1, Kind::List) => {
            let (_, columns) = thrift.list()?;
            if columns > limits::COLUMNS {
                return Err(DecodeError::TooLarge {
                    thing: "the number of columns",
                    limit: limits::COLUMNS as u64,
                });
            }
            for _ in 0..columns {
                let mut chunk = None;
                thrift.fields(|thrift, id, kind| match (id, kind) {
                    // A chunk in another file.
                    (1, Kind::Binary) => Err(DecodeError::Unsupported("a column in another file".to_owned())),
                    (3, Kind::Struct) => {
                        chunk = Some(metadata(thrift)?);
                        Ok(true)
                    }
                    (8 | 9, _) => Err(DecodeError::Encrypted),
                    _ => Ok(false),
                })?;
                chunks.push(chunk.ok_or(DecodeError::Truncated("a column without description"))?);
            }
            Ok(true)
        }
        (3, Kind::I64) => {
            rows = u64::try_from(thrift.number()?).map_err(|_| DecodeError::Truncated("rows"))?;
            Ok(true)
        }
        _ => Ok(false),
    })?;
    Ok((rows, chunks))
}

fn metadata(thrift: &mut Thrift<'_>) -> Result<Chunk, DecodeError> {
    let mut chunk = Chunk::default();
    let (mut data, mut dictionary) = (None, None);
    let positive = |number: i64| u64::try_from(number).map_err(|_| DecodeError::Truncated("a negative size"));
    thrift.fields(|thrift, id, kind| {
        let number = match kind {
            Kind::I32 | Kind::I64 if matches!(id, 4..=7 | 9 | 11) => thrift.number()?,
            _ => return Ok(false),
        };
        match id {
            4 => chunk.codec = number,
            5 => chunk.values = positive(number)?,
            6 => chunk.raw = positive(number)?,
            7 => chunk.length = positive(number)?,
            9 => data = Some(positive(number)?),
            _ => dictionary = Some(positive(number)?),
        }
        Ok(true)
    })?;
    let data = data.ok_or(DecodeError::Truncated("a column without place"))?;
    // Some writers note a dictionary at 0 when there is none.
    chunk.start =
        dictionary.filter(|dictionary| *dictionary > 0).map_or(data, |dictionary| dictionary.min(data));
    Ok(chunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(length: u32, magic: &[u8; 4]) -> Vec<u8> {
        [&[0; 20][..], &length.to_le_bytes(), magic].concat()
    }

    #[test]
    fn the_footer_is_found_or_asked_for() {
        assert_eq!(locate(&tail(20, b"PAR1"), 100, limits::FILE), Ok(Tail::Here(0..20)));
        assert_eq!(locate(&tail(12, b"PAR1"), 100, limits::FILE), Ok(Tail::Here(8..20)));
        assert_eq!(locate(&tail(60, b"PAR1"), 100, limits::FILE), Ok(Tail::Need(32..100)));
    }

    // security.md rows 56 and 60
    #[test]
    fn what_is_no_footer_says_why() {
        let check = |tail: &[u8], size: u64, expect: &str| {
            let found = locate(tail, size, limits::FILE).map_err(|error| error.to_string());
            assert_eq!(found, Err(expect.to_owned()));
        };
        check(&tail(20, b"PARE"), 100, "the file is encrypted");
        check(&tail(20, b"PK\x05\x06"), 100, "this is no Parquet file");
        check(b"PAR", 3, "this is no Parquet file");
        check(b"PAR1", 4, "this is no Parquet file");
        check(&tail(u32::MAX, b"PAR1"), 1 << 28, "the footer is larger than 8388608");
        check(
            &tail(89, b"PAR1"),
            100,
            "the file is truncated or damaged: the footer is larger than the file",
        );
        check(&tail(20, b"PAR1"), limits::FILE + 1, "the file is larger than 536870912");
    }

    // security.md row 57
    #[test]
    fn schemas_are_trees_of_bounded_depth() {
        // A node with so many children: a name of no letters, and their number.
        let node = |children: u8| vec![0x48, 0, 0x15, children << 1, 0];
        let leaf = || vec![0x15, 2, 0x25, 0, 0x18, 1, b'a', 0];
        let schema = |nodes: &[Vec<u8>]| {
            let list = [vec![0xFC, nodes.len() as u8], nodes.concat()].concat();
            tree::read(&mut Thrift::new(&list)).map(|schema| schema.leaves.len())
        };
        assert_eq!(schema(&[node(2), leaf(), leaf()]), Ok(2));
        assert_eq!(schema(&[node(1), node(1), node(1), leaf()]), Ok(1));
        for broken in [&[node(1)][..], &[node(1), leaf(), leaf()], &[node(2), leaf()], &[]] {
            assert!(schema(broken).is_err());
        }
        let deep: Vec<Vec<u8>> = (0..100).map(|_| node(1)).chain([leaf()]).collect();
        let too_deep = DecodeError::TooLarge { thing: "the depth of the schema", limit: 8 };
        assert_eq!(schema(&deep), Err(too_deep));
    }
}
