//! The user's own: name, theme, time zone, password, sign-ins.

use leptos::prelude::*;
use shared::api::{ChangePassword, SessionRow, Theme};

use super::Settings;
use crate::api;
use crate::format::time;
use crate::session::{Doing, Session};
use crate::widgets::{
    Announcer, Button, ButtonKind, Card, Fault, Field, PasswordField, Segmented, field_fault, load, loaded,
};
use crate::words::PASSWORD_RULE;

/// `settings/profile`
#[component]
pub fn Profile() -> impl IntoView {
    view! {
        <Settings title="Profile">
            <Card id="you" title="You"><You/></Card>
            <Card id="password-card" title="Password"><Password/></Card>
            <Card id="sign-ins" title="Where you are signed in"><SignIns/></Card>
        </Settings>
    }
}

#[component]
fn You() -> impl IntoView {
    let session = Session::of_page();
    let announcer = Announcer::of_page();
    let doing = Doing::new();
    let me = session.me.get_untracked();
    let profile = me.as_ref().map(|me| me.profile.clone()).unwrap_or_default();
    let email = me.map(|me| me.email).unwrap_or_default();
    let (name, zone, theme) = (
        RwSignal::new(profile.name.clone()),
        RwSignal::new(profile.time_zone.clone()),
        RwSignal::new(profile.theme),
    );
    let store = move |theme_now: Theme| {
        let before = session.me.get_untracked().map(|me| me.profile).unwrap_or_default();
        let wish = shared::api::Profile {
            name: name.get_untracked(),
            time_zone: zone.get_untracked(),
            theme: theme_now,
            ..before
        };
        doing.run(async move { api::put_profile(&wish).await }, move |me| {
            session.enter(me);
            announcer.toast("Saved");
        });
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        store(theme.get_untracked());
    };
    let choose = move |wish: Theme| {
        theme.set(wish);
        show_theme(wish);
        store(wish);
    };
    view! {
        <form class="stack-4" on:submit=save>
            <p class="second">{email}</p>
            <Field id="name" label="Name" value=name autocomplete="name" fault=field_fault(doing.error, "name")/>
            <Field id="time_zone" label="Time zone" value=zone hint="Such as Europe/Berlin; empty for the browser's. Billing days stay UTC." fault=field_fault(doing.error, "time_zone")/>
            <div>
                <span class="label">"Theme"</span>
                <Segmented name="theme" label="Theme" options=vec![(Theme::System, "System"), (Theme::Light, "Light"), (Theme::Dark, "Dark")] value=theme on_change=choose/>
            </div>
            <Fault error=doing.error fields=&["name", "time_zone"]/>
            <div><Button label="Save" kind=ButtonKind::Primary submit=true busy=doing.busy/></div>
        </form>
    }
}

/// Sets the theme now and for the next start, before anything is painted.
pub fn show_theme(theme: Theme) {
    let word = match theme {
        Theme::System => "system",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", word);
    }
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item("theme", word);
    }
}

#[component]
fn Password() -> impl IntoView {
    let announcer = Announcer::of_page();
    let doing = Doing::new();
    let password = RwSignal::new(String::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let request = move || {
            let form = ChangePassword { password: password.get_untracked() };
            async move { api::put_password(&form).await }
        };
        doing.run_fresh(request, move |()| {
            password.set(String::new());
            announcer.toast("Password changed; other sign-ins were ended");
        });
    };
    view! {
        <form class="stack-4" on:submit=submit>
            <PasswordField id="new-password" label="New password" value=password autocomplete="new-password" hint=PASSWORD_RULE fault=field_fault(doing.error, "password")/>
            <Fault error=doing.error fields=&["password"]/>
            <div><Button label="Change password" submit=true busy=doing.busy/></div>
        </form>
    }
}

#[component]
fn SignIns() -> impl IntoView {
    let sessions = load(api::fetch_sessions);
    let doing = Doing::new();
    let row = move |row: SessionRow| {
        let id = row.id.clone();
        let end = move |()| {
            let id = id.clone();
            doing.run(async move { api::delete_session(&id).await }, move |()| sessions.refetch());
        };
        view! {
            <li>
                <span>{row.device}<span class="sub small muted">{format!(" since {}, last used {}", time::day_clock(row.started_at), time::day_clock(row.last_used_at))}</span></span>
                {if row.current {
                    view! { <b>"this one"</b> }.into_any()
                } else {
                    view! { <Button label="End" kind=ButtonKind::Quiet on_press=end/> }.into_any()
                }}
            </li>
        }
    };
    view! {
        {loaded(sessions, move |rows: Vec<SessionRow>| view! { <ul class="plain">{rows.into_iter().map(row).collect_view()}</ul> })}
        <Fault error=doing.error/>
    }
}
