//! Users, sign-ups, sessions, workspaces and members: D1 on Cloudflare, maps in tests.
//!
//! Reads are single questions. Writes go through [`Identity::commit`], all or none; what must still be true for them
//! to make sense is an [`Expect`] among them. Counters are taken in one atomic step, so that fifty requests at once
//! count as fifty.

use std::future::Future;

use serde::{Deserialize, Serialize};
use shared::Timestamp;
use shared::api::{MemberRow, Profile};
use shared::id::{UserId, WorkspaceId};
use shared::route::Role;

use crate::error::Result;
use crate::identity::Email;

/// SHA-256 of a token, hexadecimal. The token itself is never stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TokenHash(pub String);

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    /// Who.
    pub id: UserId,
    /// The confirmed address, unique.
    pub email: Email,
    /// The password's hash with its parameters.
    pub password: String,
    /// Settings.
    pub profile: Profile,
    /// When the account began.
    pub created_at: Timestamp,
}

/// A sign-up that waits for its confirmation, kept apart from all others by its browser's cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRecord {
    /// Opaque.
    pub id: String,
    /// Hash of the cookie.
    pub cookie: TokenHash,
    /// Hash of the link's token.
    pub link: TokenHash,
    /// The address that was typed.
    pub email: Email,
    /// The password's hash.
    pub password: String,
    /// The workspace to begin with.
    pub workspace_name: String,
    /// How often a code was made; each replaces the one before.
    pub generation: u32,
    /// When the current code was made.
    pub code_at: Timestamp,
    /// When the link dies.
    pub expires_at: Timestamp,
    /// When it was confirmed, here or elsewhere.
    pub confirmed_at: Option<Timestamp>,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Opaque, shown to its owner.
    pub id: String,
    /// Hash of the cookie.
    pub token: TokenHash,
    /// Whose.
    pub user: UserId,
    /// Browser and system in words.
    pub device: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// Until when the password need not be entered again.
    pub fresh_until: Timestamp,
}

/// A link that lets its holder choose a new password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetRecord {
    /// Opaque.
    pub id: String,
    /// Hash of the link's token.
    pub link: TokenHash,
    /// Whose; none for an unknown address, so that both cost the same.
    pub user: Option<UserId>,
    /// When it dies.
    pub expires_at: Timestamp,
}

/// A workspace, as far as identity knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceRecord {
    /// Which.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is purged, once its deletion was asked for.
    pub delete_at: Option<Timestamp>,
}

/// What a letter says. Tokens are made when it is sent, so none lies in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// Link and code of a sign-up.
    Confirm {
        /// Which sign-up.
        pending: String,
        /// Which code.
        generation: u32,
    },
    /// Someone signed up with an address that has an account.
    KnownAddress,
    /// A link to a new password.
    Reset {
        /// Which.
        reset: String,
    },
    /// The password was changed.
    PasswordChanged,
    /// A workspace will be purged.
    WorkspaceDeletion {
        /// Its name.
        name: String,
        /// When.
        delete_at: Timestamp,
    },
    /// Nothing leaves: keeps unknown addresses as much work as known ones.
    Nothing,
}

/// A letter in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Sent once per key.
    pub key: String,
    /// Recipient.
    pub to: Email,
    /// What it says.
    pub kind: LetterKind,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next_at: Timestamp,
}

/// A line for the audit log of a workspace, kept until its object has taken it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Names the event: taken in once, however often it is brought.
    pub id: String,
    /// Whose log.
    pub workspace: WorkspaceId,
    /// When it happened.
    pub at: Timestamp,
    /// Address of who did it.
    pub actor: String,
    /// What: `signed_in`.
    pub event: String,
    /// More about it; may be empty.
    pub detail: String,
}

/// What must still be true, else nothing of the transaction happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The sign-up exists and is not confirmed.
    PendingOpen {
        /// Which.
        id: String,
    },
    /// The reset link exists.
    ResetOpen {
        /// Which.
        id: String,
    },
}

/// One write of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it; the records say the rest")]
pub enum IdentityWrite {
    Expect(Expect),
    /// Inserts or replaces.
    PutPending(PendingRecord),
    PendingConfirmed {
        id: String,
        at: Timestamp,
    },
    /// Refused when the address has an account.
    InsertUser(UserRecord),
    SetPassword {
        user: UserId,
        password: String,
    },
    SetProfile {
        user: UserId,
        profile: Profile,
    },
    InsertSession(SessionRecord),
    /// Also notes when the user was last active.
    TouchSession {
        id: String,
        user: UserId,
        at: Timestamp,
    },
    SetFresh {
        id: String,
        until: Timestamp,
    },
    DeleteSession {
        user: UserId,
        id: String,
    },
    DeleteSessions {
        user: UserId,
        except: Option<String>,
    },
    /// Inserts or replaces.
    PutDevice {
        user: UserId,
        token: TokenHash,
        expires_at: Timestamp,
    },
    DeleteDevices {
        user: UserId,
        except: Option<TokenHash>,
    },
    InsertReset(ResetRecord),
    /// All of a user's, so that a used link takes the others with it.
    DeleteResets {
        user: UserId,
    },
    InsertWorkspace(WorkspaceRecord),
    RenameWorkspace {
        id: WorkspaceId,
        name: String,
    },
    /// None takes the deletion back.
    SetDeletion {
        id: WorkspaceId,
        delete_at: Option<Timestamp>,
    },
    /// With its members.
    DeleteWorkspace {
        id: WorkspaceId,
    },
    InsertMember {
        workspace: WorkspaceId,
        user: UserId,
        role: Role,
    },
    /// Inserts or replaces.
    PutLetter(Letter),
    /// Refused unless the letter is there with `seen` tries: one sender takes it, for a while.
    TakeLetter {
        key: String,
        seen: u32,
        next_at: Timestamp,
    },
    DeleteLetter {
        key: String,
    },
    /// One that is there already stays.
    PutNote(Note),
    DeleteNote {
        id: String,
    },
    ClearCounter {
        key: String,
    },
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Committed {
    /// All of it happened.
    Done,
    /// None of it: an expectation no longer holds, or the address has an account.
    Refused,
}

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// At most `max` within a window that begins with the first.
    Window {
        /// How many.
        max: u32,
        /// Seconds.
        seconds: u32,
    },
    /// Consecutive failures: `free` without delay, then 30 s doubling to an hour, at most `max` until cleared.
    Backoff {
        /// How many without delay.
        free: u32,
        /// How many in all.
        max: u32,
    },
}

