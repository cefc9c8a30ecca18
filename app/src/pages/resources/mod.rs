//! Cost per resource, searched and paged by the edge; a panel shows one in depth. What is shown is the address.

mod export;
mod panel;
mod rows;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use shared::DayRange;
use shared::api::{ConnectionState, ResourceQuery, Source};
use shared::view::{Cost, View};

use crate::api;
use crate::format::time;
use crate::frame::{NeedsFigures, Page, PageHead, Workspace};
use crate::pages::costs::{dimension_words, empty_words};
use crate::pages::figures::source_words;
use crate::pages::filter_chips::Chips;
use crate::pages::pick::{MetricPick, metric_name};
use crate::pages::range_picker::RangePicker;
use crate::widgets::{Drawing, Glyph, Icon, Notice, PanelState, Skeleton, load, loaded};
use shared::date_words::days_words;

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
    let has_ended = Memo::new(move |_| {
        workspace.connection.with(|view| {
            view.as_ref().is_some_and(|view| {
                matches!(view.state, ConnectionState::Disconnecting | ConnectionState::Disconnected)
            })
        })
    });
    let title = move || if has_ended.get() { "No report is held" } else { "The report is on its way" };
    let text = move || {
        if has_ended.get() {
            return "Resource detail needs the report (AWS Cost and Usage Report, CUR). None was read before the connection ended.".to_owned();
        }
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
                    <PanelState drawing=Drawing::Waiting title=title() text=text()>
                        <a class="button" href=workspace.page("connect")>"See the timeline"</a>
                    </PanelState>
                }}
            </div>
        </Page>
    }
}

/// The figures that are held of resources.
const METRICS: &[Cost] = &[Cost::Billed, Cost::Effective];

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// The view.
    pub view: View,
    /// Whether only untagged resources count.
    pub is_untagged: bool,
    /// Dimensions the link had filters on, which resources are not told apart by.
    pub left_out: Vec<String>,
}

impl Wish {
    fn read(find: impl Fn(&str) -> Option<String>) -> Self {
        let is_untagged = find("untagged").as_deref() == Some("true");
        let out = find("out").unwrap_or_default();
        // Only what may have been left out: an address puts no other words on the page.
        let is_unknown =
            |name: &&str| name.parse().is_ok_and(|dimension| !cube::resources::knows(&dimension));
        let left_out = out.split(',').filter(is_unknown).map(str::to_owned).collect();
        Self { view: View::read(find).0, is_untagged, left_out }
    }

    /// The query of its address.
    pub fn write(&self) -> String {
        let mut query = self.view.write();
        let mut add = |word: &str| {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(word);
        };
        if self.is_untagged {
            add("untagged=true");
        }
        if !self.left_out.is_empty() {
            let names: Vec<String> = self.left_out.iter().map(|name| api::encode(name)).collect();
            add(&format!("out={}", names.join(",")));
        }
        query
    }

    /// The figure that is shown: billed cost where another than is held was wished.
    pub fn metric(&self) -> Cost {
        if METRICS.contains(&self.view.cost) { self.view.cost } else { Cost::Billed }
    }

