-- Users, sign-ups, sessions, workspaces and members. Moments are milliseconds since 1970, UTC. Tokens are stored as
-- SHA-256, passwords as argon2id of a keyed hash; neither in the clear.

CREATE TABLE user (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    profile TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_active_at INTEGER
) STRICT;

-- A sign-up that waits for its confirmation, kept apart by its browser's cookie.
CREATE TABLE sign_up (
    id TEXT PRIMARY KEY,
    cookie TEXT NOT NULL UNIQUE,
    link TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    password TEXT NOT NULL,
    workspace_name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    code_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    confirmed_at INTEGER
) STRICT;

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    user TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    device TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    fresh_until INTEGER NOT NULL
) STRICT;
CREATE INDEX session_user ON session (user);

-- Browsers in which a user has signed in: guessing elsewhere does not hold them up.
CREATE TABLE device (
    user TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    token TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (user, token)
) STRICT, WITHOUT ROWID;

-- Links to a new password. Those without a user keep unknown addresses as much work as known ones.
CREATE TABLE reset (
    id TEXT PRIMARY KEY,
    link TEXT NOT NULL UNIQUE,
    user TEXT REFERENCES user (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX reset_user ON reset (user);

CREATE TABLE workspace (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    delete_at INTEGER
) STRICT;

CREATE TABLE member (
    workspace TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    user TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin', 'owner')),
    PRIMARY KEY (workspace, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_user ON member (user);

-- The outbox. It holds no token: letters are written when they are sent.
CREATE TABLE letter (
    key TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    kind TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_at INTEGER NOT NULL
) STRICT;
CREATE INDEX letter_next ON letter (next_at);

-- How often something happened: windows, and wrong passwords in a row. Keys hold no address.
CREATE TABLE counter (
    key TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL
) STRICT;

-- A batch inserts here what must be true; a failed check undoes the whole batch. Always empty in between.
CREATE TABLE expectation (
    ok INTEGER NOT NULL CONSTRAINT expectation_holds CHECK (ok = 1)
) STRICT;

-- Development only: how far the clock was moved.
CREATE TABLE test_clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    offset_ms INTEGER NOT NULL
) STRICT;
