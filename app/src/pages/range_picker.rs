//! Which days a page shows: the usual ranges, or two days of one's own.

use leptos::prelude::*;
use shared::view::Range;
use shared::{Day, DayRange};

/// The word of fixed days among the options.
const FIXED: &str = "days";

/// Days back that can be chosen: three years and a quarter, as far as reports reach.
const REACH: i32 = 1_195;

/// The ranges as one control; with fixed days, the first and the last one beside it.
#[component]
pub fn RangePicker(
    /// The chosen one.
    #[prop(into)]
    value: Signal<Range>,
    /// The present UTC day, once known: no later one can be chosen.
    #[prop(into)]
    today: Signal<Option<Day>>,
    /// Called with the wish.
    #[prop(into)]
    on_change: Callback<Range>,
) -> impl IntoView {
    let fixed = Memo::new(move |_| match value.get() {
        Range::Days(days) => Some(days),
        _ => None,
    });
    let options = move || {
        let chosen = value.get();
        let rows = Range::RELATIVE
            .into_iter()
            .map(
                |(range, word, label)| view! { <option value=word selected=range == chosen>{label}</option> },
            )
            .collect_view();
        let is_fixed = fixed.get().is_some();
        view! { {rows}<option value=FIXED selected=is_fixed disabled=move || today.get().is_none()>"Days of your choice"</option> }
    };
    let choose = move |word: String| {
        if word == FIXED {
            // What is shown now is where choosing begins.
            if let Some(today) = today.get_untracked() {
                on_change.run(Range::Days(shown(value.get_untracked(), today)));
            }
        } else if let Some((range, ..)) = Range::RELATIVE.into_iter().find(|(_, own, _)| *own == word) {
            on_change.run(range);
        }
    };
    let reach = move || today.get().map(|today| DayRange::new(today.plus(-REACH), today.plus(1)));
    // A year that is being typed passes through 0002 and 0202: what is out of reach is not taken.
    let take = move |end: End, text: &str| {
        let Ok(day) = text.parse::<Day>() else { return };
        if let (Some(days), Some(reach)) = (fixed.get_untracked(), untrack(reach))
            && reach.contains(day)
        {
            on_change.run(Range::Days(end.moved(days, day)));
        }
    };
    let day = move |label: &'static str, end: End| {
        let text = move || fixed.get().map(|days| end.of(days).to_string()).unwrap_or_default();
        let (earliest, latest) = (
            move || reach().map(|reach| reach.start.to_string()),
            move || today.get().map(|today| today.to_string()),
        );
        view! {
            <label class="select">
                <span class="k">{label}</span>
                <input
                    type="date"
                    prop:value=text
                    min=earliest
                    max=latest
                    on:change=move |event| take(end, &event_target_value(&event))
                />
            </label>
        }
    };
    view! {
        <label class="select">
            <span class="k">"Range"</span>
            <select on:change=move |event| choose(event_target_value(&event))>{options}</select>
        </label>
        <Show when=move || fixed.get().is_some()>
            {day("From", End::First)}
            {day("To", End::Last)}
        </Show>
    }
}

/// The days a range shows; never none, so that there is something to change.
fn shown(range: Range, today: Day) -> DayRange {
    let days = range.days(today);
    if days.is_empty() { DayRange::new(today, today.plus(1)) } else { days }
}

/// An end of a range, both ends counted.
#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

impl End {
    fn of(self, days: DayRange) -> Day {
        match self {
            Self::First => days.start,
            Self::Last => days.end.plus(-1),
        }
    }

    /// With this end elsewhere. Past the other end it takes that one along.
    fn moved(self, days: DayRange, day: Day) -> DayRange {
        let after = day.plus(1);
        match self {
            Self::First => DayRange::new(day, days.end.max(after)),
            Self::Last => DayRange::new(days.start.min(day), after),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_move_and_never_cross() {
        let days = |start: &str, end: &str| DayRange::new(start.parse().unwrap(), end.parse().unwrap());
        let held = days("2026-11-03", "2026-11-11");
        let check = |end: End, day: &str, expect: DayRange| {
            assert_eq!(end.moved(held, day.parse().unwrap()), expect, "{day}");
        };
        check(End::First, "2026-11-01", days("2026-11-01", "2026-11-11"));
        check(End::First, "2026-11-10", days("2026-11-10", "2026-11-11"));
        check(End::First, "2026-11-20", days("2026-11-20", "2026-11-21"));
        check(End::Last, "2026-11-20", days("2026-11-03", "2026-11-21"));
        check(End::Last, "2026-11-01", days("2026-11-01", "2026-11-02"));
        assert_eq!(End::Last.of(held), "2026-11-10".parse().unwrap());
    }

    #[test]
    fn choosing_begins_with_what_is_shown() {
        let first: Day = "2026-11-01".parse().unwrap();
        assert_eq!(shown(Range::Last7, first), DayRange::new(first.plus(-7), first));
        assert_eq!(shown(Range::MonthToDate, first).len(), 1);
    }
}
