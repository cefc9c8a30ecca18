//! Our own icons: 16 px, 1.5 px strokes, the colour of the text. Decoration only; words stand beside them.

use leptos::prelude::*;

macro_rules! icons {
    ($($name:ident $path:literal,)*) => {
        /// An icon.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each is named by what it shows")]
        pub enum Icon { $($name,)* }

        impl Icon {
            /// Its shapes, as the inside of a 16 × 16 SVG.
            const fn shapes(self) -> &'static str { match self { $(Icon::$name => $path,)* } }
        }
    };
}

icons! {
    Anomaly r#"<path d="M8 2.5 9.3 6.7 13.5 8 9.3 9.3 8 13.5 6.7 9.3 2.5 8l4.2-1.3z"/>"#,
    Bars r#"<path d="M3.5 13V9M8 13V3M12.5 13V6"/>"#,
    Bell r#"<path d="M4 7a4 4 0 0 1 8 0c0 3 1.2 4 1.2 4H2.8S4 10 4 7z"/><path d="M6.6 13.4a1.6 1.6 0 0 0 2.8 0"/>"#,
    Bookmark r#"<path d="M4 2.5h8v11l-4-3-4 3z"/>"#,
    Bucket r#"<ellipse cx="8" cy="4" rx="5" ry="1.6"/><path d="m3 4 1.2 8.5c.2 1 1.9 1.5 3.8 1.5s3.6-.5 3.8-1.5L13 4"/>"#,
    Calendar r#"<rect x="2.5" y="3.5" width="11" height="10" rx="1.4"/><path d="M2.5 6.8h11M5.5 2v2.5M10.5 2v2.5"/>"#,
    ChevronDown r#"<path d="m4.5 6.5 3.5 3.5 3.5-3.5"/>"#,
    ChevronRight r#"<path d="m6.5 4 4 4-4 4"/>"#,
    Chooser r#"<path d="m5 6 3-3 3 3M5 10l3 3 3-3"/>"#,
    Clock r#"<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3.2l2.2 1.4"/>"#,
    Close r#"<path d="m4 4 8 8M12 4l-8 8"/>"#,
    Coins r#"<circle cx="6.2" cy="6.2" r="3.7"/><path d="M11 6.3a3.7 3.7 0 1 1-4.7 4.9"/>"#,
    Columns r#"<rect x="2.5" y="3" width="11" height="10" rx="1.2"/><path d="M6.2 3v10M9.8 3v10"/>"#,
    Copy r#"<rect x="5.5" y="5.5" width="8" height="8" rx="1.4"/><path d="M10.5 5.5v-3h-8v8h3"/>"#,
    Costs r#"<path d="M2.5 13.5h11"/><path d="M4.5 11V7.5M8 11V3.5M11.5 11V6"/>"#,
    Cumulative r#"<path d="M2.5 13c3 0 4-8 11-9.5"/>"#,
    Document r#"<path d="M4 2.5h5l3 3v8H4z"/><path d="M9 2.5v3h3M6 8.5h4M6 11h4"/>"#,
    Download r#"<path d="M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.5h10"/>"#,
    External r#"<path d="M9 3h4v4M13 3 7.5 8.5M11 9.5V13H3V5h3.5"/>"#,
    Eye r#"<path d="M1.8 8S4 4 8 4s6.2 4 6.2 4S12 12 8 12 1.8 8 1.8 8z"/><circle cx="8" cy="8" r="1.8"/>"#,
    Info r#"<circle cx="8" cy="8" r="5.5"/><path d="M8 7.5v3.2M8 5.2v.1"/>"#,
    Key r#"<circle cx="5.2" cy="10.8" r="2.7"/><path d="m7.2 8.8 5.3-5.3M10.5 5.5l1.7 1.7"/>"#,
    Layers r#"<path d="M8 2 13.5 5 8 8 2.5 5z"/><path d="M2.5 8 8 11l5.5-3M2.5 11 8 14l5.5-3"/>"#,
    Line r#"<path d="m2.5 11 3.5-4 3 2.5 4.5-6"/>"#,
    Link r#"<path d="M6.8 9.2a2.4 2.4 0 0 0 3.4 0l2.3-2.3a2.4 2.4 0 0 0-3.4-3.4l-.8.8"/><path d="M9.2 6.8a2.4 2.4 0 0 0-3.4 0L3.5 9.1a2.4 2.4 0 0 0 3.4 3.4l.8-.8"/>"#,
    Mail r#"<rect x="2.5" y="3.5" width="11" height="9" rx="1.4"/><path d="m3 4.5 5 4.2 5-4.2"/>"#,
    Menu r#"<path d="M2.5 5h11M2.5 11h11"/>"#,
    Minus r#"<path d="M3.5 8h9"/>"#,
    More r#"<circle cx="3.5" cy="8" r="1"/><circle cx="8" cy="8" r="1"/><circle cx="12.5" cy="8" r="1"/>"#,
    Offline r#"<path d="M5.5 12.5a3.2 3.2 0 0 1-.4-6.4A4 4 0 0 1 9 3.6M11.5 7a2.8 2.8 0 0 1 1.3 5M2.5 2.5l11 11"/>"#,
    Organization r#"<rect x="6" y="2.5" width="4" height="3.4" rx=".9"/><rect x="2" y="10.1" width="4" height="3.4" rx=".9"/><rect x="10" y="10.1" width="4" height="3.4" rx=".9"/><path d="M8 5.9v2.1M4 10.1V8h8v2.1"/>"#,
    Overview r#"<rect x="2.5" y="2.5" width="4.5" height="5.5" rx="1.2"/><rect x="9" y="2.5" width="4.5" height="3" rx="1.2"/><rect x="2.5" y="10.5" width="4.5" height="3" rx="1.2"/><rect x="9" y="8" width="4.5" height="5.5" rx="1.2"/>"#,
    Plus r#"<path d="M8 3v10M3 8h10"/>"#,
    Pulse r#"<path d="M2 8.5h2.6l1.8-5 3 9 1.8-4H14"/>"#,
    Refresh r#"<path d="M13 8a5 5 0 1 1-1.6-3.7"/><path d="M13 2.5v3h-3"/>"#,
    Report r#"<rect x="3" y="2.5" width="10" height="11" rx="1.4"/><path d="M5.5 10.5V9M8 10.5v-5M10.5 10.5V7.5"/>"#,
    Search r#"<circle cx="7" cy="7" r="4.2"/><path d="m10.2 10.2 3.3 3.3"/>"#,
    Settings r#"<path d="M2.5 4.5h5M11 4.5h2.5M2.5 11.5h2.5M8.5 11.5h5"/><circle cx="9.2" cy="4.5" r="1.8"/><circle cx="6.7" cy="11.5" r="1.8"/>"#,
    SignOut r#"<path d="M6.5 2.5H3v11h3.5M10 5l3 3-3 3M13 8H6.5"/>"#,
    Tick r#"<path d="m3.5 8.5 3 3 6-7"/>"#,
    Units r#"<path d="M3 13 13 3"/><circle cx="4.5" cy="4.5" r="2"/><circle cx="11.5" cy="11.5" r="2"/>"#,
    Warning r#"<path d="M8 2.5 14 13H2z"/><path d="M8 6.5v3M8 11.2v.1"/>"#,
    Why r#"<path d="M3.5 13V8M6.5 8V5M9.5 5v3M12.5 8V3"/>"#,
}

/// Draws an icon. Hidden from assistive technology: give the control its own words.
#[component]
pub fn Glyph(
    /// Which.
    icon: Icon,
) -> impl IntoView {
    view! {
        <svg
            aria-hidden="true"
            viewBox="0 0 16 16"
            fill="none"
            stroke="currentColor"
            stroke-width="1.5"
            stroke-linecap="round"
            stroke-linejoin="round"
            inner_html=icon.shapes()
        ></svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_closed_elements() {
        for icon in [Icon::Anomaly, Icon::Link, Icon::Why] {
            assert!(icon.shapes().starts_with('<') && icon.shapes().ends_with("/>"), "{icon:?}");
        }
    }
}
