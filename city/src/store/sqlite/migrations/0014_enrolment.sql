-- Devices that were let in by a code or a bench, their certificates, and their last words.
-- Frozen: later changes are later files. Times are unix seconds.

-- One-time codes, by the hash of their secret. Spent by exactly one request; the same request gets the same answer again.
CREATE TABLE enrol_codes (
    hash     BLOB PRIMARY KEY CHECK (length(hash) = 32),
    ward     TEXT NOT NULL,
    made_at  INTEGER NOT NULL,
    ends_at  INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    spent_at INTEGER,
    device   TEXT,
    request  BLOB CHECK (length(request) = 32),
    answer   BLOB,
    CHECK ((spent_at IS NULL) = (device IS NULL)),
    CHECK ((spent_at IS NULL) = (request IS NULL))
) STRICT;

-- What the configuration says of a device that was registered by hand, for those that registered themselves.
CREATE TABLE enrolled_devices (
    device      TEXT PRIMARY KEY,
    ward        TEXT NOT NULL,
    sign        TEXT NOT NULL,
    seal        TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL,
    voucher     TEXT NOT NULL,
    revoked_at  INTEGER,
    wiped_at    INTEGER
) STRICT;

-- What a bench vouched for, so that a lost answer can be asked for again.
CREATE TABLE enrol_answers (
    request BLOB PRIMARY KEY CHECK (length(request) = 32),
    device  TEXT NOT NULL,
    answer  BLOB NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

-- Every certificate that was made for a device, for the list of revoked ones.
CREATE TABLE device_certificates (
    serial BLOB PRIMARY KEY,
    device TEXT NOT NULL,
    until  INTEGER NOT NULL,
    at     INTEGER NOT NULL
) STRICT;
CREATE INDEX device_certificates_device ON device_certificates (device);

-- Signed by the device before its key was destroyed.
CREATE TABLE wipe_records (
    device TEXT NOT NULL,
    at     INTEGER NOT NULL,
    signed BLOB NOT NULL,
    PRIMARY KEY (device, at)
) STRICT;
