-- What was handed on to core systems, and by which number core systems know a person. Frozen: later changes are later files.
-- Times are unix seconds.

CREATE TABLE exports (
    id     INTEGER PRIMARY KEY,
    layout TEXT NOT NULL,
    at     INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    sha256 BLOB NOT NULL
) STRICT;

-- A filing leaves once per layout; again only on purpose, and then once more here.
CREATE TABLE exported (
    export INTEGER NOT NULL REFERENCES exports (id),
    filing BLOB NOT NULL REFERENCES filings (id),
    layout TEXT NOT NULL,
    PRIMARY KEY (export, filing)
) STRICT;
CREATE INDEX exported_by_filing ON exported (filing, layout);

-- Serial number of a signature certificate (lower-case hexadecimal) and 宛名番号, as the resident record's system hands them over.
CREATE TABLE addressees (
    serial      TEXT PRIMARY KEY,
    number      TEXT NOT NULL,
    imported_at INTEGER NOT NULL
) STRICT;
