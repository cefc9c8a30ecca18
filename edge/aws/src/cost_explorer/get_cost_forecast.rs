use serde::Deserialize;
use serde_json::json;
use shared::{DayRange, Money};

use super::question::{Granularity, period, read_period};
use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Request, Response, Service};

/// What AWS expects the billed cost to be, with the range it falls into four times out of five.
///
/// `DataUnavailableException` (`NotReady`) when AWS has too little history to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetCostForecast {
    /// From today on.
    pub period: DayRange,
    /// Days or months.
    pub granularity: Granularity,
}

/// A forecast. AWS names no currency beyond the total's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostForecast {
    /// By period.
    pub periods: Vec<ForecastPeriod>,
}

/// The forecast of one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForecastPeriod {
    /// Which.
    pub period: DayRange,
    /// Most likely.
    pub mean: Money,
    /// Lower end, where AWS gives one.
    pub low: Option<Money>,
    /// Upper end, where AWS gives one.
    pub high: Option<Money>,
}

impl Operation for GetCostForecast {
    type Output = CostForecast;
    const SERVICE: Service = Service::CostExplorer;
    const NAME: &'static str = "ce:GetCostForecast";

    fn request(&self) -> Request {
        Request::json::<Self>(&json!({
            "TimePeriod": period(self.period),
            "Metric": "UNBLENDED_COST",
            "Granularity": self.granularity.as_str(),
            "PredictionIntervalLevel": 80,
        }))
    }

    fn parse(&self, response: Response) -> Result<CostForecast, AwsError> {
        let wire: Wire = json::read(Self::NAME, &response.body)?;
        let periods = wire.forecast_results_by_time.into_iter().map(|result| ForecastPeriod {
            period: result.time_period,
            mean: result.mean_value,
            low: result.prediction_interval_lower_bound,
            high: result.prediction_interval_upper_bound,
        });
        Ok(CostForecast { periods: periods.collect() })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    forecast_results_by_time: Vec<WireResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireResult {
    #[serde(deserialize_with = "read_period")]
    time_period: DayRange,
    mean_value: Money,
    prediction_interval_lower_bound: Option<Money>,
    prediction_interval_upper_bound: Option<Money>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let get = GetCostForecast {
            period: DayRange::new("2026-11-23".parse().unwrap(), "2026-12-01".parse().unwrap()),
            granularity: Granularity::Monthly,
        };
        let forecast = exchange::check(
            &get,
            "POST https://ce.us-east-1.amazonaws.com/",
            "{\"Granularity\":\"MONTHLY\",\"Metric\":\"UNBLENDED_COST\",\"PredictionIntervalLevel\":80,\
             \"TimePeriod\":{\"End\":\"2026-12-01\",\"Start\":\"2026-11-23\"}}",
            "{\"Total\":{\"Amount\":\"10.5\",\"Unit\":\"USD\"},\"ForecastResultsByTime\":[{\"TimePeriod\":{\"Start\":\
             \"2026-11-23\",\"End\":\"2026-12-01\"},\"MeanValue\":\"10.5\",\"PredictionIntervalLowerBound\":\"9\",\
             \"PredictionIntervalUpperBound\":\"12.25\"}]}",
        );
        assert_eq!(forecast.periods[0].high, Some("12.25".parse().unwrap()));
        exchange::check_malformed(&get, &["", "{}", "{\"ForecastResultsByTime\":[{\"MeanValue\":\"\"}]}"]);
    }
}
