//! The Workspace Durable Object: the one owner of everything that is true of a workspace. It opens the platform's
//! adapters, hands each event to the engine, and keeps one alarm at what is due next.

#![allow(missing_docs, reason = "the macro writes functions nobody can document")]

mod world;

use bytes::Bytes;
use engine::connection::callback;
use engine::error::{Error, Result};
use engine::ports::Clock;
use engine::workspace::world::Memory;
use engine::workspace::{self, Call, World, audit, may_set_jobs, next_wake, purge};
use engine::{identity, ingest};
use serde::Deserialize;
use shared::route::Route;
use shared::{Timestamp, WorkspaceId};
use worker::{
    DurableObject, Env, Headers, Request, Response, State, console_log, durable_object, wasm_bindgen,
};

use crate::address::Address;
use crate::cloudflare::workspace_store::SqlStore;
use crate::config::Config;
use crate::problem;
use world::ObjectWorld;

/// Times a moved clock lets jobs that set each other run in one event.
const MOST_WAKES: usize = 20;

#[durable_object]
pub struct Workspace {
    state: State,
    env: Env,
    memory: Memory,
}

impl DurableObject for Workspace {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, memory: Memory::default() }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let header = |name: &str| request.headers().get(name).ok().flatten();
        let request_id = header("x-request-id").unwrap_or_default();
        match self.answer(&mut request).await {
            Ok(response) => Ok(response),
            Err(error) => problem::response(&error, &request_id),
        }
    }

    /// Never fails: a failed alarm would be tried six times and then be gone.
    async fn alarm(&self) -> worker::Result<Response> {
        if let Err(error) = self.wake().await {
            console_log!("{}", problem::log_line(&error, "alarm"));
            self.state.storage().set_alarm(60_000_i64).await?;
        }
        Response::empty()
    }
}

/// A message of the stack, as the edge hands it over.
#[derive(Deserialize)]
struct Callback {
    id: String,
    message: String,
}

impl Workspace {
    async fn answer(&self, request: &mut Request) -> Result<Response> {
        let url = request.inner().url();
        let address = Address::of(&url);
        let path = address.path.trim_start_matches('/').to_owned();
        if path == "health" {
            self.store()?;
            return empty();
        }
        let query = address.query.unwrap_or_default().to_owned();
        let header = |name: &str| request.headers().get(name).ok().flatten().unwrap_or_default();
        let workspace: WorkspaceId = header("x-workspace").parse().map_err(Error::bug)?;
        let (params, email) = (header("x-params"), header("x-actor-email"));
        let body = request.bytes().await.map_err(|cause| Error::bug(format!("platform: {cause}")))?;
        if may_create(&path) {
            self.remember(&workspace)?;
        }
        let config = Config::of(&self.env)?;
        let store = self.store()?;
        let world = ObjectWorld::open(workspace, &self.env, &config, &store, &self.memory).await?;
        if let Some(route) = Route::ALL.iter().find(|route| route.name() == path) {
            let params = serde_json::from_str(&params).map_err(Error::bug)?;
            let call = Call { route: *route, params, query, body: Bytes::from(body), email };
            let served = workspace::serve(&world, &call).await;
            if may_set_jobs(*route) {
                self.arm(&world).await?;
            }
            return write(served?);
        }
        match path.as_str() {
            "wake" => {
                self.wake_until_quiet(&world).await?;
                empty()
            }
            "callback" => {
                let Callback { id, message } = serde_json::from_slice(&body).map_err(Error::bug)?;
                callback::receive(&world, &id, &message)?;
                self.arm(&world).await?;
                empty()
            }
            "note" => {
                let note = serde_json::from_slice(&body).map_err(Error::bug)?;
                audit::take_note(&world, &note)?;
                empty()
            }
            "purge" => {
                purge::everything(&world).await?;
                let storage = self.state.storage();
                storage.delete_alarm().await.map_err(down)?;
                storage.delete_all().await.map_err(down)?;
                empty()
            }
            what if what.starts_with("part/") || what.starts_with("merge/") => {
                let answer = ingest::serve(&world, what, &body).await;
                self.arm(&world).await?;
                Response::ok(answer?).map_err(broken)
            }
            _ => Err(identity::not_found()),
        }
    }

