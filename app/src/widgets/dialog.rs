//! Modal dialogs on the native element: focus stays inside, Escape closes, focus returns.

use leptos::html;
use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// A modal dialog, open while `open` is true.
#[component]
pub fn Dialog(
    /// Names the dialog; becomes the id of its heading.
    id: &'static str,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it is open. Escape and the close button set it to false.
    open: RwSignal<bool>,
    /// For text to read.
    #[prop(optional)]
    wide: bool,
    /// Whether it can be closed without an answer.
    #[prop(default = true)]
    dismissible: bool,
    /// The body; built when it opens.
    children: ChildrenFn,
) -> impl IntoView {
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let (Some(dialog), is_open) = (element.get(), open.get()) else { return };
        if is_open && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !is_open && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog
            class=if wide { "dialog dialog--wide" } else { "dialog" }
            aria-labelledby=id
            node_ref=element
            on:cancel=move |event: web_sys::Event| if !dismissible { event.prevent_default() }
            on:close=move |_| open.set(false)
        >
            <div class="dialog-head">
                <h2 id=id>{title}</h2>
                {dismissible.then(|| view! {
                    <button class="button button--quiet button--icon" type="button" aria-label="Close" on:click=move |_| open.set(false)>
                        <Glyph icon=Icon::Close/>
                    </button>
                })}
            </div>
            <Show when=move || open.get()>{children()}</Show>
        </dialog>
    }
}
