//! Every day of the range by service, against the days it is compared with.

use leptos::prelude::*;
use shared::Day;
use shared::view::View;

use super::key_figures::Source;
use crate::charts::Chart;
use crate::format::money;
use crate::frame::Workspace;
use crate::pages::costs::draw;
use crate::pages::figures::{Asked, Figures, change, compile, days_words};
use crate::widgets::{ButtonLink, Card, Change, Skeleton};

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
    let asked =
        Memo::new(move |_| figures.ask(&compile(&view.get(), today, figures.currency(), Some(DRAWN))));
    let note = Signal::derive(move || format!("{}, UTC days", days_words(view.get().range.days(today))));
    let totals = move || match asked.get() {
        Asked::Answer(answer) => {
            let previous = answer.total.previous_cost;
            let now = answer.total.cost;
            Some(view! {
                <dl class="totals">
                    <div><dt>"Current total"</dt><dd>{money::dollars(now)}</dd></div>
                    {previous.map(|previous| {
                        let (direction, amount, percent) = change(now, previous);
                        view! {
                            <div class="prev"><dt>"Previous total"</dt><dd>{money::dollars(previous)}</dd></div>
                            <div><dt>"Change"</dt><dd class="dd-change"><Change direction amount percent/></dd></div>
                        }
                    })}
                </dl>
            })
        }
        _ => None,
    };
    let body = move || match asked.get() {
        Asked::Loading => view! { <Skeleton/> }.into_any(),
        Asked::Unanswerable(error) => view! { <p class="second">{error.to_string()}</p> }.into_any(),
        Asked::Answer(answer) => {
            let label = format!("Cost by day and service, {} in total", money::dollars(answer.total.cost));
            let options = draw::options(&answer, figures, &["service".to_owned()], false);
            let legend = draw::legend(&answer, figures, &["service".to_owned()]);
            let costs = format!("{}{}", workspace.page("costs"), view.get().write());
            view! {
                <Chart label=Signal::stored(label) options=Signal::stored(options)/>
                <div class="card-foot">
                    {legend}
                    <div class="row"><ButtonLink label="Open in Costs" href=costs/></div>
                </div>
                <draw::Days answer=*answer figures/>
            }
            .into_any()
        }
    };
    let range = view.get_untracked().range.days(today);
    view! {
        <Card id="daily" title="Daily cost by service" note=note corner=totals>
            {body}
            <Source figures range/>
        </Card>
    }
}
