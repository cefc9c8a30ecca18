use serde::Deserialize;
use serde_json::json;
use shared::{Day, DayRange, Money};

use super::question::read_day;
use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Paged, Request, Response, Service};

/// Unusual costs AWS noticed by itself. None where no monitor is set up.
///
/// Impacts are doubles on AWS's side: they are shown, never added to billed cost.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetAnomalies {
    /// Days on which they began.
    pub days: DayRange,
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomalies {
    /// In AWS's order.
    pub anomalies: Vec<Anomaly>,
    /// Token of the next page.
    pub next_page: Option<String>,
}

/// One anomaly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// AWS's id.
    pub id: String,
    /// First day.
    pub start: Option<Day>,
    /// Last day, once over.
    pub end: Option<Day>,
    /// What the monitor watches: a service, an account.
    pub dimension_value: Option<String>,
    /// Where the cost came from, largest first.
    pub root_causes: Vec<RootCause>,
    /// How much more than expected, altogether.
    pub total_impact: Money,
    /// What was billed meanwhile.
    pub total_actual: Option<Money>,
    /// What AWS had expected.
    pub total_expected: Option<Money>,
}

/// Where an anomaly came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RootCause {
    /// Service, as Cost Explorer names it.
    pub service: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Account id.
    pub linked_account: Option<String>,
    /// Usage type.
    pub usage_type: Option<String>,
}

impl Operation for GetAnomalies {
    type Output = Anomalies;
    const SERVICE: Service = Service::CostExplorer;
    const NAME: &'static str = "ce:GetAnomalies";

    fn request(&self) -> Request {
        // Here alone both ends are included.
        let last = self.days.end.plus(-1).max(self.days.start);
        let body = json!({
            "DateInterval": { "StartDate": self.days.start.to_string(), "EndDate": last.to_string() },
            "MaxResults": 100,
        });
        let body = json::with(body, [("NextPageToken", self.page.as_deref())]);
        Request::json::<Self>(&body)
    }

    fn parse(&self, response: Response) -> Result<Anomalies, AwsError> {
        let wire: Wire = json::read(Self::NAME, &response.body)?;
        let anomalies = wire.anomalies.into_iter().map(WireAnomaly::read).collect::<Option<_>>();
        Ok(Anomalies {
            anomalies: anomalies.ok_or_else(|| AwsError::malformed(Self::NAME, "Impact"))?,
            next_page: wire.next_page_token,
        })
    }
}

impl Paged for GetAnomalies {
    fn next_page(output: &Anomalies) -> Option<&str> {
        output.next_page.as_deref()
    }

    fn at_page(&self, token: String) -> Self {
        Self { page: Some(token), ..self.clone() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    anomalies: Vec<WireAnomaly>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireAnomaly {
    anomaly_id: String,
    anomaly_start_date: Option<String>,
    anomaly_end_date: Option<String>,
    dimension_value: Option<String>,
    #[serde(default)]
    root_causes: Vec<RootCause>,
    impact: WireImpact,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireImpact {
    total_impact: Option<f64>,
    max_impact: Option<f64>,
    total_actual_spend: Option<f64>,
    total_expected_spend: Option<f64>,
}

impl WireAnomaly {
    fn read(self) -> Option<Anomaly> {
        let money = |value: Option<f64>| value.map(Money::from_f64).transpose().ok();
        let impact = self.impact;
        Some(Anomaly {
            id: self.anomaly_id,
            start: self.anomaly_start_date.as_deref().and_then(read_day),
            end: self.anomaly_end_date.as_deref().and_then(read_day),
            dimension_value: self.dimension_value,
            root_causes: self.root_causes,
            total_impact: money(impact.total_impact.or(impact.max_impact))??,
            total_actual: money(impact.total_actual_spend)?,
            total_expected: money(impact.total_expected_spend)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let days = DayRange::new("2026-08-25".parse().unwrap(), "2026-11-24".parse().unwrap());
        let get = GetAnomalies { days, page: None };
        let found = exchange::check(
            &get,
            "POST https://ce.us-east-1.amazonaws.com/",
            "{\"DateInterval\":{\"EndDate\":\"2026-11-23\",\"StartDate\":\"2026-08-25\"},\"MaxResults\":100}",
            "{\"Anomalies\":[{\"AnomalyId\":\"a1\",\"AnomalyStartDate\":\"2026-11-12T00:00:00Z\",\"DimensionValue\":\
             \"Amazon EC2\",\"RootCauses\":[{\"Service\":\"Amazon EC2\",\"Region\":\"us-east-1\",\"LinkedAccount\":\
             \"111122223333\",\"UsageType\":\"BoxUsage:m5.large\"}],\"AnomalyScore\":{\"MaxScore\":1.0,\"CurrentScore\":0.5},\
             \"Impact\":{\"MaxImpact\":100.0,\"TotalImpact\":321.5,\"TotalActualSpend\":400.25,\
             \"TotalExpectedSpend\":78.75},\"MonitorArn\":\"arn\"}]}",
        );
        let anomaly = &found.anomalies[0];
        assert_eq!(anomaly.total_impact, "321.5".parse().unwrap());
        assert_eq!(anomaly.start, Some("2026-11-12".parse().unwrap()));
        assert_eq!(anomaly.root_causes[0].region.as_deref(), Some("us-east-1"));
        let without = "{\"Anomalies\":[{\"AnomalyId\":\"a\",\"Impact\":{}}]}";
        let huge = "{\"Anomalies\":[{\"AnomalyId\":\"a\",\"Impact\":{\"TotalImpact\":1e300}}]}";
        exchange::check_malformed(&get, &["", "{}", without, huge]);
    }
}
