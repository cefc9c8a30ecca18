//! How the report stands, for Settings.

use shared::api::{MonthRow, ReportView};
use shared::date_words::month_name;

use super::{definition, discovery, month};
use crate::connection::{self, link};
use crate::error::Result;
use crate::workspace::world::World;

/// Months a backfill can reach back.
const BACKFILL: i32 = 36;

/// The report as the page shows it.
pub fn make<W: World>(world: &W) -> Result<ReportView> {
    let connection = connection::record::find(world)?;
    let report = connection.as_ref().and_then(|connection| connection.report.clone());
    let definition = definition::find(world)?;
    let mut months = Vec::new();
    let mut refused = Vec::new();
    for (period, record) in month::all(world)?.into_iter().rev() {
        refused.extend(record.refused);
        let Some(month) = record.committed else { continue };
        months.push(MonthRow {
            period,
            committed_at: month.committed_at,
            files: month.files,
            rows: month.receipt.rows,
            billed_cost: month.billed_cost(),
            delta: month.delta(),
            changes: month.changes,
            is_final: month.receipt.is_final,
        });
    }
    let backfill_text = match (
        &report,
        connection.as_ref().and_then(|connection| connection.role.as_ref()),
        months.last(),
    ) {
        (Some(report), Some(role), Some(oldest)) => Some(format!(
            "Please backfill the Cost and Usage Report {} of account {} (bucket {}, prefix {}, region {}) for billing periods {} to {}. \
             Its definition and bucket policy are healthy.",
            report.name,
            role.account(),
            report.bucket,
            report.prefix,
            report.region.as_str(),
            month_name(oldest.period.plus(-BACKFILL)),
            month_name(oldest.period.plus(-1)),
        )),
        _ => None,
    };
    let (settings, last_delivery_at, last_status) = match definition {
        Some(found) => {
            let settings = found.settings.into_iter().chain(found.refused).collect();
            (settings, found.last_delivery, found.last_status)
        }
        None => (Vec::new(), None, None),
    };
    Ok(ReportView {
        name: report.as_ref().map(|report| report.name.clone()),
        bucket: report.as_ref().map(|report| report.bucket.clone()),
        prefix: report.map(|report| report.prefix),
        settings,
        last_delivery_at,
        last_status,
        months,
        refused,
        backfill_text,
        found: discovery::view(world, connection.as_ref())?,
        stack_url: connection
            .as_ref()
            .and_then(|connection| connection.stack.as_ref())
            .map(|stack| link::stack_address(&world.settings().console_base, &stack.id)),
    })
}
