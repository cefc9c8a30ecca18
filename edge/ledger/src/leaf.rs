//! Reads a column chunk batch by batch, whatever its encoding. Each number a file claims is met by bytes it holds:
//! texts are bounded, codes are looked up, and nothing recurses.

use std::collections::HashMap;

use bytes::Bytes;

use crate::column::{Column, MapColumn, Texts};
use crate::delta::Delta;
use crate::error::DecodeError;
use crate::footer::Chunk;
use crate::hybrid::Hybrid;
use crate::limits;
use crate::pages::{Inflated, Page, PageKind, Pages};
use crate::tree::{Leaf, Meaning, Physical};

/// A chunk under way.
#[derive(Debug)]
pub struct LeafReader {
    leaf: Leaf,
    name: String,
    pages: Pages,
    dictionary: Dictionary,
    page: Option<Open>,
    /// Levels that were read and belong to the next row.
    pending: Option<(u32, u32)>,
}

/// A page under way.
#[derive(Debug)]
struct Open {
    left: u64,
    repetitions: Hybrid,
    definitions: Hybrid,
    values: Values,
}

/// Values of a page, by encoding.
#[derive(Debug)]
enum Values {
    None,
    Codes(Hybrid),
    Plain(Bytes, usize),
    Deltas(Delta),
    /// Lengths, then texts without gaps.
    Lengths(Delta, Bytes, usize),
    /// How much of the last text stays, and what follows it.
    Prefixes(Delta, Box<Values>, Vec<u8>),
}

/// Distinct values of a chunk.
#[derive(Debug)]
enum Dictionary {
    None,
    Integers(Vec<i64>),
    Doubles(Vec<f64>),
    Wide(Vec<i128>),
    Texts(TextDictionary),
}

/// Distinct texts: their places, and which code each has in the present batch.
#[derive(Debug, Default)]
struct TextDictionary {
    bytes: Bytes,
    places: Vec<(u32, u32)>,
    codes: Vec<u32>,
    /// Entries with a code, to forget at the end of the batch.
    touched: Vec<u32>,
}

const UNSEEN: u32 = u32::MAX;
const BROKEN: DecodeError = DecodeError::Truncated("a page has fewer values than it says");
const NO_ENTRY: DecodeError = DecodeError::Truncated("a code points beyond its dictionary");

/// Values of a batch, nulls left out.
#[derive(Debug)]
enum Sink {
    Integers(Vec<i64>),
    Doubles(Vec<f64>),
    Wide(Vec<i128>),
    Texts(TextSink),
}

/// Texts of a batch.
#[derive(Debug, Default)]
struct TextSink {
    values: Vec<String>,
    codes: Vec<u32>,
    known: HashMap<Box<[u8]>, u32>,
    /// The text before, which the next one often repeats.
    last: Option<u32>,
    /// Bytes that new texts may still take.
    budget: usize,
}

impl Sink {
    /// Notes what is left of the budget.
    fn settle(&self, budget: &mut usize) {
        if let Self::Texts(sink) = self {
            *budget = sink.budget;
        }
    }
}

impl TextSink {
    /// A text's code, without looking whether it was there before. Of a text without end the beginning is kept.
    fn append(&mut self, text: &[u8]) -> Result<u32, DecodeError> {
        let text = text.get(..limits::TEXT).unwrap_or(text);
        let code = u32::try_from(self.values.len()).map_err(|_| BROKEN)?;
        self.budget = self.budget.checked_sub(text.len()).ok_or(DecodeError::TooLarge {
            thing: "the texts of a batch",
            limit: limits::BATCH_TEXTS as u64,
        })?;
        self.values.push(String::from_utf8_lossy(text).into_owned());
        Ok(code)
    }

    fn push(&mut self, text: &[u8]) -> Result<(), DecodeError> {
        let text = text.get(..limits::TEXT).unwrap_or(text);
        let repeated = self
            .last
            .filter(|last| self.values.get(*last as usize).is_some_and(|value| value.as_bytes() == text));
        let code = match repeated.or_else(|| self.known.get(text).copied()) {
            Some(code) => code,
            None => {
                let code = self.append(text)?;
                self.known.insert(text.into(), code);
                code
            }
        };
        self.last = Some(code);
        self.codes.push(code);
        Ok(())
    }
}

