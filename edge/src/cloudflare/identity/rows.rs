//! Rows of D1 as records: parsed again on the way out, so that a damaged row is an error and never a guess.

use engine::Error;
use engine::error::Result;
use engine::identity::Email;
use engine::ports::{
    Letter, Note, PendingRecord, ResetRecord, SessionRecord, TokenHash, UserRecord, WorkspaceRecord,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::api::{MemberRow, Profile};
use shared::route::Role;

use super::super::d1::moment;

/// An id out of the store.
pub fn id<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::bug("a stored id is no id"))
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| Error::bug("a stored JSON value is not readable"))
}

fn role(text: String) -> Result<Role> {
    serde_json::from_value(text.into()).map_err(|_| Error::bug("a stored role is no role"))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are small and whole")]
fn whole(number: f64) -> u32 {
    number as u32
}

#[derive(Deserialize)]
pub struct User {
    id: String,
    email: String,
    password: String,
    profile: String,
    created_at: f64,
}

impl TryFrom<User> for UserRecord {
    type Error = Error;
    fn try_from(row: User) -> Result<Self> {
        Ok(Self {
            id: id(&row.id)?,
            email: Email::stored(row.email),
            password: row.password,
            profile: json::<Profile>(&row.profile)?,
            created_at: moment(row.created_at)?,
        })
    }
}

#[derive(Deserialize)]
pub struct SignUp {
    id: String,
    cookie: String,
    link: String,
    email: String,
    password: String,
    workspace_name: String,
    generation: f64,
    code_at: f64,
    expires_at: f64,
    confirmed_at: Option<f64>,
}

impl TryFrom<SignUp> for PendingRecord {
    type Error = Error;
    fn try_from(row: SignUp) -> Result<Self> {
        Ok(Self {
            id: row.id,
            cookie: TokenHash(row.cookie),
            link: TokenHash(row.link),
            email: Email::stored(row.email),
            password: row.password,
            workspace_name: row.workspace_name,
            generation: whole(row.generation),
            code_at: moment(row.code_at)?,
            expires_at: moment(row.expires_at)?,
            confirmed_at: row.confirmed_at.map(moment).transpose()?,
        })
    }
}

#[derive(Deserialize)]
pub struct Session {
    id: String,
    token: String,
    user: String,
    device: String,
    started_at: f64,
    last_used_at: f64,
    fresh_until: f64,
}

impl TryFrom<Session> for SessionRecord {
    type Error = Error;
    fn try_from(row: Session) -> Result<Self> {
        Ok(Self {
            id: row.id,
            token: TokenHash(row.token),
            user: id(&row.user)?,
            device: row.device,
            started_at: moment(row.started_at)?,
            last_used_at: moment(row.last_used_at)?,
            fresh_until: moment(row.fresh_until)?,
        })
    }
}

#[derive(Deserialize)]
pub struct SessionWithUser {
    s_id: String,
    s_token: String,
    s_user: String,
    s_device: String,
    s_started_at: f64,
    s_last_used_at: f64,
    s_fresh_until: f64,
    id: String,
    email: String,
    password: String,
    profile: String,
    created_at: f64,
}

impl TryFrom<SessionWithUser> for (SessionRecord, UserRecord) {
    type Error = Error;
    fn try_from(row: SessionWithUser) -> Result<Self> {
        let session = Session {
            id: row.s_id,
            token: row.s_token,
            user: row.s_user,
            device: row.s_device,
            started_at: row.s_started_at,
            last_used_at: row.s_last_used_at,
            fresh_until: row.s_fresh_until,
        };
        let user = User {
            id: row.id,
            email: row.email,
            password: row.password,
            profile: row.profile,
            created_at: row.created_at,
        };
        Ok((session.try_into()?, user.try_into()?))
    }
}

#[derive(Deserialize)]
pub struct Reset {
    id: String,
    link: String,
    user: Option<String>,
    expires_at: f64,
}

impl TryFrom<Reset> for ResetRecord {
    type Error = Error;
    fn try_from(row: Reset) -> Result<Self> {
        Ok(Self {
            id: row.id,
            link: TokenHash(row.link),
            user: row.user.as_deref().map(id).transpose()?,
            expires_at: moment(row.expires_at)?,
        })
    }
}

#[derive(Deserialize)]
pub struct Workspace {
    id: String,
    name: String,
    created_at: f64,
    delete_at: Option<f64>,
    role: String,
}

impl TryFrom<Workspace> for (WorkspaceRecord, Role) {
    type Error = Error;
    fn try_from(row: Workspace) -> Result<Self> {
        let workspace = WorkspaceRecord {
            id: id(&row.id)?,
            name: row.name,
            created_at: moment(row.created_at)?,
            delete_at: row.delete_at.map(moment).transpose()?,
        };
        Ok((workspace, role(row.role)?))
    }
}

#[derive(Deserialize)]
pub struct Member {
    id: String,
    email: String,
    profile: String,
    last_active_at: Option<f64>,
    role: String,
}

impl TryFrom<Member> for MemberRow {
    type Error = Error;
    fn try_from(row: Member) -> Result<Self> {
        Ok(Self {
            user: id(&row.id)?,
            email: row.email,
            name: json::<Profile>(&row.profile)?.name,
            role: role(row.role)?,
            last_active_at: row.last_active_at.map(moment).transpose()?,
        })
    }
}

#[derive(Deserialize)]
pub struct NoteRow {
    id: String,
    workspace: String,
    at: f64,
    actor: String,
    event: String,
    detail: String,
}

impl TryFrom<NoteRow> for Note {
    type Error = Error;
    fn try_from(row: NoteRow) -> Result<Self> {
        let NoteRow { id: note, actor, event, detail, .. } = row;
        Ok(Self { id: note, workspace: id(&row.workspace)?, at: moment(row.at)?, actor, event, detail })
    }
}

#[derive(Deserialize)]
pub struct LetterRow {
    key: String,
    email: String,
    kind: String,
    tries: f64,
    next_at: f64,
}

impl TryFrom<LetterRow> for Letter {
    type Error = Error;
    fn try_from(row: LetterRow) -> Result<Self> {
        Ok(Self {
            key: row.key,
            to: Email::stored(row.email),
            kind: json(&row.kind)?,
            tries: whole(row.tries),
            next_at: moment(row.next_at)?,
        })
    }
}
