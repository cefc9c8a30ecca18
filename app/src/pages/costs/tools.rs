//! The tool bar: range, group, filter, metric, comparison, time, chart. Each choice is a new address.

use cube::{Filter, Operator, Token};
use leptos::prelude::*;
use shared::ChargeCategory;
use shared::view::{Bin, Compare, Cost, Drawn, View};

use super::table::dimension_words;
use crate::pages::figures::Figures;
use crate::pages::filter_chips::Chips;
use crate::pages::pick::{MetricPick, Pick};
use crate::pages::range_picker::RangePicker;
use crate::widgets::Segmented;

/// Dimensions offered, tags come after them.
const OFFERED: [&str; 9] = [
    "service",
    "sub_account",
    "region",
    "charge_category",
    "x_usage_type",
    "x_operation",
    "pricing_category",
    "commitment_discount",
    "publisher",
];

/// Charge categories that can be left out, as in an address.
const LEFT_OUT: [(&str, &str); 5] = [
    ("", "nothing"),
    ("tax", "tax"),
    ("credit", "credits"),
    ("tax,credit", "tax and credits"),
    ("purchase", "purchases"),
];

/// The tool bar.
#[component]
pub fn Tools(
    /// What is held.
    figures: Figures,
    /// The view.
    view: Memo<View>,
    /// Goes to another view.
    go: Callback<View>,
) -> impl IntoView {
    let dimensions = move || {
        let tags = figures
            .index
            .with(|index| index.as_ref().map(|index| index.tag_keys.clone()).unwrap_or_default());
        let mut names: Vec<String> = OFFERED.iter().map(|name| (*name).to_owned()).collect();
        names.extend(tags.into_iter().map(|key| format!("tag.{key}")));
        names
    };
    let group = Signal::derive(move || view.get().groups().into_iter().next().unwrap_or_default());
    let second = Signal::derive(move || view.get().groups().into_iter().nth(1).unwrap_or_default());
    let regroup = move |first: String, second: String| {
        let mut names = vec![first];
        if !second.is_empty() && !names.contains(&second) {
            names.push(second);
        }
        go.run(View { group_by: names, ..view.get_untracked() });
    };
    let compares = [
        (Compare::Week, "Same weekdays"),
        (Compare::Previous, "Days before"),
        (Compare::Month, "A month earlier"),
        (Compare::Year, "A year earlier"),
        (Compare::Off, "Nothing"),
    ];
    view! {
        <section class="card card--tool" aria-label="View">
            <div class="toolbar">
                <RangePicker value=Signal::derive(move || view.get().range) today=Signal::derive(move || figures.today()) on_change=move |range| go.run(View { range, ..view.get_untracked() })/>
                <Pick
                    label="Group"
                    options=Signal::derive(move || dimensions().into_iter().map(|name| (name.clone(), dimension_words(&name))).collect())
                    value=group
                    on_change=move |name: String| regroup(name, second.get_untracked())
                />
                <Pick
                    label="and"
                    options=Signal::derive(move || {
                        let mut all = vec![(String::new(), "nothing else".to_owned())];
                        all.extend(dimensions().into_iter().map(|name| (name.clone(), dimension_words(&name))));
                        all
                    })
                    value=second
                    on_change=move |name: String| regroup(group.get_untracked(), name)
                />
                <MetricPick
                    offered=Cost::ALL
                    value=Signal::derive(move || view.get().cost)
                    on_change=move |cost| go.run(View { cost, ..view.get_untracked() })
                />
                <Pick
                    label="Leave out"
                    options=Signal::stored(LEFT_OUT.iter().map(|(word, words)| ((*word).to_owned(), (*words).to_owned())).collect::<Vec<_>>())
                    value=Signal::derive(move || {
                        let words: Vec<&str> = view.get().left_out.iter().map(|category| category.as_str()).collect();
                        words.join(",").to_lowercase()
                    })
                    on_change=move |word: String| {
                        let left_out = ChargeCategory::ALL
                            .into_iter()
                            .filter(|category| word.split(',').any(|own| category.as_str().eq_ignore_ascii_case(own)))
                            .collect();
                        go.run(View { left_out, ..view.get_untracked() });
                    }
                />
                <Pick
                    label="Compare"
                    options=Signal::stored(compares.iter().map(|(compare, words)| (compare.word(), (*words).to_owned())).collect::<Vec<_>>())
                    value=Signal::derive(move || view.get().compare.word())
                    on_change=move |word: String| {
                        if let Ok(compare) = word.parse() {
                            go.run(View { compare, ..view.get_untracked() });
                        }
                    }
                />
                <Pick
                    label="Time"
                    options=Signal::stored(
                        std::iter::once((String::new(), "automatic".to_owned()))
                            .chain(Bin::ALL.iter().map(|bin| (bin.word().to_owned(), format!("by {}", bin.word()))))
                            .collect::<Vec<_>>(),
                    )
                    value=Signal::derive(move || view.get().bin.map_or(String::new(), |bin| bin.word().to_owned()))
                    on_change=move |word: String| {
                        let bin = Bin::ALL.iter().copied().find(|bin| bin.word() == word);
                        go.run(View { bin, ..view.get_untracked() });
                    }
                />
                <Segmented
                    name="drawn"
                    label="Chart"
                    options=vec![
                        (Drawn::Bars, "Bars"),
                        (Drawn::Lines, "Lines"),
                        (Drawn::Cumulative, "Cumulative"),
                        (Drawn::Why, "Why"),
                    ]
                    value=Signal::derive(move || view.get().drawn)
                    on_change=move |drawn| go.run(View { drawn, ..view.get_untracked() })
                />
            </div>
            <Filters figures view go/>
        </section>
    }
}

