//! Blocks of rows: what is read at once. A block brings its texts with it, each of them once, and what its rows add up
//! to; it goes through postcard like a cube.

use std::collections::HashMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::row::{Cell, Part, Row};
use crate::Metric;
use crate::blob::BlobError;

#[derive(Serialize, Deserialize)]
struct WireBlock<'a> {
    #[serde(borrow)]
    texts: Vec<&'a str>,
    count: u32,
    billed: i128,
    effective: i128,
    rows: &'a [u8],
}

#[derive(Serialize, Deserialize)]
struct WireRow<'a> {
    sub_account: u32,
    resource: &'a str,
    parts: Vec<WirePart>,
}

#[derive(Serialize, Deserialize)]
struct WirePart {
    /// Places of service, region, usage type and tags among the block's texts.
    texts: Vec<u32>,
    /// Day, billed cost, and by how much effective cost is more: mostly nothing, and then a byte.
    cells: Vec<(u16, i128, i128)>,
}

/// Collects rows into a block, in the order they come.
#[derive(Debug, Default)]
pub struct BlockBuilder {
    texts: Vec<Rc<str>>,
    codes: HashMap<Rc<str>, u32>,
    text_bytes: usize,
    rows: Vec<u8>,
    cut: Cut,
}

/// A finished block, and what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Rows.
    pub rows: u32,
    /// Sub-account and resource of its first row.
    pub first: (String, String),
    /// Size of its largest row.
    pub largest: u128,
    billed: i128,
    effective: i128,
}

impl BlockBuilder {
    /// Adds a row.
    pub fn push(&mut self, row: &Row) -> Result<(), BlobError> {
        let parts = row
            .parts
            .iter()
            .map(|part| {
                let named = [&part.service, &part.region, &part.x_usage_type];
                let texts = named.into_iter().chain(&part.tags).map(|text| self.intern(text)).collect();
                let more = |cell: &Cell| cell.effective.wrapping_sub(cell.billed);
                let cells = part.cells.iter().map(|cell| (cell.day, cell.billed, more(cell))).collect();
                WirePart { texts, cells }
            })
            .collect();
        let wire = WireRow { sub_account: self.intern(&row.sub_account), resource: &row.resource, parts };
        let bytes = postcard::to_allocvec(&wire).map_err(|_| BlobError::Malformed)?;
        self.rows.extend_from_slice(&bytes);
        if self.cut.rows == 0 {
            self.cut.first = (row.sub_account.to_string(), row.resource.to_string());
        }
        self.cut.rows = self.cut.rows.saturating_add(1);
        self.cut.largest = self.cut.largest.max(row.size());
        self.cut.billed = self.cut.billed.wrapping_add(row.total(Metric::BilledCost));
        self.cut.effective = self.cut.effective.wrapping_add(row.total(Metric::EffectiveCost));
        Ok(())
    }

    fn intern(&mut self, text: &Rc<str>) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(Rc::clone(text));
        self.codes.insert(Rc::clone(text), code);
        self.text_bytes = self.text_bytes.saturating_add(text.len());
        code
    }

    /// About how many bytes it has so far.
    pub fn len(&self) -> usize {
        self.text_bytes.saturating_add(self.rows.len())
    }

    /// Whether there is no row yet.
    pub fn is_empty(&self) -> bool {
        self.cut.rows == 0
    }

    /// The block; the builder begins anew.
    pub fn finish(&mut self) -> Result<Cut, BlobError> {
        let Self { texts, rows, cut, .. } = std::mem::take(self);
        let wire = WireBlock {
            texts: texts.iter().map(|text| &**text).collect(),
            count: cut.rows,
            billed: cut.billed,
            effective: cut.effective,
            rows: &rows,
        };
        Ok(Cut { bytes: postcard::to_allocvec(&wire).map_err(|_| BlobError::Malformed)?, ..cut })
    }
}

/// A block that is read, row by row.
#[derive(Debug)]
pub struct Block {
    texts: Vec<Rc<str>>,
    rows: Vec<u8>,
    at: usize,
    left: u32,
    /// What the rows that are left must add up to.
    billed: i128,
    effective: i128,
}

impl Block {
    /// Opens a block. Bytes from anywhere get an error, here or at a row, never a panic.
    pub fn open(bytes: &[u8]) -> Result<Self, BlobError> {
        let (wire, rest): (WireBlock<'_>, _) =
            postcard::take_from_bytes(bytes).map_err(|_| BlobError::Malformed)?;
        if !rest.is_empty() {
            return Err(BlobError::Inconsistent);
        }
        Ok(Self {
            texts: wire.texts.into_iter().map(Rc::from).collect(),
            rows: wire.rows.to_vec(),
            at: 0,
            left: wire.count,
            billed: wire.billed,
            effective: wire.effective,
        })
    }

    /// The next row. After the last one the block must be at its end, and its rows add up to what it says.
    pub fn next_row(&mut self) -> Result<Option<Row>, BlobError> {
        let rest = self.rows.get(self.at..).unwrap_or_default();
        if self.left == 0 {
            let is_sound = rest.is_empty() && self.billed == 0 && self.effective == 0;
            return if is_sound { Ok(None) } else { Err(BlobError::Inconsistent) };
        }
        let (wire, after): (WireRow<'_>, _) =
            postcard::take_from_bytes(rest).map_err(|_| BlobError::Malformed)?;
        let text = |code: u32| self.texts.get(code as usize).cloned().ok_or(BlobError::Inconsistent);
        let mut parts = Vec::with_capacity(wire.parts.len());
        for part in wire.parts {
            let [service, region, x_usage_type, ref tags @ ..] = *part.texts else {
                return Err(BlobError::Inconsistent);
            };
            let cell = |(day, billed, more): (u16, i128, i128)| Cell {
                day,
                billed,
                effective: billed.wrapping_add(more),
            };
            let cells: Vec<Cell> = part.cells.into_iter().map(cell).collect();
            if !cells.is_sorted_by(|one, next| one.day < next.day) {
                return Err(BlobError::Inconsistent);
            }
            parts.push(Part {
                service: text(service)?,
                region: text(region)?,
                x_usage_type: text(x_usage_type)?,
                tags: tags.iter().map(|code| text(*code)).collect::<Result<_, _>>()?,
                cells,
            });
        }
        let row = Row { sub_account: text(wire.sub_account)?, resource: Rc::from(wire.resource), parts };
        let after = after.len();
        self.at = self.rows.len().saturating_sub(after);
        self.left = self.left.saturating_sub(1);
        self.billed = self.billed.wrapping_sub(row.total(Metric::BilledCost));
        self.effective = self.effective.wrapping_sub(row.total(Metric::EffectiveCost));
        Ok(Some(row))
    }
}
