// Reads a report without end through the decoder's WebAssembly, file by file, and says how much memory that took:
// node memory.mjs FOLDER BYTES FILE_BYTES, with what the ledger's example `endless` wrote to the folder.
import "./node.mjs";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, total, of] = process.argv.slice(2);
const body = readFileSync(join(folder, "body"));
const footer = readFileSync(join(folder, `footer-${of}`));
const times = Number(readFileSync(join(folder, `times-${of}`), "utf8"));
const magic = new TextEncoder().encode("PAR1");
const footerStart = magic.length + body.length * times;
const size = footerStart + footer.length;
let fetched = 0;

// Bytes of the file: magic, row groups over and over, footer.
function read(start, length) {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const at = start + done;
    const [piece, from] =
      at < magic.length ? [magic, at] : at < footerStart ? [body, (at - magic.length) % body.length] : [footer, at - footerStart];
    const part = piece.subarray(from, from + length - done);
    bytes.set(part, done);
    done += part.length;
  }
  fetched += length;
  return bytes;
}

const { Parts } = await import("./build/index.js");
const result = { bytes: 0, files: 0, parts: 0, partial: 0 };
const started = process.cpuUsage();
while (result.bytes < Number(total) * 0.95) {
  result.bytes += size;
  result.files += 1;
  const parts = [[0, 0]];
  while (parts.length > 0) {
    const [from, until] = parts.shift();
    const found = Parts.read(size, from, until, read);
    if (found.length === 1) {
      result.parts += 1;
      result.partial = Math.max(result.partial, found[0]);
    } else {
      for (let place = 0; place < found.length; place += 2) parts.push([found[place], found[place + 1]]);
    }
  }
}
const { user, system } = process.cpuUsage(started);
process.stdout.write(JSON.stringify({ ...result, fetched, memory: Parts.memory_bytes(), seconds: (user + system) / 1e6 }) + "\n");
