//! Panel states: a panel without figures says why, and what to do next. Pages never fail whole.

use std::time::Duration;

use leptos::prelude::*;

use super::button::Button;
use super::icon::Icon;
use super::logo::{Art, Drawing};
use super::notice::{Words, words};
use crate::api::{Answer, ApiError};

/// A waiting, empty or failed panel: drawing, one sentence of fact, one of what happens next, one button.
#[component]
pub fn PanelState(
    /// The drawing.
    drawing: Drawing,
    /// The fact.
    #[prop(into)]
    title: String,
    /// What happens next.
    #[prop(into)]
    text: String,
    /// The way on.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="state-body">
            <Art drawing/>
            <h3>{title}</h3>
            <p>{text}</p>
            {children.map(|children| children())}
        </div>
    }
}

/// A failed panel, with *Retry*.
#[component]
pub fn PanelError(
    /// Why.
    error: ApiError,
    /// Tries again.
    #[prop(into)]
    on_retry: Callback<()>,
) -> impl IntoView {
    let Words { title, hint, request_id } = words(&error);
    view! {
        <PanelState drawing=Drawing::Broken title text=hint>
            {request_id.map(|id| view! { <span class="small muted">"Request "<code>{id}</code></span> })}
            <Button label="Retry" icon=Icon::Refresh on_press=on_retry/>
        </PanelState>
    }
}

/// Grey bars of a panel's height. Shown after 150 ms only; after ten seconds it says so.
#[component]
pub fn Skeleton() -> impl IntoView {
    let (shown, late) = (RwSignal::new(false), RwSignal::new(false));
    set_timeout(move || _ = shown.try_set(true), Duration::from_millis(150));
    set_timeout(move || _ = late.try_set(true), Duration::from_secs(10));
    view! {
        <div class="bones" aria-busy="true">
            <Show when=move || shown.get()>
                <div class="bone"></div>
                <div class="bone bone--w60"></div>
                <div class="bone bone--w40"></div>
            </Show>
            <Show when=move || late.get()>
                <p class="small muted" role="status">"Still loading."</p>
            </Show>
        </div>
    }
}

/// A panel's request: loads at once, again on *Retry*, and whenever a signal read by `fetch` changes.
/// While it reloads, the old value stays.
pub fn load<T, Fut>(fetch: impl Fn() -> Fut + 'static) -> LocalResource<Answer<T>>
where
    T: Clone + 'static,
    Fut: Future<Output = Answer<T>> + 'static,
{
    LocalResource::new(fetch)
}

/// Shows a request: skeleton, then the value, or the error with *Retry*.
pub fn loaded<T, V>(
    resource: LocalResource<Answer<T>>,
    show: impl Fn(T) -> V + Send + 'static,
) -> impl IntoView
where
    T: Clone + 'static,
    V: IntoView + 'static,
{
    move || match resource.get() {
        None => view! { <Skeleton/> }.into_any(),
        Some(Ok(value)) => show(value).into_any(),
        Some(Err(error)) => view! { <PanelError error on_retry=move |()| resource.refetch()/> }.into_any(),
    }
}
