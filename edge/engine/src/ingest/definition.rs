//! The report's definition at AWS: where it goes, whether it can be read, how deliveries go.

use aws::cost_and_usage_report::{DeliveryStatus, DescribeReportDefinitions, ReportDefinition};
use aws::data_exports::{Export, ExportStatus, GetExport, ListExports};
use aws::{AwsError, Credentials, Next, Operation, PageGuard};
use serde::{Deserialize, Serialize};
use shared::{Money, Timestamp};

use crate::connection::ReportRef;
use crate::error::Result;
use crate::ports::{Table, WorkspaceStore};
use crate::workspace::records;
use crate::workspace::session::{self, Failure};
use crate::workspace::world::World;

/// Exports that are looked into for one by name.
const MAX_EXPORTS: usize = 50;

const HOURLY: &str = "Hourly";
const DAILY: &str = "Daily: there is no hourly view";
const WITH_RESOURCES: &str = "with resource ids";
const WITHOUT_RESOURCES: &str = "without resource ids: no resource drill-down";
const MONTHLY: &str = "It has one row a month; hourly or daily ones can be read.";

/// A definition, whichever service holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Name.
    pub name: String,
    /// Bucket.
    pub bucket: String,
    /// Prefix, without outer slashes.
    pub prefix: String,
    /// Region of the bucket.
    pub region: String,
    /// Its settings in words: "Hourly", "with resource ids".
    pub settings: Vec<String>,
    /// Why it cannot be read.
    pub refused: Option<String>,
    /// Last delivery.
    pub last_delivery: Option<Timestamp>,
    /// What AWS says of it: `SUCCESS`, `ERROR_PERMISSIONS`, `ERROR_NO_BUCKET`.
    pub last_status: Option<String>,
}

/// Looks for the definition of a report by its name and bucket, in both services; none when AWS does not know it.
pub async fn fetch<W: World>(
    world: &W,
    credentials: &Credentials,
    report: &ReportRef,
) -> std::result::Result<Option<Definition>, Failure> {
    let purpose = "look whether the report is defined and delivered";
    let mut guard = PageGuard::default();
    let mut operation = DescribeReportDefinitions { page: None };
    loop {
        let answer = session::call(world, credentials, &operation, purpose, Money::ZERO).await?;
        let found = answer
            .definitions
            .iter()
            .find(|found| found.report_name == report.name && is_bucket_of(report, &found.bucket));
        if let Some(found) = found {
            return Ok(Some(of_report(found)));
        }
        match guard.after(answer.next_page.as_deref()) {
            Next::Page(token) => operation.page = Some(token),
            Next::Complete => break,
            Next::Partial => return Err(endless(DescribeReportDefinitions::NAME)),
        }
    }
    if report.is_ours { Ok(None) } else { fetch_export(world, credentials, report, purpose).await }
}

async fn fetch_export<W: World>(
    world: &W,
    credentials: &Credentials,
    report: &ReportRef,
    purpose: &str,
) -> std::result::Result<Option<Definition>, Failure> {
    let named = exports(world, credentials, purpose, |name| name == report.name).await?;
    Ok(named.into_iter().find(|found| is_bucket_of(report, &found.bucket)))
}

/// Every definition the account has, in both services, as AWS lists them.
pub async fn all<W: World>(
    world: &W,
    credentials: &Credentials,
) -> std::result::Result<Vec<Definition>, Failure> {
    let purpose = "look for reports there are";
    let mut guard = PageGuard::default();
    let mut operation = DescribeReportDefinitions { page: None };
    let mut found = Vec::new();
    loop {
        let answer = session::call(world, credentials, &operation, purpose, Money::ZERO).await?;
        found.extend(answer.definitions.iter().map(of_report));
        match guard.after(answer.next_page.as_deref()) {
            Next::Page(token) => operation.page = Some(token),
            Next::Complete => break,
            Next::Partial => return Err(endless(DescribeReportDefinitions::NAME)),
        }
    }
    found.extend(exports(world, credentials, purpose, |_| true).await?);
    Ok(found)
}

