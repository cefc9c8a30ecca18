//! The filter of a view as chips: each says what is kept, and can be taken away.

use cube::{Filter, Operator, Token};
use leptos::prelude::*;

use crate::pages::costs::dimension_words;
use crate::widgets::{Button, ButtonKind, Token as Chip};

/// The filter as chips, and a button to clear it.
#[component]
pub fn Chips(
    /// The filter, as in an address.
    #[prop(into)]
    filter: Signal<String>,
    /// What a value of a dimension is called.
    #[prop(into)]
    label: Callback<(String, String), String>,
    /// Called with the filter that is left.
    #[prop(into)]
    on_change: Callback<String>,
) -> impl IntoView {
    let chips = move || {
        let filter: Filter = filter.get().parse().unwrap_or_default();
        let places = filter.any_of.iter().enumerate();
        places
            .flat_map(|(set, tokens)| (0..tokens.len()).map(move |place| (set, place)))
            .filter_map(|(set, place)| {
                let token = filter.any_of.get(set)?.get(place)?;
                let name = token.dimension.to_string();
                let values: Vec<String> =
                    token.values.iter().map(|value| label.run((name.clone(), value.clone()))).collect();
                let without = without(&filter, set, place);
                Some(view! {
                    <Chip
                        key=format!("{} {}", dimension_words(&name), verb(token))
                        value=values.join(" or ")
                        on_remove=move |()| on_change.run(without.clone())
                    />
                })
            })
            .collect_view()
    };
    view! {
        {chips}
        <Show when=move || !filter.get().is_empty()>
            <Button label="Clear filters" kind=ButtonKind::Quiet on_press=move |()| on_change.run(String::new())/>
        </Show>
    }
}

/// The filter without one of its tokens, as in an address.
fn without(filter: &Filter, set: usize, place: usize) -> String {
    let mut filter = filter.clone();
    if let Some(tokens) = filter.any_of.get_mut(set)
        && place < tokens.len()
    {
        tokens.remove(place);
    }
    filter.any_of.retain(|set| !set.is_empty());
    filter.to_string()
}

fn verb(token: &Token) -> &'static str {
    match (token.operator, token.negated) {
        (Operator::Is, false) => "is",
        (Operator::Is, true) => "is not",
        (Operator::StartsWith, false) => "starts with",
        (Operator::StartsWith, true) => "does not start with",
        (Operator::Contains, false) => "contains",
        (Operator::Contains, true) => "does not contain",
    }
}
