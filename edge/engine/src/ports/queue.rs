//! Work for the decoder: ids only, never data or credentials.

use std::future::Future;

use serde::{Deserialize, Serialize};
use shared::{BillingPeriod, WorkspaceId};

use crate::error::Result;

/// One part of a report to decode, or the merge once all parts are in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PartMessage {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Connection epoch; messages of an older one are dropped.
    pub epoch: u32,
    /// Billing period.
    pub period: BillingPeriod,
    /// ETag of the manifest the part belongs to.
    pub manifest: String,
    /// Part number; none asks for the merge.
    pub part: Option<u32>,
}

/// Hands work to the decoder, at least once.
pub trait Queue {
    /// Sends messages, all or none.
    fn send(&self, messages: &[PartMessage]) -> impl Future<Output = Result<()>>;
}
