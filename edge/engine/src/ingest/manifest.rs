//! The two kinds of manifest. Each key it names is checked before anything is fetched.

use std::collections::BTreeSet;

use serde::Deserialize;

/// What a manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// AWS's assembly or execution id.
    pub version: String,
    /// Keys of the data files, in order.
    pub files: Vec<String>,
    /// Tag columns of a legacy report: (column name in the file, tag key as AWS shows it).
    pub tag_columns: Vec<(String, String)>,
}

/// Why a manifest is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be read.
    #[error("the manifest cannot be read")]
    Malformed,
    /// It names a file outside the bucket or prefix of the report.
    #[error("the manifest names a file outside the report's bucket and prefix")]
    Outside,
    /// It names files that are not Parquet.
    #[error("the report is not in Parquet format")]
    NotParquet,
    /// It names more files than a month can have.
    #[error("the manifest names too many files")]
    TooMany,
}

/// Files a month may have.
const MAX_FILES: usize = 20_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    assembly_id: Option<String>,
    #[serde(default)]
    execution_id: Option<String>,
    #[serde(default)]
    bucket: Option<String>,
    #[serde(default)]
    report_keys: Option<Vec<String>>,
    #[serde(default)]
    data_files: Option<Vec<String>>,
    #[serde(default)]
    columns: Vec<WireColumn>,
}

#[derive(Deserialize)]
struct WireColumn {
    #[serde(default)]
    category: Option<String>,
    name: String,
}

impl Manifest {
    /// Reads a manifest of either kind; `prefix` is that of the report, slash at its end.
    pub fn parse(bytes: &[u8], bucket: &str, prefix: &str) -> Result<Self, ManifestError> {
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| ManifestError::Malformed)?;
        let (version, files) = match (wire.report_keys, wire.data_files) {
            (Some(keys), _) => {
                if wire.bucket.is_some_and(|named| named != bucket) {
                    return Err(ManifestError::Outside);
                }
                (wire.assembly_id, keys)
            }
            (None, Some(urls)) => {
                let own = format!("s3://{bucket}/");
                let keys = urls
                    .iter()
                    .map(|url| url.strip_prefix(&own).map(str::to_owned).ok_or(ManifestError::Outside));
                (wire.execution_id, keys.collect::<Result<_, _>>()?)
            }
            (None, None) => return Err(ManifestError::Malformed),
        };
        // A file that is named twice is one file.
        let mut named = BTreeSet::new();
        let files: Vec<String> = files.into_iter().filter(|file| named.insert(file.clone())).collect();
        if files.len() > MAX_FILES {
            return Err(ManifestError::TooMany);
        }
        for file in &files {
            let climbs = file.split('/').any(|part| matches!(part, "." | ".." | ""));
            if !file.starts_with(prefix) || climbs || file.chars().any(char::is_control) || file.len() > 1_024
            {
                return Err(ManifestError::Outside);
            }
            if !file.ends_with(".parquet") {
                return Err(ManifestError::NotParquet);
            }
        }
        let tags = wire.columns.iter().filter(|column| column.category.as_deref() == Some("resourceTags"));
        let tag_columns = tags.map(|column| (column_name(&column.name), column.name.clone())).collect();
        Ok(Self { version: version.unwrap_or_default(), files, tag_columns })
    }
}

/// The name a legacy tag column has in the file: `user:Cost Center` → `resource_tags_user_cost_center`.
fn column_name(tag: &str) -> String {
    let mut name = String::from("resource_tags_");
    let mut before = '_';
    for letter in tag.chars() {
        if letter.is_ascii_uppercase() && before != '_' {
            name.push('_');
        }
        let letter = if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
        if letter != '_' || before != '_' {
            name.push(letter);
        }
        before = letter;
    }
    name.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Manifest, ManifestError> {
        Manifest::parse(json.as_bytes(), "acme-reports", "report/r/")
    }

    #[test]
    fn both_kinds_are_read() {
        let legacy = r#"{"assemblyId":"a1","bucket":"acme-reports","columns":[{"category":"bill","name":"PayerAccountId"},
            {"category":"resourceTags","name":"user:CostCenter"}],
            "reportKeys":["report/r/r/year=2026/month=1/r-00001.snappy.parquet"]}"#;
        let manifest = parse(legacy).unwrap();
        assert_eq!(manifest.version, "a1");
        assert_eq!(manifest.files, ["report/r/r/year=2026/month=1/r-00001.snappy.parquet"]);
        assert_eq!(
            manifest.tag_columns,
            [("resource_tags_user_cost_center".to_owned(), "user:CostCenter".to_owned())]
        );
        let export = r#"{"executionId":"e1","exportArn":"arn","columns":[{"name":"tags","type":"map"}],
            "dataFiles":["s3://acme-reports/report/r/data/BILLING_PERIOD=2026-01/2026-01-02T10:00:00Z-e1/r-00001.snappy.parquet"]}"#;
        let manifest = parse(export).unwrap();
        assert_eq!(manifest.version, "e1");
        assert_eq!(
            manifest.files,
            ["report/r/data/BILLING_PERIOD=2026-01/2026-01-02T10:00:00Z-e1/r-00001.snappy.parquet"]
        );
    }

    #[test]
    fn a_file_named_twice_is_one() {
        let files = |json: &str| parse(json).unwrap().files;
        assert_eq!(
            files(r#"{"reportKeys":["report/r/2.parquet","report/r/1.parquet","report/r/2.parquet"]}"#),
            ["report/r/2.parquet", "report/r/1.parquet"]
        );
        let twice = r#"{"dataFiles":["s3://acme-reports/report/r/1.parquet","s3://acme-reports/report/r/1.parquet"]}"#;
        assert_eq!(files(twice), ["report/r/1.parquet"]);
    }

    // security.md row 14
    #[test]
    fn files_outside_the_report_are_not_followed() {
        let check = |json: &str, expect| assert_eq!(parse(json), Err(expect), "{json}");
        check(r#"{"reportKeys":["report/r/../../secret.parquet"]}"#, ManifestError::Outside);
        check(r#"{"reportKeys":["other/r-1.parquet"]}"#, ManifestError::Outside);
        check(r#"{"bucket":"evil","reportKeys":["report/r/1.parquet"]}"#, ManifestError::Outside);
        check(r#"{"dataFiles":["s3://evil/report/r/1.parquet"]}"#, ManifestError::Outside);
        check(r#"{"dataFiles":["https://evil/report/r/1.parquet"]}"#, ManifestError::Outside);
        check(r#"{"reportKeys":["report/r/1.csv.gz"]}"#, ManifestError::NotParquet);
        check("{}", ManifestError::Malformed);
        check("", ManifestError::Malformed);
        check("<html>", ManifestError::Malformed);
    }

    #[test]
    fn tag_columns_are_spelled_as_aws_does() {
        let check = |tag: &str, expect: &str| assert_eq!(column_name(tag), expect);
        check("user:Owner", "resource_tags_user_owner");
        check("aws:createdBy", "resource_tags_aws_created_by");
        check("user:cost center!", "resource_tags_user_cost_center");
        check("user:ABC", "resource_tags_user_a_b_c");
    }
}
