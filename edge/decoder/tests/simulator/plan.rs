//! What happens to a world from outside: deliveries, written object by object, and what people and operators do.

use std::collections::BTreeMap;

use bytes::Bytes;
use shared::{BillingPeriod, Timestamp};

use crate::dice::Dice;
use crate::reports::{
    Delivery, File, PREFIX, Poison, etag, export_manifest, lines, manifest, misnamed, write,
};

/// Something that happens at a moment.
#[derive(Clone, Debug)]
pub enum Act {
    /// AWS writes an object.
    Put(String, Bytes, Option<Poison>),
    /// Every process ends, as at a deployment.
    Deploy,
    /// The customer deletes the role.
    RoleGone,
    /// Somebody disconnects, and keeps the figures or does not.
    Disconnect(bool),
    /// Somebody deletes the workspace.
    Purge,
}

/// A world's future.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What happens when, in order.
    pub acts: Vec<(Timestamp, Act)>,
    /// Every delivery, by the tag of its manifest.
    pub deliveries: BTreeMap<String, Delivery>,
    /// The last delivery of each month.
    pub last: BTreeMap<BillingPeriod, String>,
    /// Whether the connection is to end.
    pub ends: bool,
}

/// What a seed makes of a plan.
struct Planner<'a> {
    dice: &'a mut Dice,
    plan: Plan,
    version: u64,
    layout: Layout,
    row_group_rows: usize,
    is_wide: bool,
}

/// Where AWS puts a report's files and manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A legacy report, each delivery over the one before.
    Overwrite,
    /// A legacy report, each delivery beside the one before.
    CreateNew,
    /// A Data Export, each delivery over the one before.
    Export,
    /// A Data Export, each delivery beside the one before.
    NewExport,
}

impl Layout {
    /// Whether the deliveries before stay.
    fn keeps(self) -> bool {
        matches!(self, Self::CreateNew | Self::NewExport)
    }

    /// The folders of a delivery's files, and of each copy of its manifest.
    fn folders(self, period: BillingPeriod, version: u64) -> (String, Vec<String>) {
        let text = period.to_string();
        let (year, number) = text.split_once('-').unwrap();
        match self {
            Self::Overwrite => {
                let number = number.trim_start_matches('0');
                let folder = format!("{PREFIX}daily/year={year}/month={number}/");
                (folder.clone(), vec![folder])
            }
            Self::CreateNew => {
                let compact = |day: shared::Day| day.to_string().replace('-', "");
                let month = period.days();
                let upper = format!("{PREFIX}{}-{}/", compact(month.start), compact(month.end));
                let folder = format!("{upper}assembly-{version}/");
                (folder.clone(), vec![folder, upper])
            }
            Self::Export | Self::NewExport => {
                let run = if self == Self::NewExport {
                    format!(
                        "2026-11-23T09:{:02}:{:02}Z-execution-{version}/",
                        version / 60 % 60,
                        version % 60
                    )
                } else {
                    String::new()
                };
                let of = |kind: &str| format!("{PREFIX}{kind}/BILLING_PERIOD={period}/{run}");
                (of("data"), vec![of("metadata")])
            }
        }
    }
}

/// A plan of the dice.
pub fn of(dice: &mut Dice, start: Timestamp) -> Plan {
    let months = 1 + dice.below(3);
    let layout = *dice.pick(&[
        Layout::Overwrite,
        Layout::Overwrite,
        Layout::CreateNew,
        Layout::CreateNew,
        Layout::Export,
        Layout::NewExport,
    ]);
    let row_group_rows = *dice.pick(&[2, 5, 1_000]);
    let is_wide = dice.permille(50);
    let mut planner = Planner { dice, plan: Plan::default(), version: 0, layout, row_group_rows, is_wide };
    let newest: BillingPeriod = "2026-11".parse().unwrap();
    for back in 0..months as i32 {
        // Backfilled months come days later.
        let first =
            planner.dice.within(0, 6 * 3_600) + i64::from(back.min(1)) * planner.dice.within(0, 40 * 3_600);
        planner.month(newest.plus(-back), after(start, first));
    }
    let mut plan = planner.plan;
    plan.acts.sort_by_key(|(at, _)| *at);
    let last = plan.acts.last().map_or(start, |(at, _)| *at);
    let span = last.duration_since(start).as_secs();
    if dice.permille(300) {
        plan.acts.push((after(start, dice.within(0, span)), Act::Deploy));
    }
    let end = dice.below(100);
    let act = match end {
        0..=2 => Some(Act::Disconnect(true)),
        3..=5 => Some(Act::Disconnect(false)),
        6..=8 => Some(Act::Purge),
        9..=10 => Some(Act::RoleGone),
        _ => None,
    };
    if let Some(act) = act {
        plan.ends = true;
        plan.acts.push((after(start, dice.within(0, span)), act));
    }
    plan.acts.sort_by_key(|(at, _)| *at);
    plan
}

