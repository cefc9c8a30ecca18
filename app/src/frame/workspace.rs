//! The workspace of the page: its name, what the user may do there, and its connection, asked for politely.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{ConnectionState, ConnectionView, StepStatus};
use shared::route::Role;
use shared::{Timestamp, WorkspaceId};

use crate::api::{self, Answer, ApiError};
use crate::polling::Polling;
use crate::session::Session;
use crate::widgets::Announcer;
use crate::words;

/// What every page below `/w/{workspace}/` may read. Copy it into closures freely.
#[derive(Clone, Copy)]
pub struct Workspace {
    id: StoredValue<WorkspaceId>,
    /// Its name.
    pub name: Signal<String>,
    /// When it will be erased, if someone asked for that.
    pub delete_at: Signal<Option<Timestamp>>,
    /// What the user may do here.
    pub role: Signal<Role>,
    /// The connection, once known. Pages read it; calls that answer with a newer one call `take`.
    pub connection: RwSignal<Option<ConnectionView>>,
    /// Why the connection is not known, or not up to date.
    pub trouble: RwSignal<Option<ApiError>>,
    polling: Polling,
    announcer: Announcer,
}

impl Workspace {
    /// Puts the workspace into the context and starts asking for its connection.
    pub(super) fn provide(id: WorkspaceId, session: Session) -> Self {
        let own = id.clone();
        let summary = Memo::new(move |_| {
            session
                .me
                .with(|me| me.as_ref()?.workspaces.iter().find(|workspace| workspace.id == own).cloned())
        });
        let workspace = Self {
            id: StoredValue::new(id),
            name: Signal::derive(move || summary.get().map(|summary| summary.name).unwrap_or_default()),
            delete_at: Signal::derive(move || summary.get().and_then(|summary| summary.delete_at)),
            role: Signal::derive(move || summary.get().map_or(Role::Viewer, |summary| summary.role)),
            connection: RwSignal::new(None),
            trouble: RwSignal::new(None),
            polling: Polling::new(),
            announcer: Announcer::of_page(),
        };
        provide_context(workspace);
        // Runs at once, and again after each new sign-in over this page.
        Effect::new(move |_| {
            session.renewals.track();
            workspace.ask();
        });
        workspace.polling.while_seen(move || workspace.ask());
        workspace
    }

    /// The workspace of the page.
    pub fn of_page() -> Self {
        expect_context()
    }

    /// Its id.
    pub fn id(self) -> WorkspaceId {
        self.id.get_value()
    }

    /// The address of a page in it: `page("settings/report")`.
    pub fn page(self, page: &str) -> String {
        self.id.with_value(|id| format!("/w/{id}/{page}"))
    }

    /// Why the user may not do what needs this role; none when they may.
    pub fn refusal(self, needed: Role) -> Signal<Option<String>> {
        Signal::derive(move || words::refusal(self.role.get(), needed))
    }

    /// A newer view of the connection arrived.
    pub fn take(self, view: ConnectionView) {
        let news =
            self.connection.try_with_untracked(|old| old.as_ref().and_then(|old| news(old, &view))).flatten();
        if let Some(news) = news {
            self.polling.hurry();
            self.announcer.say(news);
        }
        self.trouble.try_set(None);
        if self.connection.try_with_untracked(|old| old.as_ref() != Some(&view)) == Some(true) {
            self.connection.try_set(Some(view));
        }
    }

    /// Something was started: asks soon and often again.
    pub fn hurry(self) {
        self.polling.hurry();
        self.ask();
    }

    /// Asks now, then again after a while.
    pub fn ask(self) {
        self.polling.pause();
        let Some(id) = self.id.try_get_value() else { return };
        spawn_local(async move {
            let answer = api::fetch_connection(&id).await;
            self.settle(answer);
        });
    }

    fn settle(self, answer: Answer<ConnectionView>) {
        let mut wait = None;
        match answer {
            Ok(view) => self.take(view),
            Err(error) if error.is_signed_out() => return,
            Err(error) => {
                wait = error.problem().and_then(|problem| problem.retry_after);
                self.trouble.try_set(Some(error));
            }
        }
        self.polling.again(wait, move || self.ask());
    }
}

/// What changed, in words worth saying; none when nothing did.
fn news(old: &ConnectionView, new: &ConnectionView) -> Option<String> {
    let step = new.steps.iter().find(|step| {
        let before = old.steps.iter().find(|other| other.step == step.step).map(|other| other.status);
        before != Some(step.status) && step.status != StepStatus::NotStarted
    });
    if let Some(step) = step {
        return Some(format!("{}: {}", words::step(step.step), words::status(step.status)));
    }
    (old.state != new.state).then(|| words::state(new.state).to_owned())
}

/// Whether figures can be shown, whatever the state.
pub fn has_figures(view: &ConnectionView) -> bool {
    view.has_figures || view.state == ConnectionState::Live
}
