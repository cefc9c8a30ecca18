-- Which workspace a stack token was given to. Tokens are stored as SHA-256; what they are worth is decided in the
-- workspace's own object.

CREATE TABLE stack_token (
    hash TEXT PRIMARY KEY,
    workspace TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX stack_token_workspace ON stack_token (workspace);
