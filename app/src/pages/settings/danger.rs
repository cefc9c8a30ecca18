//! Disconnecting, with proof and receipt; deleting the workspace.

use leptos::prelude::*;
use shared::api::{ConnectionState, ConnectionView, DeleteWorkspace, Disconnect, Receipt};
use shared::route::Role;

use super::Settings;
use crate::api;
use crate::format::time;
use crate::frame::Workspace;
use crate::session::{Doing, Session};
use crate::widgets::{
    Announcer, Button, ButtonKind, ButtonLink, Card, Choice, CodeBlock, Dialog, Fault, Field, Glyph, Icon,
    Notice, NoticeKind, Skeleton, field_fault,
};
use crate::words;

/// `settings/danger`
#[component]
pub fn Danger() -> impl IntoView {
    let workspace = Workspace::of_page();
    let state = Memo::new(move |_| workspace.connection.with(|view| view.as_ref().map(|view| view.state)));
    view! {
        <Settings title="Danger zone">
            <Card id="disconnect" title="Disconnect">
                {move || match state.get() {
                    None => view! { <Skeleton/> }.into_any(),
                    Some(ConnectionState::NotConnected) => view! { <p class="second">"Nothing is connected."</p> }.into_any(),
                    Some(ConnectionState::Disconnecting | ConnectionState::Disconnected) => view! { <Ending/> }.into_any(),
                    Some(_) => view! { <Ask/> }.into_any(),
                }}
            </Card>
            <Card id="delete" title="Delete workspace"><Delete/></Card>
        </Settings>
    }
}

#[component]
fn Ask() -> impl IntoView {
    let workspace = Workspace::of_page();
    let open = RwSignal::new(false);
    let refused = workspace.refusal(Role::Admin);
    view! {
        <div class="stack-4">
            <p class="second">
                "Stops every AWS call within a minute and drops all credentials. Then you delete the stack, and AWS's refusals prove that access has ended. The report and its bucket stay yours."
            </p>
            <div><Button label="Disconnect" kind=ButtonKind::Harm refused=refused on_press=move |()| open.set(true)/></div>
        </div>
        <Dialog id="disconnect-now" title=Signal::stored("Disconnect from AWS".to_owned()) open>
            <Confirm open/>
        </Dialog>
    }
}

#[component]
fn Confirm(open: RwSignal<bool>) -> impl IntoView {
    let workspace = Workspace::of_page();
    let keep = RwSignal::new(true);
    let doing = Doing::new();
    let press = move |()| {
        let request = move || async move {
            let choice = Disconnect { keep_figures: keep.get_untracked() };
            api::post_disconnect(&workspace.id(), &choice).await
        };
        doing.run_fresh(request, move |view| {
            open.set(false);
            workspace.take(view);
            workspace.hurry();
        });
    };
    view! {
        <div class="stack-4">
            <fieldset class="stack-2">
                <legend class="visually-hidden">"Stored figures"</legend>
                <Choice name="keep" title="Keep stored figures" note="They stay readable here, as of today." chosen=Signal::derive(move || keep.get()) on_choose=move |()| keep.set(true)/>
                <Choice name="keep" title="Delete stored figures" note="Cubes, months and answers of AWS are erased now." chosen=Signal::derive(move || !keep.get()) on_choose=move |()| keep.set(false)/>
            </fieldset>
            <Fault error=doing.error/>
            <div class="row">
                <Button label="Disconnect now" kind=ButtonKind::Harm busy=doing.busy on_press=press/>
                <Button label="Cancel" kind=ButtonKind::Quiet on_press=move |()| open.set(false)/>
            </div>
        </div>
    }
}

#[component]
fn Ending() -> impl IntoView {
    let workspace = Workspace::of_page();
    move || workspace.connection.get().map(|view| ending(view, workspace))
}

