-- Frozen: applied once, never edited. A change is a new file with the next number.

-- One visit at the kiosk: what it may still show about it, encrypted by the caller.
CREATE TABLE visit (
    id        BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    record    BLOB,                              -- NULL once it was purged
    stored_at INTEGER NOT NULL
) STRICT;

-- One filing for one recipient. Only a receipt or a refusal, signed by the recipient, settles it.
CREATE TABLE filing (
    seq        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id         BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    visit      BLOB    NOT NULL REFERENCES visit (id),
    recipient  TEXT    NOT NULL,
    digest     BLOB    NOT NULL CHECK (length(digest) = 32),     -- SHA-256 of the canonical bytes: the receipt repeats it
    envelope   BLOB    NOT NULL CHECK (length(envelope) = 32),   -- SHA-256 of the sealed bytes: a refusal repeats it
    sealed     BLOB,                                             -- NULL once it arrived
    size       INTEGER NOT NULL,
    legal_due  INTEGER,
    state      TEXT    NOT NULL CHECK (state IN ('queued', 'sent', 'arrived', 'refused')),
    trouble    TEXT,                                             -- why it is not moving, for staff
    attempts   INTEGER NOT NULL DEFAULT 0,
    stored_at  INTEGER NOT NULL,
    sent_at    INTEGER,
    settled_at INTEGER,
    answer     BLOB,                                             -- the signed receipt or refusal
    CHECK ((state IN ('arrived', 'refused')) = (answer IS NOT NULL)),
    CHECK ((state IN ('arrived', 'refused')) = (settled_at IS NOT NULL)),
    CHECK (state = 'arrived' OR sealed IS NOT NULL)
) STRICT;

CREATE INDEX filing_open ON filing (seq) WHERE state IN ('queued', 'sent');
CREATE INDEX filing_visit ON filing (visit);

-- What officers decided, as signed. The highest seq is the current one.
CREATE TABLE status (
    filing BLOB    NOT NULL REFERENCES filing (id),
    seq    INTEGER NOT NULL,
    notice BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (filing, seq)
) STRICT;
