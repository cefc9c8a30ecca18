//! Use cases of identity in the in-memory world, each through the API's own front door: authorise, then serve.

mod account;
mod authorisation;
mod confirming;
mod goldens;
mod guessing;
mod notes;
mod replays;
mod signing_up;
mod workspaces;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::route::Route;

use super::memory::{MemoryMailer, MemoryWorld};
use super::{Call, Cookie, Reply, Tokens, authorise, post, serve};
use crate::Secret;
use crate::error::{Error, Result};
use crate::ports::Mail;

pub const PASSWORD: &str = "seven anvils on a roof";

/// Runs a future of the in-memory world, which never waits.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the in-memory world does not wait"),
    }
}

/// A world with its post office.
pub struct Town {
    pub world: MemoryWorld,
    pub mailer: MemoryMailer,
}

pub fn a_town() -> Town {
    let start = "2026-11-23T09:00:00Z".parse().unwrap();
    Town { world: MemoryWorld::at(start), mailer: MemoryMailer::default() }
}

impl Town {
    pub fn later(&self, duration: SignedDuration) {
        self.world.clock.advance(duration);
    }

    /// Empties the outbox and returns what was sent by this.
    pub fn post(&self) -> Vec<Mail> {
        let before = self.mailer.sent.borrow().len();
        now(post(&self.world, &self.mailer, "https://app.example")).unwrap();
        self.mailer.sent.borrow()[before..].to_vec()
    }

    /// A browser that signed up and confirmed.
    pub fn a_user(&self, email: &str, workspace: &str) -> Browser {
        let mut browser = a_browser();
        browser.sign_up(self, email, workspace).unwrap();
        let mail = self.post().pop().unwrap();
        browser.call(self, Route::Confirm, &[], json!({"token": token_in(&mail)})).unwrap();
        self.later(SignedDuration::from_secs(61));
        browser
    }
}

/// A browser with its cookies, at a network address of its own.
#[derive(Clone)]
pub struct Browser {
    pub tokens: Tokens,
    pub ip: String,
}

pub fn a_browser() -> Browser {
    Browser { tokens: Tokens::default(), ip: "192.0.2.1".to_owned() }
}

impl Browser {
    pub fn call(&mut self, town: &Town, route: Route, params: &[&str], body: Value) -> Result<Value> {
        let reply = self.raw(town, route, params, body.to_string().as_bytes())?;
        Ok(reply.body.map_or(Value::Null, |body| serde_json::from_str(&body).unwrap()))
    }

    pub fn raw(&mut self, town: &Town, route: Route, params: &[&str], body: &[u8]) -> Result<Reply> {
        let params: Vec<String> = params.iter().map(|param| (*param).to_owned()).collect();
        let actor = now(authorise(&town.world, route, &params, &self.tokens))?;
        let call = Call {
            route,
            params,
            body,
            tokens: self.tokens.clone(),
            ip: &self.ip,
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        };
        let reply = now(serve(&town.world, &actor, &call))?;
        for cookie in &reply.cookies {
            match cookie.clone() {
                Cookie::Session(token) => self.tokens.session = token,
                Cookie::Pending(token) => self.tokens.pending = token,
                Cookie::Device(token) => self.tokens.device = token,
            }
        }
        Ok(reply)
    }

    pub fn sign_up(&mut self, town: &Town, email: &str, workspace: &str) -> Result<Value> {
        let form = json!({"email": email, "password": PASSWORD, "workspace_name": workspace});
        self.call(town, Route::SignUp, &[], form)
    }

    pub fn sign_in(&mut self, town: &Town, email: &str, password: &str) -> Result<Value> {
        self.call(town, Route::SignIn, &[], json!({"email": email, "password": password}))
    }

    pub fn me(&mut self, town: &Town) -> Result<Value> {
        self.call(town, Route::GetMe, &[], Value::Null)
    }
}

pub fn token_in(mail: &Mail) -> String {
    let after = mail.text.split("#token=").nth(1).expect("a link");
    after.lines().next().unwrap().to_owned()
}

pub fn code_in(mail: &Mail) -> String {
    let code = |line: &&str| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit());
    mail.text.lines().find(code).expect("a code").to_owned()
}

pub fn code<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    result.map_err(|error: Error| error.code).unwrap_err()
}

pub fn secret(text: &str) -> Option<Secret<String>> {
    Some(Secret::new(text.to_owned()))
}
