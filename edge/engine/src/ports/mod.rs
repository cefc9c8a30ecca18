//! All that the engine needs from outside, named by role. Cloudflare's bindings implement it in `edge`, the
//! in-memory world implements it for tests. Futures need not be `Send`: Workers have one thread.

mod blobs;
mod clock;
mod identity;
mod mailer;
mod queue;
mod stack_tokens;
mod workspace_store;

pub use aws::{
    Credentials, Endpoints, Experience, Http, HttpError, HttpRequest, HttpResponse, InvalidEndpoint, Pace,
};
pub use blobs::{BlobKey, Blobs};
pub use clock::{Clock, Entropy};
pub use identity::{
    Committed, Count, Expect, Identity, IdentityWrite, Letter, LetterKind, Limit, Note, Passwords,
    PendingRecord, ResetRecord, SessionRecord, Taken, TokenHash, UserRecord, Verdict, WorkspaceRecord,
};
pub use mailer::{Mail, Mailer, MailerError};
pub use queue::{PartMessage, Queue};
pub use stack_tokens::StackTokens;
pub use workspace_store::{Table, WorkspaceStore, Write};