impl LeafReader {
    /// A chunk's bytes and what they are.
    pub fn new(leaf: Leaf, name: &str, bytes: Bytes, chunk: &Chunk) -> Self {
        let pages = Pages::new(bytes, chunk);
        Self { leaf, name: name.to_owned(), pages, dictionary: Dictionary::None, page: None, pending: None }
    }

    /// The next rows of a flat column. `budget` is how many bytes of texts the batch may still take.
    pub fn read(&mut self, rows: usize, budget: &mut usize) -> Result<Column, DecodeError> {
        let mut sink = self.sink(*budget)?;
        let highest = u32::from(self.leaf.definition);
        let mut present: Vec<bool> = Vec::new();
        let mut levels = vec![0_u32; if highest > 0 { rows } else { 0 }];
        let mut read = 0_usize;
        while read < rows {
            if !self.turn()? {
                return Err(DecodeError::Truncated("a column has fewer rows than its group"));
            }
            let page = self.page.as_mut().ok_or(BROKEN)?;
            let count = rows.saturating_sub(read).min(usize::try_from(page.left).unwrap_or(usize::MAX));
            let mut values = count;
            if highest > 0 {
                let levels = levels.get_mut(..count).ok_or(BROKEN)?;
                page.definitions.fill(levels)?;
                values = levels.iter().filter(|level| **level == highest).count();
                // Nulls are noted from the first one on.
                if values < count || !present.is_empty() {
                    present.resize(read, true);
                    present.extend(levels.iter().map(|level| *level == highest));
                }
            }
            page.left = page.left.saturating_sub(count as u64);
            self.take(values, &mut sink)?;
            read = read.saturating_add(count);
        }
        self.forget();
        sink.settle(budget);
        Ok(column(sink, &present, self.leaf.meaning))
    }

    /// The next rows of one side of a map: where each row's entries begin, and the entries, absent ones empty.
    fn read_entries(&mut self, rows: usize, budget: &mut usize) -> Result<(Vec<u32>, Texts), DecodeError> {
        let mut sink = self.sink(*budget)?;
        let highest = u32::from(self.leaf.definition);
        let entry = highest.saturating_sub(u32::from(self.leaf.is_optional));
        let mut starts: Vec<u32> = Vec::with_capacity(rows.saturating_add(1));
        let mut present: Vec<bool> = Vec::new();
        let mut due = 0_usize;
        loop {
            let (repetition, definition) = match self.pending.take() {
                Some(levels) => levels,
                None => {
                    if self.page.as_ref().is_none_or(|page| page.left == 0) {
                        self.take(due, &mut sink)?;
                        due = 0;
                        if !self.turn()? {
                            break;
                        }
                    }
                    let page = self.page.as_mut().ok_or(BROKEN)?;
                    page.left = page.left.saturating_sub(1);
                    (page.repetitions.next()?, page.definitions.next()?)
                }
            };
            if repetition == 0 {
                if starts.len() == rows {
                    self.pending = Some((repetition, definition));
                    break;
                }
                starts.push(u32::try_from(present.len()).map_err(|_| BROKEN)?);
            } else if starts.is_empty() {
                return Err(DecodeError::Truncated("a map begins within a row"));
            }
            if definition >= entry {
                if present.len() >= limits::BATCH.saturating_mul(limits::MAP_VALUES as usize) {
                    return Err(DecodeError::TooLarge {
                        thing: "the entries of a map",
                        limit: limits::MAP_VALUES,
                    });
                }
                present.push(definition == highest);
                due = due.saturating_add(usize::from(definition == highest));
            }
        }
        self.take(due, &mut sink)?;
        if starts.len() != rows {
            return Err(DecodeError::Truncated("a column has fewer rows than its group"));
        }
        starts.push(u32::try_from(present.len()).map_err(|_| BROKEN)?);
        self.forget();
        sink.settle(budget);
        match column(sink, &present, self.leaf.meaning) {
            Column::Texts(texts) => Ok((starts, texts)),
            _ => Err(self.wrong()),
        }
    }

