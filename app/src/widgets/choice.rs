//! Switches, check boxes and choice cards.

use leptos::prelude::*;

/// On or off, at once.
#[component]
pub fn Switch(
    /// What is switched; not shown.
    #[prop(into)]
    label: String,
    /// How it stands.
    #[prop(into)]
    on: Signal<bool>,
    /// Called with the wish.
    #[prop(into)]
    on_change: Callback<bool>,
    /// Why it may not be switched.
    #[prop(optional, into)]
    refused: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <input
            class="switch"
            type="checkbox"
            role="switch"
            aria-label=label
            aria-disabled=move || refused.with(Option::is_some).then_some("true")
            title=move || refused.get()
            prop:checked=on
            on:click=move |event| {
                if refused.with(Option::is_some) {
                    event.prevent_default();
                }
            }
            on:change=move |event| on_change.run(event_target_checked(&event))
        />
    }
}

/// A reminder to tick; never a gate.
#[component]
pub fn CheckBox(
    /// How it stands.
    on: RwSignal<bool>,
    /// Its words.
    children: Children,
) -> impl IntoView {
    view! {
        <label>
            <input
                class="check"
                type="checkbox"
                prop:checked=on
                on:change=move |event| on.set(event_target_checked(&event))
            />
            <span>{children()}</span>
        </label>
    }
}

/// One of a few ways, as a card with a word of explanation.
#[component]
pub fn Choice(
    /// Groups the choices.
    name: &'static str,
    /// The way.
    #[prop(into)]
    title: String,
    /// What it means.
    #[prop(into)]
    note: Signal<String>,
    /// Whether it is chosen.
    #[prop(into)]
    chosen: Signal<bool>,
    /// Called when it is.
    #[prop(into)]
    on_choose: Callback<()>,
) -> impl IntoView {
    view! {
        <label class="choice">
            <input
                class="radio"
                type="radio"
                name=name
                prop:checked=chosen
                on:change=move |_| on_choose.run(())
            />
            <div><b>{title}</b><span>{note}</span></div>
        </label>
    }
}