fn ending(view: ConnectionView, workspace: Workspace) -> impl IntoView {
    let is_over = view.state == ConnectionState::Disconnected;
    let checking = Doing::new();
    let check = move |()| {
        checking.run(async move { api::post_check(&workspace.id()).await }, move |view| {
            workspace.take(view);
            workspace.hurry();
        });
    };
    let receipt = view.receipt.clone();
    view! {
        <div class="stack-4">
            {if is_over {
                view! { <Notice kind=NoticeKind::Info><b>"Disconnected."</b>" No call reaches AWS any more."</Notice> }.into_any()
            } else {
                view! {
                    <Notice kind=NoticeKind::Warn><b>"Disconnecting."</b>" All calls have stopped. Delete the stack in AWS; then AWS refuses Cloudthread, which is the proof."</Notice>
                }
                .into_any()
            }}
            {(!is_over).then(|| view! {
                <div class="row wrap">
                    {view.stack_url.clone().map(|url| view! { <ButtonLink label="Delete the stack in AWS" href=url outside=true icon=Icon::External kind=ButtonKind::Primary/> })}
                    <Button label="Check now" icon=Icon::Refresh busy=checking.busy on_press=check/>
                </div>
                {view.delete_cli.clone().map(|cli| view! { <CodeBlock label="AWS CLI" text=Signal::stored(cli) wrap=true/> })}
            })}
            <Fault error=checking.error/>
            {view.remedy.clone().filter(|_| !is_over).map(crate::pages::connect::remedy)}
            {receipt.map(|receipt| show(receipt, is_over))}
            {is_over.then(|| view! {
                <div><ButtonLink label=words::CONNECT href=workspace.page("connect")/></div>
            })}
        </div>
    }
}

fn show(receipt: Receipt, is_over: bool) -> impl IntoView {
    let proof = match receipt.refused_at.as_slice() {
        [] => "AWS has not refused yet.".to_owned(),
        [one] => format!(
            "{}: AWS refused Cloudthread. A second refusal, a minute later, completes the proof.",
            time::with_utc(*one)
        ),
        [first, .., last] => {
            format!("{} and {}: AWS refused Cloudthread.", time::with_utc(*first), time::with_utc(*last))
        }
    };
    let icon = if receipt.refused_at.is_empty() { Icon::Clock } else { Icon::Tick };
    let list =
        |rows: Vec<String>| rows.into_iter().map(|row| view! { <li><span>{row}</span></li> }).collect_view();
    view! {
        <section class="stack-2" aria-labelledby="receipt">
            <h3 id="receipt">{if is_over { "Receipt" } else { "So far" }}</h3>
            <ul class="ticks"><li data-testid="proof"><Glyph icon/>{proof}</li></ul>
            <h4>"Here"</h4>
            <ul class="plain">{list(receipt.here)}</ul>
            <h4>"At AWS, yours"</h4>
            <ul class="plain">{list(receipt.at_aws)}</ul>
            {(!receipt.commands.is_empty()).then(|| view! {
                <CodeBlock label="Commands that remove it" text=Signal::stored(receipt.commands.join("\n")) wrap=true/>
            })}
        </section>
    }
}

#[component]
fn Delete() -> impl IntoView {
    let workspace = Workspace::of_page();
    let announcer = Announcer::of_page();
    let session = Session::of_page();
    let typed = RwSignal::new(String::new());
    let doing = Doing::new();
    let refused = Signal::derive(move || {
        let is_asked = workspace.delete_at.get().map(|_| "It is being deleted already.".to_owned());
        is_asked.or_else(|| words::refusal(workspace.role.get(), Role::Owner))
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let request = move || async move {
            let name = DeleteWorkspace { name: typed.get_untracked() };
            api::delete_workspace(&workspace.id(), &name).await?;
            api::fetch_me().await
        };
        doing.run_fresh(request, move |me| {
            session.enter(me);
            announcer.toast("The workspace is deleted in seven days; until then it can be taken back");
        });
    };
    view! {
        <form class="stack-4" on:submit=submit>
            <p class="second">"Erases everything after seven days in which it can be taken back. Disconnect first, so that AWS's refusals prove the end of access."</p>
            <Field
                id="workspace"
                label=workspace.name.with_untracked(|name| format!("Type {name} to confirm"))
                value=typed
                fault=field_fault(doing.error, "name")
            />
            <Fault error=doing.error fields=&["name"]/>
            <div><Button label="Delete workspace" kind=ButtonKind::Harm submit=true busy=doing.busy refused=refused/></div>
        </form>
    }
}
