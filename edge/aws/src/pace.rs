//! How fast to ask again: three attempts, full jitter, and a quota of retries for each service, so that a storm
//! at AWS is not answered with one of ours.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;

use jiff::SignedDuration;
use shared::Timestamp;

use crate::service::Service;

/// Attempts at one call, the first included.
pub const MAX_ATTEMPTS: u8 = 3;

/// Time and chance, as a port: the Worker waits by its timer, tests move their clock instead.
pub trait Pace {
    /// Now, by our own clock.
    fn now(&self) -> Timestamp;
    /// 64 random bits, for jitter only.
    fn random(&self) -> u64;
    /// Waits.
    fn sleep(&self, milliseconds: u32) -> impl Future<Output = ()>;
}

/// How long to wait before the attempt after `attempt`: anywhere below 1, 2, 4 … 20 s.
pub fn backoff(attempt: u8, random: u64) -> u32 {
    let doubled = 1_000_u64 << u32::from(attempt.saturating_sub(1)).min(5);
    let ceiling = doubled.min(20_000);
    u32::try_from(random % (ceiling + 1)).unwrap_or(0)
}

/// Retries a service may still get: each takes five, each success gives one back, and time refills the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryQuota {
    tokens: u32,
    at: Timestamp,
}

impl RetryQuota {
    /// Tokens when full: twenty retries in a row.
    pub const FULL: u32 = 100;
    const COST: u32 = 5;

    /// A full quota.
    pub const fn new(at: Timestamp) -> Self {
        Self { tokens: Self::FULL, at }
    }

    /// Takes one retry, unless too few tokens are left. One token a second comes back.
    pub fn take(&mut self, now: Timestamp) -> bool {
        let seconds = now.as_second().saturating_sub(self.at.as_second()).clamp(0, i64::from(Self::FULL));
        self.tokens = self.tokens.saturating_add(u32::try_from(seconds).unwrap_or(0)).min(Self::FULL);
        self.at = now;
        match self.tokens.checked_sub(Self::COST) {
            Some(left) => {
                self.tokens = left;
                true
            }
            None => false,
        }
    }

    /// A call succeeded.
    pub fn give_back(&mut self) {
        self.tokens = self.tokens.saturating_add(1).min(Self::FULL);
    }
}

/// What earlier calls of one workspace taught: how far our clock is off, and which services want rest.
/// Lives in memory beside the workspace; losing it costs a signature, never correctness.
#[derive(Debug, Default)]
pub struct Experience {
    offset: Cell<i64>,
    quotas: RefCell<BTreeMap<Service, RetryQuota>>,
}

impl Experience {
    /// AWS's time, as far as known.
    pub fn aws_time(&self, now: Timestamp) -> Timestamp {
        now.checked_add(SignedDuration::from_secs(self.offset.get())).unwrap_or(now)
    }

    /// Seconds AWS's clock is ahead of ours.
    pub fn offset_seconds(&self) -> i64 {
        self.offset.get()
    }

    /// Learns from the `Date` of a refusal when it is more than four minutes off what we signed with. Whether it
    /// did. A missing or garbled date teaches nothing, nor does one more than a year away.
    pub fn learn_offset(&self, now: Timestamp, date: Option<&str>) -> bool {
        let Some(theirs) = date.and_then(parse_date) else { return false };
        let off = theirs.as_second().saturating_sub(self.aws_time(now).as_second());
        let whole = theirs.as_second().saturating_sub(now.as_second());
        if off.abs() <= 240 || whole.abs() > 366 * 86_400 {
            return false;
        }
        self.offset.set(whole);
        true
    }

    /// Whether one more retry is fair to the service.
    pub(crate) fn may_retry(&self, service: Service, now: Timestamp) -> bool {
        self.quotas.borrow_mut().entry(service).or_insert(RetryQuota::new(now)).take(now)
    }

    /// A call succeeded.
    pub(crate) fn succeeded(&self, service: Service) {
        if let Some(quota) = self.quotas.borrow_mut().get_mut(&service) {
            quota.give_back();
        }
    }
}

/// The moment of a header of HTTP, `Sat, 21 Nov 2026 13:00:00 GMT`.
pub(crate) fn parse_date(text: &str) -> Option<Timestamp> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Timestamp::from_second(i64::try_from(since.as_secs()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn waits_stay_below_a_doubling_ceiling() {
        for (attempt, ceiling) in
            [(1, 1_000), (2, 2_000), (3, 4_000), (5, 16_000), (6, 20_000), (255, 20_000)]
        {
            assert_eq!(backoff(attempt, u64::from(ceiling)), ceiling);
            assert_eq!(backoff(attempt, u64::from(ceiling) + 1), 0);
        }
    }

    // security.md row 25
    #[test]
    fn a_storm_exhausts_the_quota_and_time_refills_it() {
        let mut quota = RetryQuota::new(at(0));
        assert_eq!((0..100).filter(|_| quota.take(at(0))).count(), 20);
        assert!(!quota.take(at(4)));
        assert!(quota.take(at(5)));
        quota.take(at(100_000));
        assert_eq!(quota.tokens, RetryQuota::FULL - 5);
        quota.give_back();
        assert_eq!(quota.tokens, RetryQuota::FULL - 4);
    }

    // security.md rows 22 and 23
    #[test]
    fn the_offset_is_learnt_from_a_valid_date_only() {
        let check = |date: Option<&str>, expect: i64| {
            let experience = Experience::default();
            let now = "2026-11-23T10:00:00Z".parse().unwrap();
            assert_eq!(experience.learn_offset(now, date), expect != 0, "{date:?}");
            assert_eq!(experience.offset_seconds(), expect, "{date:?}");
        };
        check(Some("Mon, 23 Nov 2026 10:06:00 GMT"), 360);
        check(Some("Mon, 23 Nov 2026 09:54:00 GMT"), -360);
        check(Some("Mon, 23 Nov 2026 10:20:00 GMT"), 1_200);
        check(Some("Mon, 23 Nov 2026 10:03:59 GMT"), 0);
        check(Some("yesterday"), 0);
        check(Some(""), 0);
        check(Some("Mon, 23 Nov 1994 10:06:00 GMT"), 0);
        check(None, 0);
    }
}
