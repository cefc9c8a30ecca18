//! The dialog that asks for the password over a page: after the sign-in has ended, or before something that matters.
//! The page below stays as it is, with its drafts.

use leptos::prelude::*;
use shared::api::{Reauthenticate, SignIn};

use super::sign_out::sign_out;
use crate::api;
use crate::session::{Doing, Session};
use crate::widgets::{Button, ButtonKind, Dialog, Fault, PasswordField, field_fault};

/// The dialog; closed most of the time.
#[component]
pub fn ReauthenticationDialog() -> impl IntoView {
    let session = Session::of_page();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(session.prompt.with(Option::is_some)));
    Effect::new(move |_| {
        // Only when there is one: setting it wakes the effect above, which would wake this one for ever.
        if !open.get() && session.prompt.with_untracked(Option::is_some) {
            session.prompt.set(None);
        }
    });
    let ended = Memo::new(move |_| session.prompt.get().is_some_and(|prompt| prompt.ended));
    let title = move || if ended.get() { "Sign-in ended" } else { "Enter your password" };
    view! {
        <Dialog id="reauthenticate" title=Signal::derive(move || title().to_owned()) open>
            <Question ended=ended.get() open/>
        </Dialog>
    }
}

#[component]
fn Question(ended: bool, open: RwSignal<bool>) -> impl IntoView {
    let session = Session::of_page();
    let doing = Doing::new();
    let password = RwSignal::new(String::new());
    let words = if ended {
        "You were away for a while. What you entered on this page is kept."
    } else {
        "This changes something that matters, so Cloudthread asks once more. It counts for five minutes."
    };
    let go_on = move || {
        let prompt = session.prompt.get_untracked();
        open.set(false);
        session.renewals.update(|count| *count += u32::from(ended));
        if let Some(prompt) = prompt {
            prompt.then.run(());
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let password = password.get_untracked();
        if ended {
            let email =
                session.me.with_untracked(|me| me.as_ref().map(|me| me.email.clone())).unwrap_or_default();
            let form = SignIn { email, password };
            doing.run(async move { api::sign_in(&form).await }, move |me| {
                session.enter(me);
                go_on();
            });
        } else {
            let form = Reauthenticate { password };
            doing.run(async move { api::reauthenticate(&form).await }, move |()| go_on());
        }
    };
    let email = session.me.with_untracked(|me| me.as_ref().map(|me| me.email.clone())).unwrap_or_default();
    view! {
        <form on:submit=submit>
            <p class="second">{words}</p>
            <input class="visually-hidden" type="email" autocomplete="username" readonly tabindex="-1" aria-label="E-mail" value=email/>
            <PasswordField
                id="reauthenticate-password"
                value=password
                autocomplete="current-password"
                fault=field_fault(doing.error, "password")
            />
            <Fault error=doing.error fields=&["password"]/>
            <div class="row">
                <Button label=if ended { "Sign in" } else { "Go on" } kind=ButtonKind::Primary submit=true busy=doing.busy/>
                {if ended {
                    view! { <Button label="Sign out" kind=ButtonKind::Quiet on_press=|()| sign_out()/> }.into_any()
                } else {
                    view! { <Button label="Cancel" kind=ButtonKind::Quiet on_press=move |()| open.set(false)/> }.into_any()
                }}
            </div>
        </form>
    }
}
