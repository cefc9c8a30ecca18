//! What a request asks: its period, its granularity, what it groups by and what it filters.

use serde_json::Value;
use shared::{Day, DayRange};

use super::{Answer, invalid};
use crate::billing::lines::{Kind, Line};

/// Dimensions one may group by here.
pub const GROUPS: [&str; 6] =
    ["SERVICE", "LINKED_ACCOUNT", "REGION", "USAGE_TYPE", "RECORD_TYPE", "OPERATION"];

/// One member of `GroupBy`.
pub struct Grouping<'a> {
    /// `DIMENSION` or `TAG`.
    pub kind: &'a str,
    /// Which one.
    pub key: &'a str,
}

/// What to group by, two at most.
pub fn grouping(input: &Value) -> Answer<Vec<Grouping<'_>>> {
    let groups = input.get("GroupBy").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if groups.len() > 2 {
        return Err(invalid("GroupBy can have at most 2 members"));
    }
    groups
        .iter()
        .map(|group| {
            let (kind, key) = (text(group, "Type")?, text(group, "Key")?);
            match kind {
                "DIMENSION" if GROUPS.contains(&key) => Ok(Grouping { kind, key }),
                "TAG" => Ok(Grouping { kind, key }),
                _ => Err(invalid(format!("Group Definition {kind} {key} is not supported"))),
            }
        })
        .collect()
}

impl Grouping<'_> {
    /// What a line is grouped under.
    pub fn value(&self, line: &Line, kind: Kind) -> String {
        match self.kind {
            "TAG" => format!("{}${}", self.key, line.tag(self.key).unwrap_or_default()),
            _ => dimension(line, kind, self.key).to_owned(),
        }
    }
}

fn dimension<'a>(line: &'a Line, kind: Kind, key: &str) -> &'a str {
    let named = |text: &'a str, none: &'static str| if text.is_empty() { none } else { text };
    match key {
        "SERVICE" => line.cost_explorer,
        "LINKED_ACCOUNT" => line.account.id,
        "REGION" => named(line.region, "NoRegion"),
        "USAGE_TYPE" => named(&line.usage_type, "NoUsageType"),
        "OPERATION" => named(line.operation, "NoOperation"),
        _ => record_type(kind),
    }
}

/// Cost Explorer's spelling of a kind of charge.
fn record_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Usage => "Usage",
        Kind::SavingsPlanCovered => "SavingsPlanCoveredUsage",
        Kind::SavingsPlanNegation => "SavingsPlanNegation",
        Kind::SavingsPlanFee => "SavingsPlanRecurringFee",
        Kind::Reserved => "DiscountedUsage",
        Kind::ReservationFee => "Recurring",
        Kind::MarketplaceFee => "Other out-of-cycle charges",
        Kind::Support => "Support",
        Kind::Tax => "Tax",
        Kind::Credit => "Credit",
        Kind::Refund => "Refund",
        Kind::Discount => "Bundled Discount",
    }
}

/// A filter expression.
pub enum Filter {
    Everything,
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Dimension(String, Vec<String>),
    Tag(String, Vec<String>),
}

impl Filter {
    /// Reads an expression; without one everything is admitted.
    pub fn read(input: Option<&Value>) -> Answer<Self> {
        let Some(input) = input.filter(|input| !input.is_null()) else { return Ok(Self::Everything) };
        let object = input.as_object().filter(|object| object.len() == 1);
        let Some((name, value)) = object.and_then(|object| object.iter().next()) else {
            return Err(invalid("Expression must have exactly one root"));
        };
        let all = |value: &Value| -> Answer<Vec<Filter>> {
            value
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default()
                .iter()
                .map(|part| Self::read(Some(part)))
                .collect()
        };
        match name.as_str() {
            "And" => all(value).map(Self::And),
            "Or" => all(value).map(Self::Or),
            "Not" => Ok(Self::Not(Box::new(Self::read(Some(value))?))),
            "Dimensions" if GROUPS.contains(&text(value, "Key")?) => {
                Ok(Self::Dimension(text(value, "Key")?.to_owned(), values(value)))
            }
            "Tags" => Ok(Self::Tag(text(value, "Key")?.to_owned(), values(value))),
            other => Err(invalid(format!("Expression {other} is not supported"))),
        }
    }

    /// Whether a line counts as this kind of charge.
    pub fn admits(&self, line: &Line, kind: Kind) -> bool {
        match self {
            Self::Everything => true,
            Self::And(parts) => parts.iter().all(|part| part.admits(line, kind)),
            Self::Or(parts) => parts.iter().any(|part| part.admits(line, kind)),
            Self::Not(part) => !part.admits(line, kind),
            Self::Dimension(key, values) => values.iter().any(|value| value == dimension(line, kind, key)),
            Self::Tag(key, values) => values.iter().any(|value| value == line.tag(key).unwrap_or_default()),
        }
    }
}

fn values(input: &Value) -> Vec<String> {
    list(input, "Values").into_iter().map(str::to_owned).collect()
}

/// A member that must be there.
pub fn text<'a>(input: &'a Value, member: &str) -> Answer<&'a str> {
    input.get(member).and_then(Value::as_str).ok_or_else(|| invalid(format!("{member} is required")))
}

/// A list's texts; empty when it is absent.
pub fn list<'a>(input: &'a Value, member: &str) -> Vec<&'a str> {
    input
        .get(member)
        .and_then(Value::as_array)
        .map(|items| items.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

/// A period of whole days, its end exclusive.
pub fn time_period(input: &Value, member: &str, start: &str, end: &str) -> Answer<DayRange> {
    let period = input.get(member).ok_or_else(|| invalid(format!("{member} is required")))?;
    let day = |name: &str| -> Answer<Day> {
        text(period, name)?
            .parse()
            .map_err(|_| invalid(format!("{name} time is invalid. Valid format is: yyyy-MM-dd.")))
    };
    let (start, end) = (day(start)?, day(end)?);
    if start >= end {
        return Err(invalid("Start date (and hour) should be before end date (and hour)"));
    }
    Ok(DayRange::new(start, end))
}

/// The days or months of a period.
pub fn bins(range: DayRange, granularity: &str) -> Answer<Vec<DayRange>> {
    match granularity {
        "DAILY" => Ok(range.days().map(|day| DayRange::new(day, day.plus(1))).collect()),
        "MONTHLY" => Ok(range.periods().into_iter().map(|period| period.days().intersect(range)).collect()),
        "HOURLY" => Err(invalid("Hourly data is not enabled for this account")),
        _ => Err(invalid("Granularity must be one of DAILY, MONTHLY, HOURLY")),
    }
}
