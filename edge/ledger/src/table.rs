//! Totals for people: a table as wide as its longest names.

use crate::groups::{Costs, Totals};

/// Letters of a column of names, at most.
const WIDEST: usize = 60;

/// The totals as lines of text.
pub fn table(totals: &Totals, group_by: &[String]) -> String {
    let mut text = format!("{} rows", totals.rows);
    for part in [&totals.billing_period, &totals.currency].into_iter().filter(|part| !part.is_empty()) {
        text.push_str(", ");
        text.push_str(&part.replace(',', ", "));
    }
    text.push_str("\n\n");
    let several = totals.totals.len() > 1;
    let mut lines: Vec<Vec<String>> = Vec::new();
    let cells = |names: &[String], currency: &str, costs: [String; 2]| {
        let mut cells = names.to_vec();
        cells.extend(several.then(|| currency.to_owned()));
        cells.extend(costs);
        cells
    };
    let heads = ["billed cost", "effective cost"].map(str::to_owned);
    lines.push(cells(group_by, "currency", heads));
    for group in &totals.groups {
        lines.push(cells(&group.key, group.currency.as_deref().unwrap_or_default(), amounts(&group.costs)));
    }
    for (currency, costs) in &totals.totals {
        let mut names = vec![String::new(); group_by.len()];
        if let Some(first) = names.first_mut() {
            *first = "total".to_owned();
        }
        lines.push(cells(&names, currency, amounts(costs)));
    }
    push_aligned(&mut text, &lines);
    let rejected = &totals.rejected;
    let mut note = |count: u64, words: &str| {
        if count > 0 {
            text.push_str(&format!("{count} rows {words}\n"));
        }
    };
    note(rejected.rows, "were set aside: a cost in them is no number, or they have no start");
    note(rejected.left_out, "were left out: split cost allocation repeats cost that stands elsewhere");
    for file in &rejected.files {
        text.push_str(&format!("not read: {}: {}\n", file.file, file.reason));
    }
    text
}

fn amounts(costs: &Costs) -> [String; 2] {
    [costs.billed_cost, costs.effective_cost].map(|cost| {
        let text = cost.rounded(4).to_string();
        let (whole, places) = text.split_once('.').unwrap_or((&text, ""));
        format!("{whole}.{places:0<4}")
    })
}

/// Names to the left, the two amounts at the end of each line to the right.
fn push_aligned(text: &mut String, lines: &[Vec<String>]) {
    let columns = lines.first().map_or(0, Vec::len);
    let width_of = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0).min(WIDEST)
    };
    let widths: Vec<usize> = (0..columns).map(width_of).collect();
    for line in lines {
        let mut row = String::new();
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let cell = shown(cell);
            if column.saturating_add(2) >= columns {
                row.push_str(&format!("{cell:>width$}  "));
            } else {
                row.push_str(&format!("{cell:<width$}  "));
            }
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
}

/// One line, and of a long name its beginning and its end, where ARNs differ.
fn shown(cell: &str) -> String {
    let letters: Vec<char> =
        cell.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if letters.len() <= WIDEST {
        return letters.into_iter().collect();
    }
    let half = WIDEST / 2;
    let (head, tail) = (letters.iter().take(half), letters.iter().skip(letters.len() + 1 - half));
    head.chain(&['…']).chain(tail).collect()
}
