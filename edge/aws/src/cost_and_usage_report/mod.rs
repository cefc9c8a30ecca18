//! Legacy report definitions: whether AWS delivers, and the repair of the one our stack made.

mod definition;
mod describe_report_definitions;
mod modify_report_definition;
mod put_report_definition;

pub use definition::{DeliveryStatus, ReportDefinition, ReportStatus};
pub use describe_report_definitions::{DescribeReportDefinitions, ReportDefinitions};
pub use modify_report_definition::ModifyReportDefinition;
pub use put_report_definition::PutReportDefinition;
