//! Only inflates what a roll-up would read: the yardstick of benchmarks.

use bytes::BytesMut;

use crate::error::DecodeError;
use crate::file::ReportFile;
use crate::pages::{PageKind, Pages};
use crate::sparse::Sparse;

impl ReportFile {
    /// Inflates the pages of a row group's wanted columns, one after the other; how many bytes came of it.
    pub fn inflate(&self, row_group: usize, fetched: &Sparse) -> Result<u64, DecodeError> {
        let mut bytes = 0_u64;
        for chunk in self.wanted_chunks(row_group) {
            let range = chunk.start..chunk.start.saturating_add(chunk.length);
            let body = fetched.find(&range).ok_or(DecodeError::Truncated("a part was not fetched"))?;
            let mut pages = Pages::new(body, chunk);
            let mut room = BytesMut::new();
            while let Some(page) = pages.next()? {
                if page.kind == PageKind::Index {
                    continue;
                }
                let values = pages.inflate(&page, room)?.values;
                bytes = bytes.saturating_add(values.len() as u64);
                room = values.try_into_mut().unwrap_or_default();
            }
        }
        Ok(bytes)
    }
}
