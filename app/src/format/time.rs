//! Moments and durations in words. Clock times are the reader's, with UTC beside them where a date is promised.

use std::cell::RefCell;

use shared::date_words::{short_day, weekday};
use shared::{Day, Timestamp};

thread_local! {
    static ZONE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Shows clock times in this IANA time zone; none or an unknown one means the browser's.
pub fn set_zone(zone: Option<String>) {
    ZONE.with(|held| *held.borrow_mut() = zone.filter(|zone| !zone.is_empty()));
}

/// `14:00`.
pub fn clock(moment: Timestamp) -> String {
    local(moment, offset(moment)).1
}

/// `Tue 24 Nov`.
pub fn day(moment: Timestamp) -> String {
    weekday(local(moment, offset(moment)).0)
}

/// `Tue 24 Nov, 14:00`.
pub fn day_clock(moment: Timestamp) -> String {
    let (day, clock) = local(moment, offset(moment));
    format!("{}, {clock}", weekday(day))
}

/// `Tue 24 Nov, 14:00 (13:00 UTC)`: what a promise needs.
pub fn with_utc(moment: Timestamp) -> String {
    both(moment, offset(moment))
}

/// `13:00 UTC`.
pub fn utc_clock(moment: Timestamp) -> String {
    format!("{} UTC", local(moment, 0).1)
}

/// `22 Nov, 06:12` in UTC, for ledgers that say so in their head.
pub fn utc_day_clock(moment: Timestamp) -> String {
    let (day, clock) = local(moment, 0);
    format!("{}, {clock}", short_day(day))
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

/// `14:00`, or with its day when that is not the day of `now`.
pub fn clock_on(moment: Timestamp, now: Timestamp) -> String {
    if is_same_day(moment, now) { clock(moment) } else { day_clock(moment) }
}

/// `13:52–13:58`, or one time when both fall in the same minute; with their days when those are not that of `now`.
pub fn span(from: Timestamp, to: Timestamp, now: Timestamp) -> String {
    let (start, end) = (clock_on(from, now), clock_on(to, now));
    if start == end {
        return start;
    }
    // A day they share is said once.
    let end = if is_same_day(from, to) { clock(to) } else { end };
    format!("{start}–{end}")
}

fn is_same_day(moment: Timestamp, other: Timestamp) -> bool {
    local(moment, offset(moment)).0 == local(other, offset(other)).0
}

/// `3 h ago`, `just now`.
pub fn ago(moment: Timestamp, now: Timestamp) -> String {
    if now.as_second() - moment.as_second() < 60 {
        return "just now".to_owned();
    }
    format!("{} ago", between(moment, now))
}

fn both(moment: Timestamp, offset: i32) -> String {
    let (day, clock) = local(moment, offset);
    let local = format!("{}, {clock}", weekday(day));
    if offset == 0 { format!("{local} UTC") } else { format!("{local} ({})", utc_clock(moment)) }
}

/// Day and time by a clock that is so many minutes ahead of UTC.
fn local(moment: Timestamp, offset_minutes: i32) -> (Day, String) {
    let minutes = moment.as_second().div_euclid(60) + i64::from(offset_minutes);
    let days = i32::try_from(minutes.div_euclid(1_440)).unwrap_or_default();
    let of_day = minutes.rem_euclid(1_440);
    (Day::from_epoch_days(days), format!("{:02}:{:02}", of_day / 60, of_day % 60))
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
    let as_utc: Timestamp = format!("{}Z", text.replace(' ', "T")).parse().ok()?;
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
        let check = |from: &str, to: &str, now: &str, expect: &str| {
            assert_eq!(span(at(from), at(to), at(now)), expect, "{from} {to} {now}");
        };
        let today = "2026-11-22T23:59:59Z";
        check("2026-11-22T13:58:01Z", "2026-11-22T13:58:43Z", today, "13:58");
        check("2026-11-22T13:52:01Z", "2026-11-22T13:58:43Z", today, "13:52–13:58");
        check("2026-11-21T23:52:01Z", "2026-11-22T13:58:43Z", today, "Sat 21 Nov, 23:52–13:58");
        check("2026-11-21T13:58:01Z", "2026-11-22T13:58:43Z", today, "Sat 21 Nov, 13:58–13:58");
    }

    #[test]
    fn a_moment_of_another_day_has_its_day() {
        let (from, to) = (at("2026-11-22T13:52:01Z"), at("2026-11-22T13:58:43Z"));
        assert_eq!(clock_on(from, at("2026-11-22T00:00:00Z")), "13:52");
        assert_eq!(clock_on(from, at("2026-11-23T00:00:00Z")), "Sun 22 Nov, 13:52");
        assert_eq!(clock_on(from, at("2026-11-21T23:59:59Z")), "Sun 22 Nov, 13:52", "a moment to come, too");
        assert_eq!(span(from, to, at("2026-11-25T09:00:00Z")), "Sun 22 Nov, 13:52–13:58");
        let later = at("2026-11-23T02:00:00Z");
        assert_eq!(span(from, later, at("2026-11-25T09:00:00Z")), "Sun 22 Nov, 13:52–Mon 23 Nov, 02:00");
    }
}
