-- Agencies: the message log, answers given, questions asked, consents, hospitals' certificates, and what follows from them.
-- Times are unix seconds. Ids of messages are UUIDs in lower case. Append-only tables refuse UPDATE and DELETE by trigger.

-- Every question and answer, each entry hashed with the one before. Heads and digests, no bodies.
CREATE TABLE message_log (
    seq       INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    direction TEXT NOT NULL,
    peer      TEXT NOT NULL,
    id        TEXT NOT NULL,
    head      TEXT NOT NULL,
    body      BLOB NOT NULL CHECK (length(body) = 64),
    signature BLOB NOT NULL,
    prev      BLOB NOT NULL CHECK (length(prev) = 32),
    hash      BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- The city's signature over the log up to one entry.
CREATE TABLE message_seals (
    number    INTEGER PRIMARY KEY,
    upto      INTEGER NOT NULL UNIQUE,
    head      BLOB NOT NULL CHECK (length(head) = 32),
    at        INTEGER NOT NULL,
    signature BLOB NOT NULL
) STRICT;

-- What was answered, so that the same question gets the same answer.
CREATE TABLE agency_answers (
    peer         TEXT NOT NULL,
    id           TEXT NOT NULL,
    request_hash BLOB NOT NULL CHECK (length(request_hash) = 64),
    request_id   TEXT NOT NULL,
    status       INTEGER NOT NULL,
    error        TEXT,
    content_type TEXT,
    body         BLOB NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (peer, id)
) STRICT;

-- A family's consent: to one source, for one purpose, proven by a filing's digest.
CREATE TABLE agency_consents (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    filing       BLOB NOT NULL REFERENCES filings (id),
    digest       BLOB NOT NULL CHECK (length(digest) = 32),
    recipient    TEXT NOT NULL,
    device       TEXT NOT NULL,
    case_id      BLOB NOT NULL,
    source       TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    given_at     INTEGER NOT NULL,
    given_by     TEXT NOT NULL,
    withdrawn_at INTEGER,
    withdrawn_by TEXT
) STRICT;
CREATE UNIQUE INDEX agency_consents_stand ON agency_consents (recipient, device, case_id, source, purpose) WHERE withdrawn_at IS NULL;

-- What is asked of agencies, until it is answered or an officer has it.
CREATE TABLE agency_requests (
    id            TEXT PRIMARY KEY,
    filing        BLOB NOT NULL REFERENCES filings (id),
    agency        TEXT NOT NULL,
    service       TEXT NOT NULL,
    purpose       TEXT NOT NULL,
    law           TEXT,
    joyful        INTEGER NOT NULL,
    issue         TEXT NOT NULL,
    path          TEXT NOT NULL,
    body          BLOB,
    created_at    INTEGER NOT NULL,
    state         TEXT NOT NULL,
    reason        TEXT,
    attempts      INTEGER NOT NULL,
    state_at      INTEGER NOT NULL,
    next_at       INTEGER,
    answer_status INTEGER,
    answer        BLOB
) STRICT;
CREATE INDEX agency_requests_due ON agency_requests (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX agency_requests_by_agency ON agency_requests (agency, created_at);
CREATE INDEX agency_requests_by_filing ON agency_requests (filing);

CREATE TABLE agency_steps (
    request  TEXT NOT NULL REFERENCES agency_requests (id),
    seq      INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    state    TEXT NOT NULL,
    reason   TEXT,
    PRIMARY KEY (request, seq)
) STRICT;

-- Certificates from hospitals, by message or by form. A stillbirth is another kind of row and never becomes a birth.
CREATE TABLE agency_certificates (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind        TEXT NOT NULL CHECK (kind IN ('birth', 'stillbirth')),
    agency      TEXT NOT NULL,
    via         TEXT NOT NULL CHECK (via IN ('message', 'form')),
    entered_by  TEXT NOT NULL,
    number      TEXT NOT NULL,
    child_order INTEGER NOT NULL,
    child_key   BLOB CHECK (kind = 'birth' OR child_key IS NULL),
    sha256      BLOB NOT NULL CHECK (length(sha256) = 32),
    content     TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    voided_at   INTEGER,
    filing      BLOB REFERENCES filings (id),
    linked_by   TEXT,
    linked_at   INTEGER,
    UNIQUE (agency, kind, number, child_order, sha256)
) STRICT;
CREATE INDEX agency_certificates_by_child ON agency_certificates (child_key) WHERE child_key IS NOT NULL;
CREATE INDEX agency_certificates_by_filing ON agency_certificates (filing) WHERE filing IS NOT NULL;

-- What happened, for whoever acts on it: 'birth', 'loss', 'withdrawn'.
CREATE TABLE agency_events (
    seq         INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('birth', 'loss', 'withdrawn')),
    certificate BLOB NOT NULL REFERENCES agency_certificates (id)
) STRICT;

CREATE TRIGGER message_log_never_changes BEFORE UPDATE ON message_log BEGIN SELECT RAISE(ABORT, 'the message log is append-only'); END;
CREATE TRIGGER message_log_never_shrinks BEFORE DELETE ON message_log BEGIN SELECT RAISE(ABORT, 'the message log is append-only'); END;
CREATE TRIGGER message_seals_never_changes BEFORE UPDATE ON message_seals BEGIN SELECT RAISE(ABORT, 'seals never change'); END;
CREATE TRIGGER message_seals_never_shrinks BEFORE DELETE ON message_seals BEGIN SELECT RAISE(ABORT, 'seals never change'); END;
CREATE TRIGGER agency_answers_never_changes BEFORE UPDATE ON agency_answers BEGIN SELECT RAISE(ABORT, 'answers never change'); END;
CREATE TRIGGER agency_answers_never_shrinks BEFORE DELETE ON agency_answers BEGIN SELECT RAISE(ABORT, 'answers never change'); END;
CREATE TRIGGER agency_steps_never_changes BEFORE UPDATE ON agency_steps BEGIN SELECT RAISE(ABORT, 'the history of a request is append-only'); END;
CREATE TRIGGER agency_steps_never_shrinks BEFORE DELETE ON agency_steps BEGIN SELECT RAISE(ABORT, 'the history of a request is append-only'); END;
CREATE TRIGGER agency_events_never_changes BEFORE UPDATE ON agency_events BEGIN SELECT RAISE(ABORT, 'events never change'); END;
CREATE TRIGGER agency_events_never_shrinks BEFORE DELETE ON agency_events BEGIN SELECT RAISE(ABORT, 'events never change'); END;
CREATE TRIGGER agency_certificates_keep_their_words
    BEFORE UPDATE OF id, kind, agency, via, entered_by, number, child_order, child_key, sha256, content, received_at ON agency_certificates
BEGIN SELECT RAISE(ABORT, 'a certificate is corrected by its issuer only'); END;
CREATE TRIGGER agency_certificates_never_shrink BEFORE DELETE ON agency_certificates BEGIN SELECT RAISE(ABORT, 'a certificate is never deleted'); END;
