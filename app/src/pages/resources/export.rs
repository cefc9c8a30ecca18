//! Every matching resource as CSV, fetched page by page.

use std::collections::BTreeMap;

use shared::WorkspaceId;
use shared::api::{ResourcePage, ResourceQuery};
use shared::view::Cost;

use crate::api::{self, Answer};
use crate::format::money;
use crate::pages::costs::csv::cell;

/// Pages fetched for one file: 10,000 resources, the dearest first.
const MOST: u32 = 100;

/// What was fetched.
pub struct Found {
    pages: Vec<ResourcePage>,
    matches: u64,
}

impl Found {
    fn rows(&self) -> u64 {
        self.pages.iter().map(|page| page.rows.len() as u64).sum()
    }

    /// What the file holds, to be told.
    pub fn words(&self) -> String {
        if self.rows() < self.matches {
            format!(
                "CSV saved: the first {} of {} resources",
                money::count(self.rows()),
                money::count(self.matches)
            )
        } else {
            format!("CSV saved: {} resources", money::count(self.rows()))
        }
    }
}

/// Fetches page after page, until there is no more.
pub async fn fetch(workspace: &WorkspaceId, asked: ResourceQuery) -> Answer<Found> {
    let mut pages = Vec::new();
    let mut matches = 0;
    for page in 1..=MOST {
        let found = api::fetch_resources(workspace, &ResourceQuery { page, ..asked.clone() }).await?;
        let is_last = found.rows.is_empty() || u64::from(page) * 100 >= found.matches;
        matches = found.matches;
        pages.push(found);
        if is_last {
            break;
        }
    }
    Ok(Found { pages, matches })
}

/// A line for each resource (RFC 4180), its cost exactly.
pub fn of(found: &Found, names: &BTreeMap<String, String>, metric: Cost) -> String {
    let mut text = format!(
        "resource,name,service,sub_account,sub_account_name,region,tags,{}_cost,previous_cost,currency,first_day,last_day,source\r\n",
        metric.word()
    );
    for page in &found.pages {
        let status = if page.is_final { "final" } else { "estimated" };
        let source = format!("Report, through {} UTC, {status}", super::rows::through(page));
        for row in &page.rows {
            let tags: Vec<String> = row.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let cells = [
                cell(&row.resource),
                cell(row.name.as_deref().unwrap_or_default()),
                cell(&row.service),
                cell(&row.sub_account),
                cell(names.get(&row.sub_account).map(String::as_str).unwrap_or_default()),
                cell(&row.region),
                cell(&tags.join("; ")),
                row.cost.to_string(),
                row.previous_cost.map(|cost| cost.to_string()).unwrap_or_default(),
                page.currency.to_string(),
                page.range.start.to_string(),
                page.range.end.plus(-1).to_string(),
                cell(&source),
            ];
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
    }
    text
}
