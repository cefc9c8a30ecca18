//! The table: total pinned, every group with shape, share and change; each row can be drilled into, kept or left out.

use cube::{Answer, Group};
use leptos::prelude::*;
use shared::money::round_to_sum;
use shared::view::View;
use shared::{DayRange, Money};

use super::{csv, draw, drill};
use crate::charts::{Share, Spark};
use crate::format::money;
use crate::frame::Workspace;
use crate::pages::figures::{Figures, change, source_words};
use crate::widgets::{Button, Card, Change, Glyph, Icon, MenuButton, SortHead, Sorted, TableScroll};

/// Rows shown at most.
const SHOWN: usize = 200;

/// The table of groups.
#[component]
pub fn Groups(
    /// Every group.
    answer: Answer,
    /// Keys of the groups that are drawn, in the order of their colours.
    drawn: Vec<Vec<String>>,
    /// What is held.
    figures: Figures,
    /// The view it answers.
    view: View,
    /// The days it answers.
    range: DayRange,
    /// Goes to another view.
    go: Callback<View>,
) -> impl IntoView {
    let names = view.groups();
    let is_all = RwSignal::new(false);
    let count = answer.groups.len();
    let title = format!("{} {}", money::count(count as u64), plural(&names, count));
    let (exported, asked) = (answer.clone(), view.clone());
    let export = move |()| download(&exported, &asked, figures, range);
    let corner =
        ViewFn::from(move || view! { <Button label="CSV" icon=Icon::Download on_press=export.clone()/> });
    let is_compared = answer.total.previous_cost.is_some();
    let held = StoredValue::new((answer, drawn, view.clone()));
    let blanks = names.len().saturating_sub(1);
    let rows = move || {
        let is_all = is_all.get();
        held.with_value(|(answer, drawn, view)| rows(answer, drawn, view, figures, is_all, is_compared, go))
    };
    let total = held.with_value(|(answer, _, _)| total(answer, figures, blanks, is_compared));
    let drawn_rows = held.with_value(|(_, drawn, _)| drawn.len());
    let toggle = move || match (count > drawn_rows, is_all.get()) {
        (false, _) => None,
        (true, is_open) => {
            let words = if is_open {
                "Fold the smaller ones into Other".to_owned()
            } else {
                format!("Show all {count}")
            };
            let hidden = count.saturating_sub(SHOWN);
            let note = (is_open && hidden > 0).then(|| {
                format!("{} smaller ones are in the total and in the CSV.", money::count(hidden as u64))
            });
            Some(view! {
                <div class="card-foot">
                    <span class="small muted">{note}</span>
                    <button class="button" type="button" on:click=move |_| is_all.update(|all| *all = !*all)>{words}</button>
                </div>
            })
        }
    };
    let others = names
        .iter()
        .skip(1)
        .map(|name| view! { <th scope="col">{dimension_words(name)}</th> }.into_any())
        .collect_view();
    let first = names.first().map(|name| dimension_words(name)).unwrap_or_default();
    let name_head = head(first, "name", false, &view, go);
    let cost_head = head("Cost".to_owned(), "cost", true, &view, go);
    let compared_heads = is_compared.then(|| {
        view! {
            {head("Previous".to_owned(), "previous", true, &view, go)}
            {head("Change".to_owned(), "change", true, &view, go)}
        }
    });
    view! {
        <Card id="groups" title=title note=Signal::stored(draw::metric_words(view.cost).to_owned()) class="card--flush" corner>
            <TableScroll labelled_by="groups">
                <table class="table">
                    <thead>
                        <tr>
                            {name_head}
                            {others}
                            <th scope="col" class="col-wide">"Over time"</th>
                            {cost_head}
                            <th scope="col" class="n col-wide">"Share"</th>
                            <td class="col-wide"></td>
                            {compared_heads}
                            <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        {total}
                        {rows}
                    </tbody>
                </table>
            </TableScroll>
            {toggle}
        </Card>
    }
}

