//! The first page.

use leptos::prelude::*;

use super::Entry;
use crate::api;
use crate::frame::page_title;
use crate::widgets::{ButtonKind, ButtonLink, Notice, NoticeKind, load};

/// `/`
#[component]
pub fn Start() -> impl IntoView {
    page_title("AWS cost, down to the resource");
    let instance = load(api::fetch_instance);
    let missing =
        move || instance.get().and_then(Result::ok).map(|instance| instance.missing).unwrap_or_default();
    view! {
        <Entry beside=true>
            <h1 tabindex="-1">"See what AWS costs, down to the resource"</h1>
            <p class="second entry-lead">
                "Connect an account in a few minutes. No server to run, and no key to your account is ever stored."
            </p>
            <div class="row wrap entry-links">
                <ButtonLink label="Sign up" href="/sign-up".to_owned() kind=ButtonKind::Primary large=true/>
                <ButtonLink label="Sign in" href="/sign-in".to_owned() large=true/>
            </div>
            {move || {
                let missing = missing();
                (!missing.is_empty())
                    .then(|| view! {
                        <div class="entry-links">
                            <Notice kind=NoticeKind::Warn>
                                <b>"This instance is not set up completely."</b>
                                <ul>{missing.into_iter().map(|words| view! { <li>{words}</li> }).collect_view()}</ul>
                            </Notice>
                        </div>
                    })
            }}
        </Entry>
    }
}
