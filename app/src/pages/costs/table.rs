//! The table: total pinned, every group, share, change; each row can be drilled into, kept alone or left out.

use cube::{Answer, Operator, Token};
use leptos::prelude::*;
use shared::Day;
use shared::view::View;

use super::{csv, draw};
use crate::format::money;
use crate::frame::Workspace;
use crate::pages::figures::{Figures, change, source_words};
use crate::widgets::{Button, Card, Change, Icon, TableScroll};

/// The order in which one drills down; any step can be skipped.
const DRILL: [&str; 6] = ["sub_account", "region", "service", "x_usage_type", "x_operation", "resource"];
/// Rows shown at once.
const SHOWN: usize = 200;

/// The table of groups.
#[component]
pub fn Groups(
    /// The whole answer.
    answer: Answer,
    /// What is held.
    figures: Figures,
    /// The view it answers.
    view: View,
    /// Goes to another view.
    go: Callback<View>,
    /// The edge's day.
    today: Day,
) -> impl IntoView {
    let workspace = Workspace::of_page();
    let names = view.groups();
    let total = answer.total.clone();
    let next = next_group(&names);
    let heads =
        names.iter().map(|name| view! { <th scope="col">{dimension_words(name)}</th> }).collect_view();
    let share = |cost: shared::Money| {
        if total.cost.is_zero() {
            String::new()
        } else {
            format!("{:.1} %", cost.to_f64() / total.cost.to_f64() * 100.0)
        }
    };
    let rows = answer
        .groups
        .iter()
        .take(SHOWN)
        .map(|group| {
            let cells = group
                .key
                .iter()
                .zip(&names)
                .enumerate()
                .map(|(place, (value, name))| {
                    let label = figures.label(name, value);
                    if place > 0 {
                        return view! { <td>{label}</td> }.into_any();
                    }
                    let drilled = View {
                        filter: narrowed(&view.filter, &names, &group.key),
                        group_by: vec![next.to_owned()],
                        ..view.clone()
                    };
                    let href = if next == "resource" { resources_link(workspace, &drilled) } else { format!("{}{}", workspace.page("costs"), drilled.write()) };
                    view! { <th scope="row"><a class="plain-link" href=href title="Drill down">{label}</a></th> }.into_any()
                })
                .collect_view();
            let only = View { filter: narrowed(&view.filter, &names, &group.key), ..view.clone() };
            let without = View { filter: excluded(&view.filter, &names, &group.key), ..view.clone() };
            let (direction, amount, percent) = change(group.cost, group.previous_cost.unwrap_or(group.cost));
            let label = draw::key(figures, &names, &group.key);
            view! {
                <tr>
                    {cells}
                    <td class="n">{money::dollars(group.cost)}</td>
                    <td class="n col-wide">{share(group.cost)}</td>
                    <td class="n col-wide">{group.previous_cost.map(money::dollars).unwrap_or_default()}</td>
                    <td class="n"><Change direction amount percent/></td>
                    <td class="n col-wide">
                        <button class="link" type="button" aria-label=format!("Only {label}") on:click=move |_| go.run(only.clone())>"Only"</button>
                        " "
                        <button class="link" type="button" aria-label=format!("Exclude {label}") on:click=move |_| go.run(without.clone())>"Exclude"</button>
                    </td>
                </tr>
            }
        })
        .collect_view();
    let (direction, amount, percent) = change(total.cost, total.previous_cost.unwrap_or(total.cost));
    let blanks = names.len().saturating_sub(1);
    let (exported, asked) = (answer.clone(), view.clone());
    let own_names = names.clone();
    let export = move |()| {
        let source = figures.index.with_untracked(|index| {
            let range = asked.range.days(today);
            index
                .as_ref()
                .map(|index| source_words(&index.periods, range, crate::format::time::browser_now()).0)
                .unwrap_or_default()
        });
        let label = |key: &[String]| {
            key.iter().zip(&own_names).map(|(value, name)| figures.label(name, value)).collect()
        };
        csv::download("cloudthread-costs.csv", &csv::of(&exported, &asked, label, &source));
    };
    let hidden = answer.groups.len().saturating_sub(SHOWN);
    let title = format!("{} groups", answer.groups.len());
    view! {
        <Card
            id="groups"
            title=title
            class="card--flush"
            corner=ViewFn::from(move || view! { <Button label="CSV" icon=Icon::Download on_press=export.clone()/> })
        >
            <TableScroll labelled_by="groups">
                <table class="table">
                    <thead>
                        <tr>
                            {heads}
                            <th scope="col" class="n" aria-sort="descending">"Cost"</th>
                            <th scope="col" class="n col-wide">"Share"</th>
                            <th scope="col" class="n col-wide">"Before"</th>
                            <th scope="col" class="n">"Change"</th>
                            <td class="col-wide"></td>
                        </tr>
                    </thead>
                    <tbody>
                        <tr class="total">
                            <th scope="row">"Total"</th>
                            {(0..blanks).map(|_| view! { <td></td> }).collect_view()}
                            <td class="n">{money::dollars(total.cost)}</td>
                            <td class="n col-wide">"100 %"</td>
                            <td class="n col-wide">{total.previous_cost.map(money::dollars).unwrap_or_default()}</td>
                            <td class="n"><Change direction amount percent/></td>
                            <td class="col-wide"></td>
                        </tr>
                        {rows}
                    </tbody>
                </table>
            </TableScroll>
            {(hidden > 0).then(|| view! { <p class="card-foot small muted">{format!("{hidden} smaller groups are in the CSV and in the total.")}</p> })}
        </Card>
    }
}

