//! The same reader over files on a person's machine, called by `rollup.mjs`.

use bytes::Bytes;
use js_sys::{Function, Uint8Array};
use ledger::groups::{GroupBy, Totaller};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

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
        self.0.add_by_ranges(name, size as u64, |range| {
            let length = range.end.checked_sub(range.start)?;
            let bytes =
                read.call2(&JsValue::NULL, &(range.start as f64).into(), &(length as f64).into()).ok()?;
            let bytes = bytes.dyn_into::<Uint8Array>().ok()?;
            (u64::from(bytes.length()) == length).then(|| Bytes::from(bytes.to_vec()))
        });
    }

    /// The totals, as a table for people or as JSON.
    pub fn finish(self, is_table: bool) -> Result<String, String> {
        if is_table {
            return Ok(self.0.finish_as_table());
        }
        serde_json::to_string_pretty(&self.0.finish())
            .map(|text| text + "\n")
            .map_err(|error| error.to_string())
    }
}
