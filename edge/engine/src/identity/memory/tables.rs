//! The tables of identity, in maps: questions, limits, and writes that are all made or none.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use jiff::SignedDuration;
use shared::Timestamp;
use shared::api::MemberRow;
use shared::id::{UserId, WorkspaceId};
use shared::route::Role;

use crate::error::{Error, Result};
use crate::identity::{Email, access};
use crate::ports::{
    Committed, Count, Expect, Identity, IdentityWrite, Letter, Limit, Note, PendingRecord, ResetRecord,
    SessionRecord, Taken, TokenHash, UserRecord, WorkspaceRecord,
};

#[derive(Clone, Default)]
struct Tables {
    users: BTreeMap<UserId, (UserRecord, Option<Timestamp>)>,
    pendings: BTreeMap<String, PendingRecord>,
    sessions: BTreeMap<String, SessionRecord>,
    devices: BTreeMap<(UserId, TokenHash), Timestamp>,
    resets: BTreeMap<String, ResetRecord>,
    workspaces: BTreeMap<WorkspaceId, WorkspaceRecord>,
    members: BTreeMap<(WorkspaceId, UserId), Role>,
    letters: BTreeMap<String, Letter>,
    notes: BTreeMap<String, Note>,
}

struct Counter {
    count: u32,
    next_at: Timestamp,
    ends_at: Timestamp,
}

/// The tables, in maps.
#[derive(Default)]
pub struct MemoryIdentity {
    tables: RefCell<Tables>,
    counters: RefCell<BTreeMap<String, Counter>>,
    down: Cell<bool>,
    deaf: Cell<bool>,
}

impl MemoryIdentity {
    /// While deaf, every write is made and its answer lost.
    pub fn set_deaf(&self, deaf: bool) {
        self.deaf.set(deaf);
    }

    /// While down, every question and every write fails.
    pub fn set_down(&self, down: bool) {
        self.down.set(down);
    }

    /// How many users there are.
    pub fn users(&self) -> usize {
        self.tables.borrow().users.len()
    }

    /// How many letters wait.
    pub fn letters(&self) -> usize {
        self.tables.borrow().letters.len()
    }

    /// Makes a user a member, as an invitation would.
    pub fn join(&self, workspace: &WorkspaceId, user: &UserId, role: Role) {
        self.tables.borrow_mut().members.insert((workspace.clone(), user.clone()), role);
    }

    fn read<T>(&self, question: impl FnOnce(&Tables) -> T) -> Result<T> {
        if self.down.get() {
            return Err(Error::store("the in-memory identity is switched off"));
        }
        Ok(question(&self.tables.borrow()))
    }
}

impl Identity for MemoryIdentity {
    async fn find_user_by_email(&self, email: &Email) -> Result<Option<UserRecord>> {
        self.read(|tables| {
            tables.users.values().map(|(user, _)| user).find(|user| user.email == *email).cloned()
        })
    }

    async fn find_user(&self, user: &UserId) -> Result<Option<UserRecord>> {
        self.read(|tables| tables.users.get(user).map(|(user, _)| user.clone()))
    }

    async fn find_pending(&self, cookie: &TokenHash) -> Result<Option<PendingRecord>> {
        self.read(|tables| tables.pendings.values().find(|pending| pending.cookie == *cookie).cloned())
    }

    async fn find_pending_by_link(&self, link: &TokenHash) -> Result<Option<PendingRecord>> {
        self.read(|tables| tables.pendings.values().find(|pending| pending.link == *link).cloned())
    }

    async fn find_session(&self, token: &TokenHash) -> Result<Option<(SessionRecord, UserRecord)>> {
        self.read(|tables| {
            let session = tables.sessions.values().find(|session| session.token == *token)?;
            Some((session.clone(), tables.users.get(&session.user)?.0.clone()))
        })
    }

    async fn list_sessions(&self, user: &UserId) -> Result<Vec<SessionRecord>> {
        self.read(|tables| {
            let mut found: Vec<_> =
                tables.sessions.values().filter(|row| row.user == *user).cloned().collect();
            found.sort_by_key(|session| std::cmp::Reverse(session.started_at));
            found
        })
    }

    async fn knows_device(&self, user: &UserId, token: &TokenHash, now: Timestamp) -> Result<bool> {
        self.read(|tables| {
            tables.devices.get(&(user.clone(), token.clone())).is_some_and(|ends_at| now < *ends_at)
        })
    }

    async fn find_reset(&self, link: &TokenHash) -> Result<Option<ResetRecord>> {
        self.read(|tables| tables.resets.values().find(|reset| reset.link == *link).cloned())
    }

