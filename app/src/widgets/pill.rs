//! Small status words.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// What a pill says about its subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the colour roles of the style")]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Warn,
    Harm,
    Accent,
}

impl Tone {
    /// The class of a pill in this tone.
    pub const fn pill(self) -> &'static str {
        match self {
            Tone::Plain => "pill",
            Tone::Good => "pill pill--good",
            Tone::Warn => "pill pill--warn",
            Tone::Harm => "pill pill--harm",
            Tone::Accent => "pill pill--accent",
        }
    }

    /// The class of a dot in this tone.
    pub const fn dot(self) -> &'static str {
        match self {
            Tone::Plain => "dot",
            Tone::Good => "dot dot--good",
            Tone::Warn => "dot dot--warn",
            Tone::Harm => "dot dot--harm",
            Tone::Accent => "dot dot--accent",
        }
    }
}

/// A status word; never colour alone.
#[component]
pub fn Pill(
    /// The word.
    #[prop(into)]
    text: String,
    /// Its tone.
    #[prop(optional)]
    tone: Tone,
    /// Before the word.
    #[prop(optional)]
    icon: Option<Icon>,
) -> impl IntoView {
    view! { <span class=tone.pill()>{icon.map(|icon| view! { <Glyph icon/> })}{text}</span> }
}