    fn wrong(&self) -> DecodeError {
        let found = format!("{:?}", self.leaf.physical);
        DecodeError::WrongType { column: self.name.clone(), found }
    }

    fn sink(&self, budget: usize) -> Result<Sink, DecodeError> {
        Ok(match (self.leaf.physical, self.leaf.meaning) {
            (Physical::Int32 | Physical::Int64 | Physical::Int96, _) => Sink::Integers(Vec::new()),
            (Physical::Float | Physical::Double, _) => Sink::Doubles(Vec::new()),
            (Physical::Bytes | Physical::Fixed(_), Meaning::Decimal(_)) => Sink::Wide(Vec::new()),
            (Physical::Bytes, _) => Sink::Texts(TextSink { budget, ..TextSink::default() }),
            _ => return Err(self.wrong()),
        })
    }

    /// Forgets the codes of a batch.
    fn forget(&mut self) {
        if let Dictionary::Texts(dictionary) = &mut self.dictionary {
            for entry in dictionary.touched.drain(..) {
                if let Some(code) = dictionary.codes.get_mut(entry as usize) {
                    *code = UNSEEN;
                }
            }
        }
    }

    /// Makes sure that a page with values is open; whether there is one.
    fn turn(&mut self) -> Result<bool, DecodeError> {
        while self.page.as_ref().is_none_or(|page| page.left == 0) {
            let Some(page) = self.pages.next()? else { return Ok(false) };
            match page.kind {
                PageKind::Index => {}
                PageKind::Dictionary => self.learn(&page)?,
                PageKind::Data { .. } | PageKind::DataV2 { .. } => {
                    // The page before is given back first.
                    self.page = None;
                    let inflated = self.pages.inflate(&page)?;
                    self.page = Some(self.open(&page, inflated)?);
                }
            }
        }
        Ok(true)
    }

    fn learn(&mut self, page: &Page) -> Result<(), DecodeError> {
        if !matches!(page.encoding, 0 | 2) {
            return Err(DecodeError::Unsupported(format!("encoding {} of a dictionary", page.encoding)));
        }
        if !matches!(self.dictionary, Dictionary::None) {
            return Err(DecodeError::Truncated("a column has two dictionaries"));
        }
        let bytes = self.pages.inflate(page)?.values;
        let count = usize::try_from(page.values).map_err(|_| BROKEN)?;
        let mut sink = self.sink(0)?;
        if let Sink::Texts(_) = sink {
            let mut places = Vec::new();
            let mut at = 0_usize;
            for _ in 0..count {
                let (start, end) = text_at(&bytes, at)?;
                places.push((
                    u32::try_from(start).map_err(|_| BROKEN)?,
                    u32::try_from(end).map_err(|_| BROKEN)?,
                ));
                at = end;
            }
            let codes = vec![UNSEEN; places.len()];
            self.dictionary = Dictionary::Texts(TextDictionary { bytes, places, codes, touched: Vec::new() });
            return Ok(());
        }
        plain(&bytes, &mut 0, count, self.leaf.physical, &mut sink)?;
        self.dictionary = match sink {
            Sink::Integers(values) => Dictionary::Integers(values),
            Sink::Doubles(values) => Dictionary::Doubles(values),
            Sink::Wide(values) => Dictionary::Wide(values),
            Sink::Texts(_) => Dictionary::None,
        };
        Ok(())
    }

