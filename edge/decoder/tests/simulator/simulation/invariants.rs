//! What must hold in a world: after every step, and in the end.

use std::collections::{BTreeMap, BTreeSet};

use cube::blob::BlobError;
use cube::resources::{Block, Directory};
use cube::{Cube, Dimension, Metric};
use engine::connection::record;
use engine::ingest;
use engine::ports::BlobKey;
use shared::api::{BlobKind, BlobRef, ConnectionState};
use shared::{BillingPeriod, Currency, Money};

use super::{Simulation, WORKSPACE};
use crate::reports::Sums;

/// Hashes of a month's cubes, by its manifest.
type Hashes = BTreeMap<String, BTreeSet<String>>;

impl Simulation {
    /// What must hold after every step.
    pub(super) fn check(&mut self) -> Result<(), String> {
        if let Some(words) = self.town.broken.borrow().first() {
            return Err(words.clone());
        }
        let changes = self.machine.kept.changes.get();
        if changes == self.seen || self.is_erasing {
            return Ok(());
        }
        self.seen = changes;
        for (period, held) in
            ingest::periods(&**self.machine.object()).map_err(|error| format!("{error:?}"))?
        {
            for month in held.committed.iter().chain(&held.previous) {
                for blob in month.cubes.iter().chain(&month.resources) {
                    if !self.machine.kept.blobs.held.borrow().contains_key(&key_of(blob)) {
                        return Err(format!("a cube of {period} is gone: {}", blob.hash));
                    }
                }
            }
            if let Some(work) = &held.work {
                let parts =
                    ingest::parts(&**self.machine.object(), period).map_err(|error| format!("{error:?}"))?;
                let open = parts.iter().filter(|part| part.partial.is_none()).count();
                if (Some(open as u32), parts.len() as u32) != (work.open, work.parts) {
                    return Err(format!("{open} of {} parts are open, not {work:?}", parts.len()));
                }
            }
            let (Some(month), previous) = (held.committed, held.previous) else { continue };
            let name = (period, month.manifest.clone(), month.committed_at);
            if self.verified.contains(&name) {
                continue;
            }
            self.verify(period, &month)?;
            let before = self.standing.insert(period, month.manifest.clone());
            self.verify_change(period, &month, previous, before)?;
            self.town.stats.borrow_mut().commits += 1;
            self.verified.insert(name);
        }
        Ok(())
    }

    /// I1 and I2: a committed month is one delivery, to the last unit, in each of its cubes.
    fn verify(&self, period: BillingPeriod, month: &ingest::Month) -> Result<(), String> {
        let delivery = self
            .plan
            .deliveries
            .get(&month.manifest)
            .filter(|delivery| delivery.period == period)
            .ok_or_else(|| format!("I1: {period} is committed by no manifest of its own"))?;
        let sums = delivery.sums();
        let wrong = |what: &str, found: String, expect: String| {
            Err(format!("I1, I2: {what} of {period} {}: {found}, not {expect}", month.manifest))
        };
        if month.receipt.rows != sums.rows {
            return wrong("rows", month.receipt.rows.to_string(), sums.rows.to_string());
        }
        let totals: BTreeMap<_, _> =
            month.receipt.totals.iter().map(|total| (total.currency, total.billed_cost)).collect();
        if totals != sums.currencies {
            return wrong("totals", format!("{totals:?}"), format!("{:?}", sums.currencies));
        }
        let effective: BTreeMap<_, _> =
            month.receipt.totals.iter().map(|total| (total.currency, total.effective_cost)).collect();
        if effective != sums.effective {
            return wrong("effective totals", format!("{effective:?}"), format!("{:?}", sums.effective));
        }
        let kinds: [(&str, BlobKind); 3] = [
            ("overview", BlobKind::Overview),
            ("detail", BlobKind::Detail),
            ("resources", BlobKind::Resources),
        ];
        for (kind, wanted) in kinds {
            let mut found = Sums { rows: sums.rows, unknown: month.receipt.unknown, ..Sums::default() };
            for blob in month.cubes.iter().chain(&month.resources).filter(|blob| blob.kind == wanted) {
                let bytes = self.blob(&blob.hash);
                let outcome = if wanted == BlobKind::Resources {
                    Directory::decode(&bytes).and_then(|directory| self.add_resources(&mut found, &directory))
                } else {
                    cube::blob::decode(&bytes).map(|cube| add(&mut found, &cube))
                };
                outcome.map_err(|error| error.to_string())?;
            }
            // What comes to nothing need not stand anywhere.
            let mut expect = sums.clone();
            for sums in [&mut found, &mut expect] {
                sums.currencies.retain(|_, cost| !cost.is_zero());
                sums.effective.retain(|_, cost| !cost.is_zero());
                sums.services.retain(|_, cost| !cost.is_zero());
                sums.days.retain(|_, cost| !cost.is_zero());
            }
            if found != expect {
                return wrong(kind, format!("{found:?}"), format!("{expect:?}"));
            }
        }
        Ok(())
    }

