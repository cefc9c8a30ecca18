use super::*;
use crate::merge::{Merge, Merged};
use crate::roll_up::{Counts, METRICS, detail_dimensions};
use cube::Header;
use shared::api::Source;
use shared::{BillingPeriod, Day, Money};

/// A cell: its values by dimension, none but these; its day of the month, and its cost.
struct Line {
    values: Vec<(Dimension, String)>,
    day: i32,
    units: i128,
}

/// A charge of a resource with a name of its own, now and then without one, in one of a few teams.
fn line(number: usize) -> Line {
    let tag = |key: &str| Dimension::Tag(key.to_owned());
    let name = if number.is_multiple_of(10) { String::new() } else { format!("n{number}") };
    Line {
        values: vec![
            (Dimension::SubAccount, format!("account {}", number % 2)),
            (Dimension::Service, format!("service {}", number % 3)),
            (Dimension::XUsageType, format!("use {}", number % 7)),
            (Dimension::XOperation, format!("operation {}", number % 50)),
            (tag("name"), name),
            (tag("team"), format!("team {}", number % 4)),
        ],
        day: number as i32 % 5,
        units: number as i128 * 1_000_003,
    }
}

fn first() -> Day {
    "2026-10".parse::<BillingPeriod>().unwrap().first_day()
}

/// The cube of a part.
fn cube(lines: &[Line]) -> Cube {
    let dimensions = detail_dimensions(&["name", "team"].map(str::to_owned));
    let header = Header {
        currency: "USD".parse().unwrap(),
        source: Source::Report,
        as_of: Timestamp::UNIX_EPOCH,
        days: "2026-10".parse::<BillingPeriod>().unwrap().days(),
        monthly: false,
    };
    let mut builder = CubeBuilder::new(header, dimensions.clone(), METRICS.to_vec());
    for line in lines {
        let of = |dimension: &Dimension| line.values.iter().find(|(known, _)| known == dimension);
        let values: Vec<&str> = dimensions
            .iter()
            .map(|dimension| of(dimension).map_or("", |(_, value)| value.as_str()))
            .collect();
        builder.add_values(&values, first().plus(line.day), &[line.units; METRICS.len()]);
    }
    builder.finish()
}

/// Cubes of 1,500 lines, so many in each.
fn cubes(rows: usize) -> Vec<Vec<u8>> {
    let lines: Vec<Line> = (0..1_500).map(line).collect();
    lines.chunks(rows).map(|lines| cube::blob::encode(&cube(lines)).unwrap()).collect()
}

fn counts() -> Counts {
    let sum = Money::from_units((0..1_500).map(|number| line(number).units).sum());
    Counts { totals: [("USD".parse().unwrap(), (sum, sum))].into(), ..Counts::new() }
}

/// Bytes of a cell that is alone with its 14 values.
const ALONE: usize = 14 * 4 + METRICS.len() * 8;

/// The month of some cubes where there is room for so few cells, each alone with its values.
fn narrow(cubes: &[Vec<u8>], most: usize) -> Result<Merged, DecodeError> {
    let mut survey = Survey::default();
    cubes.iter().for_each(|blob| survey.add(blob).unwrap());
    let mut merge = Merge::within(Timestamp::UNIX_EPOCH, survey.folding(most * ALONE));
    merge.count(&counts());
    for blob in cubes {
        assert!(merge.add(blob)?);
    }
    merge.finish()
}

fn values(month: &Merged, dimension: &Dimension) -> usize {
    month.detail[0].find_column(dimension).unwrap().dictionary.len()
}

#[test]
fn a_tag_of_more_values_than_are_named_is_surveyed() {
    let cubes = cubes(100);
    let mut merge = Merge::new(Timestamp::UNIX_EPOCH);
    assert!(merge.add(&cubes[0]).unwrap() && merge.add(&cubes[1]).unwrap(), "180 names");
    assert!(!merge.add(&cubes[2]).unwrap(), "270 names");
}

#[test]
fn what_is_given_up_hangs_on_the_month_alone_and_keeps_every_total() {
    let name = Dimension::Tag("name".to_owned());
    let whole = cube(&(0..1_500).map(line).collect::<Vec<_>>());
    let mut before = usize::MAX;
    for (most, expect) in [
        // The 200 largest names, Other, and none; everything else as it is.
        (10_000, [202, 4, 7, 50]),
        // Operations are Other.
        (1_400, [202, 4, 7, 1]),
        // Then names, then teams, …
        (300, [1, 4, 7, 1]),
        (200, [1, 1, 7, 1]),
        // … usage types, and all but account, service and day.
        (100, [1, 1, 1, 1]),
    ] {
        let month = narrow(&cubes(100), most).unwrap();
        let folded = &month.detail[0];
        let [names, teams, usage_types, operations] =
            [&name, &Dimension::Tag("team".to_owned()), &Dimension::XUsageType, &Dimension::XOperation]
                .map(|dimension| values(&month, dimension));
        assert_eq!([names, teams, usage_types, operations], expect, "{most}");
        assert!(folded.tuples() * 14 * 4 + folded.cells() * METRICS.len() * 8 <= most * ALONE);
        assert!(folded.cells() <= before);
        before = folded.cells();
        for metric in METRICS {
            assert_eq!(folded.total(metric), whole.total(metric));
        }
        // The same cubes the other way round, and the same lines in other cubes.
        let mut turned = cubes(100);
        turned.reverse();
        for others in [turned, cubes(1_500), cubes(37)] {
            let again = narrow(&others, most).unwrap();
            assert_eq!((&again.detail, &again.overview), (&month.detail, &month.overview), "{most}");
        }
        // By account, service and day nothing is lost.
        assert_eq!(month.overview, [crate::merge::folded(&whole, &crate::roll_up::OVERVIEW)]);
    }
}

