//! Report files over the charges: the columns AWS writes, row by row, in its physical traits.

mod columns;
mod focus;

use std::collections::VecDeque;
use std::sync::Mutex;

use bytes::Bytes;
use ledger::write::{Column, Form, Values, WriteError, write_report};
use shared::{BillingPeriod, Timestamp};

use super::Billing;
use columns::Context;

/// A kind of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// The legacy Cost and Usage Report.
    Legacy,
    /// CUR 2.0 of Data Exports.
    Cur2,
    /// FOCUS 1.0 of Data Exports.
    Focus,
}

/// A value of a cell.
pub(super) enum Cell {
    Text(String),
    Double(f64),
    Millis(i64),
    Map(Vec<(String, String)>),
    NullText(Option<String>),
    NullDouble(Option<f64>),
    NullMillis(Option<i64>),
}

/// A column: its name, its type in a Data Exports manifest and how a row fills it.
pub(super) struct Definition {
    pub name: &'static str,
    pub fill: fn(&Context<'_>) -> Cell,
}

/// Deliveries that are kept.
const WRITTEN: usize = 16;

/// What decides what a delivery holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Delivery {
    period: BillingPeriod,
    dialect: Dialect,
    cutoff: i64,
    is_final: bool,
    rows_per_file: usize,
}

/// The last deliveries that were written: what has not changed is delivered again as it is.
#[derive(Debug, Default)]
pub(super) struct Written(Mutex<VecDeque<(Delivery, Vec<Bytes>)>>);

impl Written {
    fn find(&self, delivery: Delivery) -> Option<Vec<Bytes>> {
        let kept = self.0.lock().ok()?;
        kept.iter().find(|(held, _)| *held == delivery).map(|(_, files)| files.clone())
    }

    fn keep(&self, delivery: Delivery, files: Vec<Bytes>) {
        if let Ok(mut kept) = self.0.lock() {
            kept.push_front((delivery, files));
            kept.truncate(WRITTEN);
        }
    }
}

impl Billing {
    /// The files of a period as delivered at `as_of`, at most `rows_per_file` rows each. Empty if nothing is known yet.
    pub fn report_files(
        &self,
        period: BillingPeriod,
        dialect: Dialect,
        as_of: Timestamp,
        rows_per_file: usize,
    ) -> Result<Vec<Bytes>, WriteError> {
        let delivery = Delivery {
            period,
            dialect,
            cutoff: Self::cutoff(as_of),
            is_final: Self::is_final(period, as_of),
            rows_per_file,
        };
        if let Some(files) = self.written.find(delivery) {
            return Ok(files);
        }
        let files = self.write_files(delivery)?;
        self.written.keep(delivery, files.clone());
        Ok(files)
    }

    fn write_files(&self, delivery: Delivery) -> Result<Vec<Bytes>, WriteError> {
        let Delivery { period, dialect, cutoff, is_final, rows_per_file } = delivery;
        let definitions = dialect.definitions();
        let mut files = Vec::new();
        let mut open = Open::new(definitions);
        let mut failed = None;
        self.rows(period, cutoff, |row| {
            if failed.is_some() || (dialect == Dialect::Focus && !focus::keeps(&row)) {
                return;
            }
            open.push(&Context { row, period, is_final, accounts: self.accounts() });
            if open.rows >= rows_per_file {
                let full = std::mem::replace(&mut open, Open::new(definitions));
                match full.close() {
                    Ok(file) => files.push(file),
                    Err(error) => failed = Some(error),
                }
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        if open.rows > 0 {
            files.push(open.close()?);
        }
        Ok(files)
    }
}

impl Dialect {
    fn definitions(self) -> &'static [Definition] {
        match self {
            Self::Legacy => columns::LEGACY,
            Self::Cur2 => columns::CUR2,
            Self::Focus => focus::FOCUS,
        }
    }

    /// The columns as the manifest of a delivery lists them: legacy ones as (category, name), the others as
    /// (name, type).
    pub fn manifest_columns(self) -> Vec<(String, String)> {
        match self {
            Self::Legacy => columns::LEGACY.iter().map(|column| columns::display_name(column.name)).collect(),
            _ => {
                let sample = |definition: &Definition| {
                    let kind = match definition.name {
                        name if name.contains("date") || name.ends_with("Start") || name.ends_with("End") => {
                            "timestamp(3)"
                        }
                        name if columns::is_map(name) => "map<string,string>",
                        name if columns::is_double(name) => "double",
                        _ => "string",
                    };
                    (definition.name.to_owned(), kind.to_owned())
                };
                self.definitions().iter().map(sample).collect()
            }
        }
    }
}

/// A file being written.
struct Open {
    columns: Vec<Column>,
    fills: Vec<fn(&Context<'_>) -> Cell>,
    rows: usize,
}

impl Open {
    fn new(definitions: &[Definition]) -> Self {
        let columns = definitions
            .iter()
            .map(|definition| Column { name: definition.name.to_owned(), values: Values::Text(Vec::new()) })
            .collect();
        Self { columns, fills: definitions.iter().map(|definition| definition.fill).collect(), rows: 0 }
    }

    fn push(&mut self, context: &Context<'_>) {
        for (column, fill) in self.columns.iter_mut().zip(&self.fills) {
            let cell = fill(context);
            if self.rows == 0 {
                column.values = match cell {
                    Cell::Text(_) => Values::Text(Vec::new()),
                    Cell::Double(_) => Values::Double(Vec::new()),
                    Cell::Millis(_) => Values::TimestampMillis(Vec::new()),
                    Cell::Map(_) => Values::TextMap(Vec::new()),
                    Cell::NullText(_) => Values::OptionalText(Vec::new()),
                    Cell::NullDouble(_) => Values::OptionalDouble(Vec::new()),
                    Cell::NullMillis(_) => Values::OptionalTimestampMillis(Vec::new()),
                };
            }
            match (&mut column.values, cell) {
                (Values::Text(values), Cell::Text(value)) => values.push(value),
                (Values::Double(values), Cell::Double(value)) => values.push(value),
                (Values::TimestampMillis(values), Cell::Millis(value)) => values.push(value),
                (Values::TextMap(values), Cell::Map(value)) => values.push(value),
                (Values::OptionalText(values), Cell::NullText(value)) => values.push(value),
                (Values::OptionalDouble(values), Cell::NullDouble(value)) => values.push(value),
                (Values::OptionalTimestampMillis(values), Cell::NullMillis(value)) => values.push(value),
                // A column's type never changes: each definition fills one kind of cell.
                _ => {}
            }
        }
        self.rows += 1;
    }

    fn close(self) -> Result<Bytes, WriteError> {
        write_report(&self.columns, &Form::default())
    }
}
