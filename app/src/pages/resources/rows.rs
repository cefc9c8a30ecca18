//! The rows: a page of resources with their total, sorted by the heads.

use std::collections::BTreeMap;

use leptos::prelude::*;
use shared::api::{ResourcePage, ResourceQuery, ResourceRow};
use shared::view::{Cost, View};
use shared::{Day, Money};

use super::{Wish, badge_words, cost_head, export};
use crate::format::money;
use crate::frame::Workspace;
use crate::pages::costs::draw::metric_words;
use crate::pages::figures::change;
use crate::session::Doing;
use crate::widgets::{
    Announcer, Badge, Button, Change, Clipped, Drawing, Fault, Icon, PanelState, SortHead, Sorted,
    TableScroll,
};
use shared::date_words::{days_words, short_day};

/// Rows of a page, as the edge cuts them.
const PAGE: u64 = 100;

/// Pages the edge goes deep; a search or a filter finds what lies beyond.
const DEEPEST: u64 = 100;

/// Tags shown in a row; the panel shows all.
const TAGS: usize = 2;

/// The rows of a page.
#[component]
pub fn Rows(
    /// What the edge answered.
    page: ResourcePage,
    /// Names of accounts.
    names: BTreeMap<String, String>,
    /// What it was asked.
    asked: Memo<Option<ResourceQuery>>,
    /// What the address says.
    wish: Memo<Wish>,
    /// Goes to another address.
    go: Callback<Wish>,
) -> impl IntoView {
    if page.matches == 0 {
        let clear = move |()| {
            let View { range, cost, .. } = wish.get_untracked().view;
            go.run(Wish { view: View { range, cost, ..View::default() }, ..Wish::default() });
        };
        // No search finds what has no id.
        let is_searched = wish.with_untracked(|wish| wish.is_untagged || !wish.view.search.is_empty());
        let text = if is_searched || page.without_resource.is_zero() {
            "Change the search, the filters or the range.".to_owned()
        } else {
            format!(
                "What matches is {} of cost that has no resource id.",
                money::dollars(page.without_resource)
            )
        };
        return view! {
            <h2 id="resources" class="visually-hidden">"Resources"</h2>
            <div class="state">
                <PanelState drawing=Drawing::Filtered title="No resource matches" text>
                    <Button label="Clear search and filters" on_press=clear/>
                </PanelState>
            </div>
        }
        .into_any();
    }
    let pages = page.matches.div_ceil(PAGE).min(DEEPEST);
    let (is_first, is_last) = (page.page <= 1, u64::from(page.page) >= pages);
    let (number, cost, without) = (page.page, page.cost, page.without_resource);
    let moved = moved(cost, page.previous_cost);
    let note = match page.previous {
        Some(previous) => format!("{} against {}. ", days_words(page.range), days_words(previous)),
        None => String::new(),
    };
    let metric = wish.with_untracked(Wish::metric);
    let note = format!(
        "{note}{} Besides, {} has no resource id.{}",
        metric_words(metric),
        money::dollars(without),
        others(&page)
    );
    let status = if page.is_final { "final" } else { "estimated" };
    let badge = format!("Report · through {} UTC · {status}", short_day(through(&page)));
    let badge = badge_words(&badge, metric);
    let is_estimated = !page.is_final;
    let head = move |label: &'static str, column: &'static str| {
        let now =
            asked.with_untracked(|asked| asked.as_ref().map(|asked| asked.s.clone())).unwrap_or_default();
        let (sorted, wished) = sorting(&now, column);
        let on_sort = move |_: bool| go.run(wish.get_untracked().with(|view| view.sort.clone_from(&wished)));
        view! { <SortHead label sorted=Signal::stored(sorted) number=column != "id" on_sort/> }
    };
    let names_of_csv = names.clone();
    let to_page = move |number: u32| go.run(wish.get_untracked().with(|view| view.page = number));
    let rows =
        page.rows.into_iter().map(|row| view! { <Row row names=names.clone() wish go/> }).collect_view();
    view! {
        <div class="card-head">
            <div>
                <h2 id="resources">{format!("{} resources", money::count(page.matches))}</h2>
                <p>{note}</p>
            </div>
            <div class="row wrap">
                <Badge text=Signal::stored(badge) estimated=Signal::stored(is_estimated)/>
                <Export asked names=names_of_csv metric/>
            </div>
        </div>
        <TableScroll labelled_by="resources">
            <table class="table table--two">
                <thead>
                    <tr>
                        {head("Resource", "id")}
                        <th scope="col" class="col-wide">"Service"</th>
                        <th scope="col" class="col-wide">"Tags"</th>
                        {head(cost_head(metric), "cost")}
                        {head("Change", "change")}
                    </tr>
                </thead>
                <tbody>
                    <tr class="total">
                        <th scope="row">"All resources"</th>
                        <td class="col-wide"></td>
                        <td class="col-wide"></td>
                        <td class="n">{money::dollars(cost)}</td>
                        <td class="n">{moved}</td>
                    </tr>
                    {rows}
                </tbody>
            </table>
        </TableScroll>
        {(pages > 1).then(|| view! {
            <div class="card-foot">
                <span class="small muted">{format!("Page {number} of {pages}")}</span>
                <div class="row">
                    <button class="button" type="button" disabled=is_first on:click=move |_| to_page(number - 1)>"Previous"</button>
                    <button class="button" type="button" disabled=is_last on:click=move |_| to_page(number + 1)>"Next"</button>
                </div>
            </div>
        })}
    }
    .into_any()
}