    async fn list_workspaces(&self, user: &UserId) -> Result<Vec<(WorkspaceRecord, Role)>> {
        self.read(|tables| {
            let mine = tables.members.iter().filter(|((_, member), _)| member == user);
            let mut found: Vec<_> = mine
                .filter_map(|((workspace, _), role)| Some((tables.workspaces.get(workspace)?.clone(), *role)))
                .collect();
            found.sort_by(|(a, _), (b, _)| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
            found
        })
    }

    async fn find_membership(
        &self,
        user: &UserId,
        workspace: &WorkspaceId,
    ) -> Result<Option<(WorkspaceRecord, Role)>> {
        self.read(|tables| {
            let role = *tables.members.get(&(workspace.clone(), user.clone()))?;
            Some((tables.workspaces.get(workspace)?.clone(), role))
        })
    }

    async fn list_members(&self, workspace: &WorkspaceId) -> Result<Vec<MemberRow>> {
        self.read(|tables| {
            let members = tables.members.iter().filter(|((id, _), _)| id == workspace);
            let mut rows: Vec<_> = members
                .filter_map(|((_, user), role)| {
                    let (user, last_active_at) = tables.users.get(user)?;
                    Some(MemberRow {
                        user: user.id.clone(),
                        email: user.email.as_str().to_owned(),
                        name: user.profile.name.clone(),
                        role: *role,
                        last_active_at: *last_active_at,
                    })
                })
                .collect();
            rows.sort_by(|a, b| a.email.cmp(&b.email));
            rows
        })
    }

    async fn list_due_letters(&self, now: Timestamp, limit: u32) -> Result<Vec<Letter>> {
        self.read(|tables| {
            let mut due: Vec<_> =
                tables.letters.values().filter(|letter| letter.next_at <= now).cloned().collect();
            due.sort_by_key(|letter| letter.next_at);
            due.truncate(limit as usize);
            due
        })
    }

    async fn list_notes(&self, now: Timestamp, limit: u32) -> Result<Vec<Note>> {
        self.read(|tables| {
            let lives = |note: &&Note| {
                let workspace = tables.workspaces.get(&note.workspace);
                workspace.is_some_and(|row| row.delete_at.is_none_or(|at| now < at))
            };
            let mut found: Vec<_> = tables.notes.values().filter(lives).cloned().collect();
            found.sort_by_key(|note| note.at);
            found.truncate(limit as usize);
            found
        })
    }

    async fn list_due_deletions(&self, now: Timestamp, limit: u32) -> Result<Vec<WorkspaceId>> {
        self.read(|tables| {
            let due = tables.workspaces.values().filter(|row| row.delete_at.is_some_and(|at| at <= now));
            due.map(|row| row.id.clone()).take(limit as usize).collect()
        })
    }

    async fn take(&self, key: &str, limit: Limit, now: Timestamp) -> Result<Taken> {
        self.read(|_| ())?;
        let mut counters = self.counters.borrow_mut();
        let after = |seconds: i64| access::after(now, SignedDuration::from_secs(seconds));
        let known = counters.get(key).filter(|counter| now < counter.ends_at);
        let count = known.map_or(0, |counter| counter.count);
        let next = match (limit, known) {
            (Limit::Window { max, .. }, Some(known)) if count >= max => {
                return Ok(Taken::No { until: known.ends_at });
            }
            (Limit::Backoff { max, .. }, Some(known)) if count >= max => {
                return Ok(Taken::No { until: known.ends_at });
            }
            (Limit::Backoff { .. }, Some(known)) if now < known.next_at => {
                return Ok(Taken::No { until: known.next_at });
            }
            (Limit::Window { seconds, .. }, known) => Counter {
                count: count + 1,
                next_at: now,
                ends_at: known.map_or(after(seconds.into()), |known| known.ends_at),
            },
            (Limit::Backoff { .. }, _) => Counter {
                count: count + 1,
                next_at: after(limit.pause_after(count + 1).into()),
                ends_at: after(Limit::BACKOFF_MEMORY.into()),
            },
        };
        counters.insert(key.to_owned(), next);
        Ok(Taken::Yes { count: count + 1 })
    }

    async fn find_count(&self, key: &str, now: Timestamp) -> Result<Option<Count>> {
        self.read(|_| ())?;
        let counters = self.counters.borrow();
        let live = counters.get(key).filter(|counter| now < counter.ends_at);
        Ok(live.map(|counter| Count { count: counter.count, ends_at: counter.ends_at }))
    }

    async fn commit(&self, writes: &[IdentityWrite]) -> Result<Committed> {
        let mut tables = self.read(Tables::clone)?;
        for write in writes {
            if let IdentityWrite::ClearCounter { key } = write {
                self.counters.borrow_mut().remove(key);
            } else if tables.apply(write) == Committed::Refused {
                return Ok(Committed::Refused);
            }
        }
        self.tables.replace(tables);
        if self.deaf.get() {
            return Err(Error::store("the answer of the in-memory identity was lost"));
        }
        Ok(Committed::Done)
    }

    async fn forget_expired(&self, now: Timestamp) -> Result<()> {
        self.read(|_| ())?;
        let mut tables = self.tables.borrow_mut();
        let oldest = access::oldest_expired_sign_up(now);
        tables.pendings.retain(|_, row| oldest < row.expires_at);
        tables.sessions.retain(|_, row| now < access::idle_until(row));
        tables.devices.retain(|_, ends_at| now < *ends_at);
        tables.resets.retain(|_, row| now < row.expires_at);
        self.counters.borrow_mut().retain(|_, counter| now < counter.ends_at);
        Ok(())
    }
}

impl Tables {
    fn apply(&mut self, write: &IdentityWrite) -> Committed {
        use IdentityWrite as W;
        match write.clone() {
            W::Expect(Expect::PendingOpen { id }) => {
                let open = self.pendings.get(&id).is_some_and(|row| row.confirmed_at.is_none());
                return if open { Committed::Done } else { Committed::Refused };
            }
            W::Expect(Expect::ResetOpen { id }) => {
                return if self.resets.contains_key(&id) { Committed::Done } else { Committed::Refused };
            }
            W::PutPending(row) => drop(self.pendings.insert(row.id.clone(), row)),
            W::PendingConfirmed { id, at } => {
                if let Some(row) = self.pendings.get_mut(&id) {
                    row.confirmed_at = Some(at);
                }
            }
            W::InsertUser(row) => {
                if self.users.values().any(|(user, _)| user.email == row.email) {
                    return Committed::Refused;
                }
                self.users.insert(row.id.clone(), (row, None));
            }
            W::SetPassword { user, password } => {
                if let Some((row, _)) = self.users.get_mut(&user) {
                    row.password = password;
                }
            }
            W::SetProfile { user, profile } => {
                if let Some((row, _)) = self.users.get_mut(&user) {
                    row.profile = profile;
                }
            }
            W::InsertSession(row) => {
                if let Some((_, active)) = self.users.get_mut(&row.user) {
                    *active = Some(row.started_at);
                }
                self.sessions.insert(row.id.clone(), row);
            }
            W::TouchSession { id, user, at } => {
                if let Some(row) = self.sessions.get_mut(&id) {
                    row.last_used_at = at;
                }
                if let Some((_, active)) = self.users.get_mut(&user) {
                    *active = Some(at);
                }
            }
            W::SetFresh { id, until } => {
                if let Some(row) = self.sessions.get_mut(&id) {
                    row.fresh_until = until;
                }
            }
            W::DeleteSession { user, id } => self.sessions.retain(|_, row| row.id != id || row.user != user),
            W::DeleteSessions { user, except } => {
                self.sessions.retain(|id, row| row.user != user || except.as_ref() == Some(id));
            }
            W::PutDevice { user, token, expires_at } => drop(self.devices.insert((user, token), expires_at)),
            W::DeleteDevices { user, except } => {
                self.devices.retain(|(owner, token), _| *owner != user || except.as_ref() == Some(token));
            }
            W::InsertReset(row) => drop(self.resets.insert(row.id.clone(), row)),
            W::DeleteResets { user } => self.resets.retain(|_, row| row.user.as_ref() != Some(&user)),
            W::InsertWorkspace(row) => drop(self.workspaces.insert(row.id.clone(), row)),
            W::RenameWorkspace { id, name } => {
                if let Some(row) = self.workspaces.get_mut(&id) {
                    row.name = name;
                }
            }
            W::SetDeletion { id, delete_at } => {
                if let Some(row) = self.workspaces.get_mut(&id) {
                    row.delete_at = delete_at;
                }
            }
            W::DeleteWorkspace { id } => {
                self.workspaces.remove(&id);
                self.members.retain(|(workspace, _), _| *workspace != id);
                self.notes.retain(|_, note| note.workspace != id);
            }
            W::InsertMember { workspace, user, role } => drop(self.members.insert((workspace, user), role)),
            W::PutLetter(row) => drop(self.letters.insert(row.key.clone(), row)),
            W::TakeLetter { key, seen, next_at } => match self.letters.get_mut(&key) {
                Some(row) if row.tries == seen => {
                    row.tries += 1;
                    row.next_at = next_at;
                }
                _ => return Committed::Refused,
            },
            W::DeleteLetter { key } => drop(self.letters.remove(&key)),
            W::PutNote(note) => drop(self.notes.entry(note.id.clone()).or_insert(note)),
            W::DeleteNote { id } => drop(self.notes.remove(&id)),
            W::ClearCounter { .. } => {}
        }
        Committed::Done
    }
}
