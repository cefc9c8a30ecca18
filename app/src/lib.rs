#![doc = include_str!("../README.md")]

pub mod api;
pub mod charts;
pub mod format;
pub mod frame;
pub mod pages;
pub mod polling;
pub mod session;
pub mod stopped;
pub mod widgets;
pub mod words;

use leptos::prelude::*;
use leptos_router::components::{ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::path;

use frame::{Home, WorkspaceFrame, focus_on_navigation};
use pages::{connect, costs, documentation, entry, not_found, notifications, overview, resources, settings};
use session::Session;
use widgets::Announcer;

/// Shows the app in the document's body.
pub fn start() {
    stopped::show_overlay_on_panic();
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
    leptos::mount::mount_to_body(App);
}

/// The routes.
#[component]
pub fn App() -> impl IntoView {
    Session::provide();
    Announcer::provide();
    view! {
        <Router>
            <Focus/>
            <Routes fallback=|| view! { <not_found::NotFoundAlone/> }>
                <Route path=path!("/") view=entry::Start/>
                <Route path=path!("/sign-up") view=entry::SignUp/>
                <Route path=path!("/confirm") view=entry::Confirm/>
                <Route path=path!("/sign-in") view=entry::SignIn/>
                <Route path=path!("/forgot") view=entry::Forgot/>
                <Route path=path!("/reset") view=entry::Reset/>
                <ParentRoute path=path!("/w/:workspace") view=WorkspaceFrame>
                    <Route path=path!("") view=Home/>
                    <Route path=path!("connect") view=connect::Connect/>
                    <Route path=path!("overview") view=overview::Overview/>
                    <Route path=path!("costs") view=costs::Costs/>
                    <Route path=path!("resources") view=resources::Resources/>
                    <Route path=path!("notifications") view=notifications::Notifications/>
                    <Route path=path!("documentation") view=documentation::Documentation/>
                    <Route path=path!("settings") view=|| view! { <Redirect path="connection"/> }/>
                    <Route path=path!("settings/connection") view=settings::Connection/>
                    <Route path=path!("settings/policies") view=settings::Policies/>
                    <Route path=path!("settings/report") view=settings::Report/>
                    <Route path=path!("settings/profile") view=settings::Profile/>
                    <Route path=path!("settings/danger") view=settings::Danger/>
                    <Route path=path!("*any") view=not_found::NotFound/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// Moves focus with the pages; it needs the router's context.
#[component]
fn Focus() -> impl IntoView {
    focus_on_navigation();
}