    fn open(&self, page: &Page, inflated: Inflated) -> Result<Open, DecodeError> {
        let mut rest = inflated.values;
        let widths = [self.leaf.repetition, self.leaf.definition].map(|most| 8 - most.leading_zeros());
        let [repetitions, definitions] = match (page.kind, inflated.levels) {
            (PageKind::Data { levels: (definition, repetition) }, _) => {
                let mut levels = |width: u32, encoding: i64| -> Result<Hybrid, DecodeError> {
                    if width == 0 {
                        return Hybrid::new(Bytes::new(), 0);
                    }
                    if encoding != 3 {
                        return Err(DecodeError::Unsupported(format!("encoding {encoding} of levels")));
                    }
                    let (start, end) = text_at(&rest, 0)?;
                    let levels = rest.slice(start..end);
                    rest = rest.slice(end..);
                    Hybrid::new(levels, width)
                };
                let [first, second] = widths;
                [levels(first, repetition)?, levels(second, definition)?]
            }
            (_, Some((repetitions, definitions))) => {
                let [first, second] = widths;
                if (first == 0 && !repetitions.is_empty()) || (second == 0 && !definitions.is_empty()) {
                    return Err(DecodeError::Truncated("a page has levels its column cannot have"));
                }
                [Hybrid::new(repetitions, first)?, Hybrid::new(definitions, second)?]
            }
            _ => return Err(BROKEN),
        };
        Ok(Open { left: page.values, repetitions, definitions, values: self.values(page.encoding, rest)? })
    }

    fn values(&self, encoding: i64, bytes: Bytes) -> Result<Values, DecodeError> {
        if bytes.is_empty() {
            return Ok(Values::None);
        }
        let is_integer = matches!(self.leaf.physical, Physical::Int32 | Physical::Int64);
        let is_text = matches!(self.leaf.physical, Physical::Bytes);
        Ok(match encoding {
            0 => Values::Plain(bytes, 0),
            2 | 8 => {
                let width = bytes.first().copied().ok_or(BROKEN)?;
                Values::Codes(Hybrid::new(bytes.slice(1..), u32::from(width))?)
            }
            5 if is_integer => Values::Deltas(Delta::new(bytes)?),
            6 if is_text => lengths(bytes)?,
            7 if is_text => {
                let prefixes = Delta::new(bytes.clone())?;
                let end = prefixes.clone().end()?;
                if end > bytes.len() {
                    return Err(BROKEN);
                }
                Values::Prefixes(prefixes, Box::new(lengths(bytes.slice(end..))?), Vec::new())
            }
            other => return Err(DecodeError::Unsupported(format!("encoding {other} of {}", self.name))),
        })
    }

    /// Takes so many values of the open page.
    fn take(&mut self, count: usize, sink: &mut Sink) -> Result<(), DecodeError> {
        if count == 0 {
            return Ok(());
        }
        let page = self.page.as_mut().ok_or(BROKEN)?;
        match (&mut page.values, sink) {
            (Values::None, _) => Err(BROKEN),
            (Values::Codes(codes), sink) => coded(codes, &mut self.dictionary, count, sink),
            (Values::Plain(bytes, at), sink) => plain(bytes, at, count, self.leaf.physical, sink),
            (Values::Deltas(deltas), Sink::Integers(values)) => {
                for _ in 0..count {
                    let value = deltas.next()?;
                    // Differences of narrow numbers wrap around at their own width.
                    let is_narrow = self.leaf.physical == Physical::Int32;
                    values.push(if is_narrow { i64::from(value as i32) } else { value });
                }
                Ok(())
            }
            (texts, Sink::Texts(sink)) => {
                for _ in 0..count {
                    text_of(texts, |text| sink.push(text))?;
                }
                Ok(())
            }
            (texts, Sink::Wide(values)) => {
                for _ in 0..count {
                    text_of(texts, |text| {
                        values.push(big_endian(text)?);
                        Ok(())
                    })?;
                }
                Ok(())
            }
            _ => Err(BROKEN),
        }
    }
}

/// The next rows of a map column.
pub fn read_map(
    keys: &mut LeafReader,
    values: &mut LeafReader,
    rows: usize,
    budget: &mut usize,
) -> Result<Column, DecodeError> {
    let (starts, keys) = keys.read_entries(rows, budget)?;
    let (others, values) = values.read_entries(rows, budget)?;
    if starts != others {
        return Err(DecodeError::Truncated("the keys and values of a map differ in number"));
    }
    Ok(Column::Map(MapColumn { starts, keys, values }))
}

