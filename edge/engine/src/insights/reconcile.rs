//! The report against Cost Explorer: the two are read by different ways, so what both say alike is right.

use std::collections::BTreeMap;

use cube::{Cube, Dimension, Metric};
use shared::api::{BlobKind, BlobRef, ReconcileView, ReconciledCategory, ReconciledMonth, Verdict};
use shared::{BillingPeriod, ChargeCategory, Currency, Money, settled};

use super::facet;
use super::plan::Item;
use super::record::{self, ItemRecord};
use crate::connection::remedy_of;
use crate::error::{Error, Result};
use crate::ingest::{self, Month};
use crate::ports::Blobs;
use crate::workspace::world::World;

/// Up to so much is a matter of rounding: a cent.
const ROUNDING: Money = Money::from_units(shared::money::ONE / 100);

/// Cost by charge category.
type Sums = BTreeMap<ChargeCategory, Money>;

/// Compares every month of the report. Overviews are loaded one after the other, of months Cost Explorer knows.
pub async fn reconcile<W: World>(world: &W) -> Result<ReconcileView> {
    let asked = record::find(world, Item::Categories)?;
    let mut told: BTreeMap<(BillingPeriod, Currency), Sums> = BTreeMap::new();
    for blob in &asked.blobs {
        for (period, sums) in by_category(&load(world, blob).await?) {
            told.insert((period, blob.currency), sums);
        }
    }
    let mut months = Vec::new();
    for (period, month) in ingest::months(world)?.into_iter().rev() {
        let verdict = standing(&asked, period, &month);
        for total in &month.receipt.totals {
            let mut row = ReconciledMonth {
                period,
                currency: total.currency,
                verdict,
                report: total.billed_cost,
                cost_explorer: None,
                difference: None,
                categories: Vec::new(),
                report_as_of: month.as_of,
                cost_explorer_as_of: None,
            };
            if !matches!(verdict, Verdict::NotKnown | Verdict::TooOld) {
                let own = of_report(world, &month, total.currency).await?;
                let told = told.remove(&(period, total.currency)).unwrap_or_default();
                compare(&mut row, &own, &told);
                row.cost_explorer_as_of = asked.asked_at;
            }
            months.push(row);
        }
        // What only Cost Explorer knows is a difference, too.
        let rest: Vec<Currency> =
            told.keys().filter(|(known, _)| *known == period).map(|(_, currency)| *currency).collect();
        for currency in rest {
            let sums = told.remove(&(period, currency)).unwrap_or_default();
            let is_none = sums.values().all(|cost| cost.is_zero());
            let is_told = month.receipt.totals.iter().any(|total| total.currency == currency);
            if is_none || is_told || matches!(verdict, Verdict::NotKnown | Verdict::TooOld) {
                continue;
            }
            let mut row = ReconciledMonth {
                period,
                currency,
                verdict,
                report: Money::ZERO,
                cost_explorer: None,
                difference: None,
                categories: Vec::new(),
                report_as_of: month.as_of,
                cost_explorer_as_of: asked.asked_at,
            };
            compare(&mut row, &Sums::new(), &sums);
            months.push(row);
        }
    }
    Ok(ReconcileView {
        months,
        asked_at: asked.asked_at,
        remedy: asked.held.as_ref().map(|held| {
            let retry_at = held.retry_at.or(asked.retry_at);
            shared::api::Remedy { aws: held.aws.clone(), retry_at, ..remedy_of(&held.reason) }
        }),
    })
}

/// Whether a month can be compared: `Agrees` until the figures say otherwise.
fn standing(asked: &ItemRecord, period: BillingPeriod, month: &Month) -> Verdict {
    let days = period.days();
    let (Some(at), Some(told)) = (asked.asked_at, asked.days) else { return Verdict::NotKnown };
    if days.end <= told.start {
        return Verdict::TooOld;
    }
    // A month that Cost Explorer tells in part is not known.
    if asked.is_partial || days.start < told.start || days.start >= told.end {
        return Verdict::NotKnown;
    }
    let is_over = settled::complete_until(at) >= days.end && month.is_closed(period);
    let is_estimated = asked.estimated.get(&period).copied().unwrap_or(false);
    if is_over && !is_estimated { Verdict::Agrees } else { Verdict::Open }
}

/// Sets one beside the other.
fn compare(row: &mut ReconciledMonth, own: &Sums, told: &Sums) {
    let of = |sums: &Sums, category| sums.get(&category).copied().unwrap_or_default();
    row.categories = ChargeCategory::ALL
        .into_iter()
        .filter(|category| own.contains_key(category) || told.contains_key(category))
        .map(|charge_category| {
            let (report, cost_explorer) = (of(own, charge_category), of(told, charge_category));
            ReconciledCategory { charge_category, report, cost_explorer, difference: report - cost_explorer }
        })
        .collect();
    let sum: Money = told.values().copied().sum();
    let difference = row.report - sum;
    row.cost_explorer = Some(sum);
    row.difference = Some(difference);
    if row.verdict == Verdict::Agrees && difference.abs() > ROUNDING {
        row.verdict = Verdict::Differs;
    }
}

/// Billed cost of the report by charge category.
async fn of_report<W: World>(world: &W, month: &Month, currency: Currency) -> Result<Sums> {
    let mut sums = Sums::new();
    let is_wanted = |blob: &&BlobRef| blob.kind == BlobKind::Overview && blob.currency == currency;
    for blob in month.cubes.iter().filter(is_wanted) {
        for (_, part) in by_category(&load(world, blob).await?) {
            for (category, cost) in part {
                *sums.entry(category).or_default() += cost;
            }
        }
    }
    Ok(sums)
}

