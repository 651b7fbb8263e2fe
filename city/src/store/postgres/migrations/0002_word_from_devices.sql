-- Time, visits, attachments, what devices say for themselves, a restored database, and what goes down to devices.
-- Frozen: later changes are later files. Times are unix seconds.

-- The device's count is kept as the signed number of the same 64 bits. NULL: landed before this migration.
ALTER TABLE filings ADD COLUMN counter BIGINT;
ALTER TABLE filings ADD COLUMN signed_from BIGINT;
ALTER TABLE filings ADD COLUMN signed_until BIGINT;
ALTER TABLE filings ADD COLUMN visit_root BYTEA;
ALTER TABLE filings ADD COLUMN visit_index BIGINT;
ALTER TABLE filings ADD COLUMN visit_count BIGINT;
CREATE INDEX filings_by_counter ON filings (device, counter) WHERE counter IS NOT NULL;

-- When the device said that it keeps the notice.
ALTER TABLE notices ADD COLUMN seen_at BIGINT;

-- What a filing names. A filing has arrived without them.
CREATE TABLE attachments (
    filing     BYTEA NOT NULL REFERENCES filings (id),
    position   BIGINT NOT NULL,
    sha256     BYTEA NOT NULL CHECK (length(sha256) = 32),
    len        BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    state      TEXT NOT NULL,
    PRIMARY KEY (filing, position)
);

-- Pieces may come before their filing, so they point at nothing.
CREATE TABLE chunks (
    id         BYTEA PRIMARY KEY CHECK (length(id) = 16),
    recipient  TEXT NOT NULL,
    device     TEXT NOT NULL,
    filing     BYTEA NOT NULL,
    sha256     BYTEA NOT NULL,
    number     BIGINT NOT NULL,
    pieces     BIGINT NOT NULL,
    digest     BYTEA NOT NULL,
    bytes      BYTEA NOT NULL,
    arrived_at BIGINT NOT NULL,
    receipt    BYTEA NOT NULL
);
CREATE INDEX chunks_by_attachment ON chunks (filing, sha256, number);

-- Receipts of ours that a restored database does not know; devices bring them back.
CREATE TABLE earlier (
    filing     BYTEA NOT NULL CHECK (length(filing) = 16),
    recipient  TEXT NOT NULL,
    device     TEXT NOT NULL,
    digest     BYTEA NOT NULL,
    arrival_no BIGINT NOT NULL,
    arrived_at BIGINT NOT NULL,
    token      TEXT NOT NULL,
    signed     BYTEA NOT NULL,
    told_at    BIGINT NOT NULL,
    PRIMARY KEY (filing, device)
);

-- When this database was last restored from a backup: receipts say so, and older ones end no asking.
CREATE TABLE eras (
    recipient TEXT PRIMARY KEY,
    at        BIGINT NOT NULL
);

-- A family's link printed before the database was restored goes on opening its case.
CREATE TABLE case_aliases (
    token_sha256 BYTEA PRIMARY KEY,
    recipient    TEXT NOT NULL,
    device       TEXT NOT NULL,
    case_id      BYTEA NOT NULL,
    FOREIGN KEY (recipient, device, case_id) REFERENCES cases (recipient, device, case_id)
);

CREATE TABLE devices (
    device  TEXT PRIMARY KEY,
    seen_at BIGINT NOT NULL
);

CREATE TABLE commands (
    id          BYTEA PRIMARY KEY CHECK (length(id) = 16),
    device      TEXT NOT NULL,
    what        TEXT NOT NULL,
    at          BIGINT NOT NULL,
    expires     BIGINT NOT NULL,
    actor       TEXT NOT NULL,
    outcome     TEXT,
    detail      TEXT,
    answered_at BIGINT
);

-- What waits to go down, until its device has said so. Parts of updates lie in rollout_parts; their payload is NULL.
CREATE TABLE down (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    subject  BYTEA NOT NULL,
    number   BIGINT NOT NULL,
    payload  BYTEA,
    expires  BIGINT,
    next_at  BIGINT,
    sent_at  BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0,
    done_at  BIGINT,
    UNIQUE (device, kind, subject, number)
);
CREATE INDEX down_due ON down (next_at) WHERE next_at IS NOT NULL AND done_at IS NULL;
CREATE INDEX down_by_subject ON down (subject);

CREATE TABLE certificate_asks (
    request    BYTEA PRIMARY KEY,
    device     TEXT NOT NULL,
    csr        BYTEA NOT NULL,
    asked_at   BIGINT NOT NULL,
    granted_at BIGINT,
    actor      TEXT
);

CREATE TABLE rollouts (
    id           BYTEA PRIMARY KEY CHECK (length(id) = 16),
    content      TEXT NOT NULL,
    version      BIGINT NOT NULL,
    manifest     BYTEA NOT NULL,
    wards        TEXT NOT NULL,
    observe      BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    actor        TEXT NOT NULL,
    state        TEXT NOT NULL,
    state_at     BIGINT NOT NULL,
    UNIQUE (content, version)
);

CREATE TABLE rollout_parts (
    rollout BYTEA NOT NULL REFERENCES rollouts (id),
    number  BIGINT NOT NULL,
    bytes   BYTEA NOT NULL,
    PRIMARY KEY (rollout, number)
);

CREATE TABLE rollout_devices (
    rollout     BYTEA NOT NULL REFERENCES rollouts (id),
    device      TEXT NOT NULL,
    canary      BOOLEAN NOT NULL,
    since       BIGINT NOT NULL,
    seen_from   BIGINT,
    state       TEXT,
    detail      TEXT,
    reported_at BIGINT,
    PRIMARY KEY (rollout, device)
);

CREATE TRIGGER chunks_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON chunks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER filings_keep_their_time
    BEFORE UPDATE OF counter, signed_from, signed_until, visit_root, visit_index, visit_count ON filings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
