//! The order in which a cube holds its values, tuples and cells: it depends on nothing but them, so that the same cells
//! make the same cube whatever order they came in.

use shared::order;

/// Texts with their codes become a sorted dictionary; beside it the new code of each old one.
pub fn dictionary(mut entries: Vec<(String, u32)>) -> (Vec<String>, Vec<u32>) {
    let text = |place: usize| entries.get(place).map(|(text, _)| text);
    let order = order::places(entries.len(), &|a, b| text(a).cmp(&text(b)));
    let mut codes = vec![0; entries.len()];
    let mut dictionary = Vec::with_capacity(entries.len());
    for (code, place) in (0_u32..).zip(order) {
        let Some((text, old)) = entries.get_mut(place) else { continue };
        dictionary.push(std::mem::take(text));
        if let Some(slot) = codes.get_mut(*old as usize) {
            *slot = code;
        }
    }
    (dictionary, codes)
}

/// The order of tuples whose codes stand one after the other, so many each.
pub fn tuples(codes: &[u32], width: usize, count: usize) -> Vec<usize> {
    let tuple = |place: usize| {
        let start = place.saturating_mul(width);
        codes.get(start..start.saturating_add(width)).unwrap_or_default()
    };
    order::places(count, &|a, b| tuple(a).cmp(tuple(b)))
}

/// The order of cells by the rank of their tuple, then by day; beside it the place of each tuple's first cell, and one
/// more at the end. `days` and `ranks` are those of each cell, below the numbers given.
pub fn cells(ranks: &[u32], tuples: usize, days: &[u16], span: usize) -> (Vec<u32>, Vec<u32>) {
    // Dealt into days first, then, keeping that order, into tuples: nothing is compared.
    let at = |cell: u32, keys: &[u32]| keys.get(cell as usize).map_or(0, |key| *key as usize);
    let day = |cell: u32| days.get(cell as usize).map_or(0, |day| usize::from(*day));
    let count = u32::try_from(ranks.len()).unwrap_or(u32::MAX);
    let by_day = dealt(0..count, &starts(span, days.iter().map(|day| usize::from(*day))), day);
    let starts = starts(tuples, ranks.iter().map(|rank| *rank as usize));
    let order = dealt(by_day.into_iter(), &starts, |cell| at(cell, ranks));
    (order, starts)
}

/// The first place of each key, and the place after the last.
fn starts(keys: usize, each: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut starts = vec![0_u32; keys.saturating_add(1)];
    for key in each {
        if let Some(end) = starts.get_mut(key.saturating_add(1)) {
            *end = end.saturating_add(1);
        }
    }
    let mut sum = 0_u32;
    for start in &mut starts {
        sum = sum.saturating_add(*start);
        *start = sum;
    }
    starts
}

fn dealt(cells: impl Iterator<Item = u32>, starts: &[u32], key: impl Fn(u32) -> usize) -> Vec<u32> {
    let mut next = starts.to_vec();
    let mut dealt = vec![0; starts.last().map_or(0, |end| *end as usize)];
    for cell in cells {
        let Some(place) = next.get_mut(key(cell)) else { continue };
        if let Some(slot) = dealt.get_mut(*place as usize) {
            *slot = cell;
        }
        *place = place.saturating_add(1);
    }
    dealt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_by_tuple_then_by_day() {
        let (order, starts) = cells(&[1, 0, 1, 3, 1], 4, &[5, 0, 2, 0, 9], 10);
        assert_eq!(order, [1, 2, 0, 4, 3]);
        assert_eq!(starts, [0, 1, 4, 4, 5]);
        assert_eq!(cells(&[], 0, &[], 0), (Vec::new(), vec![0]));
    }

    #[test]
    fn a_dictionary_is_sorted_and_its_codes_follow() {
        let entries = vec![("b".to_owned(), 0), ("c".to_owned(), 2), ("a".to_owned(), 1)];
        assert_eq!(
            dictionary(entries),
            (vec!["a".to_owned(), "b".to_owned(), "c".to_owned()], vec![1, 0, 2])
        );
    }
}
