//! Each limit of ledger.md's table, met by bytes made by hand: one more than is allowed is refused by name.

use bytes::Bytes;

use crate::error::DecodeError;
use crate::footer::{self, Chunk, Walked};
use crate::lanes::TextLane;
use crate::leaf::LeafReader;
use crate::limits;
use crate::pages;
use crate::tree::{Leaf, Meaning, Physical};

/// A number as Thrift writes lengths.
pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A field so many ids after the one before, of 32 or 64 bits.
fn number(after: u8, value: u64) -> Vec<u8> {
    [vec![after << 4 | 5], varint(value << 1)].concat()
}

fn long(after: u8, value: u64) -> Vec<u8> {
    [vec![after << 4 | 6], varint(value << 1)].concat()
}

fn structure(after: u8, fields: &[Vec<u8>]) -> Vec<u8> {
    [vec![after << 4 | 12], fields.concat(), vec![0]].concat()
}

/// A list of structures.
fn list(after: u8, items: &[Vec<u8>]) -> Vec<u8> {
    [vec![after << 4 | 9, 0xFC], varint(items.len() as u64), items.concat()].concat()
}

fn node(children: u64) -> Vec<u8> {
    [vec![0x48, 0], number(1, children), vec![0]].concat()
}

/// A column that says twice what it means: in the older way by a number, in the newer by the id of a structure.
fn told_twice(older: u64, newer: u8) -> Vec<u8> {
    [
        number(1, 6),
        number(2, 0),
        vec![0x18, 1, b'a'],
        number(2, older),
        structure(4, &[structure(newer, &[])]),
        vec![0],
    ]
    .concat()
}

fn column() -> Vec<u8> {
    [number(1, 6), number(2, 0), vec![0x18, 1, b'a', 0]].concat()
}

fn chunk(start: u64, length: u64, values: u64) -> Vec<u8> {
    let description = [number(4, 0), long(1, values), long(1, length), long(1, length), long(2, start)];
    [structure(3, &description), vec![0]].concat()
}

fn row_group(chunks: &[Vec<u8>], rows: u64) -> Vec<u8> {
    [list(1, chunks), long(2, rows), vec![0]].concat()
}

fn footer(schema: &[Vec<u8>], rows: u64, row_groups: &[Vec<u8>]) -> Vec<u8> {
    [number(1, 1), list(1, schema), long(1, rows), list(1, row_groups), vec![0]].concat()
}

fn walk(schema: &[Vec<u8>], rows: u64, row_groups: &[Vec<u8>]) -> Result<Walked, String> {
    let bytes = footer(schema, rows, row_groups);
    footer::walk(&bytes, 1_000 + bytes.len() as u64 + 8).map_err(|error| error.to_string())
}

fn refused(found: Result<Walked, String>, expect: &str) {
    assert_eq!(found.map(|walked| walked.rows), Err(expect.to_owned()));
}

const OUTSIDE: &str = "the file is truncated or damaged: a column lies outside the file";

// security.md row 57
#[test]
fn schemas_are_neither_wide_nor_deep() {
    let wide = |columns: usize| {
        let leaves = std::iter::repeat_with(column).take(columns);
        let schema: Vec<Vec<u8>> = std::iter::once(node(columns as u64)).chain(leaves).collect();
        walk(&schema, 0, &[])
    };
    assert_eq!(wide(limits::COLUMNS - 1).map(|walked| walked.schema.leaves.len()), Ok(1_999));
    refused(wide(limits::COLUMNS), "the number of columns is larger than 2000");
    refused(wide(1_000_000), "the number of columns is larger than 2000");
    let deep = |levels: usize| {
        let nodes = std::iter::repeat_with(|| node(1)).take(levels);
        walk(&nodes.chain([column()]).collect::<Vec<_>>(), 0, &[])
    };
    assert!(deep(limits::DEPTH).is_ok());
    refused(deep(limits::DEPTH + 1), "the depth of the schema is larger than 8");
    refused(deep(1_500), "the depth of the schema is larger than 8");
    refused(deep(100_000), "the number of columns is larger than 2000");
}

// security.md row 59
#[test]
fn a_column_that_says_twice_what_it_means_says_the_same() {
    let meaning = |older: u64, newer: u8| {
        let walked = walk(&[node(1), told_twice(older, newer)], 0, &[]);
        walked.map(|walked| walked.schema.leaves[0].meaning)
    };
    // UTF8 and STRING, DATE and DATE, DECIMAL without a scale.
    assert_eq!(meaning(0, 1), Ok(Meaning::Plain));
    assert_eq!(meaning(6, 6), Ok(Meaning::Date));
    assert_eq!(meaning(5, 5), Ok(Meaning::Decimal(0)));
    let differs = Err("the file is truncated or damaged: a column has two meanings".to_owned());
    for (older, newer) in [(0, 5), (0, 6), (6, 1), (6, 5), (9, 6), (10, 1)] {
        assert_eq!(meaning(older, newer), differs, "{older} and {newer}");
    }
}

