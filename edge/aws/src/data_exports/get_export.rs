use serde::Deserialize;
use serde_json::json;

use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Request, Response, Service};

/// One export: what it selects and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetExport {
    /// ARN.
    pub arn: String,
}

/// An export's definition, in AWS's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Name.
    pub name: String,
    /// `SELECT … FROM COST_AND_USAGE_REPORT`.
    pub query: String,
    /// Table settings, table by table, as `NAME=VALUE`.
    pub settings: Vec<String>,
    /// Bucket.
    pub bucket: String,
    /// Prefix, slashes as the customer typed them.
    pub prefix: String,
    /// The bucket's region.
    pub region: String,
    /// `PARQUET`, `TEXT_OR_CSV`.
    pub format: String,
    /// `PARQUET`, `GZIP`.
    pub compression: String,
    /// `OVERWRITE_REPORT`, `CREATE_NEW_REPORT`.
    pub overwrite: String,
}

impl Operation for GetExport {
    type Output = Export;
    const SERVICE: Service = Service::DataExports;
    const NAME: &'static str = "bcm-data-exports:GetExport";

    fn request(&self) -> Request {
        Request::json::<Self>(&json!({ "ExportArn": self.arn }))
    }

    fn parse(&self, response: Response) -> Result<Export, AwsError> {
        let Wire { export } = json::read(Self::NAME, &response.body)?;
        let to = export.destination_configurations.s3_destination;
        let tables = export.data_query.table_configurations.unwrap_or_default();
        let settings =
            tables.into_values().flatten().map(|(name, value)| format!("{name}={value}")).collect();
        Ok(Export {
            name: export.name,
            query: export.data_query.query_statement,
            settings,
            bucket: to.s3_bucket,
            prefix: to.s3_prefix.unwrap_or_default(),
            region: to.s3_region,
            format: to.s3_output_configurations.format,
            compression: to.s3_output_configurations.compression,
            overwrite: to.s3_output_configurations.overwrite,
        })
    }
}

type Tables = std::collections::BTreeMap<String, std::collections::BTreeMap<String, String>>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    export: WireExport,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireExport {
    name: String,
    data_query: WireQuery,
    destination_configurations: WireDestination,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireQuery {
    query_statement: String,
    table_configurations: Option<Tables>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireDestination {
    s3_destination: WireS3,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireS3 {
    s3_bucket: String,
    s3_prefix: Option<String>,
    s3_region: String,
    s3_output_configurations: WireOutput,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireOutput {
    format: String,
    compression: String,
    overwrite: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let get = GetExport { arn: "arn:x".to_owned() };
        let export = exchange::check(
            &get,
            "POST https://bcm-data-exports.us-east-1.api.aws/",
            "{\"ExportArn\":\"arn:x\"}",
            "{\"Export\":{\"ExportArn\":\"arn:x\",\"Name\":\"x\",\"DataQuery\":{\"QueryStatement\":\"SELECT bill FROM \
             COST_AND_USAGE_REPORT\",\"TableConfigurations\":{\"COST_AND_USAGE_REPORT\":{\"TIME_GRANULARITY\":\
             \"HOURLY\"}}},\"DestinationConfigurations\":{\"S3Destination\":{\"S3Bucket\":\"b\",\"S3Prefix\":\"p\",\
             \"S3Region\":\"us-east-1\",\"S3OutputConfigurations\":{\"Compression\":\"PARQUET\",\"Format\":\"PARQUET\",\
             \"OutputType\":\"CUSTOM\",\"Overwrite\":\"OVERWRITE_REPORT\"}}},\"RefreshCadence\":{\"Frequency\":\
             \"SYNCHRONOUS\"}},\"ExportStatus\":{}}",
        );
        assert_eq!((&*export.bucket, &*export.settings[0]), ("b", "TIME_GRANULARITY=HOURLY"));
        exchange::check_malformed(&get, &["", "{}"]);
    }
}
