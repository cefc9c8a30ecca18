//! Where things are. Everything that may be thrown away lives in the cache, outside the checkout.

use std::env;
use std::path::{Path, PathBuf};

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The cache: `$CLOUDTHREAD_CACHE`, else `cloudthread` in the user's cache folder.
pub fn cache() -> PathBuf {
    let given = env::var_os("CLOUDTHREAD_CACHE").map(PathBuf::from);
    let xdg = || env::var_os("XDG_CACHE_HOME").map(|home| PathBuf::from(home).join("cloudthread"));
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/cloudthread"));
    given.or_else(xdg).or_else(home).unwrap_or_else(|| env::temp_dir().join("cloudthread"))
}

/// Cargo's target folder for what xtask builds.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A folder of node's packages.
pub fn node_modules() -> PathBuf {
    root().join("node_modules")
}

/// The binary of a cargo tool in the cache.
pub fn tool(name: &str, version: &str, binary: &str) -> PathBuf {
    cache().join("tools").join(format!("{name}-{version}")).join("bin").join(binary)
}

/// Python packages of the tests.
pub fn python() -> PathBuf {
    cache().join("python")
}
