//! The Costs page: range, groups, filter, metric and comparison in the address; a chart and a table that agree.

pub mod csv;
pub mod draw;
pub mod drill;
mod table;
mod tools;

pub use table::{dimension_words, empty_words};

use cube::{Answer, Query};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};
use shared::Day;
use shared::view::{Compare, Drawn, Range, View};

use crate::charts::{Chart, save_picture};
use crate::format::{money, time};
use crate::frame::{NeedsFigures, Page, PageHead, Workspace};
use crate::pages::figures::{Asked, Figures};
use crate::pages::overview::source_badge;
use crate::widgets::{
    Announcer, Button, Card, Drawing, Glyph, Icon, Notice, NoticeKind, PanelError, PanelState, Skeleton, copy,
};
use shared::date_words::days_words;

/// `costs`
#[component]
pub fn Costs() -> impl IntoView {
    view! { <NeedsFigures title="Costs"><Inside/></NeedsFigures> }
}

#[component]
fn Inside() -> impl IntoView {
    let workspace = Workspace::of_page();
    let figures = Figures::load(workspace.id());
    let query = use_query_map();
    let read = Memo::new(move |_| View::read(|key| query.with(|query| query.get(key))));
    let view = Memo::new(move |_| read.get().0);
    let odd = Memo::new(move |_| {
        let (view, mut odd) = read.get();
        odd.extend(cube::not_understood(&view));
        odd
    });
    let navigate = use_navigate();
    let go = Callback::new(move |view: View| {
        let options = leptos_router::NavigateOptions { scroll: false, ..Default::default() };
        navigate(&format!("{}{}", workspace.page("costs"), view.write()), options);
    });
    let body = move || match (figures.today(), figures.trouble.get()) {
        (Some(today), _) => view! { <Answered figures view today go/> }.into_any(),
        (None, Some(error)) => {
            view! { <div class="card state"><PanelError error on_retry=move |()| figures.reload()/></div> }
                .into_any()
        }
        (None, None) => view! { <Skeleton/> }.into_any(),
    };
    let announcer = Announcer::of_page();
    let sub = Signal::derive(move || match figures.today() {
        Some(today) => {
            let view = view.get();
            let days = view.range.days(today);
            let against = view
                .compare
                .with(days)
                .map(|days| format!(" against {}", days_words(days)))
                .unwrap_or_default();
            format!("{}{against}, UTC days", days_words(days))
        }
        None => String::new(),
    });
    view! {
        <Page>
            <Crumbs view figures/>
            <PageHead title="Costs" sub=sub>
                <Button
                    label="Copy link"
                    icon=Icon::Link
                    on_press=move |()| copy(announcer, window().location().href().unwrap_or_default(), "Link copied")
                />
            </PageHead>
            {move || {
                let odd = odd.get();
                (!odd.is_empty()).then(|| view! {
                    <Notice kind=NoticeKind::Warn>{format!("Part of this link was not understood: {}.", odd.join(", "))}</Notice>
                })
            }}
            <tools::Tools figures view go/>
            {body}
        </Page>
    }
}

/// From all costs down to what is shown.
#[component]
fn Crumbs(view: Memo<View>, figures: Figures) -> impl IntoView {
    let workspace = Workspace::of_page();
    let href = move |view: &View| format!("{}{}", workspace.page("costs"), view.write());
    move || {
        let view = view.get();
        let steps = drill::crumbs(&view);
        let last = steps.len().checked_sub(1)?;
        let all = View { filter: String::new(), group_by: Vec::new(), ..view };
        let items = steps
            .into_iter()
            .enumerate()
            .map(|(place, (name, value, step))| {
                let label = figures.label(&name, &value);
                let shown = if place == last {
                    view! { <span aria-current="page">{label}</span> }.into_any()
                } else {
                    view! { <a href=href(&step)>{label}</a> }.into_any()
                };
                view! { <li><Glyph icon=Icon::ChevronRight/>{shown}</li> }
            })
            .collect_view();
        Some(view! {
            <nav aria-label="Drill-down">
                <ol class="crumbs"><li><a href=href(&all)>"All costs"</a></li>{items}</ol>
            </nav>
        })
    }
}

#[component]
fn Answered(figures: Figures, view: Memo<View>, today: Day, go: Callback<View>) -> impl IntoView {
    let full = Memo::new(move |_| Query::of(&view.get(), today, figures.currency()));
    let drawn = Memo::new(move |_| figures.ask_comparing(&Query { top: Some(view.get().top), ..full.get() }));
    // Totals and table compare complete days alone; without a comparison they show all there is.
    let compared = Memo::new(move |_| {
        let full = full.get();
        let complete_until = figures.complete_until(full.range);
        full.comparable(complete_until)
    });
    let whole = Memo::new(move |_| figures.ask_comparing(&compared.get()));
    let totals = move || match whole.get() {
        Asked::Answer(answer) => Some(draw::totals(&answer)),
        _ => None,
    };
    let chart = move || match drawn.get() {
        Asked::Loading => view! { <Skeleton/> }.into_any(),
        Asked::Unanswerable(error) => view! { <Unanswered error view today go/> }.into_any(),
        Asked::Answer(answer) if answer.groups.is_empty() => {
            view! { <Nothing figures view today go/> }.into_any()
        }
        Asked::Answer(answer) => {
            let view = view.get();
            // What consists of changes must show the days that are compared, and all of their groups.
            let compared = match (view.drawn, whole.get()) {
                (Drawn::Why, Asked::Answer(whole)) => Some(whole),
                _ => None,
            };
            view! { <Pictured answer=*answer compared=compared.map(|answer| *answer) figures view go/> }
                .into_any()
        }
    };
    let rows = move || match (whole.get(), drawn.get()) {
        (Asked::Answer(answer), Asked::Answer(drawn)) if !answer.groups.is_empty() => {
            let drawn = drawn.groups.into_iter().map(|group| group.key).collect();
            let range = compared.get().range;
            Some(view! { <table::Groups answer=*answer drawn figures view=view.get() range go/> })
        }
        _ => None,
    };
    let title = Signal::derive(move || {
        let names: Vec<String> =
            view.get().groups().iter().map(|name| table::dimension_words(name).to_lowercase()).collect();
        format!("Cost by {}", names.join(" and "))
    });
    let note = Signal::derive(move || {
        let full = full.get();
        let is_answered =
            !matches!(whole.get(), Asked::Answer(answer) if answer.total.previous_cost.is_none());
        draw::reach(full.range, &compared.get(), view.get().compare == Compare::Week, is_answered)
    });
    view! {
        <Card id="over-time" title note corner=ViewFn::from(move || view! { {totals} })>
            {chart}
            {source_badge(figures, Signal::derive(move || full.get().range))}
        </Card>
        {rows}
    }
}

