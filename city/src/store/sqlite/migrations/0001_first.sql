-- The first shape of the city's store. Frozen: later changes are later files.
-- Times are unix seconds. Append-only tables refuse UPDATE and DELETE by trigger.

CREATE TABLE counters (
    recipient    TEXT PRIMARY KEY,
    last_arrival INTEGER NOT NULL
) STRICT;

-- A case belongs to the device that opened it; the same case id from elsewhere is another case.
CREATE TABLE cases (
    recipient    TEXT NOT NULL,
    device       TEXT NOT NULL,
    case_id      BLOB NOT NULL CHECK (length(case_id) = 16),
    token        TEXT NOT NULL,
    token_sha256 BLOB NOT NULL UNIQUE,
    opened_at    INTEGER NOT NULL,
    PRIMARY KEY (recipient, device, case_id)
) STRICT;

CREATE TABLE filings (
    id             BLOB PRIMARY KEY CHECK (length(id) = 16),
    recipient      TEXT NOT NULL,
    device         TEXT NOT NULL,
    case_id        BLOB NOT NULL,
    case_seq       INTEGER NOT NULL,
    sequence_taken INTEGER NOT NULL,
    arrival_no     INTEGER NOT NULL,
    arrived_at     INTEGER NOT NULL,
    schema         TEXT NOT NULL,
    created        INTEGER NOT NULL,
    digest         BLOB NOT NULL CHECK (length(digest) = 32),
    canonical      BLOB NOT NULL,
    signature      BLOB NOT NULL,
    procedure      TEXT NOT NULL,
    child_key      BLOB,
    due            TEXT,
    state          TEXT NOT NULL,
    facts          TEXT NOT NULL,
    UNIQUE (recipient, arrival_no),
    FOREIGN KEY (recipient, device, case_id) REFERENCES cases (recipient, device, case_id)
) STRICT;
CREATE INDEX filings_by_due ON filings (state, due, arrived_at);
CREATE INDEX filings_by_child ON filings (child_key) WHERE child_key IS NOT NULL;
CREATE INDEX filings_by_case ON filings (recipient, device, case_id, case_seq);

-- case_seq is enforced here: one filing per place in a case, whatever order the wire had.
CREATE TABLE case_slots (
    recipient TEXT NOT NULL,
    device    TEXT NOT NULL,
    case_id   BLOB NOT NULL,
    case_seq  INTEGER NOT NULL,
    filing    BLOB NOT NULL REFERENCES filings (id),
    PRIMARY KEY (recipient, device, case_id, case_seq)
) STRICT;

CREATE TABLE receipts (
    filing BLOB PRIMARY KEY REFERENCES filings (id),
    signed BLOB NOT NULL
) STRICT;

CREATE TABLE history (
    filing BLOB NOT NULL REFERENCES filings (id),
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    state  TEXT NOT NULL,
    reason TEXT,
    note   TEXT,
    PRIMARY KEY (filing, seq)
) STRICT;

CREATE TABLE notices (
    filing   BLOB NOT NULL REFERENCES filings (id),
    seq      INTEGER NOT NULL,
    device   TEXT NOT NULL,
    signed   BLOB NOT NULL,
    at       INTEGER NOT NULL,
    next_at  INTEGER,
    sent_at  INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (filing, seq)
) STRICT;
CREATE INDEX notices_due ON notices (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX notices_by_device ON notices (device);

CREATE TABLE quarantine (
    id          INTEGER PRIMARY KEY,
    wire_sha256 BLOB NOT NULL UNIQUE,
    wire        BLOB NOT NULL,
    device      TEXT,
    reason      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    refusal     BLOB,
    first_seen  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    times       INTEGER NOT NULL,
    resolved_at INTEGER
) STRICT;

CREATE TABLE sessions (
    token_sha256 BLOB PRIMARY KEY,
    staff        TEXT NOT NULL,
    csrf         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    seen_at      INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL,
    prev    BLOB NOT NULL,
    hash    BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER history_never_changes BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
CREATE TRIGGER history_never_shrinks BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
CREATE TRIGGER receipts_never_change BEFORE UPDATE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts never change'); END;
CREATE TRIGGER receipts_never_shrink BEFORE DELETE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts never change'); END;
CREATE TRIGGER filings_keep_their_bytes BEFORE UPDATE OF id, recipient, device, case_id, case_seq, arrival_no, arrived_at, digest, canonical, signature ON filings
BEGIN SELECT RAISE(ABORT, 'an arrived filing is never edited'); END;
CREATE TRIGGER filings_never_shrink BEFORE DELETE ON filings BEGIN SELECT RAISE(ABORT, 'an arrived filing is never deleted'); END;
