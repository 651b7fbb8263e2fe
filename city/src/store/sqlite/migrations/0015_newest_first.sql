-- Of a common name's filings the newest are found at once: each term knows when its filing arrived.
-- Frozen: later changes are later files. Times are unix seconds.

CREATE TABLE dated_terms (
    kind       TEXT NOT NULL,
    term       TEXT NOT NULL,
    filing     BLOB NOT NULL,
    arrived_at INTEGER NOT NULL,
    PRIMARY KEY (kind, term, filing)
) STRICT, WITHOUT ROWID;
INSERT INTO dated_terms (kind, term, filing, arrived_at)
    SELECT s.kind, s.term, s.filing, f.arrived_at FROM search_terms s JOIN filings f ON f.id = s.filing;
DROP TABLE search_terms;
ALTER TABLE dated_terms RENAME TO search_terms;
CREATE INDEX search_terms_newest ON search_terms (term, arrived_at DESC, filing) WHERE kind = 'n';
