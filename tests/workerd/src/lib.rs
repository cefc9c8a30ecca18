//! Drives the built Workers over HTTP, in Cloudflare's own runtime, with the simulated AWS account beside them.
//! `cargo xtask test workerd` starts the product and names its address in the environment.

pub mod aws;
pub mod person;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;
use std::time::{Duration, Instant};

use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as text.
    pub body: String,
}

impl Answer {
    /// The first value of a header; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The code of a problem; empty when it is none.
    pub fn code(&self) -> String {
        self.json().get("code").and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// A browser, as far as cookies and headers go. Each has a network address of its own, so that limits of one test do
/// not reach another.
#[derive(Debug, Clone)]
pub struct Browser {
    agent: ureq::Agent,
    url: String,
    ip: String,
    cookies: RefCell<BTreeMap<String, String>>,
}

impl Default for Browser {
    fn default() -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        Self {
            agent: ureq::Agent::new_with_config(config),
            url: product(),
            ip: format!("test-{}", unique()),
            cookies: RefCell::default(),
        }
    }
}

/// A word nobody else in this run has, nor any earlier run against the same product.
pub fn unique() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{:x}-{:x}-{}", started.as_millis(), std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Looks again and again until there is something, a minute at most.
///
/// # Panics
/// When there is nothing in time: the test fails.
#[allow(clippy::panic, reason = "a test that waits in vain has failed")]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(90);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The product's address.
pub fn product() -> String {
    env::var("CLOUDTHREAD_URL").unwrap_or_default()
}

/// A fact of the sandbox's first line.
pub fn sandbox(name: &str) -> String {
    let facts: Value =
        serde_json::from_str(&env::var("CLOUDTHREAD_SANDBOX").unwrap_or_default()).unwrap_or(Value::Null);
    facts.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Browser {
    /// A request with exactly these headers.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.borrow().is_empty() {
            request = request.header("cookie", self.cookie_line());
        }
        let key = env::var("CLOUDTHREAD_TEST_KEY").unwrap_or_default();
        let request = request.header("x-test-key", key).header("x-test-ip", &self.ip);
        let outcome = match body {
            Some(body) => request
                .body(body.to_owned())
                .map_err(ureq::Error::from)
                .and_then(|request| self.agent.run(request)),
            None => request.body(()).map_err(ureq::Error::from).and_then(|request| self.agent.run(request)),
        };
        let answer = match outcome {
            Ok(mut answer) => Answer {
                status: answer.status().as_u16(),
                headers: answer
                    .headers()
                    .iter()
                    .map(|(name, value)| {
                        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                    })
                    .collect(),
                body: answer.body_mut().read_to_string().unwrap_or_default(),
            },
            Err(error) => Answer { status: 0, headers: Vec::new(), body: error.to_string() },
        };
        self.keep_cookies(&answer);
        answer
    }

    fn cookie_line(&self) -> String {
        let pairs = self.cookies.borrow();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&self, answer: &Answer) {
        for (_, line) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let pair = line.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                if value.is_empty() {
                    self.cookies.borrow_mut().remove(name);
                } else {
                    self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
                }
            }
        }
    }

    /// Sets a cookie by hand, as a thief or a fool would.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    /// Forgets all cookies.
    pub fn forget(&self) {
        self.cookies.borrow_mut().clear();
    }

    /// A GET as the app sends it.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[("x-cloudthread", "1"), ("sec-fetch-site", "same-origin")], None)
    }

    /// A change as the app sends it.
    pub fn change(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [
            ("x-cloudthread", "1"),
            ("content-type", "application/json"),
            ("origin", self.url.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        self.send(method, path, &headers, Some(&body.to_string()))
    }
}
