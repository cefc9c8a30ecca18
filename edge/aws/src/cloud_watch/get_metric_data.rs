use serde::Deserialize;
use serde_json::json;
use shared::{Region, Timestamp};

use super::Metric;
use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Paged, Request, Response, Service};

/// Values of metrics over time. AWS bills per metric asked for: cache the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMetricData {
    /// Where.
    pub region: Region,
    /// At most 500.
    pub queries: Vec<MetricQuery>,
    /// First moment.
    pub start: Timestamp,
    /// Moment after the last.
    pub end: Timestamp,
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricQuery {
    /// Names the result: a lower-case letter, then letters, digits, underscores.
    pub id: String,
    /// Which metric.
    pub metric: Metric,
    /// Seconds of one value.
    pub period_seconds: u32,
    /// `Sum`, `Average`, `Maximum` …
    pub statistic: String,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct MetricData {
    /// One series for each query; a page may hold part of one.
    #[serde(rename = "MetricDataResults", default)]
    pub series: Vec<MetricSeries>,
    /// Token of the next page.
    #[serde(rename = "NextToken")]
    pub next_page: Option<String>,
}

/// The values of one query.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "WireSeries")]
pub struct MetricSeries {
    /// The query's id.
    pub id: String,
    /// Starts of the periods with their values. Units, not money: doubles on AWS's side too.
    pub points: Vec<(Timestamp, f64)>,
    /// Whether AWS gave all it has.
    pub is_complete: bool,
}

impl Operation for GetMetricData {
    type Output = MetricData;
    const SERVICE: Service = Service::CloudWatch;
    const NAME: &'static str = "cloudwatch:GetMetricData";

    fn request(&self) -> Request {
        let query = |query: &MetricQuery| {
            json!({
                "Id": query.id,
                "MetricStat": { "Metric": query.metric, "Period": query.period_seconds, "Stat": query.statistic },
            })
        };
        let body = json!({
            "MetricDataQueries": self.queries.iter().map(query).collect::<Vec<_>>(),
            "StartTime": self.start.as_second(),
            "EndTime": self.end.as_second(),
            "ScanBy": "TimestampAscending",
        });
        let body = json::with(body, [("NextToken", self.page.as_deref())]);
        Request { region: self.region, ..Request::json::<Self>(&body) }
    }

    fn parse(&self, response: Response) -> Result<MetricData, AwsError> {
        json::read(Self::NAME, &response.body)
    }
}

impl Paged for GetMetricData {
    fn next_page(output: &MetricData) -> Option<&str> {
        output.next_page.as_deref()
    }

    fn at_page(&self, token: String) -> Self {
        Self { page: Some(token), ..self.clone() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireSeries {
    id: String,
    #[serde(default)]
    timestamps: Vec<Moment>,
    #[serde(default)]
    values: Vec<f64>,
    status_code: Option<String>,
}

#[derive(Deserialize)]
struct Moment(#[serde(deserialize_with = "json::find_moment")] Option<Timestamp>);

impl TryFrom<WireSeries> for MetricSeries {
    type Error = &'static str;

    fn try_from(wire: WireSeries) -> Result<Self, &'static str> {
        if wire.timestamps.len() != wire.values.len() {
            return Err("as many timestamps as values");
        }
        let point = |(moment, value): (Moment, f64)| Some((moment.0?, value));
        let points = wire.timestamps.into_iter().zip(wire.values).map(point).collect::<Option<_>>();
        Ok(Self {
            id: wire.id,
            points: points.ok_or("a timestamp is missing")?,
            is_complete: wire.status_code.as_deref() == Some("Complete"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let metric = Metric {
            namespace: "AWS/Lambda".to_owned(),
            metric_name: "Invocations".to_owned(),
            dimensions: [("FunctionName".to_owned(), "web".to_owned())].into(),
        };
        let get = GetMetricData {
            region: Region::UsEast1,
            queries: vec![MetricQuery {
                id: "q0".to_owned(),
                metric,
                period_seconds: 86_400,
                statistic: "Sum".to_owned(),
            }],
            start: Timestamp::from_second(1_700_000_000).unwrap(),
            end: Timestamp::from_second(1_700_086_400).unwrap(),
            page: None,
        };
        let found = exchange::check(
            &get,
            "POST https://monitoring.us-east-1.amazonaws.com/",
            "{\"EndTime\":1700086400,\"MetricDataQueries\":[{\"Id\":\"q0\",\"MetricStat\":{\"Metric\":{\"Dimensions\":\
             [{\"Name\":\"FunctionName\",\"Value\":\"web\"}],\"MetricName\":\"Invocations\",\"Namespace\":\
             \"AWS/Lambda\"},\"Period\":86400,\"Stat\":\"Sum\"}}],\"ScanBy\":\"TimestampAscending\",\
             \"StartTime\":1700000000}",
            "{\"MetricDataResults\":[{\"Id\":\"q0\",\"Label\":\"Invocations\",\"Timestamps\":[1.7E9],\"Values\":[12.0],\
             \"StatusCode\":\"Complete\"}],\"Messages\":[]}",
        );
        assert_eq!(found.series[0].points, [(Timestamp::from_second(1_700_000_000).unwrap(), 12.0)]);
        let uneven = "{\"MetricDataResults\":[{\"Id\":\"q0\",\"Timestamps\":[1],\"Values\":[]}]}";
        exchange::check_malformed(&get, &["", uneven]);
    }
}
