//! Built parts in the cache, each under the hash of what it was built from: a fresh clone takes them from there.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::shell::{self, command};
use crate::{Outcome, paths};

/// How many builds of a part are kept: a branch and what it came from need not drive each other out.
const KEPT: usize = 3;

fn folder(part: &str) -> PathBuf {
    paths::cache().join("parts").join(part)
}

/// Puts a part that was built from the same inputs before into its place. Says whether there was one.
pub fn take(part: &str, hash: &str, output: &Path) -> Outcome<bool> {
    let held = folder(part).join(hash);
    if !held.is_dir() {
        return Ok(false);
    }
    copy(&held, output)?;
    eprintln!("✓ {part} as it was built before");
    Ok(true)
}

/// Keeps a part that was just built, and lets go of the oldest ones.
pub fn keep(part: &str, hash: &str, output: &Path) -> Outcome {
    let folder = folder(part);
    fs::create_dir_all(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    copy(output, &folder.join(hash))?;
    let mut held: Vec<(SystemTime, PathBuf)> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    held.sort();
    for (_, old) in held.iter().rev().skip(KEPT) {
        let _ = fs::remove_dir_all(old);
    }
    Ok(())
}

/// Copies a folder so that another process sees all of it or nothing.
fn copy(from: &Path, to: &Path) -> Outcome {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let fresh = to.with_file_name(format!("{name}.{}", std::process::id()));
    let fail = |error| format!("cannot copy {} to {}: {error}", from.display(), to.display());
    let _ = fs::remove_dir_all(&fresh);
    shell::output(command("cp").arg("-r").arg(from).arg(&fresh))?;
    let _ = fs::remove_dir_all(to);
    fs::rename(&fresh, to).map_err(fail)
}
