//! Figures of a workspace: the index, the blobs a question needs, fetched once and kept, and questions to them.

use std::collections::BTreeSet;

use cube::{Answer, CubeSet, Dimension, Query};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{BlobKind, DataIndex, PeriodIndex, Source, complete_until};
use shared::date_words::short_day;
use shared::{Currency, Day, DayRange, Money, WorkspaceId};

use crate::api::{self, ApiError};
use crate::format::{money, time};
use crate::pages::costs::empty_words;
use crate::widgets::Direction;

/// What is held on this page, shared by its panels.
#[derive(Clone, Copy)]
pub struct Figures {
    id: StoredValue<WorkspaceId>,
    /// The index, once it is there.
    pub index: RwSignal<Option<DataIndex>>,
    /// Why it is not.
    pub trouble: RwSignal<Option<ApiError>>,
    set: StoredValue<Option<CubeSet>>,
    held: StoredValue<BTreeSet<String>>,
    coming: StoredValue<BTreeSet<String>>,
    /// Raised whenever a blob arrived.
    pub version: RwSignal<u32>,
}

impl Figures {
    /// Loads the index.
    pub fn load(id: WorkspaceId) -> Self {
        let figures = Self {
            id: StoredValue::new(id),
            index: RwSignal::new(None),
            trouble: RwSignal::new(None),
            set: StoredValue::new(None),
            held: StoredValue::new(BTreeSet::new()),
            coming: StoredValue::new(BTreeSet::new()),
            version: RwSignal::new(0),
        };
        figures.reload();
        figures
    }

    /// Loads the index again: something newer may be there.
    pub fn reload(self) {
        let Some(id) = self.id.try_get_value() else { return };
        spawn_local(async move {
            match api::fetch_data(&id).await {
                Ok(index) => {
                    self.set.try_set_value(Some(CubeSet::new(index.periods.clone())));
                    self.held.try_set_value(BTreeSet::new());
                    self.coming.try_set_value(BTreeSet::new());
                    self.trouble.try_set(None);
                    self.index.try_set(Some(index));
                    self.version.try_update(|version| *version += 1);
                }
                Err(error) => _ = self.trouble.try_set(Some(error)),
            }
        });
    }

    /// Asks what is held. What the question needs and is not held yet is fetched; then this asks again by itself.
    pub fn ask(self, query: &Query) -> Asked {
        self.version.track();
        let Some(index) = self.index.get() else { return Asked::Loading };
        let wanted = wanted(&index, query);
        let missing: Vec<String> = self
            .held
            .with_value(|held| wanted.iter().filter(|hash| !held.contains(*hash)).cloned().collect());
        if !missing.is_empty() {
            self.fetch(missing);
            return Asked::Loading;
        }
        self.set.with_value(|set| match set.as_ref().map(|set| set.query(query)) {
            Some(Ok(answer)) => Asked::Answer(Box::new(answer)),
            Some(Err(error)) => Asked::Unanswerable(error),
            None => Asked::Loading,
        })
    }

    /// As `ask`; where only the compared days cannot be answered, the answer comes without them.
    pub fn ask_comparing(self, query: &Query) -> Asked {
        match self.ask(query) {
            Asked::Unanswerable(_) if query.compare.is_some() => {
                self.ask(&Query { compare: None, ..query.clone() })
            }
            asked => asked,
        }
    }

    fn fetch(self, hashes: Vec<String>) {
        let fresh: Vec<String> = hashes
            .into_iter()
            .filter(|hash| self.coming.try_update_value(|coming| coming.insert(hash.clone())) == Some(true))
            .collect();
        if fresh.is_empty() {
            return;
        }
        let Some(id) = self.id.try_get_value() else { return };
        spawn_local(async move {
            for hash in fresh {
                match api::fetch_blob(&id, &hash).await.map(|bytes| cube::blob::decode(&bytes)) {
                    Ok(Ok(cube)) => {
                        self.set.try_update_value(|set| {
                            if let Some(set) = set {
                                set.push(cube);
                            }
                        });
                    }
                    Ok(Err(error)) => _ = self.trouble.try_set(Some(ApiError::Contract(error.to_string()))),
                    Err(error) => _ = self.trouble.try_set(Some(error)),
                }
                self.held.try_update_value(|held| held.insert(hash));
            }
            self.version.try_update(|version| *version += 1);
        });
    }

    /// The edge's day.
    pub fn today(self) -> Option<Day> {
        self.index.with(|index| index.as_ref().map(|index| index.today))
    }

    /// The currency figures are shown in: the first one there is.
    pub fn currency(self) -> Currency {
        self.index.with(|index| {
            index.as_ref().and_then(|index| index.blobs.first()).map_or(Currency::USD, |blob| blob.currency)
        })
    }

    /// A value as people know it: sub-accounts by name.
    pub fn label(self, dimension: &str, value: &str) -> String {
        if value.is_empty() {
            return empty_words(dimension);
        }
        if dimension == "sub_account" {
            let named = self
                .index
                .with(|index| index.as_ref().and_then(|index| index.account_names.get(value).cloned()));
            return named.unwrap_or_else(|| value.to_owned());
        }
        value.to_owned()
    }

    /// The day after the last complete one within a range; its end where nothing is known.
    pub fn complete_until(self, range: DayRange) -> Day {
        self.index.with(|index| {
            let until = index.as_ref().and_then(|index| complete_until(&index.periods, range));
            until.unwrap_or(range.end)
        })
    }

