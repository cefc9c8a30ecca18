//! A person with an account: signed up, confirmed by the mail in the simulated mail box.

use serde_json::{Value, json};

use crate::{Answer, Browser, sandbox, unique, until};

/// A password that follows the rules.
pub const PASSWORD: &str = "seven anvils on a roof";

/// A signed-in person with a workspace of their own.
#[derive(Debug, Clone)]
pub struct Person {
    /// Theirs.
    pub browser: Browser,
    /// Their address.
    pub email: String,
    /// Their workspace.
    pub workspace: String,
}

impl Person {
    /// Signs up and confirms.
    ///
    /// # Panics
    /// When the product does not let them in: the test fails.
    #[allow(clippy::panic, reason = "a test without a person has failed")]
    pub fn new() -> Self {
        let (browser, email) = (Browser::default(), address());
        let answer = sign_up(&browser, &email);
        assert_eq!(answer.status, 202, "{}", answer.body);
        let token = token_in(&mail_to(&email, "onfirm"));
        let answer = browser.change("POST", "/api/confirm", &json!({ "token": token }));
        assert_eq!(answer.status, 200, "{}", answer.body);
        let workspace = answer.json().pointer("/workspaces/0/id").and_then(Value::as_str).map(str::to_owned);
        Self { browser, email, workspace: workspace.unwrap_or_default() }
    }

    /// The path of something in their workspace.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/workspaces/{}/{rest}", self.workspace)
    }

    /// A GET in their workspace.
    pub fn get(&self, rest: &str) -> Answer {
        self.browser.get(&self.path(rest))
    }

    /// A POST in their workspace.
    pub fn post(&self, rest: &str, body: &Value) -> Answer {
        self.browser.change("POST", &self.path(rest), body)
    }
}

impl Default for Person {
    fn default() -> Self {
        Self::new()
    }
}

/// An address nobody has.
pub fn address() -> String {
    format!("p-{}@example.com", unique())
}

/// Sends the form of the sign-up page.
pub fn sign_up(browser: &Browser, email: &str) -> Answer {
    let form = json!({ "email": email, "password": PASSWORD, "workspace_name": "Acme" });
    browser.change("POST", "/api/sign-up", &form)
}

/// Sends the form of the sign-in page.
pub fn sign_in(browser: &Browser, email: &str, password: &str) -> Answer {
    browser.change("POST", "/api/sign-in", &json!({ "email": email, "password": password }))
}

/// The text of the newest mail to an address whose subject holds these words.
pub fn mail_to(email: &str, subject: &str) -> String {
    until(&format!("a mail to {email} about {subject}"), || {
        let body =
            ureq::get(format!("{}/_mailbox.json", sandbox("url"))).call().ok()?.body_mut().read_to_string();
        let mails: Vec<Value> = serde_json::from_str(&body.ok()?).ok()?;
        let is_wanted = |mail: &&Value| {
            let to = mail.pointer("/to/0").and_then(Value::as_str).unwrap_or_default();
            let about = mail.get("subject").and_then(Value::as_str).unwrap_or_default();
            to.contains(email) && about.contains(subject)
        };
        mails.iter().find(is_wanted)?.get("text")?.as_str().map(str::to_owned)
    })
}

/// The token of the link in a mail.
pub fn token_in(mail: &str) -> String {
    let after = mail.split("#token=").nth(1).unwrap_or_default();
    after.split_whitespace().next().unwrap_or_default().to_owned()
}

/// The code in a mail: eight digits on a line of their own.
pub fn code_in(mail: &str) -> String {
    let is_code = |line: &&str| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit());
    mail.lines().map(str::trim).find(is_code).unwrap_or_default().to_owned()
}
