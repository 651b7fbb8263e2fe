-- The family's door and what families say: links that were closed, codes that an officer gave, sessions after the second fact,
-- wrong answers, comments, and phones that are told. Frozen: later changes are later files. Times are unix seconds. A case is known by the hash of
-- its first link, whatever link is used now.

-- A closed link opens nothing, ever again.
CREATE TABLE family_closed (
    token_sha256 BLOB PRIMARY KEY CHECK (length(token_sha256) = 32),
    case_ref     BLOB NOT NULL CHECK (length(case_ref) = 32),
    at           INTEGER NOT NULL,
    actor        TEXT NOT NULL
) STRICT;
CREATE TRIGGER family_closed_never_changes BEFORE UPDATE ON family_closed BEGIN SELECT RAISE(ABORT, 'a closed link stays closed'); END;
CREATE TRIGGER family_closed_never_shrinks BEFORE DELETE ON family_closed BEGIN SELECT RAISE(ABORT, 'a closed link stays closed'); END;

-- A code that opens the case instead of what stands on its filings.
CREATE TABLE family_codes (
    case_ref    BLOB PRIMARY KEY CHECK (length(case_ref) = 32),
    code_sha256 BLOB NOT NULL CHECK (length(code_sha256) = 32),
    at          INTEGER NOT NULL,
    actor       TEXT NOT NULL
) STRICT;

CREATE TABLE family_sessions (
    token_sha256 BLOB PRIMARY KEY CHECK (length(token_sha256) = 32),
    link_sha256  BLOB NOT NULL CHECK (length(link_sha256) = 32),
    case_ref     BLOB NOT NULL CHECK (length(case_ref) = 32),
    made_at      INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX family_sessions_by_case ON family_sessions (case_ref);
CREATE INDEX family_sessions_by_end ON family_sessions (ends_at);

-- Wrong answers, by the hash of a link and by the hash of an address: how many since the last wait, how many waits, and until when.
CREATE TABLE family_tries (
    whose      BLOB PRIMARY KEY CHECK (length(whose) = 32),
    wrong      INTEGER NOT NULL,
    waits      INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    wait_until INTEGER NOT NULL
) STRICT;
CREATE INDEX family_tries_by_time ON family_tries (last_at);

-- コエ: what a family says about a step. For officers only.
CREATE TABLE family_voices (
    id        INTEGER PRIMARY KEY,
    case_ref  BLOB NOT NULL CHECK (length(case_ref) = 32),
    filing    BLOB NOT NULL REFERENCES filings (id),
    item      INTEGER REFERENCES nonstop_items (id),
    procedure TEXT NOT NULL,
    mood      TEXT NOT NULL,
    words     TEXT,
    at        INTEGER NOT NULL
) STRICT;
CREATE INDEX family_voices_by_case ON family_voices (case_ref, id);
CREATE INDEX family_voices_by_procedure ON family_voices (procedure, mood);

-- Phones that are told that there is something new: when next, if anything is waiting.
CREATE TABLE family_phones (
    id       INTEGER PRIMARY KEY,
    case_ref BLOB NOT NULL CHECK (length(case_ref) = 32),
    endpoint TEXT NOT NULL UNIQUE,
    p256dh   BLOB NOT NULL CHECK (length(p256dh) = 65),
    auth     BLOB NOT NULL CHECK (length(auth) = 16),
    tongue   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    next_at  INTEGER,
    attempts INTEGER NOT NULL
) STRICT;
CREATE INDEX family_phones_by_case ON family_phones (case_ref);
CREATE INDEX family_phones_due ON family_phones (next_at) WHERE next_at IS NOT NULL;

-- Who looked at a case is asked by what was looked at.
CREATE INDEX audit_by_subject ON audit (subject, seq);
