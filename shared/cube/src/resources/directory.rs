//! Where the rows of a month stand, and what they add up to: read first, and for a page of the dearest resources nearly
//! all that is read.

use serde::{Deserialize, Serialize};
use shared::{Currency, Day, DayRange, Timestamp};

use crate::Metric;
use crate::blob::BlobError;

/// Version of the form; a reader refuses any other.
const VERSION: u16 = 1;

/// A block in a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct At {
    /// Place of its shard in the directory.
    pub shard: u32,
    /// First byte.
    pub offset: u32,
    /// Bytes.
    pub length: u32,
    /// Rows.
    pub rows: u32,
    /// Sub-account and resource of its first row.
    pub first: (String, String),
    /// Size of its largest row.
    pub largest: u128,
}

/// Rows of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Their blocks, in order.
    pub blocks: Vec<At>,
    /// Billed and effective cost of each day of the month.
    pub daily: Vec<(i128, i128)>,
}

/// What a month holds by resource, in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    version: u16,
    /// Currency.
    pub currency: Currency,
    /// When AWS delivered.
    pub as_of: Timestamp,
    /// The month.
    pub days: DayRange,
    /// Tracked tag keys, in the order of a row's tags.
    pub tags: Vec<String>,
    /// Names of the shards.
    pub shards: Vec<String>,
    /// Resources, in the order of their keys.
    pub named: Group,
    /// Cost that has no resource.
    pub nameless: Group,
    /// Resources too many to be held by themselves, by sub-account, service and region.
    pub other: Group,
    /// The dearest of `named` once more, the largest first.
    pub top: Vec<At>,
    /// Size of the largest resource that is not among the dearest.
    pub largest_below: u128,
    /// Resources held by themselves.
    pub resources: u64,
    /// Resources in Other.
    pub in_other: u64,
    /// Resources with any billed, and with any effective cost, over the whole month.
    pub with_cost: (u64, u64),
}

impl Group {
    /// Cost of the days of a range.
    pub fn cost(&self, month: DayRange, range: DayRange, metric: Metric) -> i128 {
        let days = (0_i32..).zip(&self.daily).filter(|(day, _)| range.contains(month.start.plus(*day)));
        days.fold(0, |sum, (_, (billed, effective))| {
            sum.saturating_add(if metric == Metric::EffectiveCost { *effective } else { *billed })
        })
    }

    /// First and last day with any cost.
    fn span(&self) -> Option<(i32, i32)> {
        let has_cost = |cost: &(i128, i128)| *cost != (0, 0);
        let day = |place: usize| i32::try_from(place).unwrap_or(i32::MAX);
        Some((day(self.daily.iter().position(has_cost)?), day(self.daily.iter().rposition(has_cost)?)))
    }
}

impl Directory {
    /// Nothing yet.
    pub fn new(currency: Currency, as_of: Timestamp, days: DayRange, tags: Vec<String>) -> Self {
        let none =
            || Group { blocks: Vec::new(), daily: vec![(0, 0); usize::try_from(days.len()).unwrap_or(0)] };
        Self {
            version: VERSION,
            currency,
            as_of,
            days,
            tags,
            shards: Vec::new(),
            named: none(),
            nameless: none(),
            other: none(),
            top: Vec::new(),
            largest_below: 0,
            resources: 0,
            in_other: 0,
            with_cost: (0, 0),
        }
    }

    /// Everything, exactly.
    pub fn total(&self, metric: Metric) -> i128 {
        let groups = [&self.named, &self.nameless, &self.other];
        groups.iter().fold(0, |sum, group| sum.saturating_add(group.cost(self.days, self.days, metric)))
    }

    /// Whether a range holds every day on which a resource cost anything: then the month's counts are the range's.
    pub fn is_within(&self, range: DayRange) -> bool {
        let day = |place: i32| -> Day { self.days.start.plus(place) };
        self.named.span().is_none_or(|(first, last)| range.contains(day(first)) && range.contains(day(last)))
    }

    /// The block that holds a resource, if any does.
    pub fn find(&self, sub_account: &str, resource: &str) -> Option<&At> {
        let begins_before = |at: &At| (at.first.0.as_str(), at.first.1.as_str()) <= (sub_account, resource);
        let blocks = &self.named.blocks;
        blocks.get(blocks.partition_point(begins_before).checked_sub(1)?)
    }

    /// Writes it.
    pub fn encode(&self) -> Result<Vec<u8>, BlobError> {
        postcard::to_allocvec(self).map_err(|_| BlobError::Malformed)
    }

    /// Reads one. Bytes from anywhere get an error, never a panic.
    pub fn decode(bytes: &[u8]) -> Result<Self, BlobError> {
        let (directory, rest): (Self, _) =
            postcard::take_from_bytes(bytes).map_err(|_| BlobError::Malformed)?;
        if directory.version != VERSION {
            return Err(BlobError::Version);
        }
        let days = usize::try_from(directory.days.len()).unwrap_or(usize::MAX);
        let groups = [&directory.named, &directory.nameless, &directory.other];
        let mut blocks = groups.iter().flat_map(|group| &group.blocks).chain(&directory.top);
        let is_sound = rest.is_empty()
            && groups.iter().all(|group| group.daily.len() == days)
            && blocks.all(|at| (at.shard as usize) < directory.shards.len());
        if is_sound { Ok(directory) } else { Err(BlobError::Inconsistent) }
    }
}
