//! The same reader over files on a person's machine, called by `rollup.mjs` and `memory.mjs`.

use std::ops::Range;

use bytes::Bytes;
use engine::ingest::protocol::{FailureCause, Piece};
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, ready};
use js_sys::{Function, Uint8Array};
use ledger::groups::{GroupBy, Totaller};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::reader::{self, Failure, Outcome, Question, Source};
use crate::world::Limits;

/// Totals of files under way.
#[wasm_bindgen]
pub struct RollUpFiles(Totaller);

#[wasm_bindgen]
impl RollUpFiles {
    /// By these, comma-separated; what is nothing to group by is an error.
    #[wasm_bindgen(constructor)]
    pub fn new(group_by: &str) -> Result<RollUpFiles, String> {
        let names = group_by.split(',').filter(|name| !name.is_empty());
        let parsed =
            names.map(|name| GroupBy::parse(name).ok_or_else(|| format!("{name} is nothing to group by")));
        Ok(Self(Totaller::new(parsed.collect::<Result<_, _>>()?)))
    }

    /// Reads a file of so many bytes by its ranges. `read` takes a first byte and a length and gives an `Uint8Array`.
    pub fn add(&mut self, name: &str, size: f64, read: &Function) {
        self.0.add_by_ranges(name, size as u64, |range| call(read, &range));
    }

    /// What was read, for the ledger's program to total and to print.
    pub fn finish(self) -> Result<Vec<u8>, String> {
        self.0.into_bytes().map_err(|error| error.to_string())
    }
}

/// Parts of files, read as messages are.
#[wasm_bindgen]
pub struct Parts;

#[wasm_bindgen]
impl Parts {
    /// Reads row groups of a file, all of them where `until` is 0: the bytes of its partial; or, where it is too much for
    /// one message, the row groups of each part it is cut into.
    pub fn read(size: f64, from: u32, until: u32, read: &Function) -> Result<Vec<u32>, String> {
        let piece = Piece {
            key: String::new(),
            etag: String::new(),
            row_groups: (until > 0).then_some((from, until)),
            tracked_tags: ["name", "team", "env"].map(str::to_owned).to_vec(),
        };
        let period = "2026-10".parse().map_err(|_| "no billing period")?;
        let limits = Limits::default();
        let size = size as u64;
        let question = Question { piece: &piece, period, size, columns: &[], splits: false, limits };
        let local = Local(read);
        let outcome = reader::read(&local, &question).now_or_never().ok_or("it waits for something")?;
        match outcome.map_err(|failure| format!("{failure:?}"))? {
            Outcome::Partial(bytes, _) => Ok(vec![u32::try_from(bytes.len()).unwrap_or(u32::MAX)]),
            Outcome::Split(ranges) => {
                Ok(ranges.into_iter().flat_map(|(from, until)| [from, until]).collect())
            }
        }
    }

    /// Bytes of linear memory. It never shrinks, so they are also the most there were.
    pub fn memory_bytes() -> f64 {
        #[cfg(target_arch = "wasm32")]
        return core::arch::wasm32::memory_size::<0>() as f64 * 65_536.0;
        #[cfg(not(target_arch = "wasm32"))]
        return 0.0;
    }
}

/// A file on this machine.
struct Local<'a>(&'a Function);

impl Source for Local<'_> {
    fn fetch(&self, range: Range<u64>) -> LocalBoxFuture<'_, Result<Bytes, Failure>> {
        let failure = || Failure::Theirs(FailureCause::Missing, "The file cannot be read.".to_owned());
        ready(call(self.0, &range).ok_or_else(failure)).boxed_local()
    }
}

fn call(read: &Function, range: &Range<u64>) -> Option<Bytes> {
    let length = range.end.checked_sub(range.start)?;
    let bytes = read.call2(&JsValue::NULL, &(range.start as f64).into(), &(length as f64).into()).ok()?;
    let bytes = bytes.dyn_into::<Uint8Array>().ok()?;
    (u64::from(bytes.length()) == length).then(|| Bytes::from(bytes.to_vec()))
}
