//! Costs over time: stacked bars or lines by group, the previous period as a dotted line.

use charming::Chart;
use charming::component::{Axis, Grid};
use charming::datatype::{CompositeValue, DataPoint};
use charming::element::{AxisType, ItemStyle, LineStyle, LineStyleType, Symbol};
use charming::series::{Bar, Line};
use shared::Money;

/// One group.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// One value per bin; none where nothing is delivered yet.
    pub values: Vec<Option<Money>>,
    /// Place among the categorical colours, from 1; none is Other.
    pub colour: Option<usize>,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// Words of each bin.
    pub bins: Vec<String>,
    /// Groups, largest first.
    pub series: Vec<Series>,
    /// Totals of the compared range, bin by bin.
    pub previous: Option<Vec<Money>>,
    /// Lines instead of bars.
    pub is_lines: bool,
}

/// ECharts options as JSON. Colours are names of the style sheet's tokens: the bridge looks them up.
pub fn options(bars: &Bars) -> String {
    let mut chart = Chart::new()
        .grid(Grid::new().left("56").right("8").top("12").bottom("28"))
        .x_axis(Axis::new().type_(AxisType::Category).data(bars.bins.clone()))
        .y_axis(Axis::new().type_(AxisType::Value));
    for series in &bars.series {
        let colour =
            series.colour.map_or("var(--cat-other)".to_owned(), |place| format!("var(--cat-{place})"));
        let values: Vec<DataPoint> = series.values.iter().map(point).collect();
        chart = if bars.is_lines {
            chart.series(
                Line::new()
                    .name(series.name.clone())
                    .data(values)
                    .symbol(Symbol::None)
                    .line_style(LineStyle::new().color(colour.clone()).width(2.0))
                    .item_style(ItemStyle::new().color(colour)),
            )
        } else {
            chart.series(
                Bar::new()
                    .name(series.name.clone())
                    .stack("cost")
                    .data(values)
                    .item_style(ItemStyle::new().color(colour)),
            )
        };
    }
    if let Some(previous) = &bars.previous {
        let values: Vec<DataPoint> =
            previous.iter().take(bars.bins.len()).map(|cost| point(&Some(*cost))).collect();
        chart = chart.series(
            Line::new()
                .name("Previous")
                .data(values)
                .symbol(Symbol::None)
                .line_style(
                    LineStyle::new().color("var(--series-previous)").width(2.0).type_(LineStyleType::Dotted),
                )
                .item_style(ItemStyle::new().color("var(--series-previous)")),
        );
    }
    chart.to_string()
}

/// A cost for pixels; what is not delivered is no zero.
fn point(cost: &Option<Money>) -> DataPoint {
    match cost {
        Some(cost) => DataPoint::Value(CompositeValue::from((cost.to_f64() * 100.0).round() / 100.0)),
        None => DataPoint::Value(CompositeValue::from("-")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_delivered_is_never_drawn_as_zero() {
        let bars = Bars {
            bins: vec!["1 Nov".into(), "2 Nov".into()],
            series: vec![Series {
                name: "Amazon EC2".into(),
                values: vec!["1.5".parse().ok(), None],
                colour: Some(1),
            }],
            previous: Some(vec![Money::ZERO, Money::ZERO]),
            is_lines: false,
        };
        let json: serde_json::Value = serde_json::from_str(&options(&bars)).unwrap();
        assert_eq!(json["series"][0]["data"], serde_json::json!([1.5, "-"]));
        assert_eq!(json["series"][0]["stack"], "cost");
        assert_eq!(json["series"][1]["name"], "Previous");
    }
}
