//! Costs over time: stacked bars or lines by group, the previous period as a dotted line.

use charming::Chart;
use charming::component::{Axis, Grid};
use charming::datatype::{CompositeValue, DataPoint};
use charming::element::{AxisType, ItemStyle, LineStyle, LineStyleType, Symbol};
use charming::series::{Bar, Line};
use serde::Serialize;
use shared::Money;
use shared::view::Drawn;

use crate::format::money;

/// One piece of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tick {
    /// Below the axis: `16 Nov`.
    pub label: String,
    /// In the tooltip: `Tue 17 Nov 2026`.
    pub title: String,
    /// Whether its label is drawn; one a week is enough.
    pub is_labelled: bool,
    /// Whether its figures may still change.
    pub is_estimated: bool,
    /// Whether part of it is not delivered yet.
    pub is_undelivered: bool,
    /// What it is compared with: `Tue 13 Oct`.
    pub previous: Option<String>,
}

/// One group.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// One value per tick; none where nothing is delivered yet.
    pub values: Vec<Option<Money>>,
    /// Place among the categorical colours, from 1; none is Other.
    pub colour: Option<usize>,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Time.
    pub ticks: Vec<Tick>,
    /// Groups, largest first.
    pub series: Vec<Series>,
    /// Totals of the compared range, tick by tick.
    pub previous: Option<Vec<Money>>,
    /// Place of the first tick that the report answers, where Cost Explorer answers those before it.
    pub seam: Option<usize>,
    /// How.
    pub drawn: Drawn,
}

/// What the bridge needs besides ECharts' own options: words for the tooltip, exact to the cent, and marks.
#[derive(Serialize)]
struct Words<'a> {
    ticks: &'a [Tick],
    groups: Vec<Group<'a>>,
    totals: Vec<String>,
    previous: Vec<String>,
    seam: Option<usize>,
    is_stacked: bool,
}

#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
    colour: Option<usize>,
    costs: Vec<String>,
}

/// ECharts options as JSON. Colours are names of the style sheet's tokens: the bridge looks them up.
pub fn options(plot: &Plot) -> String {
    let series: Vec<Series> = plot.series.iter().map(|series| drawn(series, plot.drawn)).collect();
    let previous = plot.previous.as_ref().map(|costs| match plot.drawn {
        Drawn::Cumulative => running(costs),
        _ => costs.clone(),
    });
    let mut chart = Chart::new()
        .grid(
            Grid::new().left("52").right("4").top(if plot.seam.is_some() { "30" } else { "12" }).bottom("26"),
        )
        .x_axis(
            Axis::new()
                .type_(AxisType::Category)
                .data(plot.ticks.iter().map(|tick| tick.label.clone()).collect::<Vec<_>>()),
        )
        .y_axis(Axis::new().type_(AxisType::Value));
    for group in &series {
        let values: Vec<DataPoint> = group.values.iter().map(|cost| point(*cost)).collect();
        let colour = token(group.colour);
        let name = group.name.clone();
        chart =
            match plot.drawn {
                Drawn::Bars | Drawn::Why => {
                    chart.series(Bar::new().name(name).stack("cost").data(values).item_style(
                        ItemStyle::new().color(colour).border_color("var(--card)").border_width(0.6),
                    ))
                }
                Drawn::Lines | Drawn::Cumulative => chart.series(
                    Line::new()
                        .name(name)
                        .data(values)
                        .symbol(Symbol::None)
                        .line_style(LineStyle::new().color(colour.clone()).width(2.0))
                        .item_style(ItemStyle::new().color(colour)),
                ),
            };
    }
    if plot.drawn == Drawn::Bars && plot.ticks.iter().any(|tick| tick.is_undelivered) {
        chart = chart.series(absent(plot));
    }
    for line in previous.iter().flat_map(|previous| dotted(previous, plot.ticks.len())) {
        chart = chart.series(line);
    }
    let mut options = serde_json::to_value(&chart).unwrap_or_default();
    if let Some(options) = options.as_object_mut() {
        let words = serde_json::to_value(words(plot, &series, previous.as_deref())).unwrap_or_default();
        options.insert("cloudthread".to_owned(), words);
    }
    options.to_string()
}

