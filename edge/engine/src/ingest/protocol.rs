//! What the decoder and the Workspace object say to each other. The object decides, the decoder reads and writes; each
//! request may come twice and changes nothing the second time.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `part/claim` | [`PartMessage`] | [`PartClaim`] |
//! | `part/renew` | [`PartMessage`] | [`PartClaim`], with credentials of its own |
//! | `part/wanted` | [`PartMessage`] | [`Wanted`] |
//! | `part/split` | [`PartSplit`] | [`Accepted`] |
//! | `part/done` | [`PartDone`] | [`Accepted`] |
//! | `part/failed` | [`PartFailed`] | [`Accepted`] |
//! | `part/dead` | [`PartMessage`] | [`Accepted`] |
//! | `merge/claim` | [`PartMessage`] | [`MergeClaim`] |
//! | `merge/missing` | [`MergeMissing`] | [`Accepted`] |
//! | `merge/done` | [`MergeDone`] | [`Accepted`] |
//!
//! What a reader says of a part names the piece it read: the part may have been cut or pinned anew meanwhile, and then
//! nobody wants to know.

use std::fmt;

use serde::{Deserialize, Serialize};
use shared::api::BlobRef;
use shared::{AccountId, BillingPeriod, BucketName, Currency, Day, Money, Region, Timestamp, WorkspaceId};

use crate::ports::PartMessage;

/// What to do about a part.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartClaim {
    /// Nothing: the message is late, or the part is in.
    Drop,
    /// Read it.
    Read(Box<PartTask>),
}

/// A part to read: a file, or some row groups of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct PartTask {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Billing period the manifest names.
    pub period: BillingPeriod,
    /// Bucket.
    pub bucket: BucketName,
    /// Where requests to it are signed for.
    pub region: Region,
    /// The account that must own it.
    pub owner: AccountId,
    /// Which bytes.
    pub piece: Piece,
    /// Bytes of the file.
    pub size: u64,
    /// Whether it should be cut in any case: whoever claimed it before was not heard of again.
    pub splits: bool,
    /// Columns the file is to have, as its manifest spells them. A file that lacks one of those that are read is damaged.
    #[serde(default)]
    pub columns: Vec<String>,
    /// For this bucket and prefix, reading only.
    pub credentials: SessionCredentials,
}

/// What a partial is made of: a pinned file or some row groups of it, and the tag keys it is read with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Key of the file.
    pub key: String,
    /// Every ranged read must match it.
    pub etag: String,
    /// First row group and the one after the last; none for all.
    #[serde(default)]
    pub row_groups: Option<(u32, u32)>,
    /// Tag keys the cubes know, in this order; the same for all parts of a period.
    pub tracked_tags: Vec<String>,
}

/// Whether a part is still to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Whether it is.
    pub is_wanted: bool,
}

/// A part is too large for one message: these row groups, one after the other, are to be its parts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartSplit {
    /// Which part.
    pub message: PartMessage,
    /// What it was when it was claimed.
    pub piece: Piece,
    /// First row group of each new part and the one after its last.
    pub ranges: Vec<(u32, u32)>,
}

/// Credentials of one message. They are kept nowhere.
#[derive(Serialize, Deserialize)]
pub struct SessionCredentials {
    /// Public half.
    pub access_key_id: String,
    /// Secret half.
    pub secret_access_key: String,
    /// Session token.
    pub session_token: String,
    /// When they end.
    pub expires_at: Timestamp,
}

impl fmt::Debug for SessionCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionCredentials(…)")
    }
}

/// A part was read and its partial stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartDone {
    /// Which part.
    pub message: PartMessage,
    /// What was read.
    pub piece: Piece,
    /// Key of the partial in the blob store.
    pub partial: String,
    /// What the part holds.
    pub receipt: Receipt,
}

/// What was read: sums to check the next step against, and counts to show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Rows of the file, all of them.
    pub rows: u64,
    /// Rows that repeat cost counted elsewhere (split cost allocation).
    pub left_out: u64,
    /// Rows set aside because a cost in them is none.
    pub rejected: u64,
    /// Rows outside their billing period, held at its nearest day.
    pub outside_period: u64,
    /// Rows of a type nobody here knows; they count as Adjustment.
    #[serde(default)]
    pub unknown: u64,
    /// First and last day with charges.
    pub first_day: Option<Day>,
    /// See `first_day`.
    pub last_day: Option<Day>,
    /// Whether every row bears an invoice.
    pub is_final: bool,
    /// Sums by currency.
    pub totals: Vec<Total>,
}

/// The sums of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Which.
    pub currency: Currency,
    /// Billed cost.
    pub billed_cost: Money,
    /// Effective cost.
    pub effective_cost: Money,
    /// Billed cost of rows outside their billing period; it is part of the sums.
    #[serde(default)]
    pub outside_cost: Money,
}

/// A part could not be read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartFailed {
    /// Which part.
    pub message: PartMessage,
    /// Why.
    pub cause: FailureCause,
    /// In words, for the person whose report it is: what is wrong with which file.
    pub words: String,
}

/// Why a part could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// The object changed since it was pinned: the period starts again.
    Changed,
    /// The file is not one that can be read, and will not become one.
    Refused,
    /// AWS refused the read.
    Denied,
    /// The object is not there (yet).
    Missing,
    /// Something failed that may work next time.
    Upstream,
}

/// What to do about a merge.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeClaim {
    /// Nothing: the message is late, or the month is committed.
    Drop,
    /// Merge these partials.
    Merge(Box<MergeTask>),
}

/// Partials of a period to merge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MergeTask {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which period.
    pub period: BillingPeriod,
    /// Keys of the partials, in part order.
    pub partials: Vec<String>,
    /// As given to the parts.
    pub tracked_tags: Vec<String>,
    /// When AWS delivered.
    pub as_of: Timestamp,
}

/// A partial is not there, or is none: its part is to be read again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MergeMissing {
    /// Which merge.
    pub message: PartMessage,
    /// Key of the partial.
    pub partial: String,
}

/// The cubes of a period are stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MergeDone {
    /// Which merge; its part is none.
    pub message: PartMessage,
    /// Overview and detail cubes, each under `<workspace>/cube/<hash>`.
    pub cubes: Vec<BlobRef>,
    /// A directory of resources for each currency, and the shards it names, same place.
    pub resources: Vec<BlobRef>,
    /// Sums of the cubes.
    pub receipt: Receipt,
    /// How much each tracked tag tells apart.
    #[serde(default)]
    pub tags: Vec<TagCover>,
}

/// How much of a month a tag tells apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagCover {
    /// Its key.
    pub key: String,
    /// Effective cost of what bears it, in the month's main currency; zero where there was no room for it.
    pub effective_cost: Money,
    /// Whether none of its values keeps its name: they are endless, or there was no room for them.
    pub is_given_up: bool,
}

/// The object took note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Deliver the message again after so many seconds.
    pub again_after: Option<u32>,
    /// Blobs just stored that nobody may keep: the figures they belong to were erased meanwhile.
    #[serde(default)]
    pub discard: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    // security.md row 86
    #[test]
    fn credentials_do_not_show_themselves() {
        let credentials = SessionCredentials {
            access_key_id: "ASIA1".to_owned(),
            secret_access_key: "s3cret".to_owned(),
            session_token: "t0ken".to_owned(),
            expires_at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(format!("{credentials:?}"), "SessionCredentials(…)");
    }
}
