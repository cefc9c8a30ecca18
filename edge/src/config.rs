//! What the operator set: variables, secrets and bindings, read by name in one place.

use worker::Env;

/// A variable or secret; `None` when it is not set or empty.
pub fn find(env: &Env, name: &str) -> Option<String> {
    env.var(name).ok().map(|value| value.to_string()).filter(|value| !value.is_empty())
}

/// Which build answers.
pub fn build_id(env: &Env) -> String {
    find(env, "BUILD_ID").unwrap_or_else(|| "development".to_owned())
}
