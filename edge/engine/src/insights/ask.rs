//! Asking one question, page by page, within the budget.

use aws::cost_explorer::{
    CostAndUsage, GetAnomalies, GetCostAndUsage, GetCostForecast, GetReservationUtilization,
    GetSavingsPlansUtilization, GetTags, Granularity, Obstacle, obstacle,
};
use aws::{AwsError, Credentials, ErrorKind, Next, Operation, PageGuard, Paged, session_policy};
use serde::Serialize;
use shared::{Day, DayRange};

use super::plan::{self, Item};
use super::record::ItemRecord;
use super::{PAGE_PRICE, facet, has_budget};
use crate::connection::Held;
use crate::error::{Error, Result};
use crate::ports::Clock;
use crate::workspace::session::{self, Failure, RoleAccess};
use crate::workspace::world::World;

/// Months of history where AWS has not kept more.
const SHORT_HISTORY: i32 = 11;

/// Asks one question: the new record, or what stands in the way.
pub async fn ask<W: World>(
    world: &W,
    access: &RoleAccess,
    item: Item,
    pages: &mut u32,
) -> Result<std::result::Result<ItemRecord, Held>> {
    let now = world.clock().now();
    let credentials = match session::credentials(world, access, "insights", session_policy::insights()).await
    {
        Ok(credentials) => credentials,
        Err(failure) => return stopped(failure, now),
    };
    let today = Day::of(now);
    let asker = Asker { world, credentials, purpose: item.title() };
    let outcome = match plan::question(item, today, None) {
        Some(question) => match asker.costs(item, question, pages).await {
            Err(Stop::Aws(error)) if obstacle(&error) == Some(Obstacle::HistoryTooLong) => {
                match plan::question(item, today, Some(SHORT_HISTORY)) {
                    Some(shorter) => asker.costs(item, shorter, pages).await,
                    None => Err(Stop::Aws(error)),
                }
            }
            other => other,
        },
        None => asker.panel(item, today, pages).await,
    };
    match outcome {
        Ok(record) => Ok(Ok(record)),
        Err(Stop::Budget) => Ok(Err(Held::new("budget_reached", now))),
        Err(Stop::Aws(error)) => stopped(Failure::Aws(error), now),
        Err(Stop::Ours(error)) => Err(error),
    }
}

/// An obstacle holds a question up; anything else fails the job, which tries again.
fn stopped(failure: Failure, now: shared::Timestamp) -> Result<std::result::Result<ItemRecord, Held>> {
    let error = match failure {
        Failure::Ours(error) => return Err(error),
        Failure::Aws(error) => error,
    };
    let reason = match obstacle(&error) {
        Some(Obstacle::NotEnabled) => "cost_explorer_not_enabled",
        Some(Obstacle::Ingesting) if error.operation == "ce:GetCostAndUsage" => "cost_explorer_ingesting",
        Some(Obstacle::Ingesting | Obstacle::HistoryTooLong) => "no_history",
        Some(Obstacle::Denied) => "cost_explorer_denied",
        None if error.operation == "ce:GetCostForecast" && matches!(error.kind, ErrorKind::Invalid) => {
            "no_history"
        }
        None => "cost_explorer_unreachable",
    };
    Ok(Err(Held::new(reason, now).by(&error)))
}

/// Why asking stopped.
enum Stop {
    Budget,
    Aws(AwsError),
    Ours(Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Aws(error) => Self::Aws(error),
            Failure::Ours(error) => Self::Ours(error),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

struct Asker<'a, W> {
    world: &'a W,
    credentials: Credentials,
    purpose: &'static str,
}

impl<W: World> Asker<'_, W> {
    /// One page, if the budget allows. The row of the ledger is written with the answer.
    async fn page<O: Operation>(
        &self,
        operation: &O,
        pages: &mut u32,
    ) -> std::result::Result<O::Output, Stop> {
        if *pages == 0 || !has_budget(self.world)? {
            return Err(Stop::Budget);
        }
        *pages -= 1;
        Ok(session::call(self.world, &self.credentials, operation, self.purpose, PAGE_PRICE).await?)
    }

