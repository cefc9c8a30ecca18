//! One world, from its seed to its rest.

mod invariants;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::rc::Rc;

use bytes::Bytes;
use decoder::world::Limits;
use engine::connection::{Connection, ReportRef};
use engine::identity::memory::MovableClock;
use engine::ingest;
use engine::ports::{Table, WorkspaceStore};
use engine::workspace::{self, Call, jobs, purge, records};
use serde_json::json;
use shared::api::{AccessLevel, ConnectionState, Grant, LinkChoice, ReportChoice};
use shared::route::Route;
use shared::{BillingPeriod, Region, Timestamp};

use crate::bucket::{ACCOUNT, Bucket, EXTERNAL_ID};
use crate::dice::Dice;
use crate::machine::Machine;
use crate::plan::{self, Act, Layout, Plan};
use crate::reports::{BUCKET, PREFIX};
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
    /// What was seen committed last, by month.
    standing: BTreeMap<BillingPeriod, String>,
    is_purged: bool,
    /// Whether figures are being erased: blobs go first, then the rows that name them.
    is_erasing: bool,
}

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
            rush: if dice.permille(400) { 30 } else { 0 },
            gone: often(&mut dice, most) / 5,
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
        // In this layout what is left out is missing.
        let layout = if left_out.is_empty() { Layout::Overwrite } else { Layout::CreateNew };
        self.deliver_as(period, content, left_out, layout, false)
    }

    /// AWS replaces the manifest of November by these bytes.
    pub fn deliver_manifest(&mut self, bytes: Bytes) {
        let key = format!("{PREFIX}daily/year=2026/month=11/daily-Manifest.json");
        let now = self.town.now();
        self.town.bucket.borrow_mut().put(&key, bytes, None, now);
    }

    /// The same in a layout.
    pub fn deliver_in(&mut self, layout: Layout, period: &str, content: &[plan::Content]) -> String {
        self.deliver_as(period, content, "", layout, false)
    }

    /// The same with files of which a row group takes several requests.
    pub fn deliver_wide(&mut self, period: &str, content: &[plan::Content]) -> String {
        self.deliver_as(period, content, "", Layout::Overwrite, true)
    }

    fn deliver_as(
        &mut self,
        period: &str,
        content: &[plan::Content],
        left_out: &str,
        layout: Layout,
        is_wide: bool,
    ) -> String {
        let version = self.plan.deliveries.len() as u64 + 1;
        let now = self.town.now();
        let period = period.parse().unwrap();
        let delivery = plan::one(version, period, now, content, layout, is_wide);
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
        let meter = *self.town.meter.borrow();
        let months = ingest::months(&**self.machine.object()).unwrap();
        // Whoever looks from outside is not part of what is counted.
        *self.town.meter.borrow_mut() = meter;
        months.into_values().map(|month| month.manifest).collect()
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
            meter: RefCell::default(),
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
            standing: BTreeMap::new(),
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
            self.rush();
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

    /// AWS replaces a file just while files are read: all that is to come, comes so much earlier. Not within the second of
    /// what was written before: S3 tells no smaller times, and AWS takes hours.
    fn rush(&mut self) {
        let now = self.town.now();
        let Some((at, Act::Put(key, ..))) = self.acts.front().filter(|(at, _)| *at > now) else { return };
        let is_there = self.town.bucket.borrow().objects.contains_key(key);
        if is_there && self.machine.is_reading() && self.town.strikes("rush", |rates| rates.rush) {
            self.town.pass(1);
            let early = at.duration_since(self.town.now());
            for (at, _) in &mut self.acts {
                *at = at.checked_sub(early).unwrap();
            }
        }
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
