// hyparquet with its own Snappy: node hyparquet.mjs PACKAGES RUNS DUMP FILE…
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { add, COLUMNS, measure } from "./charges.mjs";

const [packages, runs, dump, ...paths] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(createRequire(`${packages}/`).resolve(name)));
const { parquetMetadata, parquetRead } = await load("hyparquet");
const { compressors } = await load("hyparquet-compressors");
const files = paths.map((path) => new Uint8Array(readFileSync(path)).buffer);

await measure(runs, dump, async (groups) => {
  for (const file of files) {
    const metadata = parquetMetadata(file);
    let start = 0;
    for (const { num_rows } of metadata.row_groups) {
      const end = start + Number(num_rows);
      const columns = new Map(COLUMNS.map((name) => [name, []]));
      await parquetRead({
        file,
        metadata,
        columns: COLUMNS,
        rowStart: start,
        rowEnd: end,
        compressors,
        onChunk: ({ columnName, columnData }) => columns.get(columnName).push(columnData),
      });
      const joined = COLUMNS.map((name) => {
        const parts = columns.get(name);
        return parts.length === 1 ? parts[0] : parts.flatMap((part) => Array.from(part));
      });
      const dates = joined[0];
      add(groups, end - start, (column, row) => (column === 0 ? dates[row].getTime() : joined[column][row]));
      start = end;
    }
  }
});
