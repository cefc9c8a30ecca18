//! What a resource comes to in a range, summed up over the months it stands in.

use std::collections::BTreeMap;
use std::rc::Rc;

use cube::resources::{Directory, Row};
use shared::api::ResourceRow;
use shared::{Day, Money};

use super::question::Question;

/// A resource, summed up.
#[derive(Clone, Debug)]
pub struct Sum {
    /// Whose.
    pub sub_account: Rc<str>,
    /// Which.
    pub resource: Rc<str>,
    service: Rc<str>,
    region: Rc<str>,
    tags: BTreeMap<String, Rc<str>>,
    /// In the range.
    pub cost: Money,
    /// In the days before.
    pub previous: Money,
    first: Day,
    last: Day,
}

impl Sum {
    /// What a row comes to; nothing where no part of it is admitted.
    pub fn of(row: &Row, directory: &Directory, question: &Question) -> Option<Self> {
        let mut sum: Option<Self> = None;
        for part in &row.parts {
            if !part.is_admitted(row, &question.filter, &directory.tags) {
                continue;
            }
            let day = |place: u16| directory.days.start.plus(i32::from(place));
            let (Some(first), Some(last)) = (part.cells.first(), part.cells.last()) else { continue };
            let (first, last) = (day(first.day), day(last.day));
            let sum = sum.get_or_insert_with(|| Self {
                sub_account: Rc::clone(&row.sub_account),
                resource: Rc::clone(&row.resource),
                service: Rc::clone(&part.service),
                region: Rc::clone(&part.region),
                tags: BTreeMap::new(),
                cost: Money::ZERO,
                previous: Money::ZERO,
                first,
                last,
            });
            sum.first = sum.first.min(first);
            sum.last = sum.last.max(last);
            for (key, value) in directory.tags.iter().zip(&part.tags) {
                if !value.is_empty() {
                    sum.tags.insert(key.clone(), Rc::clone(value));
                }
            }
            for cell in &part.cells {
                let (day, cost) = (day(cell.day), Money::from_units(cell.figure(question.metric)));
                if question.range.contains(day) {
                    sum.cost += cost;
                } else if question.previous.contains(day) {
                    sum.previous += cost;
                }
            }
        }
        sum
    }

    /// Adds what the same resource comes to in a later month.
    pub fn absorb(&mut self, later: Self) {
        self.cost += later.cost;
        self.previous += later.previous;
        self.first = self.first.min(later.first);
        self.last = self.last.max(later.last);
        self.tags.extend(later.tags);
    }

    /// Whether it is what is searched for.
    pub fn matches(&self, question: &Question) -> bool {
        let search = question.search.as_str();
        let has =
            |(key, value): (&String, &Rc<str>)| format!("{key}={value}").to_lowercase().contains(search);
        (!question.untagged || self.tags.is_empty())
            && (search.is_empty()
                || self.resource.to_lowercase().contains(search)
                || self.tags.iter().any(has))
    }

    /// As it travels.
    pub fn into_row(self, has_previous: bool) -> ResourceRow {
        let tags: BTreeMap<String, String> =
            self.tags.into_iter().map(|(key, value)| (key, value.to_string())).collect();
        ResourceRow {
            name: tags.get("Name").cloned(),
            resource: self.resource.to_string(),
            service: self.service.to_string(),
            sub_account: self.sub_account.to_string(),
            region: self.region.to_string(),
            tags,
            cost: self.cost,
            previous_cost: has_previous.then_some(self.previous),
            first_seen: self.first,
            last_seen: self.last,
        }
    }
}
