//! Runs: what a part of a report holds by resource, in the order of its keys.

use std::rc::Rc;

use cube::cells::Column;
use cube::resources::{BlockBuilder, Cell, Cut, Part, Row};
use cube::{Cube, Dimension, Metric};
use shared::Currency;

use super::MOST_PARTS;
use crate::error::DecodeError;
use crate::partial::broken;

/// Bytes of a block of a run: of many runs one each is held at once.
const BLOCK: usize = 32 * 1024;

/// Dimensions of a roll-up by resource, in the order runs are sorted by; tracked tags follow.
pub fn dimensions(tracked: &[String]) -> Vec<Dimension> {
    let mut dimensions = vec![
        Dimension::SubAccount,
        Dimension::Resource,
        Dimension::Service,
        Dimension::Region,
        Dimension::XUsageType,
    ];
    dimensions.extend(tracked.iter().cloned().map(Dimension::Tag));
    dimensions
}

/// Rows of one currency in blocks.
#[derive(Debug)]
pub struct Run {
    /// Which.
    pub currency: Currency,
    /// Rows.
    pub rows: u64,
    /// Blocks, each by itself.
    pub blocks: Vec<Vec<u8>>,
}

/// A run under way.
#[derive(Debug, Default)]
pub struct RunBuilder {
    block: BlockBuilder,
    rows: u64,
}

impl RunBuilder {
    /// Adds a row that comes after all before it. A block, whenever one is full.
    pub fn push(&mut self, row: &Row) -> Result<Option<Cut>, DecodeError> {
        self.block.push(row).map_err(broken)?;
        self.rows = self.rows.saturating_add(1);
        if self.block.len() < BLOCK { Ok(None) } else { self.block.finish().map(Some).map_err(broken) }
    }

    /// The last block, if there is any left, and how many rows there were.
    pub fn finish(mut self) -> Result<(Option<Cut>, u64), DecodeError> {
        let last = if self.block.is_empty() { None } else { Some(self.block.finish().map_err(broken)?) };
        Ok((last, self.rows))
    }
}

impl Run {
    /// The run of a cube by [`dimensions`].
    pub fn of(cube: &Cube) -> Result<Self, DecodeError> {
        let texts: Vec<(&Column, Vec<Rc<str>>)> = cube
            .columns()
            .iter()
            .map(|column| (column, column.dictionary.iter().map(|text| Rc::from(text.as_str())).collect()))
            .collect();
        let mut run = Self { currency: cube.header().currency, rows: 0, blocks: Vec::new() };
        let mut builder = RunBuilder::default();
        let mut row: Option<Row> = None;
        for tuple in 0..cube.tuples() {
            let value = |(column, texts): &(&Column, Vec<Rc<str>>)| {
                let code = column.codes.get(tuple).map_or(0, |code| *code as usize);
                texts.get(code).cloned().unwrap_or_default()
            };
            let values: Vec<Rc<str>> = texts.iter().map(value).collect();
            let [sub_account, resource, service, region, x_usage_type, tags @ ..] = values.as_slice() else {
                return Err(DecodeError::Damaged("resources without their dimensions".to_owned()));
            };
            let part = Part {
                service: Rc::clone(service),
                region: Rc::clone(region),
                x_usage_type: Rc::clone(x_usage_type),
                tags: tags.to_vec(),
                cells: cells(cube, tuple),
            };
            let next =
                Row { sub_account: Rc::clone(sub_account), resource: Rc::clone(resource), parts: vec![part] };
            match &mut row {
                Some(row) if !next.resource.is_empty() && row.key() == next.key() => {
                    row.absorb(next, MOST_PARTS);
                }
                _ => {
                    if let Some(row) = row.replace(next) {
                        run.blocks.extend(builder.push(&row)?.map(|cut| cut.bytes));
                    }
                }
            }
        }
        if let Some(row) = row {
            run.blocks.extend(builder.push(&row)?.map(|cut| cut.bytes));
        }
        let (last, rows) = builder.finish()?;
        run.blocks.extend(last.map(|cut| cut.bytes));
        run.rows = rows;
        Ok(run)
    }
}

fn cells(cube: &Cube, tuple: usize) -> Vec<Cell> {
    let start = cube.header().days.start.epoch_days();
    let figure =
        |metric: Metric, cell: usize| cube.find_figures(metric).map_or(0, |figures| figures.at(cell));
    cube.cells_of(tuple)
        .map(|cell| Cell {
            day: u16::try_from(cube.day_of(cell).epoch_days().saturating_sub(start)).unwrap_or(0),
            billed: figure(Metric::BilledCost, cell),
            effective: figure(Metric::EffectiveCost, cell),
        })
        .collect()
}
