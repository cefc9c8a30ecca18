//! To the object of a workspace: as the one who was let in, with what they asked.

use engine::Error;
use engine::error::Result;
use engine::identity::Actor;
use shared::WorkspaceId;
use shared::route::Route;
use worker::{Env, Headers, Method, Request, RequestInit, Response};

/// Hands an authorised call to the workspace's object and returns its answer, problems included.
///
/// The object trusts these headers: nothing else can reach it, and none of them is taken from the request.
pub async fn call(
    env: &Env,
    route: Route,
    actor: &Actor,
    params: &[String],
    query: Option<&str>,
    body: &[u8],
    request_id: &str,
) -> Result<Response> {
    let (signed, workspace, role) = actor.member()?;
    let params = serde_json::to_string(params.get(1..).unwrap_or_default()).map_err(Error::bug)?;
    let headers = [
        ("x-actor", signed.user.id.as_str()),
        ("x-actor-email", signed.user.email.as_str()),
        ("x-role", role.as_str()),
        ("x-request-id", request_id),
        // Header values are Latin-1: parameters are JSON with everything else escaped.
        ("x-params", &ascii(&params)),
        ("content-type", "application/json"),
    ];
    let target = match query {
        Some(query) => format!("{}?{query}", route.name()),
        None => route.name().to_owned(),
    };
    send(env, &workspace.id, &target, &headers, Some(body)).await
}

/// A call of our own to a workspace's object: `wake`, `purge`, `part/failed`.
pub async fn internal(
    env: &Env,
    workspace: &WorkspaceId,
    what: &str,
    body: Option<&[u8]>,
) -> Result<Response> {
    send(env, workspace, what, &[("content-type", "application/json")], body).await
}

async fn send(
    env: &Env,
    workspace: &WorkspaceId,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Result<Response> {
    let unreachable = |cause: worker::Error| Error::store(format!("workspace object: {cause}"));
    let request = || -> worker::Result<Request> {
        let mut init = RequestInit::new();
        let to = Headers::new();
        to.set("x-workspace", workspace.as_str())?;
        for (name, value) in headers {
            to.set(name, value)?;
        }
        let body = body.filter(|body| !body.is_empty()).map(|body| js_sys::Uint8Array::from(body).into());
        init.with_method(Method::Post).with_headers(to).with_body(body);
        Request::new_with_init(&format!("https://workspace/{target}"), &init)
    };
    let request = request().map_err(|cause| Error::bug(format!("workspace request: {cause}")))?;
    let object = env.durable_object("WORKSPACE").and_then(|all| all.get_by_name(workspace.as_str()));
    object.map_err(unreachable)?.fetch_with_request(request).await.map_err(unreachable)
}

/// JSON with all but ASCII escaped.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_travel_in_ascii_and_arrive_whole() {
        let params = vec!["abc".to_owned(), "é🦀\"\\".to_owned()];
        let sent = ascii(&serde_json::to_string(&params).unwrap());
        assert!(sent.is_ascii());
        assert_eq!(serde_json::from_str::<Vec<String>>(&sent).unwrap(), params);
    }
}
