//! Installs what the project needs and the machine lacks. Asks nothing, repeats harmlessly, is quiet when there is
//! nothing to do.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::shell::{self, command, quiet, succeeds};
use crate::{Outcome, paths};

/// Version of wasm-bindgen-cli; as in Cargo.lock.
pub const WASM_BINDGEN: &str = "0.2.130";
/// Version of worker-build; shares its minor version with the crate `worker`.
pub const WORKER_BUILD: &str = "0.8.7";
/// Version of trunk.
pub const TRUNK: &str = "0.22.1";
/// Version of cargo-fuzz.
pub const CARGO_FUZZ: &str = "0.13.2";
/// Python packages of the tests: a linter of templates, and for the ledger an oracle and a writer of files.
const PYTHON: [&str; 3] = ["cfn-lint==1.58.0", "duckdb==2.0.0", "pyarrow==26.0.1"];

/// How much is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// To run the product.
    Up,
    /// To run every check as well.
    Everything,
}

/// Installs what is missing.
pub fn run(need: Need) -> Outcome {
    wasm_target()?;
    node()?;
    cargo_tools()?;
    if need == Need::Everything {
        browser()?;
        python()?;
        fuzzer()?;
    }
    if !succeeds(shell::cargo().args(["fetch", "--locked", "--offline"])) {
        quiet("fetch crates", shell::cargo().args(["fetch", "--locked"]))?;
    }
    Ok(())
}

/// Which toolchain builds for WebAssembly: the default one if it can, else the one `setup` made.
pub fn wasm_toolchain() -> Option<&'static str> {
    if has_wasm_target(None) { None } else { Some(shell::WASM_TOOLCHAIN) }
}

fn has_wasm_target(toolchain: Option<&str>) -> bool {
    let mut rustc = command("rustc");
    rustc.env_remove("RUSTUP_TOOLCHAIN");
    if let Some(toolchain) = toolchain {
        rustc.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let found = shell::output(rustc.args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]));
    found.is_ok_and(|folder| {
        let entries = fs::read_dir(folder.trim()).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
    })
}

fn wasm_target() -> Outcome {
    if has_wasm_target(None) || has_wasm_target(Some(shell::WASM_TOOLCHAIN)) {
        return Ok(());
    }
    let mut add = command("timeout");
    add.args(["120", "rustup", "target", "add", "wasm32-unknown-unknown"]).env_remove("RUSTUP_TOOLCHAIN");
    if shell::attempt("add the target wasm32-unknown-unknown", &mut add) && has_wasm_target(None) {
        return Ok(());
    }
    eprintln!("  rustup's server does not answer; building the target from Debian's packages instead");
    apt(&["rustc-web", "cargo-web", "rust-web-src", "lld-22"])?;
    quiet("build the standard library for WebAssembly", command("bash").args(["-c", STANDARD_LIBRARY]))?;
    if has_wasm_target(Some(shell::WASM_TOOLCHAIN)) {
        return Ok(());
    }
    Err("no toolchain can build for wasm32-unknown-unknown. Run `rustup target add wasm32-unknown-unknown` where \
         rustup's server can be reached, then try again."
        .to_owned())
}

