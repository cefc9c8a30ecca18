//! Signing up, confirming, signing in, profile and sessions.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{UserId, WorkspaceId};
use crate::route::Role;

/// Readiness of the instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Always `ok`; anything else is a problem with its own status.
    pub status: String,
    /// Which build answers.
    pub build: String,
}

/// What a visitor may know of the instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Which build answers; an open page with another build offers a reload.
    pub build: String,
    /// The edge's time, which is moved in simulated runs.
    pub now: Timestamp,
    /// What the operator has not set up, in words ("no mailer"), shown on the pages it breaks.
    pub missing: Vec<String>,
}

/// A sign-up form.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// Any valid address; normalised by the edge.
    pub email: String,
    /// 15 characters to 1,024 bytes.
    pub password: String,
    /// 1 to 80 characters.
    pub workspace_name: String,
}

/// A sign-up that waits for its confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSignUp {
    /// `d•••@example.com`.
    pub masked_email: String,
    /// Whether it was confirmed meanwhile (in another tab); then `GetMe` answers.
    pub confirmed: bool,
    /// From when on link and code can be sent again.
    pub resend_at: Timestamp,
    /// How many sends are left in this hour.
    pub resends_left: u8,
}

/// A confirmation: the link's token or the typed code; elsewhere than in the browser that signed up, the token with
/// the sign-up's password.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Confirm {
    /// The eight digits of the mail; needs the cookie.
    Code(String),
    /// The token of the link; needs the cookie.
    Token(String),
    /// The token in another browser, proven by the password.
    TokenAndPassword {
        /// The token of the link.
        token: String,
        /// The password given at sign-up.
        password: String,
    },
}

/// A sign-in form.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
}

/// Someone forgot their password.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forgot {
    /// The address; the answer does not tell whether it is known.
    pub email: String,
}

/// A new password by the link of a reset mail.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// The token of the link's fragment.
    pub token: String,
    /// The new password.
    pub password: String,
}

/// The password, once more, before something that matters.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reauthenticate {
    /// The current password.
    pub password: String,
}

/// A changed password.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The new password; the old one was just entered.
    pub password: String,
}

/// How a user likes to see things.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Shown to the team; up to 80 characters, may be empty.
    pub name: String,
    /// Theme on every device.
    pub theme: Theme,
    /// IANA time zone for clock times; billing days stay UTC. Empty: the browser's.
    pub time_zone: String,
    /// BCP 47 locale for numbers and dates. Empty: the browser's.
    pub locale: String,
    /// Whether single-key shortcuts are on.
    pub shortcuts: bool,
}

/// Light, dark or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// The signed-in user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Who.
    pub user: UserId,
    /// Their confirmed address.
    pub email: String,
    /// Their settings.
    pub profile: Profile,
    /// Their workspaces, by name.
    pub workspaces: Vec<WorkspaceSummary>,
    /// When this session ends if nothing is done.
    pub idle_until: Timestamp,
    /// When it ends in any case.
    pub ends_at: Timestamp,
    /// Until when the password need not be entered again.
    pub fresh_until: Option<Timestamp>,
}

/// A workspace in the switcher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceSummary {
    /// Which.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// What the user may do there.
    pub role: Role,
    /// When it is purged, once its deletion was asked for; until then an owner can take it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_at: Option<Timestamp>,
}

/// One sign-in of the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// Opaque; not the cookie.
    pub id: String,
    /// Browser and system in words, from the user agent.
    pub device: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// A member of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    /// Who.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// Their name, may be empty.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When they last did something.
    pub last_active_at: Option<Timestamp>,
}

/// A new name for a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameWorkspace {
    /// 1 to 80 characters.
    pub name: String,
}

/// Deletion, confirmed by typing the name. Undo for seven days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteWorkspace {
    /// The workspace's name, typed.
    pub name: String,
}

/// Moves the edge's clock in a simulated run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveClock {
    /// The new present; never earlier than the old one.
    pub now: Timestamp,
    /// Whose due alarm to run; none moves the clock only.
    #[serde(default)]
    pub run: Option<WorkspaceId>,
}
