-- The audit as a chain (AuditChain): each line holds the hash of all lines before it, and lh_audit_head that of all.

ALTER TABLE {schema}.lh_audit ADD COLUMN before bytea; -- null: of before there was a chain

-- One row. Lines from first to last must be there.
CREATE TABLE {schema}.lh_audit_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  first bigint NOT NULL,
  last bigint NOT NULL,
  hash bytea NOT NULL DEFAULT '' -- over line last
);

INSERT INTO {schema}.lh_audit_head (first, last) SELECT coalesce(max(seq), 0) + 1, coalesce(max(seq), 0) FROM {schema}.lh_audit;
