//! What the decoder does with a delivery, on this side of the protocol: the files of the simulated bucket are read,
//! merged and stored as it stores them, so that the routes answer with figures.

use std::collections::BTreeMap;

use bytes::Bytes;
use cube::Cube;
use cube::resources::Directory;
use engine::ingest::protocol::{
    MergeClaim, MergeDone, MergeTask, PartClaim, PartDone, PartTask, Receipt, Total,
};
use engine::ports::{BlobKey, PartMessage};
use ledger::partial::{self, Opened as Head};
use ledger::resources::{Keep, Meeting, Run, Shelf, Step};
use ledger::roll_up::{METRICS, part_dimensions};
use ledger::{Counts, Merge, Opened, PartRollUp, ReportFile, Sparse, Survey, first_range};
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::Currency;
use shared::api::{BlobKind, BlobRef, Source};

use crate::report::ask;
use crate::town::{Town, messages};

/// Works the queue off.
pub async fn work_off(town: &Town) {
    loop {
        let waiting = messages(town);
        if waiting.is_empty() {
            return;
        }
        for message in &waiting {
            if message.part.is_none() {
                merge(town, message).await;
            } else {
                part(town, message).await;
            }
        }
    }
}

async fn part(town: &Town, message: &PartMessage) {
    let PartClaim::Read(task) = ask(town, "part/claim", message).await else { return };
    let (bytes, counts) = read(town, &task);
    let key = format!("{}/partial/{}", town.workspace, hex::encode(Sha256::digest(&bytes)));
    town.blobs.held.borrow_mut().insert(BlobKey(key.clone()), Bytes::from(bytes));
    let done =
        PartDone { message: message.clone(), piece: task.piece, partial: key, receipt: receipt(&counts) };
    let _: Value = ask(town, "part/done", &done).await;
}

fn read(town: &Town, task: &PartTask) -> (Vec<u8>, Counts) {
    let file = town.http.world.lock().buckets[task.bucket.as_str()].objects[&task.piece.key].bytes.clone();
    let (size, tracked) = (file.len() as u64, &task.piece.tracked_tags);
    let whole = Sparse::whole(file);
    let mut range = first_range(size);
    let mut report = loop {
        let tail = whole.find(&range).unwrap();
        let dimensions = part_dimensions(tracked);
        match ReportFile::open(&tail, size, &dimensions, &METRICS, Some(task.period)).unwrap() {
            Opened::File(report) => break report,
            Opened::Need(wider) => range = wider,
        }
    };
    let mut part = PartRollUp::new(task.period, tracked);
    for row_group in 0..report.row_groups() {
        report.read(row_group, &whole, |block| part.add(block)).unwrap();
    }
    part.finish().unwrap()
}

async fn merge(town: &Town, message: &PartMessage) {
    let MergeClaim::Merge(task) = ask(town, "merge/claim", message).await else { return };
    let mut detail = merged_detail(town, &task);
    let mut runs: BTreeMap<Currency, Vec<Run>> = BTreeMap::new();
    for key in &task.partials {
        let bytes = town.blobs.held.borrow()[&BlobKey(key.clone())].clone();
        let Ok(Head::Head(head)) = partial::open(&bytes) else { panic!("{key} has no head") };
        detail.count(&head.counts);
        for run in head.resources {
            let mut at = run.start as usize;
            let block = |length: &u32| {
                at += *length as usize;
                bytes[at - *length as usize..at].to_vec()
            };
            let blocks = run.blocks.iter().map(block).collect();
            runs.entry(run.currency).or_default().push(Run {
                currency: run.currency,
                rows: run.rows,
                blocks,
            });
        }
    }
    let month = detail.finish().unwrap();
    let overview = month.overview.iter().map(|cube| cube_of(town, cube, BlobKind::Overview));
    let detail = month.detail.iter().map(|cube| cube_of(town, cube, BlobKind::Detail));
    let done = MergeDone {
        message: message.clone(),
        cubes: overview.chain(detail).collect(),
        resources: runs
            .into_iter()
            .flat_map(|(currency, runs)| shelve(town, &task, currency, runs))
            .collect(),
        receipt: receipt(&month.counts),
        tags: Vec::new(),
    };
    let _: Value = ask(town, "merge/done", &done).await;
}

