-- The audit as a chain (AuditChain): each line holds the hash of all lines before it, and lh_audit_head that of all.

ALTER TABLE lh_audit ADD COLUMN before BLOB; -- null: of before there was a chain, or of a program of an older release

-- One row. Lines from first to last must be there.
CREATE TABLE lh_audit_head (
  one INTEGER PRIMARY KEY DEFAULT 1 CHECK (one = 1),
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  hash BLOB NOT NULL DEFAULT x'' -- over line last
) STRICT;

INSERT INTO lh_audit_head (first, last) SELECT coalesce(max(seq), 0) + 1, coalesce(max(seq), 0) FROM lh_audit;

CREATE TRIGGER lh_audit_update BEFORE UPDATE ON lh_audit
BEGIN
  SELECT RAISE(ABORT, 'A line of the audit must stay as it was written, but an UPDATE would change it. Add a line that puts it right.');
END;

-- A program of an older release prunes by a plain DELETE, which must go on: what is older than JobDefaults.AuditRetention may be deleted, by
-- this machine's clock, and the chain then begins after it. This release moves first before it deletes.
CREATE TRIGGER lh_audit_delete BEFORE DELETE ON lh_audit
WHEN OLD.seq >= coalesce((SELECT first FROM lh_audit_head), 0) AND OLD.at >= (strftime('%s', 'now') + 1 - 365 * 86400) * 1000000
BEGIN
  SELECT RAISE(ABORT, 'A line of the audit must stay for a year, but a DELETE would take it out before. Leave it to the store, which prunes what is older.');
END;

CREATE TRIGGER lh_audit_expired AFTER DELETE ON lh_audit
BEGIN
  -- One that was not the oldest is missed.
  UPDATE lh_audit_head SET first = OLD.seq + 1
  WHERE first <= OLD.seq AND NOT EXISTS (SELECT 1 FROM lh_audit a WHERE a.seq >= lh_audit_head.first AND a.seq < OLD.seq);
END;
