//! The timeline: each step with its status, since when, what usually happens, and what to do when it does not.

use leptos::prelude::*;
use shared::Timestamp;
use shared::api::{
    Check, ConnectionState, ConnectionView, Otherwise, PastedRole, Remedy, Step, StepStatus, StepView,
};
use shared::route::Role;

use crate::api;
use crate::format::{money, time};
use crate::frame::{Workspace, has_figures};
use crate::session::Doing;
use crate::widgets::{
    Button, ButtonKind, ButtonLink, Fault, Field, Glyph, Icon, Notice, NoticeKind, Pill, Tone, field_fault,
};
use crate::words;

/// The timeline and what waits beside it.
#[component]
pub fn Timeline(
    /// Asks for another link.
    again: RwSignal<bool>,
) -> impl IntoView {
    let workspace = Workspace::of_page();
    let steps = Memo::new(move |_| {
        workspace
            .connection
            .with(|view| view.as_ref().map(|view| (view.steps.clone(), view.now)).unwrap_or_default())
    });
    let may_ask_again = Memo::new(move |_| {
        let is_so = |view: &ConnectionView| {
            matches!(view.state, ConnectionState::AwaitingStack | ConnectionState::Broken)
        };
        workspace.connection.with(|view| view.as_ref().is_some_and(is_so))
    });
    let lacks_role = Memo::new(move |_| {
        let has_no_account = |view: &ConnectionView| view.account.is_none();
        may_ask_again.get() && workspace.connection.with(|view| view.as_ref().is_some_and(has_no_account))
    });
    view! {
        <div class="connect">
            <section class="card" aria-labelledby="steps">
                <h2 id="steps" class="visually-hidden">"Steps"</h2>
                <ol class="thread">
                    {move || {
                        let (steps, now) = steps.get();
                        steps.into_iter().enumerate().map(|(place, step)| row(place, step, now)).collect_view()
                    }}
                </ol>
            </section>
            <aside class="stack" aria-label="Waiting">
                {move || workspace.connection.get().map(|view| view! { <Beside view/> })}
                // What is typed there outlives each new look.
                <Show when=move || lacks_role.get()><Paste/></Show>
                <Show when=move || may_ask_again.get()>
                    <Button label="Make a new link" kind=ButtonKind::Quiet on_press=move |()| again.set(true)/>
                </Show>
            </aside>
        </div>
    }
}

fn row(place: usize, step: StepView, now: Timestamp) -> impl IntoView {
    let class = match step.status {
        StepStatus::Done => "is-done",
        StepStatus::NotStarted | StepStatus::Skipped => "is-next is-open",
        StepStatus::Late | StepStatus::NeedsYou => "is-late is-open",
        StepStatus::Running | StepStatus::Waiting => "is-active is-open",
    };
    let is_current = matches!(step.status, StepStatus::Running | StepStatus::Waiting);
    let word = words::status(step.status);
    let pill = match step.status {
        StepStatus::Late | StepStatus::NeedsYou => Some(Tone::Warn),
        StepStatus::Waiting | StepStatus::Running => Some(Tone::Accent),
        _ => None,
    };
    let node = if step.status == StepStatus::Done {
        view! { <Glyph icon=Icon::Tick/> }.into_any()
    } else {
        view! { {place + 1} }.into_any()
    };
    let name = words::step(step.step);
    let workspace = Workspace::of_page();
    let has_choice = step.remedy.as_ref().is_some_and(|remedy| remedy.code == "report_choice");
    view! {
        <li class=class aria-current=is_current.then_some("step") data-step=format!("{:?}", step.step)>
            <span class="node" aria-hidden="true">{node}</span>
            <div class="thread-body">
                <div class="thread-head">
                    <h3>
                        {name}
                        {pill.map(|tone| view! { " "<Pill text=word tone/> })}
                        <span class="visually-hidden">{format!(": {word}")}</span>
                    </h3>
                    <span class="when">{when(&step, now)}</span>
                </div>
                {(!step.detail.is_empty()).then(|| view! { <p>{step.detail.clone()}</p> })}
                {promise(&step, now)}
                {(!step.checks.is_empty() && step.status != StepStatus::NotStarted).then(|| ticks(step.checks.clone()))}
                {(step.status != StepStatus::Done).then(|| otherwise(step.otherwise))}
                <div class="stack-4">
                {step.remedy.map(remedy)}
                {has_choice.then(|| view! {
                    <div><ButtonLink label="See the reports" href=workspace.page("settings/report") kind=ButtonKind::Primary/></div>
                })}
                </div>
            </div>
        </li>
    }
}

/// What may be seen when a step does not go on, and what to do then; folded away.
fn otherwise(rows: Vec<Otherwise>) -> Option<AnyView> {
    if rows.is_empty() {
        return None;
    }
    let rows = rows
        .into_iter()
        .map(|row| view! { <dt>{row.symptom}</dt><dd>{row.remedy}</dd> }.into_any())
        .collect_view();
    Some(
        view! { <details class="otherwise"><summary>"If it does not"</summary><dl>{rows}</dl></details> }
            .into_any(),
    )
}

