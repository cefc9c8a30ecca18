//! What is asked before the button: which account, which report, which permission sets, and what to watch for in AWS.

use std::collections::BTreeMap;

use leptos::prelude::*;
use shared::api::{AccessLevel, AccountKind, Grant, LinkChoice, LinkOpened, ReportChoice, StackLink};
use shared::route::Role;

use super::sets::Sets;
use crate::api::{self, ApiError};
use crate::frame::Workspace;
use crate::session::Doing;
use crate::widgets::{
    Announcer, Button, ButtonKind, CheckBox, Choice, CodeBlock, Fault, Field, Glyph, Icon, Notice,
    NoticeKind, PanelError, Segmented, Skeleton, copy, field_fault, load,
};
use crate::words::{self, COST_NOTE};

/// Everything a link depends on.
#[derive(Clone, Copy)]
pub struct Wishes {
    account: RwSignal<AccountKind>,
    report: RwSignal<ReportKind>,
    name: RwSignal<String>,
    bucket: RwSignal<String>,
    prefix: RwSignal<String>,
    /// Read-only or full.
    pub level: RwSignal<AccessLevel>,
    /// Sets that are switched off.
    pub grants: RwSignal<BTreeMap<Grant, bool>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportKind {
    Create,
    Existing,
    Look,
}

impl Wishes {
    fn new() -> Self {
        Self {
            account: RwSignal::new(AccountKind::Management),
            report: RwSignal::new(ReportKind::Create),
            name: RwSignal::new(String::new()),
            bucket: RwSignal::new(String::new()),
            prefix: RwSignal::new(String::new()),
            level: RwSignal::new(AccessLevel::ReadOnly),
            grants: RwSignal::new(BTreeMap::new()),
        }
    }

    /// Fills in the report an earlier connection left, when nothing was typed yet.
    fn take_earlier(self, report: Option<ReportChoice>) {
        if let Some(ReportChoice::Existing { name, bucket, prefix }) = report
            && self.name.get_untracked().is_empty()
            && self.bucket.get_untracked().is_empty()
        {
            self.name.set(name);
            self.bucket.set(bucket);
            self.prefix.set(prefix);
        }
    }

