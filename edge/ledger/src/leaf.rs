//! Reads a column chunk batch by batch, whatever its encoding. Each number a file claims is met by bytes it holds:
//! texts are bounded, codes are looked up, and nothing recurses.

use bytes::{Bytes, BytesMut};

use crate::delta::Delta;
use crate::error::DecodeError;
use crate::footer::Chunk;
use crate::hybrid::Hybrid;
use crate::lanes::Lane;
use crate::limits;
use crate::pages::{Inflated, Page, PageKind, Pages};
use crate::stored::{Entries, MORE, plain, text, text_at, truth};
use crate::tree::{Leaf, Meaning, Physical};

/// A chunk under way, whose values a lane takes.
#[derive(Debug)]
pub struct LeafReader<L: Lane> {
    leaf: Leaf,
    name: String,
    pages: Pages,
    dictionary: Option<Entries<L::Value>>,
    page: Option<Open>,
    /// What the page was inflated into, for the next one.
    room: Bytes,
    /// Whether all values are codes of the dictionary.
    is_coded: bool,
    levels: Levels,
    scratch: Scratch<L::Value>,
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
    /// Truth values in runs.
    Truths(Hybrid),
    Deltas(Delta),
    /// Lengths, then texts without gaps.
    Lengths(Delta, Bytes, usize),
    /// How much of the last text stays, and what follows it.
    Prefixes(Delta, Box<Values>, Vec<u8>),
}

impl Values {
    /// Whether bytes of values are left, which tell that these are of another type than they were read as.
    fn are_left(&self, physical: Physical) -> bool {
        match self {
            Self::Plain(bytes, at) if physical == Physical::Boolean => at.div_ceil(8) < bytes.len(),
            Self::Plain(bytes, at) => *at < bytes.len(),
            Self::Codes(codes) => codes.are_left(),
            _ => false,
        }
    }
}

/// Levels that were read ahead; those of a row that belongs to the next batch stay.
#[derive(Debug, Default)]
struct Levels {
    repetitions: Vec<u32>,
    definitions: Vec<u32>,
    at: usize,
}

/// Room that is used again from batch to batch.
#[derive(Debug)]
struct Scratch<V> {
    codes: Vec<u32>,
    levels: Vec<u32>,
    values: Vec<V>,
}

const BROKEN: DecodeError = DecodeError::Truncated("a page has fewer values than it says");
const TOO_FEW: DecodeError = DecodeError::Truncated("a column has fewer rows than its group");
/// Levels of a map that are read at a time.
const AHEAD: usize = 1_024;

impl<L: Lane> LeafReader<L> {
    /// A chunk's bytes and what they are.
    pub fn new(
        leaf: Leaf,
        name: &str,
        bytes: Bytes,
        chunk: &Chunk,
        is_coded: bool,
    ) -> Result<Self, DecodeError> {
        let is_read = match leaf.physical {
            Physical::Other => false,
            Physical::Fixed(_) => matches!(leaf.meaning, Meaning::Decimal(_)),
            _ => true,
        };
        if !is_read {
            let found = leaf.physical.name().to_owned();
            return Err(DecodeError::WrongType { column: name.to_owned(), found });
        }
        let pages = Pages::new(bytes, chunk);
        let scratch = Scratch { codes: Vec::new(), levels: Vec::new(), values: Vec::new() };
        Ok(Self {
            leaf,
            name: name.to_owned(),
            pages,
            dictionary: None,
            page: None,
            room: Bytes::new(),
            is_coded,
            levels: Levels::default(),
            scratch,
        })
    }

    /// The name of its column.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Puts the next rows of a flat column into the lane.
    pub fn read(&mut self, rows: usize, lane: &mut L) -> Result<(), DecodeError> {
        self.read_rows(rows, None, lane)
    }

    /// Puts some of the next rows of a flat column into the lane, by their places. The others come out as zeros where
    /// that spares work; texts are read all the same, for they may be no numbers.
    pub fn read_some(&mut self, rows: usize, wanted: &[u32], lane: &mut L) -> Result<(), DecodeError> {
        let is_text = self.leaf.physical == Physical::Bytes;
        self.read_rows(rows, Some(wanted).filter(|_| !is_text), lane)
    }