/// `13:52–13:58 · 6 min`, or `since 13:58 · 72 min · usually 2 min`.
fn when(step: &StepView, now: Timestamp) -> String {
    match (step.started_at, step.finished_at) {
        (Some(from), Some(to)) => format!("{} · {}", time::span(from, to, now), time::between(from, to)),
        (Some(from), None) => {
            format!("since {} · {} · {}", time::clock_on(from, now), time::between(from, now), step.usual)
        }
        _ => String::new(),
    }
}

fn promise(step: &StepView, now: Timestamp) -> Option<impl IntoView + use<>> {
    let is_open = matches!(step.status, StepStatus::Waiting | StepStatus::Running);
    let by = step.expected_by.filter(|_| is_open && step.step == Step::FirstFiles)?;
    let last = step
        .last_check_at
        .map(|at| format!(" Last look into the bucket {}.", time::clock_on(at, now)))
        .unwrap_or_default();
    Some(view! { <p>"Expected by "<b>{time::with_utc(by)}</b>"."{last}</p> })
}

fn ticks(checks: Vec<Check>) -> impl IntoView {
    let rows = checks
        .into_iter()
        .map(|check| {
            let (icon, class) = match check.passed {
                Some(true) => (Icon::Tick, ""),
                Some(false) => (Icon::Warning, "is-refused"),
                None => (Icon::Clock, "is-unknown"),
            };
            // A note is shown; without one the icon is told to those who do not see it.
            let (text, unseen) = match check.note {
                Some(note) => (format!("{}: {note}", check.label), String::new()),
                None => (check.label, format!(": {}", words::passed(check.passed))),
            };
            view! { <li class=class><Glyph icon/><span>{text}<span class="visually-hidden">{unseen}</span></span></li> }
        })
        .collect_view();
    view! { <ul class="ticks">{rows}</ul> }
}

/// What to do: cause, next step, AWS's own code.
pub fn remedy(remedy: Remedy) -> impl IntoView {
    view! {
        <div class="remedy">
            <div class="stack-1"><h3>{remedy.title}</h3><p>{remedy.text}</p></div>
            <div class="row row-3 wrap">
                {remedy.link.map(|(label, href)| view! { <ButtonLink label href outside=true icon=Icon::External/> })}
                <span class="small muted">
                    "Who acts: "{words::who(remedy.who)}
                    {remedy.retry_at.map(|at| format!(" · tried again {}", time::day_clock(at)))}
                    {remedy.aws.map(|(code, id)| view! { " · AWS said "<code>{code}</code>" "<code>{id}</code> })}
                </span>
            </div>
        </div>
    }
}

#[component]
fn Beside(view: ConnectionView) -> impl IntoView {
    let workspace = Workspace::of_page();
    let checking = Doing::new();
    let check = move |()| {
        checking.run(async move { api::post_check(&workspace.id()).await }, move |view| {
            workspace.take(view);
            workspace.hurry();
        });
    };
    let shows = has_figures(&view);
    let (title, words, label) = if view.has_report {
        ("The report is here", "Cost down to the single resource, from your own report.", "Open the Overview")
    } else {
        (
            "First insights are here",
            "Month to date, trends and movers, from Cost Explorer until the report arrives.",
            "See first insights",
        )
    };
    view! {
        {shows.then(|| view! {
            <section class="card stack-2">
                <h2>{title}</h2>
                <p class="second">{words}</p>
                <ButtonLink label href=workspace.page("overview") kind=ButtonKind::Primary wide=true/>
            </section>
        })}
        <section class="card stack-2" aria-labelledby="waiting">
            <h2 id="waiting">{if view.has_report { "From now on" } else { "While you wait" }}</h2>
            {view.report_expected_by.filter(|_| !view.has_report).map(|by| view! {
                <div class="clock-face">{time::day_clock(by)}</div>
                <p class="second">"The first report files are expected by then, your time. AWS takes up to 48 hours."</p>
            })}
            <Notice kind=NoticeKind::Info>"You can close this page; we will "<span class="nowrap">"e-mail"</span>" "<b>{view.notify_email.clone()}</b>"."</Notice>
            <div class="row wrap">
                <Button label="Check now" icon=Icon::Refresh busy=checking.busy on_press=check/>
                {view.stack_url.clone().map(|url| view! { <ButtonLink label="Open the stack" href=url outside=true icon=Icon::External/> })}
            </div>
            <Fault error=checking.error/>
            <p class="small muted">{format!("{} AWS calls so far, {}.", view.calls, money::dollars(view.calls_cost))}</p>
        </section>
    }
}

/// The way on when no callback comes.
#[component]
fn Paste() -> impl IntoView {
    let workspace = Workspace::of_page();
    let doing = Doing::new();
    let arn = RwSignal::new(String::new());
    let refused = workspace.refusal(Role::Admin);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let role = PastedRole { role_arn: arn.get_untracked() };
        doing.run(async move { api::post_role(&workspace.id(), &role).await }, move |view| {
            workspace.take(view);
            workspace.hurry();
        });
    };
    view! {
        <details class="card">
            <summary>"I have the role ARN"</summary>
            <form class="stack-2" on:submit=submit>
                <Field id="role_arn" label="Role ARN" value=arn hint="From the stack's outputs." fault=field_fault(doing.error, "role_arn")/>
                <Fault error=doing.error fields=&["role_arn"]/>
                <Button label="Go on with this role" submit=true busy=doing.busy refused=refused/>
            </form>
        </details>
    }
}
