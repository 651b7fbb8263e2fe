-- The first shape of the city's store. Frozen: later changes are later files.
-- Times are unix seconds. Append-only tables refuse UPDATE and DELETE by trigger.

CREATE TABLE counters (
    recipient    TEXT PRIMARY KEY,
    last_arrival BIGINT NOT NULL
);

-- A case belongs to the device that opened it; the same case id from elsewhere is another case.
CREATE TABLE cases (
    recipient    TEXT NOT NULL,
    device       TEXT NOT NULL,
    case_id      BYTEA NOT NULL CHECK (length(case_id) = 16),
    token        TEXT NOT NULL,
    token_sha256 BYTEA NOT NULL UNIQUE,
    opened_at    BIGINT NOT NULL,
    PRIMARY KEY (recipient, device, case_id)
);

CREATE TABLE filings (
    id             BYTEA PRIMARY KEY CHECK (length(id) = 16),
    recipient      TEXT NOT NULL,
    device         TEXT NOT NULL,
    case_id        BYTEA NOT NULL,
    case_seq       BIGINT NOT NULL,
    sequence_taken BOOLEAN NOT NULL,
    arrival_no     BIGINT NOT NULL,
    arrived_at     BIGINT NOT NULL,
    schema         TEXT NOT NULL,
    created        BIGINT NOT NULL,
    digest         BYTEA NOT NULL CHECK (length(digest) = 32),
    canonical      BYTEA NOT NULL,
    signature      BYTEA NOT NULL,
    procedure      TEXT NOT NULL,
    child_key      BYTEA,
    due            TEXT,
    state          TEXT NOT NULL,
    facts          TEXT NOT NULL,
    UNIQUE (recipient, arrival_no),
    FOREIGN KEY (recipient, device, case_id) REFERENCES cases (recipient, device, case_id)
);
CREATE INDEX filings_by_due ON filings (state, due, arrived_at);
CREATE INDEX filings_by_child ON filings (child_key) WHERE child_key IS NOT NULL;
CREATE INDEX filings_by_case ON filings (recipient, device, case_id, case_seq);

-- case_seq is enforced here: one filing per place in a case, whatever order the wire had.
CREATE TABLE case_slots (
    recipient TEXT NOT NULL,
    device    TEXT NOT NULL,
    case_id   BYTEA NOT NULL,
    case_seq  BIGINT NOT NULL,
    filing    BYTEA NOT NULL REFERENCES filings (id),
    PRIMARY KEY (recipient, device, case_id, case_seq)
);

CREATE TABLE receipts (
    filing BYTEA PRIMARY KEY REFERENCES filings (id),
    signed BYTEA NOT NULL
);

CREATE TABLE history (
    filing BYTEA NOT NULL REFERENCES filings (id),
    seq    BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    actor  TEXT NOT NULL,
    state  TEXT NOT NULL,
    reason TEXT,
    note   TEXT,
    PRIMARY KEY (filing, seq)
);

CREATE TABLE notices (
    filing   BYTEA NOT NULL REFERENCES filings (id),
    seq      BIGINT NOT NULL,
    device   TEXT NOT NULL,
    signed   BYTEA NOT NULL,
    at       BIGINT NOT NULL,
    next_at  BIGINT,
    sent_at  BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (filing, seq)
);
CREATE INDEX notices_due ON notices (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX notices_by_device ON notices (device);

CREATE TABLE quarantine (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    wire_sha256 BYTEA NOT NULL UNIQUE,
    wire        BYTEA NOT NULL,
    device      TEXT,
    reason      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    refusal     BYTEA,
    first_seen  BIGINT NOT NULL,
    last_seen   BIGINT NOT NULL,
    times       BIGINT NOT NULL,
    resolved_at BIGINT
);

CREATE TABLE sessions (
    token_sha256 BYTEA PRIMARY KEY,
    staff        TEXT NOT NULL,
    csrf         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);

CREATE TABLE audit (
    seq     BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL,
    prev    BYTEA NOT NULL,
    hash    BYTEA NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % never change', TG_TABLE_NAME;
END $$;

CREATE TRIGGER audit_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER history_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON history FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER receipts_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON receipts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER filings_keep_their_bytes
    BEFORE UPDATE OF id, recipient, device, case_id, case_seq, arrival_no, arrived_at, digest, canonical, signature ON filings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER filings_never_shrink BEFORE DELETE OR TRUNCATE ON filings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
