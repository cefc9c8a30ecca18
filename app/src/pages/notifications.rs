//! The inbox.

use leptos::prelude::*;
use shared::api::{MarkRead, Notification, Notifications as Inbox, Topic};

use crate::api;
use crate::format::time;
use crate::frame::{Page, PageHead, Workspace};
use crate::session::Doing;
use crate::widgets::{Button, Drawing, Fault, Glyph, Icon, PanelState, load, loaded};

/// `notifications`
#[component]
pub fn Notifications() -> impl IntoView {
    let workspace = Workspace::of_page();
    let inbox = load(move || async move { api::fetch_notifications(&workspace.id()).await });
    let doing = Doing::new();
    let read_all = move |()| {
        let marks = MarkRead { ids: Vec::new() };
        doing.run(async move { api::post_notifications_read(&workspace.id(), &marks).await }, move |found| {
            inbox.set(Some(Ok(found)));
            workspace.ask();
        });
    };
    view! {
        <Page>
            <PageHead title="Notifications" sub="Connection, report and cost changes; the same goes out by e-mail">
                <Button label="Mark all as read" icon=Icon::Tick busy=doing.busy on_press=read_all/>
            </PageHead>
            <Fault error=doing.error/>
            <section class="card card--flush" aria-label="Inbox">{loaded(inbox, move |found| show(found, workspace))}</section>
        </Page>
    }
}

fn show(inbox: Inbox, workspace: Workspace) -> impl IntoView {
    if inbox.rows.is_empty() {
        return view! {
            <div class="state">
                <PanelState
                    drawing=Drawing::Zero
                    title="Nothing has happened yet"
                    text="You are told here and by e-mail when the report arrives, and when something needs you."
                />
            </div>
        }
        .into_any();
    }
    let rows = inbox.rows.into_iter().map(|row| entry(row, workspace)).collect_view();
    view! { <ul class="inbox">{rows}</ul> }.into_any()
}

fn entry(row: Notification, workspace: Workspace) -> impl IntoView {
    let icon = match row.topic {
        _ if row.needs_action => Icon::Warning,
        Topic::Connection => Icon::Link,
        Topic::Report => Icon::Report,
        Topic::CostChange => Icon::Pulse,
        Topic::Budget => Icon::Coins,
    };
    let href = row.page.as_deref().map(|page| workspace.page(page));
    view! {
        <li class:is-new=!row.read>
            <span class="roundel"><Glyph icon/></span>
            <h3>{row.title}</h3>
            <time datetime=row.at.to_string()>{time::day_clock(row.at)}</time>
            <p>{row.text}</p>
            {href.map(|href| view! { <div class="act"><a class="link" href=href>"Open"</a></div> })}
        </li>
    }
}
