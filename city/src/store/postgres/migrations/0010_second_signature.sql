-- The second signature: the other parent's, over the very bytes that were signed first.
-- Frozen: later changes are later files. Times are unix seconds.

-- Each signer once; also somebody whom the filing does not name, for an officer to look at. What the signing service said of
-- a person beside it is not kept.
CREATE TABLE second_signatures (
    filing   BYTEA NOT NULL REFERENCES filings (id),
    signer   BYTEA NOT NULL CHECK (length(signer) = 32),
    digest   BYTEA NOT NULL CHECK (length(digest) = 32),
    named    TEXT NOT NULL,
    kind     TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    cms      BYTEA NOT NULL,
    finding  TEXT NOT NULL,
    PRIMARY KEY (filing, signer)
);

-- Signatures whose filing may still be replaced: then the family is told, once.
CREATE TABLE second_watch (
    filing BYTEA PRIMARY KEY REFERENCES filings (id)
);

-- One browser's way to the signing service and back, by the hash of its secret. Taken up once.
CREATE TABLE second_signings (
    way_sha256 BYTEA PRIMARY KEY CHECK (length(way_sha256) = 32),
    filing     BYTEA NOT NULL REFERENCES filings (id),
    digest     BYTEA NOT NULL CHECK (length(digest) = 32),
    reference  TEXT,
    begun_at   BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    ended_at   BIGINT,
    outcome    TEXT
);
CREATE INDEX second_signings_by_filing ON second_signings (filing, ended_at);
CREATE INDEX second_signings_by_age ON second_signings (begun_at);

CREATE TRIGGER second_signatures_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON second_signatures FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
