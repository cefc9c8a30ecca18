//! Why a cost changed: what each group adds or takes, up to the whole change. The axis starts at no change, so that small
//! steps beside large totals stay readable.

use charming::Chart;
use charming::component::{Axis, Grid};
use charming::datatype::{CompositeValue, DataPoint};
use charming::element::{AxisType, ItemStyle};
use charming::series::Bar;
use serde_json::json;
use shared::Money;

use crate::format::money;

/// What a group adds to the change.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The group.
    pub name: String,
    /// Current less previous cost.
    pub change: Money,
}

/// The largest changes first, at most `most` by themselves; the rest together, so that all add up exactly.
pub fn steps(mut changes: Vec<Step>, most: usize) -> Vec<Step> {
    changes.retain(|step| !step.change.is_zero());
    changes.sort_by(|a, b| b.change.abs().cmp(&a.change.abs()).then_with(|| a.name.cmp(&b.name)));
    if changes.len() > most {
        let rest = changes.split_off(most);
        let change = rest.iter().map(|step| step.change).sum();
        changes.push(Step { name: format!("Other ({})", rest.len()), change });
    }
    changes
}

/// ECharts options as JSON: each bar hangs between the sums before and after it, and the last one is the whole change.
pub fn options(steps: &[Step]) -> String {
    let (mut base, mut rises, mut falls, mut totals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut names, mut words) = (Vec::new(), Vec::new());
    let mut sum = Money::ZERO;
    for step in steps {
        let next = sum + step.change;
        let is_rise = step.change > Money::ZERO;
        base.push(pixels(sum.min(next)));
        rises.push(pixels(if is_rise { step.change } else { Money::ZERO }));
        falls.push(pixels(if is_rise { Money::ZERO } else { step.change.abs() }));
        totals.push(pixels(Money::ZERO));
        names.push(step.name.clone());
        words.push(money::signed_dollars(step.change));
        sum = next;
    }
    names.push("Change".to_owned());
    words.push(money::signed_dollars(sum));
    for column in [&mut base, &mut rises, &mut falls] {
        column.push(pixels(Money::ZERO));
    }
    totals.push(pixels(sum));
    let bar = |name: &str, data: Vec<DataPoint>, colour: &str| {
        Bar::new().name(name).stack("why").data(data).item_style(ItemStyle::new().color(colour))
    };
    let chart = Chart::new()
        .grid(Grid::new().left("52").right("4").top("12").bottom("26"))
        .x_axis(Axis::new().type_(AxisType::Category).data(names.clone()))
        .y_axis(Axis::new().type_(AxisType::Value))
        .series(bar("Base", base, "transparent"))
        .series(bar("Total", totals, "var(--cat-other)"))
        .series(bar("Rise", rises, "var(--rise)"))
        .series(bar("Fall", falls, "var(--fall)"));
    let mut options = serde_json::to_value(&chart).unwrap_or_default();
    if let Some(options) = options.as_object_mut() {
        let ticks: Vec<_> =
            names.iter().map(|name| json!({"label": name, "title": name, "is_labelled": true})).collect();
        let extra =
            json!({"ticks": ticks, "groups": [], "totals": words, "previous": [], "is_waterfall": true});
        options.insert("cloudthread".to_owned(), extra);
    }
    options.to_string()
}

fn pixels(cost: Money) -> DataPoint {
    DataPoint::Value(CompositeValue::from((cost.to_f64() * 100.0).round() / 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn step(name: &str, change: &str) -> Step {
        Step { name: name.to_owned(), change: change.parse().unwrap() }
    }

    #[test]
    fn steps_add_up_to_the_change_exactly() {
        let changes = vec![
            step("a", "1.000000000001"),
            step("b", "-7"),
            step("c", "0"),
            step("d", "3"),
            step("e", "-0.5"),
        ];
        let whole: Money = changes.iter().map(|step| step.change).sum();
        let shown = steps(changes, 2);
        assert_eq!(shown.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["b", "d", "Other (2)"]);
        assert_eq!(shown.iter().map(|step| step.change).sum::<Money>(), whole);
    }

    #[test]
    fn bars_hang_between_the_sums() {
        let steps = [step("a", "5"), step("b", "-7"), step("c", "1")];
        let shown: Value = serde_json::from_str(&options(&steps)).unwrap();
        assert_eq!(shown["xAxis"]["data"], json!(["a", "b", "c", "Change"]));
        assert_eq!(shown["series"][0]["data"], json!([0.0, -2.0, -2.0, 0.0]));
        assert_eq!(shown["series"][1]["data"], json!([0.0, 0.0, 0.0, -1.0]));
        assert_eq!(shown["series"][2]["data"], json!([5.0, 0.0, 1.0, 0.0]));
        assert_eq!(shown["series"][3]["data"], json!([0.0, 7.0, 0.0, 0.0]));
        assert_eq!(shown["cloudthread"]["totals"], json!(["+$5.00", "−$7.00", "+$1.00", "−$1.00"]));
    }
}