/// The exports whose name is wanted, each looked into, `MAX_EXPORTS` at most.
async fn exports<W: World>(
    world: &W,
    credentials: &Credentials,
    purpose: &str,
    is_wanted: impl Fn(&str) -> bool,
) -> std::result::Result<Vec<Definition>, Failure> {
    let mut guard = PageGuard::default();
    let mut operation = ListExports { page: None };
    let mut found = Vec::new();
    loop {
        let answer = session::call(world, credentials, &operation, purpose, Money::ZERO).await?;
        for summary in answer.exports.into_iter().filter(|summary| is_wanted(&summary.name)) {
            if found.len() == MAX_EXPORTS {
                return Ok(found);
            }
            let operation = GetExport { arn: summary.arn };
            let export = session::call(world, credentials, &operation, purpose, Money::ZERO).await?;
            found.push(of_export(export, &summary.status));
        }
        match guard.after(answer.next_page.as_deref()) {
            Next::Page(token) => operation.page = Some(token),
            Next::Complete => return Ok(found),
            Next::Partial => return Err(endless(ListExports::NAME)),
        }
    }
}

/// A list that does not come to its end says nothing about what it lacks.
fn endless(operation: &'static str) -> Failure {
    Failure::Aws(AwsError::malformed(operation, "its pages do not end"))
}

fn of_export(export: Export, status: &ExportStatus) -> Definition {
    let last_status = match status.code.as_deref() {
        Some("HEALTHY") => Some("SUCCESS".to_owned()),
        Some("UNHEALTHY") if status.reason.as_deref() == Some("INSUFFICIENT_PERMISSION") => {
            Some("ERROR_PERMISSIONS".to_owned())
        }
        other => other.map(str::to_owned),
    };
    let table = table_of(&export.query);
    let is_monthly = export.settings.iter().any(|setting| setting == "TIME_GRANULARITY=MONTHLY");
    let refused = if table.is_none() {
        Some("It is an export of something else than costs.".to_owned())
    } else if !export.format.eq_ignore_ascii_case("PARQUET") {
        Some(not_parquet(&export.format))
    } else {
        is_monthly.then(|| MONTHLY.to_owned())
    };
    let mut settings: Vec<String> = table.map(str::to_owned).into_iter().collect();
    settings.extend(export.settings.iter().filter_map(|setting| in_words(setting)).map(str::to_owned));
    settings.extend(versioning_in_words(&export.overwrite).map(str::to_owned));
    Definition {
        name: export.name,
        bucket: export.bucket,
        prefix: export.prefix.trim_matches('/').to_owned(),
        region: export.region,
        settings,
        refused,
        last_delivery: status.last_refreshed_at,
        last_status,
    }
}

/// What an export's query reads, as people call it; none when it is no cost report.
fn table_of(query: &str) -> Option<&'static str> {
    let mut words = query.split_whitespace();
    words.find(|word| word.eq_ignore_ascii_case("from"))?;
    let table = words.next()?.to_ascii_uppercase();
    match table.trim_matches(['"', '`', ';']) {
        "COST_AND_USAGE_REPORT" => Some("CUR 2.0"),
        focus if focus.starts_with("FOCUS_") => Some("FOCUS"),
        _ => None,
    }
}

/// A setting of a table, `TIME_GRANULARITY=HOURLY`; none where it changes nothing a person sees here.
fn in_words(setting: &str) -> Option<&'static str> {
    Some(match setting {
        "TIME_GRANULARITY=HOURLY" => HOURLY,
        "TIME_GRANULARITY=DAILY" => DAILY,
        "INCLUDE_RESOURCES=TRUE" => WITH_RESOURCES,
        "INCLUDE_RESOURCES=FALSE" => WITHOUT_RESOURCES,
        _ => return None,
    })
}

/// What a delivery does to the one before.
fn versioning_in_words(versioning: &str) -> Option<&'static str> {
    Some(match versioning {
        "OVERWRITE_REPORT" => "each delivery replaces the one before",
        "CREATE_NEW_REPORT" => "every delivery is kept",
        _ => return None,
    })
}

/// Why a format cannot be read: `textORcsv` of the legacy report and `TEXT_OR_CSV` of an export are CSV.
fn not_parquet(format: &str) -> String {
    let letters: String = format.chars().filter(char::is_ascii_alphabetic).collect();
    if letters.eq_ignore_ascii_case("textorcsv") {
        "Its format is CSV, not Parquet.".to_owned()
    } else {
        "Its format is not Parquet.".to_owned()
    }
}

/// Whether a bucket is the report's; of a report whose role was pasted only the name is known.
fn is_bucket_of(report: &ReportRef, bucket: &str) -> bool {
    report.bucket.is_empty() || report.bucket == bucket
}

