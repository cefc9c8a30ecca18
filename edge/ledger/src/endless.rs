//! A report file of any size: the row groups of a small one, over and over. Its bytes are made as they are asked for, so
//! that nobody holds it.

use std::ops::Range;

use bytes::Bytes;
use parquet::errors::Result as Read;
use parquet::file::metadata::{
    FileMetaData, ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter, RowGroupMetaData,
};

use crate::write::WriteError;

/// Bytes before the first row group.
const MAGIC: &[u8] = b"PAR1";

/// A file without end, of which so much is there.
#[derive(Clone, Debug)]
pub struct Endless {
    body: Bytes,
    times: u64,
    footer: Bytes,
}

impl Endless {
    /// The row groups of a file so many times.
    pub fn of(template: &Bytes, times: u32) -> Result<Self, WriteError> {
        repeated(template, times).map_err(|error| WriteError(error.to_string()))
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.footer_start().saturating_add(self.footer.len() as u64)
    }

    /// What is repeated.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// What comes after the last row group, to the end of the file.
    pub fn footer(&self) -> &Bytes {
        &self.footer
    }

    /// These bytes; none where the file is shorter.
    pub fn read(&self, range: Range<u64>) -> Option<Bytes> {
        if range.end > self.size() {
            return None;
        }
        let mut read = Vec::with_capacity(usize::try_from(range.end.checked_sub(range.start)?).ok()?);
        let mut at = range.start;
        while at < range.end {
            let (bytes, from) = self.piece(at);
            let rest = bytes.get(usize::try_from(from).ok()?..)?;
            let length = rest.len().min(usize::try_from(range.end.saturating_sub(at)).ok()?);
            read.extend_from_slice(rest.get(..length)?);
            at = at.saturating_add(length as u64);
        }
        Some(read.into())
    }

    /// The piece a byte lies in, and where in it.
    fn piece(&self, at: u64) -> (&[u8], u64) {
        let magic = MAGIC.len() as u64;
        match at.checked_sub(magic) {
            None => (MAGIC, at),
            Some(_) if at >= self.footer_start() => (&self.footer, at.saturating_sub(self.footer_start())),
            Some(place) => (&self.body, place.checked_rem(self.body.len() as u64).unwrap_or_default()),
        }
    }

    fn footer_start(&self) -> u64 {
        (self.body.len() as u64).saturating_mul(self.times).saturating_add(MAGIC.len() as u64)
    }
}

fn repeated(template: &Bytes, times: u32) -> Read<Endless> {
    let metadata = ParquetMetaDataReader::new().parse_and_finish(template)?;
    let chunks = metadata.row_groups().iter().flat_map(|row_group| row_group.columns());
    let ends = chunks.map(|chunk| {
        let (start, length) = chunk.byte_range();
        start.saturating_add(length)
    });
    let end = usize::try_from(ends.max().unwrap_or_default())?;
    let body = template.slice(MAGIC.len().min(end)..end);
    let mut row_groups = Vec::new();
    for time in 0..times {
        let forward = i64::from(time).saturating_mul(i64::try_from(body.len())?);
        for row_group in metadata.row_groups() {
            row_groups.push(moved(row_group, forward)?);
        }
    }
    let file = metadata.file_metadata();
    let file = FileMetaData::new(
        file.version(),
        file.num_rows().saturating_mul(i64::from(times)),
        file.created_by().map(str::to_owned),
        file.key_value_metadata().cloned(),
        file.schema_descr_ptr(),
        file.column_orders().cloned(),
    );
    let mut footer = Vec::new();
    ParquetMetaDataWriter::new(&mut footer, &ParquetMetaData::new(file, row_groups)).finish()?;
    Ok(Endless { body, times: u64::from(times), footer: footer.into() })
}

/// A row group so many bytes further on.
fn moved(row_group: &RowGroupMetaData, forward: i64) -> Read<RowGroupMetaData> {
    let on = |place: i64| place.saturating_add(forward);
    let mut columns = Vec::with_capacity(row_group.num_columns());
    for column in row_group.columns() {
        let dictionary = column.dictionary_page_offset().map(on);
        let data = on(column.data_page_offset());
        columns.push(
            column
                .clone()
                .into_builder()
                .set_dictionary_page_offset(dictionary)
                .set_data_page_offset(data)
                .build()?,
        );
    }
    row_group.clone().into_builder().set_column_metadata(columns).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::{GroupBy, Totaller};
    use crate::sample;
    use crate::write::{Form, write_report};

    fn totals(size: u64, read: impl FnMut(Range<u64>) -> Option<Bytes>) -> (String, u64) {
        let mut totaller = Totaller::new(vec![GroupBy::parse("service").unwrap()]);
        totaller.add_by_ranges("file", size, read);
        let totals = totaller.finish();
        assert!(totals.rejected.files.is_empty(), "{:?}", totals.rejected);
        (serde_json::to_string(&totals).unwrap(), totals.rows)
    }

    #[test]
    fn a_file_of_repeated_row_groups_reads_as_often() {
        let columns = sample::report("2026-10".parse().unwrap(), 900, 1);
        let template = write_report(&columns, &Form { row_group_rows: 400, ..Form::default() }).unwrap();
        let whole = template.clone();
        let here = totals(template.len() as u64, |range| {
            Some(whole.slice(range.start as usize..range.end as usize))
        });
        for times in [1, 5, 100] {
            let endless = Endless::of(&template, times).unwrap();
            let there = totals(endless.size(), |range| endless.read(range));
            assert_eq!(there.1, here.1 * u64::from(times));
            assert_eq!(there.0 == here.0, times == 1, "{times} times");
            let all = endless.read(0..endless.size()).unwrap();
            assert_eq!(all.len() as u64, endless.size());
            assert!(all.starts_with(MAGIC) && all.ends_with(MAGIC));
            assert_eq!(endless.read(0..endless.size() + 1), None);
            for range in [0..9, 3..5, endless.footer_start() - 2..endless.footer_start() + 2] {
                let (from, to) = (range.start as usize, range.end as usize);
                assert_eq!(endless.read(range), Some(all.slice(from..to)));
            }
        }
    }
}
