//! Every day of the range by service, against the days it is compared with.

use cube::Query;
use leptos::prelude::*;
use shared::Day;
use shared::view::{Compare, Drawn, View};

use super::key_figures::Source;
use crate::charts::Chart;
use crate::format::money;
use crate::frame::Workspace;
use crate::pages::costs::draw;
use crate::pages::figures::{Asked, Figures};
use crate::widgets::{ButtonLink, Card, Skeleton};

/// Groups that are drawn by themselves.
pub const DRAWN: usize = 5;

/// The card.
#[component]
pub fn Daily(
    /// What is held.
    figures: Figures,
    /// The view.
    view: Memo<View>,
    /// The edge's day.
    today: Day,
) -> impl IntoView {
    let workspace = Workspace::of_page();
    let full = Memo::new(move |_| Query::of(&view.get(), today, figures.currency()));
    let asked = Memo::new(move |_| figures.ask_comparing(&Query { top: Some(DRAWN), ..full.get() }));
    let compared = Memo::new(move |_| {
        let full = full.get();
        let complete_until = figures.complete_until(full.range);
        full.comparable(complete_until)
    });
    let whole = Memo::new(move |_| figures.ask_comparing(&compared.get()));
    let note = Signal::derive(move || {
        let is_answered =
            !matches!(whole.get(), Asked::Answer(answer) if answer.total.previous_cost.is_none());
        draw::reach(full.get().range, &compared.get(), view.get().compare == Compare::Week, is_answered)
    });
    let totals = move || match whole.get() {
        Asked::Answer(answer) => Some(draw::totals(&answer)),
        _ => None,
    };
    let body = move || match asked.get() {
        Asked::Loading => view! { <Skeleton/> }.into_any(),
        Asked::Unanswerable(_) => view! { <p class="second">"No figures for these days yet."</p> }.into_any(),
        Asked::Answer(answer) => {
            let names = view.get().groups();
            let label = format!("Cost by day and service, {} in total", money::dollars(answer.total.cost));
            let options = draw::options(&answer, figures, &names, Drawn::Bars);
            let legend = draw::legend(&answer, figures, &names);
            let costs = format!("{}{}", workspace.page("costs"), view.get().write());
            view! {
                <Chart id="daily-chart" label=Signal::stored(label) options=Signal::stored(options)/>
                <div class="card-foot">
                    {legend}
                    <div class="row"><ButtonLink label="Open in Costs" href=costs/></div>
                </div>
                <draw::Days id="daily-days" answer=*answer figures names/>
            }
            .into_any()
        }
    };
    view! {
        <Card id="daily" title="Daily cost by service" note=note corner=ViewFn::from(move || view! { {totals} })>
            {body}
            <Source figures range=Signal::derive(move || full.get().range)/>
        </Card>
    }
}
