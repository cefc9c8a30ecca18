//! Drives the built Workers over HTTP, in Cloudflare's own runtime, with the simulated AWS account beside them.
//! `cargo xtask test workerd` starts the product and names its address in the environment.

use std::env;

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

/// A browser, as far as cookies and headers go.
#[derive(Debug)]
pub struct Browser {
    agent: ureq::Agent,
    url: String,
}

impl Default for Browser {
    fn default() -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        Self { agent: ureq::Agent::new_with_config(config), url: product() }
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
        let outcome = match body {
            Some(body) => request
                .body(body.to_owned())
                .map_err(ureq::Error::from)
                .and_then(|request| self.agent.run(request)),
            None => request.body(()).map_err(ureq::Error::from).and_then(|request| self.agent.run(request)),
        };
        match outcome {
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
        }
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