#[test]
fn the_largest_names_stay_and_none_stays_apart() {
    let month = narrow(&cubes(100), 10_000).unwrap();
    let column = month.detail[0].find_column(&Dimension::Tag("name".to_owned())).unwrap();
    let has = |value: &str| column.dictionary.iter().any(|known| known == value);
    assert!(has("") && has(OTHER) && has("n1499") && !has("n1001"));
    let cover = |key: &str| month.tags.iter().find(|cover| cover.key == key).unwrap();
    // Merely cut: it tells as much cost apart as before.
    assert!(!cover("name").is_given_up && !cover("team").is_given_up);
    let named: i128 =
        (0..1_500).map(line).filter(|line| !line.values[4].1.is_empty()).map(|line| line.units).sum();
    assert_eq!(cover("name").effective_cost, Money::from_units(named));
    assert_eq!(cover("team").effective_cost, month.detail[0].total(Metric::EffectiveCost));
    // One there is no room for tells nothing apart: what has none of its values is Other as well.
    let month = narrow(&cubes(100), 200).unwrap();
    let gone = |cover: &crate::merge::Cover| cover.is_given_up && cover.effective_cost.is_zero();
    assert!(month.tags.len() == 2 && month.tags.iter().all(gone), "{:?}", month.tags);
}

#[test]
fn a_tag_of_endless_values_only_says_whether_it_is_there() {
    let lines: Vec<Line> = (0..WEIGHED + 2).map(line).collect();
    let mut survey = Survey::default();
    for lines in lines.chunks(5_000) {
        survey.add(&cube::blob::encode(&cube(lines)).unwrap()).unwrap();
    }
    // Nine of ten have a name: fewer than are weighed.
    let folding = survey.folding(usize::MAX);
    let names = |folding: &Folding| folding.named("USD".parse().unwrap(), &Dimension::Tag("name".to_owned()));
    assert_eq!(names(&folding).unwrap().len(), VALUES);
    let lines: Vec<Line> = (0..2 * WEIGHED).map(line).collect();
    let mut survey = Survey::default();
    survey.add(&cube::blob::encode(&cube(&lines)).unwrap()).unwrap();
    let folding = survey.folding(usize::MAX);
    assert_eq!(names(&folding).unwrap().len(), 0);
    let is_given_up =
        |key: &str| folding.is_given_up("USD".parse().unwrap(), &Dimension::Tag(key.to_owned()));
    assert!(is_given_up("name") && !is_given_up("team"));
}

#[test]
fn where_not_even_accounts_fit_the_largest_keep_their_names() {
    let line = |number: usize| Line {
        values: vec![(Dimension::SubAccount, format!("{number:012}"))],
        day: 0,
        units: (number as i128 % 1_500) * 7,
    };
    let cube = cube(&(0..1_500).map(line).collect::<Vec<_>>());
    let mut survey = Survey::default();
    survey.add(&cube::blob::encode(&cube).unwrap()).unwrap();
    let mut folding = survey.folding(1_200 * ALONE);
    let mut cubes = BTreeMap::new();
    folding.take(&mut cubes, &cube, Timestamp::UNIX_EPOCH).unwrap();
    let folded = cubes.into_values().next().unwrap().finish();
    let accounts = &folded.find_column(&Dimension::SubAccount).unwrap().dictionary;
    assert_eq!(accounts.len(), 1_001);
    assert!(accounts.contains(&format!("{:012}", 500)) && !accounts.contains(&format!("{:012}", 499)));
    assert_eq!(folded.total(Metric::BilledCost), cube.total(Metric::BilledCost));
    let mut survey = Survey::default();
    survey.add(&cube::blob::encode(&cube).unwrap()).unwrap();
    let refused = survey.folding(10 * ALONE).take(&mut BTreeMap::new(), &cube, Timestamp::UNIX_EPOCH);
    assert!(matches!(refused, Err(DecodeError::TooLarge { .. })), "ten and Other are eleven");
}
