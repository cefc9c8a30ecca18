// Runs the decoder's WebAssembly over report files on this machine: node rollup.mjs FILE… [--group-by a,b]
// What it has read goes to standard output, for `rollup --read` of the ledger.
import "./node.mjs";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const files = [];
let groupBy = "";
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (word === "--group-by") groupBy = words.shift() ?? "";
  else if (word === "--table" || word === "--json") continue;
  else if (word.startsWith("--")) fail(`${word} is not an option of rollup --wasm`);
  else files.push(word);
}
if (files.length === 0) fail("rollup FILE… [--group-by service,day,tag:KEY] [--table] --wasm");

const { RollUpFiles } = await import("./build/index.js");
try {
  const totals = new RollUpFiles(groupBy);
  for (const file of files) {
    const handle = openSync(file);
    totals.add(file, fstatSync(handle).size, (start, length) => {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(handle, bytes, 0, length, start));
    });
    closeSync(handle);
  }
  process.stdout.write(totals.finish());
} catch (error) {
  fail(String(error));
}

function fail(words) {
  process.stderr.write(words + "\n");
  process.exit(2);
}
