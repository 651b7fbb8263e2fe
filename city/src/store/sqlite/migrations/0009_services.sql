-- The family's services: places for check-ups and their bookings, doses a family tells of, gifts, lists of nurseries and
-- applications for a place. Times are unix seconds. A child is known by the hash that nonstop_items has; no name is kept here.
-- Frozen: later changes are later files.

-- A time at a facility. `id` is the facility's own reference.
CREATE TABLE checkup_slots (
    id            TEXT PRIMARY KEY,
    checkup       TEXT NOT NULL,
    facility      TEXT NOT NULL,
    facility_name TEXT NOT NULL,
    address       TEXT NOT NULL,
    phone         TEXT NOT NULL,
    starts_at     INTEGER NOT NULL,
    minutes       INTEGER NOT NULL CHECK (minutes > 0),
    days_from     INTEGER,
    days_to       INTEGER,
    contracts     TEXT NOT NULL,
    changed_at    INTEGER NOT NULL,
    CHECK ((days_from IS NULL) = (days_to IS NULL))
) STRICT;
CREATE INDEX checkup_slots_by_time ON checkup_slots (checkup, starts_at);

-- One row for each child that a time has room for: whoever books takes one, so there are never more children than rows.
CREATE TABLE checkup_places (
    slot  TEXT NOT NULL REFERENCES checkup_slots (id),
    place INTEGER NOT NULL,
    PRIMARY KEY (slot, place)
) STRICT;

CREATE TABLE checkup_bookings (
    id         INTEGER PRIMARY KEY,
    case_ref   BLOB NOT NULL REFERENCES nonstop_cases (case_ref),
    filing     BLOB NOT NULL REFERENCES filings (id),
    child      TEXT NOT NULL,
    checkup    TEXT NOT NULL,
    slot       TEXT NOT NULL REFERENCES checkup_slots (id),
    place      INTEGER,
    state      TEXT NOT NULL,
    held_until INTEGER,
    cover      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state_at   INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    UNIQUE (slot, place),
    FOREIGN KEY (slot, place) REFERENCES checkup_places (slot, place),
    CHECK ((place IS NOT NULL) = (state IN ('held', 'confirmed', 'attended'))),
    CHECK ((held_until IS NOT NULL) = (state = 'held'))
) STRICT;
CREATE UNIQUE INDEX checkup_bookings_one_for_a_child ON checkup_bookings (child, checkup) WHERE place IS NOT NULL;
CREATE INDEX checkup_bookings_by_case ON checkup_bookings (case_ref);

-- Doses that a family says were given: told, not proven.
CREATE TABLE told_doses (
    case_ref BLOB NOT NULL REFERENCES nonstop_cases (case_ref),
    child    TEXT NOT NULL,
    vaccine  TEXT NOT NULL,
    day      TEXT NOT NULL,
    told_at  INTEGER NOT NULL,
    PRIMARY KEY (child, vaccine, day)
) STRICT;

CREATE TABLE gift_answers (
    child       TEXT PRIMARY KEY,
    case_ref    BLOB NOT NULL REFERENCES nonstop_cases (case_ref),
    filing      BLOB NOT NULL REFERENCES filings (id),
    state       TEXT NOT NULL,
    choice      TEXT,
    way         TEXT,
    answered_at INTEGER NOT NULL,
    handed_at   INTEGER,
    handed_by   TEXT,
    CHECK ((handed_at IS NOT NULL) = (handed_by IS NOT NULL))
) STRICT;
CREATE INDEX gift_answers_by_case ON gift_answers (case_ref);

-- What a family is putting together: its ranked nurseries and what it says of the household. `version` counts changes.
CREATE TABLE nursery_drafts (
    child      TEXT PRIMARY KEY,
    case_ref   BLOB NOT NULL REFERENCES nonstop_cases (case_ref),
    wishes     TEXT NOT NULL,
    household  TEXT,
    version    INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

-- What was submitted for one round; one row for child and round, replaced until the round closes.
CREATE TABLE nursery_applications (
    id           INTEGER PRIMARY KEY,
    case_ref     BLOB NOT NULL REFERENCES nonstop_cases (case_ref),
    filing       BLOB NOT NULL REFERENCES filings (id),
    child        TEXT NOT NULL,
    round        TEXT NOT NULL,
    entry        TEXT NOT NULL,
    state        TEXT NOT NULL,
    version      INTEGER NOT NULL,
    times        INTEGER NOT NULL,
    wishes       TEXT NOT NULL,
    household    TEXT NOT NULL,
    points       INTEGER,
    closes_at    INTEGER NOT NULL,
    first_at     INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    state_at     INTEGER NOT NULL,
    UNIQUE (child, round)
) STRICT;
CREATE INDEX nursery_applications_by_case ON nursery_applications (case_ref);
CREATE INDEX nursery_applications_by_round ON nursery_applications (round, state);
