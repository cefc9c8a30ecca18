//! The engine's ports on Cloudflare's bindings: one adapter per binding, no decisions.

pub mod blobs;
pub mod clock;
pub mod d1;
pub mod entropy;
pub mod http;
pub mod identity;
pub mod mailer;
pub mod pace;
pub mod passwords;
pub mod queue;
pub mod rsa;
pub mod stack_tokens;
pub mod workspace_store;
