//! Tables: a region that scrolls sideways with its own name, and heads that sort.

use leptos::prelude::*;

/// Holds a wide table; focusable, so the keyboard can scroll it.
#[component]
pub fn TableScroll(
    /// The id of what names it.
    labelled_by: &'static str,
    /// The table.
    children: Children,
) -> impl IntoView {
    view! { <div class="table-scroll" tabindex="0" role="region" aria-labelledby=labelled_by>{children()}</div> }
}

/// How a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are ARIA's")]
pub enum Sorted {
    None,
    Ascending,
    Descending,
}

/// A column head that sorts when pressed.
#[component]
pub fn SortHead(
    /// The column.
    #[prop(into)]
    label: String,
    /// How it is sorted.
    #[prop(into)]
    sorted: Signal<Sorted>,
    /// Numbers stand right.
    #[prop(optional)]
    number: bool,
    /// Left out where there is little room.
    #[prop(optional)]
    wide: bool,
    /// Sorts; the flag says whether Shift was held, to add rather than replace.
    #[prop(into)]
    on_sort: Callback<bool>,
) -> impl IntoView {
    let word = move || match sorted.get() {
        Sorted::None => None,
        Sorted::Ascending => Some("ascending"),
        Sorted::Descending => Some("descending"),
    };
    let arrow = move || match sorted.get() {
        Sorted::None => "",
        Sorted::Ascending => r#"<path d="M5 2 9 8H1z"/>"#,
        Sorted::Descending => r#"<path d="M5 8 1 2h8z"/>"#,
    };
    view! {
        <th scope="col" class:n=number class:col-wide=wide aria-sort=word>
            <button type="button" on:click=move |event| on_sort.run(event.shift_key())>
                {label}
                <svg aria-hidden="true" viewBox="0 0 10 10" fill="currentColor" inner_html=arrow></svg>
            </button>
        </th>
    }
}
