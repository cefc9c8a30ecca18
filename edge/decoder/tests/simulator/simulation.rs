//! One world, from its seed to its rest, and what must hold in it after every step.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::rc::Rc;

use cube::blob::BlobError;
use cube::resources::{Block, Directory};
use cube::{Cube, Dimension, Metric};
use decoder::world::Limits;
use engine::connection::{Connection, ReportRef, record};
use engine::identity::memory::MovableClock;
use engine::ingest;
use engine::ports::{BlobKey, Table, WorkspaceStore};
use engine::workspace::{self, Call, jobs, purge, records};
use serde_json::json;
use shared::api::{AccessLevel, BlobKind, BlobRef, ConnectionState, Grant, LinkChoice, ReportChoice};
use shared::route::Route;
use shared::{BillingPeriod, Money, Region, Timestamp};

use crate::bucket::{ACCOUNT, Bucket, EXTERNAL_ID};
use crate::dice::Dice;
use crate::machine::Machine;
use crate::plan::{self, Act, Plan};
use crate::reports::{BUCKET, Sums};
use crate::town::{Rates, Stats, Town};

/// Steps a world may take until it rests.
const STEPS: u64 = 60_000;
/// Days after the last act in which it must rest: the longest rest of a delivery is a day, eight times.
const DAYS: i64 = 12;
const START: &str = "2026-11-23T09:00:00Z";
const WORKSPACE: &str = "8f2c61d0-5b7e-4c19-a3f4-000000000000";

/// A world under way.
pub struct Simulation {
    machine: Machine,
    town: Rc<Town>,
    plan: Plan,
    acts: VecDeque<(Timestamp, Act)>,
    /// Changes that were looked at.
    seen: u64,
    /// Commits that were found right, by month and manifest.
    verified: BTreeSet<(BillingPeriod, String, Timestamp)>,
    is_purged: bool,
    /// Whether figures are being erased: blobs go first, then the rows that name them.
    is_erasing: bool,
}

/// Hashes of a month's cubes, by its manifest.
type Hashes = BTreeMap<String, BTreeSet<String>>;

