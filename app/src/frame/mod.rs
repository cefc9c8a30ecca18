//! What stands around the pages of a workspace: navigation, health line, dialogs, announcements.

mod leaving;
mod page;
mod reauthenticate;
mod sidebar;
mod sign_out;
mod workspace;

pub use page::{PageHead, focus_on_navigation, page_title};
pub use sign_out::sign_out;
pub use workspace::{Workspace, has_figures};

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::{Outlet, Redirect};
use leptos_router::hooks::{use_location, use_navigate, use_params_map};
use shared::WorkspaceId;
use shared::api::ConnectionState;

use crate::api::{self, ApiError};
use crate::pages::not_found::NotFoundAlone;
use crate::session::Session;
use crate::widgets::{
    Announcements, Announcer, ButtonKind, ButtonLink, Drawing, Glyph, Icon, Logo, PanelError, PanelState,
    Skeleton,
};
use crate::words;
use reauthenticate::ReauthenticationDialog;
use sidebar::Sidebar;
use sign_out::follow_other_tabs;

/// The frame of `/w/{workspace}/…`: learns who is signed in, then shows the workspace or "not found".
#[component]
pub fn WorkspaceFrame() -> impl IntoView {
    let session = Session::of_page();
    let failure = RwSignal::new(None::<ApiError>);
    let (location, navigate) = (use_location(), use_navigate());
    let params = use_params_map();
    let ask = move || {
        failure.set(None);
        let navigate = navigate.clone();
        let here = location.pathname.get_untracked() + &query_of(&location.search.get_untracked());
        spawn_local(async move {
            match api::fetch_me().await {
                Ok(me) => session.enter(me),
                Err(error) if error.is_signed_out() => {
                    navigate(&format!("/sign-in?next={}", api::encode(&here)), Default::default());
                }
                Err(error) => _ = failure.try_set(Some(error)),
            }
        });
    };
    if session.me.with_untracked(Option::is_none) {
        ask();
    }
    follow_other_tabs();
    let id = Memo::new(move |_| params.with(|params| params.get("workspace"))?.parse::<WorkspaceId>().ok());
    // Decided once per workspace: pages keep their state while the user's own settings change.
    let place = Memo::new(move |_| {
        session.me.with(|me| {
            let me = me.as_ref()?;
            let own = id.get().filter(|id| me.workspaces.iter().any(|workspace| &workspace.id == id));
            Some(own)
        })
    });
    let retry = StoredValue::new_local(ask);
    move || match (place.get(), failure.get()) {
        (Some(Some(id)), _) => view! { <Inside id/> }.into_any(),
        (Some(None), _) => view! { <NotFoundAlone/> }.into_any(),
        (None, Some(error)) => {
            let on_retry = move |()| retry.with_value(|ask| ask());
            view! { <main class="page" id="main"><div class="card state"><PanelError error on_retry/></div></main> }.into_any()
        }
        (None, None) => view! { <main class="page" id="main"><Skeleton/></main> }.into_any(),
    }
}

fn query_of(search: &str) -> String {
    if search.is_empty() { String::new() } else { format!("?{}", search.trim_start_matches('?')) }
}

#[component]
fn Inside(id: WorkspaceId) -> impl IntoView {
    let workspace = Workspace::provide(id, Session::of_page());
    let menu = RwSignal::new(false);
    let path = use_location().pathname;
    Effect::new(move |_| {
        path.track();
        menu.set(false);
    });
    view! {
        <a class="skip" href="#main" rel="external">"Skip to content"</a>
        <header class="topbar">
            <Logo href=workspace.page("overview")/>
            <button
                class="button button--icon"
                type="button"
                aria-label="Menu"
                aria-controls="side"
                aria-expanded=move || if menu.get() { "true" } else { "false" }
                on:click=move |_| menu.update(|open| *open = !*open)
            >
                {move || view! { <Glyph icon=if menu.get() { Icon::Close } else { Icon::Menu }/> }}
            </button>
        </header>
        <div class="frame">
            <Sidebar open=menu/>
            <Outlet/>
        </div>
        <ReauthenticationDialog/>
        <Announcements announcer=Announcer::of_page()/>
    }
}

