-- Frozen: later changes are later files. Times are unix seconds.

-- The number in the device's time claim, and whether another filing of this device already had it (a copied device).
ALTER TABLE filings ADD COLUMN counter INTEGER;
ALTER TABLE filings ADD COLUMN counter_taken INTEGER NOT NULL DEFAULT 0;
CREATE INDEX filings_by_counter ON filings (device, counter) WHERE counter IS NOT NULL;

-- What the filing names as its attachments; bound by hash, in the order of the filing.
CREATE TABLE attachments (
    filing     BLOB NOT NULL REFERENCES filings (id),
    position   INTEGER NOT NULL,
    sha256     BLOB NOT NULL CHECK (length(sha256) = 32),
    size       INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (filing, position)
) STRICT;

-- Pieces of attachments. They may come before their filing.
CREATE TABLE pieces (
    id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    device     TEXT NOT NULL,
    filing     BLOB NOT NULL,
    sha256     BLOB NOT NULL,
    number     INTEGER NOT NULL,
    of         INTEGER NOT NULL,
    digest     BLOB NOT NULL,
    bytes      BLOB NOT NULL,
    arrived_at INTEGER NOT NULL,
    receipt    BLOB NOT NULL
) STRICT;
CREATE INDEX pieces_by_filing ON pieces (filing, sha256, number);

-- The device has the notice on its disk.
ALTER TABLE notices ADD COLUMN seen_at INTEGER;

-- Receipts of ours that devices brought back after our database had been restored from before them.
CREATE TABLE earlier (
    filing     BLOB NOT NULL PRIMARY KEY CHECK (length(filing) = 16),
    digest     BLOB NOT NULL,
    arrival_no INTEGER NOT NULL,
    arrived_at INTEGER NOT NULL,
    token      TEXT NOT NULL,
    signed     BLOB NOT NULL
) STRICT;

-- When this database was last restored from a backup: receipts say so, and older ones end no asking.
CREATE TABLE eras (
    recipient TEXT NOT NULL PRIMARY KEY,
    at        INTEGER NOT NULL
) STRICT;

-- Orders to devices, as signed.
CREATE TABLE orders (
    id       BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    device   TEXT NOT NULL,
    what     TEXT NOT NULL,
    signed   BLOB NOT NULL,
    at       INTEGER NOT NULL,
    expires  INTEGER NOT NULL,
    next_at  INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    done_at  INTEGER,
    outcome  TEXT,
    detail   TEXT
) STRICT;
CREATE INDEX orders_due ON orders (next_at) WHERE next_at IS NOT NULL;

CREATE TRIGGER pieces_never_change BEFORE UPDATE ON pieces BEGIN SELECT RAISE(ABORT, 'pieces never change'); END;
CREATE TRIGGER pieces_never_shrink BEFORE DELETE ON pieces BEGIN SELECT RAISE(ABORT, 'pieces never shrink'); END;