#[test]
fn row_groups_are_neither_many_nor_endless() {
    let schema = [node(1), column()];
    let many = |groups: usize| walk(&schema, 0, &vec![row_group(&[chunk(4, 0, 0)], 0); groups]);
    assert_eq!(many(limits::ROW_GROUPS).map(|walked| walked.row_groups.len()), Ok(10_000));
    refused(many(limits::ROW_GROUPS + 1), "the number of row groups is larger than 10000");
    let endless = |rows: u64| walk(&schema, rows, &[row_group(&[chunk(4, 9, rows)], rows)]);
    assert!(endless(limits::ROWS).is_ok());
    refused(endless(limits::ROWS + 1), "the rows of a row group is larger than 67108864");
    let columns = vec![chunk(4, 0, 0); limits::COLUMNS + 1];
    refused(walk(&schema, 0, &[row_group(&columns, 0)]), "the number of columns is larger than 2000");
    let contradicting = "the file is truncated or damaged: the footer contradicts itself";
    refused(walk(&schema, 7, &[row_group(&[chunk(4, 9, 6)], 6)]), contradicting);
    // What every footer has, a damaged one must not lack: it would be that of an empty file.
    for lacking in [vec![number(1, 1), list(1, &schema)], vec![number(1, 1), list(1, &schema), long(1, 0)]] {
        let bytes = [lacking.concat(), vec![0]].concat();
        refused(footer::walk(&bytes, 1_000).map_err(|error| error.to_string()), contradicting);
    }
}

// security.md row 56
#[test]
fn chunks_lie_within_the_file_before_its_footer() {
    let lies =
        |start: u64, length: u64| walk(&[node(1), column()], 1, &[row_group(&[chunk(start, length, 1)], 1)]);
    assert!(lies(4, 996).is_ok());
    for (start, length) in
        [(4, 997), (3, 5), (1_001, 1), (5, i64::MAX as u64), (i64::MAX as u64, i64::MAX as u64)]
    {
        refused(lies(start, length), OUTSIDE);
    }
}

fn data_page(values: u64, body: &[u8]) -> Vec<u8> {
    let size = body.len() as u64;
    let inner = [number(1, values), number(1, 8), number(1, 3), number(1, 3)];
    [number(1, 0), number(1, size), number(1, size), structure(2, &inner), vec![0], body.to_vec()].concat()
}

fn dictionary_page(values: u64, raw: u64, body: &[u8]) -> Vec<u8> {
    let inner = [number(1, values), number(1, 0)];
    let sizes = [number(1, 2), number(1, raw), number(1, body.len() as u64)];
    [sizes.concat(), structure(4, &inner), vec![0], body.to_vec()].concat()
}

fn checked(pages: &[Vec<u8>], codec: i64, values: u64, most: u64) -> Result<u64, String> {
    let chunk = Chunk { values, codec, raw: limits::PAGE_RAW, ..Chunk::default() };
    let checked = pages::check(&pages.concat().into(), &chunk, most);
    checked.map(|cost| cost.held).map_err(|error| error.to_string())
}

// security.md row 58
#[test]
fn values_are_those_of_the_rows_and_dictionaries_are_small() {
    let page = |values: u64| data_page(values, &[0; 16]);
    // A map may have 64 entries a row, and no more.
    assert!(checked(&[page(640)], 0, 640, 10 * limits::MAP_VALUES).is_ok());
    let too_many = "the number of values of a column is larger than 640";
    assert_eq!(checked(&[page(641)], 0, 641, 10 * limits::MAP_VALUES), Err(too_many.to_owned()));
    let over = "the number of values of a page is larger than 3";
    assert_eq!(checked(&[page(5), page(4)], 0, 8, 8), Err(over.to_owned()));
    let under = "the file is truncated or damaged: a header cannot be read";
    assert_eq!(checked(&[page(5), page(2)], 0, 8, 8), Err(under.to_owned()));
    let endless = "the number of values of a column is larger than 5";
    assert_eq!(checked(&[page(5)], 0, i64::from(i32::MAX).unsigned_abs(), 5), Err(endless.to_owned()));

    let body = vec![0; 100_000];
    let dictionary =
        |values: u64, raw: u64| checked(&[dictionary_page(values, raw, &body), page(5)], 1, 5, 5);
    assert!(dictionary(1_000, limits::DICTIONARY).is_ok());
    assert_eq!(dictionary(1, limits::DICTIONARY + 1), Err("a dictionary is larger than 8388608".to_owned()));
    let bomb = dictionary(i64::from(i32::MAX).unsigned_abs(), 100_000);
    assert_eq!(bomb, Err("the number of values of a dictionary is larger than 100000".to_owned()));
}

