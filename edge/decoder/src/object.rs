//! The Workspace object, asked.

use engine::error::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::WorkspaceId;
use worker::{Env, Headers, Method, Request, RequestInit};

/// Asks a workspace's object something.
pub async fn ask<T: DeserializeOwned>(
    env: &Env,
    workspace: &WorkspaceId,
    what: &str,
    body: &impl Serialize,
) -> Result<T> {
    let body = serde_json::to_string(body).map_err(Error::bug)?;
    let request = || -> worker::Result<Request> {
        let headers = Headers::new();
        headers.set("x-workspace", workspace.as_str())?;
        headers.set("content-type", "application/json")?;
        let mut init = RequestInit::new();
        init.with_method(Method::Post).with_headers(headers).with_body(Some(body.as_str().into()));
        Request::new_with_init(&format!("https://workspace/{what}"), &init)
    };
    let unreachable = |cause: worker::Error| Error::store(format!("workspace object: {what}: {cause}"));
    let request = request().map_err(unreachable)?;
    let object = env
        .durable_object("WORKSPACE")
        .and_then(|all| all.get_by_name(workspace.as_str()))
        .map_err(unreachable)?;
    let mut answer = object.fetch_with_request(request).await.map_err(unreachable)?;
    let text = answer.text().await.map_err(unreachable)?;
    match answer.status_code() {
        200 => serde_json::from_str(&text).map_err(Error::bug),
        status => Err(Error::store(format!("workspace object: {what} answered {status}"))),
    }
}
