// What Cloudflare's runtime gives the decoder's module, for Node: import this before build/index.js.
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