// security.md row 58
#[test]
fn every_code_has_its_entry() {
    let leaf = Leaf {
        root: 0,
        physical: Physical::Bytes,
        meaning: Meaning::Plain,
        definition: 0,
        repetition: 0,
        is_optional: false,
    };
    let entries = [2, 0, 0, 0, b'a', b'b', 1, 0, 0, 0, b'c'];
    let read = |codes: &[u8], rows: u64| {
        let pages = [dictionary_page(2, entries.len() as u64, &entries), data_page(rows, codes)].concat();
        let chunk = Chunk { values: rows, ..Chunk::default() };
        let mut lane = TextLane::new("service");
        let mut reader = LeafReader::new(leaf, "service", Bytes::from(pages), &chunk, false)?;
        reader.read(rows as usize, &mut lane)?;
        let texts = (0..rows as usize).map(|row| lane.at(row).to_owned());
        Ok::<_, DecodeError>(texts.collect::<Vec<_>>())
    };
    // Bit width, then a run of so many of a code, or eight packed ones.
    assert_eq!(read(&[1, 3 << 1, 1], 3), Ok(vec!["c".to_owned(); 3]));
    assert_eq!(read(&[2, 3, 0b0001_0001, 0], 3), Ok(vec!["c".to_owned(), "ab".to_owned(), "c".to_owned()]));
    let beyond = Err(DecodeError::Truncated("a code points beyond its dictionary"));
    assert_eq!(read(&[2, 3 << 1, 2], 3), beyond);
    assert_eq!(read(&[2, 3, 0b0010_0001, 0], 3), beyond);
    assert_eq!(read(&[32, 3 << 1, 255, 255, 255, 255], 3), beyond);
    assert!(read(&[33, 3 << 1, 0, 0, 0, 0, 0], 3).is_err());
}

// security.md row 59
#[test]
fn pages_hold_the_values_they_say_and_no_more() {
    let more = DecodeError::Truncated("a page has more values than it says");
    let leaf = |physical: Physical| Leaf {
        root: 0,
        physical,
        meaning: Meaning::Plain,
        definition: 0,
        repetition: 0,
        is_optional: false,
    };
    let read = |physical: Physical, pages: &[Vec<u8>], rows: u64| {
        let chunk = Chunk { values: rows, ..Chunk::default() };
        let mut lane = TextLane::new("service");
        let bytes = Bytes::from(pages.concat());
        let mut reader = LeafReader::new(leaf(physical), "service", bytes, &chunk, false)?;
        reader.read(rows as usize, &mut lane)?;
        reader.end()
    };
    let codes = |run: u8, rows: u64| data_page(rows, &[1, run << 1, 0]);
    let texts = [1, 0, 0, 0, b'a', 1, 0, 0, 0, b'b'];
    let numbers = [7_u8, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0];
    for (physical, entries) in [(Physical::Bytes, &texts[..]), (Physical::Int64, &numbers[..])] {
        let dictionary = |values: u64| dictionary_page(values, entries.len() as u64, entries);
        assert_eq!(read(physical, &[dictionary(2), codes(3, 3)], 3), Ok(()));
        assert_eq!(read(physical, &[dictionary(1), codes(3, 3)], 3), Err(more.clone()), "one of two entries");
        assert_eq!(
            read(physical, &[dictionary(2), codes(4, 3)], 3),
            Err(more.clone()),
            "three of four codes"
        );
    }
    // Read as half as wide as they are, as many are left.
    let narrow = dictionary_page(2, 16, &numbers);
    assert_eq!(read(Physical::Int32, &[narrow, codes(3, 3)], 3), Err(more.clone()));
    let plain = |values: u64| {
        let inner = [number(1, values), number(1, 0), number(1, 3), number(1, 3)];
        let head = [number(1, 0), number(1, 16), number(1, 16), structure(2, &inner), vec![0]];
        [head.concat(), numbers.to_vec()].concat()
    };
    assert_eq!(read(Physical::Int64, &[plain(2), plain(2)], 4), Ok(()));
    assert_eq!(read(Physical::Int64, &[plain(1)], 1), Err(more.clone()));
    assert_eq!(read(Physical::Int32, &[plain(2), plain(2)], 4), Err(more));
}
