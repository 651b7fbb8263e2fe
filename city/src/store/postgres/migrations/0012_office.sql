-- Whose cases these tables hold, and payments that the bank's file cannot take. Frozen: later changes are later files.

-- One office's, for ever: written by the first program that opens them.
CREATE TABLE office (
    one       BIGINT PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    recipient TEXT NOT NULL
);
CREATE TRIGGER office_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON office FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Set aside with its reason, so that the rest of a file goes out.
ALTER TABLE nonstop_payments ADD COLUMN reason TEXT;
CREATE INDEX nonstop_payments_waiting ON nonstop_payments (state) WHERE state IN ('due', 'held', 'aside');
