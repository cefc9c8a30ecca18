//! A workspace that is being deleted says so on every page, and can be kept for as long.

use leptos::prelude::*;
use shared::route::Role;

use super::Workspace;
use crate::api;
use crate::format::time;
use crate::session::{Doing, Session};
use crate::widgets::{Announcer, Button, Fault, Notice, NoticeKind};

/// When it ends, and the way back.
#[component]
pub fn Leaving() -> impl IntoView {
    let (workspace, session, announcer) = (Workspace::of_page(), Session::of_page(), Announcer::of_page());
    let doing = Doing::new();
    let refused = workspace.refusal(Role::Owner);
    let keep = move |()| {
        doing.run(
            async move {
                api::restore_workspace(&workspace.id()).await?;
                api::fetch_me().await
            },
            move |me| {
                session.enter(me);
                announcer.toast("The workspace stays");
            },
        );
    };
    move || {
        workspace.delete_at.get().map(|at| {
            view! {
                <Notice kind=NoticeKind::Warn>
                    <div class="row wrap">
                        <span class="grow">
                            <b>"This workspace is being deleted."</b>
                            {format!(" Everything in it is erased on {}.", time::with_utc(at))}
                        </span>
                        <Button label="Keep the workspace" busy=doing.busy refused=refused on_press=keep/>
                    </div>
                    <Fault error=doing.error/>
                </Notice>
            }
        })
    }
}
