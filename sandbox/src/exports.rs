//! Data Exports: exports somebody made long ago, to be found and reused.

use serde_json::{Value, json};
use shared::Timestamp;

use crate::accounts::HOME;
use crate::billing::{Dialect, MANAGEMENT};
use crate::clock::iso_seconds;
use crate::iam::policy::Ask;
use crate::iam::{Caller, authorize};
use crate::reports::Report;
use crate::s3::Bucket;
use crate::state::State;
use crate::wire::{Answer, Refusal};

/// Bucket of the exports.
pub const BUCKET: &str = "acme-finops-exports";

/// A CUR 2.0 and a FOCUS export of the management account.
pub fn furnish(state: &mut State, now: Timestamp) {
    let mut bucket = Bucket::new(BUCKET, MANAGEMENT, HOME, now);
    bucket.policy = Some(json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": ["billingreports.amazonaws.com", "bcm-data-exports.amazonaws.com"] },
        "Action": ["s3:PutObject", "s3:GetBucketPolicy"],
        "Resource": [format!("arn:aws:s3:::{BUCKET}"), format!("arn:aws:s3:::{BUCKET}/*")],
        "Condition": { "StringEquals": { "aws:SourceAccount": MANAGEMENT } },
    }]}));
    state.buckets.insert(BUCKET.to_owned(), bucket);
    for (name, dialect) in [("acme-cur2", Dialect::Cur2), ("acme-focus", Dialect::Focus)] {
        let export = Report {
            name: name.to_owned(),
            account: MANAGEMENT.to_owned(),
            definition: json!({}),
            dialect,
            bucket: BUCKET.to_owned(),
            prefix: "exports".to_owned(),
            created: now,
            next_delivery: None,
            last_delivery: None,
            last_status: None,
            is_backfilled: false,
        };
        if let Ok(account) = state.account_mut(MANAGEMENT) {
            account.exports.insert(export.arn(), export);
        }
    }
}

/// Answers the service.
pub fn handle(state: &State, caller: &Caller, action: &str, input: &Value) -> Answer<Value> {
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let exports = &state.account(&caller.account)?.exports;
    let named = || {
        let arn =
            text("ExportArn").ok_or_else(|| Refusal::bad("ValidationException", "ExportArn is missing"))?;
        authorize(state, caller, &Ask::new(&format!("bcm-data-exports:{action}"), arn), None)?;
        exports
            .get(arn)
            .ok_or_else(|| Refusal::new(404, "ResourceNotFoundException", "The export does not exist"))
    };
    match action {
        "ListExports" => {
            authorize(state, caller, &Ask::new("bcm-data-exports:ListExports", "*"), None)?;
            let start = match text("NextToken") {
                None => 0,
                Some(token) => token
                    .strip_prefix("exp-")
                    .and_then(|rest| rest.parse::<usize>().ok())
                    .ok_or_else(|| Refusal::bad("ValidationException", "NextToken is not valid"))?,
            };
            let size = state.settings.page.max(1);
            let shown: Vec<Value> = exports
                .iter()
                .skip(start)
                .take(size)
                .map(|(arn, export)| {
                    let (code, reason) = match export.last_status {
                        Some("ERROR_PERMISSIONS") => ("UNHEALTHY", Some("INSUFFICIENT_PERMISSION")),
                        Some("ERROR_NO_BUCKET") => ("UNHEALTHY", Some("INTERNAL_FAILURE")),
                        _ => ("HEALTHY", None),
                    };
                    let at = export.last_delivery.unwrap_or(export.created);
                    json!({ "ExportArn": arn, "ExportName": export.name, "ExportStatus": {
                        "StatusCode": code, "StatusReason": reason, "LastRefreshedAt": iso_seconds(at),
                        "CreatedAt": iso_seconds(export.created), "LastUpdatedAt": iso_seconds(export.created),
                    } })
                })
                .collect();
            let more = exports.len() > start + size;
            Ok(json!({ "Exports": shown, "NextToken": more.then(|| format!("exp-{}", start + size)) }))
        }
        "GetExport" => {
            let export = named()?;
            let table =
                if export.dialect == Dialect::Focus { "FOCUS_1_0_AWS" } else { "COST_AND_USAGE_REPORT" };
            Ok(json!({ "Export": {
                "ExportArn": export.arn(), "Name": export.name,
                "DataQuery": {
                    "QueryStatement": format!("SELECT * FROM {table}"),
                    "TableConfigurations": { table: { "TIME_GRANULARITY": "HOURLY", "INCLUDE_RESOURCES": "TRUE" } },
                },
                "DestinationConfigurations": { "S3Destination": {
                    "S3Bucket": export.bucket, "S3Prefix": export.prefix, "S3Region": HOME,
                    "S3OutputConfigurations": { "Format": "PARQUET", "Compression": "PARQUET", "OutputType": "CUSTOM", "Overwrite": "OVERWRITE_REPORT" },
                } },
                "RefreshCadence": { "Frequency": "SYNCHRONOUS" },
            } }))
        }
        "ListExecutions" => {
            let export = named()?;
            let executions: Vec<Value> = export
                .last_delivery
                .map(|at| json!({ "ExecutionId": format!("{}", at.as_second()), "ExecutionStatus": { "StatusCode": "DELIVERY_SUCCESS" } }))
                .into_iter()
                .collect();
            Ok(json!({ "Executions": executions }))
        }
        _ => Err(Refusal::bad("UnknownOperationException", format!("{action} is not simulated"))),
    }
}
