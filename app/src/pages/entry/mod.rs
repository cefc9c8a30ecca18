//! Getting in: start, sign-up, confirmation, sign-in, forgotten password.

mod confirm;
mod forgot;
mod sign_in;
mod sign_up;
mod start;

pub use confirm::Confirm;
pub use forgot::{Forgot, Reset};
pub use sign_in::SignIn;
pub use sign_up::SignUp;
pub use start::Start;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::widgets::{Glyph, Logo};
use crate::words::{CARDS, grant_icon};

/// What stands around a page of entry.
#[component]
pub fn Entry(
    /// Whether the permission cards stand beside it.
    #[prop(optional)]
    beside: bool,
    /// The card.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="entry">
            <header class="entry-head">
                <Logo href="/".to_owned()/>
                <nav class="row wrap" aria-label="Getting in">
                    <a class="link" href="/sign-in">"Sign in"</a>
                    <a class="link" href="/sign-up">"Sign up"</a>
                </nav>
            </header>
            <main id="main" class="entry-body" tabindex="-1">
                <section class="card">{children()}</section>
                {beside.then(|| view! { <Sources/> })}
            </main>
        </div>
    }
}

#[component]
fn Sources() -> impl IntoView {
    let rows = CARDS
        .iter()
        .map(|card| {
            view! {
                <li>
                    <span class="roundel"><Glyph icon=grant_icon(card.grant)/></span>
                    <div><h3>{card.title}</h3><p class="second">{card.why}</p></div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="entry-side" aria-labelledby="sources">
            <h2 id="sources">"What Cloudthread will ask AWS for"</h2>
            <p class="second">
                "Five permission sets, each with its own switch. Access is read-only, but for the report's own bucket and definition, unless you choose full access."
            </p>
            <ul class="sources">{rows}</ul>
        </section>
    }
}

/// A token that travels in the address's fragment, so that no server logs it. It follows the address: a second letter
/// opened in the same tab changes nothing but the fragment. Once known it stays, also while the page is being left.
pub fn token_of_fragment() -> Memo<Option<String>> {
    let hash = use_location().hash;
    Memo::new(move |before: Option<&Option<String>>| {
        let token = hash.get().trim_start_matches('#').trim_start_matches("token=").to_owned();
        if token.is_empty() { before.cloned().flatten() } else { Some(token) }
    })
}
