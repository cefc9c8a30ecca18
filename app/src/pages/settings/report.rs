//! The report: where it lies, how deliveries go, which months are held.

use leptos::prelude::*;
use shared::api::{FoundReport, ReportView};

use super::Settings;
use super::reconcile::Reconcile;
use crate::api;
use crate::format::{money, time};
use crate::frame::Workspace;
use crate::widgets::{
    ButtonLink, Card, CodeBlock, Drawing, Icon, PanelState, Pill, TableScroll, Tone, load, loaded,
};
use shared::date_words::month_name;
use shared::parameters::label;

/// `settings/report`
#[component]
pub fn Report() -> impl IntoView {
    let workspace = Workspace::of_page();
    let report = load(move || async move { api::fetch_report(&workspace.id()).await });
    view! { <Settings title="Report">{loaded(report, show)}</Settings> }
}

fn show(report: ReportView) -> impl IntoView {
    let found = (!report.found.is_empty())
        .then(|| view! { <Found found=report.found.clone() stack_url=report.stack_url.clone()/> });
    let Some(name) = report.name.clone() else {
        return found.map_or_else(
            || view! {
                <div class="card state">
                    <PanelState drawing=Drawing::Unconnected title="No report is known" text="A report comes with the stack, or can be named when connecting."/>
                </div>
            }
            .into_any(),
            IntoAny::into_any,
        );
    };
    let prefix = report.prefix.filter(|prefix| !prefix.is_empty()).unwrap_or_else(|| "none".to_owned());
    let status = report.last_status.map(|status| match status.as_str() {
        "SUCCESS" => ", delivered".into_any(),
        "ERROR_PERMISSIONS" => ", not delivered: AWS may not write to the bucket".into_any(),
        "ERROR_NO_BUCKET" => ", not delivered: the bucket is gone".into_any(),
        _ => view! { ", not delivered: AWS reports "<code>{status.clone()}</code> }.into_any(),
    });
    let months = report
        .months
        .into_iter()
        .map(|month| {
            view! {
                <tr>
                    <th scope="row">{month_name(month.period)}</th>
                    <td class="n">{month.files}</td>
                    <td class="n">{money::count(month.rows)}</td>
                    <td class="n">{money::dollars(month.billed_cost)}</td>
                    <td class="n">{month.delta.map_or_else(|| "—".to_owned(), money::signed_dollars)}</td>
                    <td>{if month.is_final { "final" } else { "estimated" }}</td>
                    <td class="col-wide">{time::day_clock(month.committed_at)}</td>
                </tr>
            }
        })
        .collect_view();
    let has_refused = !report.refused.is_empty();
    let refused = report
        .refused
        .into_iter()
        .map(|file| view! { <li><span class="mono">{file.key}</span><span>{file.reason}" "{time::day_clock(file.at)}</span></li> })
        .collect_view();
    view! {
        {found}
        <Card id="where" title="Report (AWS Cost and Usage Report, CUR)">
            <dl class="facts">
                <dt>"Name"</dt><dd>{name}</dd>
                <dt>"Bucket"</dt><dd class="mono">{report.bucket.unwrap_or_default()}</dd>
                <dt>"Prefix"</dt><dd class="mono">{prefix}</dd>
                <dt>"Settings"</dt><dd>{report.settings.join(", ")}</dd>
                <dt>"Last delivery"</dt>
                <dd>{report.last_delivery_at.map(time::day_clock).unwrap_or_else(|| "none yet".to_owned())}{status}</dd>
            </dl>
        </Card>
        <Card id="months" title="Months held" class="card--flush">
            <TableScroll labelled_by="months">
                <table class="table table--compact">
                    <thead>
                        <tr>
                            <th scope="col">"Month"</th>
                            <th scope="col" class="n">"Files"</th>
                            <th scope="col" class="n">"Rows"</th>
                            <th scope="col" class="n">"Billed cost"</th>
                            <th scope="col" class="n">"Last change"</th>
                            <th scope="col">"Status"</th>
                            <th scope="col" class="col-wide">"Read"</th>
                        </tr>
                    </thead>
                    <tbody>{months}</tbody>
                </table>
            </TableScroll>
        </Card>
        {(!report.notes.is_empty()).then(|| view! { <Card id="notes" title="Rows counted otherwise"><ul class="plain">{report.notes.into_iter().map(|note| view! { <li>{note}</li> }).collect_view()}</ul></Card> })}
        <Reconcile/>
        {has_refused.then(|| view! { <Card id="refused" title="Files that were not read"><ul class="plain">{refused}</ul></Card> })}
        {report.backfill_text.map(|text| view! {
            <Card id="backfill" title="Older months">
                <p class="second">"No API backfills a report. Open a case with AWS Support from the management account and paste this; older months appear by themselves when AWS delivers them."</p>
                <CodeBlock label="Request to AWS Support" text=Signal::stored(text) wrap=true/>
            </Card>
        })}
    }
    .into_any()
}

/// Reports the account has, to be named in the stack: the role reads no bucket that the stack does not name.
#[component]
fn Found(found: Vec<FoundReport>, stack_url: Option<String>) -> impl IntoView {
    view! {
        <Card id="found" title="Reports of this account">
            <div class="stack-4">
            <p class="second">
                "Choose one, then update the stack with its values: in AWS, press Update, keep the template, change the four parameters and leave the others. Cloudthread notices by itself."
            </p>
            {found.into_iter().map(found_row).collect_view()}
            {stack_url.map(|href| view! {
                <div><ButtonLink label="Open the stack in AWS" href outside=true icon=Icon::External/></div>
            })}
            </div>
        </Card>
    }
}

fn found_row(found: FoundReport) -> impl IntoView {
    let can_be_read = found.refused.is_none();
    let (word, tone) = if can_be_read { ("can be read", Tone::Good) } else { ("cannot be read", Tone::Warn) };
    let prefix = if found.prefix.is_empty() { "(empty)".to_owned() } else { found.prefix };
    let parameters = can_be_read.then(|| {
        view! {
            <dl class="facts">
                <dt>{label("ReportMode")}</dt><dd class="mono">"Existing"</dd>
                <dt>{label("ExistingReportName")}</dt><dd class="mono">{found.name.clone()}</dd>
                <dt>{label("ExistingReportBucket")}</dt><dd class="mono">{found.bucket.clone()}</dd>
                <dt>{label("ExistingReportPrefix")}</dt><dd class="mono">{prefix}</dd>
            </dl>
        }
    });
    let said = found.refused.unwrap_or_else(|| {
        format!("Bucket {} in {}. {}", found.bucket, found.region, found.settings.join(", "))
    });
    view! {
        <section class="stack-2 ruled">
            <h3>{found.name}" "<Pill text=word tone/></h3>
            <p class="second">{said}</p>
            {parameters}
            {found.update_cli.map(|command| view! {
                <details>
                    <summary>"Use the AWS command line instead"</summary>
                    <CodeBlock label="AWS CLI" text=Signal::stored(command) wrap=true/>
                </details>
            })}
        </section>
    }
}
