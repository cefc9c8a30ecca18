//! Cost per resource, searched and paged by the edge; a panel shows one in depth.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};
use shared::Money;
use shared::api::{ResourceDetail, ResourceKey, ResourcePage, ResourceQuery, ResourceRow};
use shared::view::{Drawn, Range, View};

use crate::api;
use crate::charts::{self, Chart, Plot, Series, Tick};
use crate::format::{money, time};
use crate::frame::{NeedsFigures, Page, PageHead, Workspace};
use crate::pages::figures::{change, days_words, short_day, weekday};
use crate::pages::overview::RangePicker;
use crate::widgets::{Badge, Change, Dialog, Drawing, Glyph, Icon, PanelState, TableScroll, load, loaded};

/// Usage types drawn by themselves.
const DRAWN: usize = 5;

/// Tags shown in a row; the panel shows all.
const TAGS: usize = 2;

/// `resources`
#[component]
pub fn Resources() -> impl IntoView {
    let workspace = Workspace::of_page();
    let is_open = Memo::new(move |_| {
        workspace.connection.with(|view| view.as_ref().is_some_and(|view| view.has_report))
    });
    view! {
        <NeedsFigures title="Resources">
            {move || if is_open.get() { view! { <Inside/> }.into_any() } else { view! { <NotYet/> }.into_any() }}
        </NeedsFigures>
    }
}

#[component]
fn NotYet() -> impl IntoView {
    let workspace = Workspace::of_page();
    let text = move || {
        let by = workspace.connection.with(|view| view.as_ref().and_then(|view| view.report_expected_by));
        let expected = by.map(|by| format!(" Expected by {}.", time::with_utc(by))).unwrap_or_default();
        format!(
            "Resource detail needs the report (AWS Cost and Usage Report, CUR).{expected} You can close this page; we will e-mail you."
        )
    };
    view! {
        <Page>
            <PageHead title="Resources"/>
            <div class="card state">
                {move || view! {
                    <PanelState drawing=Drawing::Waiting title="The report is on its way" text=text()>
                        <a class="button" href=workspace.page("connect")>"See the timeline"</a>
                    </PanelState>
                }}
            </div>
        </Page>
    }
}

#[component]
fn Inside() -> impl IntoView {
    let workspace = Workspace::of_page();
    let query = use_query_map();
    let view = Memo::new(move |_| View::read(|key| query.with(|query| query.get(key))).0);
    let text = move |key: &str| query.with(|query| query.get(key)).unwrap_or_default();
    let search = Memo::new(move |_| text("q"));
    let sort = Memo::new(move |_| text("s"));
    let page = Memo::new(move |_| text("page").parse::<u32>().unwrap_or(1));
    let untagged = Memo::new(move |_| text("untagged") == "true");
    let index = load(move || async move { api::fetch_data(&workspace.id()).await });
    let today = Memo::new(move |_| index.get().and_then(Result::ok).map(|index| index.today));
    let names = Memo::new(move |_| {
        index.get().and_then(Result::ok).map(|index| index.account_names).unwrap_or_default()
    });
    let months = Memo::new(move |_| {
        let index = index.get().and_then(Result::ok)?;
        let own = index.periods.iter().filter(|period| period.source == shared::api::Source::Report);
        let all: Vec<_> = own.map(|period| period.period).collect();
        Some((*all.first()?, *all.last()?))
    });
    // Only months of the report know resources: the range is cut to them.
    let range = Memo::new(move |_| {
        let (today, (first, last)) = (today.get()?, months.get()?);
        let wished = view.get().range.days(today);
        let held = shared::DayRange::new(first.first_day(), last.days().end.min(today.plus(1)));
        let cut = wished.intersect(held);
        Some(if cut.is_empty() { held } else { cut })
    });
    let asked = Memo::new(move |_| {
        let range = range.get()?;
        Some(ResourceQuery {
            r: format!("{}..{}", range.start, range.end),
            f: view.get().filter,
            q: search.get(),
            s: sort.get(),
            page: page.get(),
            m: String::new(),
            untagged: untagged.get(),
        })
    });
    let found = load(move || {
        let asked = asked.get();
        async move {
            match asked {
                Some(asked) => api::fetch_resources(&workspace.id(), &asked).await.map(Some),
                None => Ok(None),
            }
        }
    });
    let navigate = use_navigate();
    let go = Callback::new(move |changes: Vec<(&'static str, String)>| {
        let mut view_query = view.get_untracked().write();
        let mut extra: Vec<(&str, String)> = vec![
            ("q", search.get_untracked()),
            ("s", sort.get_untracked()),
            ("page", String::new()),
            ("untagged", if untagged.get_untracked() { "true".to_owned() } else { String::new() }),
        ];
        for (key, value) in changes {
            if key == "r" {
                let range = Range::RELATIVE
                    .into_iter()
                    .find(|(_, word, _)| *word == value)
                    .map(|(range, ..)| range)
                    .unwrap_or_default();
                view_query = View { range, ..view.get_untracked() }.write();
            } else if let Some(slot) = extra.iter_mut().find(|(known, _)| *known == key) {
                slot.1 = value;
            }
        }
        let mut address = format!("{}{view_query}", workspace.page("resources"));
        for (key, value) in extra.into_iter().filter(|(_, value)| !value.is_empty()) {
            address.push(if address.contains('?') { '&' } else { '?' });
            address.push_str(&format!("{key}={}", api::encode(&value)));
        }
        navigate(
            &address,
            leptos_router::NavigateOptions { scroll: false, replace: true, ..Default::default() },
        );
    });
    let opened = RwSignal::new(None::<ResourceKey>);
    let sub = Signal::derive(move || {
        range.get().map(|range| format!("{}, UTC days", days_words(range))).unwrap_or_default()
    });
    view! {
        <Page>
            <PageHead title="Resources" sub=sub/>
            <section class="card card--tool" aria-label="View">
                <div class="toolbar">
                    <RangePicker value=Signal::derive(move || view.get().range) on_change=move |range: Range| go.run(vec![("r", range.word())])/>
                    <label class="input input--search">
                        <span class="tool-icon"><Glyph icon=Icon::Search/></span>
                        <input
                            type="search"
                            aria-label="Search by id, name or tag"
                            placeholder="Id, name or tag"
                            prop:value=search
                            on:change=move |event| go.run(vec![("q", event_target_value(&event))])
                        />
                    </label>
                    <label class="row">
                        <input
                            class="check"
                            type="checkbox"
                            prop:checked=untagged
                            on:change=move |event| go.run(vec![("untagged", if event_target_checked(&event) { "true".to_owned() } else { String::new() })])
                        />
                        "Untagged only"
                    </label>
                    <label class="select">
                        <span class="k">"Sort"</span>
                        <select on:change=move |event| go.run(vec![("s", event_target_value(&event))])>
                            {[("", "highest cost"), ("cost", "lowest cost"), ("-change", "largest rise"), ("change", "largest fall"), ("id", "id")]
                                .into_iter()
                                .map(|(word, label)| view! { <option value=word selected=move || sort.get() == word>{label}</option> })
                                .collect_view()}
                        </select>
                    </label>
                </div>
            </section>
            <section class="card card--flush" aria-labelledby="resources">
                {loaded(found, move |page| page.map(|page| view! { <Rows page names=names.get() opened go/> }))}
            </section>
            <Panel opened range/>
        </Page>
    }
}