impl Limit {
    /// Seconds after which failures in a row are forgotten.
    pub const BACKOFF_MEMORY: u32 = 30 * 86_400;

    /// Seconds to wait after failure number `count`: none while free, then 30, doubling, at most an hour.
    pub const fn pause_after(self, count: u32) -> u32 {
        match self {
            Limit::Window { .. } => 0,
            Limit::Backoff { free, .. } if count < free => 0,
            Limit::Backoff { free, .. } => {
                let doublings = if count - free > 7 { 7 } else { count - free };
                let seconds = 30 << doublings;
                if seconds > 3_600 { 3_600 } else { seconds }
            }
        }
    }
}

/// The answer to taking one of a limited number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It may happen; it is number `count`.
    Yes {
        /// Number of this one.
        count: u32,
    },
    /// Not before then.
    No {
        /// When it may happen again.
        until: Timestamp,
    },
}

/// How a counter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many were taken.
    pub count: u32,
    /// When the window ends.
    pub ends_at: Timestamp,
}

/// Loads and commits identity.
pub trait Identity {
    /// The user with this address.
    fn find_user_by_email(&self, email: &Email) -> impl Future<Output = Result<Option<UserRecord>>>;
    /// A user.
    fn find_user(&self, user: &UserId) -> impl Future<Output = Result<Option<UserRecord>>>;
    /// A sign-up by its cookie.
    fn find_pending(&self, cookie: &TokenHash) -> impl Future<Output = Result<Option<PendingRecord>>>;
    /// A sign-up by the token of its link.
    fn find_pending_by_link(&self, link: &TokenHash) -> impl Future<Output = Result<Option<PendingRecord>>>;
    /// A session with its user, whether or not it has run out.
    fn find_session(
        &self,
        token: &TokenHash,
    ) -> impl Future<Output = Result<Option<(SessionRecord, UserRecord)>>>;
    /// The sessions of a user, newest first.
    fn list_sessions(&self, user: &UserId) -> impl Future<Output = Result<Vec<SessionRecord>>>;
    /// Whether the user has signed in on this device.
    fn knows_device(
        &self,
        user: &UserId,
        token: &TokenHash,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool>>;
    /// A reset link.
    fn find_reset(&self, link: &TokenHash) -> impl Future<Output = Result<Option<ResetRecord>>>;
    /// The workspaces of a user, by name.
    fn list_workspaces(&self, user: &UserId) -> impl Future<Output = Result<Vec<(WorkspaceRecord, Role)>>>;
    /// A workspace and what the user may do there; none when it is not theirs.
    fn find_membership(
        &self,
        user: &UserId,
        workspace: &WorkspaceId,
    ) -> impl Future<Output = Result<Option<(WorkspaceRecord, Role)>>>;
    /// The members of a workspace, by address.
    fn list_members(&self, workspace: &WorkspaceId) -> impl Future<Output = Result<Vec<MemberRow>>>;
    /// Letters whose time has come, oldest first.
    fn list_due_letters(&self, now: Timestamp, limit: u32) -> impl Future<Output = Result<Vec<Letter>>>;
    /// Notes that wait, oldest first; not those of workspaces whose time has come.
    fn list_notes(&self, now: Timestamp, limit: u32) -> impl Future<Output = Result<Vec<Note>>>;
    /// Workspaces whose time has come.
    fn list_due_deletions(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<WorkspaceId>>>;
    /// Takes one of a limited number, atomically.
    fn take(&self, key: &str, limit: Limit, now: Timestamp) -> impl Future<Output = Result<Taken>>;
    /// How a counter stands; none when it was never taken or has run out.
    fn find_count(&self, key: &str, now: Timestamp) -> impl Future<Output = Result<Option<Count>>>;
    /// All writes or none.
    fn commit(&self, writes: &[IdentityWrite]) -> impl Future<Output = Result<Committed>>;
    /// Forgets what has run out: sign-ups, sessions, devices, links, counters.
    fn forget_expired(&self, now: Timestamp) -> impl Future<Output = Result<()>>;
}

/// Hashes passwords and derives tokens, with a key that no store holds.
pub trait Passwords {
    /// The slow hash of a password, with its parameters.
    fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String>;
    /// Whether the password has this hash. As slow as `hash`.
    fn verify(&self, password: &str, hash: &str) -> Result<Verdict>;
    /// A hash of no password, to be as slow for unknown users.
    fn dummy(&self) -> &str;
    /// HMAC-SHA256 of the parts under the key.
    fn derive(&self, purpose: &str, parts: &[&str]) -> [u8; 32];
}

/// Whether a password is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not.
    Wrong,
    /// It is.
    Right,
    /// It is, but its hash was made with other parameters than today's.
    RightButOld,
}
