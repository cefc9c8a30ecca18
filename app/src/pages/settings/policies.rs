//! Every permission: what it is for, when it was last used, whether AWS allowed it, and the template it comes from.

use leptos::prelude::*;
use shared::api::{Grant, PermissionRow, PoliciesView, TemplateView};

use super::Settings;
use crate::api;
use crate::format::time;
use crate::frame::Workspace;
use crate::widgets::{
    ButtonLink, Card, CodeBlock, Glyph, Icon, Notice, NoticeKind, TableScroll, load, loaded,
};
use crate::words::{self, grant_icon};
use shared::parameters::label;

/// `settings/policies`
#[component]
pub fn Policies() -> impl IntoView {
    let workspace = Workspace::of_page();
    let policies = load(move || async move { api::fetch_policies(&workspace.id()).await });
    let template = load(move || async move { api::fetch_template(&workspace.id()).await });
    view! {
        <Settings title="Policies">
            <Card id="ledger" title="What Cloudthread may do" note=Signal::stored("Last use and last probe, in UTC".to_owned()) class="card--flush">
                {loaded(policies, show)}
            </Card>
            <Card id="adjust" title="Adjust">
                <p class="second">
                    "Permissions are yours to change: open the stack in AWS, choose Update, keep the template, and set the parameter of a set to true or false. Cloudthread notices and shows what is lost."
                </p>
                <dl class="facts">
                    {Grant::ALL
                        .into_iter()
                        .map(|grant| view! { <dt>{label(grant.parameter())}</dt><dd><code>{grant.parameter()}</code></dd> })
                        .collect_view()}
                    <dt>{label("AccessLevel")}</dt><dd><code>"AccessLevel"</code>": ReadOnly or Full"</dd>
                </dl>
            </Card>
            <Card id="template" title="Published template">{loaded(template, text)}</Card>
        </Settings>
    }
}

fn show(view: PoliciesView) -> impl IntoView {
    let groups = Grant::ALL
        .into_iter()
        .map(|grant| {
            let rows: Vec<PermissionRow> = view.ledger.iter().filter(|row| row.grant == grant).cloned().collect();
            let granted = rows.iter().any(|row| row.granted);
            let lines = rows.into_iter().map(line).collect_view();
            view! {
                <tr class="ledger-group">
                    <th scope="rowgroup" colspan="4"><h3><span class="group-icon"><Glyph icon=grant_icon(grant)/></span>{words::grant(grant)}</h3></th>
                    <td>{if granted { "on" } else { "off" }}</td>
                </tr>
                {lines}
            }
        })
        .collect_view();
    let matches = match view.matches {
        Some(true) => view! { <Notice kind=NoticeKind::Info>"The installed template is the published one."</Notice> }.into_any(),
        Some(false) => view! { <Notice kind=NoticeKind::Warn>"The installed template differs from the published one. It may be older, or changed by hand; it stays as it is."</Notice> }.into_any(),
        None => ().into_any(),
    };
    view! {
        <div class="card-foot">
            {matches}
            {view.stack_url.map(|url| view! { <ButtonLink label="Open the stack in AWS" href=url outside=true icon=Icon::External/> })}
        </div>
        <TableScroll labelled_by="ledger">
            <table class="table table--ledger table--wrap">
                <colgroup><col/><col/><col/><col/><col/></colgroup>
                <thead>
                    <tr>
                        <th scope="col">"Actions"</th>
                        <th scope="col">"Purpose"</th>
                        <th scope="col">"On"</th>
                        <th scope="col">"Last use"</th>
                        <th scope="col">"Last probe"</th>
                    </tr>
                </thead>
                <tbody>{groups}</tbody>
            </table>
        </TableScroll>
    }
}

fn line(row: PermissionRow) -> impl IntoView {
    let used = row
        .last_used_at
        .map_or("never".to_owned(), |at| format!("{} ({}×)", time::utc_day_clock(at), row.uses));
    let (class, icon, words) = match (row.probe, row.probed_at) {
        (Some(true), at) => ("probe", Icon::Tick, at.map(time::utc_day_clock).unwrap_or_default()),
        (Some(false), at) => (
            "probe probe--warn",
            Icon::Warning,
            format!("refused {}", at.map(time::utc_day_clock).unwrap_or_default()),
        ),
        (None, _) => ("probe probe--idle", Icon::Minus, "not probed".to_owned()),
    };
    view! {
        <tr>
            <th scope="row"><code>{row.actions.join(", ")}</code></th>
            <td data-label="Purpose">{row.purpose}</td>
            <td data-label="On">{row.resources}</td>
            <td data-label="Last use">{used}</td>
            <td data-label="Last probe"><span class=class><Glyph icon/>{words}</span></td>
        </tr>
    }
}

fn text(template: TemplateView) -> impl IntoView {
    view! {
        <div class="stack-4">
            <p class="second">{template.summary.0.clone()}</p>
            <dl class="facts">
                <dt>"Version"</dt><dd>{template.version.clone()}</dd>
                <dt>"SHA-256"</dt><dd class="mono">{template.sha256.clone()}</dd>
            </dl>
            <CodeBlock label="customer.yaml" text=Signal::stored(template.text)/>
            <a class="link" href=api::template_path() rel="external" download="cloudthread-customer.yaml">"Download"</a>
        </div>
    }
}
