use serde::Deserialize;
use serde_json::json;

use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Paged, Request, Response, Service};

/// How the deliveries of an export went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListExecutions {
    /// The export's ARN.
    pub export: String,
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executions {
    /// In AWS's order.
    pub executions: Vec<Execution>,
    /// Token of the next page.
    pub next_page: Option<String>,
}

/// One delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Its id, as the manifest names it.
    pub id: String,
    /// `DELIVERY_SUCCESS`, `DELIVERY_FAILURE`, `DELIVERY_IN_PROCESS` …
    pub status: Option<String>,
    /// Why it failed.
    pub reason: Option<String>,
}

impl Operation for ListExecutions {
    type Output = Executions;
    const SERVICE: Service = Service::DataExports;
    const NAME: &'static str = "bcm-data-exports:ListExecutions";

    fn request(&self) -> Request {
        let body = json::with(json!({ "ExportArn": self.export }), [("NextToken", self.page.as_deref())]);
        Request::json::<Self>(&body)
    }

    fn parse(&self, response: Response) -> Result<Executions, AwsError> {
        let wire: Wire = json::read(Self::NAME, &response.body)?;
        let executions = wire.executions.into_iter().map(|execution| Execution {
            id: execution.execution_id,
            status: execution.execution_status.status_code,
            reason: execution.execution_status.status_reason,
        });
        Ok(Executions { executions: executions.collect(), next_page: wire.next_token })
    }
}

impl Paged for ListExecutions {
    fn next_page(output: &Executions) -> Option<&str> {
        output.next_page.as_deref()
    }

    fn at_page(&self, token: String) -> Self {
        Self { page: Some(token), ..self.clone() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    #[serde(default)]
    executions: Vec<WireExecution>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireExecution {
    execution_id: String,
    execution_status: WireStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireStatus {
    status_code: Option<String>,
    status_reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let list = ListExecutions { export: "arn:x".to_owned(), page: None };
        let found = exchange::check(
            &list,
            "POST https://bcm-data-exports.us-east-1.api.aws/",
            "{\"ExportArn\":\"arn:x\"}",
            "{\"Executions\":[{\"ExecutionId\":\"e1\",\"ExecutionStatus\":{\"StatusCode\":\"DELIVERY_SUCCESS\",\
             \"CreatedAt\":1.7E9}}],\"NextToken\":\"n\"}",
        );
        assert_eq!(found.executions[0].status.as_deref(), Some("DELIVERY_SUCCESS"));
        assert_eq!(found.next_page.as_deref(), Some("n"));
        exchange::check_malformed(&list, &["", "{\"Executions\":[{}]}"]);
    }
}
