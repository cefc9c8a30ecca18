//! Signing in.

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};
use shared::api;

use super::Entry;
use crate::api as edge;
use crate::frame::page_title;
use crate::session::{Doing, Session};
use crate::widgets::{Button, ButtonKind, Fault, Field, Glyph, Icon, PasswordField, field_fault};

/// `/sign-in?next=`
#[component]
pub fn SignIn() -> impl IntoView {
    page_title("Sign in");
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let doing = Doing::new();
    let session = Session::of_page();
    let navigate = use_navigate();
    let next = use_query_map().with_untracked(|query| query.get("next")).filter(|next| is_own(next));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let form = api::SignIn {
            email: email.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
        };
        let (navigate, next) = (navigate.clone(), next.clone());
        doing.run(async move { edge::sign_in(&form).await }, move |me| {
            let home = me
                .workspaces
                .first()
                .map_or_else(|| "/".to_owned(), |workspace| format!("/w/{}/", workspace.id));
            session.enter(me);
            navigate(&next.unwrap_or(home), Default::default());
        });
    };
    view! {
        <Entry>
            <span class="roundel roundel--large"><Glyph icon=Icon::Key/></span>
            <h1 tabindex="-1">"Sign in"</h1>
            <form on:submit=submit novalidate>
                <Field id="email" label="E-mail" value=email kind="email" autocomplete="username" fault=field_fault(doing.error, "email")/>
                <PasswordField id="password" value=password autocomplete="current-password" fault=field_fault(doing.error, "password")/>
                <Fault error=doing.error fields=&["email", "password"]/>
                <Button label="Sign in" kind=ButtonKind::Primary large=true wide=true submit=true busy=doing.busy/>
            </form>
            <p class="small muted entry-links">
                <a class="link" href="/forgot">"Forgot your password?"</a>" · "<a class="link" href="/sign-up">"Sign up"</a>
            </p>
        </Entry>
    }
}

/// Whether an address stays on this origin: a path, and nothing a browser could read as a host.
fn is_own(next: &str) -> bool {
    next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_nobody_is_led_elsewhere() {
        for (next, expect) in [
            ("/w/1/costs?r=mtd", true),
            ("//evil.com", false),
            ("https://evil.com", false),
            ("/\\evil.com", false),
            ("", false),
        ] {
            assert_eq!(is_own(next), expect, "{next}");
        }
    }
}
