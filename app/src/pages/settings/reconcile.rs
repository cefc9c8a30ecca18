//! The report against Cost Explorer, month by month: two ways to the same figure.

use leptos::prelude::*;
use shared::Money;
use shared::api::{ReconcileView, ReconciledCategory, ReconciledMonth, Verdict};

use crate::api;
use crate::format::{money, time};
use crate::frame::Workspace;
use crate::pages::connect::remedy;
use crate::widgets::{Card, Pill, TableScroll, Tone, load, loaded};
use shared::date_words::month_name;

/// The card of Settings, Report.
#[component]
pub fn Reconcile() -> impl IntoView {
    let workspace = Workspace::of_page();
    let view = load(move || async move { api::fetch_reconcile(&workspace.id()).await });
    view! {
        <Card id="reconcile" title="Report against Cost Explorer" class="card--flush">
            {loaded(view, show)}
        </Card>
    }
}

fn show(view: ReconcileView) -> impl IntoView {
    let asked = match view.asked_at {
        Some(at) => format!("Cost Explorer was asked {}.", time::day_clock(at)),
        None => "Cost Explorer was not asked yet.".to_owned(),
    };
    let rows = view.months.into_iter().map(month).collect_view();
    view! {
        <p class="second">
            "Billed cost of the report, credits, refunds and tax included, beside unblended cost of Cost Explorer. A month that is over agrees within $0.01, or its difference is shown by charge category. "
            {asked}
        </p>
        {view.remedy.map(remedy)}
        <TableScroll labelled_by="reconcile">
            <table class="table table--wrap">
                <thead>
                    <tr>
                        <th scope="col">"Month"</th>
                        <th scope="col" class="n">"Report"</th>
                        <th scope="col" class="n">"Cost Explorer"</th>
                        <th scope="col" class="n">"Difference"</th>
                        <th scope="col">"Verdict"</th>
                        <th scope="col" class="col-wide">"Report of"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableScroll>
    }
}

/// A month, and below it the categories that differ.
fn month(month: ReconciledMonth) -> impl IntoView {
    let (word, tone, says) = words(month.verdict);
    let unknown = || view! { <span class="muted" title=says>"—"</span> };
    let told =
        month.cost_explorer.map_or_else(|| unknown().into_any(), |cost| money::dollars(cost).into_any());
    let difference = month.difference.map_or_else(|| unknown().into_any(), |cost| moved(cost).into_any());
    let name = if month.currency == shared::Currency::USD {
        month_name(month.period)
    } else {
        format!("{} ({})", month_name(month.period), month.currency)
    };
    let differing = month.categories.into_iter().filter(|category| !is_rounding(category.difference));
    let is_shown = matches!(month.verdict, Verdict::Differs | Verdict::Open);
    let categories = differing.filter(|_| is_shown).map(category).collect_view();
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="n">{money::dollars(month.report)}</td>
            <td class="n">{told}</td>
            <td class="n">{difference}</td>
            <td><Pill text=word tone/><span class="sub">{says}</span></td>
            <td class="col-wide">{time::day_clock(month.report_as_of)}</td>
        </tr>
        {categories}
    }
}

fn category(category: ReconciledCategory) -> impl IntoView {
    view! {
        <tr>
            <td><span class="muted">{format!("of it {}", category.charge_category.as_str())}</span></td>
            <td class="n">{money::dollars(category.report)}</td>
            <td class="n">{money::dollars(category.cost_explorer)}</td>
            <td class="n">{moved(category.difference)}</td>
            <td></td>
            <td class="col-wide"></td>
        </tr>
    }
}

/// A difference up to a cent is rounding.
fn is_rounding(difference: Money) -> bool {
    difference.abs() <= Money::from_units(shared::money::ONE / 100)
}

fn moved(difference: Money) -> String {
    if difference.is_zero() { money::dollars(difference) } else { money::signed_dollars(difference) }
}

/// A verdict: its word, its tone, what it means.
fn words(verdict: Verdict) -> (&'static str, Tone, &'static str) {
    match verdict {
        Verdict::Agrees => ("agrees", Tone::Good, "Within $0.01."),
        Verdict::Differs => {
            ("differs", Tone::Warn, "Either may be newer: compare again after the next delivery of AWS.")
        }
        Verdict::Open => ("open", Tone::Plain, "AWS still changes this month: for information only."),
        Verdict::NotKnown => {
            ("not known yet", Tone::Plain, "Compared once Cost Explorer has told of this month.")
        }
        Verdict::TooOld => ("too old", Tone::Plain, "Cost Explorer does not reach back that far."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cent_is_rounding_and_more_is_shown_with_its_sign() {
        let check = |text: &str, rounding: bool, shown: &str| {
            let difference: Money = text.parse().unwrap();
            assert_eq!((is_rounding(difference), moved(difference).as_str()), (rounding, shown), "{text}");
        };
        check("0", true, "$0.00");
        check("0.01", true, "+$0.01");
        check("-0.01", true, "−$0.01");
        check("0.010000000001", false, "+$0.01");
        check("-12.4", false, "−$12.40");
    }
}
