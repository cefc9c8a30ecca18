-- Users, sign-ups, sessions, workspaces and members. Moments are milliseconds since 1970, UTC. Tokens are stored as
-- SHA-256, never in the clear.

CREATE TABLE user (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    profile TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_active_at INTEGER
) STRICT;
