//! A forgotten password: asking for the link, and setting a new one by it.

use leptos::prelude::*;
use shared::api;

use super::{Entry, token_of_fragment};
use crate::api as edge;
use crate::frame::page_title;
use crate::session::Doing;
use crate::widgets::{
    Button, ButtonKind, ButtonLink, Fault, Field, Notice, NoticeKind, PasswordField, field_fault,
};
use crate::words::PASSWORD_RULE;

/// `/forgot`
#[component]
pub fn Forgot() -> impl IntoView {
    page_title("Forgotten password");
    let email = RwSignal::new(String::new());
    let sent = RwSignal::new(false);
    let doing = Doing::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let form = api::Forgot { email: email.get_untracked().trim().to_owned() };
        doing.run(async move { edge::forgot(&form).await }, move |()| sent.set(true));
    };
    view! {
        <Entry>
            <h1 tabindex="-1">"Forgotten password"</h1>
            <p class="second entry-lead">"We send a link that sets a new one."</p>
            <form on:submit=submit novalidate>
                <Field id="email" label="E-mail" value=email kind="email" autocomplete="username" fault=field_fault(doing.error, "email")/>
                <Fault error=doing.error fields=&["email"]/>
                <Show when=move || sent.get()>
                    <Notice kind=NoticeKind::Info>"If an account exists for this address, a link is on its way."</Notice>
                </Show>
                <Button label="Send the link" kind=ButtonKind::Primary large=true wide=true submit=true busy=doing.busy/>
            </form>
        </Entry>
    }
}

/// `/reset`, with the token in the fragment.
#[component]
pub fn Reset() -> impl IntoView {
    page_title("New password");
    let token = token_of_fragment();
    let password = RwSignal::new(String::new());
    let is_done = RwSignal::new(false);
    let doing = Doing::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let form = api::Reset {
            token: token.get_untracked().unwrap_or_default(),
            password: password.get_untracked(),
        };
        doing.run(async move { edge::reset(&form).await }, move |()| is_done.set(true));
    };
    view! {
        <Entry>
            <h1 tabindex="-1">"New password"</h1>
            <Show
                when=move || is_done.get()
                fallback={
                    move || view! {
                        <form on:submit=submit>
                            <PasswordField
                                id="password"
                                label="New password"
                                value=password
                                autocomplete="new-password"
                                hint=PASSWORD_RULE
                                fault=field_fault(doing.error, "password")
                            />
                            <Fault error=doing.error fields=&["password"]/>
                            <Button label="Set the password" kind=ButtonKind::Primary large=true wide=true submit=true busy=doing.busy/>
                        </form>
                    }
                }
            >
                <p class="second entry-lead">"The password is set. All other sign-ins were ended."</p>
                <div class="entry-links"><ButtonLink label="Sign in" href="/sign-in".to_owned() kind=ButtonKind::Primary/></div>
            </Show>
        </Entry>
    }
}
