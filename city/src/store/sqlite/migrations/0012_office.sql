-- Whose cases these tables hold, and payments that the bank's file cannot take. Frozen: later changes are later files.

-- One office's, for ever: written by the first program that opens them.
CREATE TABLE office (
    one       INTEGER PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    recipient TEXT NOT NULL
) STRICT;
CREATE TRIGGER office_never_changes BEFORE UPDATE ON office BEGIN SELECT RAISE(ABORT, 'these tables belong to one office'); END;
CREATE TRIGGER office_never_shrinks BEFORE DELETE ON office BEGIN SELECT RAISE(ABORT, 'these tables belong to one office'); END;

-- Set aside with its reason, so that the rest of a file goes out.
ALTER TABLE nonstop_payments ADD COLUMN reason TEXT;
CREATE INDEX nonstop_payments_waiting ON nonstop_payments (state) WHERE state IN ('due', 'held', 'aside');