#[component]
fn Rows(
    page: ResourcePage,
    names: BTreeMap<String, String>,
    opened: RwSignal<Option<ResourceKey>>,
    go: Callback<Vec<(&'static str, String)>>,
) -> impl IntoView {
    if page.matches == 0 {
        return view! {
            <h2 id="resources" class="visually-hidden">"Resources"</h2>
            <div class="state"><PanelState drawing=Drawing::Filtered title="No resource matches" text="Change the search or the range."/></div>
        }
        .into_any();
    }
    let range = format!("{}..{}", page.range.start, page.range.end);
    let pages = page.matches.div_ceil(100);
    let (is_first, is_last) = (page.page <= 1, u64::from(page.page) >= pages);
    let (number, cost, without) = (page.page, page.cost, page.without_resource);
    let moved = moved(cost, page.previous_cost);
    let note = match page.previous {
        Some(previous) => format!("{} against {}. ", days_words(page.range), days_words(previous)),
        None => String::new(),
    };
    let note = format!("{note}{} more has no resource id.", money::dollars(without));
    let status = if page.is_final { "final" } else { "estimated" };
    let badge = format!("Report · through {} UTC · {status}", short_day(page.known_until.plus(-1)));
    let is_estimated = !page.is_final;
    let rows = page
        .rows
        .into_iter()
        .map(|row| view! { <Row row names=names.clone() range=range.clone() opened/> })
        .collect_view();
    view! {
        <div class="card-head">
            <div>
                <h2 id="resources">{format!("{} resources", money::count(page.matches))}</h2>
                <p>{note}</p>
            </div>
            <Badge text=Signal::stored(badge) estimated=Signal::stored(is_estimated)/>
        </div>
        <TableScroll labelled_by="resources">
            <table class="table table--two">
                <thead>
                    <tr>
                        <th scope="col">"Resource"</th>
                        <th scope="col" class="col-wide">"Service"</th>
                        <th scope="col" class="col-wide">"Tags"</th>
                        <th scope="col" class="n">"Cost"</th>
                        <th scope="col" class="n">"Change"</th>
                    </tr>
                </thead>
                <tbody>
                    <tr class="total">
                        <th scope="row">"All resources"</th>
                        <td class="col-wide"></td>
                        <td class="col-wide"></td>
                        <td class="n">{money::dollars(cost)}</td>
                        <td class="n">{moved}</td>
                    </tr>
                    {rows}
                </tbody>
            </table>
        </TableScroll>
        {(pages > 1).then(|| view! {
            <div class="card-foot">
                <span class="small muted">{format!("Page {number} of {pages}")}</span>
                <div class="row">
                    <button class="button" type="button" disabled=is_first on:click=move |_| go.run(vec![("page", (number - 1).to_string())])>"Previous"</button>
                    <button class="button" type="button" disabled=is_last on:click=move |_| go.run(vec![("page", (number + 1).to_string())])>"Next"</button>
                </div>
            </div>
        })}
    }
    .into_any()
}

#[component]
fn Row(
    row: ResourceRow,
    names: BTreeMap<String, String>,
    range: String,
    opened: RwSignal<Option<ResourceKey>>,
) -> impl IntoView {
    let moved = moved(row.cost, row.previous_cost);
    let key = ResourceKey {
        id: row.resource.clone(),
        sub_account: row.sub_account.clone(),
        r: range,
        m: String::new(),
    };
    let account = names.get(&row.sub_account).cloned().unwrap_or_else(|| row.sub_account.clone());
    let place = format!("{account} · {}", row.region);
    // A name is the row's title already.
    let told = |key: &String| !(key.eq_ignore_ascii_case("name") && row.name.is_some());
    let hidden = row.tags.keys().filter(|key| told(key)).count().saturating_sub(TAGS);
    let tags = if row.tags.is_empty() {
        view! { <span class="tag tag--none">"untagged"</span> }.into_any()
    } else {
        let shown = row.tags.iter().filter(|(key, _)| told(key)).take(TAGS).map(|(key, value)| {
            view! { <span class="tag">{key.clone()}" "<b>{value.clone()}</b></span> }
        });
        let more = (hidden > 0).then(|| view! { <span class="small muted">{format!("+{hidden}")}</span> });
        view! { {shown.collect_view()} {more} }.into_any()
    };
    let title = row.name.clone().unwrap_or_else(|| row.resource.clone());
    view! {
        <tr>
            <th scope="row">
                <button class="link" type="button" on:click=move |_| opened.set(Some(key.clone()))>{title}</button>
                <span class="sub mono clip" title=row.resource.clone()>{row.resource.clone()}</span>
            </th>
            <td class="col-wide">{row.service}<span class="sub">{place}</span></td>
            <td class="col-wide"><span class="cell">{tags}</span></td>
            <td class="n">{money::dollars(row.cost)}</td>
            <td class="n">{moved}</td>
        </tr>
    }
}

/// The change against the days before, where those are known.
fn moved(cost: Money, before: Option<Money>) -> AnyView {
    match before {
        Some(before) => {
            let (direction, amount, percent) = change(cost, before);
            view! { <Change direction amount percent/> }.into_any()
        }
        None => view! { <span class="muted" title="The report does not hold the days before.">"—"</span> }
            .into_any(),
    }
}

/// One resource in depth, over the page.
#[component]
fn Panel(opened: RwSignal<Option<ResourceKey>>, range: Memo<Option<shared::DayRange>>) -> impl IntoView {
    let workspace = Workspace::of_page();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(opened.with(Option::is_some)));
    Effect::new(move |_| {
        // Only when there is one: setting it wakes the effect above, which would wake this one for ever.
        if !open.get() && opened.with_untracked(Option::is_some) {
            opened.set(None);
        }
    });
    let detail = load(move || {
        let key = opened.get();
        async move {
            match key {
                Some(key) => api::fetch_resource(&workspace.id(), &key).await.map(Some),
                None => Ok(None),
            }
        }
    });
    let _ = range;
    view! {
        <Dialog id="resource" title=Signal::stored("Resource".to_owned()) open wide=true>
            {loaded(detail, |detail| detail.map(show))}
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
            title: format!("{} {}", weekday(day), day.date().year()),
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

fn show(detail: ResourceDetail) -> impl IntoView {
    let row = detail.row.clone();
    let label =
        format!("Daily cost by usage type of {}", row.name.clone().unwrap_or_else(|| row.resource.clone()));
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
            <p class="second">{format!("{}, {} in {}, {}", days_words(detail.range), row.service, row.region, row.sub_account)}</p>
            <dl class="facts">
                <dt>"Id"</dt><dd class="mono">{row.resource.clone()}</dd>
                <dt>"Seen"</dt><dd>{format!("{} to {}", short_day(row.first_seen), short_day(row.last_seen))}</dd>
                {tags}
            </dl>
            <Chart id="resource-chart" label=Signal::stored(label) options=Signal::stored(options)/>
            <TableScroll labelled_by="resource">
                <table class="table table--panel">
                    <thead><tr><th scope="col">"Usage type"</th><th scope="col" class="n">"Cost"</th><th scope="col" class="n">"Change"</th></tr></thead>
                    <tbody>{series}</tbody>
                </table>
            </TableScroll>
            {detail.console_url.map(|url| view! { <a class="button" href=url target="_blank" rel="noopener external"><Glyph icon=Icon::External/>"Open in the AWS console"</a> })}
        </div>
    }
}
