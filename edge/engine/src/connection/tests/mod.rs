//! The connection in the in-memory world: one account at AWS that trusts as a test says, and a clock that is moved.

pub(crate) mod aws;
mod ending;
mod proving;

use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::api::ConnectionState;
use shared::route::Route;

use self::aws::FakeAws;
use super::callback;
use super::record::{self, Connection};
use super::stack_message::tests::a_message;
use crate::error::{Error, Result};
use crate::ports::{BlobKey, Clock, Table};
use crate::workspace::memory::MemoryWorkspace;
use crate::workspace::{self, Call, Wake};

pub(crate) use crate::identity::tests::now;

pub(crate) type Town = MemoryWorkspace<FakeAws>;

pub(crate) const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/cloudthread-access/1";
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/cloudthread/access";

pub(crate) fn a_town() -> Town {
    let workspace = "8f2c61d0-5b7e-4c19-a3f4-000000000000".parse().unwrap();
    MemoryWorkspace::at("2026-11-23T09:00:00Z".parse().unwrap(), workspace, FakeAws::default())
}

impl Town {
    pub(crate) fn call(&self, route: Route, body: Value) -> Result<Value> {
        let call = Call {
            route,
            params: Vec::new(),
            query: String::new(),
            body: body.to_string().into_bytes().into(),
            email: "dana@example.com".to_owned(),
        };
        let reply = now(workspace::serve(self, &call))?;
        Ok(serde_json::from_slice(&reply.body).unwrap())
    }

    /// Presses Connect; the answer is what the stack will say.
    pub(crate) fn link(&self) -> Value {
        let choice = json!({"account": "management", "report": "look", "access_level": "ReadOnly"});
        self.call(Route::PostLink, choice).unwrap()["parameters"].clone()
    }

    /// The stack of a link calls, once for each id.
    pub(crate) fn stack_calls(&self, kind: &str, link: &Value, id: &str) -> Result<()> {
        let text = |name: &str| link[name].as_str().unwrap();
        self.http.trust.borrow_mut().external_id = text("ExternalId").to_owned();
        callback::receive(self, id, &a_message(kind, STACK, text("StackToken"), text("ExternalId"), ROLE))
    }

    /// From the link to proven access.
    pub(crate) fn connected(self) -> Self {
        let link = self.link();
        self.stack_calls("Create", &link, &link["StackToken"].to_string()).unwrap();
        self.pass(1);
        assert_eq!(self.state(), ConnectionState::AwaitingReport, "{:?}", self.connection().broken);
        self
    }

    /// Moves on by seconds, doing what falls due at its moment.
    pub(crate) fn pass(&self, seconds: i64) -> Vec<Error> {
        let end = workspace::jobs::after_seconds(self.clock.now(), seconds);
        let mut failures = Vec::new();
        for _ in 0..2_000 {
            let Wake { next, failures: failed } = now(workspace::wake(self));
            failures.extend(failed.into_iter().map(|(_, error)| error));
            let present = self.clock.now();
            match next.filter(|next| *next <= end) {
                Some(next) => self.clock.advance(next.duration_since(present).max(SignedDuration::ZERO)),
                None => {
                    self.clock.advance(end.duration_since(present).max(SignedDuration::ZERO));
                    return failures;
                }
            }
        }
        panic!("jobs go round in circles");
    }

    pub(crate) fn connection(&self) -> Connection {
        record::find(self).unwrap().unwrap()
    }

    pub(crate) fn state(&self) -> ConnectionState {
        self.connection().state
    }

    pub(crate) fn reason(&self) -> String {
        self.connection().broken.map(|held| held.reason).unwrap_or_default()
    }

    /// Knows the accounts of the organization, as Cost Explorer would tell them.
    pub(crate) fn know_accounts(&self, accounts: &[&str]) {
        let item = crate::insights::Item::ALL[0];
        let mut held = crate::insights::find_item(self, item).unwrap();
        held.names = accounts.iter().map(|id| (id.to_string(), format!("Account {id}"))).collect();
        let write = workspace::records::put(Table::Insight, item.name(), &held).unwrap();
        crate::ports::WorkspaceStore::commit(&self.store, &[write]).unwrap();
    }

    /// Leaves a figure, as Cost Explorer's first answer would.
    pub(crate) fn a_figure(&self) -> BlobKey {
        let hash = "a".repeat(64);
        let key = BlobKey(format!("{}/cube/{hash}", self.workspace));
        let item = crate::insights::Item::ALL[0];
        let blob = json!({
            "hash": hash, "kind": "overview", "source": "cost_explorer", "currency": "USD", "dimensions": [],
            "days": {"start": "2026-11-01", "end": "2026-11-02"}, "monthly": false, "bytes": 1, "rows": 1,
        });
        let mut held = crate::insights::find_item(self, item).unwrap();
        held.blobs.push(serde_json::from_value(blob).unwrap());
        let write = workspace::records::put(Table::Insight, item.name(), &held).unwrap();
        crate::ports::WorkspaceStore::commit(&self.store, &[write]).unwrap();
        self.blobs.held.borrow_mut().insert(key.clone(), bytes::Bytes::from_static(b"1"));
        key
    }
}
