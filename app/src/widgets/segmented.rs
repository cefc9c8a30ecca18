//! Two to four exclusive choices in one control.

use leptos::prelude::*;

/// A segmented control over (value, label) pairs.
#[component]
pub fn Segmented<T: Copy + PartialEq + Send + Sync + 'static>(
    /// Names the group for the browser.
    name: &'static str,
    /// What is chosen; not shown.
    #[prop(into)]
    label: String,
    /// The choices.
    options: Vec<(T, &'static str)>,
    /// The chosen one.
    #[prop(into)]
    value: Signal<T>,
    /// Called with the wish.
    #[prop(into)]
    on_change: Callback<T>,
) -> impl IntoView {
    let options = options
        .into_iter()
        .map(|(option, text)| {
            view! {
                <label>
                    <input
                        type="radio"
                        name=name
                        prop:checked=move || value.get() == option
                        on:change=move |_| on_change.run(option)
                    />
                    {text}
                </label>
            }
        })
        .collect_view();
    view! { <div class="segmented" role="radiogroup" aria-label=label>{options}</div> }
}
