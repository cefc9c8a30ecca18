//! Notices: something to know, to act on, or gone wrong. One widget renders every `ApiError`.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::api::ApiError;

/// What a notice is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoticeKind {
    /// Good to know.
    #[default]
    Info,
    /// Needs a person, or is later than usual.
    Warn,
    /// Refused, removed or failed.
    Harm,
}

/// A notice with its icon.
#[component]
pub fn Notice(
    /// What it is about.
    #[prop(optional)]
    kind: NoticeKind,
    /// Another icon than the kind's.
    #[prop(optional)]
    icon: Option<Icon>,
    /// Announced at once: only for errors after the user's own action.
    #[prop(optional)]
    alert: bool,
    /// The words.
    children: Children,
) -> impl IntoView {
    let (class, own) = match kind {
        NoticeKind::Info => ("notice", Icon::Info),
        NoticeKind::Warn => ("notice notice--warn", Icon::Warning),
        NoticeKind::Harm => ("notice notice--harm", Icon::Warning),
    };
    view! {
        <div class=class role=alert.then_some("alert")>
            <Glyph icon=icon.unwrap_or(own)/>
            <div class="grow">{children()}</div>
        </div>
    }
}

/// What happened, what still works, who does what next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What happened.
    pub title: String,
    /// What to do.
    pub hint: String,
    /// To quote when asking for help.
    pub request_id: Option<String>,
}

/// The words of a failed call.
pub fn words(error: &ApiError) -> Words {
    match error {
        ApiError::Offline => Words {
            title: "Cloudthread cannot be reached.".to_owned(),
            hint: "What you see stays valid. Check the connection, then try again.".to_owned(),
            request_id: None,
        },
        ApiError::Problem(problem) => Words {
            title: problem.title.clone(),
            hint: problem.hint.clone(),
            request_id: Some(problem.request_id.clone()).filter(|id| !id.is_empty()),
        },
        ApiError::Contract(cause) => Words {
            title: "This page does not understand the answer it got.".to_owned(),
            hint: format!("It may be older than the instance: reload it. ({cause})"),
            request_id: None,
        },
    }
}

/// The fault of a form or an action, announced; nothing while there is none.
#[component]
pub fn Fault(
    /// The failed call.
    #[prop(into)]
    error: Signal<Option<ApiError>>,
    /// Fields that show their own faults; errors about them are not repeated here.
    #[prop(optional)]
    fields: &'static [&'static str],
) -> impl IntoView {
    move || {
        let error = error.get()?;
        if error.field().is_some_and(|field| fields.contains(&field)) {
            return None;
        }
        let Words { title, hint, request_id } = words(&error);
        Some(view! {
            <Notice kind=NoticeKind::Harm alert=true>
                <b>{title}</b>
                " "
                {hint}
                {request_id.map(|id| view! { <span class="small muted">" Request "<code>{id}</code></span> })}
            </Notice>
        })
    }
}

/// The fault of one field, for `Field::fault`.
pub fn field_fault(error: RwSignal<Option<ApiError>>, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || {
        error.with(|error| {
            let error = error.as_ref().filter(|error| error.field() == Some(field))?;
            let Words { title, hint, .. } = words(error);
            Some(format!("{title} {hint}").trim_end().to_owned())
        })
    })
}