/// One delivery at a moment, of small row groups; the manifest names all of its files.
pub fn one(
    version: u64,
    period: BillingPeriod,
    at: Timestamp,
    content: &[Content],
    layout: Layout,
    is_wide: bool,
) -> Plan {
    let mut dice = Dice::new(version);
    let plan = Plan::default();
    let mut planner = Planner { dice: &mut dice, plan, version, layout, row_group_rows: 2, is_wide };
    planner.deliver(period, at, content.to_vec(), false);
    planner.plan
}

/// Two deliveries of one month, without any fault: the second replaces one of two files.
pub fn plain(start: Timestamp) -> Plan {
    let mut dice = Dice::new(7);
    let plan = Plan::default();
    let layout = Layout::Overwrite;
    let mut planner =
        Planner { dice: &mut dice, plan, version: 0, layout, row_group_rows: 5, is_wide: false };
    let period = "2026-11".parse().unwrap();
    let first = [lines(planner.dice), lines(planner.dice)].map(|lines| (lines, None));
    let second = [first[0].clone(), (lines(planner.dice), None)];
    planner.deliver(period, after(start, 60), first.to_vec(), false);
    planner.deliver(period, after(start, 4 * 3_600), second.to_vec(), false);
    planner.plan
}

/// Rows of a file, and what is wrong with it.
pub type Content = (Vec<crate::reports::Line>, Option<Poison>);

impl Planner<'_> {
    fn month(&mut self, period: BillingPeriod, first: Timestamp) {
        let count = 1 + self.dice.below(3);
        let mut at = first;
        let mut before: Vec<Content> = Vec::new();
        for _ in 0..count {
            let files = 1 + self.dice.below(3);
            let mut content = Vec::new();
            for place in 0..files {
                // Most of what was there stays as it was.
                let kept = before.get(place).filter(|(_, poison)| poison.is_none()).cloned();
                let fresh = (lines(self.dice), self.poison());
                content.push(kept.filter(|_| self.dice.permille(600)).unwrap_or(fresh));
            }
            let comes_late = self.layout.keeps() && self.dice.permille(150);
            let end = self.deliver(period, at, content.clone(), comes_late);
            before = content;
            at = after(end, self.dice.within(600, 20 * 3_600));
        }
    }

    fn poison(&mut self) -> Option<Poison> {
        match self.dice.below(100) {
            0..=2 => Some(Poison::Garbage),
            3 => Some(Poison::Cut),
            4 => Some(Poison::Misnamed),
            5 => Some(Poison::Deadly(2)),
            6..=9 if self.row_group_rows == 2 => Some(Poison::Deadly(4)),
            _ => None,
        }
    }

    /// Writes a delivery, the manifest last; or, where its files are new ones, the last of them after it. When it is
    /// whole.
    fn deliver(
        &mut self,
        period: BillingPeriod,
        start: Timestamp,
        content: Vec<Content>,
        comes_late: bool,
    ) -> Timestamp {
        self.version += 1;
        let (folder, manifests) = self.layout.folders(period, self.version);
        let (rows, is_wide) = (self.row_group_rows, self.is_wide);
        let files: Vec<File> = content
            .into_iter()
            .enumerate()
            .map(|(place, (lines, poison))| {
                let whole = write(period, &lines, rows, is_wide);
                let bytes = match poison {
                    Some(Poison::Garbage) => Bytes::from(format!("no parquet, version {}", self.version)),
                    Some(Poison::Cut) => whole.slice(..whole.len() - 9),
                    Some(Poison::Misnamed) => misnamed(&whole),
                    _ => whole,
                };
                let groups = lines.len().div_ceil(rows);
                // A file of one row group cannot be cut, so it is not one that only large readers die of.
                let poison = poison.filter(|poison| *poison != Poison::Deadly(4) || groups > 2);
                File { key: format!("{folder}daily-{:05}.snappy.parquet", place + 1), bytes, lines, poison }
            })
            .collect();
        let keys: Vec<&str> = files.iter().map(|file| file.key.as_str()).collect();
        let text = match self.layout {
            Layout::Overwrite | Layout::CreateNew => manifest(self.version, &keys),
            Layout::Export | Layout::NewExport => export_manifest(self.version, &keys),
        };
        let mut at = start;
        let mut acts = Vec::new();
        let late = if comes_late { files.len() - 1 } else { files.len() };
        let put = |file: &File| Act::Put(file.key.clone(), file.bytes.clone(), file.poison);
        for file in &files[..late] {
            acts.push((at, put(file)));
            at = after(at, self.dice.within(1, 200));
        }
        at = after(at, self.dice.within(1, 900));
        for folder in manifests {
            acts.push((at, Act::Put(format!("{folder}daily-Manifest.json"), text.clone(), None)));
        }
        for file in &files[late..] {
            at = after(at, self.dice.within(60, 30_000));
            acts.push((at, put(file)));
        }
        self.plan.acts.extend(acts);
        let tag = etag(&text);
        self.plan.last.insert(period, tag.clone());
        self.plan.deliveries.insert(tag, Delivery { period, files });
        at
    }
}

fn after(at: Timestamp, seconds: i64) -> Timestamp {
    engine::workspace::jobs::after_seconds(at, seconds)
}
