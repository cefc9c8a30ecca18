//! The Workspace Durable Object: the one owner of everything that is true of a workspace.

#![allow(missing_docs, reason = "the macro writes functions nobody can document")]

use crate::address::Address;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object, wasm_bindgen};

/// One workspace.
#[durable_object]
pub struct Workspace {
    state: State,
    env: Env,
}

impl DurableObject for Workspace {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let _ = (&self.state, &self.env);
        match Address::of(&request.inner().url()).path {
            "/health" => {
                self.state.storage().sql().exec("SELECT 1", None)?;
                Response::empty()
            }
            _ => Response::error("", 404),
        }
    }
}