/// A head that sorts: first falling, then rising. The address remembers it.
fn head(
    label: String,
    column: &'static str,
    number: bool,
    view: &View,
    go: Callback<View>,
) -> impl IntoView + use<> {
    let falling = format!("-{column}");
    let sort = if view.sort.is_empty() { "-cost".to_owned() } else { view.sort.clone() };
    let sorted = if sort == falling {
        Sorted::Descending
    } else if sort == column {
        Sorted::Ascending
    } else {
        Sorted::None
    };
    let wish = if sort == falling { column.to_owned() } else { falling };
    let wish = View { sort: if wish == "-cost" { String::new() } else { wish }, ..view.clone() };
    let on_sort = move |_: bool| go.run(wish.clone());
    view! { <SortHead label sorted=Signal::stored(sorted) number wide=column == "previous" on_sort/> }
}

fn total(answer: &Answer, figures: Figures, blanks: usize, is_compared: bool) -> impl IntoView + use<> {
    let total = &answer.total;
    let (direction, amount, percent) = change(total.cost, total.previous_cost.unwrap_or(total.cost));
    let previous = total.previous_cost.map(money::dollars);
    let values = known(answer, total);
    let _ = figures;
    view! {
        <tr class="total">
            <th scope="row"><span class="cell"><span class="swatch swatch--none"></span>"Total"</span></th>
            {(0..blanks).map(|_| view! { <td></td> }).collect_view()}
            <td class="col-wide"><Spark values/></td>
            <td class="n" data-testid="table-total">{money::dollars(total.cost)}</td>
            <td class="n col-wide">"100.0 %"</td>
            <td class="col-wide"></td>
            {is_compared.then(|| view! {
                <td class="n col-wide">{previous}</td>
                <td class="n"><Change direction amount percent/></td>
            })}
            <td></td>
        </tr>
    }
}

/// The rows: the drawn groups and Other, or each group by itself. Rounded costs add up to the rounded total.
fn rows(
    answer: &Answer,
    drawn: &[Vec<String>],
    view: &View,
    figures: Figures,
    is_all: bool,
    is_compared: bool,
    go: Callback<View>,
) -> Vec<AnyView> {
    let colour = |key: &[String]| drawn.iter().position(|held| held == key).map(|place| place + 1);
    let (shown, rest): (Vec<&Group>, Vec<&Group>) =
        answer.groups.iter().partition(|group| is_all || colour(&group.key).is_some());
    let (shown, rest) = (sorted(shown, &view.sort), rest);
    let mut costs: Vec<Money> = shown.iter().map(|group| group.cost).collect();
    costs.extend((!rest.is_empty()).then(|| rest.iter().map(|group| group.cost).sum::<Money>()));
    let cents = round_to_sum(&costs, 2);
    let share = |cost: Money| cost.to_f64() / answer.total.cost.to_f64();
    let mut rows: Vec<AnyView> = shown
        .iter()
        .zip(&cents)
        .take(SHOWN)
        .enumerate()
        .map(|(place, (group, cost))| {
            let colour = colour(&group.key);
            let words = draw::rounded(*cost, group.cost);
            row(
                place,
                group,
                colour,
                words,
                share(group.cost),
                known(answer, group),
                view,
                figures,
                is_compared,
                go,
            )
            .into_any()
        })
        .collect();
    if !rest.is_empty() {
        let words = draw::rounded(
            cents.last().copied().unwrap_or_default(),
            costs.last().copied().unwrap_or_default(),
        );
        let other = together(answer, &rest);
        rows.push(
            other_row(&other, rest.len(), words, share(other.cost), known(answer, &other), view, is_compared)
                .into_any(),
        );
    }
    rows
}

