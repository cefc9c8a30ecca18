use serde::Deserialize;
use serde_json::json;
use shared::DayRange;

use super::get_cost_and_usage::WireAttribute;
use super::question::{Dimension, period};
use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Paged, Request, Response, Service};

/// The values of a dimension that occur in a period: the only ones a filter may name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetDimensionValues {
    /// Which days.
    pub period: DayRange,
    /// Which dimension.
    pub dimension: Dimension,
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DimensionValues {
    /// In AWS's order.
    pub values: Vec<DimensionValue>,
    /// Token of the next page.
    pub next_page: Option<String>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DimensionValue {
    /// The value.
    pub value: String,
    /// AWS's words for it: an account's name.
    pub description: Option<String>,
}

impl Operation for GetDimensionValues {
    type Output = DimensionValues;
    const SERVICE: Service = Service::CostExplorer;
    const NAME: &'static str = "ce:GetDimensionValues";

    fn request(&self) -> Request {
        let body = json::with(
            json!({ "TimePeriod": period(self.period), "Dimension": self.dimension.as_str() }),
            [("NextPageToken", self.page.as_deref())],
        );
        Request::json::<Self>(&body)
    }

    fn parse(&self, response: Response) -> Result<DimensionValues, AwsError> {
        let wire: Wire = json::read(Self::NAME, &response.body)?;
        let values = wire
            .dimension_values
            .into_iter()
            .map(|item| DimensionValue { value: item.value, description: item.attributes.description });
        Ok(DimensionValues { values: values.collect(), next_page: wire.next_page_token })
    }
}

impl Paged for GetDimensionValues {
    fn next_page(output: &DimensionValues) -> Option<&str> {
        output.next_page.as_deref()
    }

    fn at_page(&self, token: String) -> Self {
        Self { page: Some(token), ..self.clone() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    dimension_values: Vec<WireAttribute>,
    next_page_token: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let period = DayRange::new("2026-10-01".parse().unwrap(), "2026-11-24".parse().unwrap());
        let get = GetDimensionValues { period, dimension: Dimension::LinkedAccount, page: None };
        let found = exchange::check(
            &get,
            "POST https://ce.us-east-1.amazonaws.com/",
            "{\"Dimension\":\"LINKED_ACCOUNT\",\"TimePeriod\":{\"End\":\"2026-11-24\",\"Start\":\"2026-10-01\"}}",
            "{\"DimensionValues\":[{\"Value\":\"111122223333\",\"Attributes\":{\"description\":\"web\"}},\
             {\"Value\":\"444455556666\",\"Attributes\":{}}],\"ReturnSize\":2,\"TotalSize\":2}",
        );
        assert_eq!(found.values[0].description.as_deref(), Some("web"));
        assert_eq!(found.values[1].description, None);
        exchange::check_malformed(&get, &["", "{}"]);
    }
}
