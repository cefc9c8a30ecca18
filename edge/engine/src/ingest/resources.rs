//! Resources: cost per resource out of the committed months' resource cubes, searched, filtered, sorted and paged here,
//! so that a browser never loads them all.

use std::collections::BTreeMap;

use cube::{Cube, Dimension, Filter, Metric};
use shared::api::{ResourceDetail, ResourceKey, ResourcePage, ResourceQuery, ResourceRow, UsageTypeSeries};
use shared::{Currency, Day, DayRange, Money};

use super::month::{self, Month};
use crate::error::{Error, Kind, Result};
use crate::ports::{BlobKey, Blobs};
use crate::workspace::world::World;

/// Rows of a page.
const PAGE: usize = 100;
/// Longest text that is searched for.
const MAX_SEARCH: usize = 200;

/// A question about resources, read.
struct Question {
    range: DayRange,
    previous: DayRange,
    metric: Metric,
    filter: Filter,
}

/// What is summed up for a resource.
#[derive(Clone, Debug)]
struct Sum {
    service: String,
    region: String,
    tags: BTreeMap<String, String>,
    cost: Money,
    previous: Money,
    first: Day,
    last: Day,
}

/// A page of resources.
pub async fn page<W: World>(world: &W, query: &ResourceQuery) -> Result<ResourcePage> {
    let question = question(&query.r, &query.m, &query.f)?;
    let held = month::months(world)?;
    let months = needed(&held, question.range)?;
    let has_previous = question.previous.periods().iter().all(|period| held.contains_key(period));
    let span = if has_previous {
        DayRange::new(question.previous.start, question.range.end)
    } else {
        question.range
    };
    let mut sums: BTreeMap<(String, String), Sum> = BTreeMap::new();
    let mut without_resource = Money::ZERO;
    let mut currency = None;
    for period in span.periods() {
        let Some(month) = held.get(&period) else { continue };
        for cube in cubes(world, month, &mut currency).await? {
            gather(&cube, &question, &mut sums, &mut without_resource);
        }
    }
    let search: String = query.q.chars().take(MAX_SEARCH).collect::<String>().to_lowercase();
    let mut rows: Vec<ResourceRow> = sums
        .into_iter()
        .map(|((resource, sub_account), sum)| row(resource, sub_account, sum, has_previous))
        .filter(|row| !row.cost.is_zero() || row.previous_cost.is_some_and(|cost| !cost.is_zero()))
        .filter(|row| (!query.untagged || row.tags.is_empty()) && matches(row, &search))
        .collect();
    sort(&mut rows, &query.s);
    let (cost, previous) = rows.iter().fold((Money::ZERO, Money::ZERO), |(cost, previous), row| {
        (cost + row.cost, previous + row.previous_cost.unwrap_or_default())
    });
    let matched = rows.len() as u64;
    let page = query.page.max(1);
    let skipped = usize::try_from(page - 1).unwrap_or(usize::MAX).saturating_mul(PAGE);
    let is_final = months.iter().all(|month| month.receipt.is_final);
    let known_until =
        question.range.periods().last().and_then(|period| Some(held.get(period)?.known_until(*period)));
    Ok(ResourcePage {
        rows: rows.into_iter().skip(skipped).take(PAGE).collect(),
        matches: matched,
        cost,
        previous_cost: has_previous.then_some(previous),
        without_resource,
        page,
        range: question.range,
        previous: has_previous.then_some(question.previous),
        currency: currency.unwrap_or(Currency::USD),
        known_until: known_until.unwrap_or(question.range.end),
        as_of: months.iter().map(|month| month.as_of).max().unwrap_or_default(),
        is_final,
    })
}

