//! An answer as a chart, its legend, its totals and its table by time.

use cube::{Answer, Group};
use leptos::prelude::*;
use shared::api::Source;
use shared::view::{Cost, Drawn};
use shared::{DayRange, Money};

use crate::charts::{self, Plot, Series, Tick, why};
use crate::format::money;
use crate::pages::figures::{Figures, change};
use crate::widgets::{Change, TableScroll};
use shared::date_words::{days_words, short_day, weekday};

/// Steps of the waterfall that stand by themselves.
const STEPS: usize = 8;

/// The chart's options.
pub fn options(answer: &Answer, figures: Figures, names: &[String], drawn: Drawn) -> String {
    if drawn == Drawn::Why {
        let step = |group: &Group| why::Step {
            name: key(figures, names, &group.key),
            change: group.cost - group.previous_cost.unwrap_or_default(),
        };
        let steps = why::steps(answer.groups.iter().map(step).collect(), STEPS);
        return why::options(&steps);
    }
    let series = |name: String, group: &Group, colour| {
        let values = group
            .values
            .iter()
            .zip(&answer.bins)
            .map(|(cost, bin)| (!bin.is_undelivered || !cost.is_zero()).then_some(*cost));
        Series { name, values: values.collect(), colour }
    };
    let mut all: Vec<Series> = answer
        .groups
        .iter()
        .enumerate()
        .map(|(place, group)| series(key(figures, names, &group.key), group, Some(place + 1)))
        .collect();
    all.extend(answer.other.as_ref().map(|other| series(other_words(answer), other, None)));
    charts::options(&Plot {
        ticks: ticks(answer, figures),
        series: all,
        previous: answer.total.previous_cost.map(|_| answer.total.previous_values.clone()),
        seam: seam(answer),
        drawn,
    })
}

fn ticks(answer: &Answer, figures: Figures) -> Vec<Tick> {
    let is_daily = answer.bins.iter().all(|bin| bin.days.len() <= 1);
    answer
        .bins
        .iter()
        .enumerate()
        .map(|(place, bin)| Tick {
            label: bin_words(bin.days),
            title: if is_daily {
                format!("{} {}", weekday(bin.days.start), bin.days.start.year())
            } else {
                days_words(bin.days)
            },
            // Two weeks of days have room for all; then one label a week, on its Monday.
            is_labelled: !is_daily
                || answer.bins.len() <= 14
                || bin.days.start == bin.days.start.week_start(),
            is_estimated: figures.is_filling(bin.days),
            is_undelivered: bin.is_undelivered,
            previous: answer.previous_bins.get(place).map(|previous| match previous.days.len() {
                0 | 1 => weekday(previous.days.start),
                _ => days_words(previous.days),
            }),
        })
        .collect()
}

/// The first bin of the report after one of Cost Explorer.
fn seam(answer: &Answer) -> Option<usize> {
    let place = answer.bins.windows(2).position(|pair| match pair {
        [before, after] => {
            before.sources.contains(&Source::CostExplorer)
                && after.sources.contains(&Source::Report)
                && !before.sources.contains(&Source::Report)
        }
        _ => false,
    });
    place.map(|place| place + 1)
}

