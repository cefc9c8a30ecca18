//! The same reader over files on a person's machine, called by `rollup.mjs`.

use bytes::Bytes;
use ledger::groups::{GroupBy, Totaller};
use wasm_bindgen::prelude::wasm_bindgen;

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

    /// Reads a whole file.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>) {
        self.0.add(name, Bytes::from(bytes));
    }

    /// The totals as JSON.
    pub fn finish(self) -> Result<String, String> {
        serde_json::to_string_pretty(&self.0.finish()).map_err(|error| error.to_string())
    }
}
