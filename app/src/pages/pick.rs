//! Choices of a tool bar: a label and what is chosen.

use leptos::prelude::*;
use shared::view::Cost;

/// One of several words.
#[component]
pub fn Pick(
    /// Says what is chosen.
    label: &'static str,
    /// Words of an address, and what they are called.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    /// The chosen word.
    #[prop(into)]
    value: Signal<String>,
    /// Called with the wish.
    #[prop(into)]
    on_change: Callback<String>,
) -> impl IntoView {
    view! {
        <label class="select">
            <span class="k">{label}</span>
            <select on:change=move |event| on_change.run(event_target_value(&event))>
                {move || {
                    let chosen = value.get();
                    options
                        .get()
                        .into_iter()
                        .map(|(word, label)| {
                            let selected = word == chosen;
                            view! { <option value=word selected=selected>{label}</option> }
                        })
                        .collect_view()
                }}
            </select>
        </label>
    }
}

/// Which figure is shown.
#[component]
pub fn MetricPick(
    /// Those that can be.
    offered: &'static [Cost],
    /// The chosen one.
    #[prop(into)]
    value: Signal<Cost>,
    /// Called with the wish.
    #[prop(into)]
    on_change: Callback<Cost>,
) -> impl IntoView {
    let options: Vec<_> =
        offered.iter().map(|cost| (cost.word().to_owned(), metric_name(*cost).to_owned())).collect();
    view! {
        <Pick
            label="Metric"
            options=Signal::stored(options)
            value=Signal::derive(move || value.get().word().to_owned())
            on_change=move |word: String| {
                if let Some(cost) = offered.iter().find(|cost| cost.word() == word) {
                    on_change.run(*cost);
                }
            }
        />
    }
}

/// What a metric is called.
pub const fn metric_name(cost: Cost) -> &'static str {
    match cost {
        Cost::Billed => "Billed",
        Cost::Effective => "Effective",
        Cost::NetBilled => "Net billed",
        Cost::NetEffective => "Net effective",
        Cost::List => "List",
    }
}