#[component]
fn Pictured(
    answer: Answer,
    compared: Option<Answer>,
    figures: Figures,
    view: View,
    go: Callback<View>,
) -> impl IntoView {
    let names = view.groups();
    let by = names.iter().map(|name| table::dimension_words(name).to_lowercase()).collect::<Vec<_>>();
    let label =
        format!("Cost over time by {}, {} in total", by.join(" and "), money::dollars(answer.total.cost));
    let options = draw::options(compared.as_ref().unwrap_or(&answer), figures, &names, view.drawn);
    let legend = (view.drawn != Drawn::Why).then(|| draw::legend(&answer, figures, &names));
    let keys: Vec<Vec<String>> = answer.groups.iter().map(|group| group.key.clone()).collect();
    let pressed = view.clone();
    let on_press = move |place: usize| {
        if let Some(key) = keys.get(place).filter(|_| pressed.drawn != Drawn::Why) {
            let drilled = drill::into(&pressed, key);
            if drilled.group_by.iter().all(|name| name != "resource") {
                go.run(drilled);
            }
        }
    };
    view! {
        <Chart id="costs-chart" label=Signal::stored(label) options=Signal::stored(options) on_press/>
        <div class="card-foot">
            {legend}
            <Button label="PNG" icon=Icon::Download on_press=move |()| save_picture("costs-chart", "cloudthread-costs.png")/>
        </div>
        <draw::Days id="costs-days" answer figures names/>
    }
}

/// Nothing matches, or nothing was charged: two different facts.
#[component]
fn Nothing(figures: Figures, view: Memo<View>, today: Day, go: Callback<View>) -> impl IntoView {
    let view = view.get_untracked();
    let range = view.range.days(today);
    if view.filter.is_empty() && view.left_out.is_empty() {
        let is_complete = figures.complete_until(range) >= range.end;
        let end =
            if is_complete { "The data is complete." } else { "Some of these days are not delivered yet." };
        let text = format!("No charges from {}. {end}", days_words(range).replace('–', " to "));
        return view! { <PanelState drawing=Drawing::Filtered title="Nothing was charged" text/> }.into_any();
    }
    let all = View { filter: String::new(), left_out: Vec::new(), ..view };
    view! {
        <PanelState
            drawing=Drawing::Filtered
            title="No charges match"
            text=format!("No charges from {} match these filters.", days_words(range).replace('–', " to "))
        >
            <Button label="Clear filters" on_press=move |()| go.run(all.clone())/>
        </PanelState>
    }
    .into_any()
}

#[component]
fn Unanswered(error: cube::Unanswerable, view: Memo<View>, today: Day, go: Callback<View>) -> impl IntoView {
    let workspace = Workspace::of_page();
    let view = view.get_untracked();
    if view.range.days(today).is_empty() {
        let last = View { range: Range::LastMonth, ..view };
        return view! {
            <PanelState drawing=Drawing::Waiting title="No complete day this month yet" text="Figures of a day come the day after.">
                <Button label="Show last month" on_press=move |()| go.run(last.clone())/>
            </PanelState>
        }
        .into_any();
    }
    match error {
        cube::Unanswerable::Missing { missing, .. } => {
            let names: Vec<String> =
                missing.iter().map(|name| table::dimension_words(&name.to_string()).to_lowercase()).collect();
            let what =
                if names.is_empty() { "this".to_owned() } else { format!("cost by {}", names.join(" and ")) };
            let text = move || {
                let by =
                    workspace.connection.with(|view| view.as_ref().and_then(|view| view.report_expected_by));
                let expected =
                    by.map_or("it comes".to_owned(), |by| format!("expected by {}", time::with_utc(by)));
                format!("Cost Explorer does not tell {what} for these days. Needs the report, {expected}.")
            };
            let usual = View { group_by: Vec::new(), filter: String::new(), ..view };
            view! {
                {move || {
                    let usual = usual.clone();
                    view! {
                        <PanelState drawing=Drawing::Waiting title="Needs the report" text=text()>
                            <Button label="Show cost by service" on_press=move |()| go.run(usual.clone())/>
                        </PanelState>
                    }
                }}
            }
            .into_any()
        }
        cube::Unanswerable::NoFigures(first, end) => {
            let text = format!("No figures are held for {}.", days_words(shared::DayRange::new(first, end)));
            let usual = View { range: Range::default(), ..view };
            view! {
                <PanelState drawing=Drawing::Filtered title="Nothing is held for these days" text>
                    <Button label="Show the last 30 days" on_press=move |()| go.run(usual.clone())/>
                </PanelState>
            }
            .into_any()
        }
    }
}
