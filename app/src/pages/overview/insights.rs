//! What Cost Explorer says besides cost: anomalies it found, and how well commitments are used.

use leptos::prelude::*;
use shared::api::{Anomaly, InsightsView, Panel, Utilization};
use shared::view::{Range, View};
use shared::{Day, Timestamp, settled};

use super::movers::api_filter;
use crate::api::Answer;
use crate::format::{money, time};
use crate::frame::Workspace;
use crate::pages::figures::{Figures, asked_words};
use crate::widgets::{Badge, Card, Glyph, Icon, loaded};
use shared::date_words::{days_words, short_day};

/// Anomalies shown.
const SHOWN: usize = 4;
/// Days before and after an anomaly that are opened with it.
const AROUND: i32 = 7;

/// What Cost Explorer says besides cost, once it is known.
pub type Insights = LocalResource<Answer<InsightsView>>;

/// What AWS's anomaly detection reports.
#[component]
pub fn Anomalies(
    /// What Cost Explorer says.
    insights: Insights,
    /// What is held.
    figures: Figures,
) -> impl IntoView {
    let body = loaded(insights, move |insights| {
        panel(insights.anomalies, move |anomalies: Vec<Anomaly>| {
            if anomalies.is_empty() {
                return view! { <p class="second">"AWS reports no anomaly in the last 90 days."</p> }
                    .into_any();
            }
            let rows =
                anomalies.into_iter().take(SHOWN).map(|anomaly| event(anomaly, figures)).collect_view();
            view! { <ul class="events">{rows}</ul> }.into_any()
        })
    });
    view! {
        <Card id="anomalies" title=Signal::stored("Anomalies AWS reports".to_owned()) note=Signal::stored("Cost Anomaly Detection, last 90 days".to_owned())>
            {body}
        </Card>
    }
}

fn event(anomaly: Anomaly, figures: Figures) -> impl IntoView + use<> {
    let workspace = Workspace::of_page();
    let account = anomaly.sub_account.as_ref().map(|account| figures.label("sub_account", account));
    let title = match account {
        Some(account) => format!("{}, {account}", anomaly.service),
        None => anomaly.service.clone(),
    };
    let end = anomaly.end.unwrap_or(anomaly.start).plus(1);
    let days = shared::DayRange::new(anomaly.start, end);
    let when = match anomaly.end {
        Some(_) => days_words(days),
        None => format!("from {}, still open", short_day(anomaly.start)),
    };
    let words = format!(
        "{when}: {} over the {} AWS expected",
        money::signed_dollars(anomaly.impact),
        money::dollars(anomaly.expected)
    );
    let mut pairs = vec![("service", anomaly.service.as_str())];
    pairs.extend(anomaly.sub_account.as_deref().map(|account| ("sub_account", account)));
    let around = shared::DayRange::new(days.start.plus(-AROUND), days.end.plus(AROUND));
    let view = View { range: Range::Days(around), filter: api_filter(&pairs), ..View::default() };
    let href = format!("{}{}", workspace.page("costs"), view.write());
    view! {
        <li>
            <span class="roundel roundel--warn"><Glyph icon=Icon::Warning/></span>
            <div>
                <h3 class="h3">{title}</h3>
                <p class="second">{words}</p>
                <a class="link small" href=href>"See these days"</a>
            </div>
        </li>
    }
}

/// How much of Savings Plans and reservations is used.
#[component]
pub fn Commitments(
    /// What Cost Explorer says.
    insights: Insights,
) -> impl IntoView {
    let body = loaded(insights, |insights| {
        view! {
            <div class="stack-4">
                <div><h3 class="h3">"Savings Plans"</h3>{panel(insights.savings_plans, |used| used_words(&used))}</div>
                <div><h3 class="h3">"Reservations"</h3>{panel(insights.reservations, |used| used_words(&used))}</div>
            </div>
        }
    });
    view! {
        <Card id="commitments" title=Signal::stored("Commitments".to_owned()) note=Signal::stored("Used in the last 30 days".to_owned())>
            {body}
        </Card>
    }
}

fn used_words(used: &Utilization) -> AnyView {
    let width = format!("{:.1}", used.used_percent.clamp(0.0, 100.0));
    let unused = format!(
        "{} of {} committed went unused",
        money::dollars(used.unused),
        money::dollars(used.commitment)
    );
    view! {
        <p class="unit-value">{format!("{:.1} %", used.used_percent)}</p>
        <svg class="meter" aria-hidden="true" viewBox="0 0 100 8" preserveAspectRatio="none">
            <rect class="bar-track" width="100" height="8"/>
            <rect class="bar-fill" width=width height="8"/>
        </svg>
        <p class="small muted">{unused}</p>
    }
    .into_any()
}

/// The badge of what Cost Explorer was asked for once: it reaches to the last day that was complete, if to no other.
pub fn asked(at: Option<Timestamp>, through: Option<Day>) -> Option<AnyView> {
    let at = at?;
    let words =
        asked_words(through.unwrap_or_else(|| settled::complete_until(at).plus(-1)), at, time::browser_now());
    Some(view! { <Badge text=Signal::stored(words) estimated=Signal::stored(true)/> }.into_any())
}

/// A figure with its badge, or why there is none.
fn panel<T>(panel: Panel<T>, show: impl FnOnce(T) -> AnyView) -> AnyView {
    match panel.value {
        Some(value) => view! { {show(value)} {asked(panel.fetched_at, None)} }.into_any(),
        None => {
            let words = panel.remedy.map_or("Cost Explorer has no figures for this.".to_owned(), |remedy| {
                format!("{} {}", remedy.title, remedy.text)
            });
            view! { <p class="second">{words}</p> }.into_any()
        }
    }
}
