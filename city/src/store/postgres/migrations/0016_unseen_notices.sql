-- Whoever has told a device of years of decisions looks, at its next sign of life, only at those it has not seen.
-- Frozen: later changes are later files.

CREATE INDEX notices_unseen ON notices (device, at) WHERE seen_at IS NULL;
DROP INDEX notices_by_device;
