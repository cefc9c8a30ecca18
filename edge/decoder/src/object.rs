//! The Workspace object behind its binding.

use engine::error::{Error, Result};
use shared::WorkspaceId;
use worker::{Env, Headers, Method, Request, RequestInit};

use crate::world::Object;

/// The binding `WORKSPACE`.
pub struct BoundObject<'a>(pub &'a Env);

impl Object for BoundObject<'_> {
    async fn ask(&self, workspace: &WorkspaceId, what: &str, body: String) -> Result<String> {
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
        let object = self
            .0
            .durable_object("WORKSPACE")
            .and_then(|all| all.get_by_name(workspace.as_str()))
            .map_err(unreachable)?;
        let mut answer = object.fetch_with_request(request).await.map_err(unreachable)?;
        let text = answer.text().await.map_err(unreachable)?;
        match answer.status_code() {
            200 => Ok(text),
            status => Err(Error::store(format!("workspace object: {what} answered {status}"))),
        }
    }
}
