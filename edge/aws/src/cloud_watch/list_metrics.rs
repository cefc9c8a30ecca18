use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;
use shared::Region;

use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Paged, Request, Response, Service};

/// The metrics of an account in one region, up to 500 a page. New ones appear after some minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListMetrics {
    /// Where.
    pub region: Region,
    /// `AWS/Lambda`; all when absent.
    pub namespace: Option<String>,
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Metrics {
    /// The metrics.
    #[serde(rename = "Metrics", default)]
    pub metrics: Vec<Metric>,
    /// Token of the next page.
    #[serde(rename = "NextToken")]
    pub next_page: Option<String>,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metric {
    /// `AWS/Lambda`.
    pub namespace: String,
    /// `Invocations`.
    pub metric_name: String,
    /// Which resource: names and values.
    #[serde(default, serialize_with = "write_dimensions", deserialize_with = "read_dimensions")]
    pub dimensions: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireDimension {
    name: String,
    value: String,
}

fn write_dimensions<S: Serializer>(dimensions: &BTreeMap<String, String>, to: S) -> Result<S::Ok, S::Error> {
    let wire = |(name, value): (&String, &String)| WireDimension { name: name.clone(), value: value.clone() };
    to.collect_seq(dimensions.iter().map(wire))
}

fn read_dimensions<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let wire = Option::<Vec<WireDimension>>::deserialize(from)?.unwrap_or_default();
    Ok(wire.into_iter().map(|dimension| (dimension.name, dimension.value)).collect())
}

impl Operation for ListMetrics {
    type Output = Metrics;
    const SERVICE: Service = Service::CloudWatch;
    const NAME: &'static str = "cloudwatch:ListMetrics";

    fn request(&self) -> Request {
        let body = json::with(
            json!({}),
            [("Namespace", self.namespace.as_deref()), ("NextToken", self.page.as_deref())],
        );
        Request { region: self.region, ..Request::json::<Self>(&body) }
    }

    fn parse(&self, response: Response) -> Result<Metrics, AwsError> {
        json::read(Self::NAME, &response.body)
    }
}

impl Paged for ListMetrics {
    fn next_page(output: &Metrics) -> Option<&str> {
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
        let namespace = Some("AWS/Lambda".to_owned());
        let list = ListMetrics { region: Region::EuWest1, namespace, page: None };
        let found = exchange::check(
            &list,
            "POST https://monitoring.eu-west-1.amazonaws.com/",
            "{\"Namespace\":\"AWS/Lambda\"}",
            "{\"Metrics\":[{\"Namespace\":\"AWS/Lambda\",\"MetricName\":\"Invocations\",\"Dimensions\":[{\"Name\":\
             \"FunctionName\",\"Value\":\"web\"}]},{\"Namespace\":\"AWS/Lambda\",\"MetricName\":\"Errors\"}]}",
        );
        assert_eq!(found.metrics[0].dimensions["FunctionName"], "web");
        let headers = list.request().headers;
        assert!(headers.contains(&("content-type".to_owned(), "application/x-amz-json-1.0".to_owned())));
        exchange::check_malformed(&list, &["", "{\"Metrics\":[{}]}"]);
    }
}
