-- What was handed on to core systems, and by which number core systems know a person. Frozen: later changes are later files.
-- Times are unix seconds.

CREATE TABLE exports (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layout TEXT NOT NULL,
    at     BIGINT NOT NULL,
    actor  TEXT NOT NULL,
    sha256 BYTEA NOT NULL
);

-- A filing leaves once per layout; again only on purpose, and then once more here.
CREATE TABLE exported (
    export BIGINT NOT NULL REFERENCES exports (id),
    filing BYTEA NOT NULL REFERENCES filings (id),
    layout TEXT NOT NULL,
    PRIMARY KEY (export, filing)
);
CREATE INDEX exported_by_filing ON exported (filing, layout);

-- Serial number of a signature certificate (lower-case hexadecimal) and 宛名番号, as the resident record's system hands them over.
CREATE TABLE addressees (
    serial      TEXT PRIMARY KEY,
    number      TEXT NOT NULL,
    imported_at BIGINT NOT NULL
);