#[component]
fn Row(
    row: ResourceRow,
    names: BTreeMap<String, String>,
    wish: Memo<Wish>,
    go: Callback<Wish>,
) -> impl IntoView {
    let moved = moved(row.cost, row.previous_cost);
    let key = format!("{}/{}", row.sub_account, row.resource);
    // The page stays where it is: only the panel opens over it.
    let open = move |_| {
        let now = wish.get_untracked();
        go.run(Wish { view: View { open: key.clone(), ..now.view }, ..now });
    };
    let account = names.get(&row.sub_account).cloned().unwrap_or_else(|| row.sub_account.clone());
    let place = if row.region.is_empty() { account } else { format!("{account} · {}", row.region) };
    // A name is the row's title already.
    let told = |key: &String| !(key.eq_ignore_ascii_case("name") && row.name.is_some());
    let hidden = row.tags.keys().filter(|key| told(key)).count().saturating_sub(TAGS);
    let tags = if row.tags.is_empty() {
        view! { <span class="tag tag--none">"untagged"</span> }.into_any()
    } else if !row.tags.keys().any(told) {
        view! { <span class="tag tag--none">"name only"</span> }.into_any()
    } else {
        let shown = row.tags.iter().filter(|(key, _)| told(key)).take(TAGS).map(|(key, value)| {
            view! { <span class="tag">{key.clone()}" "<b>{value.clone()}</b></span> }
        });
        let more = (hidden > 0).then(|| view! { <span class="small muted">{format!("+{hidden}")}</span> });
        view! { {shown.collect_view()} {more} }.into_any()
    };
    // Without a name the id is the title, and is said once.
    let (title, below) = match row.name.clone() {
        Some(name) => (name, Some(row.resource.clone())),
        None => (row.resource.clone(), None),
    };
    view! {
        <tr>
            <th scope="row">
                <button class="link" type="button" on:click=open><Clipped text=title/></button>
                {below.map(|id| view! { <span class="sub mono"><Clipped text=id/></span> })}
            </th>
            <td class="col-wide">{row.service}<span class="sub">{place}</span></td>
            <td class="col-wide"><span class="cell">{tags}</span></td>
            <td class="n">{money::dollars(row.cost)}</td>
            <td class="n">{moved}</td>
        </tr>
    }
}

/// What is said of resources that are too many to be listed.
fn others(page: &ResourcePage) -> String {
    if page.in_other == 0 {
        return String::new();
    }
    let (cost, count) = (money::dollars(page.other), money::count(page.in_other));
    format!(" Another {cost} is that of {count} small resources, held as one sum.")
}

/// The last day of the range with complete figures.
pub fn through(page: &ResourcePage) -> Day {
    page.complete_until.min(page.range.end).plus(-1)
}

/// How a column is sorted, and what pressing its head wishes: numbers first falling, ids rising.
fn sorting(now: &str, column: &str) -> (Sorted, String) {
    let (now, falling) = (if now.is_empty() { "-cost" } else { now }, format!("-{column}"));
    let sorted = match now {
        _ if now == falling => Sorted::Descending,
        _ if now == column => Sorted::Ascending,
        _ => Sorted::None,
    };
    let rises = sorted == Sorted::Descending || (sorted == Sorted::None && column == "id");
    let wished = if rises { column.to_owned() } else { falling };
    // The usual order needs no word.
    (sorted, if wished == "-cost" { String::new() } else { wished })
}

/// Hands every matching resource to the browser as a file, page by page.
#[component]
fn Export(
    asked: Memo<Option<ResourceQuery>>,
    names: BTreeMap<String, String>,
    metric: Cost,
) -> impl IntoView {
    let workspace = Workspace::of_page();
    let announcer = Announcer::of_page();
    let doing = Doing::new();
    let names = StoredValue::new(names);
    let press = move |()| {
        let Some(asked) = asked.get_untracked() else { return };
        let range = asked.r.replace("..", "-");
        doing.run(async move { export::fetch(&workspace.id(), asked).await }, move |found| {
            let text = names.with_value(|names| export::of(&found, names, metric));
            crate::pages::costs::csv::download(&format!("cloudthread-resources-{range}.csv"), &text);
            announcer.say(found.words());
        });
    };
    view! {
        <Button label="CSV" icon=Icon::Download busy=doing.busy on_press=press/>
        <Fault error=doing.error/>
    }
}

/// The change against the days before, where those are known.
pub fn moved(cost: Money, before: Option<Money>) -> AnyView {
    match before {
        Some(before) => {
            let (direction, amount, percent) = change(cost, before);
            view! { <Change direction amount percent/> }.into_any()
        }
        None => view! { <span class="muted" title="The report does not hold the days before.">"—"</span> }
            .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_sort_to_and_fro() {
        let check = |now: &str, column: &str, sorted: Sorted, wished: &str| {
            assert_eq!(sorting(now, column), (sorted, wished.to_owned()), "{now:?} {column}");
        };
        check("", "cost", Sorted::Descending, "cost");
        check("cost", "cost", Sorted::Ascending, "");
        check("id", "cost", Sorted::None, "");
        check("", "change", Sorted::None, "-change");
        check("-change", "change", Sorted::Descending, "change");
        check("change", "change", Sorted::Ascending, "-change");
        check("", "id", Sorted::None, "id");
        check("id", "id", Sorted::Ascending, "-id");
        check("-id", "id", Sorted::Descending, "id");
    }
}