    /// Whether the report answers all of these days.
    pub fn has_report(self, range: DayRange) -> bool {
        self.index.with(|index| {
            let periods = index.as_ref().map(|index| index.periods.as_slice()).unwrap_or_default();
            let answers =
                |period| periods.iter().any(|known| known.period == period && known.source == Source::Report);
            range.periods().into_iter().all(answers)
        })
    }

    /// Whether some of these days are delivered but still fill up.
    pub fn is_filling(self, days: DayRange) -> bool {
        self.index.with_untracked(|index| {
            let mut own = index.iter().flat_map(|index| &index.periods);
            own.any(|known| {
                let filling = DayRange::new(known.complete_until, known.known_until);
                !filling.intersect(known.period.days()).intersect(days).is_empty()
            })
        })
    }

    /// Values of a dimension in what is held.
    pub fn values(self, dimension: &Dimension) -> Vec<String> {
        self.version.track();
        self.set.with_value(|set| set.as_ref().map(|set| set.values(dimension)).unwrap_or_default())
    }
}

/// What asking came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// Blobs are on their way.
    Loading,
    /// The answer.
    Answer(Box<Answer>),
    /// Nothing held can answer it.
    Unanswerable(cube::Unanswerable),
}

/// Blobs that may answer a question: those of its months and source that know its dimensions; the smallest first.
fn wanted(index: &DataIndex, query: &Query) -> Vec<String> {
    let mut needed: BTreeSet<String> = query.group_by.iter().map(ToString::to_string).collect();
    needed.extend(query.filter.any_of.iter().flatten().map(|token| token.dimension.to_string()));
    if !query.leave_out.is_empty() {
        needed.insert("charge_category".to_owned());
    }
    let ranges: Vec<DayRange> = std::iter::once(query.range).chain(query.compare).collect();
    let mut wanted = BTreeSet::new();
    for period in ranges.iter().flat_map(|range| range.periods()) {
        let Some(found) = index.periods.iter().find(|known| known.period == period) else { continue };
        let fitting = index.blobs.iter().filter(|blob| {
            blob.source == found.source
                && blob.currency == query.currency
                && !blob.days.intersect(period.days()).is_empty()
                && needed.iter().all(|name| blob.dimensions.contains(name))
        });
        // Daily cells answer more than monthly ones; an overview answers what it can, being small.
        let best = fitting.min_by_key(|blob| (blob.monthly, blob.kind != BlobKind::Overview, blob.bytes));
        wanted.extend(best.map(|blob| blob.hash.clone()));
        let fitting_monthly = index.blobs.iter().filter(|blob| {
            blob.monthly
                && blob.source == found.source
                && blob.currency == query.currency
                && !blob.days.intersect(period.days()).is_empty()
                && needed.iter().all(|name| blob.dimensions.contains(name))
        });
        wanted.extend(fitting_monthly.min_by_key(|blob| blob.bytes).map(|blob| blob.hash.clone()));
    }
    wanted.into_iter().collect()
}

/// A plain question: one range, some groups.
pub fn question(
    range: DayRange,
    group_by: &[Dimension],
    currency: Currency,
    compare: Option<DayRange>,
) -> Query {
    Query { group_by: group_by.to_vec(), compare, ..Query::whole(range, currency) }
}

/// Where a period's figures come from, how far they reach, whether they are final.
pub fn source_words(periods: &[PeriodIndex], range: DayRange, now: shared::Timestamp) -> (String, bool) {
    let own: Vec<&PeriodIndex> =
        periods.iter().filter(|known| !known.period.days().intersect(range).is_empty()).collect();
    let (Some(first), Some(last)) = (own.first(), own.last()) else {
        return ("No figures yet".to_owned(), true);
    };
    let mut sources: Vec<Source> = own.iter().map(|known| known.source).collect();
    sources.dedup();
    let names: Vec<&str> = sources
        .iter()
        .map(|source| match source {
            Source::CostExplorer => "Cost Explorer",
            Source::Report => "Report",
        })
        .collect();
    let is_final = own.iter().all(|known| known.is_final);
    let until = complete_until(periods, range).unwrap_or(range.end);
    let through = short_day(until.min(range.end).plus(-1));
    // Before the first month that is held nothing is known, and nothing is counted.
    let from = Some(first.period.first_day()).filter(|held| *held > range.start);
    let from = from.map(|day| format!("from {} ", short_day(day))).unwrap_or_default();
    let status = if is_final { "final" } else { "estimated" };
    let mut words = format!("{} · {from}through {through} UTC · {status}", names.join(" and "));
    if last.source == Source::CostExplorer {
        words.push_str(&fetched(last.as_of, now));
    }
    (words, !is_final)
}

/// The same of what Cost Explorer was asked besides: how far it reaches, and when that was.
pub fn asked_words(through: Day, at: shared::Timestamp, now: shared::Timestamp) -> String {
    format!("Cost Explorer · through {} UTC · estimated{}", short_day(through), fetched(at, now))
}

fn fetched(at: shared::Timestamp, now: shared::Timestamp) -> String {
    format!(" · fetched {}", time::ago(at, now))
}

/// A change in words: direction, amount, percent.
pub fn change(now: Money, before: Money) -> (Direction, String, String) {
    let delta = now - before;
    let direction = match delta.rounded(2).units() {
        0 => Direction::Flat,
        units if units > 0 => Direction::Rise,
        _ => Direction::Fall,
    };
    let percent = if before.is_zero() {
        if now.is_zero() { String::new() } else { "new".to_owned() }
    } else {
        let share = delta.to_f64() / before.to_f64().abs() * 100.0;
        let sign = if share < 0.0 { "−" } else { "+" };
        format!("({sign}{:.0} %)", share.abs())
    };
    (direction, money::signed_dollars(delta), percent)
}
