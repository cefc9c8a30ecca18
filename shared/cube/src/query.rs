//! What can be asked of cubes.

use serde::{Deserialize, Serialize};
use shared::{ChargeCategory, Currency, DayRange};

use crate::Dimension;

/// Which figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of the glossary")]
pub enum Metric {
    #[default]
    BilledCost,
    EffectiveCost,
    XNetBilledCost,
    XNetEffectiveCost,
    ListCost,
    ConsumedQuantity,
}

/// How time is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum BinBy {
    #[default]
    Day,
    /// From Monday.
    Week,
    Month,
    Quarter,
    Year,
    /// The whole range in one bin.
    Whole,
}

/// A filter: any of `any_of`; each of them all of its tokens. Empty means everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// OR of AND sets.
    pub any_of: Vec<Vec<Token>>,
}

/// One condition on one dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// On which dimension.
    pub dimension: Dimension,
    /// How.
    pub operator: Operator,
    /// Whether it must not hold.
    pub negated: bool,
    /// Any of these; an empty text stands for "none" (an untagged charge).
    pub values: Vec<String>,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Operator {
    Is,
    StartsWith,
    Contains,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Query {
    /// In which currency; two are never added.
    pub currency: Currency,
    /// Which figure.
    pub metric: Metric,
    /// Which days.
    pub range: DayRange,
    /// How they are cut.
    pub bin: BinBy,
    /// Which charges.
    pub filter: Filter,
    /// Charge categories left out.
    pub leave_out: Vec<ChargeCategory>,
    /// By what the answer is split; none gives one group.
    pub group_by: Vec<Dimension>,
    /// How many groups are shown by themselves; the rest is Other. None: all.
    pub top: Option<usize>,
    /// The range to compare with.
    pub compare: Option<DayRange>,
}
