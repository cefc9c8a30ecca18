//! The Costs page: range, groups, filter, metric and comparison in the address; a chart and a table that agree.

pub mod csv;
pub mod draw;
mod table;
mod tools;

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};
use shared::view::{Drawn, View};

use crate::charts::Chart;
use crate::format::money;
use crate::frame::{NeedsFigures, Page, PageHead, Workspace};
use crate::pages::figures::{Asked, Figures, change, compile, days_words};
use crate::pages::overview::source_badge;
use crate::widgets::{Card, Change, Drawing, Notice, NoticeKind, PanelError, PanelState, Skeleton};

/// Groups drawn by themselves.
const DRAWN: usize = 8;

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
        odd.extend(view.filter.parse::<cube::Filter>().is_err().then(|| format!("f={}", view.filter)));
        odd.extend(
            view.group_by
                .iter()
                .filter(|name| name.parse::<cube::Dimension>().is_err())
                .map(|name| format!("g={name}")),
        );
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
            <PageHead title="Costs" sub=sub/>
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

#[component]
fn Answered(figures: Figures, view: Memo<View>, today: shared::Day, go: Callback<View>) -> impl IntoView {
    let drawn =
        Memo::new(move |_| figures.ask(&compile(&view.get(), today, figures.currency(), Some(DRAWN))));
    let whole = Memo::new(move |_| figures.ask(&compile(&view.get(), today, figures.currency(), None)));
    let totals = move || match drawn.get() {
        Asked::Answer(answer) => {
            let now = answer.total.cost;
            Some(view! {
                <dl class="totals">
                    <div><dt>"Total"</dt><dd data-testid="costs-total">{money::dollars(now)}</dd></div>
                    {answer.total.previous_cost.map(|previous| {
                        let (direction, amount, percent) = change(now, previous);
                        view! {
                            <div class="prev"><dt>"Before"</dt><dd>{money::dollars(previous)}</dd></div>
                            <div><dt>"Change"</dt><dd class="dd-change"><Change direction amount percent/></dd></div>
                        }
                    })}
                </dl>
            })
        }
        _ => None,
    };
    let chart = move || {
        match drawn.get() {
        Asked::Loading => view! { <Skeleton/> }.into_any(),
        Asked::Unanswerable(error) => unanswerable(&error).into_any(),
        Asked::Answer(answer) if answer.groups.is_empty() => view! {
            <PanelState drawing=Drawing::Filtered title="No charges match" text="Nothing was charged in this range with this filter."/>
        }
        .into_any(),
        Asked::Answer(answer) => {
            let groups = view.get().groups();
            let label = format!("Cost over time by {}, {} in total", groups.join(" and "), money::dollars(answer.total.cost));
            let options = draw::options(&answer, figures, &groups, view.get().drawn == Drawn::Lines);
            let legend = draw::legend(&answer, figures, &groups);
            view! {
                <Chart label=Signal::stored(label) options=Signal::stored(options)/>
                <div class="card-foot">{legend}</div>
            }
            .into_any()
        }
    }
    };
    let rows = move || match whole.get() {
        Asked::Answer(answer) if !answer.groups.is_empty() => {
            Some(view! { <table::Groups answer=*answer figures view=view.get() go today/> })
        }
        _ => None,
    };
    let range = Memo::new(move |_| view.get().range.days(today));
    view! {
        <Card id="over-time" title="Cost over time" note=Signal::derive(move || draw::metric_words(view.get().cost).to_owned()) corner=totals>
            {chart}
            {move || source_badge(figures, range.get())}
        </Card>
        {rows}
    }
}

fn unanswerable(error: &cube::Unanswerable) -> impl IntoView + use<> {
    let text = match error {
        cube::Unanswerable::Missing { missing, .. } => {
            let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
            format!(
                "Cost Explorer does not tell cost by {} for these days. The report does: choose other groups, or wait for it.",
                names.join(" and ")
            )
        }
        cube::Unanswerable::NoFigures(..) => {
            "Nothing is held for these days. Choose a later range.".to_owned()
        }
    };
    view! { <PanelState drawing=Drawing::Waiting title="Needs the report" text/> }
}
