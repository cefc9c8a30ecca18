//! One question to one cube, its answer written down. The browser's tests include this file: the crate must say the same
//! there.

#![allow(clippy::unwrap_used, reason = "tests")]

use cube::{BinBy, CubeBuilder, CubeSet, Dimension, Header, Metric, Query, blob};
use shared::api::{PeriodIndex, Source};
use shared::{Currency, Day, DayRange};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// Builds a cube, sends it through its blob, asks by service and week with the smallest group as Other.
pub fn answer() -> String {
    let header = Header {
        currency: Currency::USD,
        source: Source::Report,
        as_of: "2026-11-23T06:00:00Z".parse().unwrap(),
        days: DayRange::new(day("2026-11-01"), day("2026-12-01")),
        monthly: false,
    };
    let mut builder = CubeBuilder::new(header, vec![Dimension::Service], vec![Metric::BilledCost]);
    for place in 0..14_i32 {
        let units = i128::from(place) * 1_000_000_007;
        builder.add_values(&["Amazon EC2"], day("2026-11-02").plus(place), &[units * 7]);
        builder.add_values(&["Amazon S3"], day("2026-11-02").plus(place), &[units * 3 + 1]);
        builder.add_values(&["AWS Lambda"], day("2026-11-02").plus(place), &[-units]);
    }
    let cube = blob::decode(&blob::encode(&builder.finish()).unwrap()).unwrap();
    let mut set = CubeSet::new(vec![PeriodIndex {
        period: "2026-11".parse().unwrap(),
        source: Source::Report,
        complete_until: day("2026-11-16"),
        known_until: day("2026-11-16"),
        is_final: false,
        as_of: "2026-11-23T06:00:00Z".parse().unwrap(),
    }]);
    set.push(cube);
    let range = DayRange::new(day("2026-11-02"), day("2026-11-16"));
    let query = Query {
        group_by: vec![Dimension::Service],
        bin: BinBy::Week,
        top: Some(1),
        ..Query::whole(range, Currency::USD)
    };
    let answer = set.query(&query).unwrap();
    let mut lines = vec![format!("total {} {:?}", answer.total.cost, texts(&answer.total.values))];
    for group in answer.groups.iter().chain(&answer.other) {
        let name = if group.key.is_empty() { "Other".to_owned() } else { group.key.join("/") };
        lines.push(format!("{name} {} {:?}", group.cost, texts(&group.values)));
    }
    lines.join("\n")
}

fn texts(values: &[shared::Money]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// What it must be.
pub const EXPECTED: &str = "\
total 0.819000005747 [\"0.18900000133\", \"0.630000004417\"]
Amazon EC2 0.637000004459 [\"0.147000001029\", \"0.49000000343\"]
Other 0.182000001288 [\"0.042000000301\", \"0.140000000987\"]";

#[test]
fn the_answer_is_the_one_written_down() {
    assert_eq!(answer(), EXPECTED);
}
