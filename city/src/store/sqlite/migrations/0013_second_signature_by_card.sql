-- The second signature with a card at a device of the city: short numbers that lead there, and what came back.
-- Frozen: later changes are later files. Times are unix seconds.

-- A number by its hash. The first device that asks has it; the question by which it asked (nonce) is answered again.
CREATE TABLE second_numbers (
    number_sha256 BLOB PRIMARY KEY CHECK (length(number_sha256) = 32),
    link_sha256   BLOB NOT NULL CHECK (length(link_sha256) = 32),
    filing        BLOB NOT NULL REFERENCES filings (id),
    digest        BLOB NOT NULL CHECK (length(digest) = 32),
    given_at      INTEGER NOT NULL,
    ends_at       INTEGER NOT NULL,
    device        TEXT,
    nonce         BLOB,
    fetched_at    INTEGER
) STRICT;
CREATE INDEX second_numbers_by_filing ON second_numbers (filing, given_at);

-- Numbers that led nowhere, for a quarter of an hour.
CREATE TABLE second_misses (
    device TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT;
CREATE INDEX second_misses_by_device ON second_misses (device, at);

-- Envelopes with a second signature, each once, with the receipt its device holds.
CREATE TABLE second_arrivals (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    recipient  TEXT NOT NULL,
    device     TEXT NOT NULL,
    digest     BLOB NOT NULL CHECK (length(digest) = 32),
    filing     BLOB REFERENCES filings (id),
    outcome    TEXT NOT NULL,
    arrived_at INTEGER NOT NULL,
    receipt    BLOB NOT NULL
) STRICT;
CREATE INDEX second_arrivals_by_filing ON second_arrivals (filing);
