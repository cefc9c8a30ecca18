// Runs the decoder's WebAssembly over report files on this machine: node rollup.mjs FILE… [--group-by a,b]
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { registerHooks } from "node:module";

// Cloudflare's runtime gives a Worker its module compiled, and a base class; here both are made by hand.
registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith("cloudflare:")) return { url: specifier, shortCircuit: true };
    return next(specifier, context);
  },
  load(url, context, next) {
    if (url.startsWith("cloudflare:")) {
      const source = "export class WorkerEntrypoint {} export class DurableObject {}";
      return { format: "module", source, shortCircuit: true };
    }
    if (url.endsWith(".wasm")) {
      const path = JSON.stringify(new URL(url).pathname);
      const source = `import { readFileSync } from "node:fs"; export default new WebAssembly.Module(readFileSync(${path}));`;
      return { format: "module", source, shortCircuit: true };
    }
    return next(url, context);
  },
});

// The runtime also tells a Worker of errors nobody caught; here they end the program by themselves.
globalThis.addEventListener ??= () => {};

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
