//! The decoder's merge over a store in memory, and what it holds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use aws::{HttpError, HttpRequest, HttpResponse};
use bytes::Bytes;
use decoder::work_off;
use decoder::world::{Limits, Object};
use engine::error::Result;
use engine::ingest::protocol::{Accepted, MergeClaim, MergeDone, MergeTask};
use engine::ports::{BlobKey, Endpoints, Experience, Http, PartMessage, Table, WorkspaceStore, Write};
use engine::workspace::memory::{MemoryBlobs, MemoryPace, MemoryWorkspace};
use ledger::roll_up::{METRICS, part_dimensions};
use ledger::{Opened, PartRollUp, ReportFile, Sparse, first_range};
use serde_json::json;
use shared::{BillingPeriod, WorkspaceId};

/// Whose reports these are.
pub const WORKSPACE: &str = "8f2c61d0-5b7e-4c19-a3f4-000000000000";
/// MiB the merge of a month may hold besides what it stores.
const ALLOWED: f64 = 64.0;

/// The system's allocator, with a count of what is held and of the most that was.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came; only numbers are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the layout is the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: `alloc` above gave the place, with this layout.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// MiB held at the most beyond what was held before.
pub fn most_held<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let done = run();
    let most = MOST.load(Ordering::Relaxed).saturating_sub(before);
    (most as f64 / f64::from(1 << 20), done)
}

/// Nothing here waits.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("nothing here waits"),
    }
}

/// AWS, which nobody asks.
pub struct Nobody;

impl Http for Nobody {
    async fn send(&self, _request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        panic!("AWS was asked")
    }
}

pub type Town = MemoryWorkspace<Nobody>;

/// The object, as far as a merge asks it: it commits what it is told.
struct Desk<'a> {
    town: &'a Town,
    task: MergeTask,
}

impl Object for Desk<'_> {
    async fn ask(&self, _workspace: &WorkspaceId, what: &str, body: String) -> Result<String> {
        match what {
            "merge/claim" => {
                Ok(serde_json::to_string(&MergeClaim::Merge(Box::new(self.task.clone()))).unwrap())
            }
            "merge/done" => {
                let done: MergeDone = serde_json::from_str(&body).unwrap();
                let month = json!({
                    "manifest": "m", "version": "v", "files": 1, "as_of": self.task.as_of,
                    "committed_at": self.task.as_of, "tracked_tags": self.task.tracked_tags,
                    "receipt": done.receipt, "cubes": done.cubes, "resources": done.resources, "tags": done.tags,
                });
                let record = json!({ "committed": month, "refused": [] });
                let key = self.task.period.to_string();
                self.town.store.commit(&[Write::Put {
                    table: Table::Period,
                    key,
                    json: record.to_string(),
                }])?;
                Ok(serde_json::to_string(&Accepted::default()).unwrap())
            }
            other => panic!("{other}: {body}"),
        }
    }
}

/// What the decoder has.
struct Bench<'a> {
    desk: Desk<'a>,
    town: &'a Town,
    endpoints: Endpoints,
    experience: Experience,
    limits: Limits,
}

impl<'a> decoder::world::World for Bench<'a> {
    type Object = Desk<'a>;
    type Http = Nobody;
    type Pace = MemoryPace;
    type Blobs = MemoryBlobs;

    fn object(&self) -> &Desk<'a> {
        &self.desk
    }
    fn http(&self) -> &Nobody {
        &self.town.http
    }
    fn pace(&self) -> &MemoryPace {
        &self.town.pace
    }
    fn blobs(&self) -> &MemoryBlobs {
        &self.town.blobs
    }
    fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }
    fn experience(&self) -> &Experience {
        &self.experience
    }
    fn limits(&self) -> Limits {
        self.limits
    }
}

/// A report file through the reader.
pub fn partial_of(period: BillingPeriod, file: &Bytes, tracked: &[&str]) -> Vec<u8> {
    let (size, tracked) = (file.len() as u64, texts(tracked));
    let whole = Sparse::whole(file.clone());
    let mut range = first_range(size);
    let mut report = loop {
        let tail = whole.find(&range).unwrap();
        match ReportFile::open(&tail, size, &part_dimensions(&tracked), &METRICS, Some(period)).unwrap() {
            Opened::File(report) => break report,
            Opened::Need(wider) => range = wider,
        }
    };
    let mut part = PartRollUp::new(period, &tracked);
    for row_group in 0..report.row_groups() {
        report.read(row_group, &whole, |block| part.add(block)).unwrap();
    }
    part.finish().unwrap().0
}

fn texts(tracked: &[&str]) -> Vec<String> {
    tracked.iter().map(|key| (*key).to_owned()).collect()
}

/// Merges a month; it must hold little.
pub fn merge(
    town: &Town,
    period: BillingPeriod,
    partials: impl Iterator<Item = Vec<u8>>,
    tracked: &[&str],
    limits: ledger::resources::Limits,
) {
    let workspace: WorkspaceId = WORKSPACE.parse().unwrap();
    let keys = partials.enumerate().map(|(place, bytes)| {
        let key = format!("{workspace}/partial/{period}/{place}");
        town.blobs.held.borrow_mut().insert(BlobKey(key.clone()), Bytes::from(bytes));
        key
    });
    let partials = keys.collect();
    let as_of = "2026-12-02T09:00:00Z".parse().unwrap();
    let tracked_tags = texts(tracked);
    let task = MergeTask { workspace: workspace.clone(), period, partials, tracked_tags, as_of };
    let bench = Bench {
        desk: Desk { town, task },
        town,
        endpoints: Endpoints::aws(),
        experience: Experience::default(),
        limits: Limits { resources: limits, ..Limits::default() },
    };
    let message = PartMessage { workspace, period, epoch: 0, manifest: "m".to_owned(), part: None };
    let stored = || town.blobs.held.borrow().values().map(Bytes::len).sum::<usize>();
    let before = stored();
    let (most, outcome) = most_held(|| run(work_off(&bench, &message)));
    assert_eq!(outcome.unwrap(), None);
    let most = most - (stored() - before) as f64 / f64::from(1 << 20);
    println!("{period}: merged with {most:.1} MiB besides what is stored");
    assert!(most < ALLOWED, "{most} MiB");
}
