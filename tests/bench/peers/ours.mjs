// Our WebAssembly: node ours.mjs MODULE RUNS DUMP FILE…
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

const [module, runs, dump, ...paths] = process.argv.slice(2);
const files = paths.map((path) => readFileSync(path));
let present = files[0];
const { exports } = await WebAssembly.instantiate(new WebAssembly.Module(readFileSync(module)), {
  host: {
    read: (at, length, into) =>
      new Uint8Array(exports.memory.buffer, into, length).set(present.subarray(at, at + length)),
  },
});

const nanoseconds = [];
let cells = 0;
for (let run = 0; run < Number(runs); run++) {
  exports.begin();
  const begun = process.hrtime.bigint();
  for (const file of files) {
    present = file;
    if (exports.add(file.length) !== 0) throw new Error("a file was refused");
  }
  cells = exports.finish();
  nanoseconds.push(Number(process.hrtime.bigint() - begun));
}
if (dump !== "-") {
  const out = openSync(dump, "w");
  for (let first = 0; first < cells; first += 10_000) {
    const length = exports.dump(first, 10_000);
    writeSync(out, new Uint8Array(exports.memory.buffer, exports.text(), length));
  }
  closeSync(out);
}
console.log(JSON.stringify({ nanoseconds, memory: exports.memory.buffer.byteLength }));