/// The detail of all partials; where it does not fit, after a survey of it.
fn merged_detail(town: &Town, task: &MergeTask) -> Merge {
    let each = |take: &mut dyn FnMut(&[u8]) -> bool| {
        task.partials.iter().all(|key| {
            let bytes = town.blobs.held.borrow()[&BlobKey(key.clone())].clone();
            let Ok(Head::Head(head)) = partial::open(&bytes) else { panic!("{key} has no head") };
            head.detail.iter().all(|range| take(&bytes[range.start as usize..range.end as usize]))
        })
    };
    let mut merge = Merge::new(task.as_of);
    if !each(&mut |blob| merge.add(blob).unwrap()) {
        let mut survey = Survey::default();
        each(&mut |blob| survey.add(blob).map(|()| true).unwrap());
        merge = Merge::folded(task.as_of, survey);
        assert!(each(&mut |blob| merge.add(blob).unwrap()));
    }
    merge
}

fn shelve(town: &Town, task: &MergeTask, currency: Currency, mut runs: Vec<Run>) -> Vec<BlobRef> {
    let directory = Directory::new(currency, task.as_of, task.period.days(), task.tracked_tags.clone());
    let reference = |kind| BlobRef {
        hash: String::new(),
        kind,
        source: Source::Report,
        currency,
        days: task.period.days(),
        dimensions: Vec::new(),
        monthly: false,
        bytes: 0,
    };
    let (mut shelf, mut meeting) = (Shelf::new(directory, Keep::all()), Meeting::new(runs.len()));
    loop {
        match meeting.step().unwrap() {
            Step::Feed(run) => meeting.feed(run, std::mem::take(&mut runs[run].blocks)),
            Step::Row(row) => shelf.add(row).unwrap(),
            Step::End => break,
        }
    }
    shelf.finish().unwrap();
    let mut blobs = Vec::new();
    while let Some(shard) = shelf.take_shard() {
        let blob = store(town, shard, reference(BlobKind::Shard));
        shelf.name_shard(blob.hash.clone());
        blobs.push(blob);
    }
    let directory = shelf.into_directory().encode().unwrap();
    blobs.push(store(town, directory, reference(BlobKind::Resources)));
    blobs
}

fn cube_of(town: &Town, cube: &Cube, kind: BlobKind) -> BlobRef {
    let header = cube.header();
    let reference = BlobRef {
        hash: String::new(),
        kind,
        source: header.source,
        currency: header.currency,
        days: header.days,
        dimensions: cube.columns().iter().map(|column| column.dimension.to_string()).collect(),
        monthly: header.monthly,
        bytes: 0,
    };
    store(town, cube::blob::encode(cube).unwrap(), reference)
}

fn store(town: &Town, bytes: Vec<u8>, reference: BlobRef) -> BlobRef {
    let hash = hex::encode(Sha256::digest(&bytes));
    let reference = BlobRef { hash: hash.clone(), bytes: bytes.len() as u64, ..reference };
    let key = BlobKey(format!("{}/cube/{hash}", town.workspace));
    town.blobs.held.borrow_mut().insert(key, Bytes::from(bytes));
    reference
}

fn receipt(counts: &Counts) -> Receipt {
    Receipt {
        rows: counts.rows,
        left_out: counts.left_out,
        rejected: counts.rejected,
        outside_period: counts.outside_period,
        unknown: counts.unknown,
        first_day: counts.first_day,
        last_day: counts.last_day,
        is_final: counts.is_final,
        totals: counts
            .totals
            .iter()
            .map(|(currency, (billed_cost, effective_cost))| Total {
                currency: *currency,
                billed_cost: *billed_cost,
                effective_cost: *effective_cost,
                outside_cost: Default::default(),
            })
            .collect(),
    }
}
