//! Buttons: verbs that name the result.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// How much a button asks for attention. One primary button in view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one action.
    Primary,
    /// Any other.
    #[default]
    Secondary,
    /// Beside another button.
    Quiet,
    /// Ends or removes something.
    Harm,
}

impl ButtonKind {
    /// Its classes.
    pub const fn class(self) -> &'static str {
        match self {
            ButtonKind::Primary => "button button--primary",
            ButtonKind::Secondary => "button",
            ButtonKind::Quiet => "button button--quiet",
            ButtonKind::Harm => "button button--harm",
        }
    }
}

/// A button. While it may not be pressed it stays visible, focusable and says why.
#[component]
pub fn Button(
    /// The verb.
    #[prop(into)]
    label: Signal<String>,
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// Before the label.
    #[prop(optional)]
    icon: Option<Icon>,
    /// 44 px high, for the primary action of a journey.
    #[prop(optional)]
    large: bool,
    /// As wide as its container.
    #[prop(optional)]
    wide: bool,
    /// Submits its form.
    #[prop(optional)]
    submit: bool,
    /// Why it may not be pressed; none when it may.
    #[prop(optional, into)]
    refused: Signal<Option<String>>,
    /// Whether what it started is under way.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// What it does. Not called while refused or busy.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
) -> impl IntoView {
    let class =
        [kind.class(), if large { " button--large" } else { "" }, if wide { " button--wide" } else { "" }]
            .concat();
    let is_idle = move || refused.with(Option::is_none) && !busy.get();
    let press = move |event: leptos::ev::MouseEvent| {
        if !is_idle() {
            event.prevent_default();
        } else if let Some(act) = on_press {
            act.run(());
        }
    };
    view! {
        <button
            class=class
            type=if submit { "submit" } else { "button" }
            aria-disabled=move || (!is_idle()).then_some("true")
            aria-busy=move || busy.get().then_some("true")
            title=move || refused.get()
            on:click=press
        >
            {icon.map(|icon| view! { <Glyph icon/> })}
            {label}
            {move || refused.get().map(|reason| view! { <span class="visually-hidden">{format!(" ({reason})")}</span> })}
        </button>
    }
}

/// A link that looks like a button.
#[component]
pub fn ButtonLink(
    /// The verb.
    #[prop(into)]
    label: String,
    /// Where it leads.
    #[prop(into)]
    href: Signal<String>,
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// Before the label.
    #[prop(optional)]
    icon: Option<Icon>,
    /// Leads to AWS or another place outside: opens its own tab.
    #[prop(optional)]
    outside: bool,
    /// 44 px high.
    #[prop(optional)]
    large: bool,
    /// As wide as its container.
    #[prop(optional)]
    wide: bool,
) -> impl IntoView {
    let class =
        [kind.class(), if large { " button--large" } else { "" }, if wide { " button--wide" } else { "" }]
            .concat();
    view! {
        <a
            class=class
            href=href
            target=outside.then_some("_blank")
            rel=outside.then_some("noopener external")
        >
            {icon.map(|icon| view! { <Glyph icon/> })}
            {label}
        </a>
    }
}