    /// Says what of the link is not shown, if anything is not.
    fn notice(&self) -> Option<String> {
        let metric = (self.metric() != self.view.cost).then(|| {
            let wished = metric_name(self.view.cost).to_lowercase();
            format!("Resources have billed and effective cost: billed is shown instead of {wished}.")
        });
        let words: Vec<String> = self.without_filters().into_iter().chain(metric).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    fn without_filters(&self) -> Option<String> {
        let names: Vec<String> =
            self.left_out.iter().map(|name| dimension_words(name).to_lowercase()).collect();
        let end = match names.len() {
            0 => return None,
            1 => "that filter was",
            _ => "those filters were",
        };
        Some(format!("Not told apart by {}: {end} left out.", names.join(" and ")))
    }

    /// The first page of another view, with no row opened.
    fn with(self, change: impl FnOnce(&mut View)) -> Self {
        let mut view = View { page: 1, open: String::new(), ..self.view };
        change(&mut view);
        Self { view, ..self }
    }
}

#[component]
fn Inside() -> impl IntoView {
    let workspace = Workspace::of_page();
    let query = use_query_map();
    let wish = Memo::new(move |_| Wish::read(|key| query.with(|query| query.get(key))));
    let index = load(move || async move { api::fetch_data(&workspace.id()).await });
    let today = Memo::new(move |_| index.get().and_then(Result::ok).map(|index| index.today));
    let names = Memo::new(move |_| {
        index.get().and_then(Result::ok).map(|index| index.account_names).unwrap_or_default()
    });
    let months = Memo::new(move |_| {
        let index = index.get().and_then(Result::ok)?;
        let own = index.periods.iter().filter(|period| period.source == Source::Report);
        let all: Vec<_> = own.map(|period| period.period).collect();
        Some((*all.first()?, *all.last()?))
    });
    // Only months of the report know resources: the range is cut to them.
    let range = Memo::new(move |_| {
        let (today, (first, last)) = (today.get()?, months.get()?);
        let wished = wish.get().view.range.days(today);
        let held = DayRange::new(first.first_day(), last.days().end.min(today.plus(1)));
        let cut = wished.intersect(held);
        Some(if cut.is_empty() { held } else { cut })
    });
    let source = Memo::new(move |_| {
        let (index, range) = (index.get().and_then(Result::ok)?, range.get()?);
        Some(source_words(&index.periods, range, time::browser_now()))
    });
    let asked = Memo::new(move |_| {
        let (range, wish) = (range.get()?, wish.get());
        let (m, Wish { view, is_untagged, .. }) = (metric_word(wish.metric()), wish);
        Some(ResourceQuery {
            r: format!("{}..{}", range.start, range.end),
            f: view.filter,
            q: view.search,
            s: view.sort,
            page: view.page,
            m,
            untagged: is_untagged,
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
    let go = Callback::new(move |wish: Wish| {
        let address = format!("{}{}", workspace.page("resources"), wish.write());
        navigate(&address, NavigateOptions { scroll: false, ..Default::default() });
    });
    let change = move |change: &dyn Fn(&mut View)| go.run(wish.get_untracked().with(change));
    let sub = Signal::derive(move || {
        range.get().map(|range| format!("{}, UTC days", days_words(range))).unwrap_or_default()
    });
    // Accounts have names here; everything else is shown as it is.
    let label = Callback::new(move |(dimension, value): (String, String)| match dimension.as_str() {
        name if value.is_empty() => empty_words(name),
        "sub_account" => names.get().get(&value).cloned().unwrap_or(value),
        _ => value,
    });
    view! {
        <Page>
            <PageHead title="Resources" sub=sub/>
            {move || wish.with(Wish::notice).map(|words| view! { <Notice>{words}</Notice> })}
            <section class="card card--tool" aria-label="View">
                <div class="toolbar">
                    <RangePicker
                        value=Signal::derive(move || wish.get().view.range)
                        today=today
                        on_change=move |range| change(&|view| view.range = range)
                    />
                    <MetricPick
                        offered=METRICS
                        value=Signal::derive(move || wish.get().metric())
                        on_change=move |cost| change(&|view| view.cost = cost)
                    />
                    <label class="input input--s input--search">
                        <span class="tool-icon"><Glyph icon=Icon::Search/></span>
                        <input
                            type="search"
                            aria-label="Search by id, name or tag"
                            placeholder="Id, name or tag"
                            prop:value=move || wish.get().view.search
                            on:change=move |event| change(&|view| view.search = event_target_value(&event))
                        />
                    </label>
                    <label class="row">
                        <input
                            class="check"
                            type="checkbox"
                            prop:checked=move || wish.get().is_untagged
                            on:change=move |event| {
                                go.run(Wish { is_untagged: event_target_checked(&event), ..wish.get_untracked().with(|_| ()) });
                            }
                        />
                        "Untagged only"
                    </label>
                </div>
                <Show when=move || !wish.get().view.filter.is_empty()>
                    <div class="toolbar toolbar--filters">
                        <Chips
                            filter=Signal::derive(move || wish.get().view.filter)
                            label
                            on_change=move |filter: String| {
                                let now = wish.get_untracked().with(|view| view.filter = filter);
                                go.run(Wish { left_out: Vec::new(), ..now });
                            }
                        />
                    </div>
                </Show>
            </section>
            <section class="card card--flush" aria-labelledby="resources">
                {loaded(found, move |page| match page {
                    Some(page) => view! { <rows::Rows page names=names.get() asked wish go/> }.into_any(),
                    None => view! { <Skeleton/> }.into_any(),
                })}
            </section>
            <panel::Panel wish range names source go/>
        </Page>
    }
}

/// A metric as the edge is asked for it; the usual one needs no word.
fn metric_word(cost: Cost) -> String {
    if cost == Cost::default() { String::new() } else { cost.word().to_owned() }
}

/// Source, reach and status, and the metric unless it is the usual one.
fn badge_words(words: &str, cost: Cost) -> String {
    if cost == Cost::default() {
        return words.to_owned();
    }
    format!("{words} · {} cost", metric_name(cost).to_lowercase())
}

/// The head of a column of cost.
const fn cost_head(cost: Cost) -> &'static str {
    if matches!(cost, Cost::Effective) { "Effective cost" } else { "Cost" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_everything_and_a_change_begins_at_the_first_page() {
        let address = "?r=last-7d&s=-change&q=web&page=3&id=1/i-0a&untagged=true";
        let find = |key: &str| {
            let pairs = address.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(own, _)| *own == key).map(|(_, value)| value.to_owned())
        };
        let wish = Wish::read(find);
        assert_eq!((wish.view.page, wish.is_untagged, wish.view.open.as_str()), (3, true, "1/i-0a"));
        assert!(wish.write().ends_with("&untagged=true"), "{}", wish.write());
        let changed = wish.with(|view| view.search = "api".to_owned());
        assert_eq!((changed.view.page, changed.view.open.as_str(), changed.is_untagged), (1, "", true));
        assert_eq!(Wish { is_untagged: true, ..Wish::default() }.write(), "?untagged=true");
        assert_eq!(Wish::default().write(), "");
    }

    #[test]
    fn a_metric_that_resources_do_not_have_is_said_and_not_asked_for() {
        let check = |word: &str, metric: Cost, notice: Option<&str>| {
            let wish = Wish::read(|key| (key == "m").then(|| word.to_owned()));
            assert_eq!((wish.metric(), wish.notice().as_deref()), (metric, notice), "{word}");
            assert_eq!(metric_word(metric), if metric == Cost::Billed { "" } else { word });
        };
        check("", Cost::Billed, None);
        check("effective", Cost::Effective, None);
        let said = "Resources have billed and effective cost: billed is shown instead of net effective.";
        check("net-effective", Cost::Billed, Some(said));
        assert_eq!(badge_words("Report · final", Cost::Effective), "Report · final · effective cost");
        assert_eq!(badge_words("Report · final", Cost::Billed), "Report · final");
    }

    #[test]
    fn what_a_link_had_to_leave_out_is_said_and_kept() {
        let check = |out: &str, kept: &str, notice: Option<&str>| {
            let wish = Wish::read(|key| (key == "out").then(|| out.to_owned()));
            assert_eq!((wish.left_out.join(","), wish.notice().as_deref()), (kept.to_owned(), notice));
            let written = if kept.is_empty() { String::new() } else { format!("?out={kept}") };
            assert_eq!(wish.write(), written);
        };
        check("", "", None);
        check("x_operation", "x_operation", Some("Not told apart by operation: that filter was left out."));
        check(
            "x_operation,charge_category",
            "x_operation,charge_category",
            Some("Not told apart by operation and charge category: those filters were left out."),
        );
        // What no link of ours says is not said.
        check("service,tag.team,Send money to us", "", None);
    }
}
