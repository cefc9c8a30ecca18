//! A long id on one line: its middle gives way, for what tells two of them apart stands at their ends.

use leptos::prelude::*;

/// Letters of the end that stay in sight.
const END: usize = 8;

/// The text, whole to those who hear, copy or point at it.
#[component]
pub fn Clipped(
    /// What is shown.
    text: String,
) -> impl IntoView {
    let (start, end) = halves(&text);
    let (start, end) = (start.to_owned(), end.to_owned());
    view! { <span class="clipped" title=text><span>{start}</span><span>{end}</span></span> }
}

/// What may give way, and what stays. A short text gives way at its end.
fn halves(text: &str) -> (&str, &str) {
    let from_end = text.char_indices().rev().nth(END - 1).map_or(0, |(place, _)| place);
    if from_end <= END { (text, "") } else { text.split_at(from_end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_id_stays_and_nothing_is_lost() {
        let check = |text: &str, start: &str, end: &str| assert_eq!(halves(text), (start, end), "{text}");
        check("", "", "");
        check("orders-api-20", "orders-api-20", "");
        check("i-0544859c472df0cc1", "i-0544859c4", "72df0cc1");
        check(
            "arn:aws:redshift:us-east-1:508216639471:cluster:warehouse-2",
            "arn:aws:redshift:us-east-1:508216639471:cluster:war",
            "ehouse-2",
        );
        check("ünïcödë-ünïcödë-ünïcödë", "ünïcödë-ünïcödë", "-ünïcödë");
    }
}