    fn blob(&self, hash: &str) -> bytes::Bytes {
        let key = BlobKey(format!("{WORKSPACE}/cube/{hash}"));
        self.machine.kept.blobs.held.borrow().get(&key).cloned().unwrap()
    }

    /// Every row of a shelf.
    fn add_resources(&self, sums: &mut Sums, directory: &Directory) -> Result<(), BlobError> {
        let groups = [&directory.named, &directory.nameless, &directory.other];
        for at in groups.iter().flat_map(|group| &group.blocks) {
            let shard = self.blob(&directory.shards[at.shard as usize]);
            let mut block = Block::open(&shard[at.offset as usize..][..at.length as usize])?;
            while let Some(row) = block.next_row()? {
                for part in &row.parts {
                    for cell in &part.cells {
                        let (cost, day) =
                            (Money::from_units(cell.billed), directory.days.start.plus(i32::from(cell.day)));
                        *sums.currencies.entry(directory.currency).or_default() += cost;
                        *sums.effective.entry(directory.currency).or_default() +=
                            Money::from_units(cell.effective);
                        let service = (directory.currency, part.service.to_string());
                        *sums.services.entry(service).or_default() += cost;
                        *sums.days.entry((directory.currency, day)).or_default() += cost;
                    }
                }
            }
        }
        Ok(())
    }

    /// I4 and I5: S3 said once more that the delivery is the one there is; what stood before it is kept, and the change by
    /// currency is told.
    fn verify_change(
        &self,
        period: BillingPeriod,
        month: &ingest::Month,
        previous: Option<ingest::Month>,
        before: Option<String>,
    ) -> Result<(), String> {
        if !self.town.bucket.borrow().confirmed.contains(&month.manifest) {
            return Err(format!("I4: {period} {} was committed without a second look", month.manifest));
        }
        if previous.map(|month| month.manifest) != before {
            return Err(format!("I5: of {period} {before:?}, which stood before, is not kept"));
        }
        let sums = |manifest: &String| self.plan.deliveries[manifest].sums().currencies;
        let (old, new) = (before.as_ref().map(sums), sums(&month.manifest));
        let of = |sums: &BTreeMap<Currency, Money>, currency: &Currency| {
            sums.get(currency).copied().unwrap_or_default()
        };
        let expect: Vec<(Currency, Money, Money)> = old.map_or_else(Vec::new, |old| {
            let currencies: BTreeSet<&Currency> = old.keys().chain(new.keys()).collect();
            let change = |currency: &Currency| (*currency, of(&old, currency), of(&new, currency));
            currencies.into_iter().map(change).collect()
        });
        let found: Vec<(Currency, Money, Money)> =
            month.changes.iter().map(|change| (change.currency, change.before, change.after)).collect();
        if found == expect {
            Ok(())
        } else {
            Err(format!("I5: the change of {period} is {found:?}, not {expect:?}"))
        }
    }

