//! Drilling: the filter grows by what was pressed, the group moves one step on.

use cube::{Filter, Operator, Token, resources};
use shared::view::View;

use crate::pages::resources::Wish;

/// The order in which one drills down; any step can be skipped.
const DRILL: [&str; 6] = ["sub_account", "region", "service", "x_usage_type", "x_operation", "resource"];

/// The dimension after the finest one grouped by.
pub fn next_group(names: &[String]) -> &'static str {
    let deepest = DRILL.iter().rposition(|step| names.iter().any(|name| name == step));
    match deepest {
        Some(place) => DRILL.get(place + 1).copied().unwrap_or("resource"),
        None => "service",
    }
}

/// The view of one group alone, grouped by the next step.
pub fn into(view: &View, key: &[String]) -> View {
    View {
        filter: narrowed(&view.filter, &view.groups(), key),
        group_by: vec![next_group(&view.groups()).to_owned()],
        sort: String::new(),
        ..view.clone()
    }
}

/// The view of one group alone.
pub fn only(view: &View, key: &[String]) -> View {
    View { filter: narrowed(&view.filter, &view.groups(), key), ..view.clone() }
}

/// The view without one group.
pub fn without(view: &View, key: &[String]) -> View {
    View { filter: excluded(&view.filter, &view.groups(), key), ..view.clone() }
}

/// What Resources can show of a view, as a query. Filters they cannot be asked for would leave nothing: they are taken
/// out, and named so that the page can say it.
pub fn into_resources(view: &View) -> String {
    let mut filter: Filter = view.filter.parse().unwrap_or_default();
    let mut left_out = Vec::new();
    let mut leave_out = |name: String| {
        if !left_out.contains(&name) {
            left_out.push(name);
        }
    };
    for set in &mut filter.any_of {
        set.retain(|token| {
            let is_known = resources::knows(&token.dimension);
            if !is_known {
                leave_out(token.dimension.to_string());
            }
            is_known
        });
    }
    // A set that asks nothing admits everything, whatever the others ask.
    if filter.any_of.iter().any(Vec::is_empty) {
        filter.any_of.clear();
    }
    filter.any_of.dedup();
    if !view.left_out.is_empty() {
        leave_out("charge_category".to_owned());
    }
    let view = View { range: view.range, filter: filter.to_string(), cost: view.cost, ..View::default() };
    Wish { view, left_out, ..Wish::default() }.write()
}

/// The steps from all costs to this view: the value of each, and the view it stands for.
pub fn crumbs(view: &View) -> Vec<(String, String, View)> {
    let filter: Filter = view.filter.parse().unwrap_or_default();
    let [set] = filter.any_of.as_slice() else { return Vec::new() };
    let mut crumbs = Vec::new();
    for (place, token) in set.iter().enumerate() {
        let [value] = token.values.as_slice() else { continue };
        let name = token.dimension.to_string();
        if token.negated || token.operator != Operator::Is || !DRILL.contains(&name.as_str()) {
            continue;
        }
        let kept: Vec<Token> = set.iter().take(place + 1).cloned().collect();
        let step = View {
            filter: Filter { any_of: vec![kept] }.to_string(),
            group_by: vec![next_group(std::slice::from_ref(&name)).to_owned()],
            ..view.clone()
        };
        crumbs.push((name, value.clone(), step));
    }
    crumbs
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
    let mut parsed: Filter = filter.parse().unwrap_or_default();
    if parsed.any_of.is_empty() {
        parsed.any_of.push(Vec::new());
    }
    for set in &mut parsed.any_of {
        add(set);
    }
    parsed.to_string()
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
        assert_eq!(
            narrowed("region:a|region:b", &names, &["c".to_owned()]),
            "region:a;service:c|region:b;service:c"
        );
    }

    #[test]
    fn resources_are_asked_only_for_what_they_know_and_the_rest_is_named() {
        let check = |filter: &str, expect: &str| {
            let view = View {
                filter: filter.to_owned(),
                group_by: vec!["x_operation".to_owned()],
                ..View::default()
            };
            assert_eq!(into_resources(&view), expect, "{filter}");
        };
        check("", "");
        check("sub_account:1;tag.team:", "?f=sub_account:1;tag.team:");
        check("service:S3;x_operation:PutObject", "?f=service:S3&out=x_operation");
        check("charge_category!:Tax", "?out=charge_category");
        check("publisher:AWS;x_operation:a;region:b;publisher!:x", "?f=region:b&out=publisher,x_operation");
        check("region:b;x_operation:a|region:b;x_operation:c", "?f=region:b&out=x_operation");
        check("region:b|x_operation:c", "?out=x_operation");
        let view = View {
            left_out: vec![shared::ChargeCategory::Tax],
            filter: "charge_category!:Credit;service:S3".to_owned(),
            sort: "-previous".to_owned(),
            range: shared::view::Range::MonthToDate,
            cost: shared::view::Cost::Effective,
            ..View::default()
        };
        assert_eq!(into_resources(&view), "?r=mtd&f=service:S3&m=effective&out=charge_category");
    }

    #[test]
    fn crumbs_lead_back_step_by_step() {
        let view = View {
            filter: "sub_account:1;service!:Tax;region:us-east-1".to_owned(),
            group_by: vec!["service".to_owned()],
            ..View::default()
        };
        let crumbs = crumbs(&view);
        let shown: Vec<(&str, &str, &str)> = crumbs
            .iter()
            .map(|(_, value, view)| {
                (value.as_str(), view.filter.as_str(), view.group_by.first().unwrap().as_str())
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("1", "sub_account:1", "region"),
                ("us-east-1", "sub_account:1;service!:Tax;region:us-east-1", "service")
            ]
        );
        assert!(super::crumbs(&View::default()).is_empty());
    }
}
