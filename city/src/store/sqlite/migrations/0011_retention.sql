-- Erasing what the law lets go, holds against it, who holds which inbox, and indexes for pages that were slow.
-- Frozen: later changes are later files. Times are unix seconds.

-- A filing keeps its number, times, procedure, state, digest and receipt; what it said is gone.
ALTER TABLE filings ADD COLUMN erased_at INTEGER;
CREATE INDEX filings_to_erase ON filings (arrived_at) WHERE erased_at IS NULL;

-- Whoever erases names the table here, inside the transaction that erases, and takes the name away before it ends: so nobody
-- ever sees a row, and everybody else is refused as before.
CREATE TABLE retention_gate (
    relation TEXT PRIMARY KEY
) STRICT;

DROP TRIGGER audit_never_shrinks;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit WHEN NOT EXISTS (SELECT 1 FROM retention_gate WHERE relation = 'audit')
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
DROP TRIGGER history_never_changes;
CREATE TRIGGER history_never_changes BEFORE UPDATE ON history WHEN NOT EXISTS (SELECT 1 FROM retention_gate WHERE relation = 'history')
BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
DROP TRIGGER filings_keep_their_bytes;
CREATE TRIGGER filings_keep_their_bytes BEFORE UPDATE OF id, recipient, device, case_id, case_seq, arrival_no, arrived_at, digest, canonical, signature ON filings WHEN NOT EXISTS (SELECT 1 FROM retention_gate WHERE relation = 'filings')
BEGIN SELECT RAISE(ABORT, 'an arrived filing is never edited'); END;
DROP TRIGGER chunks_never_shrink;
CREATE TRIGGER chunks_never_shrink BEFORE DELETE ON chunks WHEN NOT EXISTS (SELECT 1 FROM retention_gate WHERE relation = 'chunks')
BEGIN SELECT RAISE(ABORT, 'an arrived piece is never deleted'); END;
DROP TRIGGER desk_log_never_changes;
CREATE TRIGGER desk_log_never_changes BEFORE UPDATE ON desk_log WHEN NOT EXISTS (SELECT 1 FROM retention_gate WHERE relation = 'desk_log')
BEGIN SELECT RAISE(ABORT, 'the desk log is append-only'); END;
DROP TRIGGER nonstop_files_never_change;
CREATE TRIGGER nonstop_files_never_change BEFORE UPDATE ON nonstop_files WHEN NOT EXISTS (SELECT 1 FROM retention_gate WHERE relation = 'nonstop_files')
BEGIN SELECT RAISE(ABORT, 'a released file never changes'); END;
DROP TRIGGER agency_answers_never_shrinks;
CREATE TRIGGER agency_answers_never_shrinks BEFORE DELETE ON agency_answers WHEN NOT EXISTS (SELECT 1 FROM retention_gate WHERE relation = 'agency_answers')
BEGIN SELECT RAISE(ABORT, 'answers never change'); END;
DROP TRIGGER agency_events_never_shrinks;
CREATE TRIGGER agency_events_never_shrinks BEFORE DELETE ON agency_events WHEN NOT EXISTS (SELECT 1 FROM retention_gate WHERE relation = 'agency_events')
BEGIN SELECT RAISE(ABORT, 'events never change'); END;
DROP TRIGGER agency_certificates_never_shrink;
CREATE TRIGGER agency_certificates_never_shrink BEFORE DELETE ON agency_certificates WHEN NOT EXISTS (SELECT 1 FROM retention_gate WHERE relation = 'agency_certificates')
BEGIN SELECT RAISE(ABORT, 'a certificate is never deleted'); END;

DROP TRIGGER second_signatures_never_shrink;
CREATE TRIGGER second_signatures_never_shrink BEFORE DELETE ON second_signatures WHEN NOT EXISTS (SELECT 1 FROM retention_gate WHERE relation = 'second_signatures')
BEGIN SELECT RAISE(ABORT, 'a signature never changes'); END;

-- What must not be erased, whatever its age: the case of a filing. Lifted, never deleted.
CREATE TABLE erasure_holds (
    id        INTEGER PRIMARY KEY,
    filing    BLOB NOT NULL REFERENCES filings (id),
    recipient TEXT NOT NULL,
    device    TEXT NOT NULL,
    case_id   BLOB NOT NULL,
    reason    TEXT NOT NULL,
    placed_by TEXT NOT NULL,
    placed_at INTEGER NOT NULL,
    lifted_by TEXT,
    lifted_at INTEGER
) STRICT;
CREATE INDEX erasure_holds_stand ON erasure_holds (recipient, device, case_id) WHERE lifted_at IS NULL;

-- Where the audit chain begins after its oldest lines left: the number and hash of the last of them.
CREATE TABLE audit_cuts (
    upto INTEGER PRIMARY KEY,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    at   INTEGER NOT NULL
) STRICT;

-- Who takes in what comes for an inbox, among several programs. fence grows with every owner, beat with every sign of life.
CREATE TABLE leases (
    name  TEXT PRIMARY KEY,
    owner TEXT,
    fence INTEGER NOT NULL,
    beat  INTEGER NOT NULL
) STRICT;

-- The number on every page of the console; what other systems read, in the order in which it was accepted.
CREATE INDEX quarantine_open ON quarantine (id) WHERE resolved_at IS NULL;
CREATE INDEX audit_accepted ON audit (seq) WHERE action = 'filing.accepted';
