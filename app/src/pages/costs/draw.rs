//! An answer as a chart, its legend and its table by time.

use cube::Answer;
use leptos::prelude::*;
use shared::view::Cost;

use crate::charts::{self, Bars, Series};
use crate::format::money;
use crate::pages::figures::{Figures, short_day};
use crate::widgets::TableScroll;

/// Categorical colours there are.
const COLOURS: usize = 10;

/// The chart's options.
pub fn options(answer: &Answer, figures: Figures, names: &[String], is_lines: bool) -> String {
    let series = |label: String, group: &cube::Group, colour| {
        let values = group
            .values
            .iter()
            .zip(&answer.bins)
            .map(|(cost, bin)| (!bin.is_undelivered || !cost.is_zero()).then_some(*cost));
        Series { name: label, values: values.collect(), colour }
    };
    let mut all: Vec<Series> = answer
        .groups
        .iter()
        .enumerate()
        .map(|(place, group)| {
            series(key(figures, names, &group.key), group, (place < COLOURS).then_some(place + 1))
        })
        .collect();
    all.extend(
        answer.other.as_ref().map(|other| series(format!("Other ({})", answer.other_groups), other, None)),
    );
    charts::options(&Bars {
        bins: answer.bins.iter().map(|bin| bin_words(bin.days)).collect(),
        series: all,
        previous: answer.total.previous_cost.map(|_| answer.total.previous_values.clone()),
        is_lines,
    })
}

fn bin_words(days: shared::DayRange) -> String {
    if days.len() <= 1 {
        short_day(days.start)
    } else if days == days.start.period().days() {
        format!(
            "{} {}",
            short_day(days.start).split(' ').nth(1).unwrap_or_default(),
            days.start.date().year()
        )
    } else {
        format!("{}–{}", short_day(days.start), short_day(days.end.plus(-1)))
    }
}

/// A group's key as people read it.
pub fn key(figures: Figures, names: &[String], values: &[String]) -> String {
    let parts: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(place, value)| figures.label(names.get(place).map_or("", String::as_str), value))
        .collect();
    if parts.is_empty() { "All cost".to_owned() } else { parts.join(" · ") }
}

/// What the colours mean.
pub fn legend(answer: &Answer, figures: Figures, names: &[String]) -> impl IntoView + use<> {
    let mut rows: Vec<(String, String)> = answer
        .groups
        .iter()
        .enumerate()
        .map(|(place, group)| (format!("swatch swatch--{}", place + 1), key(figures, names, &group.key)))
        .collect();
    rows.extend(
        answer
            .other
            .as_ref()
            .map(|_| ("swatch swatch--other".to_owned(), format!("Other ({})", answer.other_groups))),
    );
    let has_previous = answer.total.previous_cost.is_some();
    view! {
        <ul class="legend" aria-label="Legend">
            {rows.into_iter().map(|(class, name)| view! { <li><span class=class></span>{name}</li> }).collect_view()}
            {has_previous.then(|| view! { <li><span class="key-dots" aria-hidden="true"></span>"Previous"</li> })}
        </ul>
    }
}

/// The chart's figures as a table, for those who read rather than look.
#[component]
pub fn Days(
    /// The answer.
    answer: Answer,
    /// What is held.
    figures: Figures,
) -> impl IntoView {
    let _ = figures;
    let rows = answer
        .bins
        .iter()
        .zip(&answer.total.values)
        .map(|(bin, cost)| {
            let words = if bin.is_undelivered && cost.is_zero() {
                "not delivered yet".to_owned()
            } else {
                money::dollars(*cost)
            };
            view! { <tr><th scope="row">{bin_words(bin.days)}</th><td class="n">{words}</td></tr> }
        })
        .collect_view();
    view! {
        <details class="table-details">
            <summary id="daily-table">"Show as a table"</summary>
            <TableScroll labelled_by="daily-table">
                <table class="table table--compact">
                    <thead><tr><th scope="col">"Day"</th><th scope="col" class="n">"Cost"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableScroll>
        </details>
    }
}

/// What a cost is, in words.
pub const fn metric_words(cost: Cost) -> &'static str {
    match cost {
        Cost::Billed => "Billed cost, tax and credits included: comparable with your AWS invoice.",
        Cost::Effective => "Effective cost: Savings Plans and reservations spread over their use.",
        Cost::NetBilled => "Billed cost after discounts.",
        Cost::NetEffective => "Effective cost after discounts.",
        Cost::List => "Cost at public prices.",
    }
}