/// One resource in depth.
pub async fn detail<W: World>(world: &W, key: &ResourceKey) -> Result<ResourceDetail> {
    let question = question(&key.r, &key.m, "")?;
    let held = month::months(world)?;
    needed(&held, question.range)?;
    let has_previous = question.previous.periods().iter().all(|period| held.contains_key(period));
    let span = if has_previous {
        DayRange::new(question.previous.start, question.range.end)
    } else {
        question.range
    };
    let mut sums = BTreeMap::new();
    let mut series: BTreeMap<String, (Vec<Money>, Money)> = BTreeMap::new();
    let mut currency = None;
    let days = usize::try_from(question.range.len()).unwrap_or(0);
    for period in span.periods() {
        let Some(month) = held.get(&period) else { continue };
        for cube in cubes(world, month, &mut currency).await? {
            for tuple in 0..cube.tuples() {
                if value(&cube, &Dimension::Resource, tuple) != key.id
                    || value(&cube, &Dimension::SubAccount, tuple) != key.sub_account
                {
                    continue;
                }
                gather_tuple(&cube, &question, tuple, &mut sums);
                let usage_type = value(&cube, &Dimension::XUsageType, tuple).to_owned();
                let (daily, previous) =
                    series.entry(usage_type).or_insert_with(|| (vec![Money::ZERO; days], Money::ZERO));
                for cell in cube.cells_of(tuple) {
                    let (day, cost) = (cube.day_of(cell), figure(&cube, question.metric, cell));
                    let place = usize::try_from(day.epoch_days() - question.range.start.epoch_days()).ok();
                    if let Some(slot) = place.and_then(|place| daily.get_mut(place)) {
                        *slot += cost;
                    } else if question.previous.contains(day) {
                        *previous += cost;
                    }
                }
            }
        }
    }
    let Some(((resource, sub_account), sum)) = sums.into_iter().next() else {
        let hint = "It has no cost in this range, or belongs to another account.";
        return Err(Error::new(Kind::NotFound, "not_found", "There is no such resource.", hint));
    };
    let mut usage_types: Vec<UsageTypeSeries> = series
        .into_iter()
        .map(|(x_usage_type, (daily, previous))| UsageTypeSeries {
            x_usage_type,
            cost: daily.iter().copied().sum(),
            previous_cost: has_previous.then_some(previous),
            daily,
        })
        .collect();
    usage_types
        .sort_by(|a, b| b.cost.abs().cmp(&a.cost.abs()).then_with(|| a.x_usage_type.cmp(&b.x_usage_type)));
    let console_url = console_url(&resource, &sum.region);
    Ok(ResourceDetail {
        row: row(resource, sub_account, sum, has_previous),
        range: question.range,
        usage_types,
        currency: currency.unwrap_or(Currency::USD),
        console_url,
    })
}

fn question(range: &str, metric: &str, filter: &str) -> Result<Question> {
    let wrong = |title: &'static str, field| {
        Error::new(Kind::Invalid, "query_invalid", title, "Ask with a range such as 2026-11-01..2026-11-22.")
            .on_field(field)
    };
    let parsed = range.split_once("..").and_then(|(start, end)| {
        let range = DayRange::new(start.parse().ok()?, end.parse().ok()?);
        (!range.is_empty() && range.len() <= 400).then_some(range)
    });
    let range = parsed.ok_or_else(|| wrong("This is not a range of days.", "r"))?;
    let metric = match metric {
        "" | "billed" => Metric::BilledCost,
        "effective" => Metric::EffectiveCost,
        _ => return Err(wrong("Resources know billed and effective cost.", "m")),
    };
    let filter = filter.parse::<Filter>().map_err(|_| wrong("This filter was not understood.", "f"))?;
    Ok(Question {
        range,
        previous: DayRange::new(range.start.plus(-range.len()), range.start),
        metric,
        filter,
    })
}

/// The months of a range; an error when one is not in the report.
fn needed(held: &BTreeMap<shared::BillingPeriod, Month>, range: DayRange) -> Result<Vec<&Month>> {
    let missing = || {
        let hint = "Choose a range within the months listed in Settings, Report.";
        Error::new(
            Kind::Conflict,
            "needs_report",
            "Resource detail needs the report for all of these days.",
            hint,
        )
    };
    range.periods().iter().map(|period| held.get(period).ok_or_else(missing)).collect()
}

/// The resource cubes of a month, in the first currency met.
async fn cubes<W: World>(world: &W, month: &Month, currency: &mut Option<Currency>) -> Result<Vec<Cube>> {
    let mut cubes = Vec::new();
    for blob in &month.resources {
        if *currency.get_or_insert(blob.currency) != blob.currency {
            continue;
        }
        let key = BlobKey(format!("{}/cube/{}", world.workspace(), blob.hash));
        let bytes = world
            .blobs()
            .find(&key)
            .await?
            .ok_or_else(|| Error::bug(format!("the blob {} is gone", blob.hash)))?;
        cubes.push(cube::blob::decode(&bytes).map_err(Error::bug)?);
    }
    Ok(cubes)
}

fn gather(
    cube: &Cube,
    question: &Question,
    sums: &mut BTreeMap<(String, String), Sum>,
    without_resource: &mut Money,
) {
    let admitted = cube::admitted(cube, &question.filter, &[]);
    for tuple in 0..cube.tuples() {
        if !admitted.as_ref().is_none_or(|admitted| admitted.get(tuple).copied().unwrap_or(false)) {
            continue;
        }
        if value(cube, &Dimension::Resource, tuple).is_empty() {
            let in_range = cube.cells_of(tuple).filter(|cell| question.range.contains(cube.day_of(*cell)));
            *without_resource += in_range.map(|cell| figure(cube, question.metric, cell)).sum();
        } else {
            gather_tuple(cube, question, tuple, sums);
        }
    }
}

