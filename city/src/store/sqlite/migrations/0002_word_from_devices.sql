-- Time, visits, attachments, what devices say for themselves, a restored database, and what goes down to devices.
-- Frozen: later changes are later files. Times are unix seconds.

-- The device's count is kept as the signed number of the same 64 bits. NULL: landed before this migration.
ALTER TABLE filings ADD COLUMN counter INTEGER;
ALTER TABLE filings ADD COLUMN signed_from INTEGER;
ALTER TABLE filings ADD COLUMN signed_until INTEGER;
ALTER TABLE filings ADD COLUMN visit_root BLOB;
ALTER TABLE filings ADD COLUMN visit_index INTEGER;
ALTER TABLE filings ADD COLUMN visit_count INTEGER;
CREATE INDEX filings_by_counter ON filings (device, counter) WHERE counter IS NOT NULL;

-- When the device said that it keeps the notice.
ALTER TABLE notices ADD COLUMN seen_at INTEGER;

-- What a filing names. A filing has arrived without them.
CREATE TABLE attachments (
    filing     BLOB NOT NULL REFERENCES filings (id),
    position   INTEGER NOT NULL,
    sha256     BLOB NOT NULL CHECK (length(sha256) = 32),
    len        INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    state      TEXT NOT NULL,
    PRIMARY KEY (filing, position)
) STRICT;

-- Pieces may come before their filing, so they point at nothing.
CREATE TABLE chunks (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    recipient  TEXT NOT NULL,
    device     TEXT NOT NULL,
    filing     BLOB NOT NULL,
    sha256     BLOB NOT NULL,
    number     INTEGER NOT NULL,
    pieces     INTEGER NOT NULL,
    digest     BLOB NOT NULL,
    bytes      BLOB NOT NULL,
    arrived_at INTEGER NOT NULL,
    receipt    BLOB NOT NULL
) STRICT;
CREATE INDEX chunks_by_attachment ON chunks (filing, sha256, number);

-- Receipts of ours that a restored database does not know; devices bring them back.
CREATE TABLE earlier (
    filing     BLOB NOT NULL CHECK (length(filing) = 16),
    recipient  TEXT NOT NULL,
    device     TEXT NOT NULL,
    digest     BLOB NOT NULL,
    arrival_no INTEGER NOT NULL,
    arrived_at INTEGER NOT NULL,
    token      TEXT NOT NULL,
    signed     BLOB NOT NULL,
    told_at    INTEGER NOT NULL,
    PRIMARY KEY (filing, device)
) STRICT;

-- When this database was last restored from a backup: receipts say so, and older ones end no asking.
CREATE TABLE eras (
    recipient TEXT PRIMARY KEY,
    at        INTEGER NOT NULL
) STRICT;

-- A family's link printed before the database was restored goes on opening its case.
CREATE TABLE case_aliases (
    token_sha256 BLOB PRIMARY KEY,
    recipient    TEXT NOT NULL,
    device       TEXT NOT NULL,
    case_id      BLOB NOT NULL,
    FOREIGN KEY (recipient, device, case_id) REFERENCES cases (recipient, device, case_id)
) STRICT;

CREATE TABLE devices (
    device  TEXT PRIMARY KEY,
    seen_at INTEGER NOT NULL
) STRICT;

CREATE TABLE commands (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    device      TEXT NOT NULL,
    what        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    outcome     TEXT,
    detail      TEXT,
    answered_at INTEGER
) STRICT;

-- What waits to go down, until its device has said so. Parts of updates lie in rollout_parts; their payload is NULL.
CREATE TABLE down (
    id       INTEGER PRIMARY KEY,
    device   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    subject  BLOB NOT NULL,
    number   INTEGER NOT NULL,
    payload  BLOB,
    expires  INTEGER,
    next_at  INTEGER,
    sent_at  INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    done_at  INTEGER,
    UNIQUE (device, kind, subject, number)
) STRICT;
CREATE INDEX down_due ON down (next_at) WHERE next_at IS NOT NULL AND done_at IS NULL;
CREATE INDEX down_by_subject ON down (subject);

CREATE TABLE certificate_asks (
    request    BLOB PRIMARY KEY,
    device     TEXT NOT NULL,
    csr        BLOB NOT NULL,
    asked_at   INTEGER NOT NULL,
    granted_at INTEGER,
    actor      TEXT
) STRICT;

CREATE TABLE rollouts (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    content      TEXT NOT NULL,
    version      INTEGER NOT NULL,
    manifest     BLOB NOT NULL,
    wards        TEXT NOT NULL,
    observe      INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    actor        TEXT NOT NULL,
    state        TEXT NOT NULL,
    state_at     INTEGER NOT NULL,
    UNIQUE (content, version)
) STRICT;

CREATE TABLE rollout_parts (
    rollout BLOB NOT NULL REFERENCES rollouts (id),
    number  INTEGER NOT NULL,
    bytes   BLOB NOT NULL,
    PRIMARY KEY (rollout, number)
) STRICT;

CREATE TABLE rollout_devices (
    rollout     BLOB NOT NULL REFERENCES rollouts (id),
    device      TEXT NOT NULL,
    canary      INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    seen_from   INTEGER,
    state       TEXT,
    detail      TEXT,
    reported_at INTEGER,
    PRIMARY KEY (rollout, device)
) STRICT;

CREATE TRIGGER chunks_never_change BEFORE UPDATE ON chunks BEGIN SELECT RAISE(ABORT, 'an arrived piece is never edited'); END;
CREATE TRIGGER chunks_never_shrink BEFORE DELETE ON chunks BEGIN SELECT RAISE(ABORT, 'an arrived piece is never deleted'); END;
CREATE TRIGGER filings_keep_their_time BEFORE UPDATE OF counter, signed_from, signed_until, visit_root, visit_index, visit_count ON filings
BEGIN SELECT RAISE(ABORT, 'an arrived filing is never edited'); END;
