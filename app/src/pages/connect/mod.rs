//! Connecting: what is asked for, the one button, and the timeline that follows.

mod ask;
mod sets;
mod timeline;

use leptos::prelude::*;
use shared::api::ConnectionState;

use crate::frame::{Page, PageHead, Workspace};
use crate::widgets::{PanelError, Skeleton};
use crate::words;

pub use timeline::{Timeline, remedy};

/// `connect`
#[component]
pub fn Connect() -> impl IntoView {
    let workspace = Workspace::of_page();
    // The page changes its shape with the kind of state, not with every look.
    let asks = Memo::new(move |_| {
        workspace.connection.with(|view| {
            view.as_ref().map(|view| {
                matches!(view.state, ConnectionState::NotConnected | ConnectionState::Disconnected)
            })
        })
    });
    let again = RwSignal::new(false);
    move || {
        match asks.get() {
        Some(is_asking) if is_asking || again.get() => view! {
            <Page>
                <PageHead title=words::CONNECT sub="A CloudFormation (CF) stack gives Cloudthread a role that reads cost and usage, and nothing else"/>
                <ask::Ask again/>
            </Page>
        }
        .into_any(),
        Some(_) => view! {
            <Page>
                <PageHead title=Signal::derive(move || format!("Connecting {}", workspace.name.get())) sub="Held by Cloudthread, not by this tab: it goes on while you are away"/>
                <Timeline again/>
            </Page>
        }
        .into_any(),
        None => match workspace.trouble.get() {
            Some(error) => view! { <Page><div class="card state"><PanelError error on_retry=move |()| workspace.ask()/></div></Page> }.into_any(),
            None => view! { <Page><Skeleton/></Page> }.into_any(),
        },
    }
    }
}
