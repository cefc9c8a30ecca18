//! One resource in depth, over the page; the address names it, so that a link opens it.

use std::collections::BTreeMap;

use leptos::prelude::*;
use shared::DayRange;
use shared::api::{ResourceDetail, ResourceKey};
use shared::view::{Cost, Drawn, View};

use super::rows::moved;
use super::{Wish, badge_words, cost_head, metric_word};
use crate::api;
use crate::charts::{self, Chart, Plot, Series, Tick};
use crate::format::money;
use crate::frame::Workspace;
use crate::widgets::{Badge, Dialog, Glyph, Icon, Skeleton, TableScroll, load, loaded};
use shared::date_words::{days_words, short_day, weekday};

/// Usage types drawn by themselves.
const DRAWN: usize = 5;

/// The panel of the resource the address names, if it names one.
#[component]
pub fn Panel(
    /// What the address says.
    wish: Memo<Wish>,
    /// The days shown.
    range: Memo<Option<DayRange>>,
    /// Names of accounts.
    names: Memo<BTreeMap<String, String>>,
    /// Source, reach and status of these days, and whether they are estimated.
    source: Memo<Option<(String, bool)>>,
    /// Goes to another address.
    go: Callback<Wish>,
) -> impl IntoView {
    let workspace = Workspace::of_page();
    let key = Memo::new(move |_| {
        let (range, wish) = (range.get()?, wish.get());
        let (sub_account, id) = wish.view.open.split_once('/')?;
        Some(ResourceKey {
            id: id.to_owned(),
            sub_account: sub_account.to_owned(),
            r: format!("{}..{}", range.start, range.end),
            m: metric_word(wish.metric()),
        })
    });
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(key.with(Option::is_some)));
    // Closing it is an address, too.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        let now = wish.get_untracked();
        if was_open == Some(true) && !is_open && !now.view.open.is_empty() {
            go.run(Wish { view: View { open: String::new(), ..now.view }, ..now });
        }
        is_open
    });
    let detail = load(move || {
        let key = key.get();
        async move {
            match key {
                Some(key) => api::fetch_resource(&workspace.id(), &key).await.map(Some),
                None => Ok(None),
            }
        }
    });
    view! {
        <Dialog id="resource" title=Signal::stored("Resource".to_owned()) open wide=true>
            {loaded(detail, move |detail| match detail {
                Some(detail) => show(detail, &names.get(), source.get(), wish.with(Wish::metric)).into_any(),
                None => view! { <Skeleton/> }.into_any(),
            })}
        </Dialog>
    }
}

/// Daily cost by usage type; the smaller ones are Other.
fn plot(detail: &ResourceDetail) -> Plot {
    let ticks = detail
        .range
        .days()
        .map(|day| Tick {
            label: short_day(day),
            title: format!("{} {}", weekday(day), day.year()),
            is_labelled: detail.range.len() <= 14 || day == day.week_start(),
            ..Tick::default()
        })
        .collect();
    let days = usize::try_from(detail.range.len()).unwrap_or(0);
    let (drawn, rest) = detail.usage_types.split_at(detail.usage_types.len().min(DRAWN));
    let mut series: Vec<Series> = drawn
        .iter()
        .enumerate()
        .map(|(place, one)| Series {
            name: one.x_usage_type.clone(),
            values: one.daily.iter().copied().map(Some).collect(),
            colour: Some(place + 1),
        })
        .collect();
    if !rest.is_empty() {
        let sum = |day: usize| rest.iter().filter_map(|one| one.daily.get(day)).copied().sum();
        series.push(Series {
            name: format!("Other ({})", rest.len()),
            values: (0..days).map(|day| Some(sum(day))).collect(),
            colour: None,
        });
    }
    Plot { ticks, series, previous: None, seam: None, drawn: Drawn::Bars }
}

fn show(
    detail: ResourceDetail,
    names: &BTreeMap<String, String>,
    source: Option<(String, bool)>,
    metric: Cost,
) -> impl IntoView + use<> {
    let row = detail.row.clone();
    let account = match names.get(&row.sub_account) {
        Some(name) => format!("{name} ({})", row.sub_account),
        None => row.sub_account.clone(),
    };
    let place = if row.region.is_empty() {
        row.service.clone()
    } else {
        format!("{} in {}", row.service, row.region)
    };
    let cost = match metric {
        Cost::Effective => "effective cost",
        _ => "cost",
    };
    let label =
        format!("Daily {cost} by usage type of {}", row.name.clone().unwrap_or_else(|| row.resource.clone()));
    let options = charts::options(&plot(&detail));
    let tags = row
        .tags
        .iter()
        .map(|(key, value)| view! { <dt>{key.clone()}</dt><dd>{value.clone()}</dd> })
        .collect_view();
    let series = detail
        .usage_types
        .iter()
        .enumerate()
        .map(|(place, series)| {
            let swatch = if place < DRAWN { format!("swatch swatch--{}", place + 1) } else { "swatch swatch--other".to_owned() };
            let moved = moved(series.cost, series.previous_cost);
            view! {
                <tr><th scope="row"><span class="cell"><span class=swatch></span>{series.x_usage_type.clone()}</span></th><td class="n">{money::dollars(series.cost)}</td><td class="n">{moved}</td></tr>
            }
        })
        .collect_view();
    view! {
        <div class="stack-4">
            <p class="panel-title">{row.name.clone().unwrap_or_else(|| row.resource.clone())}</p>
            <p class="panel-value">{money::dollars(row.cost)}</p>
            <p class="second">{format!("{}, {place}, {account}", days_words(detail.range))}</p>
            {source.map(|(text, estimated)| view! { <div><Badge text=Signal::stored(badge_words(&text, metric)) estimated=Signal::stored(estimated)/></div> })}
            <dl class="facts">
                <dt>"Id"</dt><dd class="mono">{row.resource.clone()}</dd>
                <dt>"Seen"</dt><dd>{format!("{} to {}", short_day(row.first_seen), short_day(row.last_seen))}</dd>
                {tags}
            </dl>
            <Chart id="resource-chart" label=Signal::stored(label) options=Signal::stored(options)/>
            <TableScroll labelled_by="resource">
                <table class="table table--panel">
                    <thead><tr><th scope="col">"Usage type"</th><th scope="col" class="n">{cost_head(metric)}</th><th scope="col" class="n">"Change"</th></tr></thead>
                    <tbody>{series}</tbody>
                </table>
            </TableScroll>
            {detail.console_url.map(|url| view! { <a class="button" href=url target="_blank" rel="noopener external"><Glyph icon=Icon::External/>"Open in the AWS console"</a> })}
        </div>
    }
}