/// Builds the standard library of Debian's compiler from its own sources and links it as a toolchain of rustup.
const STANDARD_LIBRARY: &str = r#"
set -eu
tool=$(/usr/bin/rustc --print sysroot)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -rL "$tool/lib/rustlib/src/rust/library" "$scratch/library"
cd "$scratch/library"
unset RUSTUP_TOOLCHAIN CARGO_TARGET_DIR CARGO_INCREMENTAL
export PATH=/usr/bin:$PATH RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$scratch/target"
export RUSTFLAGS='-Zforce-unstable-if-unmarked -Cembed-bitcode=yes' __CARGO_DEFAULT_LIB_METADATA=stablestd
/usr/bin/cargo build --manifest-path sysroot/Cargo.toml --release --target wasm32-unknown-unknown --features compiler-builtins-mem
libraries="$tool/lib/rustlib/wasm32-unknown-unknown/lib"
mkdir -p "$libraries"
cp "$scratch"/target/wasm32-unknown-unknown/release/deps/*.rlib "$scratch"/target/wasm32-unknown-unknown/release/deps/*.rmeta "$libraries"
host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
mkdir -p "$tool/lib/rustlib/$host/bin"
ln -sf "$(command -v lld-22)" "$tool/lib/rustlib/$host/bin/rust-lld"
rustup toolchain link cloudthread "$tool"
"#;

/// What the fuzzer is built with: cargo-fuzz, and a C++ compiler for libFuzzer.
pub fn fuzzer() -> Outcome {
    if !succeeds(command("c++").arg("--version")) {
        apt(&["g++"])?;
    }
    install("cargo-fuzz", CARGO_FUZZ, "cargo-fuzz", false)?;
    clean_up();
    Ok(())
}

fn cargo_tools() -> Outcome {
    install("wasm-bindgen-cli", WASM_BINDGEN, "wasm-bindgen", false)?;
    install("worker-build", WORKER_BUILD, "worker-build", false)?;
    // Trunk asks for a newer compiler than the oldest we support; the one that builds for WebAssembly is newer.
    install("trunk", TRUNK, "trunk", true)?;
    clean_up();
    Ok(())
}

fn clean_up() {
    let _ = fs::remove_dir_all(paths::cache().join("tools-target"));
}

/// Installs a tool of this version into the cache, unless it is there: prebuilt where `cargo binstall` is at hand and
/// finds it, else from its sources.
fn install(name: &str, version: &str, binary: &str, is_wasm_toolchain: bool) -> Outcome {
    if succeeds(command(paths::tool(name, version, binary)).arg("--version")) {
        return Ok(());
    }
    let root = paths::cache().join("tools").join(format!("{name}-{version}"));
    let is_there = || succeeds(command(paths::tool(name, version, binary)).arg("--version"));
    if succeeds(shell::cargo().args(["binstall", "-V"])) {
        let mut prebuilt = command("timeout");
        prebuilt.args(["120", "cargo", "binstall", "--no-confirm", "--disable-telemetry", "--force"]);
        prebuilt.args(["--disable-strategies", "compile", "--version", version, name, "--root"]).arg(&root);
        if shell::attempt(&format!("install {name} {version}, prebuilt"), &mut prebuilt) && is_there() {
            return Ok(());
        }
    }
    let install = |locked: bool| {
        let mut install = shell::cargo();
        if let Some(toolchain) = wasm_toolchain().filter(|_| is_wasm_toolchain) {
            install.env("RUSTUP_TOOLCHAIN", toolchain);
        }
        install
            .args(["install", "--ignore-rust-version", "--force", "--version", version, name, "--root"])
            .arg(&root)
            .args(locked.then_some("--locked"))
            .env("CARGO_TARGET_DIR", paths::cache().join("tools-target"))
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        install
    };
    let title = format!("install {name} {version} (a few minutes, once)");
    // A registry that lags behind the tool's own lock file refuses --locked.
    if shell::attempt(&title, &mut install(true)) {
        return Ok(());
    }
    eprintln!("  its own lock file cannot be kept to; installing with the versions the registry has");
    quiet(&title, &mut install(false))
}

fn node() -> Outcome {
    let lock = paths::root().join("package-lock.json");
    let stamp = paths::node_modules().join(".cloudthread");
    let wanted =
        fs::read_to_string(&lock).map_err(|error| format!("cannot read package-lock.json: {error}"))?;
    if fs::read_to_string(&stamp).is_ok_and(|held| held == wanted) {
        return Ok(());
    }
    if !succeeds(command("npm").arg("--version")) {
        return Err("npm is missing. Install Node.js 20 or newer with npm, then try again.".to_owned());
    }
    // Where a registry lags behind for systems we do not run on, the lock file misses their packages and `npm ci`
    // refuses it; a plain install that saves nothing keeps to the same versions and hashes.
    let mut clean = command("npm");
    clean.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    if !shell::attempt("install node packages as locked", &mut clean) {
        let mut install = command("npm");
        install.args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]);
        quiet("install node packages", &mut install)?;
    }
    fs::write(&stamp, wanted).map_err(|error| format!("cannot write {}: {error}", stamp.display()))
}

/// The browser: `$CHROMIUM`, else one on the path.
pub fn find_browser() -> Option<String> {
    let given = std::env::var("CHROMIUM").ok();
    given
        .into_iter()
        .chain(["chromium".to_owned(), "google-chrome".to_owned()])
        .find(|name| succeeds(command(name).arg("--version")))
}

/// The driver of the browser: `$CHROMEDRIVER`, else one on the path.
pub fn find_driver() -> Option<String> {
    let given = std::env::var("CHROMEDRIVER").ok();
    let named = given.into_iter().chain(["chromedriver".to_owned(), "/usr/bin/chromedriver".to_owned()]);
    named.into_iter().find(|name| succeeds(command(name).arg("--version")))
}

fn browser() -> Outcome {
    if find_browser().is_some() && find_driver().is_some() {
        return Ok(());
    }
    apt(&["chromium", "chromium-driver"])
}

fn python() -> Outcome {
    let folder = paths::python();
    let wanted = PYTHON.join(" ");
    if fs::read_to_string(folder.join("packages")).is_ok_and(|held| held == wanted) {
        return Ok(());
    }
    if !succeeds(command("python3").args(["-m", "pip", "--version"])) {
        apt(&["python3-pip"])?;
    }
    let mut pip = command("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--upgrade", "--target"]).arg(&folder).args(PYTHON);
    quiet("install Python packages (template linter, DuckDB and pyarrow as oracle)", &mut pip)?;
    fs::write(folder.join("packages"), wanted)
        .map_err(|error| format!("cannot write {}: {error}", folder.display()))
}

fn apt(packages: &[&str]) -> Outcome {
    let is_root = shell::output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let can_sudo = !is_root && succeeds(command("sudo").args(["-n", "true"]));
    if !Path::new("/usr/bin/apt-get").exists() || !(is_root || can_sudo) {
        return Err(format!(
            "these packages are missing: {}. Install them, then try again.",
            packages.join(" ")
        ));
    }
    let apt = |arguments: &[&str]| -> Command {
        let mut apt = if is_root { command("apt-get") } else { command("sudo") };
        if !is_root {
            apt.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        }
        apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    quiet("update the package lists", &mut apt(&["update", "-q"]))?;
    let mut install = apt(&["install", "-y", "-q", "--no-install-recommends"]);
    quiet(&format!("install {}", packages.join(" ")), install.args(packages))
}
