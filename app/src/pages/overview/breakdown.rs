//! What the range consists of: by service, sub-account and region.

use cube::Dimension;
use leptos::prelude::*;
use shared::Day;
use shared::view::View;

use super::key_figures::source_foot;
use super::movers::api_filter;
use crate::format::money;
use crate::frame::Workspace;
use crate::pages::figures::{Asked, Figures, change, question};
use crate::widgets::{Card, Change, Skeleton, TableScroll};

/// Rows of each list; the rest is Other.
const ROWS: usize = 6;

/// The three lists.
#[component]
pub fn Breakdowns(
    /// What is held.
    figures: Figures,
    /// The view.
    view: Memo<View>,
    /// The edge's day.
    today: Day,
) -> impl IntoView {
    view! {
        <div class="grid">
            <Breakdown id="by-service" title="By service" name="service" figures view today/>
            <Breakdown id="by-sub-account" title="By sub-account" name="sub_account" figures view today/>
            <Breakdown id="by-region" title="By region" name="region" figures view today/>
        </div>
    }
}

#[component]
fn Breakdown(
    id: &'static str,
    title: &'static str,
    name: &'static str,
    figures: Figures,
    view: Memo<View>,
    today: Day,
) -> impl IntoView {
    let workspace = Workspace::of_page();
    let query = Memo::new(move |_| {
        let view = view.get();
        let range = view.range.days(today);
        let dimension = name.parse().unwrap_or(Dimension::Service);
        let query = question(range, &[dimension], figures.currency(), view.compare.with(range));
        let mut query = query.comparable(figures.complete_until(range));
        query.top = Some(ROWS);
        query
    });
    let asked = Memo::new(move |_| figures.ask_comparing(&query.get()));
    let body = move || match asked.get() {
        Asked::Loading => view! { <Skeleton/> }.into_any(),
        Asked::Unanswerable(_) => view! { <p class="second">"No figures for these days yet."</p> }.into_any(),
        Asked::Answer(answer) => {
            let line = |label: String, href: Option<String>, group: &cube::Group| {
                let full = label.clone();
                let moved = group.previous_cost.map(|before| {
                    let (direction, ..) = change(group.cost, before);
                    let amount = money::signed_brief(group.cost - before);
                    view! { <Change direction amount/> }
                });
                let name = match href {
                    Some(href) => view! { <a class="plain-link" href=href>{label}</a> }.into_any(),
                    None => label.into_any(),
                };
                view! {
                    <tr>
                        <th scope="row" title=full>{name}</th>
                        <td class="n">{money::dollars(group.cost)}</td>
                        <td class="n col-wide">{moved}</td>
                    </tr>
                }
            };
            let rows = answer
                .groups
                .iter()
                .map(|group| {
                    let value = group.key.first().cloned().unwrap_or_default();
                    let filtered = View { filter: api_filter(&[(name, &value)]), ..view.get_untracked() };
                    line(
                        figures.label(name, &value),
                        Some(format!("{}{}", workspace.page("costs"), filtered.write())),
                        group,
                    )
                })
                .collect_view();
            let other = answer
                .other
                .as_ref()
                .map(|other| line(format!("Other ({})", answer.other_groups), None, other));
            let total = line("Total".to_owned(), None, &answer.total);
            let head = crate::pages::costs::dimension_words(name);
            view! {
                <TableScroll labelled_by=id>
                    <table class="table table--compact table--fit">
                        <thead><tr><th scope="col">{head}</th><th scope="col" class="n">"Cost"</th><th scope="col" class="n col-wide">"Change"</th></tr></thead>
                        <tbody class="total">{total}</tbody>
                        <tbody>{rows}{other}</tbody>
                    </table>
                </TableScroll>
            }
            .into_any()
        }
    };
    view! {
        <Card id=id title=title class="card--flush card--fill span-4">
            {body}
            {source_foot(figures, Signal::derive(move || query.get().range))}
        </Card>
    }
}
