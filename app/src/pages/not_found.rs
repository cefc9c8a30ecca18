//! An address that leads nowhere, or into somebody else's workspace: the same words for both.

use leptos::prelude::*;

use crate::frame::page_title;
use crate::widgets::{ButtonKind, ButtonLink, Drawing, Logo, PanelState};

/// The page outside a workspace, below a head of its own.
#[component]
pub fn NotFoundAlone() -> impl IntoView {
    view! {
        <div class="entry entry--alone">
            <header class="entry-head"><Logo href="/".to_owned()/></header>
            <NotFound/>
        </div>
    }
}

/// The page.
#[component]
pub fn NotFound() -> impl IntoView {
    page_title("Not found");
    view! {
        <main class="page" id="main" tabindex="-1">
            <h1 class="visually-hidden" tabindex="-1">"Not found"</h1>
            <div class="card state">
                <PanelState
                    drawing=Drawing::Broken
                    title="There is no such page"
                    text="The address may be incomplete, or it belongs to a workspace you are not a member of."
                >
                    <ButtonLink label="Go to the start" href="/" kind=ButtonKind::Primary/>
                </PanelState>
            </div>
        </main>
    }
}
