//! What moved: the largest changes by service and sub-account.

use cube::{Dimension, Query};
use leptos::prelude::*;
use shared::Day;
use shared::view::{Compare, Drawn, View};

use super::key_figures::source_foot;
use crate::charts::Swing;
use crate::format::money;
use crate::frame::Workspace;
use crate::pages::figures::{Asked, Figures, change, question};
use crate::widgets::{Card, Change, Skeleton, TableScroll};
use shared::date_words::days_words;

/// Rows shown.
const ROWS: usize = 11;

/// The card.
#[component]
pub fn Movers(
    /// What is held.
    figures: Figures,
    /// The view.
    view: Memo<View>,
    /// The edge's day.
    today: Day,
) -> impl IntoView {
    let workspace = Workspace::of_page();
    let query = Memo::new(move |_| {
        let view = view.get();
        let range = view.range.days(today);
        let group_by = [Dimension::Service, Dimension::SubAccount];
        question(range, &group_by, figures.currency(), view.compare.with(range))
            .comparable(figures.complete_until(range))
    });
    let asked = Memo::new(move |_| figures.ask(&query.get()));
    let note = Signal::derive(move || {
        let query = query.get();
        let words = |compare| {
            let (days, earlier) = (days_words(query.range), days_words(compare));
            format!("{days} against {earlier}, complete days, largest changes first")
        };
        query.compare.filter(|_| !query.range.is_empty()).map(words).unwrap_or_default()
    });
    let body = move || {
        let Query { range, compare, .. } = query.get();
        let Some(compare) = compare.filter(|_| !range.is_empty()) else {
            let words = match view.get().compare {
                Compare::Off => "Nothing is compared. Choose days to compare with in Costs.",
                _ if range.is_empty() => "No complete day this month yet.",
                _ => "None of these days is complete yet. Choose a longer range.",
            };
            return view! { <p class="second">{words}</p> }.into_any();
        };
        match asked.get() {
        Asked::Loading => view! { <Skeleton/> }.into_any(),
        Asked::Unanswerable(_) => view! { <p class="second">"There is nothing to compare these days with yet. Choose a shorter range."</p> }.into_any(),
        Asked::Answer(answer) => {
            let mut groups = answer.groups;
            let delta = |group: &cube::Group| (group.cost - group.previous_cost.unwrap_or_default()).abs();
            groups.sort_by_key(|group| std::cmp::Reverse(delta(group)));
            // Usage types within a service and sub-account are more than Cost Explorer can tell.
            let group_by = if figures.has_report(compare) { "x_usage_type" } else { "service" };
            let largest = groups.first().map(delta).unwrap_or_default().to_f64();
            let rows = groups
                .into_iter()
                .take(ROWS)
                .map(|group| {
                    let (service, account) = match group.key.as_slice() {
                        [service, account, ..] => (service.clone(), account.clone()),
                        _ => (String::new(), String::new()),
                    };
                    let before = group.previous_cost.unwrap_or_default();
                    let (direction, _, percent) = change(group.cost, before);
                    let amount = money::signed_brief(group.cost - before);
                    let filter = api_filter(&[("service", &service), ("sub_account", &account)]);
                    let why = View {
                        filter,
                        group_by: vec![group_by.to_owned()],
                        drawn: Drawn::Why,
                        ..view.get_untracked()
                    };
                    let owner = figures.label("sub_account", &account);
                    let share = (group.cost - before).to_f64() / largest;
                    view! {
                        <tr>
                            <th scope="row">{figures.label("service", &service)}<span class="sub only-narrow">{owner.clone()}</span></th>
                            <td class="col-wide">{owner}</td>
                            <td class="n col-wide">{money::brief(before)}</td>
                            <td class="n col-wide">{money::brief(group.cost)}</td>
                            <td class="col-wide col-roomy"><Swing share/></td>
                            <td class="n"><Change direction amount percent/></td>
                            <td class="n"><a class="link" href=format!("{}{}", workspace.page("costs"), why.write())>"Why"<span class="visually-hidden">{format!(" {service}")}</span></a></td>
                        </tr>
                    }
                })
                .collect_view();
            view! {
                <TableScroll labelled_by="moved">
                    <table class="table table--snug">
                        <thead>
                            <tr>
                                <th scope="col">"Service"</th>
                                <th scope="col" class="col-wide">"Sub-account"</th>
                                <th scope="col" class="n col-wide">"Before"</th>
                                <th scope="col" class="n col-wide">"Now"</th>
                                <td class="col-wide col-roomy"></td>
                                <th scope="col" class="n">"Change"</th>
                                <td></td>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </TableScroll>
            }
            .into_any()
        }
    }
    };
    view! {
        <Card id="moved" title="What moved" note=note class="card--flush card--fill span-8">
            {body}
            {source_foot(figures, Signal::derive(move || query.get().range))}
        </Card>
    }
}

/// A filter that picks these values.
pub fn api_filter(pairs: &[(&str, &str)]) -> String {
    let tokens = pairs
        .iter()
        .filter_map(|(dimension, value)| {
            let dimension = dimension.parse().ok()?;
            Some(cube::Token {
                dimension,
                operator: cube::Operator::Is,
                negated: false,
                values: vec![(*value).to_owned()],
            })
        })
        .collect();
    cube::Filter { any_of: vec![tokens] }.to_string()
}
