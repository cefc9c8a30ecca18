//! The report: where it lies, how deliveries go, which months are held.

use leptos::prelude::*;
use shared::api::ReportView;

use super::Settings;
use crate::api;
use crate::format::{money, time};
use crate::frame::Workspace;
use crate::pages::figures::month_name;
use crate::widgets::{Card, CodeBlock, Drawing, PanelState, TableScroll, load, loaded};

/// `settings/report`
#[component]
pub fn Report() -> impl IntoView {
    let workspace = Workspace::of_page();
    let report = load(move || async move { api::fetch_report(&workspace.id()).await });
    view! { <Settings title="Report">{loaded(report, show)}</Settings> }
}

fn show(report: ReportView) -> impl IntoView {
    let Some(name) = report.name else {
        return view! {
            <div class="card state">
                <PanelState drawing=Drawing::Unconnected title="No report is known" text="A report comes with the stack, or can be named when connecting."/>
            </div>
        }
        .into_any();
    };
    let prefix = report.prefix.filter(|prefix| !prefix.is_empty()).unwrap_or_else(|| "none".to_owned());
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
                    <td class="n">{month.delta.map(money::signed_dollars).unwrap_or_default()}</td>
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
        <Card id="where" title="Report (AWS Cost and Usage Report, CUR)">
            <dl class="facts">
                <dt>"Name"</dt><dd>{name}</dd>
                <dt>"Bucket"</dt><dd class="mono">{report.bucket.unwrap_or_default()}</dd>
                <dt>"Prefix"</dt><dd class="mono">{prefix}</dd>
                <dt>"Settings"</dt><dd>{report.settings.join(", ")}</dd>
                <dt>"Last delivery"</dt>
                <dd>{report.last_delivery_at.map(time::day_clock).unwrap_or_else(|| "none yet".to_owned())}" "{report.last_status.unwrap_or_default()}</dd>
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
