//! From an answer of Cost Explorer to a facet: a small cube that knows two dimensions and no other.

use std::collections::BTreeMap;

use aws::cost_explorer::{CostAndUsage, Granularity};
use bytes::Bytes;
use cube::{Cube, CubeBuilder, Dimension, Header, Metric};
use sha2::{Digest, Sha256};
use shared::api::{BlobKind, BlobRef, Source};
use shared::{ChargeCategory, Currency, Day, DayRange, Money, Timestamp};

use super::plan::Item;
use crate::error::{Error, Result};
use crate::ports::{BlobKey, Blobs};
use crate::workspace::world::World;

/// The second dimension of an item's facet; the first is the service.
pub fn dimension(item: Item) -> Dimension {
    match item {
        Item::Regions => Dimension::Region,
        Item::Categories => Dimension::ChargeCategory,
        Item::UsageTypes => Dimension::XUsageType,
        _ => Dimension::SubAccount,
    }
}

/// One cube per currency, and the last day any cost falls on.
pub fn make(
    item: Item,
    pages: &[CostAndUsage],
    granularity: Granularity,
    days: DayRange,
    as_of: Timestamp,
) -> (Vec<Cube>, Option<Day>) {
    let has_net = pages
        .iter()
        .flat_map(|page| &page.results)
        .flat_map(|result| &result.groups)
        .all(|group| group.costs.net_billed.is_some() && group.costs.net_effective.is_some());
    let mut metrics = vec![Metric::BilledCost, Metric::EffectiveCost];
    if has_net {
        metrics.extend([Metric::XNetBilledCost, Metric::XNetEffectiveCost]);
    }
    let second = dimension(item);
    let mut builders: BTreeMap<Currency, CubeBuilder> = BTreeMap::new();
    let mut last_day = None;
    for result in pages.iter().flat_map(|page| &page.results) {
        for group in &result.groups {
            let costs = &group.costs;
            let builder = builders.entry(costs.currency).or_insert_with(|| {
                let header = Header {
                    currency: costs.currency,
                    source: Source::CostExplorer,
                    as_of,
                    days,
                    monthly: granularity == Granularity::Monthly,
                };
                CubeBuilder::new(header, vec![Dimension::Service, second.clone()], metrics.clone())
            });
            if costs.billed.is_zero() && costs.effective.is_zero() {
                continue;
            }
            last_day = last_day.max(Some(result.period.start));
            let mut keys = group.keys.iter();
            let service = keys.next().map_or("", String::as_str);
            let service = shared::service::find_by_cost_explorer(service).unwrap_or(service);
            let other = keys.next().map_or("", String::as_str);
            let other = match second {
                Dimension::ChargeCategory => ChargeCategory::from_record_type(other).as_str(),
                // The report has no text where Cost Explorer has these.
                Dimension::Region if matches!(other, "NoRegion" | "No region") => "",
                _ => other,
            };
            let mut units = vec![costs.billed.units(), costs.effective.units()];
            if has_net {
                units.extend([
                    costs.net_billed.unwrap_or_default().units(),
                    costs.net_effective.unwrap_or_default().units(),
                ]);
            }
            builder.add_values(&[service, other], result.period.start, &units);
        }
    }
    (builders.into_values().map(CubeBuilder::finish).collect(), last_day)
}

/// Billed cost by day.
pub fn by_day(cube: &Cube) -> Vec<(Day, Money)> {
    let mut days: BTreeMap<Day, Money> = BTreeMap::new();
    if let Some(figures) = cube.find_figures(Metric::BilledCost) {
        for cell in 0..cube.cells() {
            *days.entry(cube.day_of(cell)).or_default() += Money::from_units(figures.at(cell));
        }
    }
    days.into_iter().collect()
}

/// Stores a cube under its own hash.
pub async fn store<W: World>(world: &W, cube: &Cube, kind: BlobKind) -> Result<BlobRef> {
    let bytes = cube::blob::encode(cube).map_err(Error::bug)?;
    let hash = hex::encode(Sha256::digest(&bytes));
    let header = cube.header();
    let reference = BlobRef {
        hash: hash.clone(),
        kind,
        source: header.source,
        currency: header.currency,
        days: header.days,
        dimensions: cube.columns().iter().map(|column| column.dimension.to_string()).collect(),
        monthly: header.monthly,
        bytes: bytes.len() as u64,
    };
    world.blobs().put(&key(world, &hash), Bytes::from(bytes)).await?;
    Ok(reference)
}

/// Where a cube of this workspace lies.
pub fn key<W: World>(world: &W, hash: &str) -> BlobKey {
    BlobKey(format!("{}/cube/{hash}", world.workspace()))
}
