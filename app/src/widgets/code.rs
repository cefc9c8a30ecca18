//! Text to read and copy: the template, a command, a request to AWS Support.

use leptos::prelude::*;

use super::button::Button;
use super::icon::Icon;
use super::toast::{Announcer, copy};

/// A block of text with *Copy*.
#[component]
pub fn CodeBlock(
    /// What it is.
    #[prop(into)]
    label: String,
    /// The text.
    #[prop(into)]
    text: Signal<String>,
    /// Breaks long lines; for prose and commands.
    #[prop(optional)]
    wrap: bool,
) -> impl IntoView {
    let announcer = Announcer::of_page();
    let named = label.clone();
    view! {
        <div class=if wrap { "code code--wrap" } else { "code" }>
            <div class="code-head">
                <span class="label">{label}</span>
                <Button label="Copy" icon=Icon::Copy on_press=move |()| copy(announcer, text.get_untracked(), "Copied")/>
            </div>
            <pre tabindex="0" role="region" aria-label=named>{text}</pre>
        </div>
    }
}
