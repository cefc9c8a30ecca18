//! Signing up.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use shared::api;

use super::Entry;
use crate::api as edge;
use crate::frame::page_title;
use crate::session::Doing;
use crate::widgets::{Button, ButtonKind, Fault, Field, Glyph, Icon, PasswordField, field_fault};
use crate::words::PASSWORD_RULE;

/// `/sign-up`
#[component]
pub fn SignUp() -> impl IntoView {
    page_title("Sign up");
    let (email, password, name) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let doing = Doing::new();
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let form = api::SignUp {
            email: email.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
            workspace_name: name.get_untracked().trim().to_owned(),
        };
        let navigate = navigate.clone();
        doing.run(async move { edge::sign_up(&form).await }, move |_| {
            navigate("/confirm", Default::default())
        });
    };
    view! {
        <Entry beside=true>
            <span class="roundel roundel--large"><Glyph icon=Icon::Link/></span>
            <h1 tabindex="-1">"Sign up"</h1>
            <p class="second entry-lead">
                "Connect AWS in a few minutes. No server to run, and no key to your account is ever stored."
            </p>
            <form on:submit=submit novalidate>
                <Field id="email" label="E-mail" value=email kind="email" autocomplete="username" fault=field_fault(doing.error, "email")/>
                <PasswordField
                    id="password"
                    value=password
                    autocomplete="new-password"
                    hint=PASSWORD_RULE
                    fault=field_fault(doing.error, "password")
                />
                <Field
                    id="workspace_name"
                    label="Workspace name"
                    value=name
                    autocomplete="organization"
                    hint="Your firm or team."
                    fault=field_fault(doing.error, "workspace_name")
                />
                <Fault error=doing.error fields=&["email", "password", "workspace_name"]/>
                <Button label="Sign up" kind=ButtonKind::Primary large=true wide=true submit=true busy=doing.busy/>
                <p class="small muted">"We send a link and a code to confirm the address. Nothing connects before that."</p>
            </form>
        </Entry>
    }
}
