//! Tabs that are links: each has its own address.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// A row of links, the current one marked.
#[component]
pub fn Tabs(
    /// Says what the tabs are of.
    label: &'static str,
    /// Address and words.
    tabs: Vec<(String, &'static str)>,
) -> impl IntoView {
    let path = use_location().pathname;
    let links = tabs
        .into_iter()
        .map(|(href, text)| {
            let own = href.clone();
            view! { <a href=href aria-current=move || (path.get() == own).then_some("page")>{text}</a> }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label=label>{links}</nav> }
}
