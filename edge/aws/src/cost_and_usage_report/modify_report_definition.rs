use super::ReportDefinition;
use crate::error::AwsError;
use crate::operation::{Operation, Request, Response, Service};

/// Puts our report's changeable properties right. AWS refuses to change name, schema elements, time unit and
/// versioning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyReportDefinition {
    /// The definition as it should be.
    pub definition: ReportDefinition,
}

impl Operation for ModifyReportDefinition {
    type Output = ();
    const SERVICE: Service = Service::CostAndUsageReport;
    const NAME: &'static str = "cur:ModifyReportDefinition";

    fn request(&self) -> Request {
        let definition = &self.definition;
        Request::json::<Self>(&ModifyBody { report_name: &definition.report_name, definition })
    }

    fn parse(&self, response: Response) -> Result<(), AwsError> {
        crate::json::read_nothing(Self::NAME, &response.body)
    }
}

#[derive(serde::Serialize)]
struct ModifyBody<'a> {
    #[serde(rename = "ReportName")]
    report_name: &'a str,
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
        let modify = ModifyReportDefinition { definition: ours() };
        let body = format!("{{\"ReportName\":\"cloudthread-1a2b3c4d\",\"ReportDefinition\":{OURS}}}");
        exchange::check(&modify, "POST https://cur.us-east-1.amazonaws.com/", &body, "{}");
        exchange::check_malformed(&modify, &["<html>"]);
    }
}
