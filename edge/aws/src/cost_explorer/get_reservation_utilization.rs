use serde::Deserialize;
use serde_json::json;
use shared::{DayRange, Money};

use super::question::period;
use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Request, Response, Service};

/// How much of the reservations was used. `NotReady` (`DataUnavailableException`) where there are none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetReservationUtilization {
    /// Which days.
    pub period: DayRange,
}

/// Use of reservations over the period. Members AWS leaves out are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ReservationUtilization {
    /// Used share in percent, as AWS counts it.
    #[serde(rename = "UtilizationPercentage")]
    pub percent: Option<Money>,
    /// What the reservations cost in the period, upfront payments spread.
    #[serde(rename = "TotalAmortizedFee")]
    pub effective: Option<Money>,
    /// Saved against on-demand prices.
    #[serde(rename = "NetRISavings")]
    pub net_savings: Option<Money>,
}

impl Operation for GetReservationUtilization {
    type Output = ReservationUtilization;
    const SERVICE: Service = Service::CostExplorer;
    const NAME: &'static str = "ce:GetReservationUtilization";

    fn request(&self) -> Request {
        Request::json::<Self>(&json!({ "TimePeriod": period(self.period) }))
    }

    fn parse(&self, response: Response) -> Result<ReservationUtilization, AwsError> {
        let wire: Wire = json::read(Self::NAME, &response.body)?;
        Ok(wire.total)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    total: ReservationUtilization,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let period = DayRange::new("2026-10-24".parse().unwrap(), "2026-11-23".parse().unwrap());
        let get = GetReservationUtilization { period };
        let found = exchange::check(
            &get,
            "POST https://ce.us-east-1.amazonaws.com/",
            "{\"TimePeriod\":{\"End\":\"2026-11-23\",\"Start\":\"2026-10-24\"}}",
            "{\"UtilizationsByTime\":[],\"Total\":{\"UtilizationPercentage\":\"88.5\",\"PurchasedHours\":\"720\",\
             \"TotalAmortizedFee\":\"310.4\",\"NetRISavings\":\"95.1\"}}",
        );
        assert_eq!(found.percent, Some("88.5".parse().unwrap()));
        exchange::check_malformed(&get, &["", "{}", "{\"Total\":{\"UtilizationPercentage\":\"NaN\"}}"]);
    }
}
