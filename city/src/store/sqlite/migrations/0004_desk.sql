-- The officers' desk: who works on what, two officers, ticks, and how a filing is found.
-- Frozen: later changes are later files. Times are unix seconds.

-- Who has taken the filing, and who has proposed to accept it; staff account ids. No date sorts after every date.
ALTER TABLE filings ADD COLUMN assignee TEXT;
ALTER TABLE filings ADD COLUMN proposed_by TEXT;
ALTER TABLE filings ADD COLUMN due_key TEXT GENERATED ALWAYS AS (coalesce(due, '9999-12-31')) VIRTUAL;

DROP INDEX filings_by_due;
CREATE INDEX filings_in_order ON filings (state, due_key, arrived_at, arrival_no);
CREATE INDEX filings_all_in_order ON filings (due_key, arrived_at, arrival_no);
CREATE INDEX filings_taken ON filings (assignee, state, due_key, arrived_at, arrival_no) WHERE assignee IS NOT NULL;
CREATE INDEX filings_free ON filings (state, due_key, arrived_at, arrival_no) WHERE assignee IS NULL;
CREATE INDEX filings_proposed ON filings (due_key, arrived_at, arrival_no) WHERE proposed_by IS NOT NULL;

-- What officers did at their desk short of deciding: taken, given back, ticked, proposed, sent back, confirmed.
-- version: how many entries the filing's history had.
CREATE TABLE desk_log (
    filing  BLOB NOT NULL REFERENCES filings (id),
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    what    TEXT NOT NULL,
    version INTEGER NOT NULL,
    detail  TEXT,
    note    TEXT,
    PRIMARY KEY (filing, seq)
) STRICT;
CREATE TRIGGER desk_log_never_changes BEFORE UPDATE ON desk_log BEGIN SELECT RAISE(ABORT, 'the desk log is append-only'); END;
CREATE TRIGGER desk_log_never_shrinks BEFORE DELETE ON desk_log BEGIN SELECT RAISE(ABORT, 'the desk log is append-only'); END;

-- For finding only. kind: 'n' a folded name or reading, 'r' a reason code found at arrival.
CREATE TABLE search_terms (
    kind   TEXT NOT NULL,
    term   TEXT NOT NULL,
    filing BLOB NOT NULL,
    PRIMARY KEY (kind, term, filing)
) STRICT, WITHOUT ROWID;

-- Filings that arrived before this migration and are not searchable yet.
CREATE TABLE search_todo (
    filing BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO search_todo (filing) SELECT id FROM filings;