    fn store(&self) -> Result<SqlStore> {
        SqlStore::open(self.state.storage().sql()).map_err(down)
    }

    /// Alarms name no workspace: the object keeps its own name.
    fn remember(&self, workspace: &WorkspaceId) -> Result<()> {
        let sql = self.state.storage().sql();
        let statement = "INSERT OR IGNORE INTO record (kind, key, json) VALUES ('setting', 'workspace', ?)";
        self.store()?;
        sql.exec(statement, vec![workspace.as_str().into()]).map(|_| ()).map_err(down)
    }

    async fn wake(&self) -> Result<()> {
        use engine::ports::{Table, WorkspaceStore};
        let store = self.store()?;
        let Some(workspace) = store.find(Table::Setting, "workspace")? else { return Ok(()) };
        let workspace = workspace.parse().map_err(Error::bug)?;
        let config = Config::of(&self.env)?;
        let world = ObjectWorld::open(workspace, &self.env, &config, &store, &self.memory).await?;
        let woken = workspace::wake(&world).await;
        self.report(woken.failures);
        self.arm_for(&world, woken.next).await
    }

    /// Runs what is due, and what that makes due at once.
    async fn wake_until_quiet(&self, world: &ObjectWorld<'_>) -> Result<()> {
        for _ in 0..MOST_WAKES {
            let woken = workspace::wake(world).await;
            let is_quiet = woken.next.is_none_or(|next| next > world.clock().now());
            self.report(woken.failures);
            if is_quiet {
                return self.arm_for(world, woken.next).await;
            }
        }
        self.arm(world).await
    }

    fn report(&self, failures: Vec<(&'static str, Error)>) {
        for (job, error) in failures {
            console_log!("{}", problem::log_line(&error, job));
        }
    }

    /// Sets the one alarm for what is due next.
    async fn arm(&self, world: &ObjectWorld<'_>) -> Result<()> {
        self.arm_for(world, next_wake(world)?).await
    }

    /// Sets the one alarm. It is an offset: in development the engine's clock may be ahead of the platform's.
    async fn arm_for(&self, world: &ObjectWorld<'_>, next: Option<Timestamp>) -> Result<()> {
        let Some(next) = next else { return Ok(()) };
        let wait = next.as_millisecond().saturating_sub(world.clock().now().as_millisecond()).max(0);
        self.state.storage().set_alarm(wait).await.map_err(down)
    }
}

/// Whether an event may begin a workspace. What comes late for one that was erased must not bring it back: parts of a
/// report, a wake of the sweeper, a second purge.
fn may_create(path: &str) -> bool {
    path == "callback" || Route::ALL.iter().any(|route| route.name() == path)
}

fn write(reply: workspace::Reply) -> Result<Response> {
    let headers = Headers::new();
    let set = |name: &str, value: &str| headers.set(name, value).map_err(broken);
    set("content-type", reply.content_type)?;
    set("cache-control", reply.cache_control)?;
    let response = Response::from_bytes(reply.body.to_vec()).map_err(broken)?;
    Ok(response.with_status(reply.status).with_headers(headers))
}

fn empty() -> Result<Response> {
    Response::empty().map(|empty| empty.with_status(204)).map_err(broken)
}

fn down(cause: worker::Error) -> Error {
    Error::store(format!("object storage: {cause}"))
}

fn broken(cause: worker::Error) -> Error {
    Error::bug(format!("platform: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_late_brings_no_erased_workspace_back() {
        for late in [
            "part/claim",
            "part/renew",
            "part/wanted",
            "part/split",
            "part/done",
            "part/failed",
            "part/dead",
            "merge/claim",
            "merge/missing",
            "merge/done",
            "wake",
            "purge",
            "note",
        ] {
            assert!(!may_create(late), "{late}");
        }
        assert!(may_create("callback") && Route::ALL.iter().all(|route| may_create(route.name())));
    }
}
