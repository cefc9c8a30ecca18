//! What every page does: its title, its head, and where focus goes when the path changes.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;

/// Sets the document's title while the page is shown.
pub fn page_title(title: impl Into<String>) {
    let title = title.into();
    document().set_title(&format!("{title} · Cloudthread"));
}

/// The head of a page: its `h1`, one line below, actions at the right.
#[component]
pub fn PageHead(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// One line below.
    #[prop(optional, into)]
    sub: Option<Signal<String>>,
    /// At the right.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    Effect::new(move |_| page_title(title.get()));
    view! {
        <header class="page-head">
            <div>
                <h1 tabindex="-1">{title}</h1>
                {sub.map(|sub| view! { <p class="sub">{sub}</p> })}
            </div>
            {children.map(|children| view! { <div class="row wrap">{children()}</div> })}
        </header>
    }
}

/// Moves focus to the heading when the path changes, not when the query does, and not on the first page.
pub fn focus_on_navigation() {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path) {
            request_animation_frame(focus_heading);
        }
        path
    });
}

fn focus_heading() {
    let heading = document().query_selector("main h1").ok().flatten();
    let target = heading.or_else(|| document().get_element_by_id("main"));
    if let Some(target) = target.and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok()) {
        target.set_tab_index(-1);
        let _ = target.focus();
    }
    window().scroll_to_with_x_and_y(0.0, 0.0);
}
