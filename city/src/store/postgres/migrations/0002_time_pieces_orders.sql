-- Frozen: later changes are later files. Times are unix seconds.

-- The number in the device's time claim, and whether another filing of this device already had it (a copied device).
ALTER TABLE filings ADD COLUMN counter BIGINT;
ALTER TABLE filings ADD COLUMN counter_taken BOOLEAN NOT NULL DEFAULT false;
CREATE INDEX filings_by_counter ON filings (device, counter) WHERE counter IS NOT NULL;

-- What the filing names as its attachments; bound by hash, in the order of the filing.
CREATE TABLE attachments (
    filing     BYTEA NOT NULL REFERENCES filings (id),
    position   BIGINT NOT NULL,
    sha256     BYTEA NOT NULL CHECK (length(sha256) = 32),
    size       BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (filing, position)
);

-- Pieces of attachments. They may come before their filing.
CREATE TABLE pieces (
    id         BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    device     TEXT NOT NULL,
    filing     BYTEA NOT NULL,
    sha256     BYTEA NOT NULL,
    number     BIGINT NOT NULL,
    of         BIGINT NOT NULL,
    digest     BYTEA NOT NULL,
    bytes      BYTEA NOT NULL,
    arrived_at BIGINT NOT NULL,
    receipt    BYTEA NOT NULL
);
CREATE INDEX pieces_by_filing ON pieces (filing, sha256, number);

-- The device has the notice on its disk.
ALTER TABLE notices ADD COLUMN seen_at BIGINT;

-- Receipts of ours that devices brought back after our database had been restored from before them.
CREATE TABLE earlier (
    filing     BYTEA NOT NULL PRIMARY KEY CHECK (length(filing) = 16),
    digest     BYTEA NOT NULL,
    arrival_no BIGINT NOT NULL,
    arrived_at BIGINT NOT NULL,
    token      TEXT NOT NULL,
    signed     BYTEA NOT NULL
);

-- When this database was last restored from a backup: receipts say so, and older ones end no asking.
CREATE TABLE eras (
    recipient TEXT NOT NULL PRIMARY KEY,
    at        BIGINT NOT NULL
);

-- Orders to devices, as signed.
CREATE TABLE orders (
    id       BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    device   TEXT NOT NULL,
    what     TEXT NOT NULL,
    signed   BYTEA NOT NULL,
    at       BIGINT NOT NULL,
    expires  BIGINT NOT NULL,
    next_at  BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0,
    done_at  BIGINT,
    outcome  TEXT,
    detail   TEXT
);
CREATE INDEX orders_due ON orders (next_at) WHERE next_at IS NOT NULL;

CREATE TRIGGER pieces_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON pieces FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
