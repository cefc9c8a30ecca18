//! The ledger's parts, opened to the fuzzer and to the test that replays what it found. Each takes any bytes; whatever
//! they are, it returns.

use bytes::Bytes;
use cube::NO_TUPLE;

use crate::delta::Delta;
use crate::footer::{self, Chunk, Tail};
use crate::gather::gather;
use crate::groups::{GroupBy, Totaller};
use crate::hybrid::Hybrid;
use crate::lanes::{DayLane, Lane, TextLane, UnitLane};
use crate::leaf::LeafReader;
use crate::limits;
use crate::pages;
use crate::probe::Table;
use crate::tree::{Leaf, Meaning, Physical};

/// A part: its name and how it is fed.
pub type Target = (&'static str, fn(&[u8]));

/// Every part.
pub const TARGETS: [Target; 8] = [
    ("file", file),
    ("csv", csv),
    ("footer", footer),
    ("pages", pages),
    ("map", map),
    ("hybrid", hybrid),
    ("delta", delta),
    ("lookup", lookup),
];

/// A whole file, read for many dimensions at once.
pub fn file(bytes: &[u8]) {
    const NAMES: [&str; 6] = ["service", "resource", "region", "day", "tag:team", "cost_category:a"];
    let group_by = NAMES.iter().filter_map(|name| GroupBy::parse(name)).collect();
    let mut totaller = Totaller::new(group_by);
    totaller.add("file", Bytes::copy_from_slice(bytes));
    let totals = totaller.finish();
    let sum: i128 = totals.groups.iter().map(|group| group.costs.billed_cost.units()).sum();
    let total: i128 = match totals.totals.len() {
        0 | 1 => totals.total.billed_cost.units(),
        _ => totals.totals.values().map(|costs| costs.billed_cost.units()).sum(),
    };
    assert_eq!(sum, total, "groups add up to the total");
}

/// CSV below a header that makes it a report, plain and as what is left of a gzip file.
pub fn csv(bytes: &[u8]) {
    const HEAD: &[u8] = b"line_item_usage_account_id,line_item_product_code,line_item_line_item_type,\
        line_item_usage_start_date,line_item_unblended_cost,resource_tags\n";
    file(&[HEAD, bytes].concat());
    file(&[&[0x1F, 0x8B, 8, 0], bytes].concat());
}

/// A footer, without the rest of its file.
pub fn footer(bytes: &[u8]) {
    let _ = footer::walk(bytes, limits::FILE);
    let _ = footer::locate(bytes, bytes.len() as u64, limits::FILE);
}

/// A column chunk. The first bytes say what it is told to be, the rest are its pages.
pub fn pages(bytes: &[u8]) {
    let Some(([kind, codec, values], rest)) = bytes.split_first_chunk::<3>() else { return };
    let physical = match kind & 7 {
        0 => Physical::Int32,
        1 => Physical::Int64,
        2 => Physical::Int96,
        3 => Physical::Double,
        4 => Physical::Boolean,
        5 => Physical::Fixed(u32::from(*values).max(1)),
        _ => Physical::Bytes,
    };
    let meaning = match kind >> 3 & 3 {
        0 => Meaning::Plain,
        1 => Meaning::Decimal(i32::from(*codec >> 2)),
        2 => Meaning::Date,
        _ => Meaning::Moment(1_000_000),
    };
    let is_optional = kind & 0x20 != 0;
    let leaf =
        Leaf { root: 0, physical, meaning, definition: u8::from(is_optional), repetition: 0, is_optional };
    let rows = u64::from(*values) * 16;
    let chunk =
        Chunk { values: rows, codec: i64::from(codec & 3), raw: limits::PAGE_RAW, ..Chunk::default() };
    let rest = Bytes::copy_from_slice(rest);
    if pages::check(&rest, &chunk, rows).is_err() {
        return;
    }
    match kind >> 6 {
        0 => read(leaf, rest, &chunk, &mut UnitLane::new("cost")),
        1 => read(leaf, rest, &chunk, &mut DayLane::new("start")),
        _ => read(leaf, rest, &chunk, &mut TextLane::new("resource")),
    }
}

fn read<L: Lane>(leaf: Leaf, bytes: Bytes, chunk: &Chunk, lane: &mut L) {
    let Ok(mut reader) = LeafReader::<L>::new(leaf, "column", bytes.clone(), chunk, false) else { return };
    while reader.read(100, lane).is_ok() {}
    let Ok(mut reader) = LeafReader::<L>::new(leaf, "column", bytes, chunk, true) else { return };
    let _ = reader.may_hold(&["a"], lane);
    while reader.skip(77, lane).is_ok()
        && reader.read(33, lane).is_ok()
        && reader.read_some(50, &[3, 49, 7, 200], lane).is_ok()
        && reader.read_some(50, &[], lane).is_ok()
    {}
}

/// A chunk of a map's keys, with levels of both kinds.
pub fn map(bytes: &[u8]) {
    let Some(([codec, values], rest)) = bytes.split_first_chunk::<2>() else { return };
    let is_optional = codec & 4 != 0;
    let definition = 2 + u8::from(is_optional);
    let leaf = Leaf {
        root: 0,
        physical: Physical::Bytes,
        meaning: Meaning::Plain,
        definition,
        repetition: 1,
        is_optional,
    };
    let values = u64::from(*values) * 8;
    let chunk = Chunk { values, codec: i64::from(codec & 3), raw: limits::PAGE_RAW, ..Chunk::default() };
    let rest = Bytes::copy_from_slice(rest);
    if pages::check(&rest, &chunk, values).is_err() {
        return;
    }
    let mut lane = TextLane::new("tags");
    let Ok(mut reader) = LeafReader::new(leaf, "tags", rest, &chunk, false) else { return };
    let mut starts = Vec::new();
    while reader.read_entries(50, &mut lane, &mut starts).is_ok() {}
}

/// Runs and packed bits of any width, filled and passed over.
pub fn hybrid(bytes: &[u8]) {
    let Some(([width, step], rest)) = bytes.split_first_chunk::<2>() else { return };
    let Ok(mut hybrid) = Hybrid::new(Bytes::copy_from_slice(rest), u32::from(*width & 63)) else { return };
    let mut out = vec![0; usize::from(*step) + 1];
    for _ in 0..64 {
        if hybrid.run(3).is_err() || hybrid.fill(&mut out).is_err() || hybrid.skip(u64::from(*step)).is_err()
        {
            return;
        }
    }
}

/// Differences, handed out and passed over.
pub fn delta(bytes: &[u8]) {
    let Ok(mut delta) = Delta::new(Bytes::copy_from_slice(bytes)) else { return };
    let _ = delta.clone().end();
    for _ in 0..100_000 {
        if delta.next().is_err() {
            return;
        }
    }
}

/// Codes and keys that are looked up many at once without a check of each, beside lookups that check.
pub fn lookup(bytes: &[u8]) {
    let Some((count, rest)) = bytes.split_first() else { return };
    let (values, codes) = rest.split_at(rest.len().min(usize::from(*count)));
    let codes: Vec<u32> = codes.iter().map(|code| u32::from(*code)).collect();
    let expect: Option<Vec<u8>> = codes.iter().map(|code| values.get(*code as usize).copied()).collect();
    let mut found = Vec::new();
    let all = gather(values, &codes, &mut found);
    assert_eq!(all.then_some(found), expect, "each code has its value");

    let (words, _) = rest.as_chunks::<3>();
    // Near and far from each other, as codes that are packed.
    let key = |[a, b, c]: &[u8; 3]| u64::from(*a) << (b & 63) | u64::from(*c);
    let keys: Vec<u64> = words.iter().map(key).collect();
    let (known, _) = keys.split_at(keys.len() / 2);
    let mut table = Table::default();
    for key in known {
        if table.find(*key) == NO_TUPLE {
            table.insert(*key, table.next());
        }
    }
    let mut ids = vec![0; keys.len()];
    let is_missing = table.find_all(&keys, &mut ids);
    assert_eq!(is_missing, ids.contains(&NO_TUPLE), "what is missing is said");
    for (key, id) in keys.iter().zip(ids) {
        assert!(id == NO_TUPLE || id == table.find(*key), "a key has one number");
    }
    assert!(known.iter().all(|key| table.find(*key) != NO_TUPLE), "what is there is found");
}

/// Beginnings for the fuzzer, out of a file of any writer: by target, what its parts look like.
pub fn seeds(whole: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut seeds = vec![("file", whole.to_vec())];
    let Ok(Tail::Here(place)) = footer::locate(whole, whole.len() as u64, limits::FILE) else {
        seeds.push(("csv", whole.split(|byte| *byte == b'\n').skip(1).flatten().copied().collect()));
        return seeds;
    };
    let bytes = whole.get(place).unwrap_or_default();
    seeds.push(("footer", bytes.to_vec()));
    let Ok(walked) = footer::walk(bytes, whole.len() as u64) else { return seeds };
    let Some((_, chunks)) = walked.row_groups.first() else { return seeds };
    for (leaf, chunk) in walked.schema.leaves.iter().zip(chunks) {
        let end = chunk.start.saturating_add(chunk.length);
        let places = (usize::try_from(chunk.start), usize::try_from(end));
        let (Ok(start), Ok(end)) = places else { continue };
        let pages = whole.get(start..end).unwrap_or_default();
        let codec = u8::try_from(chunk.codec).unwrap_or(0);
        let values = |per: u64| u8::try_from(chunk.values.div_ceil(per)).unwrap_or(u8::MAX);
        if leaf.repetition > 0 {
            let head = [codec | if leaf.is_optional { 4 } else { 0 }, values(8)];
            seeds.push(("map", [&head, pages].concat()));
            continue;
        }
        let (kind, lane) = match leaf.physical {
            Physical::Int32 => (0, 0),
            Physical::Int64 => (1, 0x40),
            Physical::Int96 => (2, 0x40),
            Physical::Double => (3, 0),
            Physical::Boolean => (4, 0x80),
            Physical::Fixed(_) => (5 | 0x08, 0),
            _ => (6, 0x80),
        };
        let moment = if lane == 0x40 { 0x18 } else { 0 };
        let head = [kind | lane | moment | if leaf.is_optional { 0x20 } else { 0 }, codec, values(16)];
        seeds.push(("pages", [&head, pages].concat()));
    }
    seeds
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]
mod tests {
    use std::path::Path;

    use super::*;

    fn files(folder: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .filter(|entry| entry.path().is_file())
            .map(|entry| std::fs::read(entry.path()).unwrap())
            .collect()
    }

    // security.md row 59: what the fuzzer begins with, and what it found once.
    #[test]
    fn seeds_and_finds_return() {
        let seeds: Vec<_> = files("tests/fixtures").iter().flat_map(|file| seeds(file)).collect();
        for (name, run) in TARGETS {
            let own: Vec<&Vec<u8>> =
                seeds.iter().filter(|(target, _)| *target == name).map(|(_, seed)| seed).collect();
            assert!(!own.is_empty() || matches!(name, "hybrid" | "delta" | "lookup"), "{name} has no seeds");
            own.into_iter().for_each(|seed| run(seed));
            files(&format!("fuzz/finds/{name}")).iter().for_each(|find| run(find));
        }
        for length in [0, 1, 2, 40, 3_000, 30_000] {
            lookup(&(0..length).map(|place| (place * place / 7 % 251) as u8).collect::<Vec<_>>());
        }
    }
}
