//! Moments and durations in words. Clock times are the reader's, with UTC beside them where a date is promised.

use std::cell::RefCell;

use jiff::tz::Offset;
use shared::Timestamp;

thread_local! {
    static ZONE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Shows clock times in this IANA time zone; none or an unknown one means the browser's.
pub fn set_zone(zone: Option<String>) {
    ZONE.with(|held| *held.borrow_mut() = zone.filter(|zone| !zone.is_empty()));
}

/// `14:00`.
pub fn clock(moment: Timestamp) -> String {
    written(moment, offset(moment), "%H:%M")
}

/// `Tue 24 Nov`.
pub fn day(moment: Timestamp) -> String {
    written(moment, offset(moment), "%a %-d %b")
}

/// `Tue 24 Nov, 14:00`.
pub fn day_clock(moment: Timestamp) -> String {
    written(moment, offset(moment), "%a %-d %b, %H:%M")
}

/// `Tue 24 Nov, 14:00 (13:00 UTC)`: what a promise needs.
pub fn with_utc(moment: Timestamp) -> String {
    both(moment, offset(moment))
}

/// `13:00 UTC`.
pub fn utc_clock(moment: Timestamp) -> String {
    written(moment, 0, "%H:%M UTC")
}

/// `22 Nov 2026`, a UTC day.
pub fn utc_date(moment: Timestamp) -> String {
    written(moment, 0, "%-d %b %Y")
}

/// `22 Nov, 06:12` in UTC, for ledgers that say so in their head.
pub fn utc_day_clock(moment: Timestamp) -> String {
    written(moment, 0, "%-d %b, %H:%M")
}

/// Days since the epoch in the reader's zone, to group rows by day.
pub fn local_days(moment: Timestamp) -> i64 {
    (moment.as_second() + i64::from(offset(moment)) * 60).div_euclid(86_400)
}

/// How long from one moment to a later one: `2 s`, `6 min`, `5 h`, `3 days`.
pub fn between(from: Timestamp, to: Timestamp) -> String {
    let seconds = (to.as_second() - from.as_second()).max(0);
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5_999 => format!("{} min", (seconds + 30) / 60),
        6_000..=172_799 => format!("{} h", (seconds + 1_800) / 3_600),
        _ => format!("{} days", (seconds + 43_200) / 86_400),
    }
}

/// `13:52–13:58`, or one time when both fall in the same minute.
pub fn span(from: Timestamp, to: Timestamp) -> String {
    let (start, end) = (clock(from), clock(to));
    if start == end { start } else { format!("{start}–{end}") }
}

/// `3 h ago`, `just now`.
pub fn ago(moment: Timestamp, now: Timestamp) -> String {
    if now.as_second() - moment.as_second() < 60 {
        return "just now".to_owned();
    }
    format!("{} ago", between(moment, now))
}

fn both(moment: Timestamp, offset: i32) -> String {
    let local = written(moment, offset, "%a %-d %b, %H:%M");
    if offset == 0 { format!("{local} UTC") } else { format!("{local} ({})", utc_clock(moment)) }
}

fn written(moment: Timestamp, offset_minutes: i32, form: &str) -> String {
    let offset = Offset::from_seconds(offset_minutes * 60).unwrap_or(Offset::UTC);
    let zoned = moment.to_zoned(offset.to_time_zone());
    jiff::fmt::strtime::format(form, &zoned).unwrap_or_default()
}

/// Minutes the reader's clock is ahead of UTC at that moment.
#[cfg(target_arch = "wasm32")]
fn offset(moment: Timestamp) -> i32 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(moment.as_millisecond() as f64));
    let named = ZONE.with(|zone| zone.borrow().clone()).and_then(|zone| named_offset(&date, moment, &zone));
    named.unwrap_or_else(|| -(date.get_timezone_offset() as i32))
}

/// In another than the browser's zone: the Swedish locale writes ISO dates, which tell the offset.
#[cfg(target_arch = "wasm32")]
fn named_offset(date: &js_sys::Date, moment: Timestamp, zone: &str) -> Option<i32> {
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"timeZone".into(), &zone.into()).ok()?;
    let function = js_sys::Reflect::get(date, &"toLocaleString".into()).ok()?;
    let function: js_sys::Function = wasm_bindgen::JsCast::dyn_into(function).ok()?;
    let text = function.call2(date, &"sv-SE".into(), &options).ok()?.as_string()?;
    let local: jiff::civil::DateTime = text.replace(' ', "T").parse().ok()?;
    let as_utc = local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    i32::try_from((as_utc.as_second() - moment.as_second()).div_euclid(60)).ok()
}

#[cfg(not(target_arch = "wasm32"))]
fn offset(_moment: Timestamp) -> i32 {
    0
}

/// The present, by the browser's clock. Pages prefer the edge's `now`, which is moved in simulated runs.
pub fn browser_now() -> Timestamp {
    #[cfg(target_arch = "wasm32")]
    let now = Timestamp::from_millisecond(js_sys::Date::now() as i64).unwrap_or_default();
    #[cfg(not(target_arch = "wasm32"))]
    let now = Timestamp::UNIX_EPOCH;
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_promise_names_both_clocks() {
        assert_eq!(both(at("2026-11-24T13:00:00Z"), 60), "Tue 24 Nov, 14:00 (13:00 UTC)");
        assert_eq!(both(at("2026-11-24T13:00:00Z"), 0), "Tue 24 Nov, 13:00 UTC");
        assert_eq!(both(at("2026-11-24T23:30:00Z"), 330), "Wed 25 Nov, 05:00 (23:30 UTC)");
    }

    #[test]
    fn durations_are_one_number() {
        let check = |seconds: i64, expect: &str| {
            let from = at("2026-11-22T10:00:00Z");
            let to = Timestamp::from_second(from.as_second() + seconds).unwrap();
            assert_eq!(between(from, to), expect, "{seconds}");
        };
        check(-5, "0 s");
        check(41, "41 s");
        check(360, "6 min");
        check(4_260, "71 min");
        check(48 * 3_600 - 1, "48 h");
        check(3 * 86_400, "3 days");
    }

    #[test]
    fn a_span_within_a_minute_is_one_time() {
        assert_eq!(span(at("2026-11-22T13:58:01Z"), at("2026-11-22T13:58:43Z")), "13:58");
        assert_eq!(span(at("2026-11-22T13:52:01Z"), at("2026-11-22T13:58:43Z")), "13:52–13:58");
    }
}