fn of_report(found: &ReportDefinition) -> Definition {
    let refused = if !found.format.eq_ignore_ascii_case("Parquet") {
        Some(not_parquet(&found.format))
    } else if found.time_unit == "MONTHLY" {
        Some(MONTHLY.to_owned())
    } else {
        None
    };
    let mut settings: Vec<String> = match found.time_unit.as_str() {
        "HOURLY" => vec![HOURLY.to_owned()],
        "DAILY" => vec![DAILY.to_owned()],
        _ => Vec::new(),
    };
    let has_resources = found.additional_schema_elements.iter().any(|element| element == "RESOURCES");
    settings.push(if has_resources { WITH_RESOURCES } else { WITHOUT_RESOURCES }.to_owned());
    settings.extend(found.report_versioning.as_deref().and_then(versioning_in_words).map(str::to_owned));
    if found.refresh_closed_reports == Some(false) {
        settings.push("without late corrections".to_owned());
    }
    let status = found.report_status.as_ref();
    Definition {
        name: found.report_name.clone(),
        bucket: found.bucket.clone(),
        prefix: found.prefix.trim_matches('/').to_owned(),
        region: found.region.clone(),
        settings,
        refused,
        last_delivery: status.and_then(|status| status.last_delivery),
        last_status: status
            .and_then(|status| status.last_status.as_ref())
            .map(|status: &DeliveryStatus| status.as_str().to_owned()),
    }
}

/// The definition as it was seen last.
pub fn find<W: World>(world: &W) -> Result<Option<Definition>> {
    records::find(world.store(), Table::Setting, "definition")
}

/// Keeps the definition for the pages.
pub fn keep<W: World>(world: &W, definition: &Definition) -> Result<()> {
    world.store().commit(&[records::put(Table::Setting, "definition", definition)?])
}

/// Bucket, region and prefix of a report as its definition has them; none in a region we do not know.
pub fn located(report: &ReportRef, definition: &Definition) -> Option<ReportRef> {
    let region = definition.region.parse().ok()?;
    let (bucket, prefix) = (definition.bucket.clone(), definition.prefix.clone());
    Some(ReportRef { bucket, prefix, region, ..report.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_told_by_what_they_read() {
        let check = |query: &str, settings: &[&str], format: &str, expect: Option<&str>| {
            let export = Export {
                name: "x".to_owned(),
                query: query.to_owned(),
                settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
                bucket: "acme-reports".to_owned(),
                prefix: "/a/".to_owned(),
                region: "us-east-1".to_owned(),
                format: format.to_owned(),
                compression: "PARQUET".to_owned(),
                overwrite: "OVERWRITE_REPORT".to_owned(),
            };
            let status =
                ExportStatus { code: Some("HEALTHY".to_owned()), reason: None, last_refreshed_at: None };
            let found = of_export(export, &status);
            assert_eq!(found.prefix, "a");
            match (expect, &found.refused) {
                (Some(words), None) => assert_eq!(found.settings.join(", "), words),
                (expect, refused) => assert_eq!(expect.is_none(), refused.is_some(), "{query} {refused:?}"),
            }
        };
        let hourly =
            ["INCLUDE_RESOURCES=TRUE", "TIME_GRANULARITY=HOURLY", "INCLUDE_SPLIT_COST_ALLOCATION_DATA=FALSE"];
        let words = "CUR 2.0, with resource ids, Hourly, each delivery replaces the one before";
        check("SELECT a, b FROM COST_AND_USAGE_REPORT", &hourly, "PARQUET", Some(words));
        check(
            "select a\nfrom focus_1_0_aws",
            &[],
            "PARQUET",
            Some("FOCUS, each delivery replaces the one before"),
        );
        check("SELECT a FROM COST_AND_USAGE_REPORT", &hourly, "TEXT_OR_CSV", None);
        check("SELECT a FROM COST_AND_USAGE_REPORT", &["TIME_GRANULARITY=MONTHLY"], "PARQUET", None);
        check("SELECT a FROM COST_OPTIMIZATION_RECOMMENDATIONS", &[], "PARQUET", None);
        check("", &[], "PARQUET", None);
    }

    #[test]
    fn a_format_is_named_as_people_name_it() {
        for format in ["textORcsv", "TEXT_OR_CSV"] {
            assert_eq!(not_parquet(format), "Its format is CSV, not Parquet.");
        }
        assert_eq!(not_parquet("ORC"), "Its format is not Parquet.");
    }
}