/// Puts nulls back between the values.
fn column(sink: Sink, present: &[bool], meaning: Meaning) -> Column {
    fn spread<T: Copy>(values: Vec<T>, present: &[bool]) -> Vec<Option<T>> {
        if present.is_empty() {
            return values.into_iter().map(Some).collect();
        }
        let mut values = values.into_iter();
        present.iter().map(|is| if *is { values.next() } else { None }).collect()
    }
    match sink {
        Sink::Integers(values) => Column::Integers(spread(values, present), meaning),
        Sink::Doubles(values) => Column::Doubles(spread(values, present)),
        Sink::Wide(values) => Column::Wide(spread(values, present), meaning),
        Sink::Texts(mut sink) => {
            if !present.is_empty() && present.iter().any(|is| !is) {
                let none = u32::try_from(sink.values.len()).unwrap_or(u32::MAX);
                sink.values.push(String::new());
                let mut codes = sink.codes.into_iter();
                sink.codes =
                    present.iter().map(|is| if *is { codes.next().unwrap_or(none) } else { none }).collect();
            }
            Column::Texts(Texts { values: sink.values, codes: sink.codes })
        }
    }
}

fn lengths(bytes: Bytes) -> Result<Values, DecodeError> {
    let lengths = Delta::new(bytes.clone())?;
    let end = lengths.clone().end()?;
    if end > bytes.len() {
        return Err(BROKEN);
    }
    Ok(Values::Lengths(lengths, bytes.slice(end..), 0))
}

/// Where a text lies whose length stands before it.
fn text_at(bytes: &[u8], at: usize) -> Result<(usize, usize), DecodeError> {
    let Some(head) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()) else { return Err(BROKEN) };
    let start = at.checked_add(4).ok_or(BROKEN)?;
    let length = usize::try_from(u32::from_le_bytes(*head)).map_err(|_| BROKEN)?;
    let end = start.checked_add(length).filter(|end| *end <= bytes.len()).ok_or(BROKEN)?;
    Ok((start, end))
}

/// Hands out the next text of an encoding without dictionary.
fn text_of(
    values: &mut Values,
    use_it: impl FnOnce(&[u8]) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    match values {
        Values::Lengths(lengths, bytes, at) => {
            let length = usize::try_from(lengths.next()?).map_err(|_| BROKEN)?;
            let end = at.checked_add(length).ok_or(BROKEN)?;
            let text = bytes.get(*at..end).ok_or(BROKEN)?;
            *at = end;
            use_it(text)
        }
        Values::Prefixes(prefixes, rest, last) => {
            let kept = usize::try_from(prefixes.next()?).map_err(|_| BROKEN)?;
            if kept > last.len() {
                return Err(BROKEN);
            }
            last.truncate(kept);
            let Values::Lengths(lengths, bytes, at) = rest.as_mut() else { return Err(BROKEN) };
            let length = usize::try_from(lengths.next()?).map_err(|_| BROKEN)?;
            let end = at.checked_add(length).ok_or(BROKEN)?;
            if kept.saturating_add(length) as u64 > limits::PAGE_RAW {
                return Err(DecodeError::TooLarge { thing: "a text", limit: limits::PAGE_RAW });
            }
            last.extend_from_slice(bytes.get(*at..end).ok_or(BROKEN)?);
            *at = end;
            use_it(last)
        }
        _ => Err(BROKEN),
    }
}

