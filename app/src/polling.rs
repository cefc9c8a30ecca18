//! How often a waiting page asks: 5 s for two minutes, 15 s up to ten, then every minute; never while hidden.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use crate::format::time;

/// When a question is asked again. Copy it into closures freely.
#[derive(Clone, Copy)]
pub struct Polling {
    changed_at: StoredValue<i64>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Polling {
    /// Waits for nothing yet.
    pub fn new() -> Self {
        Self { changed_at: StoredValue::new(now_seconds()), timer: StoredValue::new(None) }
    }

    /// Asks whenever the page is seen again, and no more once it is hidden or its owner goes.
    pub fn while_seen(self, ask: impl Fn() + 'static) {
        let listener = window_event_listener_untyped("visibilitychange", move |_| {
            self.pause();
            if is_visible() {
                ask();
            }
        });
        on_cleanup(move || {
            listener.remove();
            self.pause();
        });
    }

    /// Something changed or was started: asks often again.
    pub fn hurry(self) {
        self.changed_at.try_set_value(now_seconds());
    }

    /// Asks once more after a while, unless the page is hidden; `wait` is the edge's `Retry-After`.
    pub fn again(self, wait: Option<u32>, ask: impl FnOnce() + 'static) {
        self.pause();
        let Some(changed_at) = self.changed_at.try_get_value().filter(|_| is_visible()) else { return };
        let delay = next_delay(now_seconds() - changed_at, js_sys::Math::random(), wait);
        let handle = set_timeout_with_handle(ask, Duration::from_millis(delay)).ok();
        self.timer.try_update_value(|timer| *timer = handle);
    }

    /// Forgets the next question.
    pub fn pause(self) {
        if let Some(handle) = self.timer.try_update_value(Option::take).flatten() {
            handle.clear();
        }
    }
}

impl Default for Polling {
    fn default() -> Self {
        Self::new()
    }
}

fn is_visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

fn now_seconds() -> i64 {
    time::browser_now().as_second()
}

/// Milliseconds until the next question. `waited` counts seconds since something last changed, `chance` is in 0..1
/// and spreads the questions by ±20 %, `asked_to_wait` is the edge's `Retry-After`.
pub fn next_delay(waited: i64, chance: f64, asked_to_wait: Option<u32>) -> u64 {
    let seconds = match waited {
        ..120 => 5,
        120..600 => 15,
        _ => 60,
    };
    let spread = (f64::from(seconds) * 1000.0 * (0.8 + 0.4 * chance.clamp(0.0, 1.0))).round() as u64;
    spread.max(u64::from(asked_to_wait.unwrap_or(0)) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_it_takes_the_rarer_it_is_asked() {
        let check = |waited, expect| assert_eq!(next_delay(waited, 0.5, None), expect, "{waited}");
        check(0, 5_000);
        check(119, 5_000);
        check(120, 15_000);
        check(599, 15_000);
        check(600, 60_000);
        check(90_000, 60_000);
    }

    #[test]
    fn questions_are_spread_and_wait_when_asked_to() {
        assert_eq!(next_delay(0, 0.0, None), 4_000);
        assert_eq!(next_delay(0, 1.0, None), 6_000);
        assert_eq!(next_delay(0, 0.5, Some(30)), 30_000);
    }
}
