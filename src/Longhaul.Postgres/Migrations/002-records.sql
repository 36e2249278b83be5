-- What interfaces such as the HTTP API keep: who did what, and notes under a key.

CREATE TABLE {schema}.lh_audit (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at bigint NOT NULL,
  done_by text,
  action text NOT NULL,
  target text,
  reason text,
  outcome text NOT NULL,
  origin text
);

CREATE TABLE {schema}.lh_note (
  key text COLLATE "C" PRIMARY KEY,
  note bytea NOT NULL,
  until bigint NOT NULL
);

-- For pruning.
CREATE INDEX lh_note_until ON {schema}.lh_note (until);