    fn read_rows(&mut self, rows: usize, wanted: Option<&[u32]>, lane: &mut L) -> Result<(), DecodeError> {
        lane.begin_batch();
        if let Some(same) = self.same(rows, lane)? {
            lane.rows().set(same);
        } else {
            let mut out = std::mem::take(lane.rows().begin());
            self.read_each(rows, wanted, lane, &mut out)?;
            *lane.rows().begin() = out;
        }
        lane.end_batch();
        Ok(())
    }

    /// Whether any of these texts may stand in the chunk.
    pub fn may_hold(&mut self, texts: &[&str], lane: &mut L) -> Result<bool, DecodeError> {
        if !self.is_coded || !self.turn(lane)? {
            return Ok(true);
        }
        Ok(self.dictionary.as_ref().is_none_or(|entries| entries.has_any(texts)))
    }

    /// Passes over the next rows of a flat column. Pages nothing is taken of are not unpacked.
    pub fn skip(&mut self, mut rows: u64, lane: &mut L) -> Result<(), DecodeError> {
        let highest = u32::from(self.leaf.definition);
        while rows > 0 {
            if self.page.as_ref().is_none_or(|page| page.left == 0)
                && let Some(values) = self.pages.pass(rows)?
            {
                rows = rows.saturating_sub(values);
                continue;
            }
            if !self.turn(lane)? {
                return Err(TOO_FEW);
            }
            let page = self.page.as_mut().ok_or(BROKEN)?;
            let count = rows.min(page.left).min(limits::BATCH as u64);
            page.left = page.left.saturating_sub(count);
            rows = rows.saturating_sub(count);
            let mut present = count as usize;
            if highest > 0 {
                let levels = &mut self.scratch.levels;
                levels.resize(present, 0);
                page.definitions.fill(levels)?;
                present = levels.iter().filter(|level| **level == highest).count();
            }
            if let Values::Codes(codes) = &mut page.values {
                codes.skip(present as u64)?;
            } else {
                let mut passed = std::mem::take(&mut self.scratch.values);
                passed.clear();
                self.take(present, lane, &mut passed)?;
                self.scratch.values = passed;
            }
        }
        Ok(())
    }

    /// All rows were read: the last page has no values left.
    pub fn end(&self) -> Result<(), DecodeError> {
        match &self.page {
            Some(page) if page.left == 0 && page.values.are_left(self.leaf.physical) => Err(MORE),
            _ => Ok(()),
        }
    }

