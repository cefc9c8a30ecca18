//! Sorting that takes little code. The standard library compiles eight kilobytes for every type that is sorted; here one
//! function sorts them all, since only places move.

use std::cmp::Ordering;

/// The places `0..len` in the order that `compare` gives them; of equal ones the first stays first.
pub fn places(len: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..len).collect();
    places.sort_unstable_by(|a, b| compare(*a, *b).then_with(|| a.cmp(b)));
    places
}

/// Each value once, in order. For few distinct ones.
pub fn distinct<T: Ord>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut held: Vec<T> = Vec::new();
    for value in values {
        if let Err(place) = held.binary_search(&value) {
            held.insert(place, value);
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_a_stable_sort() {
        let values = [3, 1, 2, 1, 3, 0];
        let at = |place: usize| values.get(place);
        assert_eq!(places(values.len(), &|a, b| at(a).cmp(&at(b))), [5, 1, 3, 2, 0, 4]);
        assert!(places(0, &|_, _| Ordering::Equal).is_empty());
    }

    #[test]
    fn values_that_repeat_are_held_once() {
        assert_eq!(distinct([3, 1, 2, 1, 3]), [1, 2, 3]);
        assert!(distinct::<u8>([]).is_empty());
    }
}