/// `16 Nov`, `Nov 2026`, `2–8 Nov`.
fn bin_words(days: DayRange) -> String {
    if days.len() <= 1 {
        short_day(days.start)
    } else if days == days.start.period().days() {
        let month = short_day(days.start);
        format!("{} {}", month.split(' ').nth(1).unwrap_or_default(), days.start.year())
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

fn other_words(answer: &Answer) -> String {
    format!("Other ({})", money::count(answer.other_groups as u64))
}

/// What the colours and marks mean.
pub fn legend(answer: &Answer, figures: Figures, names: &[String]) -> impl IntoView + use<> {
    let mut rows: Vec<(String, String)> = answer
        .groups
        .iter()
        .enumerate()
        .map(|(place, group)| (format!("swatch swatch--{}", place + 1), key(figures, names, &group.key)))
        .collect();
    rows.extend(answer.other.as_ref().map(|_| ("swatch swatch--other".to_owned(), other_words(answer))));
    let previous = match (answer.previous_bins.first(), answer.previous_bins.last()) {
        (Some(first), Some(last)) => {
            Some(format!("Previous, {}", days_words(DayRange::new(first.days.start, last.days.end))))
        }
        _ => None,
    };
    let is_filling = answer.bins.iter().any(|bin| figures.is_filling(bin.days));
    let is_absent = answer.bins.iter().any(|bin| bin.is_undelivered);
    view! {
        <ul class="legend" aria-label="Legend">
            {rows.into_iter().map(|(class, name)| view! { <li><span class=class></span>{name}</li> }).collect_view()}
            <li class="legend-break" aria-hidden="true"></li>
            {previous.map(|words| view! {
                <li><svg class="key-prev" aria-hidden="true" viewBox="0 0 18 10"><path class="previous" d="M1.5 5h16"/></svg>{words}</li>
            })}
            {is_filling.then(|| view! { <li><span class="key-hatch"></span>"Estimated"</li> })}
            {is_absent.then(|| view! { <li><span class="key-absent"></span>"Not delivered yet"</li> })}
        </ul>
    }
}

/// Current and previous total, and the change.
pub fn totals(answer: &Answer) -> impl IntoView + use<> {
    let now = answer.total.cost;
    let previous = answer.total.previous_cost.map(|previous| {
        let (direction, amount, percent) = change(now, previous);
        view! {
            <div class="prev"><dt>"Previous total"</dt><dd>{money::dollars(previous)}</dd></div>
            <div><dt>"Change"</dt><dd class="dd-change"><Change direction amount percent/></dd></div>
        }
    });
    view! {
        <dl class="totals">
            <div><dt>"Current total"</dt><dd data-testid="costs-total">{money::dollars(now)}</dd></div>
            {previous}
        </dl>
    }
}

/// Which days stand against which, and which stay out: `24 Oct–19 Nov against 19 Sep–15 Oct, same weekdays.`
/// Where the earlier days cannot be answered, it says so.
pub fn reach(range: DayRange, shown: &cube::Query, is_same_weekdays: bool, is_answered: bool) -> String {
    let Some(compare) = shown.compare else { return format!("{}, UTC days.", days_words(range)) };
    if !is_answered {
        let (days, earlier) = (days_words(shown.range), days_words(compare));
        return format!("{days}, UTC days. There are no such figures for {earlier} to compare with.");
    }
    let weekdays = if is_same_weekdays { ", same weekdays" } else { "" };
    let out = if shown.range == range { "" } else { " Incomplete days stay out of the comparison." };
    format!("{} against {}{weekdays}, UTC days.{out}", days_words(shown.range), days_words(compare))
}

/// The chart's figures as a table, for those who read rather than look.
#[component]
pub fn Days(
    /// Names the region; unique on the page.
    id: &'static str,
    /// The answer.
    answer: Answer,
    /// What is held.
    figures: Figures,
    /// Dimensions it is grouped by.
    names: Vec<String>,
) -> impl IntoView {
    let mut columns: Vec<(String, Vec<Money>)> =
        answer.groups.iter().map(|group| (key(figures, &names, &group.key), group.values.clone())).collect();
    columns.extend(answer.other.as_ref().map(|other| (other_words(&answer), other.values.clone())));
    let heads = columns
        .iter()
        .map(|(name, _)| view! { <th scope="col" class="n">{name.clone()}</th> })
        .collect_view();
    let is_compared = answer.total.previous_cost.is_some();
    let rows = answer
        .bins
        .iter()
        .enumerate()
        .map(|(place, bin)| {
            let at = |values: &[Money]| values.get(place).copied().unwrap_or_default();
            let exact: Vec<Money> = columns.iter().map(|(_, values)| at(values)).collect();
            let total = at(&answer.total.values);
            let is_absent = bin.is_undelivered && total.is_zero();
            let cells = shared::money::round_to_sum(&exact, 2)
                .into_iter()
                .zip(&exact)
                .map(|(shown, exact)| {
                    let words = if is_absent { String::new() } else { rounded(shown, *exact) };
                    view! { <td class="n">{words}</td> }
                })
                .collect_view();
            let words = if is_absent { "Not delivered yet".to_owned() } else { money::dollars(total) };
            let previous = answer.total.previous_values.get(place).map(|cost| money::dollars(*cost));
            view! {
                <tr>
                    <th scope="row">{bin_words(bin.days)}</th>
                    {cells}
                    <td class="n sum">{words}</td>
                    {is_compared.then(|| view! { <td class="n">{previous}</td> })}
                </tr>
            }
        })
        .collect_view();
    view! {
        <details class="table-details">
            <summary id=id>"Show as a table"</summary>
            <TableScroll labelled_by=id>
                <table class="table table--compact">
                    <thead>
                        <tr>
                            <th scope="col">"Days"</th>
                            {heads}
                            <th scope="col" class="n sum">"Total"</th>
                            {is_compared.then(|| view! { <th scope="col" class="n">"Previous"</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableScroll>
        </details>
    }
}

/// A cost rounded so that its column adds up; what is less than a cent says so.
pub fn rounded(shown: Money, exact: Money) -> String {
    money::dollars(if shown.is_zero() { exact } else { shown })
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
