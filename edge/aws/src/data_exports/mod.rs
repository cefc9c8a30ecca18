//! Data Exports: CUR 2.0 and FOCUS reports the customer already has. We read them and create none.

mod get_export;
mod list_executions;
mod list_exports;

pub use get_export::{Export, GetExport};
pub use list_executions::{Execution, Executions, ListExecutions};
pub use list_exports::{ExportStatus, ExportSummary, Exports, ListExports};
