//! Filter tokens: what is filtered by, each with its own remove button.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// `Region is eu-west-1 ×`.
#[component]
pub fn Token(
    /// `Region is`.
    #[prop(into)]
    key: String,
    /// `eu-west-1`.
    #[prop(into)]
    value: String,
    /// Takes it away.
    #[prop(into)]
    on_remove: Callback<()>,
) -> impl IntoView {
    let label = format!("Remove {key} {value}");
    view! {
        <span class="token">
            <span class="k">{key}</span>
            <span class="v">{value}</span>
            <button type="button" aria-label=label on:click=move |_| on_remove.run(())><Glyph icon=Icon::Close/></button>
        </span>
    }
}