/// The filter as chips, and a way to add one.
#[component]
fn Filters(figures: Figures, view: Memo<View>, go: Callback<View>) -> impl IntoView {
    let adding = RwSignal::new("service".to_owned());
    let values = Memo::new(move |_| {
        let name = adding.get();
        name.parse().map(|dimension| figures.values(&dimension)).unwrap_or_default()
    });
    let add = move |value: String| {
        let Ok(dimension) = adding.get_untracked().parse() else { return };
        let mut filter: Filter = view.get_untracked().filter.parse().unwrap_or_default();
        if filter.any_of.is_empty() {
            filter.any_of.push(Vec::new());
        }
        for set in &mut filter.any_of {
            match set.iter_mut().find(|token| {
                token.dimension == dimension && token.operator == Operator::Is && !token.negated
            }) {
                Some(token) => token.values.push(value.clone()),
                None => set.push(Token {
                    dimension: dimension.clone(),
                    operator: Operator::Is,
                    negated: false,
                    values: vec![value.clone()],
                }),
            }
        }
        go.run(View { filter: filter.to_string(), ..view.get_untracked() });
    };
    view! {
        <div class="toolbar toolbar--filters">
            <Chips
                filter=Signal::derive(move || view.get().filter)
                label=move |(dimension, value): (String, String)| figures.label(&dimension, &value)
                on_change=move |filter| go.run(View { filter, ..view.get_untracked() })
            />
            <Pick
                label="Filter by"
                options=Signal::stored(OFFERED.iter().map(|name| ((*name).to_owned(), dimension_words(name))).collect::<Vec<_>>())
                value=adding
                on_change=move |name| adding.set(name)
            />
            <Pick
                label="is"
                options=Signal::derive(move || {
                    let name = adding.get();
                    let mut all = vec![(String::new(), "choose".to_owned())];
                    all.extend(values.get().into_iter().filter(|value| !value.is_empty()).map(|value| (value.clone(), figures.label(&name, &value))));
                    all
                })
                value=Signal::stored(String::new())
                on_change=move |value: String| if !value.is_empty() { add(value) }
            />
        </div>
    }
}
