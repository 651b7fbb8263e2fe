-- Devices that were let in by a code or a bench, their certificates, and their last words.
-- Frozen: later changes are later files. Times are unix seconds.

-- One-time codes, by the hash of their secret. Spent by exactly one request; the same request gets the same answer again.
CREATE TABLE enrol_codes (
    hash     BYTEA PRIMARY KEY CHECK (length(hash) = 32),
    ward     TEXT NOT NULL,
    made_at  BIGINT NOT NULL,
    ends_at  BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    spent_at BIGINT,
    device   TEXT,
    request  BYTEA CHECK (length(request) = 32),
    answer   BYTEA,
    CHECK ((spent_at IS NULL) = (device IS NULL)),
    CHECK ((spent_at IS NULL) = (request IS NULL))
);

-- What the configuration says of a device that was registered by hand, for those that registered themselves.
CREATE TABLE enrolled_devices (
    device      TEXT PRIMARY KEY,
    ward        TEXT NOT NULL,
    sign        TEXT NOT NULL,
    seal        TEXT NOT NULL,
    enrolled_at BIGINT NOT NULL,
    voucher     TEXT NOT NULL,
    revoked_at  BIGINT,
    wiped_at    BIGINT
);

-- What a bench vouched for, so that a lost answer can be asked for again.
CREATE TABLE enrol_answers (
    request BYTEA PRIMARY KEY CHECK (length(request) = 32),
    device  TEXT NOT NULL,
    answer  BYTEA NOT NULL,
    at      BIGINT NOT NULL
);

-- Every certificate that was made for a device, for the list of revoked ones.
CREATE TABLE device_certificates (
    serial BYTEA PRIMARY KEY,
    device TEXT NOT NULL,
    until  BIGINT NOT NULL,
    at     BIGINT NOT NULL
);
CREATE INDEX device_certificates_device ON device_certificates (device);

-- Signed by the device before its key was destroyed.
CREATE TABLE wipe_records (
    device TEXT NOT NULL,
    at     BIGINT NOT NULL,
    signed BYTEA NOT NULL,
    PRIMARY KEY (device, at)
);
