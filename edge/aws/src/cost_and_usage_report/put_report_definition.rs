use super::ReportDefinition;
use crate::error::AwsError;
use crate::operation::{Operation, Request, Response, Service};

/// Defines our report again after somebody deleted it. `Invalid` with `DuplicateReportNameException` when it is
/// still there, `ReportLimitReachedException` when the account has ten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutReportDefinition {
    /// The definition.
    pub definition: ReportDefinition,
}

impl Operation for PutReportDefinition {
    type Output = ();
    const SERVICE: Service = Service::CostAndUsageReport;
    const NAME: &'static str = "cur:PutReportDefinition";

    fn request(&self) -> Request {
        Request::json::<Self>(&PutBody { definition: &self.definition })
    }

    fn parse(&self, response: Response) -> Result<(), AwsError> {
        crate::json::read_nothing(Self::NAME, &response.body)
    }
}

#[derive(serde::Serialize)]
struct PutBody<'a> {
    #[serde(rename = "ReportDefinition")]
    definition: &'a ReportDefinition,
}

#[cfg(test)]
mod tests {
    use super::super::definition::{OURS, ours};
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let put = PutReportDefinition { definition: ours() };
        let body = format!("{{\"ReportDefinition\":{OURS}}}");
        exchange::check(&put, "POST https://cur.us-east-1.amazonaws.com/", &body, "{}");
        exchange::check(&put, "POST https://cur.us-east-1.amazonaws.com/", &body, "");
        exchange::check_malformed(&put, &["<html>", "[]"]);
    }
}
