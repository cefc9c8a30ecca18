//! What moved: the largest changes by service and sub-account.

use cube::Dimension;
use leptos::prelude::*;
use shared::Day;
use shared::view::{Drawn, View};

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
    let ranges = Memo::new(move |_| {
        let view = view.get();
        let range = view.range.days(today);
        let compare = view.compare.with(range).unwrap_or(range);
        // Days that are not complete yet would only look like a fall.
        let complete = figures.index.with(|index| {
            index
                .as_ref()
                .and_then(|index| index.periods.iter().map(|period| period.complete_until).max())
                .unwrap_or(range.end)
        });
        let cut = (range.end.epoch_days() - complete.epoch_days()).max(0);
        let shorter =
            |days: shared::DayRange| shared::DayRange::new(days.start, days.end.plus(-cut).max(days.start));
        (shorter(range), shorter(compare))
    });
    let asked = Memo::new(move |_| {
        let (range, compare) = ranges.get();
        figures.ask(&question(
            range,
            &[Dimension::Service, Dimension::SubAccount],
            figures.currency(),
            Some(compare),
        ))
    });
    let note = Signal::derive(move || {
        let (range, compare) = ranges.get();
        format!("{} against {}, complete days, largest changes first", days_words(range), days_words(compare))
    });
    let body = move || {
        match asked.get() {
        Asked::Loading => view! { <Skeleton/> }.into_any(),
        Asked::Unanswerable(_) => view! { <p class="second">"There is nothing to compare these days with yet. Choose a shorter range."</p> }.into_any(),
        Asked::Answer(answer) => {
            let mut groups = answer.groups;
            let delta = |group: &cube::Group| (group.cost - group.previous_cost.unwrap_or_default()).abs();
            groups.sort_by_key(|group| std::cmp::Reverse(delta(group)));
            // Usage types within a service and sub-account are more than Cost Explorer can tell.
            let group_by = if figures.has_report(ranges.get().1) { "x_usage_type" } else { "service" };
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
            {source_foot(figures, Signal::derive(move || ranges.get().0))}
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
