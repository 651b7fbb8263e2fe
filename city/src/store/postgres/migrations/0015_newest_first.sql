-- Of a common name's filings the newest are found at once: each term knows when its filing arrived.
-- Frozen: later changes are later files. Times are unix seconds.

-- Written anew in place of being changed: a changed row leaves its old version in the table's file.
CREATE TABLE dated_terms (
    kind       TEXT COLLATE "C" NOT NULL,
    term       TEXT COLLATE "C" NOT NULL,
    filing     BYTEA NOT NULL,
    arrived_at BIGINT NOT NULL
);
INSERT INTO dated_terms (kind, term, filing, arrived_at)
    SELECT s.kind, s.term, s.filing, f.arrived_at FROM search_terms s JOIN filings f ON f.id = s.filing;
DROP TABLE search_terms;
ALTER TABLE dated_terms RENAME TO search_terms;
ALTER TABLE search_terms ADD CONSTRAINT search_terms_pkey PRIMARY KEY (kind, term, filing);
CREATE INDEX search_terms_newest ON search_terms (term, arrived_at DESC, filing) WHERE kind = 'n';
ANALYZE search_terms;
