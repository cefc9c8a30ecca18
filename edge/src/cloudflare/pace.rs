//! Real time and chance for calls to AWS: a signature is checked against AWS's clock, never against a moved one.

use std::time::Duration;

use engine::ports::{Entropy, Pace};
use shared::Timestamp;
use worker::{Date, Delay};

use super::entropy::PlatformEntropy;

/// The platform's timer.
pub struct PlatformPace {
    entropy: PlatformEntropy,
}

impl PlatformPace {
    /// With the platform's randomness.
    pub const fn new(entropy: PlatformEntropy) -> Self {
        Self { entropy }
    }
}

impl Pace for PlatformPace {
    fn now(&self) -> Timestamp {
        let millis = i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }

    fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        self.entropy.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    async fn sleep(&self, milliseconds: u32) {
        Delay::from(Duration::from_millis(milliseconds.into())).await;
    }
}
