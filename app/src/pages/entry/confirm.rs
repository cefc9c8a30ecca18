//! Confirming the address: by the link's page, whose button does the work because scanners follow links, or by the code.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use shared::api::{self, Me, PendingSignUp};

use super::{Entry, token_of_fragment};
use crate::api as edge;
use crate::format::time;
use crate::frame::page_title;
use crate::polling::Polling;
use crate::session::{Doing, Session};
use crate::widgets::{Button, ButtonKind, Fault, Field, Glyph, Icon, PasswordField, Skeleton, field_fault};

/// `/confirm`, with the token in the fragment when it comes from the mail.
#[component]
pub fn Confirm() -> impl IntoView {
    page_title("Confirm your address");
    let token = token_of_fragment();
    view! {
        <Entry>
            <span class="roundel roundel--large"><Glyph icon=Icon::Mail/></span>
            {move || match token.get() {
                Some(token) => view! { <ByLink token/> }.into_any(),
                None => view! { <ByCode/> }.into_any(),
            }}
        </Entry>
    }
}

/// Takes the signed-in user to their workspace. Made with the page, since an answer that comes later finds no context.
fn entering() -> Callback<Me> {
    let (session, navigate) = (Session::of_page(), use_navigate());
    Callback::new(move |me: Me| {
        let first = me.workspaces.first();
        let place = first.map_or_else(|| "/".to_owned(), |workspace| format!("/w/{}/", workspace.id));
        session.enter(me);
        navigate(&place, Default::default());
    })
}

#[component]
fn ByLink(token: String) -> impl IntoView {
    let doing = Doing::new();
    let password = RwSignal::new(String::new());
    // In another browser than the one that signed up, the password proves who presses.
    let is_elsewhere = Memo::new(move |_| {
        doing.error.with(|error| {
            error.as_ref().is_some_and(|error| matches!(error.code(), "confirm_elsewhere" | "password_wrong"))
        })
    });
    let go = entering();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let token = token.clone();
        let form = if is_elsewhere.get_untracked() {
            api::Confirm::TokenAndPassword { token, password: password.get_untracked() }
        } else {
            api::Confirm::Token(token)
        };
        doing.run(async move { edge::confirm(&form).await }, move |me| go.run(me));
    };
    view! {
        <h1 tabindex="-1">"Confirm your address"</h1>
        <p class="second entry-lead">"One press, and your workspace opens."</p>
        <form on:submit=submit>
            <Show when=move || is_elsewhere.get()>
                <PasswordField
                    id="password"
                    label="The password you signed up with"
                    value=password
                    autocomplete="current-password"
                    fault=field_fault(doing.error, "password")
                />
            </Show>
            <Fault error=doing.error fields=&["password"]/>
            <Button label="Confirm this address" kind=ButtonKind::Primary large=true wide=true submit=true busy=doing.busy/>
        </form>
        <p class="small muted entry-links">
            <a class="link" href="/sign-up">"Send a new link"</a>" · "<a class="link" href="/sign-in">"Sign in"</a>
        </p>
    }
}

/// Looks whether the sign-up was confirmed, and looks again later.
fn look(polling: Polling, pending: RwSignal<Option<Option<PendingSignUp>>>, go: Callback<Me>) {
    spawn_local(async move {
        let mut wait = None;
        match edge::fetch_sign_up().await {
            Ok(found) if found.confirmed => {
                if let Ok(me) = edge::fetch_me().await {
                    go.try_run(me);
                }
                pending.try_set(Some(Some(found)));
            }
            Ok(found) => _ = pending.try_set(Some(Some(found))),
            Err(error) => {
                wait = error.problem().and_then(|problem| problem.retry_after);
                if pending.try_get_untracked().flatten().is_none() {
                    pending.try_set(Some(None));
                }
            }
        }
        polling.again(wait, move || look(polling, pending, go));
    });
}

#[component]
fn ByCode() -> impl IntoView {
    let pending = RwSignal::new(None::<Option<PendingSignUp>>);
    let (doing, resending) = (Doing::new(), Doing::new());
    let code = RwSignal::new(String::new());
    let go = entering();
    // Another tab may confirm meanwhile.
    let polling = Polling::new();
    look(polling, pending, go);
    polling.while_seen(move || look(polling, pending, go));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let form = api::Confirm::Code(code.get_untracked().chars().filter(char::is_ascii_digit).collect());
        doing.run(async move { edge::confirm(&form).await }, move |me| go.run(me));
    };
    let resend = move |()| {
        resending.run(edge::resend_sign_up(), move |found| pending.set(Some(Some(found))));
    };
    let form = move |found: PendingSignUp| {
        let now = time::browser_now();
        let wait = (found.resend_at > now)
            .then(|| format!("Possible from {}", time::clock_on(found.resend_at, now)));
        let refused = (found.resends_left == 0)
            .then(|| "Three letters an hour are enough; try again later.".to_owned());
        view! {
            <p class="second entry-lead">"We sent a link and a code to "<b>{found.masked_email.clone()}</b>"."</p>
            <form on:submit=submit>
                <Field
                    id="code"
                    label="Code"
                    value=code
                    autocomplete="one-time-code"
                    inputmode="numeric"
                    maxlength=12
                    hint="Eight digits, valid for 10 minutes."
                    fault=field_fault(doing.error, "code")
                />
                <Fault error=doing.error fields=&["code"]/>
                <Button label="Confirm" kind=ButtonKind::Primary large=true wide=true submit=true busy=doing.busy/>
            </form>
            <div class="row wrap entry-links">
                <Button label="Send again" kind=ButtonKind::Quiet busy=resending.busy refused=Signal::stored(refused) on_press=resend/>
                <a class="link" href="/sign-up">"Change address"</a>
                <span class="small muted">{wait}</span>
            </div>
            <Fault error=resending.error/>
        }
    };
    view! {
        <h1 tabindex="-1">"Check your mail"</h1>
        {move || match pending.get() {
            None => view! { <Skeleton/> }.into_any(),
            Some(Some(found)) => form(found).into_any(),
            Some(None) => {
                view! {
                    <p class="second entry-lead">"There is no sign-up waiting in this browser. Open the link where you signed up, or sign up again for a new one."</p>
                    <div class="row wrap entry-links">
                        <a class="button button--primary" href="/sign-up">"Sign up"</a>
                        <a class="button" href="/sign-in">"Sign in"</a>
                    </div>
                }
                .into_any()
            }
        }}
    }
}