    /// The value all of the next rows have, if one run says so; they are then taken.
    fn same(&mut self, rows: usize, lane: &mut L) -> Result<Option<L::Value>, DecodeError> {
        if !self.turn(lane)? {
            return Err(TOO_FEW);
        }
        let highest = u32::from(self.leaf.definition);
        let count = rows as u64;
        let Some(page) = self.page.as_mut().filter(|page| page.left >= count) else { return Ok(None) };
        // Looked at from a copy: only where both runs are long enough are they taken.
        let mut definitions = page.definitions.clone();
        let level = if highest > 0 { definitions.run(count)? } else { Some(0) };
        let value = match (level, &mut page.values) {
            (Some(level), _) if level < highest => L::ABSENT,
            (Some(_), Values::Codes(codes)) => match (codes.run(count)?, &mut self.dictionary) {
                (Some(code), Some(entries)) => entries.value(lane, &self.leaf, code)?,
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        page.definitions = definitions;
        page.left = page.left.saturating_sub(count);
        Ok(Some(value))
    }

    fn read_each(
        &mut self,
        rows: usize,
        wanted: Option<&[u32]>,
        lane: &mut L,
        out: &mut Vec<L::Value>,
    ) -> Result<(), DecodeError> {
        let highest = u32::from(self.leaf.definition);
        while out.len() < rows {
            if !self.turn(lane)? {
                return Err(TOO_FEW);
            }
            let page = self.page.as_mut().ok_or(BROKEN)?;
            let left = usize::try_from(page.left).unwrap_or(usize::MAX);
            let count = rows.saturating_sub(out.len()).min(left);
            page.left = page.left.saturating_sub(count as u64);
            if highest == 0 {
                self.take_some(count, wanted, lane, out)?;
                continue;
            }
            let mut levels = std::mem::take(&mut self.scratch.levels);
            levels.resize(count, 0);
            page.definitions.fill(&mut levels)?;
            let present = levels.iter().filter(|level| **level == highest).count();
            if present == count {
                self.take_some(count, wanted, lane, out)?;
            } else {
                // Nulls are put back between the values.
                let mut values = std::mem::take(&mut self.scratch.values);
                values.clear();
                self.take(present, lane, &mut values)?;
                let mut next = values.iter().copied();
                let spread = |level: &u32| {
                    if *level == highest { next.next().unwrap_or(L::ABSENT) } else { L::ABSENT }
                };
                out.extend(levels.iter().map(spread));
                self.scratch.values = values;
            }
            self.scratch.levels = levels;
        }
        Ok(())
    }

    /// The next rows of one side of a map: where each row's entries begin, one more place at the end, and the entries.
    pub fn read_entries(
        &mut self,
        rows: usize,
        lane: &mut L,
        starts: &mut Vec<u32>,
    ) -> Result<(), DecodeError> {
        starts.clear();
        let mut out = std::mem::take(lane.rows().begin());
        let done = self.read_each_entry(rows, lane, starts, &mut out);
        *lane.rows().begin() = out;
        done
    }

    fn read_each_entry(
        &mut self,
        rows: usize,
        lane: &mut L,
        starts: &mut Vec<u32>,
        out: &mut Vec<L::Value>,
    ) -> Result<(), DecodeError> {
        let highest = u32::from(self.leaf.definition);
        let entry = u32::from(self.leaf.entry());
        let most = limits::BATCH.saturating_mul(limits::MAP_VALUES as usize);
        let place = |out: &Vec<L::Value>| u32::try_from(out.len()).map_err(|_| BROKEN);
        loop {
            if self.levels.at >= self.levels.repetitions.len() && !self.look_ahead(lane)? {
                break;
            }
            // As many levels as belong to this batch and need no value put between them.
            let mut levels = std::mem::take(&mut self.levels);
            let mut due = 0_usize;
            let mut is_full = false;
            let mut is_null = false;
            while let (Some(repetition), Some(definition)) =
                (levels.repetitions.get(levels.at), levels.definitions.get(levels.at))
            {
                if *repetition == 0 {
                    if starts.len() == rows {
                        is_full = true;
                        break;
                    }
                    starts.push(place(out)?.saturating_add(due as u32));
                } else if starts.is_empty() {
                    return Err(DecodeError::Truncated("a map begins within a row"));
                }
                levels.at = levels.at.saturating_add(1);
                if *definition == highest {
                    due = due.saturating_add(1);
                } else if *definition > highest {
                    return Err(DecodeError::Truncated("a level is beyond its column"));
                } else if *definition >= entry {
                    is_null = true;
                    break;
                }
            }
            self.levels = levels;
            if out.len().saturating_add(due) >= most {
                return Err(DecodeError::TooLarge {
                    thing: "the entries of a map",
                    limit: limits::MAP_VALUES,
                });
            }
            self.take(due, lane, out)?;
            if is_null {
                out.push(L::ABSENT);
            }
            if is_full {
                break;
            }
        }
        if starts.len() != rows {
            return Err(TOO_FEW);
        }
        starts.push(place(out)?);
        Ok(())
    }

    /// Reads levels of the open page, or of the next; whether there are any.
    fn look_ahead(&mut self, lane: &mut L) -> Result<bool, DecodeError> {
        if !self.turn(lane)? {
            return Ok(false);
        }
        let page = self.page.as_mut().ok_or(BROKEN)?;
        let count = AHEAD.min(usize::try_from(page.left).unwrap_or(usize::MAX));
        page.left = page.left.saturating_sub(count as u64);
        let levels = &mut self.levels;
        levels.at = 0;
        levels.repetitions.resize(count, 0);
        levels.definitions.resize(count, 0);
        page.repetitions.fill(&mut levels.repetitions)?;
        page.definitions.fill(&mut levels.definitions)?;
        Ok(true)
    }

    /// Makes sure that a page with values is open; whether there is one.
    fn turn(&mut self, lane: &mut L) -> Result<bool, DecodeError> {
        while self.page.as_ref().is_none_or(|page| page.left == 0) {
            let Some(page) = self.pages.next()? else { return Ok(false) };
            match page.kind {
                PageKind::Index => {}
                PageKind::Dictionary => self.learn(&page, lane)?,
                PageKind::Data { .. } | PageKind::DataV2 { .. } => {
                    // The page before is given back first.
                    self.end()?;
                    self.page = None;
                    let room = std::mem::take(&mut self.room).try_into_mut().unwrap_or_default();
                    let inflated = self.pages.inflate(&page, room)?;
                    self.room = inflated.values.clone();
                    self.page = Some(self.open(&page, inflated)?);
                }
            }
        }
        Ok(true)
    }

    fn learn(&mut self, page: &Page, lane: &mut L) -> Result<(), DecodeError> {
        if !matches!(page.encoding, 0 | 2) {
            return Err(DecodeError::Unsupported(format!("encoding {} of a dictionary", page.encoding)));
        }
        if self.dictionary.is_some() {
            return Err(DecodeError::Truncated("a column has two dictionaries"));
        }
        let bytes = self.pages.inflate(page, BytesMut::new())?.values;
        let count = usize::try_from(page.values).map_err(|_| BROKEN)?;
        self.dictionary = Some(Entries::learn(lane, &self.leaf, bytes, count)?);
        lane.keep_entries();
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
            3 if self.leaf.physical == Physical::Boolean => {
                let (start, end) = text_at(&bytes, 0)?;
                Values::Truths(Hybrid::new(bytes.slice(start..end), 1)?)
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
            other => {
                let name = match other {
                    4 => "BIT_PACKED".to_owned(),
                    9 => "BYTE_STREAM_SPLIT".to_owned(),
                    other => other.to_string(),
                };
                let kind = self.leaf.physical.name();
                return Err(DecodeError::Unsupported(format!("the encoding {name} of {kind}")));
            }
        })
    }

    /// Takes so many values of the open page, of which only some are wanted.
    fn take_some(
        &mut self,
        count: usize,
        wanted: Option<&[u32]>,
        lane: &mut L,
        out: &mut Vec<L::Value>,
    ) -> Result<(), DecodeError> {
        let page = self.page.as_mut().ok_or(BROKEN)?;
        let (Some(wanted), Values::Codes(codes), Some(entries)) =
            (wanted, &mut page.values, &mut self.dictionary)
        else {
            return self.take(count, lane, out);
        };
        let begun = out.len();
        out.resize(begun.saturating_add(count), L::Value::default());
        if wanted.is_empty() {
            return codes.skip(count as u64);
        }
        let buffer = &mut self.scratch.codes;
        buffer.resize(count, 0);
        codes.fill(buffer)?;
        let wanted = wanted.iter().filter_map(|row| (*row as usize).checked_sub(begun));
        entries.some_values(lane, &self.leaf, buffer, wanted, out.get_mut(begun..).unwrap_or_default())
    }

    /// Takes so many values of the open page.
    fn take(&mut self, count: usize, lane: &mut L, out: &mut Vec<L::Value>) -> Result<(), DecodeError> {
        if count == 0 {
            return Ok(());
        }
        let page = self.page.as_mut().ok_or(BROKEN)?;
        match &mut page.values {
            Values::None => Err(BROKEN),
            Values::Codes(codes) => {
                let entries = self
                    .dictionary
                    .as_mut()
                    .ok_or(DecodeError::Truncated("a code points beyond its dictionary"))?;
                let buffer = &mut self.scratch.codes;
                buffer.resize(count, 0);
                codes.fill(buffer)?;
                entries.values(lane, &self.leaf, buffer, out)
            }
            Values::Plain(bytes, at) => plain(lane, &self.leaf, bytes, at, count, out),
            Values::Truths(runs) => {
                let buffer = &mut self.scratch.codes;
                buffer.resize(count, 0);
                runs.fill(buffer)?;
                for bit in buffer {
                    out.push(lane.text(truth(*bit))?);
                }
                Ok(())
            }
            Values::Deltas(deltas) => {
                // Differences of narrow numbers wrap around at their own width.
                let is_narrow = self.leaf.physical == Physical::Int32;
                let mut block = [0_i64; 256];
                let mut left = count;
                while left > 0 {
                    let now = block.get_mut(..left.min(256)).ok_or(BROKEN)?;
                    for slot in now.iter_mut() {
                        let value = deltas.next()?;
                        *slot = if is_narrow { i64::from(value as i32) } else { value };
                    }
                    lane.integers(now, self.leaf.meaning, out)?;
                    left = left.saturating_sub(now.len());
                }
                Ok(())
            }
            texts => {
                for _ in 0..count {
                    out.push(text_of(texts, |bytes| text(lane, &self.leaf, bytes))?);
                }
                Ok(())
            }
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

/// Hands out the next text of an encoding without dictionary.
fn text_of<V>(
    values: &mut Values,
    use_it: impl FnOnce(&[u8]) -> Result<V, DecodeError>,
) -> Result<V, DecodeError> {
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