#[allow(clippy::too_many_arguments, reason = "a row shows that many things")]
fn row(
    place: usize,
    group: &Group,
    colour: Option<usize>,
    cost: String,
    share: f64,
    values: Vec<Option<Money>>,
    view: &View,
    figures: Figures,
    is_compared: bool,
    go: Callback<View>,
) -> impl IntoView + use<> {
    let workspace = Workspace::of_page();
    let names = view.groups();
    let label = draw::key(figures, &names, &group.key);
    let drilled = drill::into(view, &group.key);
    let only = drill::only(view, &group.key);
    let resources = format!("{}{}", workspace.page("resources"), drill::into_resources(&only));
    let href = if drilled.group_by.iter().any(|name| name == "resource") {
        resources.clone()
    } else {
        format!("{}{}", workspace.page("costs"), drilled.write())
    };
    let next = dimension_words(drill::next_group(&names)).to_lowercase();
    let cells = group
        .key
        .iter()
        .zip(&names)
        .enumerate()
        .map(|(at, (value, name))| {
            let label = figures.label(name, value);
            if at > 0 {
                return view! { <td>{label}</td> }.into_any();
            }
            let swatch =
                colour.map_or("swatch swatch--other".to_owned(), |colour| format!("swatch swatch--{colour}"));
            let title = format!("By {next}");
            view! {
                <th scope="row">
                    <span class="cell">
                        <span class=swatch></span>
                        <a class="plain-link" href=href.clone() title=title>{label}</a>
                    </span>
                </th>
            }
            .into_any()
        })
        .collect_view();
    let without = drill::without(view, &group.key);
    let (direction, amount, percent) = change(group.cost, group.previous_cost.unwrap_or(group.cost));
    let class = colour.map_or("co".to_owned(), |colour| format!("c{colour}"));
    let previous = group.previous_cost.map(money::dollars);
    let drill_words = format!("Drill into {next}");
    view! {
        <tr>
            {cells}
            <td class="col-wide"><Spark values/></td>
            <td class="n">{cost}</td>
            <td class="n col-wide">{percent_words(share)}</td>
            <td class="col-wide"><Share share class/></td>
            {is_compared.then(|| view! {
                <td class="n col-wide">{previous}</td>
                <td class="n"><Change direction amount percent/></td>
            })}
            <td class="n">
                <MenuButton
                    id=format!("row-{place}")
                    label=format!("Actions for {label}")
                    class="button button--quiet button--icon"
                    button=ViewFn::from(|| view! { <Glyph icon=Icon::More/> })
                >
                    <a href=href.clone()><Glyph icon=Icon::ChevronRight/>{drill_words}</a>
                    <button type="button" on:click=move |_| go.run(only.clone())><Glyph icon=Icon::Tick/>"Only"</button>
                    <button type="button" on:click=move |_| go.run(without.clone())><Glyph icon=Icon::Minus/>"Exclude"</button>
                    <a href=resources.clone()><Glyph icon=Icon::Layers/>"Open resources"</a>
                </MenuButton>
            </td>
        </tr>
    }
}

fn other_row(
    other: &Group,
    count: usize,
    cost: String,
    share: f64,
    values: Vec<Option<Money>>,
    view: &View,
    is_compared: bool,
) -> impl IntoView + use<> {
    let (direction, amount, percent) = change(other.cost, other.previous_cost.unwrap_or(other.cost));
    let previous = other.previous_cost.map(money::dollars);
    let blanks = view.groups().len().saturating_sub(1);
    let words = format!("Other, {} {}", money::count(count as u64), plural(&view.groups(), count));
    view! {
        <tr>
            <th scope="row"><span class="cell"><span class="swatch swatch--other"></span>{words}</span></th>
            {(0..blanks).map(|_| view! { <td></td> }).collect_view()}
            <td class="col-wide"><Spark values/></td>
            <td class="n">{cost}</td>
            <td class="n col-wide">{percent_words(share)}</td>
            <td class="col-wide"><Share share class="co".to_owned()/></td>
            {is_compared.then(|| view! {
                <td class="n col-wide">{previous}</td>
                <td class="n"><Change direction amount percent/></td>
            })}
            <td></td>
        </tr>
    }
}

fn percent_words(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", share * 100.0) } else { String::new() }
}

/// A group's costs over time; what is not delivered is a gap.
fn known(answer: &Answer, group: &Group) -> Vec<Option<Money>> {
    let pairs = group.values.iter().zip(&answer.bins);
    pairs.map(|(cost, bin)| (!bin.is_undelivered || !cost.is_zero()).then_some(*cost)).collect()
}