    /// Whether every month stands where its last delivery leaves it.
    pub(super) fn rests(&self) -> bool {
        if self.plan.ends || !self.machine.is_idle() || self.machine.has_messages() {
            return false;
        }
        let held: BTreeMap<_, _> = ingest::periods(&**self.machine.object()).unwrap().into_iter().collect();
        self.plan.last.iter().all(|(period, manifest)| {
            let Some(record) = held.get(period) else { return false };
            let committed = record.committed.as_ref().map(|month| &month.manifest);
            let is_refused = record.refused_manifest.as_ref() == Some(manifest);
            record.work.is_none()
                && if self.plan.deliveries[manifest].is_bad() {
                    is_refused
                } else {
                    committed == Some(manifest)
                }
        })
    }

    /// What must hold in the end.
    pub(super) fn at_rest(&self) -> Result<(), String> {
        let records = self.machine.kept.records.records.borrow().len();
        let blobs: Vec<String> =
            self.machine.kept.blobs.held.borrow().keys().map(|key| key.0.clone()).collect();
        if self.is_purged {
            return match (records, blobs.len()) {
                (0, 0) => Ok(()),
                _ => Err(format!("a purge left {records} records and {blobs:?}")),
            };
        }
        let object = &**self.machine.object();
        let connection = record::find(object).unwrap().unwrap();
        if let Some(ending) = &connection.ending {
            if connection.state != ConnectionState::Disconnected {
                return Err(format!("the connection stands at {:?}", connection.state));
            }
            if !ending.keeps_figures && !blobs.is_empty() {
                return Err(format!("figures that shall go are there: {blobs:?}"));
            }
            return Ok(());
        }
        if self.plan.ends {
            let is_broken = connection.state == ConnectionState::Broken;
            return if is_broken {
                Ok(())
            } else {
                Err(format!("a role that is gone: {:?}", connection.state))
            };
        }
        let hashes = self.hashes();
        if !hashes.is_empty() && connection.state != ConnectionState::Live {
            return Err(format!("I8: the connection stands at {:?}", connection.state));
        }
        let policies = &self.town.bucket.borrow().policies;
        if policies.iter().any(|policy| !policy.contains("report/daily/*") || policy.contains("Put")) {
            return Err(format!("a session may do more than read the report: {policies:?}"));
        }
        Ok(())
    }

    /// I3: read again from nothing, the bucket gives the same bytes.
    pub(super) fn reads_the_same_again(&self) -> Result<(), String> {
        let mut again = self.again();
        again.run().map_err(|words| format!("I3, the second reading: {words}"))?;
        let (first, second) = (self.hashes(), again.hashes());
        for (manifest, hashes) in &second {
            if first.get(manifest).is_some_and(|before| before != hashes) {
                return Err(format!("I3: {manifest:?} came to other bytes when it was read again"));
            }
        }
        Ok(())
    }

    /// Hashes of every cube of every committed month, by its manifest.
    fn hashes(&self) -> Hashes {
        let months = ingest::months(&**self.machine.object()).unwrap().into_values();
        let hashes = |month: ingest::Month| {
            let blobs = month.cubes.into_iter().chain(month.resources);
            (month.manifest, blobs.map(|blob| blob.hash).collect())
        };
        months.map(hashes).collect()
    }

    pub(super) fn state(&self) -> String {
        let all = ingest::periods(&**self.machine.object()).unwrap();
        format!("{} {all:?} {:?}", self.town.now(), self.machine.kept.queue.borrow())
    }
}

fn add(sums: &mut Sums, cube: &Cube) {
    let currency = cube.header().currency;
    let service = cube.find_column(&Dimension::Service).unwrap();
    let billed = cube.find_figures(Metric::BilledCost).unwrap();
    let effective = cube.find_figures(Metric::EffectiveCost).unwrap();
    for tuple in 0..cube.tuples() {
        let name = &service.dictionary[service.codes[tuple] as usize];
        for cell in cube.cells_of(tuple) {
            let cost = Money::from_units(billed.at(cell));
            *sums.currencies.entry(currency).or_default() += cost;
            *sums.effective.entry(currency).or_default() += Money::from_units(effective.at(cell));
            *sums.services.entry((currency, name.clone())).or_default() += cost;
            *sums.days.entry((currency, cube.day_of(cell))).or_default() += cost;
        }
    }
}

fn key_of(blob: &BlobRef) -> BlobKey {
    BlobKey(format!("{WORKSPACE}/cube/{}", blob.hash))
}
