//! From a request to the one who answers it, driven by the route table.

use shared::route::Route;
use worker::{Context, Env, Request, Response};

use crate::{callback, health, problem};

/// Answers one request of the API.
pub async fn answer(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let request_id = "0";
    let (method, path) = (request.method().to_string(), request.path());
    match Route::find(&method, &path) {
        Some((Route::GetHealth, _)) => match health::load(&env).await {
            Ok(health) => Response::from_json(&health),
            Err(error) => problem::response(&error, request_id),
        },
        Some((Route::StackCallback, _)) => callback::answer(request, &env, &context, request_id).await,
        _ => problem::response(&problem::no_such_thing(), request_id),
    }
}
