//! `cargo xtask up`: installs, builds, starts, and says where to look.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{self, Instance, Options};
use crate::setup::{self, Need};
use crate::shell::{self, command};
use crate::{Outcome, build, paths};

/// The product's port unless another is asked for.
const PORT: u16 = 8787;

/// Runs until Ctrl-C.
pub fn run(words: &[&str]) -> Outcome {
    let mut options = Options {
        port: Some(PORT),
        speed: "real",
        seed: 1,
        folder: None,
        test_key: Some("local-test-key".to_owned()),
    };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let mut number = || {
            rest.next().and_then(|value| value.parse::<u64>().ok()).ok_or(format!("{word} needs a number"))
        };
        match *word {
            "--demo-speed" => options.speed = "demo",
            "--seed" => options.seed = number()?,
            "--port" => options.port = Some(u16::try_from(number()?).map_err(|_| "no such port".to_owned())?),
            other => return Err(format!("{other} is not an option of up: --port, --demo-speed, --seed")),
        }
    }
    harness::end_on_signal()?;
    if let Some(port) = options.port {
        is_free(port)?;
    }
    let started = Instant::now();
    setup::run(Need::Up)?;
    build::everything()?;
    // Somebody may have come while the parts were built; their state must not be removed.
    if let Some(port) = options.port {
        is_free(port)?;
    }
    // Every start is a new simulated world, so what an earlier one left would only confuse.
    let folder = folder_of(options.port.unwrap_or(PORT));
    let _ = std::fs::remove_dir_all(&folder);
    options.folder = Some(folder);
    let instance = Instance::start(&options)?;
    println!();
    println!("  Cloudthread     {}", instance.url);
    println!("  Mailbox         {}", instance.fact("mailbox_url"));
    println!("  AWS console     {}", instance.fact("console_url"));
    println!();
    println!("  Sign up at the first address; the confirmation mail arrives in the mailbox.");
    println!("  Ready after {}. Press Ctrl-C to stop.", shell::seconds(started.elapsed()));
    println!();
    loop {
        thread::park();
    }
}

/// Where logs and state lie; instances on other ports have folders of their own.
fn folder_of(port: u16) -> PathBuf {
    let name = if port == PORT { "up".to_owned() } else { format!("up-{port}") };
    paths::root().join("target").join(name)
}

/// Starts `up` as a person does, ends it as Ctrl-C does, and looks for what it left behind.
pub fn leaves_nothing_behind() -> Outcome {
    let port = harness::free_port()?;
    let program = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let mut up = command(program);
    up.args(["up", "--port", &port.to_string()]).stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = up.spawn().map_err(|error| format!("`up` cannot be started: {error}"))?;
    let health = format!("http://127.0.0.1:{port}/api/health");
    let answered = harness::await_answer(&mut child, &health, Duration::from_secs(180));
    let started = left_of(port).len();
    let _ = unsafe { libc::kill(i32::try_from(child.id()).unwrap_or(0), libc::SIGINT) };
    let status = child.wait().map_err(|error| format!("`up` cannot be awaited: {error}"))?;
    answered?;
    let left = left_of(port);
    let _ = std::fs::remove_dir_all(folder_of(port));
    // The sandbox, wrangler and the runtime at least: else nothing was looked at.
    if started < 3 {
        return Err(format!("only {started} processes of `up` were found while it ran"));
    }
    if status.code() != Some(130) {
        return Err(format!("`up` ended with {status} after Ctrl-C"));
    }
    if left.is_empty() && is_free(port).is_ok() {
        eprintln!("✓ Ctrl-C ends `up` and its {started} processes");
        return Ok(());
    }
    Err(format!("`up` left behind after Ctrl-C: {left:?}"))
}

/// Processes that were started for the instance on a port: its address or folder is among their words or variables.
fn left_of(port: u16) -> Vec<String> {
    let marks = [format!("127.0.0.1:{port}/"), format!("/up-{port}/")];
    let own = std::process::id().to_string();
    let mut left = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let read = |file: &str| std::fs::read(entry.path().join(file)).unwrap_or_default();
        let words = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
        let variables = String::from_utf8_lossy(&read("environ")).into_owned();
        let is_marked = marks.iter().any(|mark| words.contains(mark) || variables.contains(mark));
        if is_marked && entry.file_name().to_string_lossy() != own {
            left.push(words);
        }
    }
    left
}

/// Says whose port it is before anything of a running instance is touched.
fn is_free(port: u16) -> Outcome {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "port {port} is taken, perhaps by another `cargo xtask up`: stop that one, or say `--port N`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_before_anything_is_removed() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = held.local_addr().unwrap().port();
        assert!(is_free(port).unwrap_err().contains(&format!("port {port} is taken")));
        drop(held);
        assert_eq!(is_free(port), Ok(()));
    }
}
