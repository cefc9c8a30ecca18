//! How often a waiting page asks: 5 s for two minutes, 15 s up to ten, then every minute; never while hidden.

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
