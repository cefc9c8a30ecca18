//! Forecast, anomalies, commitments: each panel with its age, each failing alone.

use aws::cost_explorer as ce;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::api::{Anomaly, Forecast, InsightsView, Panel, Utilization};
use shared::{Currency, Day, DayRange, Money};

use super::plan::Item;
use super::{record, refreshes_left};
use crate::connection::remedy_of;
use crate::error::{Error, Result};
use crate::workspace::world::World;

/// What AWS expects from a day on to the end of its month; the part before is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredForecast {
    from: Day,
    mean: Money,
    low: Money,
    high: Money,
}

impl StoredForecast {
    /// Adds up AWS's periods; without bounds the mean stands for both.
    pub fn of(forecast: &ce::CostForecast, from: Day) -> Self {
        let mut sum = Self { from, mean: Money::ZERO, low: Money::ZERO, high: Money::ZERO };
        for period in &forecast.periods {
            sum.mean += period.mean;
            sum.low += period.low.unwrap_or(period.mean);
            sum.high += period.high.unwrap_or(period.mean);
        }
        sum
    }
}

/// An anomaly in our words; one without a first day is none we could show.
pub fn anomaly(anomaly: ce::Anomaly) -> Option<Anomaly> {
    let start = anomaly.start?;
    let cause = anomaly.root_causes.into_iter().next();
    let service = cause
        .as_ref()
        .and_then(|cause| cause.service.clone())
        .or(anomaly.dimension_value)
        .unwrap_or_default();
    let actual = anomaly.total_actual.unwrap_or(anomaly.total_impact);
    Some(Anomaly {
        id: anomaly.id,
        start,
        end: anomaly.end,
        service: shared::service::find_by_cost_explorer(&service).map_or(service, str::to_owned),
        sub_account: cause.as_ref().and_then(|cause| cause.linked_account.clone()),
        region: cause.as_ref().and_then(|cause| cause.region.clone()),
        x_usage_type: cause.and_then(|cause| cause.usage_type),
        impact: anomaly.total_impact,
        actual,
        expected: anomaly.total_expected.unwrap_or(actual - anomaly.total_impact),
    })
}

/// Use of Savings Plans; none where there are none.
pub fn savings_plans(utilization: &ce::SavingsPlansUtilization) -> Option<Utilization> {
    (!utilization.committed.is_zero()).then(|| Utilization {
        used_percent: utilization.percent.to_f64(),
        commitment: utilization.committed,
        unused: utilization.unused,
    })
}

/// Use of reservations; none where there are none. AWS gives a percentage; the money that is not used is what would
/// fill the rest.
pub fn reservations(utilization: &ce::ReservationUtilization) -> Option<Utilization> {
    let percent = utilization.percent?;
    let effective = utilization.effective.unwrap_or_default();
    let used_percent = percent.to_f64().clamp(0.0, 100.0);
    let unused = Money::from_f64(effective.to_f64() * (100.0 - used_percent) / 100.0).unwrap_or_default();
    (!percent.is_zero() || !effective.is_zero()).then_some(Utilization {
        used_percent,
        commitment: effective,
        unused,
    })
}

/// All panels.
pub fn view<W: World>(world: &W) -> Result<InsightsView> {
    let stored: Panel<StoredForecast> = panel(world, Item::Forecast)?;
    let forecast = Panel { value: None, fetched_at: stored.fetched_at, remedy: stored.remedy };
    let value = match stored.value {
        Some(stored) => spent_until(world, stored.from)?.map(|(spent, currency)| Forecast {
            period: stored.from.period(),
            mean: spent + stored.mean,
            low: spent + stored.low,
            high: spent + stored.high,
            currency,
        }),
        None => None,
    };
    Ok(InsightsView {
        forecast: Panel { value, ..forecast },
        anomalies: panel(world, Item::Anomalies)?,
        savings_plans: flatten(panel(world, Item::SavingsPlans)?),
        reservations: flatten(panel(world, Item::Reservations)?),
        refreshes_left: refreshes_left(world)?,
    })
}

/// Billed cost of the month before `day`, from the days Cost Explorer told last.
fn spent_until<W: World>(world: &W, day: Day) -> Result<Option<(Money, Currency)>> {
    let days = record::find(world, Item::Days)?;
    let range = DayRange::new(day.period().first_day(), day);
    let spent = days.daily.iter().filter(|(day, _)| range.contains(*day)).map(|(_, cost)| *cost);
    Ok(days.blobs.first().map(|blob| (spent.sum(), blob.currency)))
}

fn flatten<T>(panel: Panel<Option<T>>) -> Panel<T> {
    Panel { value: panel.value.flatten(), fetched_at: panel.fetched_at, remedy: panel.remedy }
}

fn panel<W: World, T: DeserializeOwned>(world: &W, item: Item) -> Result<Panel<T>> {
    let record = record::find(world, item)?;
    let value = record.value.map(serde_json::from_value).transpose().map_err(Error::bug)?;
    let remedy = record.held.map(|held| shared::api::Remedy {
        aws: held.aws,
        retry_at: held.retry_at,
        ..remedy_of(&held.reason)
    });
    Ok(Panel { value, fetched_at: record.asked_at, remedy })
}
