//! The Overview: how the month stands, every day by service, what moved, what it consists of.

mod breakdown;
mod daily;
mod insights;
mod key_figures;
mod movers;

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};
use shared::api::{ConnectionView, Source, Step};
use shared::view::{Range, View};

use crate::api;
use crate::frame::{NeedsFigures, Page, PageHead, Workspace};
use crate::pages::figures::Figures;
use crate::pages::range_picker::RangePicker;
use crate::widgets::{Announcer, Button, Icon, Notice, NoticeKind, PanelError, Skeleton, copy, load};
use shared::date_words::days_words;

/// `overview`
#[component]
pub fn Overview() -> impl IntoView {
    view! { <NeedsFigures title="Overview"><Inside/></NeedsFigures> }
}

#[component]
fn Inside() -> impl IntoView {
    let workspace = Workspace::of_page();
    let figures = Figures::load(workspace.id());
    // When the report arrives, or one more answer, the page shows it without being asked.
    let stand = Memo::new(move |_| {
        workspace
            .connection
            .with(|view| view.as_ref().map(|view| (view.has_report, view.through.clone(), answers(view))))
    });
    Effect::new(move |before: Option<Option<(bool, Option<String>, usize)>>| {
        let now = stand.get();
        if before.is_some_and(|before| before != now) {
            figures.reload();
        }
        now
    });
    let query = use_query_map();
    let view = Memo::new(move |_| View::read(|key| query.with(|query| query.get(key))).0);
    let navigate = use_navigate();
    let choose = Callback::new(move |range: Range| {
        let view = View { range, ..view.get_untracked() };
        navigate(
            &format!("{}{}", workspace.page("overview"), view.write()),
            leptos_router::NavigateOptions { scroll: false, ..Default::default() },
        );
    });
    let announcer = Announcer::of_page();
    let sub = Signal::derive(move || match figures.today() {
        Some(today) => {
            let view = view.get();
            let days = view.range.days(today);
            let against = view
                .compare
                .with(days)
                .map(|days| format!(" against {}", days_words(days)))
                .unwrap_or_default();
            format!("{}{against}, UTC days", days_words(days))
        }
        None => String::new(),
    });
    let insights = load(move || {
        stand.track();
        async move { api::fetch_insights(&workspace.id()).await }
    });
    let body = move || match (figures.today(), figures.trouble.get()) {
        (Some(today), _) => view! {
            <key_figures::KeyFigures figures today insights/>
            <daily::Daily figures view today/>
            <div class="grid">
                <movers::Movers figures view today/>
                <div class="span-4 stack">
                    <insights::Anomalies insights figures/>
                    <insights::Commitments insights/>
                </div>
            </div>
            <breakdown::Breakdowns figures view today/>
        }
        .into_any(),
        (None, Some(error)) => {
            view! { <div class="card state"><PanelError error on_retry=move |()| figures.reload()/></div> }
                .into_any()
        }
        (None, None) => view! { <Skeleton/> }.into_any(),
    };
    let is_early = move || {
        figures.index.with(|index| {
            index
                .as_ref()
                .is_some_and(|index| index.periods.iter().all(|period| period.source == Source::CostExplorer))
        })
    };
    view! {
        <Page>
            <PageHead title="Overview" sub=sub>
                <RangePicker value=Signal::derive(move || view.get().range) today=Signal::derive(move || figures.today()) on_change=choose/>
                <Button
                    label="Copy link"
                    icon=Icon::Link
                    on_press=move |()| copy(announcer, window().location().href().unwrap_or_default(), "Link copied")
                />
            </PageHead>
            <Show when=is_early>
                <Notice kind=NoticeKind::Info>
                    "These figures come from Cost Explorer. Resource detail needs the report (AWS Cost and Usage Report, CUR); we will e-mail you when it is here. "
                    <a class="link" href=workspace.page("connect")>"See the timeline"</a>
                </Notice>
            </Show>
            {body}
        </Page>
    }
}

/// First insights that are answered.
fn answers(view: &ConnectionView) -> usize {
    let steps = view.steps.iter().filter(|step| step.step == Step::Insights);
    steps.flat_map(|step| &step.checks).filter(|check| check.passed == Some(true)).count()
}

/// Source, reach and status of a range, for other pages.
pub fn source_badge(figures: Figures, range: Signal<shared::DayRange>) -> impl IntoView {
    view! { <key_figures::Source figures range/> }
}
