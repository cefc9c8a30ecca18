//! Navigation: switcher, pages, health line, documentation, settings, sign-out. One markup for sidebar, icon rail and
//! the menu of narrow windows; the stylesheet decides.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use shared::api::ConnectionState;

use super::sign_out::sign_out;
use super::workspace::Workspace;
use crate::session::Session;
use crate::widgets::{Glyph, Icon, Logo, MenuButton};
use crate::words;

/// The sidebar.
#[component]
pub fn Sidebar(
    /// Whether the menu of narrow windows is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let workspace = Workspace::of_page();
    let unread = move || workspace.connection.with(|view| view.as_ref().map_or(0, |view| view.unread));
    let is_connecting = move || {
        workspace.connection.with(|view| view.as_ref().is_none_or(|view| view.state != ConnectionState::Live))
    };
    view! {
        <aside class="side" id="side" class:is-open=open>
            <div class="side-in">
                <Logo href=workspace.page("overview")/>
                <Switcher/>
                <nav class="nav" aria-label="Workspace">
                    <Show when=is_connecting><Entry page="connect" icon=Icon::Link text="Connect"/></Show>
                    <Entry page="overview" icon=Icon::Overview text="Overview"/>
                    <Entry page="costs" icon=Icon::Costs text="Costs"/>
                    <Entry page="resources" icon=Icon::Layers text="Resources"/>
                    <Entry page="notifications" icon=Icon::Bell text="Notifications" count=Signal::derive(unread)/>
                </nav>
                <div class="side-foot">
                    <Health/>
                    <nav class="nav" aria-label="Account">
                        <Entry page="documentation" icon=Icon::Document text="Documentation"/>
                        <Entry page="settings/connection" icon=Icon::Settings text="Settings" prefix="settings"/>
                        <button type="button" class="nav-button" title="Sign out" on:click=move |_| sign_out()>
                            <Glyph icon=Icon::SignOut/>
                            <span class="nav-label">"Sign out"</span>
                        </button>
                    </nav>
                </div>
            </div>
        </aside>
    }
}

#[component]
fn Entry(
    page: &'static str,
    icon: Icon,
    text: &'static str,
    #[prop(optional)] prefix: Option<&'static str>,
    #[prop(optional, into)] count: Option<Signal<u32>>,
) -> impl IntoView {
    let workspace = Workspace::of_page();
    let path = use_location().pathname;
    let own = workspace.page(prefix.unwrap_or(page));
    let is_current = move || path.with(|path| path == &own || path.starts_with(&format!("{own}/")));
    let count = move || count.map(|count| count.get()).filter(|count| *count > 0);
    view! {
        <a href=workspace.page(page) title=text aria-current=move || is_current().then_some("page")>
            <Glyph icon/>
            <span class="nav-label">{text}</span>
            {move || count().map(|count| view! {
                <span class="count"><span class="visually-hidden">"unread: "</span>{count}</span>
            })}
        </a>
    }
}

#[component]
fn Switcher() -> impl IntoView {
    let (session, workspace) = (Session::of_page(), Workspace::of_page());
    let below = move || {
        let view = workspace.connection.get();
        let account = view.as_ref().and_then(|view| view.account.clone());
        account.map_or_else(|| "New workspace".to_owned(), |account| account.to_string())
    };
    let tile = move || {
        let name = workspace.name.get();
        let first: String =
            name.chars().next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
        view! {
            <span class="tile" aria-hidden="true">{first}</span>
            <span class="grow nav-label">{name}<small>{below()}</small></span>
        }
    };
    let others =
        move || session.me.with(|me| me.as_ref().map(|me| me.workspaces.clone()).unwrap_or_default());
    move || {
        let all = others();
        if all.len() < 2 {
            return view! { <div class="switcher switcher--single">{tile}</div> }.into_any();
        }
        let own = workspace.id();
        let items = all
            .into_iter()
            .map(|other| {
                let current = (other.id == own).then_some("true");
                view! { <a href=format!("/w/{}/", other.id) aria-current=current>{other.name}</a> }
            })
            .collect_view();
        let button = move || view! { {tile} <Glyph icon=Icon::Chooser/> };
        view! {
            <MenuButton id="switcher" label="Change workspace" class="switcher" button=button.into()>{items}</MenuButton>
        }
        .into_any()
    }
}

#[component]
fn Health() -> impl IntoView {
    let workspace = Workspace::of_page();
    let line = move || {
        workspace.connection.with(|view| {
            let (tone, title, detail) = words::health(view.as_ref()?);
            Some(view! {
                <span class=tone.dot()></span>
                <span class="nav-label"><b>{title}</b>{detail}</span>
            })
        })
    };
    view! { <a class="health" href=workspace.page("connect") title="Open the timeline of the connection">{line}</a> }
}