/// Groups added up.
fn together(answer: &Answer, groups: &[&Group]) -> Group {
    let sum = |place: usize| groups.iter().filter_map(|group| group.values.get(place)).copied().sum();
    Group {
        key: Vec::new(),
        values: (0..answer.bins.len()).map(sum).collect(),
        cost: groups.iter().map(|group| group.cost).sum(),
        previous_values: Vec::new(),
        previous_cost: answer
            .total
            .previous_cost
            .map(|_| groups.iter().filter_map(|group| group.previous_cost).sum()),
    }
}

/// In the order of a view's `s`; the usual one is the largest cost first.
fn sorted<'a>(mut groups: Vec<&'a Group>, sort: &str) -> Vec<&'a Group> {
    let (column, is_falling) = sort.strip_prefix('-').map_or((sort, false), |column| (column, true));
    let delta = |group: &Group| group.cost - group.previous_cost.unwrap_or_default();
    match column {
        "name" => groups.sort_by(|a, b| a.key.cmp(&b.key)),
        "previous" => groups.sort_by_key(|group| group.previous_cost),
        "change" => groups.sort_by_key(|group| delta(group)),
        "cost" => groups.sort_by_key(|group| group.cost),
        _ => return groups,
    }
    if is_falling {
        groups.reverse();
    }
    groups
}

fn download(answer: &Answer, view: &View, figures: Figures, range: DayRange) {
    let source = figures.index.with_untracked(|index| {
        index
            .as_ref()
            .map(|index| source_words(&index.periods, range, crate::format::time::browser_now()).0)
            .unwrap_or_default()
    });
    let names = view.groups();
    let label =
        |key: &[String]| key.iter().zip(&names).map(|(value, name)| figures.label(name, value)).collect();
    let origin = csv::Origin { currency: figures.currency(), range, source };
    let name = format!("cloudthread-costs-{}-{}.csv", range.start, range.end.plus(-1));
    csv::download(&name, &csv::of(answer, view, label, &origin));
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
        other => other.split_once('.').map_or(other, |(_, key)| key),
    }
    .to_owned()
}

/// What a charge without a value of this dimension is called.
pub fn empty_words(name: &str) -> String {
    if name.starts_with("tag.") {
        return "Untagged".to_owned();
    }
    format!("No {}", dimension_words(name).to_lowercase())
}

/// `services`, `sub-accounts`, or `groups` where there are several dimensions.
fn plural(names: &[String], count: usize) -> String {
    let one = match names {
        [name] if !name.contains('.') => dimension_words(name).to_lowercase(),
        _ => "group".to_owned(),
    };
    match (count, one.strip_suffix('y')) {
        (1, _) => one,
        (_, Some(stem)) => format!("{stem}ies"),
        _ => format!("{one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, cost: &str, previous: &str) -> Group {
        Group {
            key: vec![name.to_owned()],
            values: Vec::new(),
            cost: cost.parse().unwrap(),
            previous_values: Vec::new(),
            previous_cost: previous.parse().ok(),
        }
    }

    #[test]
    fn rows_are_sorted_by_the_address() {
        let groups = [group("a", "3", "1"), group("b", "2", "5"), group("c", "1", "")];
        let check = |sort: &str, expect: &str| {
            let order: String =
                sorted(groups.iter().collect(), sort).iter().map(|group| group.key.concat()).collect();
            assert_eq!(order, expect, "{sort}");
        };
        check("", "abc");
        check("cost", "cba");
        check("-cost", "abc");
        check("-name", "cba");
        check("-change", "acb");
        check("change", "bca");
        check("-previous", "bac");
        check("colour", "abc");
    }

    #[test]
    fn what_has_no_value_is_named() {
        let check = |name: &str, expect: &str| assert_eq!(empty_words(name), expect);
        check("region", "No region");
        check("x_usage_type", "No usage type");
        check("sub_account", "No sub-account");
        check("commitment_discount", "No commitment");
        check("tag.team", "Untagged");
        check("cost_category.Owner", "No owner");
    }

    #[test]
    fn groups_are_counted_in_words() {
        let check = |names: &[&str], count, expect: &str| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(plural(&names, count), expect);
        };
        check(&["service"], 12, "services");
        check(&["service"], 1, "service");
        check(&["charge_category"], 2, "charge categories");
        check(&["sub_account", "region"], 2, "groups");
        check(&["tag.team"], 2, "groups");
    }
}
