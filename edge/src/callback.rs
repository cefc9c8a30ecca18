//! The stack's messages, through SNS.

use worker::{Context, Env, Request, Response};

use crate::problem;

/// Answers `StackCallback`. It alone is exempt from the rule against cross-site requests: a signature proves it.
pub async fn answer(
    _request: Request,
    _env: &Env,
    _context: &Context,
    request_id: &str,
) -> worker::Result<Response> {
    problem::response(&engine::identity::not_found(), request_id)
}
