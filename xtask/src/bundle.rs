//! Bundles the browser libraries that are not Rust: the chart library as one self-hosted module.

use std::fs;

use crate::shell::{command, quiet};
use crate::{Outcome, build, paths};

/// Bundles `app/charts.mjs` (which names what it needs of ECharts) into `app/assets-built/charts.js`.
pub fn charts() -> Outcome {
    let entry = paths::root().join("app/charts.mjs");
    let output = paths::root().join("app/assets-built/charts.js");
    if !entry.exists() {
        return Ok(());
    }
    let newer = |path: &std::path::Path| fs::metadata(path).and_then(|held| held.modified()).ok();
    if newer(&output) > newer(&entry) && newer(&output) > newer(&paths::root().join("package-lock.json")) {
        return Ok(());
    }
    let mut esbuild = command(build::esbuild());
    esbuild
        .arg(&entry)
        .args([
            "--bundle",
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--legal-comments=none",
            "--log-level=warning",
        ])
        .arg(format!("--outfile={}", output.display()));
    quiet("bundle the chart library", &mut esbuild)
}
