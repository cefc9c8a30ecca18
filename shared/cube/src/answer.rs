//! What a question gets: bins, groups, Other and a total that always add up.

use shared::api::Source;
use shared::{Day, DayRange, Money, Timestamp};

use crate::Dimension;

/// The answer to a query. In every bin, and over all of them, Σ groups + other = total, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Bins of the range, in order.
    pub bins: Vec<Bin>,
    /// Bins of the compared range, in order; bin n is compared with bin n.
    pub previous_bins: Vec<Bin>,
    /// Largest magnitude first; ties by key.
    pub groups: Vec<Group>,
    /// The rest, if `top` cut some off; its key is empty.
    pub other: Option<Group>,
    /// How many groups `other` holds.
    pub other_groups: usize,
    /// Everything.
    pub total: Group,
}

/// One piece of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bin {
    /// Its days, cut to the range.
    pub days: DayRange,
    /// Where its figures come from; two where a seam lies inside.
    pub sources: Vec<Source>,
    /// Whether any of its days may still change.
    pub is_estimated: bool,
    /// Whether any of its days is not delivered yet: then its figure is incomplete and never drawn as zero.
    pub is_undelivered: bool,
    /// The oldest moment its figures stem from.
    pub as_of: Option<Timestamp>,
}

/// A group: a key and its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// One value per `group_by` dimension, in that order; an empty text means none.
    pub key: Vec<String>,
    /// One figure per bin.
    pub values: Vec<Money>,
    /// Their sum.
    pub cost: Money,
    /// One figure per previous bin, if compared.
    pub previous_values: Vec<Money>,
    /// Their sum, if compared.
    pub previous_cost: Option<Money>,
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswerable {
    /// No held blob knows these dimensions or this metric together for these days.
    #[error("no figures by {missing:?} for {days:?}")]
    Missing {
        /// The dimensions that are missing.
        missing: Vec<Dimension>,
        /// For which days.
        days: DayRange,
    },
    /// No figures at all for any of the days, or not for all days of a comparison.
    #[error("no figures for {0} to {1}")]
    NoFigures(Day, Day),
}
