use serde::Deserialize;
use serde_json::json;
use shared::Timestamp;

use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Paged, Request, Response, Service};

/// The exports of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListExports {
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Exports {
    /// The exports.
    #[serde(rename = "Exports", default)]
    pub exports: Vec<ExportSummary>,
    /// Token of the next page.
    #[serde(rename = "NextToken")]
    pub next_page: Option<String>,
}

/// One export.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ExportSummary {
    /// ARN.
    #[serde(rename = "ExportArn")]
    pub arn: String,
    /// Name.
    #[serde(rename = "ExportName")]
    pub name: String,
    /// Health.
    #[serde(rename = "ExportStatus")]
    pub status: ExportStatus,
}

/// Whether AWS can deliver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ExportStatus {
    /// `HEALTHY` or `UNHEALTHY`.
    #[serde(rename = "StatusCode")]
    pub code: Option<String>,
    /// `INSUFFICIENT_PERMISSION`, `BILL_OWNER_CHANGED`, `INTERNAL_FAILURE`.
    #[serde(rename = "StatusReason")]
    pub reason: Option<String>,
    /// When it was last refreshed.
    #[serde(rename = "LastRefreshedAt", default, deserialize_with = "json::find_moment")]
    pub last_refreshed_at: Option<Timestamp>,
}

impl Operation for ListExports {
    type Output = Exports;
    const SERVICE: Service = Service::DataExports;
    const NAME: &'static str = "bcm-data-exports:ListExports";

    fn request(&self) -> Request {
        let body = json::with(json!({}), [("NextToken", self.page.as_deref())]);
        Request::json::<Self>(&body)
    }

    fn parse(&self, response: Response) -> Result<Exports, AwsError> {
        json::read(Self::NAME, &response.body)
    }
}

impl Paged for ListExports {
    fn next_page(output: &Exports) -> Option<&str> {
        output.next_page.as_deref()
    }

    fn at_page(&self, token: String) -> Self {
        Self { page: Some(token) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let arn = "arn:aws:bcm-data-exports:us-east-1:123456789012:export/x-1";
        let found = exchange::check(
            &ListExports::default(),
            "POST https://bcm-data-exports.us-east-1.api.aws/",
            "{}",
            &format!(
                "{{\"Exports\":[{{\"ExportArn\":\"{arn}\",\"ExportName\":\"x\",\"ExportStatus\":{{\"StatusCode\":\
                 \"UNHEALTHY\",\"StatusReason\":\"INSUFFICIENT_PERMISSION\",\"CreatedAt\":1.7E9,\
                 \"LastRefreshedAt\":1700000000.5}}}}]}}"
            ),
        );
        let status = &found.exports[0].status;
        assert_eq!(status.reason.as_deref(), Some("INSUFFICIENT_PERMISSION"));
        assert_eq!(status.last_refreshed_at, Some(Timestamp::from_millisecond(1_700_000_000_500).unwrap()));
        let written = "{\"Exports\":[{\"ExportArn\":\"a\",\"ExportName\":\"b\",\"ExportStatus\":\
            {\"StatusCode\":\"HEALTHY\",\"LastRefreshedAt\":\"2026-11-23T09:00:00.5Z\"}}],\"NextToken\":null}";
        let found = ListExports::default().parse(exchange::answered(&[], written)).unwrap();
        assert_eq!(found.exports[0].status.last_refreshed_at, "2026-11-23T09:00:00.5Z".parse().ok());
        let far = "{\"Exports\":[{\"ExportArn\":\"a\",\"ExportName\":\"b\",\"ExportStatus\":\
            {\"LastRefreshedAt\":1e300}}]}";
        exchange::check_malformed(&ListExports::default(), &["", far]);
    }
}
