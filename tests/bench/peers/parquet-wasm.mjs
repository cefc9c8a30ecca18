// parquet-wasm with apache-arrow: node parquet-wasm.mjs PACKAGES RUNS DUMP FILE…
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { add, COLUMNS, measure } from "./charges.mjs";

const [packages, runs, dump, ...paths] = process.argv.slice(2);
const load = createRequire(`${packages}/`);
const parquet = load("parquet-wasm/node");
const { tableFromIPC } = load("apache-arrow");
const files = paths.map((path) => new Uint8Array(readFileSync(path)));

await measure(runs, dump, (groups) => {
  for (const file of files) {
    const table = tableFromIPC(parquet.readParquet(file, { columns: COLUMNS }).intoIPCStream());
    for (const batch of table.batches) {
      const columns = COLUMNS.map((name) => batch.getChild(name));
      add(groups, batch.numRows, (column, row) => columns[column].get(row));
    }
  }
});
