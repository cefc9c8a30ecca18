//! The parts questions to Cost Explorer are made of.

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use shared::{Day, DayRange};

/// Width of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Granularity {
    /// A UTC day.
    Daily,
    /// A calendar month.
    Monthly,
}

impl Granularity {
    /// As AWS spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "DAILY",
            Self::Monthly => "MONTHLY",
        }
    }
}

/// What costs can be told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are AWS's")]
pub enum Dimension {
    Service,
    LinkedAccount,
    Region,
    UsageType,
    Operation,
    RecordType,
}

impl Dimension {
    /// As AWS spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "SERVICE",
            Self::LinkedAccount => "LINKED_ACCOUNT",
            Self::Region => "REGION",
            Self::UsageType => "USAGE_TYPE",
            Self::Operation => "OPERATION",
            Self::RecordType => "RECORD_TYPE",
        }
    }
}

/// What results are grouped by; at most two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GroupBy {
    /// A dimension.
    Dimension(Dimension),
    /// A tag by its key.
    Tag(String),
    /// A cost category by its name.
    CostCategory(String),
}

impl GroupBy {
    pub(super) fn to_json(&self) -> Value {
        let (kind, key) = match self {
            Self::Dimension(dimension) => ("DIMENSION", dimension.as_str()),
            Self::Tag(key) => ("TAG", key.as_str()),
            Self::CostCategory(name) => ("COST_CATEGORY", name.as_str()),
        };
        json!({ "Type": kind, "Key": key })
    }
}

/// Which charges count. Only values AWS itself returned: a wrong one yields zero, not an error.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// One of these values of a dimension.
    Dimension(Dimension, Vec<String>),
    /// One of these values of a tag.
    Tag(String, Vec<String>),
    /// Everything but.
    Not(Box<Filter>),
    /// All of these; two at least.
    And(Vec<Filter>),
}

impl Filter {
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Dimension(dimension, values) => {
                json!({ "Dimensions": { "Key": dimension.as_str(), "Values": values } })
            }
            Self::Tag(key, values) => json!({ "Tags": { "Key": key, "Values": values } }),
            Self::Not(inner) => json!({ "Not": inner.to_json() }),
            Self::And(all) => json!({ "And": all.iter().map(Self::to_json).collect::<Vec<_>>() }),
        }
    }
}

/// A period as AWS writes it: days, the end exclusive, as our own.
pub(super) fn period(days: DayRange) -> Value {
    json!({ "Start": days.start.to_string(), "End": days.end.to_string() })
}

/// Reads a period. A moment in place of a day is cut to its day.
pub(super) fn read_period<'de, D: Deserializer<'de>>(from: D) -> Result<DayRange, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Period {
        start: String,
        end: String,
    }
    let period = Period::deserialize(from)?;
    match (read_day(&period.start), read_day(&period.end)) {
        (Some(start), Some(end)) if start <= end => Ok(DayRange::new(start, end)),
        _ => Err(serde::de::Error::custom("not a period")),
    }
}

/// Reads the day of a date or moment.
pub(super) fn read_day(text: &str) -> Option<Day> {
    text.get(..10)?.parse().ok()
}
