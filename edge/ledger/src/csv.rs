//! Reports as CSV, plain or gzip: columns bound by name as those of Parquet are, rows taken as texts, batch by batch.
//! Neither a row nor what gzip inflates to is ever held beyond a limit.

use std::io::Read;

use csv_core::{ReadRecordResult, Reader};
use cube::{Dimension, Metric};
use flate2::read::MultiGzDecoder;
use shared::BillingPeriod;

use crate::batch::Batch;
use crate::charge::ChargeBlock;
use crate::error::DecodeError;
use crate::granularity::{Lengths, type_field};
use crate::lanes::day_of_text;
use crate::limits;
use crate::plan::Plan;
use crate::schema::Field_;
use crate::tree::{Form, Root, Schema};

const UNREADABLE: DecodeError = DecodeError::Truncated("a part of it cannot be had");
/// Bytes that are taken from the source at a time.
const PIECE: usize = 64 * 1024;

/// Whether these first bytes of a file are those of gzip.
pub fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1F, 0x8B])
}

/// Reads a whole report, block by block; how long its usage lasts. `size` is that of the file, by which gzip's ratio is
/// judged.
pub fn read(
    source: impl Read,
    is_gzip: bool,
    size: u64,
    dimensions: &[Dimension],
    metrics: &[Metric],
    period: Option<BillingPeriod>,
    mut take: impl FnMut(&ChargeBlock<'_>) -> Result<(), DecodeError>,
) -> Result<Lengths, DecodeError> {
    if size > limits::FILE {
        return Err(DecodeError::TooLarge { thing: "the file", limit: limits::FILE });
    }
    let open = |schema: &Schema| Plan::new(schema, dimensions, metrics, period);
    if is_gzip {
        let most = size.saturating_mul(limits::RATIO).max(limits::PAGE_RAW);
        let mut source = MultiGzDecoder::new(source);
        records(&mut source, Some(most), open, &mut take)
    } else {
        let mut source = source;
        records(&mut source, None, open, &mut take)
    }
}

/// A report under way: its first record names the columns.
struct Report {
    /// Fields of each record.
    fields: usize,
    plan: Plan,
    /// Bytes of the records of this batch.
    bytes: usize,
    /// Places of the line item type, the start and the end, and what they tell.
    told_by: Option<[usize; 3]>,
    lengths: Lengths,
}

fn records(
    source: &mut dyn Read,
    most: Option<u64>,
    open: impl Fn(&Schema) -> Result<Plan, DecodeError>,
    take: &mut dyn FnMut(&ChargeBlock<'_>) -> Result<(), DecodeError>,
) -> Result<Lengths, DecodeError> {
    let mut parser = Reader::new();
    let mut piece = vec![0; PIECE];
    let mut record = Record::default();
    let mut report: Option<Report> = None;
    let mut seen = 0_u64;
    loop {
        let held = source.read(&mut piece).map_err(|_| UNREADABLE)?;
        seen = seen.saturating_add(held as u64);
        if most.is_some_and(|most| seen > most) {
            let thing = "the compression ratio of the file";
            return Err(DecodeError::TooLarge { thing, limit: limits::RATIO });
        }
        let mut rest = piece.get(..held).ok_or(UNREADABLE)?;
        // Asked with nothing the parser takes it for the end, and gives what it holds.
        while held == 0 || !rest.is_empty() {
            let (found, taken) = record.read(&mut parser, rest)?;
            rest = rest.get(taken..).ok_or(UNREADABLE)?;
            match found {
                Found::Record => match &mut report {
                    Some(report) => report.add(&record, take)?,
                    none => *none = Some(Report::new(&record, &open)?),
                },
                Found::More => break,
                Found::End => {
                    let mut report = report.ok_or(DecodeError::NotParquet)?;
                    report.end_batch(take)?;
                    return Ok(report.lengths);
                }
            }
            record.clear();
        }
    }
}

/// A record under way: its fields without gaps, and where each ends.
#[derive(Default)]
struct Record {
    text: Vec<u8>,
    held: usize,
    ends: Vec<usize>,
    fields: usize,
}

enum Found {
    Record,
    More,
    End,
}

impl Record {
    /// Goes on with these bytes; what was found and how many of them were taken.
    fn read(&mut self, parser: &mut Reader, bytes: &[u8]) -> Result<(Found, usize), DecodeError> {
        let mut taken = 0_usize;
        loop {
            let input = bytes.get(taken..).ok_or(UNREADABLE)?;
            let text = self.text.get_mut(self.held..).ok_or(UNREADABLE)?;
            let ends = self.ends.get_mut(self.fields..).ok_or(UNREADABLE)?;
            let (result, used, written, ended) = parser.read_record(input, text, ends);
            taken = taken.saturating_add(used);
            self.held = self.held.saturating_add(written);
            self.fields = self.fields.saturating_add(ended);
            let found = match result {
                ReadRecordResult::InputEmpty => Found::More,
                ReadRecordResult::Record => Found::Record,
                ReadRecordResult::End => Found::End,
                ReadRecordResult::OutputFull => {
                    self.grow_text()?;
                    continue;
                }
                ReadRecordResult::OutputEndsFull => {
                    self.grow_ends()?;
                    continue;
                }
            };
            return Ok((found, taken));
        }
    }

    fn grow_text(&mut self) -> Result<(), DecodeError> {
        if self.text.len() >= limits::RECORD {
            return Err(DecodeError::TooLarge { thing: "a row", limit: limits::RECORD as u64 });
        }
        self.text.resize(self.text.len().saturating_mul(2).clamp(4_096, limits::RECORD), 0);
        Ok(())
    }

    fn grow_ends(&mut self) -> Result<(), DecodeError> {
        if self.ends.len() >= limits::COLUMNS {
            let thing = "the number of columns";
            return Err(DecodeError::TooLarge { thing, limit: limits::COLUMNS as u64 });
        }
        self.ends.resize(self.ends.len().saturating_mul(2).clamp(64, limits::COLUMNS), 0);
        Ok(())
    }

    fn field(&self, place: usize) -> &[u8] {
        let end = self.ends.get(place).copied().unwrap_or(0);
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start..end).unwrap_or_default()
    }

    fn clear(&mut self) {
        (self.held, self.fields) = (0, 0);
    }
}

impl Report {
    fn new(
        record: &Record,
        open: impl Fn(&Schema) -> Result<Plan, DecodeError>,
    ) -> Result<Self, DecodeError> {
        let name = |place: usize| String::from_utf8_lossy(record.field(place)).into_owned();
        let root = |place: usize| Root { name: name(place), form: Form::Flat(place) };
        let roots: Vec<Root> = (0..record.fields).map(root).collect();
        let mut plan = open(&Schema { roots, leaves: Vec::new() })?;
        plan.batch.begin_texts();
        let bound = &plan.bound;
        let place = |field: Field_| bound.find(field);
        let told_by = place(type_field(bound.dialect)).zip(place(Field_::Start)).zip(place(Field_::End));
        let told_by = told_by.map(|((kind, start), end)| [kind, start, end]);
        Ok(Self { fields: record.fields, plan, bytes: 0, told_by, lengths: Lengths::default() })
    }

    fn add(
        &mut self,
        record: &Record,
        take: &mut dyn FnMut(&ChargeBlock<'_>) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        if record.fields != self.fields {
            let (found, expected) = (record.fields, self.fields);
            return Err(DecodeError::Damaged(format!("a row has {found} fields, the first one {expected}")));
        }
        let places = &self.plan.places;
        self.plan.batch.push_texts(|lane| places.get(lane).map_or(&[], |place| record.field(*place)))?;
        if let Some([kind, start, end]) = self.told_by {
            let kind = String::from_utf8_lossy(record.field(kind));
            let day = |place: usize| day_of_text(record.field(place));
            self.lengths.add(self.plan.bound.dialect, &kind, day(start), day(end));
        }
        self.bytes = self.bytes.saturating_add(record.held);
        let Batch { rows, held, .. } = &self.plan.batch;
        let is_full = *rows >= held.rows || self.bytes >= held.kept_texts;
        if is_full { self.end_batch(take) } else { Ok(()) }
    }

    /// Hands the rows so far on.
    fn end_batch(
        &mut self,
        take: &mut dyn FnMut(&ChargeBlock<'_>) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        self.plan.batch.end_texts();
        if self.plan.batch.rows > 0 {
            self.plan.charges.sort(&self.plan.batch)?;
            self.plan.charges.part(&self.plan.batch);
            take(&self.plan.charges.of(&self.plan.batch))?;
        }
        self.plan.batch.begin_texts();
        self.bytes = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use shared::{DayRange, Timestamp};

    use super::*;
    use crate::limits::Held;
    use crate::roll_up::{METRICS, RollUp};

    // The Parquet side of the same is a property test.
    #[test]
    fn texts_that_were_forgotten_count_as_if_they_had_not_been() {
        let mut csv = String::from(
            "line_item_usage_account_id,line_item_product_code,line_item_line_item_type,line_item_usage_start_date,\
             line_item_unblended_cost,line_item_resource_id,line_item_currency_code,resource_tags,reservation_reservation_a_r_n\n",
        );
        for row in 0..400 {
            let (kind, arn) = [("Usage", ""), ("Fee", "arn"), ("Fee", ""), ("Tax", "arn")][row * 7 % 4];
            let (service, resource, day) = (row % 3, row * row % 37, 1 + row % 28);
            let currency = ["USD", "EUR"][row / 5 % 2];
            let tags = format!(r#"{{""user_team"":""team {}""}}"#, row % 5);
            csv += &format!(
                "1,s{service},{kind},2026-10-{day:02},{row},r{resource},{currency},\"{tags}\",{arn}\n"
            );
        }
        let names = ["service", "resource", "charge_category", "tag.team"];
        let dimensions: Vec<Dimension> = names.iter().filter_map(|name| name.parse().ok()).collect();
        assert_eq!(dimensions.len(), names.len());
        let cubes = |held: Held| {
            let period: BillingPeriod = "2026-10".parse().unwrap();
            let days: DayRange = period.days();
            let mut roll_up = RollUp::new(&dimensions, &METRICS, days, Timestamp::UNIX_EPOCH);
            let open = |schema: &Schema| {
                let mut plan = Plan::new(schema, &dimensions, &METRICS, None)?;
                plan.batch.held = held;
                Ok(plan)
            };
            let mut generations = Vec::new();
            let take = &mut |block: &ChargeBlock<'_>| {
                generations.push(block.words().generation());
                roll_up.add(block);
                Ok(())
            };
            records(&mut csv.as_bytes(), None, open, take).unwrap();
            generations.dedup();
            let cubes: Vec<Vec<u8>> =
                roll_up.finish().iter().map(|cube| cube::blob::encode(cube).unwrap()).collect();
            (cubes, generations.len())
        };
        let (expect, generations) = cubes(Held::default());
        assert_eq!((expect.len(), generations), (2, 1));
        for (rows, kept_texts) in [(7, 0), (7, 500), (1, 400), (100, 200)] {
            let (found, generations) = cubes(Held { rows, kept_texts, ..Held::default() });
            assert!(found == expect, "{rows} rows, {kept_texts} bytes");
            assert!(generations > 3, "{rows} rows, {kept_texts} bytes: {generations} generations");
        }
    }
}
