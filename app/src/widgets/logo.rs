//! The logo, a thread through three nodes, and the small drawings made of the same thread.

use leptos::prelude::*;

const MARK: &str = r#"<path d="M4.5 19.5c5.2 0 4.2-6.5 8.5-6.5s3.3-6.5 8.5-6.5" stroke="currentColor" stroke-width="2.2" stroke-linecap="round"/><circle cx="4.5" cy="19.5" r="3.3" fill="currentColor"/><circle cx="13" cy="13" r="2.9" fill="var(--ground-side)" stroke="currentColor" stroke-width="2.2"/><circle cx="21.5" cy="6.5" r="3.3" fill="currentColor"/>"#;

/// The mark alone.
#[component]
pub fn Mark() -> impl IntoView {
    view! { <svg aria-hidden="true" viewBox="0 0 26 26" fill="none" inner_html=MARK></svg> }
}

/// Mark and name, as a link.
#[component]
pub fn Logo(
    /// Where it leads.
    #[prop(into)]
    href: Signal<String>,
) -> impl IntoView {
    view! {
        <a class="logo" href=href aria-label="Cloudthread, start">
            <Mark/>
            <span class="logo-name"><b>"cloud"</b>"thread"</span>
        </a>
    }
}

/// A drawing for a panel without figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// The thread has yet to arrive.
    Waiting,
    /// A filter let nothing through.
    Filtered,
    /// Nothing, and rightly so.
    Zero,
    /// The thread is broken.
    Broken,
    /// The thread has yet to begin.
    Unconnected,
}

impl Drawing {
    const fn shapes(self) -> &'static str {
        match self {
            Drawing::Waiting => {
                r#"<path d="M8 46c16 0 14-20 30-20"/><path d="M58 26c14 0 16-12 30-12" stroke-dasharray="1 5"/><circle cx="8" cy="46" r="5" fill="currentColor"/><circle cx="48" cy="26" r="11" fill="var(--accent-soft)"/><path d="M48 20v6l4 3"/><circle cx="88" cy="14" r="5" fill="var(--card)"/>"#
            }
            Drawing::Filtered => {
                r#"<path d="M26 14h44L54 34v14l-12 5V34z" fill="var(--accent-soft)"/><path d="M14 22h3M79 22h3M10 32h3M83 32h3"/>"#
            }
            Drawing::Zero => {
                r#"<path d="M10 50h76M10 42h26M60 42h26"/><circle cx="48" cy="36" r="12" fill="var(--accent-soft)"/><path d="m43 36.5 3.5 3.5 7-8"/>"#
            }
            Drawing::Broken => {
                r#"<path d="M8 46c14 0 14-14 26-16M62 28c12-2 12-14 26-14"/><circle cx="8" cy="46" r="5" fill="currentColor"/><circle cx="88" cy="14" r="5" fill="currentColor"/><path d="m42 22 12 14M54 22 42 36" stroke="var(--harm)"/>"#
            }
            Drawing::Unconnected => {
                r#"<path d="M8 46c16 0 14-14 34-16M54 30c16-2 18-16 34-16" stroke-dasharray="1 5"/><circle cx="8" cy="46" r="5" fill="currentColor"/><circle cx="48" cy="30" r="6" fill="var(--accent-soft)"/><circle cx="88" cy="14" r="5" fill="var(--card)"/>"#
            }
        }
    }
}

/// Draws it, 96 × 64, in the accent.
#[component]
pub fn Art(
    /// Which.
    drawing: Drawing,
) -> impl IntoView {
    view! {
        <svg
            class="art"
            aria-hidden="true"
            viewBox="0 0 96 64"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            stroke-linejoin="round"
            inner_html=drawing.shapes()
        ></svg>
    }
}
