use serde::Deserialize;
use serde_json::json;
use shared::{DayRange, Money};

use super::question::period;
use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Request, Response, Service};

/// How much of the committed Savings Plans was used. `NotReady` (`DataUnavailableException`) where there are none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetSavingsPlansUtilization {
    /// Which days.
    pub period: DayRange,
}

/// Use of Savings Plans over the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavingsPlansUtilization {
    /// Committed.
    pub committed: Money,
    /// Used of it.
    pub used: Money,
    /// Paid for and not used.
    pub unused: Money,
    /// Used share in percent, as AWS counts it.
    pub percent: Money,
    /// What was saved against on-demand prices, where AWS says.
    pub net_savings: Option<Money>,
}

impl Operation for GetSavingsPlansUtilization {
    type Output = SavingsPlansUtilization;
    const SERVICE: Service = Service::CostExplorer;
    const NAME: &'static str = "ce:GetSavingsPlansUtilization";

    fn request(&self) -> Request {
        Request::json::<Self>(&json!({ "TimePeriod": period(self.period) }))
    }

    fn parse(&self, response: Response) -> Result<SavingsPlansUtilization, AwsError> {
        let wire: Wire = json::read(Self::NAME, &response.body)?;
        let use_ = wire.total.utilization;
        Ok(SavingsPlansUtilization {
            committed: use_.total_commitment,
            used: use_.used_commitment,
            unused: use_.unused_commitment,
            percent: use_.utilization_percentage,
            net_savings: wire.total.savings.and_then(|savings| savings.net_savings),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    total: WireTotal,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireTotal {
    utilization: WireUtilization,
    savings: Option<WireSavings>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireUtilization {
    total_commitment: Money,
    used_commitment: Money,
    unused_commitment: Money,
    utilization_percentage: Money,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireSavings {
    net_savings: Option<Money>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let period = DayRange::new("2026-10-24".parse().unwrap(), "2026-11-23".parse().unwrap());
        let get = GetSavingsPlansUtilization { period };
        let found = exchange::check(
            &get,
            "POST https://ce.us-east-1.amazonaws.com/",
            "{\"TimePeriod\":{\"End\":\"2026-11-23\",\"Start\":\"2026-10-24\"}}",
            "{\"SavingsPlansUtilizationsByTime\":[],\"Total\":{\"Utilization\":{\"TotalCommitment\":\"720\",\
             \"UsedCommitment\":\"700.5\",\"UnusedCommitment\":\"19.5\",\"UtilizationPercentage\":\"97.29\"},\
             \"Savings\":{\"NetSavings\":\"120\",\"OnDemandCostEquivalent\":\"840\"}}}",
        );
        assert_eq!((found.unused, found.percent), ("19.5".parse().unwrap(), "97.29".parse().unwrap()));
        exchange::check_malformed(&get, &["", "{}", "{\"Total\":{}}"]);
    }
}
