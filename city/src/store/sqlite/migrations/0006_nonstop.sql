-- What the city does by itself: events that wait for their plan, items with their reasons, payments and the files that carry
-- them to the bank, notices for families, and losses, after which nothing joyful leaves.
-- Frozen: later changes are later files. Times are unix seconds. A case is known by the hash of its family's link.

-- One row per case that ever had an event: whoever plans or marks a loss changes it first, so that they wait for each other.
CREATE TABLE nonstop_cases (
    case_ref   BLOB PRIMARY KEY CHECK (length(case_ref) = 32),
    touched_at INTEGER NOT NULL
) STRICT;

-- Written by the decision itself. Each is worked off once.
CREATE TABLE nonstop_events (
    id       INTEGER PRIMARY KEY,
    case_ref BLOB NOT NULL REFERENCES nonstop_cases (case_ref),
    filing   BLOB NOT NULL REFERENCES filings (id),
    kind     TEXT NOT NULL,
    due_at   INTEGER NOT NULL,
    done_at  INTEGER,
    outcome  TEXT,
    UNIQUE (filing, kind, due_at)
) STRICT;
CREATE INDEX nonstop_events_due ON nonstop_events (due_at) WHERE done_at IS NULL;

CREATE TABLE nonstop_items (
    id          INTEGER PRIMARY KEY,
    case_ref    BLOB NOT NULL REFERENCES nonstop_cases (case_ref),
    filing      BLOB NOT NULL REFERENCES filings (id),
    child       TEXT NOT NULL,
    procedure   TEXT NOT NULL,
    whom        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    state       TEXT NOT NULL,
    shown       TEXT NOT NULL,
    loss_guard  TEXT NOT NULL,
    joyful      INTEGER NOT NULL,
    congrats    INTEGER NOT NULL,
    detail      TEXT NOT NULL,
    catalogue   TEXT NOT NULL,
    yen         INTEGER,
    monthly     INTEGER NOT NULL,
    next_month  INTEGER,
    pay_at      INTEGER,
    household   TEXT,
    needs       TEXT NOT NULL,
    account     TEXT,
    hold_until  INTEGER,
    created_at  INTEGER NOT NULL,
    state_at    INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    reason      TEXT,
    note        TEXT,
    UNIQUE (procedure, whom)
) STRICT;
CREATE INDEX nonstop_items_by_case ON nonstop_items (case_ref);
CREATE INDEX nonstop_items_held ON nonstop_items (hold_until) WHERE state = 'prepared';
CREATE INDEX nonstop_items_by_state ON nonstop_items (state, hold_until);
CREATE INDEX nonstop_items_paying ON nonstop_items (pay_at) WHERE pay_at IS NOT NULL;

-- The chain hospital, city, insurer, payment: what each hop has come to, appended.
CREATE TABLE nonstop_hops (
    item  INTEGER NOT NULL REFERENCES nonstop_items (id),
    seq   INTEGER NOT NULL,
    hop   TEXT NOT NULL,
    state TEXT NOT NULL,
    at    INTEGER NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (item, seq)
) STRICT;

CREATE TABLE nonstop_files (
    id           INTEGER PRIMARY KEY,
    transfer_day TEXT NOT NULL,
    records      INTEGER NOT NULL,
    yen          INTEGER NOT NULL,
    sha256       BLOB NOT NULL,
    bytes        BLOB NOT NULL,
    released_at  INTEGER NOT NULL,
    actor        TEXT NOT NULL
) STRICT;

CREATE TABLE nonstop_payments (
    id         INTEGER PRIMARY KEY,
    item       INTEGER NOT NULL REFERENCES nonstop_items (id),
    case_ref   BLOB NOT NULL REFERENCES nonstop_cases (case_ref),
    child      TEXT NOT NULL,
    month      TEXT NOT NULL,
    yen        INTEGER NOT NULL CHECK (yen > 0),
    state      TEXT NOT NULL,
    file       INTEGER REFERENCES nonstop_files (id),
    created_at INTEGER NOT NULL,
    UNIQUE (item, month),
    CHECK ((state = 'in_file') = (file IS NOT NULL))
) STRICT;
CREATE INDEX nonstop_payments_due ON nonstop_payments (state) WHERE state = 'due';
CREATE INDEX nonstop_payments_by_file ON nonstop_payments (file) WHERE file IS NOT NULL;

-- What is told to a family: handed out when its time has come, once, kept on the family's page.
CREATE TABLE nonstop_notices (
    id         INTEGER PRIMARY KEY,
    case_ref   BLOB NOT NULL REFERENCES nonstop_cases (case_ref),
    child      TEXT NOT NULL,
    procedure  TEXT NOT NULL,
    code       TEXT NOT NULL,
    number     TEXT NOT NULL,
    detail     TEXT NOT NULL,
    shown      TEXT NOT NULL,
    loss_guard TEXT NOT NULL,
    joyful     INTEGER NOT NULL,
    congrats   INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    state      TEXT NOT NULL,
    handed_at  INTEGER,
    seen_at    INTEGER,
    UNIQUE (case_ref, child, procedure, code, number)
) STRICT;
CREATE INDEX nonstop_notices_due ON nonstop_notices (due_at) WHERE state = 'queued';

-- A child was lost; an empty child is every child of the case. Never taken back.
CREATE TABLE nonstop_losses (
    case_ref BLOB NOT NULL REFERENCES nonstop_cases (case_ref),
    child    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    cause    TEXT NOT NULL,
    PRIMARY KEY (case_ref, child)
) STRICT;

CREATE TRIGGER nonstop_files_never_change BEFORE UPDATE ON nonstop_files BEGIN SELECT RAISE(ABORT, 'a released file never changes'); END;
CREATE TRIGGER nonstop_files_never_shrink BEFORE DELETE ON nonstop_files BEGIN SELECT RAISE(ABORT, 'a released file never changes'); END;
CREATE TRIGGER nonstop_hops_never_change BEFORE UPDATE ON nonstop_hops BEGIN SELECT RAISE(ABORT, 'hops are append-only'); END;
CREATE TRIGGER nonstop_hops_never_shrink BEFORE DELETE ON nonstop_hops BEGIN SELECT RAISE(ABORT, 'hops are append-only'); END;
CREATE TRIGGER nonstop_losses_never_change BEFORE UPDATE ON nonstop_losses BEGIN SELECT RAISE(ABORT, 'a loss is never taken back'); END;
CREATE TRIGGER nonstop_losses_never_shrink BEFORE DELETE ON nonstop_losses BEGIN SELECT RAISE(ABORT, 'a loss is never taken back'); END;
CREATE TRIGGER nonstop_payments_in_a_file_never_change BEFORE UPDATE ON nonstop_payments WHEN OLD.file IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a payment in a released file never changes'); END;
CREATE TRIGGER nonstop_payments_never_shrink BEFORE DELETE ON nonstop_payments BEGIN SELECT RAISE(ABORT, 'a payment is never deleted'); END;
