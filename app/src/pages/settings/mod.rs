//! Settings: connection, policies, report, profile, danger zone.

mod connection;
mod danger;
mod policies;
mod profile;
mod reconcile;
mod report;

pub use connection::Connection;
pub use danger::Danger;
pub use policies::Policies;
pub use profile::Profile;
pub use report::Report;

use leptos::prelude::*;

use crate::frame::{Page, PageHead, Workspace};
use crate::widgets::Tabs;

/// What stands around a page of settings.
#[component]
fn Settings(
    /// The page's name.
    title: &'static str,
    /// Its cards.
    children: Children,
) -> impl IntoView {
    let workspace = Workspace::of_page();
    let tabs = [
        ("connection", "Connection"),
        ("policies", "Policies"),
        ("report", "Report"),
        ("profile", "Profile"),
        ("danger", "Danger zone"),
    ]
    .into_iter()
    .map(|(page, words)| (workspace.page(&format!("settings/{page}")), words))
    .collect();
    view! {
        <Page>
            <PageHead title=Signal::stored(format!("Settings: {title}"))/>
            <Tabs label="Settings" tabs/>
            {children()}
        </Page>
    }
}
