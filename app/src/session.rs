//! Who is signed in, what happens when that ends, and the password asked once more before something that matters.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::Me;

use crate::api::{self, Answer, ApiError};
use crate::format::time;

/// Why the password is asked for.
#[derive(Clone, Copy)]
pub struct Prompt {
    /// Whether the sign-in has ended, rather than the action wanting proof.
    pub ended: bool,
    /// What goes on once it was entered.
    pub then: Callback<()>,
}

/// The signed-in user and the dialog over the page.
#[derive(Clone, Copy)]
pub struct Session {
    /// The user; none before sign-in and while it is not known.
    pub me: RwSignal<Option<Me>>,
    /// The question over the page.
    pub prompt: RwSignal<Option<Prompt>>,
    /// Counts sign-ins on this page; requests that failed meanwhile run again.
    pub renewals: RwSignal<u32>,
}

impl Session {
    /// Puts the session into the context.
    pub fn provide() -> Self {
        let session =
            Self { me: RwSignal::new(None), prompt: RwSignal::new(None), renewals: RwSignal::new(0) };
        provide_context(session);
        api::on_signed_out(move || {
            if session.me.try_get_untracked().flatten().is_some() {
                session.ask(true, Callback::new(|()| ()));
            }
        });
        session
    }

    /// The session of the page.
    pub fn of_page() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    /// Someone is signed in.
    pub fn enter(self, me: Me) {
        time::set_zone(Some(me.profile.time_zone.clone()));
        self.me.try_set(Some(me));
    }

    /// Nobody is signed in any more.
    pub fn leave(self) {
        self.me.try_set(None);
        self.prompt.try_set(None);
    }

    /// Asks for the password; an open question stays.
    pub fn ask(self, ended: bool, then: Callback<()>) {
        if self.prompt.try_get_untracked().is_some_and(|prompt| prompt.is_none()) {
            self.prompt.try_set(Some(Prompt { ended, then }));
        }
    }
}

/// A request the user started: whether it runs and how it failed.
#[derive(Clone, Copy)]
pub struct Doing {
    /// Whether it runs.
    pub busy: RwSignal<bool>,
    /// How it failed.
    pub error: RwSignal<Option<ApiError>>,
    session: Session,
}

impl Doing {
    /// Nothing runs yet.
    pub fn new() -> Self {
        let (session, error) = (Session::of_page(), RwSignal::new(None::<ApiError>));
        // Who has signed in again over this page is not told any longer that the sign-in ended.
        Effect::new(move |_| {
            session.renewals.track();
            if error.with_untracked(|error| error.as_ref().is_some_and(ApiError::is_signed_out)) {
                error.set(None);
            }
        });
        Self { busy: RwSignal::new(false), error, session }
    }

    /// Runs one request; a second press meanwhile does nothing.
    pub fn run<T: 'static>(
        self,
        request: impl Future<Output = Answer<T>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.error.set(None);
        spawn_local(async move {
            let answer = request.await;
            self.busy.try_set(false);
            match answer {
                Ok(value) => done(value),
                Err(error) => _ = self.error.try_set(Some(error)),
            }
        });
    }

    /// As `run`, for requests that want the password entered lately: asks for it and goes on.
    pub fn run_fresh<T, Fut>(
        self,
        request: impl Fn() -> Fut + Send + Sync + Clone + 'static,
        done: impl Fn(T) + Send + Sync + Clone + 'static,
    ) where
        T: 'static,
        Fut: Future<Output = Answer<T>> + 'static,
    {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.error.set(None);
        spawn_local(async move {
            let answer = request().await;
            self.busy.try_set(false);
            match answer {
                Ok(value) => done(value),
                Err(error) if error.code() == "reauthenticate" => {
                    self.session
                        .ask(false, Callback::new(move |()| self.run_fresh(request.clone(), done.clone())));
                }
                Err(error) => _ = self.error.try_set(Some(error)),
            }
        });
    }
}

impl Default for Doing {
    fn default() -> Self {
        Self::new()
    }
}
