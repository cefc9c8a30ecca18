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
    /// Columns of the files as it spells them, those of a legacy report after their category: `lineItem/UnblendedCost`,
    /// `BilledCost`. At most [`MAX_COLUMNS`]; what is too long to be found by its name in a file is not among them.
    pub columns: Vec<String>,
    /// Tag keys of a legacy report as AWS shows them: `user:Owner`.
    pub tags: Vec<String>,
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
    /// It has more bytes than are read of one.
    #[error("the manifest has more than 4 MiB")]
    TooLarge,
}

/// Files a month may have.
const MAX_FILES: usize = 20_000;
/// Columns that are kept, as many as a file may have.
pub const MAX_COLUMNS: usize = 2_000;
/// Bytes of a column's name. AWS's own names are half as long at most, and a tag beyond may stand in a file cut off.
const MAX_NAME: usize = 128;
/// The category of tags in a legacy manifest.
const TAGS: &str = "resourceTags";

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
        let tags = wire.columns.iter().filter(|column| column.category.as_deref() == Some(TAGS));
        let tags = tags.map(|column| column.name.clone()).collect();
        let columns = wire.columns.into_iter().map(WireColumn::spelled);
        let columns = columns.filter(|name| name.len() <= MAX_NAME).take(MAX_COLUMNS).collect();
        Ok(Self { version: version.unwrap_or_default(), files, columns, tags })
    }

    /// The columns a month's files are to have: all that are kept, but of tags only those its cubes know.
    pub fn expected(&self, tracked_tags: &[String]) -> Vec<String> {
        let is_expected = |column: &&String| {
            let tag = column.strip_prefix(TAGS).and_then(|name| name.strip_prefix('/'));
            tag.is_none_or(|key| tracked_tags.iter().any(|tracked| tracked == bare(key)))
        };
        self.columns.iter().filter(is_expected).cloned().collect()
    }
}

impl WireColumn {
    fn spelled(self) -> String {
        match self.category {
            Some(category) if !category.is_empty() => format!("{category}/{}", self.name),
            _ => self.name,
        }
    }
}

/// A tag key without AWS's mark of whose it is: `user:Owner` → `Owner`.
pub fn bare(key: &str) -> &str {
    key.strip_prefix("user:").unwrap_or(key)
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
        assert_eq!(manifest.columns, ["bill/PayerAccountId", "resourceTags/user:CostCenter"]);
        assert_eq!(manifest.tags, ["user:CostCenter"]);
        let export = r#"{"executionId":"e1","exportArn":"arn","columns":[{"name":"tags","type":"map"}],
            "dataFiles":["s3://acme-reports/report/r/data/BILLING_PERIOD=2026-01/2026-01-02T10:00:00Z-e1/r-00001.snappy.parquet"]}"#;
        let manifest = parse(export).unwrap();
        assert_eq!(manifest.version, "e1");
        assert_eq!((manifest.columns, manifest.tags), (vec!["tags".to_owned()], Vec::new()));
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

    // security.md row 59
    #[test]
    fn columns_are_kept_within_bounds() {
        let columns = |columns: &str| {
            parse(&format!(r#"{{"reportKeys":[],"columns":[{columns}]}}"#)).map(|manifest| manifest.columns)
        };
        assert_eq!(columns("").unwrap(), [""; 0]);
        assert_eq!(
            columns(r#"{"category":"","name":"a"},{"category":null,"name":"b"}"#).unwrap(),
            ["a", "b"]
        );
        assert_eq!(columns(r#"{"category":"bill"}"#), Err(ManifestError::Malformed));
        let named = |length: usize| format!(r#"{{"category":"bill","name":"{}"}}"#, "x".repeat(length));
        let kept = columns(&[named(123), named(124), named(1)].join(",")).unwrap();
        assert_eq!(kept.iter().map(String::len).collect::<Vec<_>>(), [128, 6]);
        assert_eq!(columns(&vec![named(1); 3_000].join(",")).unwrap().len(), MAX_COLUMNS);
    }

    #[test]
    fn of_tags_those_are_expected_that_are_tracked() {
        let manifest = parse(
            r#"{"reportKeys":[],"columns":[{"category":"lineItem","name":"UnblendedCost"},{"name":"resourceTags"},
            {"category":"resourceTags","name":"user:team"},{"category":"resourceTags","name":"user:env"},
            {"category":"resourceTags","name":"aws:createdBy"},{"category":"costCategory","name":"Unit"}]}"#,
        );
        let expected = manifest.unwrap().expected(&["team".to_owned(), "aws:createdBy".to_owned()]);
        assert_eq!(
            expected,
            [
                "lineItem/UnblendedCost",
                "resourceTags",
                "resourceTags/user:team",
                "resourceTags/aws:createdBy",
                "costCategory/Unit"
            ]
        );
    }
}
