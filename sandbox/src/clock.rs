//! The clock of the simulated world: the machine's, moved by an offset.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use shared::Timestamp;

/// A clock that can be set and advanced, but runs at the pace of real time.
#[derive(Debug, Default)]
pub struct Clock {
    offset_millis: AtomicI64,
}

impl Clock {
    /// A clock that shows `moment` now.
    pub fn starting_at(moment: Timestamp) -> Self {
        let clock = Self::default();
        clock.set(moment);
        clock
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        let millis = machine_millis().saturating_add(self.offset_millis.load(Ordering::Relaxed));
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Sets the clock.
    pub fn set(&self, moment: Timestamp) {
        self.offset_millis.store(moment.as_millisecond().saturating_sub(machine_millis()), Ordering::Relaxed);
    }

    /// Moves the clock by seconds, forwards or backwards.
    pub fn advance(&self, seconds: i64) {
        self.offset_millis.fetch_add(seconds.saturating_mul(1_000), Ordering::Relaxed);
    }

    /// How far it is ahead of the machine's clock.
    pub fn offset_seconds(&self) -> i64 {
        self.offset_millis.load(Ordering::Relaxed).div_euclid(1_000)
    }
}

fn machine_millis() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|elapsed| i64::try_from(elapsed.as_millis()).ok())
        .unwrap_or(0)
}

/// `moment` moved by seconds, held within what can be written.
pub fn after(moment: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(moment.as_second().saturating_add(seconds)).unwrap_or(moment)
}

/// `2026-11-23T09:00:00.123Z`, as the query services and SNS write times.
pub fn iso(moment: Timestamp) -> String {
    let millis = moment.as_millisecond().rem_euclid(1_000);
    let whole = Timestamp::from_second(moment.as_millisecond().div_euclid(1_000)).unwrap_or(moment);
    format!("{}.{millis:03}Z", whole.to_string().trim_end_matches('Z'))
}

/// `2026-11-23T09:00:00Z`.
pub fn iso_seconds(moment: Timestamp) -> String {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment).to_string()
}

/// `20261123T090000Z`, as signatures and report deliveries write times.
pub fn compact(moment: Timestamp) -> String {
    iso_seconds(moment).replace(['-', ':'], "")
}

/// `Mon, 23 Nov 2026 09:00:00 GMT`, for HTTP headers.
pub fn http_date(moment: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = iso_seconds(moment);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let weekday = usize::try_from(moment.as_second().div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
    let month = part(5, 7).parse::<usize>().unwrap_or(1).saturating_sub(1);
    format!(
        "{}, {} {} {} {} GMT",
        DAYS.get(weekday).unwrap_or(&"Thu"),
        part(8, 10),
        MONTHS.get(month).unwrap_or(&"Jan"),
        part(0, 4),
        part(11, 19)
    )
}

/// Reads `20261123T090000Z`.
pub fn parse_compact(text: &str) -> Option<Timestamp> {
    if text.len() != 16 || !text.is_ascii() {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to);
    format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(9, 11)?,
        part(11, 13)?,
        part(13, 15)?
    )
    .parse()
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_aws_writes_them() {
        let moment: Timestamp = "2026-11-23T09:08:07.045Z".parse().unwrap();
        assert_eq!(iso(moment), "2026-11-23T09:08:07.045Z");
        assert_eq!(iso_seconds(moment), "2026-11-23T09:08:07Z");
        assert_eq!(compact(moment), "20261123T090807Z");
        assert_eq!(http_date(moment), "Mon, 23 Nov 2026 09:08:07 GMT");
        assert_eq!(
            parse_compact("20261123T090807Z").map(iso_seconds),
            Some("2026-11-23T09:08:07Z".to_owned())
        );
        assert_eq!(parse_compact("20261123 090807"), None);
    }
}
