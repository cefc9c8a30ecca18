//! The permission sets: why, what is lost without, every action read from the template, a switch.

use leptos::prelude::*;
use shared::api::{AccessLevel, Grant, SetView, StatementView, TemplateView};

use super::ask::Wishes;
use crate::api;
use crate::widgets::{CodeBlock, Dialog, Glyph, Icon, Switch};
use crate::words::grant_icon;

/// The cards, and the template's own line.
#[component]
pub fn Sets(
    /// The published template.
    template: TemplateView,
    /// What is chosen.
    wishes: Wishes,
) -> impl IntoView {
    let summary = template.summary.clone();
    let open = RwSignal::new(false);
    let cards = template.sets.iter().cloned().map(|set| view! { <Set set wishes/> }).collect_view();
    let text = template.text.clone();
    let short: String = template.sha256.chars().take(12).collect();
    view! {
        <div class="readonly">
            <Glyph icon=Icon::Tick/>
            <p>{move || if wishes.level.get() == AccessLevel::Full { summary.1.clone() } else { summary.0.clone() }}</p>
        </div>
        <div>{cards}</div>
        <div class="template-line">
            <span>"Template "<b>{template.version.clone()}</b>", SHA-256 "<code>{short}</code></span>
            <span class="row">
                <button class="link" type="button" on:click=move |_| open.set(true)>"Read the template"</button>
                <a class="link" href=api::template_path() rel="external" download="cloudthread-customer.yaml">"Download"</a>
            </span>
        </div>
        <Dialog id="template-text" title=Signal::stored("The stack's template".to_owned()) open wide=true>
            <CodeBlock label="customer.yaml" text=Signal::stored(text.clone())/>
        </Dialog>
    }
}

#[component]
fn Set(set: SetView, wishes: Wishes) -> impl IntoView {
    let grant = set.grant;
    let is_on =
        Signal::derive(move || wishes.grants.with(|grants| grants.get(&grant).copied().unwrap_or(true)));
    let (read_only, full) = (set.read_only.clone(), set.full.clone());
    let statements =
        move || if wishes.level.get() == AccessLevel::Full { full.clone() } else { read_only.clone() };
    let is_extra = grant == Grant::SelfRead;
    view! {
        <div class="permission">
            <span class="roundel"><Glyph icon=grant_icon(grant)/></span>
            <div>
                <h3>{set.title.clone()}</h3>
                <p>{set.why.clone()}</p>
            </div>
            <Switch
                label=format!("{}{}", set.title, if is_extra { " (beside the five sets)" } else { "" })
                on=is_on
                on_change=move |on| wishes.grants.update(|grants| _ = grants.insert(grant, on))
            />
            <p class="without"><span>"Without it: "{set.without.clone()}</span></p>
            <details class="actions-list">
                <summary>"Every action"</summary>
                <ul>{move || statements().into_iter().map(statement).collect_view()}</ul>
            </details>
        </div>
    }
}

/// One statement: actions, then resources and purpose.
pub fn statement(statement: StatementView) -> impl IntoView {
    let actions = statement.actions.join(", ");
    view! {
        <li>
            <code>{actions}</code>
            <span>
                {statement.purpose}" On "{statement.resources}"."
                {statement.writes.then(|| view! { " "<span class="pill pill--warn"><Glyph icon=Icon::Warning/>"can change it"</span> })}
            </span>
        </li>
    }
}
