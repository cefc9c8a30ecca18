//! Cost Explorer: figures at once, before any report. AWS charges $0.01 for each successful page; failures are free.

mod get_anomalies;
mod get_cost_and_usage;
mod get_cost_forecast;
mod get_dimension_values;
mod get_reservation_utilization;
mod get_savings_plans_utilization;
mod get_tags;
mod question;

pub use get_anomalies::{Anomalies, Anomaly, GetAnomalies, RootCause};
pub use get_cost_and_usage::{CostAndUsage, Costs, GetCostAndUsage, Group, PeriodCosts};
pub use get_cost_forecast::{CostForecast, ForecastPeriod, GetCostForecast};
pub use get_dimension_values::{DimensionValue, DimensionValues, GetDimensionValues};
pub use get_reservation_utilization::{GetReservationUtilization, ReservationUtilization};
pub use get_savings_plans_utilization::{GetSavingsPlansUtilization, SavingsPlansUtilization};
pub use get_tags::{GetTags, Tags};
pub use question::{Dimension, Filter, Granularity, GroupBy};

use crate::error::{AwsError, ErrorKind};

/// Why Cost Explorer gives no figures, when it is not for us to solve. Each holds up its own panels only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Nobody has opened Cost Explorer in the payer's console yet; no API can.
    NotEnabled,
    /// AWS is still preparing the figures.
    Ingesting,
    /// The permission set is off, or the organization forbids it.
    Denied,
    /// The dates reach beyond the months AWS keeps.
    HistoryTooLong,
}

/// Reads the obstacle out of a refusal.
pub fn obstacle(error: &AwsError) -> Option<Obstacle> {
    match &error.kind {
        ErrorKind::NotReady if error.code == "DataUnavailableException" => Some(Obstacle::Ingesting),
        ErrorKind::NotReady => Some(Obstacle::NotEnabled),
        ErrorKind::Denied(_) => Some(Obstacle::Denied),
        ErrorKind::Invalid if error.message.contains("historical data beyond") => {
            Some(Obstacle::HistoryTooLong)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::DeniedBy;

    #[test]
    fn refusals_name_their_obstacle() {
        let check = |kind: ErrorKind, code: &str, message: &str, expect| {
            let error = AwsError {
                code: code.to_owned(),
                message: message.to_owned(),
                ..AwsError::new("ce:GetTags", kind)
            };
            assert_eq!(obstacle(&error), expect, "{error:?}");
        };
        check(ErrorKind::NotReady, "AccessDeniedException", "", Some(Obstacle::NotEnabled));
        check(ErrorKind::NotReady, "DataUnavailableException", "", Some(Obstacle::Ingesting));
        check(ErrorKind::Denied(DeniedBy::Iam), "AccessDeniedException", "", Some(Obstacle::Denied));
        let months = "You haven't enabled historical data beyond 14 months.";
        check(ErrorKind::Invalid, "ValidationException", months, Some(Obstacle::HistoryTooLong));
        check(ErrorKind::Throttled, "LimitExceededException", "", None);
    }
}