    /// All pages of a list. A token that no longer holds starts it again, once; an end of the budget leaves it partial.
    async fn all<O: Paged>(
        &self,
        first: &O,
        pages: &mut u32,
    ) -> std::result::Result<(Vec<O::Output>, bool), Stop> {
        for is_last_try in [false, true] {
            let mut guard = PageGuard::default();
            let mut answers = match self.page(first, pages).await {
                Ok(answer) => vec![answer],
                Err(Stop::Aws(error)) if error.is_stale_page() && !is_last_try => continue,
                Err(stop) => return Err(stop),
            };
            loop {
                let token = answers.last().and_then(|answer| O::next_page(answer));
                let next = match guard.after(token) {
                    Next::Page(token) => first.at_page(token),
                    Next::Complete => return Ok((answers, true)),
                    Next::Partial => return Ok((answers, false)),
                };
                match self.page(&next, pages).await {
                    Ok(answer) => answers.push(answer),
                    Err(Stop::Aws(error)) if error.is_stale_page() && !is_last_try => break,
                    Err(Stop::Budget) => return Ok((answers, false)),
                    Err(stop) => return Err(stop),
                }
            }
        }
        Err(Stop::Ours(Error::bug("a list of Cost Explorer that never ends")))
    }

    async fn costs(
        &self,
        item: Item,
        question: GetCostAndUsage,
        pages: &mut u32,
    ) -> std::result::Result<ItemRecord, Stop> {
        let (answers, is_complete) = self.all(&question, pages).await?;
        let now = self.world.clock().now();
        let (cubes, last_day) = facet::make(item, &answers, question.granularity, question.period, now);
        let mut record = ItemRecord {
            asked_at: Some(now),
            days: Some(question.period),
            is_partial: !is_complete,
            last_day: last_day.filter(|_| question.granularity == Granularity::Daily),
            ..ItemRecord::default()
        };
        for answer in &answers {
            note_months(&mut record, answer);
        }
        if let Some(cube) = cubes.first().filter(|_| question.granularity == Granularity::Daily) {
            record.daily = facet::by_day(cube);
        }
        for cube in &cubes {
            record.blobs.push(facet::store(self.world, cube, shared::api::BlobKind::Facet).await?);
        }
        Ok(record)
    }

    async fn panel(&self, item: Item, today: Day, pages: &mut u32) -> std::result::Result<ItemRecord, Stop> {
        let last_days = |days: i32| DayRange::new(today.plus(-days), today);
        let value = match item {
            Item::Forecast => {
                let period = DayRange::new(today, today.period().days().end);
                let forecast =
                    self.page(&GetCostForecast { period, granularity: Granularity::Monthly }, pages).await?;
                json(&super::panels::StoredForecast::of(&forecast, today))?
            }
            Item::Anomalies => {
                let (answers, _) = self.all(&GetAnomalies { days: last_days(90), page: None }, pages).await?;
                let found = answers
                    .into_iter()
                    .flat_map(|answer| answer.anomalies)
                    .filter_map(super::panels::anomaly);
                json(&found.collect::<Vec<_>>())?
            }
            Item::SavingsPlans => {
                let utilization =
                    self.page(&GetSavingsPlansUtilization { period: last_days(30) }, pages).await?;
                json(&super::panels::savings_plans(&utilization))?
            }
            Item::Reservations => {
                let utilization =
                    self.page(&GetReservationUtilization { period: last_days(30) }, pages).await?;
                json(&super::panels::reservations(&utilization))?
            }
            _ => {
                let period = DayRange::new(today.period().plus(-1).first_day(), today.plus(1));
                let (answers, _) = self.all(&GetTags { period, key: None, page: None }, pages).await?;
                json(
                    &answers
                        .into_iter()
                        .flat_map(|answer| answer.tags)
                        .filter(|key| !key.is_empty())
                        .collect::<Vec<_>>(),
                )?
            }
        };
        Ok(ItemRecord {
            asked_at: Some(self.world.clock().now()),
            value: Some(value),
            ..ItemRecord::default()
        })
    }
}

fn note_months(record: &mut ItemRecord, answer: &CostAndUsage) {
    for result in &answer.results {
        let is_estimated = record.estimated.entry(result.period.start.period()).or_default();
        *is_estimated |= result.is_estimated;
    }
    record.names.extend(answer.descriptions.clone());
}

fn json(value: &impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(Error::bug)
}