async fn load<W: World>(world: &W, blob: &BlobRef) -> Result<Cube> {
    let bytes = world.blobs().find(&facet::key(world, &blob.hash)).await?;
    let bytes = bytes.ok_or_else(|| Error::bug(format!("the blob {} is gone", blob.hash)))?;
    cube::blob::decode(&bytes).map_err(Error::bug)
}

/// Billed cost of a cube by month and charge category.
fn by_category(cube: &Cube) -> BTreeMap<BillingPeriod, Sums> {
    let mut months: BTreeMap<BillingPeriod, Sums> = BTreeMap::new();
    let (Some(column), Some(figures)) =
        (cube.find_column(&Dimension::ChargeCategory), cube.find_figures(Metric::BilledCost))
    else {
        return months;
    };
    let known: Vec<ChargeCategory> = column.dictionary.iter().map(|name| category(name)).collect();
    for tuple in 0..cube.tuples() {
        let code = column.codes.get(tuple).map_or(0, |code| *code as usize);
        let category = known.get(code).copied().unwrap_or(ChargeCategory::Adjustment);
        for cell in cube.cells_of(tuple) {
            let sums = months.entry(cube.day_of(cell).period()).or_default();
            *sums.entry(category).or_default() += Money::from_units(figures.at(cell));
        }
    }
    months
}

/// By FOCUS's word; a report may bring one that is none.
fn category(name: &str) -> ChargeCategory {
    let is_named = |category: &ChargeCategory| category.as_str() == name;
    ChargeCategory::ALL.into_iter().find(is_named).unwrap_or(ChargeCategory::Adjustment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn month(as_of: &str) -> Month {
        Month::example(as_of, None)
    }

    #[test]
    fn a_month_is_compared_once_it_is_over_for_both() {
        let asked = |at: &str, is_estimated: bool| ItemRecord {
            asked_at: Some(at.parse().unwrap()),
            days: Some(shared::DayRange::new("2025-10-01".parse().unwrap(), "2026-11-24".parse().unwrap())),
            estimated: BTreeMap::from([("2026-10".parse().unwrap(), is_estimated)]),
            ..ItemRecord::default()
        };
        let check = |asked: &ItemRecord, period: &str, as_of: &str, expect: Verdict| {
            assert_eq!(standing(asked, period.parse().unwrap(), &month(as_of)), expect, "{period} {as_of}");
        };
        let (now, later) = ("2026-11-23T10:00:00Z", "2026-11-05T10:00:00Z");
        check(&ItemRecord::default(), "2026-10", later, Verdict::NotKnown);
        check(&asked(now, false), "2026-10", later, Verdict::Agrees);
        check(&asked(now, true), "2026-10", later, Verdict::Open);
        // The last hours of a month come during the day after it.
        check(&asked("2026-11-01T23:59:59Z", false), "2026-10", later, Verdict::Open);
        check(&asked(now, false), "2026-10", "2026-11-01T23:59:59Z", Verdict::Open);
        check(&asked(now, false), "2026-11", now, Verdict::Open);
        check(&asked(now, false), "2026-12", now, Verdict::NotKnown);
        check(&asked(now, false), "2025-10", later, Verdict::Agrees);
        check(&asked(now, false), "2025-09", later, Verdict::TooOld);
        let partial = ItemRecord { is_partial: true, ..asked(now, false) };
        check(&partial, "2026-10", later, Verdict::NotKnown);
    }

    #[test]
    fn a_difference_is_told_by_category_and_a_cent_is_none() {
        let check =
            |own: &[(ChargeCategory, &str)], told: &[(ChargeCategory, &str)], expect: (Verdict, &str)| {
                let sums = |all: &[(ChargeCategory, &str)]| -> Sums {
                    all.iter().map(|(category, cost)| (*category, money(cost))).collect()
                };
                let (own, told) = (sums(own), sums(told));
                let mut row = ReconciledMonth {
                    period: "2026-10".parse().unwrap(),
                    currency: Currency::USD,
                    verdict: Verdict::Agrees,
                    report: own.values().copied().sum(),
                    cost_explorer: None,
                    difference: None,
                    categories: Vec::new(),
                    report_as_of: shared::Timestamp::UNIX_EPOCH,
                    cost_explorer_as_of: None,
                };
                compare(&mut row, &own, &told);
                assert_eq!((row.verdict, row.difference), (expect.0, Some(money(expect.1))));
                let by_category: Money = row.categories.iter().map(|category| category.difference).sum();
                assert_eq!(by_category, money(expect.1), "categories add up to the difference");
            };
        use ChargeCategory::{Credit, Tax, Usage};
        check(&[(Usage, "10")], &[(Usage, "10")], (Verdict::Agrees, "0"));
        check(&[(Usage, "10.01")], &[(Usage, "10")], (Verdict::Agrees, "0.01"));
        check(&[(Usage, "10.010000000001")], &[(Usage, "10")], (Verdict::Differs, "0.010000000001"));
        check(&[(Usage, "10"), (Credit, "-2")], &[(Usage, "10"), (Tax, "1")], (Verdict::Differs, "-3"));
        check(&[(Usage, "10"), (Credit, "-2")], &[(Usage, "8")], (Verdict::Agrees, "0"));
    }
}
