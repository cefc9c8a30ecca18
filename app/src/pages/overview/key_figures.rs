//! The key figures: month to date, forecast, last month, what caused the change.

use cube::Dimension;
use leptos::prelude::*;
use shared::{BillingPeriod, Day, DayRange, Money};

use super::insights::{Insights, asked};
use crate::format::{money, time};
use crate::pages::figures::{Asked, Figures, change, question, source_words};
use crate::widgets::{Badge, Change, notice};
use shared::date_words::{days_words, month_name};

/// The row of figures.
#[component]
pub fn KeyFigures(
    /// What is held.
    figures: Figures,
    /// The edge's day.
    today: Day,
    /// What Cost Explorer says besides.
    insights: Insights,
) -> impl IntoView {
    let month = today.period();
    // On the first there is no complete day yet; then the month that has just ended is the one to look at.
    let to_date = DayRange::new(month.first_day(), complete_until(figures, month).min(today));
    let before = month.plus(-1);
    let same_days = first_days(before, to_date.len());
    // Its last days still fill up when a month has just ended.
    let last_month =
        DayRange::new(before.first_day(), complete_until(figures, before).min(before.days().end));
    let (last_month, earlier, note) = match (last_month.is_empty(), last_month == before.days()) {
        (false, false) => (last_month, first_days(before.plus(-1), last_month.len()), "complete days"),
        _ => (before.days(), before.plus(-1).days(), "the month before"),
    };
    view! {
        <div class="figures">
            <Figure id="mtd" title="Month to date" hero=true figures range=to_date compare=same_days note="complete days"/>
            <Forecast insights month/>
            <Figure id="last-month" title=month_name(before) figures range=last_month compare=earlier note=note/>
            <Last30 figures today/>
        </div>
    }
}

/// So many days from the first of a month on; all of them where it has fewer.
fn first_days(month: BillingPeriod, days: i32) -> DayRange {
    DayRange::new(month.first_day(), month.first_day().plus(days).min(month.days().end))
}

/// The day after the last complete one of a month.
fn complete_until(figures: Figures, month: BillingPeriod) -> Day {
    figures.index.with(|index| {
        let known = index.as_ref().and_then(|index| index.periods.iter().find(|known| known.period == month));
        known.map_or(month.first_day(), |known| known.complete_until)
    })
}

/// Dollars large, cents small.
fn amount(cost: Money) -> impl IntoView {
    let text = money::dollars(cost);
    let (whole, cents) = text
        .split_once('.')
        .map_or((text.clone(), String::new()), |(whole, cents)| (whole.to_owned(), format!(".{cents}")));
    view! { {whole}<span class="cents">{cents}</span> }
}

#[component]
fn Figure(
    id: &'static str,
    #[prop(into)] title: String,
    #[prop(optional)] hero: bool,
    figures: Figures,
    range: DayRange,
    compare: DayRange,
    note: &'static str,
) -> impl IntoView {
    let class = if hero { "card figure figure--hero" } else { "card figure" };
    let asked =
        Memo::new(move |_| figures.ask_comparing(&question(range, &[], figures.currency(), Some(compare))));
    let body = move || {
        if range.is_empty() {
            return view! { <p class="note">"No complete day this month yet."</p> }.into_any();
        }
        match asked.get() {
            Asked::Loading => view! { <div class="bone bone--w60" aria-busy="true"></div> }.into_any(),
            Asked::Unanswerable(_) => {
                view! { <p class="note">"No figures for these days yet."</p> }.into_any()
            }
            Asked::Answer(answer) => view! {
                <div class="value" data-testid=format!("figure-{id}")>{amount(answer.total.cost)}</div>
                <div class="stack-1">{moved(&answer, range, compare, note)}</div>
            }
            .into_any(),
        }
    };
    view! {
        <section class=class aria-labelledby=id>
            <h2 id=id>{title}</h2>
            {body}
            <Source figures range/>
        </section>
    }
}

/// How the figure changed, and which days stand against which; where there is nothing to compare with, that.
fn moved(answer: &cube::Answer, range: DayRange, compare: DayRange, note: &str) -> AnyView {
    let (days, earlier) = (days_words(range), days_words(compare));
    match answer.total.previous_cost {
        Some(before) => {
            let (direction, delta, percent) = change(answer.total.cost, before);
            view! {
                <div><Change direction amount=delta percent/></div>
                <p class="note">{format!("{days} against {earlier}, {note}")}</p>
            }
            .into_any()
        }
        None => {
            let words = format!("{days}. There are no figures for {earlier} to compare with.");
            view! { <p class="note">{words}</p> }.into_any()
        }
    }
}

