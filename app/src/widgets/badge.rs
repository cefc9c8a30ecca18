//! The data badge: source, reach and status of a figure, within a glance of it.

use leptos::prelude::*;

/// `Report · through 21 Nov UTC · estimated`. With `on_press` it is a button that opens *Explain this number*.
#[component]
pub fn Badge(
    /// The whole text.
    #[prop(into)]
    text: Signal<String>,
    /// Whether the figure can still change: the square is hatched.
    #[prop(into)]
    estimated: Signal<bool>,
    /// Explains the number.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
) -> impl IntoView {
    let mark = move || estimated.get().then_some("");
    match on_press {
        Some(act) => view! {
            <button class="source" type="button" data-estimated=mark on:click=move |_| act.run(())>{text}</button>
        }
        .into_any(),
        None => view! { <span class="source source--plain" data-estimated=mark>{text}</span> }.into_any(),
    }
}
