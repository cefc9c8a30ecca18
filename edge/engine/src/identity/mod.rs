//! Who someone is and where they belong: sign-up, confirmation, sign-in, sessions, workspaces and members.
//!
//! It answers the same, and does the same work, for known and unknown addresses. It sends nothing: letters lie in an
//! outbox until [`post`] hands them to the mailer. It reads no cookie and writes no header: a [`Call`] brings the
//! tokens, a [`Reply`] says which to set.

pub mod access;
mod account;
mod confirm;
mod email;
mod letters;
mod limits;
pub mod memory;
mod notes;
mod password;
mod post;
mod reset;
mod serve;
mod sign_in;
mod sign_up;
#[cfg(test)]
pub(crate) mod tests;
mod tokens;
mod workspaces;

pub use access::{Actor, Signed, authorise, not_found, oldest_expired_sign_up, oldest_session_start};
pub use email::Email;
pub use notes::deliver as deliver_notes;
pub use post::{Posted, post};
pub use serve::{Call, Cookie, IdentityWorld, Reply, Tokens, serve, serves};
pub use tokens::same as same_secret;
pub use workspaces::forget_deleted;