/// Source, reach and status of a range.
#[component]
pub fn Source(
    /// What is held.
    figures: Figures,
    /// Which days.
    #[prop(into)]
    range: Signal<DayRange>,
) -> impl IntoView {
    let words = Memo::new(move |_| {
        figures.index.with(|index| {
            index
                .as_ref()
                .map(|index| source_words(&index.periods, range.get(), time::browser_now()))
                .unwrap_or_default()
        })
    });
    view! { <Badge text=Signal::derive(move || words.get().0) estimated=Signal::derive(move || words.get().1)/> }
        .into_any()
}

/// The same below a table.
pub fn source_foot(figures: Figures, range: Signal<DayRange>) -> AnyView {
    view! { <div class="card-foot"><Source figures range/></div> }.into_any()
}

#[component]
fn Last30(figures: Figures, today: Day) -> impl IntoView {
    // Days that are not complete yet would only look like a fall.
    let recent = DayRange::new(today.plus(-30), today);
    let end = figures.complete_until(recent).min(recent.end);
    let range = if end <= recent.start { recent } else { DayRange::new(end.plus(-30), end) };
    let compare = DayRange::new(range.start.plus(-35), range.end.plus(-35));
    let cause = Memo::new(move |_| {
        match figures.ask(&question(range, &[Dimension::Service], figures.currency(), Some(compare))) {
            Asked::Answer(answer) => {
                let delta = |group: &cube::Group| group.cost - group.previous_cost.unwrap_or_default();
                answer
                    .groups
                    .iter()
                    .max_by_key(|group| delta(group).abs())
                    .map(|group| (group.key.join(" · "), delta(group)))
            }
            _ => None,
        }
    });
    let words = move || {
        cause.get().map(|(name, delta)| {
            let delta = money::signed_dollars(delta);
            view! { <p class="note">{format!("Main cause: {name} ")}<span class="nowrap">{delta}</span></p> }
        })
    };
    let asked =
        Memo::new(move |_| figures.ask_comparing(&question(range, &[], figures.currency(), Some(compare))));
    let body = move || match asked.get() {
        Asked::Answer(answer) => {
            let moved = moved(&answer, range, compare, "same weekdays");
            view! {
                <div class="value" data-testid="figure-last-30">{amount(answer.total.cost)}</div>
                <div class="stack-1">
                    {moved}
                    {words}
                </div>
            }
            .into_any()
        }
        Asked::Loading => view! { <div class="bone bone--w60" aria-busy="true"></div> }.into_any(),
        Asked::Unanswerable(_) => view! { <p class="note">"No figures for these days yet."</p> }.into_any(),
    };
    view! {
        <section class="card figure" aria-labelledby="last-30">
            <h2 id="last-30">"Last 30 days"</h2>
            {body}
            <Source figures range/>
        </section>
    }
}

#[component]
fn Forecast(insights: Insights, month: BillingPeriod) -> impl IntoView {
    let body = move || {
        let panel = insights.get().map(|insights| insights.map(|insights| insights.forecast));
        match panel {
            None => view! { <div class="bone bone--w60" aria-busy="true"></div> }.into_any(),
            Some(Err(error)) => view! { <p class="note">{notice::words(&error).title}</p> }.into_any(),
            Some(Ok(panel)) => match panel.value {
                Some(forecast) => {
                    let range = format!("{}–{}", short(forecast.low), short(forecast.high));
                    let last = forecast.period.days().end.plus(-1);
                    view! {
                        <div class="value">{short(forecast.mean)}</div>
                        <p class="note">{format!("Four in five times between {range}")}</p>
                        {asked(panel.fetched_at, Some(last))}
                    }
                    .into_any()
                }
                None => {
                    let words = panel.remedy.map_or("AWS has given none yet.".to_owned(), |remedy| {
                        format!("{} {}", remedy.title, remedy.text)
                    });
                    view! { <p class="note">{words}</p> }.into_any()
                }
            },
        }
    };
    view! {
        <section class="card figure" aria-labelledby="forecast">
            <h2 id="forecast">{format!("{} forecast", month_name(month))}</h2>
            {body}
        </section>
    }
}

/// `$83.1k` above ten thousand, else whole dollars.
fn short(cost: Money) -> String {
    let dollars = cost.to_f64();
    if dollars.abs() >= 10_000.0 { format!("${:.1}k", dollars / 1_000.0) } else { format!("${dollars:.0}") }
}
