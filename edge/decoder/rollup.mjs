// Runs the decoder's WebAssembly over report files on this machine: node rollup.mjs FILE… [--group-by a,b]
import "./node.mjs";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const files = [];
let groupBy = "";
let isTable = false;
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (word === "--group-by") groupBy = words.shift() ?? "";
  else if (word === "--table") isTable = true;
  else if (word === "--json") isTable = false;
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
  process.stdout.write(totals.finish(isTable));
} catch (error) {
  fail(String(error));
}

function fail(words) {
  process.stderr.write(words + "\n");
  process.exit(2);
}
