-- Agencies: the message log, answers given, questions asked, consents, hospitals' certificates, and what follows from them.
-- Times are unix seconds. Ids of messages are UUIDs in lower case. Append-only tables refuse UPDATE and DELETE by trigger.

-- Every question and answer, each entry hashed with the one before. Heads and digests, no bodies.
CREATE TABLE message_log (
    seq       BIGINT PRIMARY KEY,
    at        BIGINT NOT NULL,
    direction TEXT NOT NULL,
    peer      TEXT NOT NULL,
    id        TEXT NOT NULL,
    head      TEXT NOT NULL,
    body      BYTEA NOT NULL CHECK (length(body) = 64),
    signature BYTEA NOT NULL,
    prev      BYTEA NOT NULL CHECK (length(prev) = 32),
    hash      BYTEA NOT NULL CHECK (length(hash) = 32)
);

-- The city's signature over the log up to one entry.
CREATE TABLE message_seals (
    number    BIGINT PRIMARY KEY,
    upto      BIGINT NOT NULL UNIQUE,
    head      BYTEA NOT NULL CHECK (length(head) = 32),
    at        BIGINT NOT NULL,
    signature BYTEA NOT NULL
);

-- What was answered, so that the same question gets the same answer.
CREATE TABLE agency_answers (
    peer         TEXT NOT NULL,
    id           TEXT NOT NULL,
    request_hash BYTEA NOT NULL CHECK (length(request_hash) = 64),
    request_id   TEXT NOT NULL,
    status       BIGINT NOT NULL,
    error        TEXT,
    content_type TEXT,
    body         BYTEA NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (peer, id)
);

-- A family's consent: to one source, for one purpose, proven by a filing's digest.
CREATE TABLE agency_consents (
    id           BYTEA PRIMARY KEY CHECK (length(id) = 16),
    filing       BYTEA NOT NULL REFERENCES filings (id),
    digest       BYTEA NOT NULL CHECK (length(digest) = 32),
    recipient    TEXT NOT NULL,
    device       TEXT NOT NULL,
    case_id      BYTEA NOT NULL,
    source       TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    given_at     BIGINT NOT NULL,
    given_by     TEXT NOT NULL,
    withdrawn_at BIGINT,
    withdrawn_by TEXT
);
CREATE UNIQUE INDEX agency_consents_stand ON agency_consents (recipient, device, case_id, source, purpose) WHERE withdrawn_at IS NULL;

-- What is asked of agencies, until it is answered or an officer has it.
CREATE TABLE agency_requests (
    id            TEXT PRIMARY KEY,
    filing        BYTEA NOT NULL REFERENCES filings (id),
    agency        TEXT NOT NULL,
    service       TEXT NOT NULL,
    purpose       TEXT NOT NULL,
    law           TEXT,
    joyful        BIGINT NOT NULL,
    issue         TEXT NOT NULL,
    path          TEXT NOT NULL,
    body          BYTEA,
    created_at    BIGINT NOT NULL,
    state         TEXT NOT NULL,
    reason        TEXT,
    attempts      BIGINT NOT NULL,
    state_at      BIGINT NOT NULL,
    next_at       BIGINT,
    answer_status BIGINT,
    answer        BYTEA
);
CREATE INDEX agency_requests_due ON agency_requests (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX agency_requests_by_agency ON agency_requests (agency, created_at);
CREATE INDEX agency_requests_by_filing ON agency_requests (filing);

CREATE TABLE agency_steps (
    request  TEXT NOT NULL REFERENCES agency_requests (id),
    seq      BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    state    TEXT NOT NULL,
    reason   TEXT,
    PRIMARY KEY (request, seq)
);

-- Certificates from hospitals, by message or by form. A stillbirth is another kind of row and never becomes a birth.
CREATE TABLE agency_certificates (
    id          BYTEA PRIMARY KEY CHECK (length(id) = 16),
    kind        TEXT NOT NULL CHECK (kind IN ('birth', 'stillbirth')),
    agency      TEXT NOT NULL,
    via         TEXT NOT NULL CHECK (via IN ('message', 'form')),
    entered_by  TEXT NOT NULL,
    number      TEXT NOT NULL,
    child_order BIGINT NOT NULL,
    child_key   BYTEA CHECK (kind = 'birth' OR child_key IS NULL),
    sha256      BYTEA NOT NULL CHECK (length(sha256) = 32),
    content     TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    voided_at   BIGINT,
    filing      BYTEA REFERENCES filings (id),
    linked_by   TEXT,
    linked_at   BIGINT,
    UNIQUE (agency, kind, number, child_order, sha256)
);
CREATE INDEX agency_certificates_by_child ON agency_certificates (child_key) WHERE child_key IS NOT NULL;
CREATE INDEX agency_certificates_by_filing ON agency_certificates (filing) WHERE filing IS NOT NULL;

-- What happened, for whoever acts on it: 'birth', 'loss', 'withdrawn'.
CREATE TABLE agency_events (
    seq         BIGINT PRIMARY KEY,
    at          BIGINT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('birth', 'loss', 'withdrawn')),
    certificate BYTEA NOT NULL REFERENCES agency_certificates (id)
);

CREATE TRIGGER message_log_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON message_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER message_seals_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON message_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agency_answers_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON agency_answers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agency_steps_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON agency_steps FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agency_events_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON agency_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agency_certificates_keep_their_words
    BEFORE UPDATE OF id, kind, agency, via, entered_by, number, child_order, child_key, sha256, content, received_at ON agency_certificates
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agency_certificates_never_shrink BEFORE DELETE OR TRUNCATE ON agency_certificates FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