/// Takes values that are codes of a dictionary.
fn coded(
    codes: &mut Hybrid,
    dictionary: &mut Dictionary,
    count: usize,
    sink: &mut Sink,
) -> Result<(), DecodeError> {
    fn looked_up<T: Copy + Default>(
        codes: &[u32],
        known: &[T],
        values: &mut Vec<T>,
    ) -> Result<(), DecodeError> {
        if codes.iter().max().is_some_and(|most| *most as usize >= known.len()) {
            return Err(NO_ENTRY);
        }
        values.extend(codes.iter().map(|code| known.get(*code as usize).copied().unwrap_or_default()));
        Ok(())
    }
    let mut buffer = [0_u32; 1_024];
    let mut left = count;
    while left > 0 {
        let now = left.min(buffer.len());
        let read = buffer.get_mut(..now).ok_or(BROKEN)?;
        codes.fill(read)?;
        match (&mut *dictionary, &mut *sink) {
            (Dictionary::Integers(known), Sink::Integers(values)) => looked_up(read, known, values)?,
            (Dictionary::Doubles(known), Sink::Doubles(values)) => looked_up(read, known, values)?,
            (Dictionary::Wide(known), Sink::Wide(values)) => looked_up(read, known, values)?,
            (Dictionary::Texts(known), Sink::Texts(sink)) => {
                for entry in read.iter() {
                    let place = *entry as usize;
                    let Some(code) = known.codes.get(place).copied() else { return Err(NO_ENTRY) };
                    let code = match code {
                        UNSEEN => {
                            let (start, end) = known.places.get(place).copied().ok_or(NO_ENTRY)?;
                            let text = known.bytes.get(start as usize..end as usize).ok_or(NO_ENTRY)?;
                            let code = sink.append(text)?;
                            *known.codes.get_mut(place).ok_or(NO_ENTRY)? = code;
                            known.touched.push(*entry);
                            code
                        }
                        code => code,
                    };
                    sink.codes.push(code);
                }
            }
            _ => return Err(NO_ENTRY),
        }
        left = left.saturating_sub(now);
    }
    Ok(())
}

/// Takes values that stand there as they are.
fn plain(
    bytes: &Bytes,
    at: &mut usize,
    count: usize,
    physical: Physical,
    sink: &mut Sink,
) -> Result<(), DecodeError> {
    fn fixed<const N: usize, T>(
        bytes: &[u8],
        at: &mut usize,
        count: usize,
        values: &mut Vec<T>,
        read: impl Fn([u8; N]) -> T,
    ) -> Result<(), DecodeError> {
        let length = count.checked_mul(N).ok_or(BROKEN)?;
        let end = at.checked_add(length).ok_or(BROKEN)?;
        let (chunks, _) = bytes.get(*at..end).ok_or(BROKEN)?.as_chunks::<N>();
        values.extend(chunks.iter().map(|chunk| read(*chunk)));
        *at = end;
        Ok(())
    }
    match (physical, sink) {
        (Physical::Int32, Sink::Integers(values)) => {
            fixed(bytes, at, count, values, |bytes| i64::from(i32::from_le_bytes(bytes)))
        }
        (Physical::Int64, Sink::Integers(values)) => fixed(bytes, at, count, values, i64::from_le_bytes),
        (Physical::Int96, Sink::Integers(values)) => fixed(bytes, at, count, values, milliseconds),
        (Physical::Float, Sink::Doubles(values)) => {
            fixed(bytes, at, count, values, |bytes| f64::from(f32::from_le_bytes(bytes)))
        }
        (Physical::Double, Sink::Doubles(values)) => fixed(bytes, at, count, values, f64::from_le_bytes),
        (Physical::Fixed(length), Sink::Wide(values)) => {
            for _ in 0..count {
                let end = at.checked_add(length as usize).ok_or(BROKEN)?;
                values.push(big_endian(bytes.get(*at..end).ok_or(BROKEN)?)?);
                *at = end;
            }
            Ok(())
        }
        (Physical::Bytes, sink) => {
            for _ in 0..count {
                let (start, end) = text_at(bytes, *at)?;
                let text = bytes.get(start..end).ok_or(BROKEN)?;
                match &mut *sink {
                    Sink::Texts(sink) => sink.push(text)?,
                    Sink::Wide(values) => values.push(big_endian(text)?),
                    _ => return Err(BROKEN),
                }
                *at = end;
            }
            Ok(())
        }
        _ => Err(BROKEN),
    }
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
