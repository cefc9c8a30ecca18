//! What a person wants to look up: words, figures, calls, and where more is written.

use leptos::prelude::*;

use crate::api;
use crate::frame::{Page, PageHead};
use crate::widgets::Card;

/// `documentation`
#[component]
pub fn Documentation() -> impl IntoView {
    view! {
        <Page>
            <PageHead title="Documentation" sub="What the words mean, and where the figures come from"/>
            <Card id="figures" title="Figures">
                <dl class="facts facts--wide">
                    <dt>"Billed cost"</dt><dd>"What stands on the invoice, tax and credits included (AWS: unblended)."</dd>
                    <dt>"Effective cost"</dt><dd>"The same with Savings Plans and reservations spread over their use (AWS: amortized)."</dd>
                    <dt>"Estimated"</dt><dd>"AWS may still change it. Final only once the invoice is issued."</dd>
                    <dt>"Through"</dt><dd>"The last whole UTC day that is known. Billing days are UTC days."</dd>
                    <dt>"Source"</dt><dd>"Cost Explorer at first; the report (AWS Cost and Usage Report, CUR) month by month as it arrives. Never both within a month."</dd>
                </dl>
            </Card>
            <Card id="access" title="Access">
                <dl class="facts facts--wide">
                    <dt>"Role"</dt><dd>"Cloudthread holds no key of yours. It assumes one role with an external id of its own, narrowed to each job, for fifteen minutes."</dd>
                    <dt>"Template"</dt><dd><a class="link" href=api::template_path() rel="external" download="cloudthread-customer.yaml">"Download the CloudFormation template"</a></dd>
                    <dt>"Leaving"</dt><dd>"Settings, Danger zone: Disconnect. AWS's two refusals prove that access has ended."</dd>
                </dl>
            </Card>
        </Page>
    }
}
