//! Labelled inputs: the rule is said before, the fault beside the field.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// One line of text.
#[component]
pub fn Field(
    /// Names the input for label and description.
    id: &'static str,
    /// What to enter.
    #[prop(into)]
    label: String,
    /// What was entered.
    value: RwSignal<String>,
    /// `email`, `text`, `password`; `text` if not given.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// The rule, said before.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    fault: Signal<Option<String>>,
    /// `numeric` for codes.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// Most characters that can be entered.
    #[prop(optional)]
    maxlength: Option<u32>,
    /// Why it may not be changed.
    #[prop(optional, into)]
    readonly: Signal<bool>,
) -> impl IntoView {
    let has_hint = hint.is_some();
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <div class="input" class:is-invalid=move || fault.with(Option::is_some)>
                <input
                    id=id
                    name=id
                    type=kind
                    autocomplete=autocomplete
                    inputmode=inputmode
                    maxlength=maxlength
                    spellcheck="false"
                    autocapitalize="none"
                    readonly=readonly
                    aria-invalid=move || fault.with(Option::is_some).then_some("true")
                    aria-describedby=described(id, has_hint)
                    prop:value=value
                    on:input=move |event| value.set(event_target_value(&event))
                />
            </div>
            <Below id hint fault/>
        </div>
    }
}

/// A password, hidden until shown. Pasting works.
#[component]
pub fn PasswordField(
    /// Names the input.
    id: &'static str,
    /// What to enter.
    #[prop(into, default = "Password".to_owned())]
    label: String,
    /// What was entered.
    value: RwSignal<String>,
    /// `new-password` or `current-password`.
    autocomplete: &'static str,
    /// The rule, said before.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    fault: Signal<Option<String>>,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let has_hint = hint.is_some();
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <div class="input" class:is-invalid=move || fault.with(Option::is_some)>
                <input
                    id=id
                    name=id
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    spellcheck="false"
                    autocapitalize="none"
                    aria-invalid=move || fault.with(Option::is_some).then_some("true")
                    aria-describedby=described(id, has_hint)
                    prop:value=value
                    on:input=move |event| value.set(event_target_value(&event))
                />
                <button
                    class="link row"
                    type="button"
                    aria-pressed=move || if shown.get() { "true" } else { "false" }
                    aria-label="Show password"
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    <Glyph icon=Icon::Eye/>
                    {move || if shown.get() { "Hide" } else { "Show" }}
                </button>
            </div>
            <Below id hint fault/>
        </div>
    }
}

#[component]
fn Below(id: &'static str, hint: Option<String>, fault: Signal<Option<String>>) -> impl IntoView {
    view! {
        {hint.map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
        <div id=format!("{id}-fault")>
            {move || fault.get().map(|fault| view! { <p class="fault"><Glyph icon=Icon::Warning/>{fault}</p> })}
        </div>
    }
}

fn described(id: &str, has_hint: bool) -> String {
    if has_hint { format!("{id}-hint {id}-fault") } else { format!("{id}-fault") }
}
