use serde::Deserialize;
use serde_json::json;

use super::ReportDefinition;
use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Paged, Request, Response, Service};

/// All report definitions of the account, with how their deliveries went. Free.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeReportDefinitions {
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page: five at most.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReportDefinitions {
    /// The definitions.
    #[serde(rename = "ReportDefinitions", default)]
    pub definitions: Vec<ReportDefinition>,
    /// Token of the next page.
    #[serde(rename = "NextToken")]
    pub next_page: Option<String>,
}

impl Operation for DescribeReportDefinitions {
    type Output = ReportDefinitions;
    const SERVICE: Service = Service::CostAndUsageReport;
    const NAME: &'static str = "cur:DescribeReportDefinitions";

    fn request(&self) -> Request {
        let body = json::with(json!({ "MaxResults": 5 }), [("NextToken", self.page.as_deref())]);
        Request::json::<Self>(&body)
    }

    fn parse(&self, response: Response) -> Result<ReportDefinitions, AwsError> {
        json::read(Self::NAME, &response.body)
    }
}

impl Paged for DescribeReportDefinitions {
    fn next_page(output: &ReportDefinitions) -> Option<&str> {
        output.next_page.as_deref()
    }

    fn at_page(&self, token: String) -> Self {
        Self { page: Some(token) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::definition::OURS;
    use super::super::{DeliveryStatus, ReportStatus};
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let status =
            "\"ReportStatus\":{\"lastDelivery\":\"20261122T101500Z\",\"lastStatus\":\"ERROR_PERMISSIONS\"}}";
        let ours = OURS.replace("\"OVERWRITE_REPORT\"}", &format!("\"OVERWRITE_REPORT\",{status}"));
        let found = exchange::check(
            &DescribeReportDefinitions { page: Some("p".to_owned()) },
            "POST https://cur.us-east-1.amazonaws.com/",
            "{\"MaxResults\":5,\"NextToken\":\"p\"}",
            &format!("{{\"ReportDefinitions\":[{ours}],\"NextToken\":\"q\"}}"),
        );
        assert_eq!(
            found.definitions[0].report_status,
            Some(ReportStatus {
                last_delivery: Some("2026-11-22T10:15:00Z".parse().unwrap()),
                last_status: Some(DeliveryStatus::ErrorPermissions),
            })
        );
        assert_eq!(found.next_page.as_deref(), Some("q"));
        let bad = "{\"ReportDefinitions\":[{}]}";
        exchange::check_malformed(&DescribeReportDefinitions::default(), &["", "[1]", bad]);
    }
}
