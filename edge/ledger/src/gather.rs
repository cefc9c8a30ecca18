//! Looks many codes up at once.
#![allow(unsafe_code, reason = "the bounds are checked once for all codes")]

/// Appends the value of each code; whether all codes have one. Nothing is appended otherwise.
pub fn gather<V: Copy>(values: &[V], codes: &[u32], out: &mut Vec<V>) -> bool {
    let most = codes.iter().fold(0, |most, code| most.max(*code)) as usize;
    if most >= values.len() {
        return codes.is_empty();
    }
    out.extend(codes.iter().map(|code| {
        debug_assert!((*code as usize) < values.len());
        // SAFETY: no code is greater than `most`, which is a place of `values`.
        unsafe { *values.get_unchecked(*code as usize) }
    }));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_gets_its_value_or_none_does() {
        let check = |codes: &[u32], expect: Option<&[i64]>| {
            let mut out = vec![9];
            assert_eq!(gather(&[10_i64, 11, 12], codes, &mut out), expect.is_some(), "{codes:?}");
            assert_eq!(out, [&[9], expect.unwrap_or_default()].concat(), "{codes:?}");
        };
        check(&[2, 0, 0, 1], Some(&[12, 10, 10, 11]));
        check(&[], Some(&[]));
        check(&[0, 3], None);
        check(&[u32::MAX], None);
        assert!(!gather::<u8>(&[], &[0], &mut Vec::new()));
    }
}