/// The `main` element of a page in the frame.
#[component]
pub fn Page(
    /// More classes: `page--split`.
    #[prop(optional)]
    class: &'static str,
    /// Head and panels.
    children: Children,
) -> impl IntoView {
    view! { <main id="main" class=format!("page {class}") tabindex="-1"><leaving::Leaving/>{children()}</main> }
}

/// `/w/{workspace}/`: an unconnected workspace opens on Connect, any other on its Overview.
#[component]
pub fn Home() -> impl IntoView {
    let workspace = Workspace::of_page();
    move || {
        match (workspace.connection.get(), workspace.trouble.get()) {
        (Some(view), _) => {
            let page = if has_figures(&view) { "overview" } else { "connect" };
            view! { <Redirect path=workspace.page(page)/> }.into_any()
        }
        (None, Some(error)) => {
            view! { <Page><div class="card state"><PanelError error on_retry=move |()| workspace.ask()/></div></Page> }
                .into_any()
        }
        (None, None) => view! { <Page><Skeleton/></Page> }.into_any(),
    }
    }
}

/// Shows a page that needs figures, or leads to Connect while there are none (M1).
#[component]
pub fn NeedsFigures(
    /// The page's name.
    title: &'static str,
    /// The page.
    children: ChildrenFn,
) -> impl IntoView {
    let workspace = Workspace::of_page();
    let ready = Memo::new(move |_| workspace.connection.with(|view| view.as_ref().map(has_figures)));
    move || {
        match ready.get() {
        Some(true) => children().into_any(),
        Some(false) => view! { <Page><PageHead title=title/><NotYet/></Page> }.into_any(),
        None => match workspace.trouble.get() {
            Some(error) => view! {
                <Page><PageHead title=title/><div class="card state"><PanelError error on_retry=move |()| workspace.ask()/></div></Page>
            }
            .into_any(),
            None => view! { <Page><PageHead title=title/><Skeleton/></Page> }.into_any(),
        },
    }
    }
}

#[component]
fn NotYet() -> impl IntoView {
    let workspace = Workspace::of_page();
    let state = Memo::new(move |_| workspace.connection.with(|view| view.as_ref().map(|view| view.state)));
    move || {
        let href = workspace.page("connect");
        let body = match state.get() {
            None | Some(ConnectionState::NotConnected) => {
                let text = "Figures come from your AWS account. One stack gives Cloudthread a role that reads cost and usage.";
                let button = view! { <ButtonLink label=words::CONNECT href kind=ButtonKind::Primary/> };
                without(Drawing::Unconnected, "Nothing is connected yet", text, button)
            }
            Some(ConnectionState::Disconnected) => {
                let text =
                    "The connection has ended, and no figures are held here. Connect again to see cost.";
                let button = view! { <ButtonLink label=words::CONNECT href kind=ButtonKind::Primary/> };
                without(Drawing::Unconnected, "Nothing is connected any more", text, button)
            }
            Some(ConnectionState::Disconnecting) => {
                let text = "No figures are held here, and no new ones come. What is left is the proof that access has ended.";
                let href = workspace.page("settings/danger");
                let button = view! { <ButtonLink label="See how it ends" href/> };
                without(Drawing::Broken, "The connection is ending", text, button)
            }
            Some(ConnectionState::Broken) => {
                let text =
                    "Figures appear here once the connection works again. The timeline says who acts next.";
                let button = view! { <ButtonLink label="See the timeline" href icon=Icon::Clock/> };
                without(Drawing::Broken, "The connection needs attention", text, button)
            }
            Some(_) => {
                let text = "Figures appear here as soon as Cost Explorer answers. You can close this page; we will e-mail you.";
                let button = view! { <ButtonLink label="See the timeline" href icon=Icon::Clock/> };
                without(Drawing::Waiting, "First insights are on their way", text, button)
            }
        };
        view! { <div class="card state">{body}</div> }
    }
}

/// A panel without figures: the fact, what happens next, the way on.
fn without(
    drawing: Drawing,
    title: &'static str,
    text: &'static str,
    button: impl IntoView + 'static,
) -> AnyView {
    view! { <PanelState drawing title text>{button}</PanelState> }.into_any()
}
