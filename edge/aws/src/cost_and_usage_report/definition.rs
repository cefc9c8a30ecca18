//! A report's definition, as AWS keeps it. Fields stay AWS's own words: what is accepted is the engine's to say.

use serde::{Deserialize, Deserializer, Serialize};
use shared::Timestamp;

/// How a report is made and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReportDefinition {
    /// Name, unique in the account.
    pub report_name: String,
    /// `HOURLY`, `DAILY`, `MONTHLY`.
    pub time_unit: String,
    /// `Parquet`, `textORcsv`.
    pub format: String,
    /// `Parquet`, `GZIP`, `ZIP`.
    pub compression: String,
    /// `RESOURCES`, `SPLIT_COST_ALLOCATION_DATA` …
    #[serde(default)]
    pub additional_schema_elements: Vec<String>,
    /// Bucket.
    #[serde(rename = "S3Bucket")]
    pub bucket: String,
    /// Prefix, slashes as the customer typed them.
    #[serde(rename = "S3Prefix", default)]
    pub prefix: String,
    /// The bucket's region.
    #[serde(rename = "S3Region")]
    pub region: String,
    /// `ATHENA` …
    #[serde(default)]
    pub additional_artifacts: Vec<String>,
    /// Whether closed months are corrected.
    #[serde(default)]
    pub refresh_closed_reports: Option<bool>,
    /// `OVERWRITE_REPORT`, `CREATE_NEW_REPORT`.
    #[serde(default)]
    pub report_versioning: Option<String>,
    /// How deliveries went; AWS's to say, never sent.
    #[serde(default, skip_serializing)]
    pub report_status: Option<ReportStatus>,
}

/// How deliveries went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReportStatus {
    /// When the last one was made.
    #[serde(deserialize_with = "read_moment")]
    pub last_delivery: Option<Timestamp>,
    /// How it ended.
    pub last_status: Option<DeliveryStatus>,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum DeliveryStatus {
    /// Delivered.
    Success,
    /// The bucket's policy refuses AWS.
    ErrorPermissions,
    /// The bucket is gone.
    ErrorNoBucket,
    /// A word AWS did not have when this was written.
    Unknown(String),
}

impl DeliveryStatus {
    /// As AWS spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Success => "SUCCESS",
            Self::ErrorPermissions => "ERROR_PERMISSIONS",
            Self::ErrorNoBucket => "ERROR_NO_BUCKET",
            Self::Unknown(text) => text,
        }
    }
}

impl From<String> for DeliveryStatus {
    fn from(text: String) -> Self {
        match &*text {
            "SUCCESS" => Self::Success,
            "ERROR_PERMISSIONS" => Self::ErrorPermissions,
            "ERROR_NO_BUCKET" => Self::ErrorNoBucket,
            _ => Self::Unknown(text),
        }
    }
}

/// `20261122T101500Z`; a moment that cannot be read is as good as none.
fn read_moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.and_then(|text| moment(&text)))
}

/// This service writes moments without `-` and `:`; with them they are read too.
fn moment(text: &str) -> Option<Timestamp> {
    let (day, time) = text.split_once('T')?;
    let extended = match (day.len(), time.split_at_checked(6)) {
        (8, Some((clock, zone))) => {
            let (year, month, day) = (day.get(..4)?, day.get(4..6)?, day.get(6..)?);
            let (hour, minute, second) = (clock.get(..2)?, clock.get(2..4)?, clock.get(4..)?);
            format!("{year}-{month}-{day}T{hour}:{minute}:{second}{zone}")
        }
        _ => text.to_owned(),
    };
    extended.parse().ok()
}

#[cfg(test)]
pub(super) fn ours() -> ReportDefinition {
    ReportDefinition {
        report_name: "cloudthread-1a2b3c4d".to_owned(),
        time_unit: "HOURLY".to_owned(),
        format: "Parquet".to_owned(),
        compression: "Parquet".to_owned(),
        additional_schema_elements: vec!["RESOURCES".to_owned()],
        bucket: "acme-reports".to_owned(),
        prefix: "report".to_owned(),
        region: "us-east-1".to_owned(),
        additional_artifacts: Vec::new(),
        refresh_closed_reports: Some(true),
        report_versioning: Some("OVERWRITE_REPORT".to_owned()),
        report_status: None,
    }
}

/// [`ours`] as it is sent.
#[cfg(test)]
pub(super) const OURS: &str = "{\"ReportName\":\"cloudthread-1a2b3c4d\",\"TimeUnit\":\"HOURLY\",\"Format\":\"Parquet\",\
    \"Compression\":\"Parquet\",\"AdditionalSchemaElements\":[\"RESOURCES\"],\"S3Bucket\":\"acme-reports\",\
    \"S3Prefix\":\"report\",\"S3Region\":\"us-east-1\",\"AdditionalArtifacts\":[],\"RefreshClosedReports\":true,\
    \"ReportVersioning\":\"OVERWRITE_REPORT\"}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_this_service_writes_them() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(moment(text), expect.map(|expect| expect.parse().unwrap()), "{text}");
        };
        check("20261122T101500Z", Some("2026-11-22T10:15:00Z"));
        check("20261122T101500.250Z", Some("2026-11-22T10:15:00.250Z"));
        check("2026-11-22T10:15:00Z", Some("2026-11-22T10:15:00Z"));
        for text in
            ["", "T", "20261322T101500Z", "20261122T1015", "20261122", "2026112é T101500Z", "20261122T10150é"]
        {
            check(text, None);
        }
    }
}
