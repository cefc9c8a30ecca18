//! Deterministic noise: a hash of the seed and a few numbers, never a generator with state, so that any day can be
//! computed by itself.

/// Mixes numbers into 64 well-spread bits.
pub fn bits(seed: u64, parts: &[u64]) -> u64 {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    for part in parts {
        state = finish(state.wrapping_add(*part).wrapping_mul(0xd6e8_feb8_6659_fd93));
    }
    finish(state)
}

/// A number from 0 up to but not including 1.
pub fn unit(seed: u64, parts: &[u64]) -> f64 {
    (bits(seed, parts) >> 11) as f64 / (1_u64 << 53) as f64
}

/// One of the choices.
pub fn pick<'a, T>(seed: u64, parts: &[u64], choices: &'a [T]) -> Option<&'a T> {
    let place = bits(seed, parts) % (choices.len().max(1) as u64);
    choices.get(usize::try_from(place).unwrap_or(0))
}

fn finish(mut state: u64) -> u64 {
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}
