-- Frozen: applied once, never edited. A change is a new file with the next number.

-- A piece of an attachment travels like a filing and is none.
ALTER TABLE filing ADD COLUMN kind TEXT NOT NULL DEFAULT 'filing' CHECK (kind IN ('filing', 'chunk'));

-- When it arrived by the recipient's clock; NULL for rows that arrived before this migration.
ALTER TABLE filing ADD COLUMN arrived_at INTEGER;

-- 1: it arrived, and its recipient asks for it once more because its database was restored. The receipt stays.
ALTER TABLE filing ADD COLUMN again INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1));

DROP INDEX filing_open;
CREATE INDEX filing_open ON filing (seq) WHERE state IN ('queued', 'sent') OR again = 1;

-- What this device counts and knows about time; one row.
CREATE TABLE clock (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    counter INTEGER NOT NULL,                    -- of the last envelope that was stored
    floor   INTEGER NOT NULL                     -- it is later than this: a city said so
) STRICT;
INSERT INTO clock (one, counter, floor) VALUES (1, 0, 0);

-- When a recipient's database was last restored: an older receipt may be about something that it lost.
CREATE TABLE era (
    recipient TEXT    NOT NULL PRIMARY KEY,
    at        INTEGER NOT NULL
) STRICT;

-- Orders that came, each done once.
CREATE TABLE command (
    id      BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    signed  BLOB    NOT NULL,
    came_at INTEGER NOT NULL,
    done_at INTEGER,
    outcome TEXT CHECK (outcome IN ('done', 'refused')),
    detail  TEXT,
    CHECK ((done_at IS NULL) = (outcome IS NULL))
) STRICT;