fn gather_tuple(cube: &Cube, question: &Question, tuple: usize, sums: &mut BTreeMap<(String, String), Sum>) {
    let key = (
        value(cube, &Dimension::Resource, tuple).to_owned(),
        value(cube, &Dimension::SubAccount, tuple).to_owned(),
    );
    let cells = cube.cells_of(tuple);
    let (Some(first), Some(last)) = (cells.clone().next(), cells.clone().last()) else { return };
    let (first, last) = (cube.day_of(first), cube.day_of(last));
    let sum = sums.entry(key).or_insert_with(|| Sum {
        service: value(cube, &Dimension::Service, tuple).to_owned(),
        region: value(cube, &Dimension::Region, tuple).to_owned(),
        tags: BTreeMap::new(),
        cost: Money::ZERO,
        previous: Money::ZERO,
        first,
        last,
    });
    sum.first = sum.first.min(first);
    sum.last = sum.last.max(last);
    for column in cube.columns() {
        if let Dimension::Tag(tag) = &column.dimension {
            let value = value(cube, &column.dimension, tuple);
            if !value.is_empty() {
                sum.tags.insert(tag.clone(), value.to_owned());
            }
        }
    }
    for cell in cells {
        let (day, cost) = (cube.day_of(cell), figure(cube, question.metric, cell));
        if question.range.contains(day) {
            sum.cost += cost;
        } else if question.previous.contains(day) {
            sum.previous += cost;
        }
    }
}

fn value<'a>(cube: &'a Cube, dimension: &Dimension, tuple: usize) -> &'a str {
    let Some(column) = cube.find_column(dimension) else { return "" };
    let code = column.codes.get(tuple).copied().unwrap_or(0);
    column.dictionary.get(code as usize).map_or("", String::as_str)
}

fn figure(cube: &Cube, metric: Metric, cell: usize) -> Money {
    cube.find_figures(metric).map_or(Money::ZERO, |figures| Money::from_units(figures.at(cell)))
}

fn row(resource: String, sub_account: String, sum: Sum, has_previous: bool) -> ResourceRow {
    ResourceRow {
        name: sum.tags.get("Name").cloned(),
        resource,
        service: sum.service,
        sub_account,
        region: sum.region,
        tags: sum.tags,
        cost: sum.cost,
        previous_cost: has_previous.then_some(sum.previous),
        first_seen: sum.first,
        last_seen: sum.last,
    }
}

fn matches(row: &ResourceRow, search: &str) -> bool {
    search.is_empty()
        || row.resource.to_lowercase().contains(search)
        || row.tags.iter().any(|(key, value)| format!("{key}={value}").to_lowercase().contains(search))
}

fn sort(rows: &mut [ResourceRow], by: &str) {
    let change = |row: &ResourceRow| row.cost - row.previous_cost.unwrap_or_default();
    rows.sort_by(|a, b| {
        let order = match by {
            "cost" => a.cost.cmp(&b.cost),
            "id" => a.resource.cmp(&b.resource),
            "-id" => b.resource.cmp(&a.resource),
            "change" => change(a).cmp(&change(b)),
            "-change" => change(b).cmp(&change(a)),
            _ => b.cost.cmp(&a.cost),
        };
        order.then_with(|| a.resource.cmp(&b.resource)).then_with(|| a.sub_account.cmp(&b.sub_account))
    });
}

/// Where the AWS console shows it, where that can be told from the id.
fn console_url(resource: &str, region: &str) -> Option<String> {
    let is_plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:/.*".contains(&byte));
    if !is_plain(resource) || !is_plain(region) {
        return None;
    }
    if resource.starts_with("arn:aws:") {
        return Some(format!("https://console.aws.amazon.com/go/view?arn={resource}"));
    }
    let ec2 = |page: &str| {
        Some(format!("https://{region}.console.aws.amazon.com/ec2/home?region={region}#{page}={resource}"))
    };
    match resource.split_once('-')?.0 {
        _ if region.is_empty() => None,
        "i" => ec2("InstanceDetails:instanceId"),
        "vol" => ec2("VolumeDetails:volumeId"),
        "nat" => Some(format!(
            "https://{region}.console.aws.amazon.com/vpcconsole/home?region={region}#NatGatewayDetails:natGatewayId={resource}"
        )),
        _ => None,
    }
}