fn token(colour: Option<usize>) -> String {
    colour.map_or("var(--cat-other)".to_owned(), |place| format!("var(--cat-{place})"))
}

/// A group as it is drawn: summed up from the left where the chart is cumulative.
fn drawn(series: &Series, drawn: Drawn) -> Series {
    if drawn != Drawn::Cumulative {
        return series.clone();
    }
    let mut sum = Money::ZERO;
    let mut add = |cost: &Option<Money>| {
        cost.map(|cost| {
            sum += cost;
            sum
        })
    };
    Series { values: series.values.iter().map(&mut add).collect(), ..series.clone() }
}

fn running(costs: &[Money]) -> Vec<Money> {
    costs
        .iter()
        .scan(Money::ZERO, |sum, cost| {
            *sum += *cost;
            Some(*sum)
        })
        .collect()
}

/// Dashed outlines where days are not delivered yet: never a zero.
fn absent(plot: &Plot) -> Bar {
    let total = |place: usize| -> f64 {
        plot.series
            .iter()
            .filter_map(|group| group.values.get(place).copied().flatten())
            .map(Money::to_f64)
            .sum()
    };
    let highest = (0..plot.ticks.len()).map(total).fold(0.0, f64::max);
    let outline = |(place, tick): (usize, &Tick)| {
        let height = if tick.is_undelivered && total(place) == 0.0 { Some(highest * 0.15) } else { None };
        DataPoint::Value(height.map_or(CompositeValue::from("-"), CompositeValue::from))
    };
    Bar::new()
        .name("Not delivered yet")
        .stack("cost")
        .data(plot.ticks.iter().enumerate().map(outline).collect::<Vec<_>>())
        .item_style(ItemStyle::new().color("transparent").border_color("var(--chart-axis)").border_width(1.0))
}

/// The previous period: dots with a halo of the card's colour, so that they stay visible on bars.
fn dotted(previous: &[Money], ticks: usize) -> [Line; 2] {
    let values: Vec<DataPoint> = previous.iter().take(ticks).map(|cost| point(Some(*cost))).collect();
    let line = |name: &str, colour: &str, width: f64| {
        Line::new()
            .name(name)
            .data(values.clone())
            .symbol(Symbol::None)
            .item_style(ItemStyle::new().color(colour))
            .line_style(LineStyle::new().color(colour).width(width).type_(LineStyleType::Solid))
    };
    [
        line("Halo", "var(--card)", 4.0),
        line("Previous", "var(--series-previous)", 2.25).line_style(
            LineStyle::new().color("var(--series-previous)").width(2.25).type_(LineStyleType::Dotted),
        ),
    ]
}

fn words<'a>(plot: &'a Plot, series: &'a [Series], previous: Option<&[Money]>) -> Words<'a> {
    let text = |cost: Option<Money>| cost.map(money::dollars).unwrap_or_default();
    let total = |place: usize| -> Option<Money> {
        let known: Vec<Money> =
            series.iter().filter_map(|group| group.values.get(place).copied().flatten()).collect();
        (!known.is_empty()).then(|| known.into_iter().sum())
    };
    Words {
        ticks: &plot.ticks,
        groups: series
            .iter()
            .map(|group| Group {
                name: &group.name,
                colour: group.colour,
                costs: group.values.iter().map(|cost| text(*cost)).collect(),
            })
            .collect(),
        totals: (0..plot.ticks.len()).map(|place| text(total(place))).collect(),
        previous: previous.unwrap_or_default().iter().map(|cost| money::dollars(*cost)).collect(),
        seam: plot.seam,
        is_stacked: matches!(plot.drawn, Drawn::Bars | Drawn::Why),
    }
}