/// The dimension after the finest one grouped by.
fn next_group(names: &[String]) -> &'static str {
    let deepest = DRILL.iter().rposition(|step| names.iter().any(|name| name == step));
    deepest.and_then(|place| DRILL.get(place + 1)).copied().unwrap_or(if deepest.is_some() {
        "resource"
    } else {
        "service"
    })
}

fn tokens(names: &[String], key: &[String], negated: bool) -> Vec<Token> {
    let pairs = names.iter().zip(key).filter_map(|(name, value)| Some((name.parse().ok()?, value.clone())));
    pairs
        .map(|(dimension, value)| Token { dimension, operator: Operator::Is, negated, values: vec![value] })
        .collect()
}

/// The filter, and all of these values besides.
fn narrowed(filter: &str, names: &[String], key: &[String]) -> String {
    added(filter, |set| {
        for token in tokens(names, key, false) {
            set.retain(|held: &Token| held.dimension != token.dimension || held.negated);
            set.push(token);
        }
    })
}

/// The filter, and not this value of the first group.
fn excluded(filter: &str, names: &[String], key: &[String]) -> String {
    added(filter, |set| set.extend(tokens(names, key, true).into_iter().take(1)))
}

fn added(filter: &str, add: impl Fn(&mut Vec<Token>)) -> String {
    let mut parsed: cube::Filter = filter.parse().unwrap_or_default();
    if parsed.any_of.is_empty() {
        parsed.any_of.push(Vec::new());
    }
    for set in &mut parsed.any_of {
        add(set);
    }
    parsed.to_string()
}

fn resources_link(workspace: Workspace, view: &View) -> String {
    let view = View { group_by: Vec::new(), ..view.clone() };
    format!("{}{}", workspace.page("resources"), view.write())
}

/// A dimension as people call it.
pub fn dimension_words(name: &str) -> String {
    match name {
        "billing_account" => "Billing account",
        "sub_account" => "Sub-account",
        "region" => "Region",
        "service" => "Service",
        "x_usage_type" => "Usage type",
        "x_operation" => "Operation",
        "resource" => "Resource",
        "charge_category" => "Charge category",
        "pricing_category" => "Pricing category",
        "commitment_discount" => "Commitment",
        "publisher" => "Publisher",
        "x_line_item_type" => "Line item type",
        other => other.strip_prefix("tag.").unwrap_or(other),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drilling_goes_from_account_to_resource() {
        let check = |names: &[&str], expect: &str| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(next_group(&names), expect);
        };
        check(&["sub_account"], "region");
        check(&["region", "service"], "x_usage_type");
        check(&["x_operation"], "resource");
        check(&["resource"], "resource");
        check(&["tag.team"], "service");
    }

    #[test]
    fn filters_grow_and_replace_their_own_dimension() {
        let names = ["service".to_owned()];
        assert_eq!(narrowed("", &names, &["Amazon S3".to_owned()]), "service:Amazon S3");
        assert_eq!(narrowed("service:a;region:b", &names, &["c".to_owned()]), "region:b;service:c");
        assert_eq!(excluded("region:b", &names, &["c".to_owned()]), "region:b;service!:c");
    }
}
