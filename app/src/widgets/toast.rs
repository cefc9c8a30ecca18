//! Toasts: short answers to the user's own action. Announced politely, gone after a while.

use std::time::Duration;

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

const SHOWN_FOR: Duration = Duration::from_secs(5);

/// Shows toasts and announces changes of state.
#[derive(Clone, Copy)]
pub struct Announcer {
    toast: RwSignal<Option<String>>,
    spoken: RwSignal<String>,
}

impl Announcer {
    /// Puts an announcer into the context.
    pub fn provide() -> Self {
        let announcer = Self { toast: RwSignal::new(None), spoken: RwSignal::new(String::new()) };
        provide_context(announcer);
        announcer
    }

    /// The page's announcer; outside the app one that nobody hears.
    pub fn of_page() -> Self {
        use_context()
            .unwrap_or_else(|| Self { toast: RwSignal::new(None), spoken: RwSignal::new(String::new()) })
    }

    /// Shows a toast for five seconds.
    pub fn toast(self, text: impl Into<String>) {
        let text = text.into();
        self.toast.try_set(Some(text.clone()));
        set_timeout(
            move || {
                if self.toast.try_get_untracked().flatten().as_ref() == Some(&text) {
                    self.toast.try_set(None);
                }
            },
            SHOWN_FOR,
        );
    }

    /// Says a change of state to those who do not see it.
    pub fn say(self, text: impl Into<String>) {
        self.spoken.try_set(text.into());
    }
}

/// Where toasts and announcements appear.
#[component]
pub fn Announcements(
    /// What to show.
    announcer: Announcer,
) -> impl IntoView {
    view! {
        <div class="toasts" role="status">
            {move || announcer.toast.get().map(|text| view! { <p class="toast"><Glyph icon=Icon::Tick/>{text}</p> })}
        </div>
        <div class="visually-hidden" role="status" aria-live="polite">{announcer.spoken}</div>
    }
}

/// Copies text and says so; where the clipboard is closed, says that instead.
pub fn copy(announcer: Announcer, text: String, done: &'static str) {
    let promise = window().navigator().clipboard().write_text(&text);
    leptos::task::spawn_local(async move {
        match wasm_bindgen_futures::JsFuture::from(promise).await {
            Ok(_) => announcer.toast(done),
            Err(_) => announcer.toast("The browser did not allow copying. Select the text instead."),
        }
    });
}
