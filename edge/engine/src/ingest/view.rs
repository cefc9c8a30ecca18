//! How the report stands, for Settings.

use shared::BillingPeriod;
use shared::api::{MonthRow, ReportView};
use shared::date_words::month_name;

use super::protocol::Receipt;
use super::{definition, discovery, month};
use crate::connection::{self, link};
use crate::error::Result;
use crate::workspace::world::World;

/// Months a backfill can reach back.
const BACKFILL: i32 = 36;

/// What of a month's rows does not count as it stands, in words; none where all does.
fn note(period: BillingPeriod, receipt: &Receipt) -> Option<String> {
    let outside: Vec<String> = receipt
        .totals
        .iter()
        .filter(|total| !total.outside_cost.is_zero())
        .map(|total| total.outside_cost.written(total.currency))
        .collect();
    let outside = if outside.is_empty() { "no cost".to_owned() } else { outside.join(" and ") };
    let facts = [
        (receipt.rejected, "set aside: a cost in them is no number, or they have no day".to_owned()),
        (receipt.left_out, "left out: they split cost that other rows bear".to_owned()),
        (
            receipt.outside_period,
            format!("dated outside the month: counted on its nearest day, with {outside}"),
        ),
        (receipt.unknown, "of a type Cloudthread does not know: counted as adjustments".to_owned()),
    ];
    let facts: Vec<String> = facts
        .into_iter()
        .filter(|(rows, _)| *rows > 0)
        .map(|(rows, what)| format!("{rows} {} {what}", if rows == 1 { "row" } else { "rows" }))
        .collect();
    (!facts.is_empty()).then(|| format!("{}: {}.", month_name(period), facts.join("; ")))
}

/// The report as the page shows it.
pub fn make<W: World>(world: &W) -> Result<ReportView> {
    let connection = connection::record::find(world)?;
    let report = connection.as_ref().and_then(|connection| connection.report.clone());
    let definition = definition::find(world)?;
    let mut months = Vec::new();
    let mut refused = Vec::new();
    let mut notes = Vec::new();
    for (period, record) in month::all(world)?.into_iter().rev() {
        refused.extend(record.refused);
        let Some(month) = record.committed else { continue };
        notes.extend(note(period, &month.receipt));
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
        notes,
        backfill_text,
        found: discovery::view(world, connection.as_ref())?,
        stack_url: connection
            .as_ref()
            .and_then(|connection| connection.stack.as_ref())
            .map(|stack| link::stack_address(&world.settings().console_base, &stack.id)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::protocol::Total;

    // security.md row 52
    #[test]
    fn rows_that_do_not_count_as_they_stand_are_told() {
        let period = "2026-10".parse().unwrap();
        assert_eq!(note(period, &Receipt { rows: 9, ..Receipt::default() }), None);
        let total = Total {
            currency: "USD".parse().unwrap(),
            billed_cost: "9".parse().unwrap(),
            effective_cost: "9".parse().unwrap(),
            outside_cost: "4.2".parse().unwrap(),
        };
        let receipt = Receipt { rejected: 1, outside_period: 2, totals: vec![total], ..Receipt::default() };
        let words = "October 2026: 1 row set aside: a cost in them is no number, or they have no day; \
                     2 rows dated outside the month: counted on its nearest day, with $4.20.";
        assert_eq!(note(period, &receipt).as_deref(), Some(words));
        let receipt = Receipt { left_out: 3, unknown: 4, ..Receipt::default() };
        let words = "October 2026: 3 rows left out: they split cost that other rows bear; \
                     4 rows of a type Cloudthread does not know: counted as adjustments.";
        assert_eq!(note(period, &receipt).as_deref(), Some(words));
    }
}
