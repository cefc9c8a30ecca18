-- Lines for the audit logs of workspaces, until their objects have taken them in.
CREATE TABLE note (
    id TEXT PRIMARY KEY,
    workspace TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    event TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX note_at ON note (at);

-- Which workspace reads which AWS account, so that a second one can be told. Nothing is decided by it.
CREATE TABLE connected_account (
    workspace TEXT PRIMARY KEY,
    account TEXT NOT NULL
) STRICT;
CREATE INDEX connected_account_account ON connected_account (account);
