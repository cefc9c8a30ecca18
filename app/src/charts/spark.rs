//! Small pictures in plain SVG: the shape of a cost over time, shares, and changes to either side.

use leptos::prelude::*;
use shared::Money;

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 24.0;

/// A line without axes. Decoration: the figures stand in the same row.
#[component]
pub fn Spark(
    /// One cost per piece of time; none is a gap.
    values: Vec<Option<Money>>,
) -> impl IntoView {
    view! {
        <svg class="spark" aria-hidden="true" viewBox=format!("0 0 {WIDTH} {HEIGHT}")>
            <path class="current" d=path(&values)/>
        </svg>
    }
}

/// The line's path. Its range is at least 30 % of the maximum, so that noise stays flat.
fn path(values: &[Option<Money>]) -> String {
    let known = || values.iter().flatten().map(|cost| cost.to_f64());
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    if !low.is_finite() || values.len() < 2 {
        return String::new();
    }
    let span = (high - low).max(high.abs().max(low.abs()) * 0.3).max(f64::MIN_POSITIVE);
    let middle = (high + low) / 2.0;
    let step = WIDTH / (values.len() - 1) as f64;
    let mut path = String::new();
    let mut is_down = false;
    for (place, cost) in values.iter().enumerate() {
        let Some(cost) = cost else {
            is_down = false;
            continue;
        };
        let y = HEIGHT / 2.0 - (cost.to_f64() - middle) / span * (HEIGHT - 4.0);
        path.push_str(&format!("{}{:.1} {y:.1}", if is_down { 'L' } else { 'M' }, place as f64 * step));
        is_down = true;
    }
    path
}

/// A share of the whole as a bar in the group's colour.
#[component]
pub fn Share(
    /// 0 to 1.
    share: f64,
    /// The group's colour: `c1` … `c10`, `co` for Other.
    class: String,
) -> impl IntoView {
    let width = format!("{:.1}", share.clamp(0.0, 1.0) * 72.0);
    view! {
        <svg aria-hidden="true" width="72" height="6" viewBox="0 0 72 6">
            <rect class="bar-track" width="72" height="6" rx="3"/>
            <rect class=class width=width height="6" rx="3"/>
        </svg>
    }
}

/// A change as a bar to the right (rise) or left (fall) of a middle line.
#[component]
pub fn Swing(
    /// −1 to 1, of the largest change beside it.
    share: f64,
) -> impl IntoView {
    let share = if share.is_finite() { share.clamp(-1.0, 1.0) } else { 0.0 };
    let width = share.abs() * 52.0;
    let (x, class) = if share < 0.0 { (56.0 - width, "bar-fall") } else { (56.0, "bar-rise") };
    view! {
        <svg aria-hidden="true" width="112" height="12" viewBox="0 0 112 12">
            <rect class=class x=format!("{x:.1}") y="2" width=format!("{width:.1}") height="8" rx="2"/>
            <path class="swing-axis" d="M56 0v12"/>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_stays_flat_and_gaps_stay_open() {
        let check = |costs: &[&str], expect: &str| {
            let costs: Vec<Option<Money>> = costs.iter().map(|cost| cost.parse().ok()).collect();
            assert_eq!(path(&costs), expect, "{costs:?}");
        };
        check(&["100", "101", "100"], "M0.0 12.3L48.0 11.7L96.0 12.3");
        check(&["0", "10"], "M0.0 22.0L96.0 2.0");
        check(&["5", "", "5"], "M0.0 12.0M96.0 12.0");
        check(&["0", "0"], "M0.0 12.0L96.0 12.0");
        check(&["", ""], "");
        check(&["1"], "");
    }
}
