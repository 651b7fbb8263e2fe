-- Who signed in, and what they may: kept with the session. Frozen: later changes are later files. Times are unix seconds.

-- issuer and sub: none for a local account. name, roles, jurisdiction: none for a session from before this was kept.
-- Roles and jurisdiction are words with spaces between them.
ALTER TABLE sessions ADD COLUMN issuer TEXT;
ALTER TABLE sessions ADD COLUMN sub TEXT;
ALTER TABLE sessions ADD COLUMN name TEXT;
ALTER TABLE sessions ADD COLUMN roles TEXT;
ALTER TABLE sessions ADD COLUMN jurisdiction TEXT;
-- When the token was last changed, what it was before, and until when that one is still taken.
ALTER TABLE sessions ADD COLUMN rotated_at BIGINT;
ALTER TABLE sessions ADD COLUMN earlier_sha256 BYTEA;
ALTER TABLE sessions ADD COLUMN earlier_until BIGINT;
CREATE INDEX sessions_by_earlier ON sessions (earlier_sha256) WHERE earlier_sha256 IS NOT NULL;

-- Sign-ins on their way through a provider: each ends once.
CREATE TABLE sign_ins (
    token_sha256 BYTEA PRIMARY KEY CHECK (length(token_sha256) = 32),
    expires_at   BIGINT NOT NULL
);

-- Everybody who ever came through a provider, so that what they did keeps a name.
CREATE TABLE officers (
    id           TEXT PRIMARY KEY,
    issuer       TEXT NOT NULL,
    sub          TEXT NOT NULL,
    name         TEXT NOT NULL,
    signed_in_at BIGINT NOT NULL
);