    /// The choice; none while an existing report is not named.
    fn choice(self) -> Option<LinkChoice> {
        let report = match self.report.get() {
            ReportKind::Create => ReportChoice::Create,
            ReportKind::Look => ReportChoice::Look,
            ReportKind::Existing => {
                let (name, bucket, prefix) = (self.name.get(), self.bucket.get(), self.prefix.get());
                if name.trim().is_empty() || bucket.trim().is_empty() {
                    return None;
                }
                ReportChoice::Existing { name, bucket, prefix }
            }
        };
        Some(LinkChoice {
            account: self.account.get(),
            report,
            access_level: self.level.get(),
            grants: self.grants.get(),
        })
    }
}

/// The page before the button was pressed.
#[component]
pub fn Ask(
    /// Set to false once the button was pressed: then the timeline shows.
    again: RwSignal<bool>,
) -> impl IntoView {
    let workspace = Workspace::of_page();
    let wishes = Wishes::new();
    let earlier = Memo::new(move |_| {
        workspace.connection.with(|view| view.as_ref().and_then(|view| view.earlier_report.clone()))
    });
    Effect::new(move |_| wishes.take_earlier(earlier.get()));
    let template = load(move || async move { api::fetch_template(&workspace.id()).await });
    let name_fault = RwSignal::new(None::<ApiError>);
    view! {
        <div class="connect">
            <div class="stack">
                <section class="card stack-4" aria-labelledby="which">
                    <h2 id="which" class="step-title"><span class="ordinal">"1"</span>"Which account, which report"</h2>
                    <fieldset class="stack-2">
                        <legend class="visually-hidden">"Which account"</legend>
                        <Choice
                            name="account"
                            title="Management account (recommended)"
                            note="It sees every sub-account. With several accounts, enable AWS Organizations with consolidated billing first."
                            chosen=Signal::derive(move || wishes.account.get() == AccountKind::Management)
                            on_choose=move |()| wishes.account.set(AccountKind::Management)
                        />
                        <Choice
                            name="account"
                            title="A single account"
                            note="Its own cost only."
                            chosen=Signal::derive(move || wishes.account.get() == AccountKind::Single)
                            on_choose=move |()| wishes.account.set(AccountKind::Single)
                        />
                    </fieldset>
                    <hr class="rule"/>
                    <fieldset class="stack-2">
                        <legend class="visually-hidden">"Which report"</legend>
                        <Choice
                            name="report"
                            title="Create a report for me (recommended)"
                            note="The most granular one, hourly and with resource ids: report (AWS Cost and Usage Report, CUR). AWS takes up to 48 hours."
                            chosen=Signal::derive(move || wishes.report.get() == ReportKind::Create)
                            on_choose=move |()| wishes.report.set(ReportKind::Create)
                        />
                        <Choice
                            name="report"
                            title="I have one"
                            note=Signal::derive(move || match earlier.get() {
                                Some(ReportChoice::Existing { name, bucket, .. }) => format!(
                                    "The report of the earlier connection, {name} in {bucket}, can be used again unless you deleted it. Nothing is created."
                                ),
                                _ => "A Parquet report of yours; nothing is created.".to_owned(),
                            })
                            chosen=Signal::derive(move || wishes.report.get() == ReportKind::Existing)
                            on_choose=move |()| wishes.report.set(ReportKind::Existing)
                        />
                        <Choice
                            name="report"
                            title="Look for one after connecting"
                            note="Cost Explorer figures at first."
                            chosen=Signal::derive(move || wishes.report.get() == ReportKind::Look)
                            on_choose=move |()| wishes.report.set(ReportKind::Look)
                        />
                        <Show when=move || wishes.report.get() == ReportKind::Existing>
                            <Field id="name" label="Report name" value=wishes.name fault=field_fault(name_fault, "name")/>
                            <Field id="bucket" label="Bucket" value=wishes.bucket fault=field_fault(name_fault, "bucket")/>
                            <Field id="prefix" label="Prefix" value=wishes.prefix hint="May be empty." fault=field_fault(name_fault, "prefix")/>
                        </Show>
                    </fieldset>
                </section>
                <section class="card" aria-labelledby="sets">
                    <div class="card-head">
                        <h2 id="sets" class="step-title"><span class="ordinal">"2"</span>"What Cloudthread may do"</h2>
                        <Segmented
                            name="level"
                            label="Access level"
                            options=vec![(AccessLevel::ReadOnly, "Read-only"), (AccessLevel::Full, "Full")]
                            value=wishes.level
                            on_change=move |level| wishes.level.set(level)
                        />
                    </div>
                    {move || match template.get() {
                        None => view! { <Skeleton/> }.into_any(),
                        Some(Ok(found)) => view! { <Sets template=found wishes/> }.into_any(),
                        Some(Err(error)) => view! { <PanelError error on_retry=move |()| template.refetch()/> }.into_any(),
                    }}
                </section>
            </div>
            <aside class="stack" aria-label="Connect">
                <Press wishes again faults=name_fault/>
            </aside>
        </div>
    }
}

#[component]
fn Press(wishes: Wishes, again: RwSignal<bool>, faults: RwSignal<Option<ApiError>>) -> impl IntoView {
    let workspace = Workspace::of_page();
    let announcer = Announcer::of_page();
    let ticks = [(); 4].map(|()| RwSignal::new(false));
    let [account, acknowledge, region, values] = ticks;
    let link = RwSignal::new(None::<StackLink>);
    let (asking, opening) = (Doing::new(), Doing::new());
    let refused = workspace.refusal(Role::Admin);
    // The address is ready before the press: it is made anew whenever a wish changes.
    Effect::new(move |_| {
        let choice = wishes.choice();
        link.set(None);
        if let (Some(choice), None) = (choice, refused.get()) {
            let asked = choice.clone();
            leptos::task::spawn_local(async move {
                let answer = api::post_link(&workspace.id(), &asked).await;
                // Only the answer to the newest wish counts.
                if wishes.choice_now().as_ref() != Some(&asked) {
                    return;
                }
                match answer {
                    Ok(found) => {
                        faults.try_set(None);
                        asking.error.try_set(None);
                        link.try_set(Some(found));
                    }
                    Err(error) => {
                        faults.try_set(Some(error.clone()));
                        asking.error.try_set(Some(error));
                    }
                }
            });
        }
    });
    let pressed = move || {
        opening.run(
            async move { api::post_link_opened(&workspace.id(), &LinkOpened {}).await },
            move |view| {
                again.set(false);
                workspace.take(view);
                workspace.hurry();
            },
        );
    };
    let button = move || {
        let found = link.get();
        match found {
            Some(StackLink { url: Some(url), .. }) => view! {
                <a
                    class="button button--primary button--large button--wide"
                    href=url
                    target="_blank"
                    rel="noopener external"
                    on:click=move |_| pressed()
                >
                    <Glyph icon=Icon::External/>
                    {words::CONNECT}
                </a>
            }
            .into_any(),
            Some(_) => view! {
                <Notice kind=NoticeKind::Info>"This instance has no published template. Download it and upload it yourself; then press below."</Notice>
                <a class="button button--wide" href=api::template_path() rel="external" download="cloudthread-customer.yaml">"Download the template"</a>
                <Button label="I have started the stack" kind=ButtonKind::Primary wide=true busy=opening.busy on_press=move |()| pressed()/>
            }
            .into_any(),
            None => {
                let reason = refused.get().unwrap_or_else(|| {
                    let words = match wishes.choice_now() {
                        Some(_) => "The link is being prepared.",
                        None => "Name the report and its bucket first.",
                    };
                    words.to_owned()
                });
                view! {
                    <Button label=words::CONNECT kind=ButtonKind::Primary large=true wide=true icon=Icon::External refused=Signal::stored(Some(reason))/>
                }
                .into_any()
            }
        }
    };
    let details = move || {
        link.get().map(|link| {
            let shared = format!("{}\n\nStack name: {}\nIn AWS, tick \"I acknowledge that AWS CloudFormation might create IAM resources.\" Keep us-east-1.", link.url.clone().unwrap_or_else(|| link.cli.clone()), link.stack_name);
            view! {
                <dl class="facts">
                    <dt>"Stack"</dt><dd><code>{link.stack_name.clone()}</code></dd>
                    <dt>"External id"</dt><dd><code>{link.external_id.to_string()}</code></dd>
                </dl>
                <Button label="Copy link and checklist for a colleague" icon=Icon::Copy kind=ButtonKind::Quiet on_press=move |()| copy(announcer, shared.clone(), "Link copied")/>
                <details>
                    <summary>"Use the AWS command line instead"</summary>
                    <CodeBlock label="AWS CLI" text=Signal::stored(link.cli.clone()) wrap=true/>
                </details>
            }
        })
    };
    view! {
        <section class="card stack-4" aria-labelledby="press">
            <h2 id="press" class="step-title"><span class="ordinal">"3"</span>"Before you press"</h2>
            <div class="checklist">
                <CheckBox on=account>"You are signed in to the right AWS account."</CheckBox>
                <CheckBox on=acknowledge>"In AWS, tick "<b>"“I acknowledge that AWS CloudFormation might create IAM resources.”"</b></CheckBox>
                <CheckBox on=region>"Leave the region at us-east-1 (N. Virginia): the report can be defined nowhere else."</CheckBox>
                <CheckBox on=values>"Leave the prefilled values as they are."</CheckBox>
            </div>
            {button}
            <Fault error=asking.error fields=&["name", "bucket", "prefix"]/>
            <Fault error=opening.error/>
            {details}
            <p class="small muted">{COST_NOTE}</p>
        </section>
    }
}

impl Wishes {
    fn choice_now(self) -> Option<LinkChoice> {
        untrack(move || self.choice())
    }
}