/// A cost for pixels; what is not delivered is no zero.
fn point(cost: Option<Money>) -> DataPoint {
    match cost {
        Some(cost) => DataPoint::Value(CompositeValue::from((cost.to_f64() * 100.0).round() / 100.0)),
        None => DataPoint::Value(CompositeValue::from("-")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn a_plot(drawn: Drawn) -> Plot {
        let tick = |label: &str, is_undelivered| Tick {
            label: label.into(),
            title: format!("Sun {label} 2026"),
            is_undelivered,
            ..Tick::default()
        };
        let series = |name: &str, costs: [&str; 3], colour| Series {
            name: name.into(),
            values: costs.iter().map(|cost| cost.parse().ok()).collect(),
            colour,
        };
        Plot {
            ticks: vec![tick("1 Nov", false), tick("2 Nov", false), tick("3 Nov", true)],
            series: vec![
                series("Amazon EC2", ["1.5", "2.004", ""], Some(1)),
                series("Other (2)", ["0.25", "0.25", ""], None),
            ],
            previous: Some(vec![Money::ZERO, "1".parse().unwrap(), "2".parse().unwrap()]),
            seam: Some(1),
            drawn,
        }
    }

    fn shown(drawn: Drawn) -> Value {
        serde_json::from_str(&options(&a_plot(drawn))).unwrap()
    }

    #[test]
    fn what_is_not_delivered_is_never_drawn_as_zero() {
        let bars = shown(Drawn::Bars);
        assert_eq!(bars["series"][0]["data"], json!([1.5, 2.0, "-"]));
        assert_eq!(bars["series"][2]["name"], "Not delivered yet");
        assert_eq!(bars["series"][2]["data"][0], "-");
        assert!(bars["series"][2]["data"][2].as_f64().unwrap() > 0.0);
        assert_eq!(bars["cloudthread"]["totals"], json!(["$1.75", "$2.25", ""]));
    }

    #[test]
    fn bars_stand_on_each_other_and_wear_tokens() {
        let bars = shown(Drawn::Bars);
        for (place, colour) in [(0, "var(--cat-1)"), (1, "var(--cat-other)")] {
            assert_eq!(bars["series"][place]["type"], "bar");
            assert_eq!(bars["series"][place]["stack"], "cost");
            assert_eq!(bars["series"][place]["itemStyle"]["color"], colour);
        }
        assert_eq!(bars["xAxis"]["data"], json!(["1 Nov", "2 Nov", "3 Nov"]));
        assert_eq!(bars["cloudthread"]["seam"], 1);
    }

    #[test]
    fn the_previous_period_is_dotted_over_a_halo() {
        let bars = shown(Drawn::Bars);
        assert_eq!(
            (&bars["series"][3]["name"], &bars["series"][4]["name"]),
            (&json!("Halo"), &json!("Previous"))
        );
        assert_eq!(bars["series"][4]["lineStyle"]["type"], "dotted");
        assert_eq!(bars["cloudthread"]["previous"], json!(["$0.00", "$1.00", "$2.00"]));
    }

    #[test]
    fn cumulative_lines_add_up() {
        let lines = shown(Drawn::Cumulative);
        assert_eq!(lines["series"][0]["type"], "line");
        assert_eq!(lines["series"][0]["data"], json!([1.5, 3.5, "-"]));
        assert_eq!(lines["series"][3]["data"], json!([0.0, 1.0, 3.0]));
        assert_eq!(lines["cloudthread"]["groups"][0]["costs"], json!(["$1.50", "$3.50", ""]));
    }

    #[test]
    fn lines_are_not_stacked() {
        let lines = shown(Drawn::Lines);
        assert_eq!(lines["series"][0].get("stack"), None);
        assert_eq!(lines["cloudthread"]["is_stacked"], false);
    }
}
