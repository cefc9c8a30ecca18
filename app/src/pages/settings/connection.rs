//! Health of the connection, and every call to AWS with its price.

use leptos::prelude::*;
use shared::api::{CallsCap, CallsView, ConnectionState, ConnectionView, Step};
use shared::route::Role;

use super::Settings;
use crate::api;
use crate::format::{money, time};
use crate::frame::Workspace;
use crate::session::Doing;
use crate::widgets::{
    Announcer, Button, ButtonKind, ButtonLink, Card, Drawing, Fault, Field, Icon, PanelState, Pill, Skeleton,
    TableScroll, field_fault, load, loaded,
};
use crate::words;

/// `settings/connection`
#[component]
pub fn Connection() -> impl IntoView {
    let workspace = Workspace::of_page();
    let calls = load(move || async move { api::fetch_calls(&workspace.id()).await });
    view! {
        <Settings title="Connection">
            <Card id="health" title="Health">
                {move || workspace.connection.get().map_or_else(|| view! { <Skeleton/> }.into_any(), |view| health(view).into_any())}
            </Card>
            <Card id="calls" title="AWS calls" note=Signal::stored("Times in UTC. $0.01 per page of Cost Explorer; the rest is free.".to_owned()) class="card--flush">
                {loaded(calls, move |found| view! { <Calls found calls/> })}
            </Card>
        </Settings>
    }
}

fn health(view: ConnectionView) -> impl IntoView {
    let workspace = Workspace::of_page();
    let checking = Doing::new();
    let check = move |()| {
        checking.run(async move { api::post_check(&workspace.id()).await }, move |view| {
            workspace.take(view);
            workspace.hurry();
        });
    };
    let Some(role) = view.role_arn.clone() else {
        return view! {
            <PanelState drawing=Drawing::Unconnected title="Nothing is connected" text="Connect to see cost, and to see here how the connection stands.">
                <ButtonLink label=words::CONNECT href=workspace.page("connect") kind=ButtonKind::Primary/>
            </PanelState>
        }
        .into_any();
    };
    let (tone, state, detail) = words::health(&view);
    let checks = view
        .steps
        .iter()
        .find(|step| step.step == Step::Access)
        .map(|step| step.checks.clone())
        .unwrap_or_default();
    let rows = checks
        .into_iter()
        .map(|check| {
            let word = words::passed(check.passed);
            view! { <li><span>{check.label}</span><b>{check.note.unwrap_or_else(|| word.to_owned())}</b></li> }
        })
        .collect_view();
    view! {
        <div class="stack-4">
            <p><Pill text=state tone/>" "{detail}</p>
            <dl class="facts">
                <dt>"Account"</dt><dd>{role.account().to_string()}</dd>
                <dt>"Role"</dt><dd class="mono">{role.to_string()}</dd>
                <dt>"External id"</dt><dd class="mono">{view.external_id.map(|id| id.to_string()).unwrap_or_default()}</dd>
                <dt>"Access"</dt><dd>{words::access_level(view.access_level)}</dd>
                <dt>"Template"</dt><dd>{view.template_version.unwrap_or_else(|| "unknown".to_owned())}</dd>
                <dt>"Last call"</dt><dd>{view.last_check_at.map(time::day_clock).unwrap_or_default()}</dd>
                <dt>"Next"</dt><dd>{view.next_check_at.map(time::day_clock).unwrap_or_else(|| "none planned".to_owned())}</dd>
            </dl>
            <ul class="plain">{rows}</ul>
            {view.remedy.map(crate::pages::connect::remedy)}
            <div class="row wrap">
                <Button label="Check now" icon=Icon::Refresh busy=checking.busy on_press=check/>
                {view.stack_url.map(|url| view! { <ButtonLink label="Open the stack in AWS" href=url outside=true icon=Icon::External/> })}
                <ButtonLink label="See the timeline" href=workspace.page("connect")/>
            </div>
            <Fault error=checking.error/>
        </div>
    }
    .into_any()
}

#[component]
fn Calls(found: CallsView, calls: LocalResource<api::Answer<CallsView>>) -> impl IntoView {
    let workspace = Workspace::of_page();
    let announcer = Announcer::of_page();
    let (saving, refreshing) = (Doing::new(), Doing::new());
    let cap = RwSignal::new(found.cap.rounded(2).to_string());
    let refused = workspace.refusal(Role::Admin);
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let wish = cap.get_untracked().trim().trim_start_matches('$').parse();
        match wish {
            Ok(cap) => saving.run(
                async move { api::put_calls_cap(&workspace.id(), &CallsCap { cap }).await },
                move |found| {
                    calls.set(Some(Ok(found)));
                    announcer.toast("Cap saved");
                },
            ),
            Err(_) => saving
                .error
                .set(Some(api::ApiError::of_field("cap", "A cap is a number of dollars, such as 5.00."))),
        }
    };
    let refresh = move |()| {
        refreshing.run(async move { api::post_refresh(&workspace.id()).await }, move |_| {
            announcer.toast("Cost Explorer answered");
            calls.refetch();
        });
    };
    // Nothing can be refreshed where nothing is connected.
    let is_open = Memo::new(move |_| {
        use ConnectionState::{AwaitingReport, Broken, FirstInsights, Live};
        workspace.connection.with(|view| {
            view.as_ref()
                .is_some_and(|view| matches!(view.state, FirstInsights | AwaitingReport | Live | Broken))
        })
    });
    let left = found.refreshes_left;
    let is_empty = found.rows.is_empty();
    let rows = found
        .rows
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <td>{time::utc_day_clock(row.at)}</td>
                    <th scope="row"><code>{row.action}</code></th>
                    <td class="col-wide">{row.purpose}</td>
                    <td>{row.outcome}</td>
                    <td class="n">{if row.cost.is_zero() { "free".to_owned() } else { money::dollars(row.cost) }}</td>
                    <td class="col-wide mono"><span class="clip clip--id" title=row.request_id.clone()>{row.request_id.clone()}</span></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="card-foot">
            <p>{format!("{} this month.", money::dollars(found.month_cost))}</p>
            <form class="row wrap" on:submit=save>
                <Field id="cap" label="Monthly cap in dollars" value=cap inputmode="decimal" fault=field_fault(saving.error, "cap")/>
                <Button label="Save" submit=true busy=saving.busy refused=refused/>
            </form>
            <Show when=move || is_open.get()>
                <Button
                    label=format!("Refresh for $0.04 ({left} left today)")
                    icon=Icon::Refresh
                    busy=refreshing.busy
                    refused=Signal::stored((left == 0).then(|| "Four refreshes a day keep the cost small.".to_owned()))
                    on_press=refresh
                />
            </Show>
        </div>
        <Fault error=saving.error fields=&["cap"]/>
        <Fault error=refreshing.error/>
        {if is_empty {
            view! { <p class="second">"AWS was not called yet."</p> }.into_any()
        } else {
            view! {
                <TableScroll labelled_by="calls">
                    <table class="table table--compact">
                        <thead>
                            <tr>
                                <th scope="col">"When"</th>
                                <th scope="col">"Action"</th>
                                <th scope="col" class="col-wide">"Purpose"</th>
                                <th scope="col">"Outcome"</th>
                                <th scope="col" class="n">"Price"</th>
                                <th scope="col" class="col-wide">"Request"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </TableScroll>
            }
            .into_any()
        }}
    }
}