impl Simulation {
    /// The world of a seed.
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let plan = plan::of(&mut dice, START.parse().unwrap());
        let often = |dice: &mut Dice, most: i64| dice.within(0, most) as u64;
        // A third of the worlds know few faults, so that rare ones meet whole deliveries.
        let most = if dice.permille(333) { 3 } else { 25 };
        let rates = Rates {
            crash: often(&mut dice, most),
            doubled: often(&mut dice, 4 * most),
            lost: often(&mut dice, most),
            refused: often(&mut dice, 4 * most),
            silent: often(&mut dice, most),
            cut: often(&mut dice, 2 * most),
            slow: often(&mut dice, 2 * most),
            expired: often(&mut dice, most),
            down: often(&mut dice, most),
        };
        let part = *dice.pick(&[u64::MAX, 600, 2_000]);
        let limits = Limits { part, ..Limits::default() };
        Self::begin(plan, dice, rates, None, limits, Bucket::default(), START.parse().unwrap())
    }

    /// Two deliveries in which one process ends at an effect, before or after it.
    pub fn with_fuse(fuse: Option<(u64, bool)>) -> Self {
        let start = START.parse().unwrap();
        let limits = Limits { part: 600, ..Limits::default() };
        let (plan, dice) = (plan::plain(start), Dice::new(11));
        Self::begin(
            plan,
            dice,
            Rates::default(),
            Some(fuse.unwrap_or((u64::MAX, false))),
            limits,
            Bucket::default(),
            start,
        )
    }

    /// An empty bucket, and nothing that fails by itself.
    pub fn quiet() -> Self {
        let start = START.parse().unwrap();
        let limits = Limits::default();
        Self::begin(Plan::default(), Dice::new(5), Rates::default(), None, limits, Bucket::default(), start)
    }

    /// AWS delivers a month now; objects whose keys end so are left out. The tag of the manifest.
    pub fn deliver(&mut self, period: &str, content: &[plan::Content], left_out: &str) -> String {
        let version = self.plan.deliveries.len() as u64 + 1;
        let now = self.town.now();
        let creates_new = !left_out.is_empty();
        let delivery = plan::one(version, period.parse().unwrap(), now, content, creates_new);
        for (_, act) in delivery.acts {
            let Act::Put(key, bytes, poison) = act else { continue };
            if left_out.is_empty() || !key.ends_with(left_out) {
                self.town.bucket.borrow_mut().put(&key, bytes, poison, now);
            }
        }
        let (tag, delivery) = delivery.deliveries.into_iter().next().unwrap();
        self.plan.deliveries.insert(tag.clone(), delivery);
        tag
    }

    /// The shared world.
    pub fn town(&self) -> &Town {
        &self.town
    }

    /// The processes.
    pub fn machine(&mut self) -> &mut Machine {
        &mut self.machine
    }

    /// A delivery that was made.
    pub fn delivery(&self, tag: &str) -> &crate::reports::Delivery {
        &self.plan.deliveries[tag]
    }

    /// Takes so many steps, whatever they are.
    pub fn steps(&mut self, times: u64) {
        for _ in 0..times {
            self.machine.step();
            self.check().unwrap();
        }
    }

    /// Hours pass, and what is due in them is done.
    pub fn pass(&mut self, hours: i64) {
        let end = jobs::after_hours(self.town.now(), hours);
        loop {
            while self.machine.step() {
                self.check().unwrap();
            }
            let next = self.machine.next_due().filter(|next| *next <= end).unwrap_or(end);
            if next >= end && self.town.now() >= end {
                return;
            }
            self.town.pass((next.duration_since(self.town.now()).as_secs()).max(1));
        }
    }

    /// Asks a route of the workspace, while nothing else happens.
    pub fn call(&self, route: Route, body: serde_json::Value) -> serde_json::Value {
        let object = self.machine.object().clone();
        let call = Call {
            route,
            params: Vec::new(),
            query: String::new(),
            body: body.to_string().into_bytes().into(),
            email: "dana@example.com".to_owned(),
        };
        let mut running = Box::pin(async move { workspace::serve(&*object, &call).await });
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            if let std::task::Poll::Ready(reply) = running.as_mut().poll(&mut context) {
                return serde_json::from_slice(&reply.unwrap().body).unwrap();
            }
        }
    }

    /// Tags of the manifests that are committed.
    pub fn committed(&self) -> Vec<String> {
        ingest::months(&**self.machine.object()).unwrap().into_values().map(|month| month.manifest).collect()
    }

    /// Files that are named as not read, with the reasons.
    pub fn refused(&self) -> Vec<(String, String)> {
        let all = ingest::periods(&**self.machine.object()).unwrap();
        let files = all.into_iter().flat_map(|(_, record)| record.refused);
        files.map(|file| (file.key, file.reason)).collect()
    }

    /// Subjects of the letters that were sent.
    pub fn letters(&self) -> Vec<String> {
        self.machine.kept.mailer.sent.borrow().iter().map(|mail| mail.subject.clone()).collect()
    }

    /// The same bucket, read once more from nothing and without any fault.
    fn again(&self) -> Self {
        let mut bucket = Bucket::default();
        bucket.objects = self.town.bucket.borrow().objects.clone();
        let plan = Plan { acts: Vec::new(), ends: false, ..self.plan.clone() };
        let limits = Limits::default();
        Self::begin(plan, Dice::new(1), Rates::default(), None, limits, bucket, self.town.now())
    }

    fn begin(
        plan: Plan,
        dice: Dice,
        rates: Rates,
        fuse: Option<(u64, bool)>,
        limits: Limits,
        bucket: Bucket,
        now: Timestamp,
    ) -> Self {
        let town = Rc::new(Town {
            clock: Rc::new(MovableClock::at(now)),
            dice: RefCell::new(dice),
            rates: Cell::new(rates),
            stats: RefCell::default(),
            bucket: RefCell::new(bucket),
            fuse: Cell::new(fuse),
            ended_at: Cell::default(),
            broken: RefCell::default(),
        });
        let machine = Machine::new(WORKSPACE.parse().unwrap(), town.clone(), limits);
        let writes = [
            records::put(Table::Connection, "current", &connected(now)).unwrap(),
            jobs::due(jobs::Job::Report, now).unwrap(),
        ];
        machine.kept.records.commit(&writes).unwrap();
        if plan.acts.iter().any(|(_, act)| matches!(act, Act::RoleGone)) {
            // The daily look, which a role that is gone is told by.
            let look = jobs::due(jobs::Job::Inspect, jobs::after_hours(now, 24)).unwrap();
            machine.kept.records.commit(&[look]).unwrap();
        }
        let acts = plan.acts.iter().cloned().collect();
        Self {
            machine,
            town,
            plan,
            acts,
            seen: 0,
            verified: BTreeSet::new(),
            is_purged: false,
            is_erasing: false,
        }
    }

    /// Runs until everything rests, and reads it once more where that is wanted; what was counted, or what was broken.
    pub fn hold(mut self, is_read_again: bool) -> Result<Stats, String> {
        let stats = self.run()?;
        if is_read_again && !self.plan.ends {
            self.reads_the_same_again()?;
        }
        Ok(stats)
    }

    fn run(&mut self) -> Result<Stats, String> {
        let start = self.town.now();
        let last = self.plan.acts.last().map_or(start, |(at, _)| *at);
        let end = jobs::after_hours(last.max(start), DAYS * 24);
        for step in 0.. {
            self.town.stats.borrow_mut().steps += 1;
            self.act();
            let moved = self.machine.step();
            self.check()?;
            if moved {
                if step > STEPS {
                    return Err(format!("I8: no rest after {STEPS} steps: {}", self.state()));
                }
                continue;
            }
            if self.acts.is_empty() {
                // Nothing more happens: from here on nothing fails either.
                self.town.rates.set(Rates::default());
                if self.rests() {
                    break;
                }
            }
            let next = [self.machine.next_due(), self.acts.front().map(|(at, _)| *at)];
            let Some(next) = next.into_iter().flatten().min() else {
                if self.plan.ends || self.is_purged {
                    break;
                }
                return Err(format!("I8: nothing is due any more: {}", self.state()));
            };
            if next > end {
                if self.plan.ends {
                    break;
                }
                return Err(format!("I8: no rest after {DAYS} days: {}", self.state()));
            }
            let seconds = next.duration_since(self.town.now()).as_secs() + 1;
            self.town.pass(seconds.max(1));
        }
        self.at_rest()?;
        let mut stats = self.town.stats.borrow().clone();
        stats.days = self.town.now().duration_since(start).as_secs() / 86_400;
        Ok(stats)
    }

    /// What is due from outside.
    fn act(&mut self) {
        while let Some((at, _)) = self.acts.front()
            && *at <= self.town.now()
        {
            let Some((_, act)) = self.acts.pop_front() else { return };
            let now = self.town.now();
            match act {
                Act::Put(key, bytes, poison) => self.town.bucket.borrow_mut().put(&key, bytes, poison, now),
                Act::Deploy => self.machine.deploy(),
                Act::RoleGone => {
                    self.town.count("role deleted");
                    self.town.bucket.borrow_mut().is_role_gone = true;
                }
                Act::Disconnect(keeps) => {
                    self.town.count("disconnect");
                    self.is_erasing = !keeps;
                    self.town.ended_at.set(Some(now));
                    self.town.rates.set(Rates { crash: 0, ..self.town.rates.get() });
                    self.town.bucket.borrow_mut().is_role_gone = true;
                    self.machine.run(async move |object| {
                        let body = json!({ "keep_figures": keeps }).to_string().into_bytes().into();
                        let (route, email) = (Route::PostDisconnect, "dana@example.com".to_owned());
                        let call = Call { route, params: Vec::new(), query: String::new(), body, email };
                        workspace::serve(&*object, &call).await.map(|_| ())
                    });
                }
                Act::Purge => {
                    self.town.count("purge");
                    self.town.ended_at.set(Some(now));
                    self.town.rates.set(Rates { crash: 0, down: 0, ..self.town.rates.get() });
                    self.is_purged = true;
                    self.is_erasing = true;
                    self.machine.run(async |object| purge::everything(&*object).await);
                }
            }
        }
    }

    /// What must hold after every step.
    fn check(&mut self) -> Result<(), String> {
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
            let Some(month) = held.committed else { continue };
            let name = (period, month.manifest.clone(), month.committed_at);
            if self.verified.contains(&name) {
                continue;
            }
            self.verify(period, &month)?;
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
        let kinds: [(&str, BlobKind); 3] = [
            ("overview", BlobKind::Overview),
            ("detail", BlobKind::Detail),
            ("resources", BlobKind::Resources),
        ];
        for (kind, wanted) in kinds {
            let mut found = Sums { rows: sums.rows, ..Sums::default() };
            for blob in month.cubes.iter().chain(&month.resources).filter(|blob| blob.kind == wanted) {
                let bytes = self.blob(&blob.hash);
                let outcome = if wanted == BlobKind::Resources {
                    Directory::decode(&bytes).and_then(|directory| self.add_resources(&mut found, &directory))
                } else {
                    cube::blob::decode(&bytes).map(|cube| add(&mut found, &cube))
                };
                outcome.map_err(|error| error.to_string())?;
            }
            found.services.retain(|_, cost| !cost.is_zero());
            found.days.retain(|_, cost| !cost.is_zero());
            if found != sums {
                return wrong(kind, format!("{found:?}"), format!("{sums:?}"));
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
                        let service = (directory.currency, part.service.to_string());
                        *sums.services.entry(service).or_default() += cost;
                        *sums.days.entry((directory.currency, day)).or_default() += cost;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether every month stands where its last delivery leaves it.
    fn rests(&self) -> bool {
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
    fn at_rest(&self) -> Result<(), String> {
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
    fn reads_the_same_again(&self) -> Result<(), String> {
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

    fn state(&self) -> String {
        let all = ingest::periods(&**self.machine.object()).unwrap();
        format!("{} {all:?} {:?}", self.town.now(), self.machine.kept.queue.borrow())
    }
}

fn add(sums: &mut Sums, cube: &Cube) {
    let currency = cube.header().currency;
    let service = cube.find_column(&Dimension::Service).unwrap();
    let billed = cube.find_figures(Metric::BilledCost).unwrap();
    for tuple in 0..cube.tuples() {
        let name = &service.dictionary[service.codes[tuple] as usize];
        for cell in cube.cells_of(tuple) {
            let cost = Money::from_units(billed.at(cell));
            *sums.currencies.entry(currency).or_default() += cost;
            *sums.services.entry((currency, name.clone())).or_default() += cost;
            *sums.days.entry((currency, cube.day_of(cell))).or_default() += cost;
        }
    }
}

fn key_of(blob: &BlobRef) -> BlobKey {
    BlobKey(format!("{WORKSPACE}/cube/{}", blob.hash))
}

/// A connection with proven access and a report that no definition tells of.
fn connected(now: Timestamp) -> Connection {
    let choice = LinkChoice {
        account: shared::api::AccountKind::Management,
        report: ReportChoice::Look,
        access_level: AccessLevel::ReadOnly,
        grants: BTreeMap::from([(Grant::Report, false)]),
    };
    let id = EXTERNAL_ID.to_owned();
    let external_id = id.parse().unwrap();
    Connection {
        state: ConnectionState::AwaitingReport,
        role: Some(format!("arn:aws:iam::{ACCOUNT}:role/cloudthread/access").parse().unwrap()),
        report: Some(ReportRef {
            is_ours: false,
            name: "daily".to_owned(),
            bucket: BUCKET.to_owned(),
            prefix: "report".to_owned(),
            region: Region::UsEast1,
        }),
        role_at: Some(now),
        insights_at: Some(now),
        proof: engine::connection::record::Proof {
            proven_at: Some(now),
            ..engine::connection::record::Proof::default()
        },
        ..Connection::fresh(id, external_id, 0, choice, "dana@example.com", now)
    }
}
