use serde::Deserialize;
use serde_json::json;
use shared::DayRange;

use super::question::period;
use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Paged, Request, Response, Service};

/// The tag keys that occur in a period, or the values of one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetTags {
    /// Which days.
    pub period: DayRange,
    /// The key whose values are wanted.
    pub key: Option<String>,
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Tags {
    /// Keys or values. The empty value stands for "without this tag".
    #[serde(rename = "Tags")]
    pub tags: Vec<String>,
    /// Token of the next page.
    #[serde(rename = "NextPageToken")]
    pub next_page: Option<String>,
}

impl Operation for GetTags {
    type Output = Tags;
    const SERVICE: Service = Service::CostExplorer;
    const NAME: &'static str = "ce:GetTags";

    fn request(&self) -> Request {
        let body = json::with(
            json!({ "TimePeriod": period(self.period) }),
            [("TagKey", self.key.as_deref()), ("NextPageToken", self.page.as_deref())],
        );
        Request::json::<Self>(&body)
    }

    fn parse(&self, response: Response) -> Result<Tags, AwsError> {
        json::read(Self::NAME, &response.body)
    }
}

impl Paged for GetTags {
    fn next_page(output: &Tags) -> Option<&str> {
        output.next_page.as_deref()
    }

    fn at_page(&self, token: String) -> Self {
        Self { page: Some(token), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let period = DayRange::new("2026-10-01".parse().unwrap(), "2026-11-24".parse().unwrap());
        let get = GetTags { period, key: Some("Owner".to_owned()), page: None };
        let found = exchange::check(
            &get,
            "POST https://ce.us-east-1.amazonaws.com/",
            "{\"TagKey\":\"Owner\",\"TimePeriod\":{\"End\":\"2026-11-24\",\"Start\":\"2026-10-01\"}}",
            "{\"Tags\":[\"\",\"web\"],\"ReturnSize\":2,\"TotalSize\":2}",
        );
        assert_eq!(found.tags, ["", "web"]);
        exchange::check_malformed(&get, &["", "{}", "{\"Tags\":[1]}"]);
    }
}
